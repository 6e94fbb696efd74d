"""The practice market as its users see it: shapes, order, and the same world after a restart."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from bot.clock import SteppedClock
from bot.errors import BadData
from bot.model.market import Book, Market, MarketChanged, MarketEvent, MarketKind, Print, Quote
from bot.model.strategy import MarketRef
from bot.model.units import MILLION, ConditionId, TokenId
from bot.venues.books import mirror
from bot.venues.ports import MarketData
from bot.venues.practice.source import PracticeMarketData

START = datetime(2026, 11, 23, 12, 17, tzinfo=UTC)
SERIES = {
    "fed-decision": {"25 bps increase", "25 bps decrease", "No change"},
    "us-recession": {"Recession"},
    "government-shutdown": {"Shutdown"},
    "tariff-increase": {"Tariff increase"},
    "btc-price": {"BTC below 60k", "BTC above 120k"},
    "us-election": {"Democratic", "Republican"},
}


class Run:
    """One practice market, and all it has told."""

    def __init__(self, *, seed: int = 1, at: datetime = START, start: datetime = START) -> None:
        self.clock = SteppedClock(start=at)
        self.market: MarketData = PracticeMarketData(clock=self.clock, seed=seed, start=start)
        self.heard: list[MarketEvent] = []
        self.market.listen(self.heard.append)
        self.tokens: dict[TokenId, Market] = {}

    async def begin(self) -> "Run":
        await self.market.start()
        await self.watch_all()
        return self

    async def watch_all(self) -> None:
        """Watch everything ever listed, what has closed since too."""
        for market in await self.market.search(""):
            for token in market.token_ids:
                self.tokens.setdefault(token, market)
        await self.market.watch(self.tokens)

    async def run(self, days: float) -> "Run":
        """Go from event to event, as the daemon does."""
        end = self.clock.now() + timedelta(days=days)
        while (due := self.market.next_event_at()) is not None and due <= end:
            assert due > self.clock.now()
            await self.clock.advance_to(due)
            await self.market.refresh()
            if due.hour == due.minute == 0:
                await self.watch_all()
        await self.clock.advance_to(end)
        await self.market.refresh()
        return self

    def quotes(self) -> dict[TokenId, Quote | None]:
        return {token: self.market.quote(token) for token in self.tokens}


def moment(event: MarketEvent) -> datetime:
    if isinstance(event, MarketChanged):
        return event.at
    milliseconds = event.as_of_ms if isinstance(event, Book) else event.at_ms
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


async def series_of(run: Run, series: str) -> tuple[Market, ...]:
    return await run.market.find(MarketRef(series=series), now=run.clock.now())


async def test_every_series_has_members_to_roll_to_at_any_time() -> None:
    run = await Run(seed=3).begin()
    await run.market.watch(())
    for _ in range(10):
        for series, labels in SERIES.items():
            markets = await series_of(run, series)
            assert {market.group_title for market in markets} == labels
            assert [market.ends_at for market in markets] == sorted(
                market.ends_at for market in markets if market.ends_at is not None
            )
            members = {market.event_slug for market in markets}
            assert len(members) >= (1 if series == "us-election" else 3)
            assert all(market.ends_at is not None for market in markets)
            assert all(market.ends_at > run.clock.now() for market in markets if market.ends_at)
        await run.clock.advance_to(run.clock.now() + timedelta(days=23))
        await run.market.refresh()


async def test_both_kinds_stand_side_by_side_with_ids_of_their_form() -> None:
    run = await Run().begin()
    markets = await run.market.search("")
    assert {market.kind for market in markets} == set(MarketKind)
    assert len({market.condition_id for market in markets}) == len(markets)
    assert len({market.slug for market in markets}) == len(markets)
    for market in markets:
        assert market.condition_id.startswith("0x")
        if market.kind is MarketKind.CTF:
            assert len(market.condition_id) == 66
            assert [len(token) for token in market.token_ids] == [77, 77]
            assert all(int(token) >> 40 & (1 << 64) - 1 for token in market.token_ids)
        else:
            assert len(market.condition_id) == 64
            for index, token in enumerate(market.token_ids):
                raw = int(token).to_bytes(32)
                assert raw[0] == (2 if market.neg_risk else 1)
                assert "0x" + raw[:31].hex() == market.condition_id
                assert raw[31] == index
                assert int(token) & ((1 << 64) - 1) << 40 == 0


async def test_fees_follow_the_category() -> None:
    run = await Run().begin()
    rates = {market.series_slug: market.fee.rate for market in await run.market.search("")}
    assert rates == {
        "fed-decision": Decimal("0.05"),
        "us-recession": Decimal("0.05"),
        "government-shutdown": Decimal("0.04"),
        "tariff-increase": 0,
        "btc-price": Decimal("0.07"),
        "us-election": Decimal("0.04"),
    }


async def test_questions_and_slugs_carry_their_dates() -> None:
    run = await Run().begin()
    first = (await run.market.find(MarketRef(series="us-recession"), now=START))[0]
    assert first.question == "US recession by November 30, 2026?"
    assert first.slug == "us-recession-by-november-30-2026"
    assert first.ends_at == datetime(2026, 12, 1, tzinfo=UTC)
    (party, _) = await series_of(run, "us-election")
    assert party.question.endswith("win the election of November 7, 2028?")
    meetings = {market.ends_at for market in await series_of(run, "fed-decision")}
    assert {b - a for a, b in pairwise(sorted(end for end in meetings if end))} == {
        timedelta(days=14)
    }


async def test_events_come_in_order_and_none_from_the_future() -> None:
    run = await Run().begin()
    await run.clock.advance_to(START + timedelta(minutes=30))
    await run.market.refresh()
    run.heard.clear()
    for hours in (1, 7, 30, 100):
        before = run.clock.now()
        await run.clock.advance_to(before + timedelta(hours=hours))
        told = len(run.heard)
        await run.market.refresh()
        moments = [moment(event) for event in run.heard[told:]]
        assert moments
        assert moments == sorted(moments)
        assert before < moments[0] <= moments[-1] <= run.clock.now()


async def test_how_often_one_looks_changes_nothing() -> None:
    often = await (await Run().begin()).run(3)
    seldom = await Run().begin()
    await seldom.clock.advance_to(START + timedelta(days=3))
    await seldom.market.refresh()
    assert [e for e in often.heard if moment(e) > START] == sorted(
        (e for e in seldom.heard if moment(e) > START), key=moment
    )


async def test_the_same_seed_is_the_same_world_and_another_is_not() -> None:
    one, two, other = [await (await Run(seed=seed).begin()).run(2) for seed in (5, 5, 6)]
    assert one.heard == two.heard
    assert one.quotes() == two.quotes()
    assert not {e.token_id for e in one.heard if isinstance(e, Book)}.intersection(
        e.token_id for e in other.heard if isinstance(e, Book)
    )


async def test_a_restart_finds_the_same_books_and_the_same_future() -> None:
    there = START + timedelta(days=20, minutes=3)
    steady = await (await Run(seed=9).begin()).run(20 + 3 / 1440)
    assert steady.clock.now() == there
    again = await Run(seed=9, at=there).begin()
    again.tokens = dict(steady.tokens)
    await again.market.watch(again.tokens)
    assert again.quotes() == steady.quotes()
    for token, market in steady.tokens.items():
        assert token in market.token_ids
        assert await again.market.market(market.condition_id) == await steady.market.market(
            market.condition_id
        )
    await again.market.refresh()
    for run in (steady, again):
        run.heard.clear()
        await run.run(1)
    assert again.heard == steady.heard


async def test_years_ahead_are_reached_at_once() -> None:
    run = await Run(at=START + timedelta(days=5 * 365)).begin()
    assert len(await series_of(run, "us-recession")) >= 3
    assert all(run.quotes().values())


async def test_every_book_is_one_the_venue_could_show() -> None:
    run = await (await Run(seed=4).begin()).run(9)
    tick = {token: market.tick for token, market in run.tokens.items()}
    last: dict[TokenId, Book] = {}
    spreads = []
    for event in run.heard:
        if isinstance(event, MarketChanged):
            tick.update(dict.fromkeys(event.market.token_ids, event.market.tick))
        elif isinstance(event, Book):
            step = int(tick[event.token_id] * MILLION)
            prices = event.bid_prices[::-1] + event.ask_prices
            assert all(0 < price < MILLION and price % step == 0 for price in prices)
            assert list(prices) == sorted(set(prices))
            assert all(size >= 5 * MILLION for size in event.bid_sizes + event.ask_sizes)
            assert len(event.bid_prices) == len(event.bid_sizes) <= 12
            assert len(event.ask_prices) == len(event.ask_sizes) <= 12
            other = last.get(run.tokens[event.token_id].complement_of(event.token_id))
            if other is not None and other.as_of_ms == event.as_of_ms:
                assert event == mirror(other, event.token_id)
            last[event.token_id] = event
            spreads.append(event.spread)
    two_sided = sorted(spread for spread in spreads if spread is not None)
    assert two_sided[len(two_sided) // 2] == pytest.approx(0.01)
    assert two_sided[-1] >= 0.03
    assert 0 < spreads.count(None) < len(spreads) / 4


async def test_yes_and_no_quotes_mirror_each_other() -> None:
    run = await (await Run().begin()).run(1)
    for market in await run.market.search(""):
        yes, no = (run.market.quote(token) for token in market.token_ids)
        assert yes is not None
        assert no is not None
        assert mirror(yes.book, no.book.token_id) == no.book
        assert yes.confirmed_at == no.confirmed_at == run.clock.now()


async def test_prints_happen_at_the_touch_that_stood() -> None:
    run = await (await Run().begin()).run(4)
    standing: dict[TokenId, Book] = {}
    count = 0
    for event in run.heard:
        if isinstance(event, Book):
            standing[event.token_id] = event
        elif isinstance(event, Print) and event.token_id in standing:
            book = standing[event.token_id]
            side = (
                (book.ask_prices, book.ask_sizes)
                if event.taker_buys
                else (book.bid_prices, book.bid_sizes)
            )
            assert event.price_e6 == side[0][0]
            assert MILLION <= event.size_e6 <= side[1][0]
            count += 1
    assert count > 100


async def test_there_are_quiet_hours_and_jumps() -> None:
    run = await (await Run(seed=2).begin()).run(10)
    longest, jump = timedelta(0), 0.0
    last: dict[TokenId, Book] = {}
    for event in run.heard:
        if isinstance(event, Book):
            before = last.get(event.token_id)
            if before is not None:
                longest = max(longest, event.as_of - before.as_of)
                jump = max(jump, abs((event.mid or 0) - (before.mid or 1)) % 1)
            last[event.token_id] = event
    assert longest >= timedelta(hours=6)
    assert jump > 0.05


async def test_a_market_closes_then_pays_and_its_quote_ages() -> None:
    run = await Run(seed=1).begin()
    market = (await series_of(run, "government-shutdown"))[0]
    assert market.ends_at is not None
    await run.run(8)
    states = [
        event
        for event in run.heard
        if isinstance(event, MarketChanged) and event.market.condition_id == market.condition_id
    ]
    closed = next(event for event in states if event.market.closed)
    paid = next(event for event in states if event.market.payouts is not None)
    assert closed.at <= market.ends_at
    assert not closed.market.accepting_orders
    assert closed.market.payouts is None
    assert timedelta(hours=4) <= paid.at - closed.at <= timedelta(days=3)
    assert await run.market.market(market.condition_id) == paid.market
    assert market.slug not in {m.slug for m in await run.market.search("shutdown")}
    quote = run.market.quote(market.token_ids[0])
    assert quote is not None
    assert quote.confirmed_at == closed.at


async def test_the_tick_becomes_finer_when_a_price_nears_an_end() -> None:
    run = await (await Run(seed=1).begin()).run(12)
    changes = {
        event.market.condition_id: event
        for event in reversed(run.heard)
        if isinstance(event, MarketChanged) and not event.market.closed
    }
    assert changes
    for changed in changes.values():
        assert changed.market.tick == Decimal("0.001")
        books = [
            event
            for event in run.heard
            if isinstance(event, Book)
            and event.token_id == changed.market.token_ids[0]
            and event.as_of == changed.at
        ]
        assert [book.mid is None or not 0.05 < book.mid < 0.95 for book in books] == [True]
        told = run.heard.index(changed)
        assert run.heard.index(books[0]) > told


async def test_only_watched_tokens_are_told_and_quoted() -> None:
    run = await Run().begin()
    first, second, *_ = run.tokens
    await run.market.watch([first, TokenId("not a token")])
    await run.clock.advance_to(START + timedelta(days=1))
    await run.market.refresh()
    assert {event.token_id for event in run.heard if not isinstance(event, MarketChanged)} == {
        first
    }
    assert run.market.quote(second) is None
    assert run.market.quote(TokenId("not a token")) is None
    await run.market.close()


async def test_a_token_watched_late_is_told_its_standing_book_first() -> None:
    run = await Run().begin()
    token = next(iter(run.tokens))
    quote = run.market.quote(token)
    assert quote is not None
    await run.market.refresh()
    assert quote.book in run.heard
    assert quote.book.as_of <= START


async def test_a_market_is_unknown_until_it_is_listed() -> None:
    run = await Run().begin()
    later = await Run(at=START + timedelta(days=20)).begin()
    new = [m for t, m in later.tokens.items() if t not in run.tokens]
    assert new
    for condition_id in (new[0].condition_id, ConditionId("0x99")):
        with pytest.raises(BadData, match="is not in this practice market by 2026-11-23T12:17"):
            await run.market.market(condition_id)
    await run.market.watch(())
    await run.clock.advance_to(START + timedelta(days=20))
    await run.market.refresh()
    assert (await run.market.market(new[0].condition_id)).slug == new[0].slug
