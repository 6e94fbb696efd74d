"""What the engine is handed at an instant: the traps of a backtest, each with its guard."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.clock import SteppedClock
from bot.errors import BadData
from bot.history.archive import Archive
from bot.history.fees import FeeRegime
from bot.history.open import VenueName, open_archive
from bot.history.source import HistoryMarketData
from bot.model.market import Book, Market, MarketChanged, MarketEvent
from bot.model.strategy import MarketRef
from bot.model.units import TokenId
from tests.history.worlds import Recorded, at, days, make_row, open_at

NAMED = MarketRef(slug="will-it-happen-1")


def make_archive(
    folder: Path, recorded: Recorded | None = None, *, fees: FeeRegime = FeeRegime.DATED
) -> Archive:
    data = (recorded or Recorded()).write(folder)
    return open_archive(data, VenueName.POLYMARKET, fees=fees)


def find(source: HistoryMarketData, ref: MarketRef = NAMED) -> tuple[Market, ...]:
    return asyncio.run(source.find(ref, now=datetime.max.replace(tzinfo=UTC)))


def price_at(archive: Archive, instant: datetime, *, token: int = 0) -> float | None:
    """Return the mid that can be seen at an instant."""
    source = open_at(archive, instant)
    (market,) = find(source)
    asyncio.run(source.watch([market.token_ids[token]]))
    quote = source.quote(market.token_ids[token])
    return None if quote is None else quote.book.mid


# --- the universe trap: what was not listed yet does not exist


def test_market_cannot_be_found_before_its_first_bar(tmp_path: Path) -> None:
    archive = make_archive(tmp_path)
    before, then = at("03-01") - timedelta(milliseconds=1), at("03-01")
    assert find(open_at(archive, before)) == ()
    assert asyncio.run(open_at(archive, before).search("happen")) == ()
    with pytest.raises(BadData, match="it knows 0 markets by then"):
        asyncio.run(open_at(archive, before).market(archive.listings[0].market.condition_id))
    assert [market.slug for market in find(open_at(archive, then))] == ["will-it-happen-1"]


def test_only_what_is_listed_by_then_is_offered_for_a_series(tmp_path: Path) -> None:
    question = "Fed increases interest rates by 25+ bps after {} 2024 meeting?"
    rows = [
        make_row(1, question=question.format("June"), topic="fed"),
        make_row(2, question=question.format("July"), topic="fed", first_bar="2024-03-10"),
    ]
    bars = [(mkt, day, 0.1) for mkt in (1, 2) for day in days("2024-03-01", 19)]
    archive = make_archive(tmp_path, Recorded(rows=rows, bars=bars))
    ref = MarketRef(series="fed-decision", match="25 bps increase")
    assert len(find(open_at(archive, at("03-09")), ref)) == 1
    assert len(find(open_at(archive, at("03-10")), ref)) == 2


def test_bars_before_the_listing_are_no_prices(tmp_path: Path) -> None:
    bars = [(1, day, 0.2) for day in days("2024-02-20", 20)]
    archive = make_archive(tmp_path, Recorded(bars=bars))
    assert archive.known_bars(0, at("02-29")) == 0


# --- the early-resolution trap: an end is known when it comes


def test_early_end_cannot_be_seen_before_it_comes(tmp_path: Path) -> None:
    archive = make_archive(tmp_path)
    before, then = at("03-20T14:59"), at("03-20T15:00")
    (market,) = find(open_at(archive, before))
    assert (market.closed, market.payouts, market.accepting_orders) == (False, None, True)
    # The scheduled end, not the last bar and not the resolution.
    assert market.ends_at == datetime(2024, 7, 1, tzinfo=UTC)
    assert find(open_at(archive, then)) == ()
    ended = asyncio.run(open_at(archive, then).market(market.condition_id))
    assert (ended.closed, ended.payouts) == (True, (Decimal(1), Decimal(0)))


def test_two_markets_that_differ_only_in_their_end_look_the_same_before_it(tmp_path: Path) -> None:
    late = make_row(resolved_at="2024-07-01T00:00:00Z", payout0="0.0")
    bars = [(1, day, 0.2) for day in days("2024-03-01", 120)]
    early = make_archive(tmp_path / "early")
    other = make_archive(tmp_path / "late", Recorded(rows=[late], bars=bars))
    for day in days("2024-03-01", 19):
        instant = datetime.fromisoformat(day).replace(tzinfo=UTC)
        assert find(open_at(early, instant)) == find(open_at(other, instant))
        assert price_at(early, instant) == price_at(other, instant)


def test_no_price_is_seen_after_the_resolution(tmp_path: Path) -> None:
    bars = [(1, day, 0.2) for day in days("2024-03-01", 40)]
    archive = make_archive(tmp_path, Recorded(bars=bars))
    assert archive.known_bars(0, at("04-15")) == 20  # up to 2024-03-20, which resolved at 15:00


# --- the bar-clock trap: the bar of a day is known at its 00:00 UTC


def test_bar_is_unknown_a_moment_before_its_day_begins(tmp_path: Path) -> None:
    bars = [(1, "2024-03-01", 0.2), (1, "2024-03-02", 0.6)]
    archive = make_archive(tmp_path, Recorded(bars=bars))
    assert price_at(archive, at("03-02") - timedelta(milliseconds=1)) == pytest.approx(0.2)
    assert price_at(archive, at("03-02")) == pytest.approx(0.6)
    assert price_at(archive, at("03-02"), token=1) == pytest.approx(0.4)


def test_gap_ages_a_quote_and_fills_nothing_in(tmp_path: Path) -> None:
    bars = [(1, "2024-03-01", 0.2), (1, "2024-03-09", 0.3)]
    archive = make_archive(tmp_path, Recorded(bars=bars))
    source = open_at(archive, at("03-08"))
    (market,) = find(source)
    asyncio.run(source.watch(market.token_ids))
    quote = source.quote(market.token_ids[0])
    assert quote is not None
    assert quote.confirmed_at == at("03-01")
    assert quote.book.as_of == at("03-01")


# --- spread, depth and fees


def test_nothing_can_be_bought_at_the_recorded_price(tmp_path: Path) -> None:
    source = open_at(make_archive(tmp_path), at("03-01"))
    (market,) = find(source)
    asyncio.run(source.watch(market.token_ids))
    quote = source.quote(market.token_ids[0])
    assert quote is not None
    book = quote.book
    assert (book.bid_prices[0], book.ask_prices[0]) == (190_000, 210_000)
    assert set(book.ask_sizes) == {390_000_000}
    assert book.ask_prices[1] - book.ask_prices[0] == 10_000


@pytest.mark.parametrize(
    ("topic", "instant", "rate"),
    [
        ("fed", "2024-03-01", "0"),
        ("fed", "2026-03-29", "0"),
        ("fed", "2026-03-30", "0.05"),
        ("us_election", "2026-04-01", "0.04"),
        ("crypto", "2026-01-05", "0"),
        ("crypto", "2026-01-06", "0.07"),
        ("geopolitics", "2026-04-01", "0"),
    ],
)
def test_fee_is_that_of_the_day(tmp_path: Path, topic: str, instant: str, rate: str) -> None:
    row = make_row(topic=topic, resolved_at="2026-06-01T00:00:00Z")
    archive = make_archive(tmp_path, Recorded(rows=[row]))
    (market,) = find(open_at(archive, datetime.fromisoformat(instant).replace(tzinfo=UTC)))
    assert market.fee.rate == Decimal(rate)


@pytest.mark.parametrize(("regime", "rate"), [(FeeRegime.TODAY, "0.05"), (FeeRegime.NONE, "0")])
def test_fees_can_be_todays_or_none(tmp_path: Path, regime: FeeRegime, rate: str) -> None:
    archive = make_archive(tmp_path, Recorded(rows=[make_row(topic="fed")]), fees=regime)
    (market,) = find(open_at(archive, at("03-02")))
    assert market.fee.rate == Decimal(rate)


# --- as a source of market data


def listen(source: HistoryMarketData) -> list[MarketEvent]:
    heard: list[MarketEvent] = []
    source.listen(heard.append)
    return heard


async def walk(
    source: HistoryMarketData, clock: SteppedClock, tokens: Sequence[TokenId], *stops: datetime
) -> None:
    await source.start()
    await source.watch(tokens)
    for stop in stops:
        await clock.advance_to(stop)
        await source.refresh()


def test_listeners_hear_each_bar_once_and_the_end_of_what_they_watch(tmp_path: Path) -> None:
    archive = make_archive(tmp_path)
    clock = SteppedClock(start=at("03-17"))
    source = HistoryMarketData(clock=clock, archive=archive)
    heard = listen(source)
    token = archive.listings[0].market.token_ids[0]
    stops = (at("03-17"), at("03-18"), at("03-18T12:00"), at("03-20T16:00"), at("03-21"))
    asyncio.run(walk(source, clock, [token], *stops))
    told = [(type(event), event.at if isinstance(event, MarketChanged) else event.as_of)
            for event in heard if isinstance(event, Book | MarketChanged)]  # fmt: skip
    assert told == [
        (Book, at("03-17")),
        (Book, at("03-18")),
        (Book, at("03-19")),
        (MarketChanged, at("03-20T15:00")),
    ]
    assert source.next_event_at() is None
    asyncio.run(source.close())


def test_what_is_not_watched_is_neither_told_nor_quoted(tmp_path: Path) -> None:
    archive = make_archive(tmp_path)
    clock = SteppedClock(start=at("03-17"))
    source = HistoryMarketData(clock=clock, archive=archive)
    heard = listen(source)
    asyncio.run(walk(source, clock, [], at("03-21")))
    assert heard == []
    assert source.quote(archive.listings[0].market.token_ids[0]) is None


def test_token_of_no_listed_market_has_no_quote(tmp_path: Path) -> None:
    source = open_at(make_archive(tmp_path), at("02-20"))
    asyncio.run(source.watch([TokenId("1")]))
    asyncio.run(source.refresh())
    assert source.quote(TokenId("1")) is None


def test_only_held_markets_make_the_clock_stop_at_their_end(tmp_path: Path) -> None:
    archive = make_archive(tmp_path)
    source = open_at(archive, at("03-10"))
    held = [archive.listings[0].market.condition_id]
    assert source.next_change_at(held) == at("03-20T15:00")
    assert source.next_change_at([]) is None
    assert open_at(archive, at("03-20T15:00")).next_change_at(held) is None
