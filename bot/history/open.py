"""Finds the history of a venue in a folder of recordings."""

from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from bot.errors import ConfigError
from bot.history.archive import Archive
from bot.history.fees import FeeRegime
from bot.history.polymarket import open_polymarket
from bot.model.units import Price, Shares
from bot.venues.recorded.daily import Assumed

FITTED = Assumed(
    half_spread=Price(Decimal("0.01")),
    half_spread_low=Price(Decimal("0.005")),
    depth_per_cent=Shares(Decimal(390)),
)
"""Books that are no better than recorded ones mostly were: the half-spread that 95% of them kept
to, and the depth of a cent in the median book of the thinnest recording.

**Source:** ``benchmarks/fit_books.py`` over polymarket_l1_liquidity and polymarket_l2_books,
2026-11.
"""


class VenueName(StrEnum):
    """Whose history."""

    POLYMARKET = "polymarket"
    PREDICTIT = "predictit"


def open_archive(
    folder: Path, venue: VenueName, *, fees: FeeRegime, books: Assumed = FITTED
) -> Archive:
    """Read and check the history of a venue.

    Args:
        folder: With a folder or file of the venue in it.
        venue: Which one.
        fees: Which fees to charge; PredictIt has its own.
        books: What books are made of where only prices were recorded.

    Raises:
        ConfigError: A file is missing, or pyarrow is.
        BadData: A column is missing, or a row cannot be right.
    """
    if not folder.is_dir():
        raise ConfigError(
            f"{folder} is not a folder. Name the one that holds polymarket_daily and prices"
        )
    match venue:
        case VenueName.POLYMARKET:
            return open_polymarket(
                folder / "polymarket_daily",
                books=books,
                fees=fees,
                recorded_books=folder / "polymarket_l1_liquidity",
            )
        case VenueName.PREDICTIT:
            from bot.history.predictit import open_predictit

            return open_predictit(folder / "predictit" / "daily_2014_2018.parquet", books=books)


PRICES = "prices"
"""The folder of a portfolio's closes beside those of the venues."""
