"""Where a book was recorded shortly before a bar, it stands in the place of a made one."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import BadData
from bot.history.archive import Archive
from bot.history.fees import FeeRegime
from bot.history.open import VenueName, open_archive
from bot.history.shown import read_shown
from bot.model.market import Quote
from bot.model.strategy import MarketRef
from tests.history.worlds import Recorded, make_row, open_at

QUESTION = "Fed decreases interest rates by 25 bps after December 2025 meeting?"
DAY = datetime(2025, 10, 20, tzinfo=UTC)


def write_books(data: Path, minutes_before: float) -> None:
    pa = pytest.importorskip("pyarrow", reason="needs pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    folder = data / "polymarket_l1_liquidity"
    folder.mkdir()
    at = (DAY - timedelta(minutes=minutes_before)).replace(tzinfo=None)
    best = {
        "timestamp": pa.array([at], pa.timestamp("us")),
        "best_bid_price": [0.78],
        "best_bid_size": [40.0],
        "best_ask_price": [0.80],
        "best_ask_size": [70.0],
    }
    parquet.write_table(pa.table(best), folder / "fed_dec2025_25bps_l1_oct15_31.parquet")
    depth = {"timestamp": pa.array([at], pa.timestamp("us"))}
    for outcome in ("yes", "no"):
        depth |= {
            f"poly_best_bid_{outcome}": pa.array([0.4]),
            f"poly_depth_best_{outcome}": pa.array([10.0]),
            f"poly_depth_top3_{outcome}": pa.array([20.0]),
            f"poly_depth_5c_{outcome}": pa.array([30.0]),
        }
    name = "fed_dec2025_nochange_poly_vs_kalshi_30min.parquet"
    parquet.write_table(pa.table(depth), folder / name)


def make_archive(tmp_path: Path, minutes_before: float) -> Archive:
    row = make_row(question=QUESTION, first_bar="2025-10-01", resolved_at="2025-12-10T19:00:00Z")
    bars = [(1, f"2025-10-{day}", 0.5) for day in (19, 20, 21)]
    data = Recorded(rows=[row], bars=bars).write(tmp_path)
    write_books(data, minutes_before)
    return open_archive(data, VenueName.POLYMARKET, fees=FeeRegime.DATED)


def quote_at(archive: Archive, instant: datetime, index: int = 0) -> Quote:
    source = open_at(archive, instant)
    (market,) = asyncio.run(source.find(MarketRef(slug="will-it-happen-1"), now=instant))
    asyncio.run(source.watch(market.token_ids))
    quote = source.quote(market.token_ids[index])
    assert quote is not None
    assert quote.book.token_id == market.token_ids[index]
    return quote


@pytest.mark.parametrize("minutes_before", [0, 0.5, 10])
def test_recorded_book_is_shown_at_its_bar(tmp_path: Path, minutes_before: float) -> None:
    archive = make_archive(tmp_path, minutes_before)
    quote = quote_at(archive, DAY)
    assert (quote.book.bid_prices, quote.book.ask_prices) == ((780_000,), (800_000,))
    assert (quote.book.bid_sizes, quote.book.ask_sizes) == ((40_000_000,), (70_000_000,))
    assert quote.confirmed_at == DAY
    other = quote_at(archive, DAY, index=1).book
    assert (other.bid_prices, other.ask_prices) == ((200_000,), (220_000,))
    assert "the books of 1 bars are recorded ones" in archive.facts.assumed


def test_recorded_book_is_not_known_the_day_before_nor_kept_the_day_after(tmp_path: Path) -> None:
    archive = make_archive(tmp_path, 5)
    for day in (DAY - timedelta(seconds=1), DAY + timedelta(days=1)):
        assert quote_at(archive, day).book.bid_prices[0] == 490_000


def test_book_recorded_long_before_the_bar_is_none(tmp_path: Path) -> None:
    archive = make_archive(tmp_path, 11)
    assert quote_at(archive, DAY).book.bid_prices[0] == 490_000
    assert "recorded ones" not in archive.facts.assumed


def test_recording_that_cannot_be_right_is_refused(tmp_path: Path) -> None:
    archive = make_archive(tmp_path, 5)
    path = tmp_path / "polymarket_l1_liquidity" / "fed_dec2025_25bps_l1_oct15_31.parquet"
    path.write_bytes(b"not parquet")
    with pytest.raises(BadData, match="is not a Parquet file"):
        read_shown(tmp_path / "polymarket_l1_liquidity", archive.listings)
