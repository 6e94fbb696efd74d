"""Markets are found over the wire; a read that fails is never an empty answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.errors import BadData, DataError, SourceDown
from bot.model.market import Market, MarketChanged, MarketKind
from bot.model.strategy import MarketRef
from bot.model.units import ConditionId, TokenId
from bot.sandbox.faults import Fault
from bot.sandbox.server import Sandbox
from bot.venues.polymarket.market_data import PolymarketData
from bot.venues.polymarket.settings import Pace
from tests.fakes import START, ManualClock
from tests.venues.polymarket.rig import CTF_IDS, ctf_market, v2_market

SERIES = MarketRef(series="fed-decision", match="25 BPS increase")


def fed_markets(count: int) -> list[Market]:
    """Meetings of a series, latest first, each with a hike and a cut."""
    markets = []
    for number in reversed(range(count)):
        for cut in (False, True):
            first = int(CTF_IDS[0]) + 4 * number + 2 * cut
            markets.append(
                replace(
                    ctf_market(),
                    condition_id=ConditionId(f"0x{number:062x}{int(cut):02x}"),
                    token_ids=(TokenId(str(first)), TokenId(str(first + 1))),
                    slug=f"fed-{'cut' if cut else 'hike'}-{number}",
                    question=f"Will the Fed {'cut' if cut else 'hike'} at meeting {number}?",
                    group_title="25 bps decrease" if cut else "25 bps increase",
                    event_slug=f"fed-meeting-{number}",
                    ends_at=START + timedelta(days=45 * (number + 1)),
                )
            )
    return markets


@asynccontextmanager
async def reading(
    markets: list[Market], pace: Pace | None = None, clock: ManualClock | None = None
) -> AsyncIterator[tuple[Sandbox, PolymarketData]]:
    clock = clock or ManualClock()
    async with Sandbox(markets=markets, clock=clock) as sandbox:
        data = PolymarketData(
            endpoints=sandbox.endpoints,
            pace=pace or Pace(timeout=0.5),
            clock=clock,
            report=lambda _source, _problem: None,
        )
        try:
            yield sandbox, data
        finally:
            await data.close()


async def test_the_size_of_a_neg_risk_group_stays_known_when_a_market_is_read_alone() -> None:
    group = [replace(market, neg_risk=True) for market in fed_markets(1)]
    async with reading(group) as (_, data):
        assert (await data.find(MarketRef(slug=group[0].slug), now=START))[0].group_size == 0
        found = await data.find(SERIES, now=START)
        assert [market.group_size for market in found] == [2]
        assert (await data.market(found[0].condition_id)).group_size == 2


@pytest.mark.parametrize("market", [ctf_market(), v2_market()])
async def test_market_comes_back_as_it_was_listed(market: Market) -> None:
    async with reading([ctf_market(), v2_market()]) as (_, data):
        by_slug = await data.find(MarketRef(slug=market.slug), now=START)
        by_condition = await data.find(MarketRef(condition_id=market.condition_id), now=START)

        assert by_slug == by_condition == (market,)
        assert await data.market(market.condition_id) == market


async def test_kind_is_decided_by_version() -> None:
    async with reading([ctf_market(), v2_market()]) as (_, data):
        (found,) = await data.find(MarketRef(slug=v2_market().slug), now=START)

        assert found.kind is MarketKind.V2
        assert len(found.condition_id) == 64


async def test_series_lists_matching_markets_soonest_first() -> None:
    async with reading(fed_markets(5)) as (_, data):
        found = await data.find(SERIES, now=START)

        assert [market.slug for market in found] == [f"fed-hike-{n}" for n in range(5)]
        assert {market.series_slug for market in found} == {"fed-decision"}


async def test_pages_are_read_to_the_end() -> None:
    async with reading(fed_markets(7), Pace(page_size=2)) as (sandbox, data):
        found = await data.find(SERIES, now=START)

        assert len(found) == 7
        assert sandbox.rest.asked.count("GET /gamma/events/keyset") == 4


async def test_closed_markets_are_not_found_but_known() -> None:
    closed = replace(ctf_market(), closed=True, accepting_orders=False)
    async with reading([closed]) as (_, data):
        assert await data.find(MarketRef(condition_id=closed.condition_id), now=START) == ()
        assert (await data.market(closed.condition_id)).closed


async def test_unknown_names_are_answered_with_none() -> None:
    async with reading([ctf_market()]) as (_, data):
        assert await data.find(MarketRef(slug="no-such"), now=START) == ()
        assert await data.find(MarketRef(series="no-such", match="x"), now=START) == ()
        with pytest.raises(BadData, match="knows no market"):
            await data.market(v2_market().condition_id)


async def test_search_wants_all_words() -> None:
    async with reading([ctf_market(), v2_market()]) as (_, data):
        assert [m.slug for m in await data.search("recession 2027")] == ["recession-2027"]
        assert await data.search("recession december") == ()


@pytest.mark.parametrize(
    ("fault", "path", "error"),
    [
        (Fault.CUT, "/gamma/events", BadData),
        (Fault.NO_CURSOR, "/gamma/events", BadData),
        (Fault.SPOILED_ROW, "/gamma/events", BadData),
        (Fault.STATUS, "/gamma/events", SourceDown),
        (Fault.HANG, "/gamma/series", SourceDown),
        (Fault.CUT, "/gamma/series", BadData),
    ],
)
async def test_failed_page_is_never_an_empty_list(
    fault: Fault, path: str, error: type[DataError]
) -> None:
    pace = Pace(page_size=2, timeout=0.05, longest_wait=0.0)
    async with reading(fed_markets(3), pace) as (sandbox, data):
        sandbox.faults.add(fault, path=path)
        with pytest.raises(error):
            await data.find(SERIES, now=START)

        sandbox.faults.clear()
        assert len(await data.find(SERIES, now=START)) == 3


async def test_second_page_failing_fails_the_whole_read() -> None:
    async with reading(fed_markets(5), Pace(page_size=2)) as (sandbox, data):
        for fault in (Fault.EXTRA_FIELDS, Fault.CUT):  # one good page, then a bad one
            sandbox.faults.add(fault, path="/gamma/events", times=1)

        with pytest.raises(BadData):
            await data.find(SERIES, now=START)
        assert sandbox.rest.asked.count("GET /gamma/events/keyset") == 2


async def test_passing_failures_are_asked_again() -> None:
    async with reading([ctf_market()]) as (sandbox, data):
        sandbox.faults.add(Fault.STATUS, path="/gamma", times=2, status=500)

        assert len(await data.find(MarketRef(slug=ctf_market().slug), now=START)) == 1
        assert len(sandbox.rest.asked) == 3


async def test_refused_question_is_not_asked_again() -> None:
    async with reading([ctf_market()]) as (sandbox, data):
        sandbox.faults.add(Fault.STATUS, path="/gamma", status=422)

        with pytest.raises(BadData, match="HTTP 422"):
            await data.find(MarketRef(slug=ctf_market().slug), now=START)
        assert len(sandbox.rest.asked) == 1


async def test_unknown_fields_are_ignored() -> None:
    async with reading(fed_markets(2)) as (sandbox, data):
        sandbox.faults.add(Fault.EXTRA_FIELDS, path="/gamma")

        assert len(await data.find(SERIES, now=START)) == 2


async def test_cursors_that_never_end_are_refused() -> None:
    async with reading(fed_markets(6), Pace(page_size=1, most_pages=3)) as (_, data):
        with pytest.raises(BadData, match="more than 3 pages"):
            await data.find(SERIES, now=START)


async def test_start_fails_when_the_venue_is_silent() -> None:
    async with reading([ctf_market()]) as (sandbox, data):
        sandbox.faults.add(Fault.STATUS, path="/clob/time")

        with pytest.raises(SourceDown):
            await data.start()


async def test_directory_is_not_asked_again_for_what_it_just_said() -> None:
    clock = ManualClock()
    async with reading(fed_markets(2), Pace(markets_every=60.0), clock) as (sandbox, data):
        first = await data.find(SERIES, now=START)
        asked = len(sandbox.rest.asked)
        clock.advance(59)
        assert await data.find(SERIES, now=START) == first
        assert await data.market(first[0].condition_id) == first[0]
        assert len(sandbox.rest.asked) == asked

        clock.advance(2)
        assert await data.find(SERIES, now=START) == first
        assert len(sandbox.rest.asked) == 2 * asked


async def test_closed_market_is_asked_for_its_payouts_each_time() -> None:
    closed = replace(ctf_market(), closed=True, accepting_orders=False)
    async with reading([closed]) as (sandbox, data):
        assert (await data.market(closed.condition_id)).payouts is None
        paid = replace(closed, payouts=(Decimal(1), Decimal(0)))
        sandbox.tell(MarketChanged(market=paid, at=START))

        assert (await data.market(closed.condition_id)).payouts == paid.payouts


async def test_silent_address_is_left_alone_for_a_while() -> None:
    clock = ManualClock()
    async with reading(fed_markets(1), Pace(timeout=0.05, tries=2), clock) as (sandbox, data):
        sandbox.faults.add(Fault.HANG, path="/gamma")
        with pytest.raises(SourceDown, match="2 times"):
            await data.find(SERIES, now=START)
        with pytest.raises(SourceDown, match=r"waits 10 s, because GET .*/series failed 2 times"):
            await data.find(MarketRef(slug="fed-hike-0"), now=START)
        assert len(sandbox.rest.asked) == 2

        clock.advance(10)
        with pytest.raises(SourceDown):
            await data.find(SERIES, now=START)
        assert len(sandbox.rest.asked) == 3  # one try, until it answers

        sandbox.faults.clear()
        clock.advance(10)
        assert len(await data.find(SERIES, now=START)) == 1


async def test_long_pause_that_the_venue_asks_for_is_kept() -> None:
    clock = ManualClock()
    async with reading(fed_markets(1), clock=clock) as (sandbox, data):
        path = "/gamma/series"
        sandbox.faults.add(Fault.STATUS, path=path, times=1, status=429, retry_after=40)
        for _ in range(2):
            with pytest.raises(SourceDown, match="asked again in 40 s"):
                await data.find(SERIES, now=START)
            clock.advance(39)
        assert len(sandbox.rest.asked) == 1

        assert len(await data.find(SERIES, now=START)) == 1
