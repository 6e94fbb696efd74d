"""A tape played as market data: nothing of later, everything in order, errors that stay."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from bot.errors import BadData
from bot.model.market import Book, MarketChanged, MarketEvent
from bot.model.strategy import MarketRef
from bot.model.units import ConditionId, TokenId
from bot.venues.books import from_epoch_ms, mirror
from bot.venues.ports import MarketData
from bot.venues.recorded.source import RecordedMarketData
from bot.venues.recorded.tape import Confirmation, TapeRow
from tests.fakes import NO, START, YES, ManualClock, epoch_ms, make_book, make_market, mirror_book

MARKET = make_market(series_slug="fed-decision", group_title="25 bps increase")


class ListTape:
    """Rows given by a test; a ``None`` stands for a row that cannot be read."""

    note = ""

    def __init__(self, *rows: TapeRow | None) -> None:
        self._given = rows

    @property
    def starts_at(self) -> datetime:
        return START

    def rows(self) -> Iterator[TapeRow]:
        for row in self._given:
            if row is None:
                raise BadData("tape:3: torn")
            yield row


def at(minutes: float, event: MarketEvent | Confirmation) -> TapeRow:
    return epoch_ms(START + timedelta(minutes=minutes)), event


def book(minutes: float, bid: str = "0.40", token: str = YES) -> Book:
    return make_book(
        token, bids=[(bid, "100")], asks=[("0.60", "50")], at=START + timedelta(minutes=minutes)
    )


def listing(minutes: float = 0) -> TapeRow:
    return at(minutes, MarketChanged(market=MARKET, at=START + timedelta(minutes=minutes)))


async def started(
    clock: ManualClock, *rows: TapeRow | None, watch: Sequence[str] = (YES,)
) -> tuple[RecordedMarketData, list[MarketEvent]]:
    source: MarketData = RecordedMarketData(clock=clock, tape=ListTape(*rows))
    heard: list[MarketEvent] = []
    source.listen(heard.append)
    await source.start()
    await source.watch([TokenId(token) for token in watch])
    assert isinstance(source, RecordedMarketData)
    return source, heard


async def test_events_are_told_up_to_now_and_no_further() -> None:
    clock = ManualClock()
    source, heard = await started(clock, listing(), at(1, book(1)), at(2, book(2)), at(3, book(3)))
    clock.advance(120)
    await source.refresh()
    assert heard == [book(1), book(2)]
    assert source.next_event_at() == START + timedelta(minutes=3)


async def test_a_quote_is_confirmed_at_its_row() -> None:
    clock = ManualClock()
    source, _ = await started(clock, listing(), at(1, book(0.5)))
    clock.advance(600)
    await source.refresh()
    quote = source.quote(TokenId(YES))
    assert quote is not None
    assert quote.book == book(0.5)
    assert quote.confirmed_at == START + timedelta(minutes=1)


async def test_a_confirmation_renews_the_quote_and_is_not_told() -> None:
    clock = ManualClock()
    seen_ms = epoch_ms(START + timedelta(minutes=4))
    tokens = (TokenId(YES), TokenId("never seen"))
    source, heard = await started(
        clock, listing(), at(1, book(1)), at(5, Confirmation(tokens, seen_ms))
    )
    clock.advance(600)
    await source.refresh()
    quote = source.quote(TokenId(YES))
    assert quote is not None
    assert quote.confirmed_at == START + timedelta(minutes=4)
    assert heard == [book(1)]


async def test_only_watched_tokens_are_told_and_quoted() -> None:
    clock = ManualClock()
    other = replace(
        MARKET, condition_id=ConditionId("0x02"), token_ids=(TokenId("7"), TokenId("8"))
    )
    source, heard = await started(
        clock,
        listing(),
        at(1, book(1, token=NO)),
        at(1, MarketChanged(market=other, at=START)),
        at(1, MarketChanged(market=MARKET, at=START)),
    )
    clock.advance(600)
    await source.refresh()
    assert heard == [MarketChanged(market=MARKET, at=START)]
    assert source.quote(TokenId(NO)) is None
    assert await source.market(ConditionId("0x02")) == other


async def test_a_token_watched_late_is_told_its_standing_book_first() -> None:
    clock = ManualClock()
    source, heard = await started(clock, listing(), at(1, book(1)), at(5, book(5)), watch=())
    clock.advance(120)
    await source.refresh()
    await source.watch([TokenId(YES), TokenId(NO)])
    clock.advance(600)
    await source.refresh()
    await source.refresh()
    assert heard == [book(1), book(5)]


async def test_a_restart_takes_the_past_in_without_telling_it() -> None:
    clock = ManualClock(start=START + timedelta(minutes=2))
    source, heard = await started(clock, listing(), at(1, book(1)), at(2, book(2)), at(3, book(3)))
    assert heard == []
    quote = source.quote(TokenId(YES))
    assert quote is not None
    assert quote.book == book(2)
    clock.advance(60)
    await source.refresh()
    assert heard == [book(2), book(3)]


async def test_a_market_is_unknown_before_it_was_listed() -> None:
    clock = ManualClock()
    source, _ = await started(clock, listing(1))
    ref = MarketRef(series="fed-decision", match="25 BPS increase")
    assert await source.find(ref, now=clock.now()) == ()
    with pytest.raises(BadData, match="is not in the recording by 2026-11-02T12:00:00"):
        await source.market(MARKET.condition_id)
    clock.advance(60)
    await source.refresh()
    assert await source.find(ref, now=clock.now()) == (MARKET,)


@pytest.mark.parametrize(
    ("ref", "found"),
    [
        (MarketRef(slug="fed-hike-dec"), True),
        (MarketRef(slug="fed-hike"), False),
        (MarketRef(condition_id=MARKET.condition_id.upper()), True),
        (MarketRef(series="fed-decision", match="raise rates"), True),
        (MarketRef(series="fed-decision", match="cut rates"), False),
        (MarketRef(series="fed", match="25 bps increase"), False),
    ],
)
async def test_markets_are_found_by_slug_condition_or_series(ref: MarketRef, found: bool) -> None:
    clock = ManualClock()
    source, _ = await started(clock, listing())
    assert (await source.find(ref, now=clock.now()) == (MARKET,)) is found


async def test_closed_and_paid_markets_are_not_found_but_known() -> None:
    clock = ManualClock()
    closed = replace(MARKET, closed=True, accepting_orders=False)
    paid = replace(
        make_market(condition_id="0x02", token_ids=("7", "8")), payouts=(Decimal(1), Decimal(0))
    )
    changes = [at(0, MarketChanged(market=market, at=START)) for market in (closed, paid)]
    source, _ = await started(clock, listing(), *changes)
    assert await source.search("fed") == ()
    assert await source.market(MARKET.condition_id) == closed


async def test_search_wants_all_words_and_sorts_by_end() -> None:
    clock = ManualClock()
    late = make_market(condition_id="0x02", token_ids=("7", "8"), slug="late", ends_at=None)
    source, _ = await started(clock, at(0, MarketChanged(market=late, at=START)), listing())
    assert await source.search("FED december") == (MARKET, late)
    assert await source.search("fed june") == ()


async def test_rows_that_go_back_in_time_are_refused_for_good() -> None:
    clock = ManualClock()
    source, _ = await started(clock, listing(), at(2, book(2)), at(1, book(1)))
    clock.advance(600)
    for _ in range(2):
        with pytest.raises(BadData, match=r"12:01:00.* follows one of .*12:02:00"):
            await source.refresh()


async def test_an_unreadable_row_is_not_the_end_of_the_tape() -> None:
    clock = ManualClock()
    source, heard = await started(clock, listing(), at(1, book(1)), None)
    clock.advance(600)
    for _ in range(2):
        with pytest.raises(BadData, match="tape:3"):
            await source.refresh()
    assert heard == [book(1)]


async def test_the_end_of_the_tape_has_no_next_event() -> None:
    clock = ManualClock()
    source, _ = await started(clock, listing(), at(1, book(1)))
    clock.advance(60)
    await source.refresh()
    assert source.next_event_at() is None
    await source.close()
    await source.close()


def test_a_mirrored_book_is_the_complements_and_mirrors_back() -> None:
    one = make_book(YES, bids=[("0.40", "100"), ("0.39", "5")], asks=[("0.43", "50")])
    assert mirror(one, TokenId(NO)) == mirror_book(one, token_id=NO)
    assert mirror(mirror(one, TokenId(NO)), TokenId(YES)) == one


def test_milliseconds_survive_the_way_to_an_instant_and_back() -> None:
    assert all(
        epoch_ms(from_epoch_ms(ms)) == ms for ms in range(1_790_585_112_649, 1_790_585_114_649)
    )
