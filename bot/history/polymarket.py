"""Daily prices of Polymarket markets, as ``markets.csv.gz`` and ``prices.parquet``.

Not used, because they were known only later: the last bar, the number of bars, the winner, the
final volume, the resolution before its instant, groups and tags.
"""

import csv
import gzip
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import BadData, ConfigError
from bot.history.archive import Archive, Listing, VenueFacts
from bot.history.fees import FeeRegime, fee_dates
from bot.history.series import find_series
from bot.history.shown import read_shown
from bot.model.units import parse_decimal
from bot.venues.books import epoch_ms
from bot.venues.recorded.columns import ParquetColumns
from bot.venues.recorded.daily import Assumed, midnight_ms, read_market

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


USABLE_SINCE = datetime(2024, 1, 1, tzinfo=UTC)
"""Before, prices are frozen or there are three markets.

**Source:** DATA 3 (traps 5 and 10), read 2026-11.
"""


def open_polymarket(
    folder: Path, *, books: Assumed, fees: FeeRegime, recorded_books: Path
) -> Archive:
    """Read and check a folder of daily prices.

    Args:
        folder: Where ``markets.csv.gz`` and ``prices.parquet`` lie.
        books: What books are made of.
        fees: Which fees to charge.
        recorded_books: Where books of some markets were recorded; it need not be there.

    Raises:
        ConfigError: A file is missing, or pyarrow is.
        BadData: A column is missing, or a row cannot be right.
    """
    import numpy as np

    columns = ParquetColumns(folder / "prices.parquet")
    rows = _read_rows(folder / "markets.csv.gz")
    listings = [_listing(row, fees) for row in rows]
    places = {int(row["mkt"]): place for place, row in enumerate(rows)}
    marks = columns.integers("mkt").astype(np.int64)
    unknown = set(np.unique(marks).tolist()).difference(places)
    if unknown:
        raise BadData(f"{columns.path}: mkt {min(unknown)} is not in markets.csv.gz")
    place_of = np.zeros(max(places, default=0) + 1, dtype=np.int64)
    for key, place in places.items():
        place_of[key] = place
    keys, times_ms = place_of[marks], columns.epoch_ms("date")
    # A bar after the resolution is not a price any more, one before the listing never was.
    ends = np.array([each.resolved_ms or np.iinfo(np.int64).max for each in listings])
    starts = np.array([each.listed_ms for each in listings])
    used = (times_ms < ends[keys]) & (times_ms >= starts[keys])
    shown = read_shown(recorded_books, listings)
    return Archive(
        facts=VenueFacts(
            name="Polymarket",
            is_tradable=True,
            assumed=_assumed(books, fees, shown=len(shown)),
            usable_since=USABLE_SINCE,
        ),
        listings=listings,
        keys=keys[used],
        times_ms=times_ms[used],
        prices_e6=_prices_e6(columns)[used],
        books=books,
        shown=shown,
        source=str(folder),
    )


def _prices_e6(columns: ParquetColumns) -> "NDArray[np.int64]":
    import numpy as np

    prices = columns.floats("p").astype(np.float64)
    if not np.isfinite(prices).all():
        raise BadData(f"{columns.path}: p is not a number in some row; remove that row")
    found: NDArray[np.int64] = np.rint(prices * 10_000).astype(np.int64) * 100
    return found


def _read_rows(path: Path) -> list[dict[str, str]]:
    try:
        with gzip.open(path, "rt", newline="") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist; it names the markets of the prices") from None


def _listing(row: dict[str, str], fees: FeeRegime) -> Listing:
    try:
        market = read_market(row)
        series, label = find_series(row["question"])
        paid, resolved_at = row["payout0"], row["resolved_at"]
        listed_ms = max(midnight_ms(row["first_bar"]), epoch_ms(USABLE_SINCE))
        dates = fee_dates(row["topic"], fees)
    except KeyError as error:
        raise BadData(f"markets.csv.gz has no column {error}") from None
    if row.get("series"):  # the venue's own, in what was fetched
        market = replace(market, series_slug=row["series"], group_title=row["group_title"])
    elif series:
        market = replace(market, series_slug=series, group_title=label)
    is_resolved = bool(paid and resolved_at)
    payout = parse_decimal(paid, name=f"payout0 of mkt {row['mkt']}") if is_resolved else Decimal(0)
    return Listing(
        market=market,
        listed_ms=listed_ms,
        fees=dates,
        resolved_ms=epoch_ms(datetime.fromisoformat(resolved_at)) if is_resolved else None,
        payouts=(payout, 1 - payout) if is_resolved else None,
    )


def _assumed(books: Assumed, fees: FeeRegime, *, shown: int) -> str:
    charged = {
        FeeRegime.DATED: "fees as they were charged on each day",
        FeeRegime.TODAY: "today's fees on every day",
        FeeRegime.NONE: "no fees",
    }[fees]
    recorded = f"; the books of {shown:,} bars are recorded ones" if shown else ""
    return (
        f"{books.note}{recorded}; tick 0.001; {charged}; the price of token 1 is 1 - p; a market"
        " is listed with its first bar; its series is told from its question"
    )
