"""Price histories as signals and readings need them."""

from typing import TYPE_CHECKING

from bot.errors import BadData
from bot.model.signal import Raw

if TYPE_CHECKING:
    from bot.core.paths import Floats

YEAR_S = 365.25 * 86_400.0


def prices_of(series: Raw, *, least: int, whose: str) -> "Floats":
    """Return the prices, (n,).

    Args:
        series: Oldest first.
        least: So many are needed.
        whose: Who needs them, for messages.

    Raises:
        BadData: There are fewer, one is not above 0, or they never move.
    """
    import numpy as np

    if len(series) < least:
        raise BadData(f"{whose}: has {len(series)} prices that were known; {least} are needed")
    prices = np.array([reading.number for reading in series])
    if prices.min() <= 0.0:
        raise BadData(f"{whose}: a price was {prices.min():g}; each must be above 0")
    if prices.min() == prices.max():
        raise BadData(f"{whose}: the price never moves")
    return prices


def steps_a_year(series: Raw) -> float:
    """Return how many rows a year holds; at least two are needed."""
    span_s = (series[-1].as_of - series[0].as_of).total_seconds()
    return (len(series) - 1) * YEAR_S / span_s
