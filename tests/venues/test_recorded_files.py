"""The adapters of the recorded real data: shapes, order, and nothing known too early."""

import gzip
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import SteppedClock
from bot.errors import BadData, ConfigError
from bot.model.market import Book, MarketChanged
from bot.model.strategy import MarketRef
from bot.model.units import MILLION, ConditionId, Price, Shares, TokenId
from bot.venues.books import mirror
from bot.venues.recorded.columns import ParquetColumns
from bot.venues.recorded.daily import Assumed, make_assumed_book, open_daily
from bot.venues.recorded.fed_dec2025 import open_fed_dec2025
from bot.venues.recorded.l2_books import L2Books, open_l2_books
from bot.venues.recorded.source import RecordedMarketData
from bot.venues.recorded.tape import Tape


def books_of(tape: Tape) -> Iterator[Book]:
    return (event for _, event in tape.rows() if isinstance(event, Book))


def changes_of(tape: Tape) -> list[MarketChanged]:
    return [event for _, event in tape.rows() if isinstance(event, MarketChanged)]


def assert_in_order(tape: Tape) -> None:
    times = [at_ms for at_ms, _ in tape.rows()]
    assert times == sorted(times)
    assert round(tape.starts_at.timestamp() * 1000) == times[0]
    assert tape.note


@pytest.fixture(scope="module")
def l2_tape(shared_data: Path) -> L2Books:
    return open_l2_books(shared_data / "polymarket_l2_books")


@pytest.fixture(scope="module")
def fed_tape(shared_data: Path) -> Tape:
    return open_fed_dec2025(shared_data / "polymarket_l1_liquidity")


@pytest.fixture(scope="module")
def daily_folder(shared_data: Path) -> Path:
    return shared_data / "polymarket_daily"


@pytest.fixture(scope="module")
def autumn(daily_folder: Path) -> Tape:
    return open_daily(daily_folder, since=date(2024, 9, 1), until=date(2024, 11, 30))


class TestL2Books:
    def test_all_books_are_there_crossed_and_one_sided_ones_too(self, l2_tape: L2Books) -> None:
        books = list(books_of(l2_tape))
        assert len(books) == 27_480
        assert sum(book.is_crossed for book in books) == 8
        assert sum(not book.bid_prices or not book.ask_prices for book in books) == 2_228
        assert max(len(book.bid_prices) for book in books) == 20
        assert_in_order(l2_tape)

    def test_the_tokens_mirror_each_other_in_all_but_a_few_snapshots(
        self, l2_tape: L2Books
    ) -> None:
        complement = {
            token: market.complement_of(token)
            for market in l2_tape.markets
            for token in market.token_ids
        }
        books = {(book.token_id, book.as_of_ms): book for book in books_of(l2_tape)}
        pairs = [
            (book, books[key])
            for book in books.values()
            if (key := (complement[book.token_id], book.as_of_ms)) in books
        ]
        assert len(pairs) > 20_000
        # The two were read one after the other: now and then a level changed in between.
        same = sum(mirror(one, other.token_id) == other for one, other in pairs)
        assert same / len(pairs) > 0.99

    def test_every_market_is_listed_ends_and_pays_once(self, l2_tape: L2Books) -> None:
        changes = changes_of(l2_tape)
        assert len(l2_tape.markets) == 13
        paid = [change.market for change in changes if change.market.payouts is not None]
        assert len(paid) == len({market.condition_id for market in paid}) == 13
        assert all(market.closed and not market.accepting_orders for market in paid)
        assert sum(market.payouts == (Decimal(1), Decimal(0)) for market in paid) == 10
        assert all(market.payouts is None for market in l2_tape.markets)

    def test_the_tick_becomes_finer_at_the_first_price_between_cents(
        self, l2_tape: L2Books
    ) -> None:
        fine: set[TokenId] = set()
        seen = 0
        for _, event in l2_tape.rows():
            if isinstance(event, MarketChanged) and event.market.tick == Decimal("0.001"):
                fine.update(event.market.token_ids)
            elif isinstance(event, Book) and event.token_id not in fine:
                seen += 1
                assert all(price % 10_000 == 0 for price in event.bid_prices + event.ask_prices)
        assert fine
        assert seen

    async def test_it_plays_through_the_source_with_nothing_lost(self, l2_tape: L2Books) -> None:
        clock = SteppedClock(start=l2_tape.starts_at)
        source = RecordedMarketData(clock=clock, tape=l2_tape)
        heard: list[object] = []
        source.listen(heard.append)
        await source.start()
        await source.watch(token for market in l2_tape.markets for token in market.token_ids)
        while (due := source.next_event_at()) is not None:
            await clock.advance_to(due + timedelta(minutes=5))
            await source.refresh()
        assert sum(isinstance(event, Book) for event in heard) == 27_480

    @pytest.mark.parametrize(
        ("column", "change", "says"),
        [
            ("bid_px", [0.5, 0.6], "bid_px of row 1 is not best first"),
            ("ask_px", [0.6, 0.5], "ask_px of row 1 is not best first"),
            ("bid_px", [0.5, 0.0], "strictly between 0 and 1"),
            ("ask_px", [0.6, 1.0], "strictly between 0 and 1"),
            ("bid_px", [0.50005, 0.4], "off the finest tick"),
            ("bid_sz", [1.0, 0.0], "a size of 0 or less"),
            ("bid_sz", [1.0, 0.1234567], "no whole millionth"),
            ("bid_sz", [1.0, float("nan")], "no whole millionth"),
            ("bid_sz", [1.0, None], "1 missing numbers"),
            ("bid_sz", [1.0], "bid_px and bid_sz differ in length"),
            ("ts", None, "ts is missing in 1 rows"),
            ("side", "SIDEWAYS", "names 'SIDEWAYS'"),
            ("market_id", "0x99", "names '0x99'"),
        ],
    )
    def test_a_file_with_a_wrong_row_is_refused(
        self, tmp_path: Path, column: str, change: object, says: str
    ) -> None:
        rows = [dict(ROW), dict(ROW) | {"side": "DOWN", column: change}]
        with pytest.raises(BadData, match=says):
            open_l2_books(write_l2(tmp_path, rows))

    def test_the_smallest_recording_is_told_whole(self, tmp_path: Path) -> None:
        later: dict[str, object] = {"ts": 3_000, "side": "DOWN", "bid_px": [], "bid_sz": []}
        tape = open_l2_books(write_l2(tmp_path, [dict(ROW) | later, dict(ROW)]))
        first, second = tape.markets[0].token_ids
        rows = list(tape.rows())
        assert [at_ms for at_ms, _ in rows] == [1_000, 1_000, 2_000, 3_000]
        assert [event for _, event in rows if isinstance(event, Book)] == [
            Book(
                first,
                1_000,
                (500_000, 400_000),
                (MILLION, 2_500_000),
                (600_000, 700_000),
                (1, 10**7),
            ),
            Book(second, 3_000, (), (), (600_000, 700_000), (1, 10**7)),
        ]
        assert len(first) == len(second) == 77

    def test_a_market_without_books_is_refused(self, tmp_path: Path) -> None:
        folder = write_l2(tmp_path, [dict(ROW)], markets=("0x01", "0x02"))
        with pytest.raises(BadData, match="market 0x02 has no book"):
            open_l2_books(folder)

    def test_missing_files_and_columns_are_named(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match=r"books\.parquet does not exist"):
            open_l2_books(tmp_path)
        folder = write_l2(tmp_path, [dict(ROW)])
        (folder / "markets.csv").write_text("market_id,slug\n0x01,x\n")
        with pytest.raises(BadData, match="has no column 'end_ts'"):
            open_l2_books(folder)
        (folder / "markets.csv").unlink()
        with pytest.raises(ConfigError, match=r"markets\.csv does not exist"):
            open_l2_books(folder)
        pq.write_table(pa.table({"ts": [1]}), folder / "books.parquet")
        with pytest.raises(BadData, match="has no column bid_px; it has ts"):
            ParquetColumns(folder / "books.parquet").ladder("bid_px", "bid_sz", descending=True)
        (folder / "books.parquet").write_text("not parquet")
        with pytest.raises(BadData, match="is not a Parquet file"):
            ParquetColumns(folder / "books.parquet")

    def test_without_pyarrow_it_says_what_to_install(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        with pytest.raises(ConfigError, match=r"books\.parquet does not exist"):
            open_l2_books(tmp_path)
        folder = write_l2(tmp_path, [dict(ROW)])
        with pytest.raises(ConfigError, match="pip install pyarrow"):
            open_l2_books(folder)


class TestFedDec2025:
    def test_both_markets_are_told_with_the_depth_shown(self, fed_tape: Tape) -> None:
        assert_in_order(fed_tape)
        listed = [change.market for change in changes_of(fed_tape)]
        assert [market.group_title for market in listed] == ["25 bps decrease", "No change"]
        cut, keep = (
            [book for book in books_of(fed_tape) if book.token_id == market.token_ids[0]]
            for market in listed
        )
        assert (len(cut), len(keep)) == (3_972, 1_006)
        assert cut[0][2:] == ((780_000,), (40_770_000,), (790_000,), (7_214_230_000,))
        # 64,469.59 at best; 421,419.94 in three levels; 445,168.98 within 5 cents.
        assert keep[0].bid_prices == (500_000, 480_000, 450_000)
        assert keep[0].bid_sizes == (64_469_590_000, 356_950_350_000, 23_749_040_000)
        assert keep[0].ask_prices[0] == 510_000
        assert keep[0].ask_sizes[0] == 18_493_090_000
        assert sum(not book.ask_prices for book in keep) == 1

    def test_the_no_token_is_the_mirror(self, fed_tape: Tape) -> None:
        books = list(books_of(fed_tape))
        assert all(
            mirror(yes, no.token_id) == no for yes, no in zip(books[::2], books[1::2], strict=True)
        )

    def test_nothing_is_resolved_within_it(self, fed_tape: Tape) -> None:
        assert all(change.market.payouts is None for change in changes_of(fed_tape))


class TestDaily:
    def test_a_price_is_known_at_midnight_and_mirrored(self, autumn: Tape) -> None:
        assert_in_order(autumn)
        books = list(books_of(autumn))
        assert all(book.as_of_ms % 86_400_000 == 0 for book in books)
        assert all(mirror(a, b.token_id) == b for a, b in zip(books[::2], books[1::2], strict=True))

    async def test_only_markets_that_trade_then_are_found(self, daily_folder: Path) -> None:
        tape = open_daily(daily_folder, since=date(2024, 6, 1), until=date(2024, 12, 31))
        clock = SteppedClock(start=tape.starts_at)
        source = RecordedMarketData(clock=clock, tape=tape)
        await source.start()
        first_seen: dict[ConditionId, datetime] = {}
        last_seen: dict[ConditionId, datetime] = {}
        while (due := source.next_event_at()) is not None:
            await clock.advance_to(due)
            await source.refresh()
            for market in await source.search(""):
                first_seen.setdefault(market.condition_id, due)
                last_seen[market.condition_id] = due
        ends = {
            change.market.condition_id: change.at
            for change in changes_of(tape)
            if change.market.payouts is not None
        }
        first_price: dict[ConditionId, datetime] = {}
        owner = {
            token: change.market.condition_id
            for change in changes_of(tape)
            for token in change.market.token_ids
        }
        for book in books_of(tape):
            first_price.setdefault(owner[book.token_id], book.as_of)
        assert len(first_seen) > 300
        # Listed with the first price, never before; gone from the instant of resolution on.
        listed = [c for c in first_seen if first_seen[c] > datetime(2024, 6, 2, tzinfo=UTC)]
        assert [c for c in listed if first_seen[c] != first_price[c]] == []
        assert [c for c in last_seen if c in ends and last_seen[c] >= ends[c]] == []

    async def test_the_election_pays_when_it_was_resolved(self, autumn: Tape) -> None:
        clock = SteppedClock(start=datetime(2024, 11, 6, 15, 17, 40, tzinfo=UTC))
        source = RecordedMarketData(clock=clock, tape=autumn)
        await source.start()
        ref = MarketRef(slug="will-donald-trump-win-the-2024-us-presidential-election")
        (market,) = await source.find(ref, now=clock.now())
        assert market.ends_at == datetime(2024, 11, 6, tzinfo=UTC)
        await source.watch(market.token_ids)
        quote = source.quote(market.token_ids[0])
        assert quote is not None
        assert quote.confirmed_at == datetime(2024, 11, 6, tzinfo=UTC)
        assert quote.book.mid is not None
        await clock.advance_to(clock.now() + timedelta(seconds=1))
        await source.refresh()
        settled = await source.market(market.condition_id)
        assert settled.payouts == (Decimal(1), Decimal(0))
        assert await source.find(ref, now=clock.now()) == ()

    def test_no_price_follows_a_resolution(self, autumn: Tape) -> None:
        paid: set[TokenId] = set()
        for _, event in autumn.rows():
            if isinstance(event, Book):
                assert event.token_id not in paid
            elif isinstance(event, MarketChanged) and event.market.payouts is not None:
                paid.update(event.market.token_ids)
        assert len(paid) > 300

    def test_a_span_without_prices_is_the_users_error(self, daily_folder: Path) -> None:
        with pytest.raises(ConfigError, match="no price from 2020-01-01 to 2020-02-01"):
            open_daily(daily_folder, since=date(2020, 1, 1), until=date(2020, 2, 1))


@given(price=st.integers(0, 10_000).map(lambda bp: bp * 100))
def test_an_assumed_book_stands_its_half_spread_away_on_the_tick(price: int) -> None:
    book = make_assumed_book(TokenId("1"), 0, price, assumed=Assumed())
    half = 10_000 if 50_000 <= price <= 950_000 else 5_000
    assert all(p % 1_000 == 0 and 0 < p < MILLION for p in book.bid_prices + book.ask_prices)
    if book.bid_prices:
        assert 0 <= price - half - book.bid_prices[0] < 1_000
    if book.ask_prices:
        assert 0 <= book.ask_prices[0] - price - half < 1_000
    assert bool(book.bid_prices) is (price - half >= 1_000)
    assert bool(book.ask_prices) is (price + half <= 999_000)
    assert (
        mirror(book, TokenId("2"))[2:]
        == make_assumed_book(TokenId("2"), 0, MILLION - price, assumed=Assumed())[2:]
    )


def test_what_is_assumed_can_be_said_and_is_told(tmp_path: Path) -> None:
    assumed = Assumed(half_spread=Price(Decimal("0.02")), depth_per_cent=Shares(Decimal(300)))
    folder = write_daily(tmp_path, prices={}, markets={})
    tape = open_daily(folder, since=date(2024, 1, 1), until=date(2024, 1, 1), assumed=assumed)
    book = next(books_of(tape))
    assert (book.bid_prices[0], book.ask_prices[0]) == (480_000, 520_000)
    assert book.ask_prices[:2] == (520_000, 530_000)
    assert set(book.bid_sizes + book.ask_sizes) == {300 * MILLION}
    assert "half-spread 0.02 USD" in tape.note
    assert "300 shares per cent" in tape.note


def test_floats_become_the_millionths_they_stand_for(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    whole = np.arange(1, 200_000, dtype=np.int64)
    pq.write_table(pa.table({"x": whole / MILLION}), path)
    columns = ParquetColumns(path)
    assert columns.row_count == len(whole)
    assert (columns.millionths(columns.floats("x"), name="x") == whole).all()


@pytest.mark.parametrize(
    ("prices", "markets", "says"),
    [
        ({"p": [0.50004]}, {}, "p reaches from 0.5"),
        ({"p": [1.5]}, {}, "p reaches from 1.5"),
        ({"mkt": [9]}, {}, "mkt 9 is not in"),
        ({}, {"payout0": ""}, "payout0 of mkt 1 was ''"),
        ({}, {"sched_end": None}, "has no column 'sched_end'"),
    ],
)
def test_daily_files_with_a_wrong_row_are_refused(
    tmp_path: Path, prices: dict[str, list[object]], markets: dict[str, str | None], says: str
) -> None:
    folder = write_daily(tmp_path, prices=prices, markets=markets)
    with pytest.raises(BadData, match=says):
        open_daily(folder, since=date(2024, 1, 1), until=date(2024, 1, 2))


def test_a_daily_market_lacking_slug_token_and_end_is_still_told(tmp_path: Path) -> None:
    folder = write_daily(tmp_path, prices={}, markets={"slug": "", "token0": "", "sched_end": ""})
    tape = open_daily(folder, since=date(2024, 1, 1), until=date(2024, 1, 2))
    (listed, _) = changes_of(tape)
    assert listed.market.slug == "will-it-rain"
    assert listed.market.ends_at is None
    assert len(listed.market.token_ids[0]) == 77
    assert [book.as_of for book in books_of(tape)] == [datetime(2024, 1, 1, tzinfo=UTC)] * 2


def test_a_daily_price_from_after_the_resolution_is_left_out(tmp_path: Path) -> None:
    days = pa.array([date(2024, 1, 1), date(2024, 1, 2)], type=pa.date32())
    prices: dict[str, object] = {"mkt": [1, 1], "date": days, "p": [0.5, 0.999]}
    tape = open_daily(
        write_daily(tmp_path, prices=prices, markets={}),
        since=date(2024, 1, 1),
        until=date(2024, 1, 2),
    )
    assert {book.as_of for book in books_of(tape)} == {datetime(2024, 1, 1, tzinfo=UTC)}


def test_daily_without_its_markets_is_the_users_error(tmp_path: Path) -> None:
    folder = write_daily(tmp_path, prices={}, markets={})
    (folder / "markets.csv.gz").unlink()
    with pytest.raises(ConfigError, match=r"markets\.csv\.gz does not exist"):
        open_daily(folder, since=date(2024, 1, 1), until=date(2024, 1, 2))


ROW: dict[str, object] = {
    "market_id": "0x01",
    "ts": 1_000,
    "side": "UP",
    "bid_px": [0.5, 0.4],
    "bid_sz": [1.0, 2.5],
    "ask_px": [0.6, 0.7],
    "ask_sz": [0.000001, 10.0],
}


def write_l2(
    folder: Path, rows: list[dict[str, object]], markets: tuple[str, ...] = ("0x01",)
) -> Path:
    header = "market_id,slug,question,end_ts,outcome_up,outcome_down,payout_up,payout_down\n"
    lines = "".join(f"{market},x-15m-1,X?,2000,Up,Down,1.0,0.0\n" for market in markets)
    (folder / "markets.csv").write_text(header + lines)
    numbers = pa.list_(pa.float64())
    schema = pa.schema(
        [("market_id", pa.string()), ("ts", pa.int64()), ("side", pa.string())]
        + [(name, numbers) for name in ("bid_px", "bid_sz", "ask_px", "ask_sz")]
    )
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / "books.parquet")
    return folder


def write_daily(
    folder: Path, *, prices: Mapping[str, object], markets: dict[str, str | None]
) -> Path:
    days = pa.array([date(2024, 1, 1)], type=pa.date32())
    table = {"mkt": [1], "date": days, "p": [0.5]} | dict(prices)
    pq.write_table(pa.table(table), folder / "prices.parquet")
    row = {
        "mkt": "1",
        "condition_id": "0x01",
        "token0": "7",
        "token1": "8",
        "label0": "Yes",
        "label1": "No",
        "question": "Will it rain?",
        "slug": "rain",
        "event_slug": "",
        "topic": "other",
        "sched_end": "2024-01-02",
        "payout0": "1.0",
        "resolved_at": "2024-01-01T12:00:00Z",
        "first_bar": "2024-01-01",
    } | markets
    kept = {name: text for name, text in row.items() if text is not None}
    with gzip.open(folder / "markets.csv.gz", "wt") as file:
        file.write(",".join(kept) + "\n" + ",".join(kept.values()) + "\n")
    return folder
