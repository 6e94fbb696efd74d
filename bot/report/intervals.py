"""How far a measured effect of hedging may be chance: paired stationary bootstrap.

Both wealths are drawn together, in blocks of random length, so that what moves them both stays in
both, and days that follow each other stay together.

**Source:** Politis and Romano (1994); HEDGING section 7. Drawn by ``arch``, the extra
``volatility``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

import numpy as np

from bot.report.metrics import Floats, returns_of

REPEATS = 2000
LEVEL = 0.95
_SEED = 20_261


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A 95% interval."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Histories that might as well have been: wealth from 1, (REPEATS, days) each."""

    alone: Floats
    hedged: Floats
    block: int
    """Mean length of a block, days."""

    def interval(self, measure: Callable[[Floats, Floats], float | None]) -> Interval | None:
        """Return the interval of a measure; None where a tenth of the histories have none.

        Args:
            measure: Of the wealth alone and hedged.
        """
        found = [measure(*pair) for pair in zip(self.alone, self.hedged, strict=True)]
        known = np.array([number for number in found if number is not None])
        if len(known) < 0.9 * len(found):
            return None
        tail = (1.0 - LEVEL) / 2.0
        low, high = np.quantile(known, [tail, 1.0 - tail])
        return Interval(low=float(low), high=float(high))


def draw_histories(
    alone: Floats, hedged: Floats, *, hedge_days: float, repeats: int = REPEATS
) -> Drawn | None:
    """Return histories made of the days of this one; None without ``arch``, or of under 60 days.

    Args:
        alone: Daily wealth without hedges.
        hedged: Daily wealth with them.
        hedge_days: Median life of a hedge: a block is not shorter than a quarter of it.
        repeats: How many.
    """
    if len(alone) < 60:
        return None
    try:
        from arch.bootstrap import StationaryBootstrap, optimal_block_length
    except ImportError:
        return None
    both = np.column_stack([returns_of(alone), returns_of(hedged)])
    lengths = np.asarray(optimal_block_length(both)["stationary"], dtype=float)
    best = float(np.nanmax(np.where(np.isfinite(lengths), lengths, np.nan), initial=1.0))
    block = min(max(ceil(max(best, hedge_days / 4.0)), 1), len(both) // 4)
    draws = StationaryBootstrap(block, both, seed=np.random.default_rng(_SEED))
    paths = np.array([data[0] for data, _ in draws.bootstrap(repeats)])
    ones = np.ones((repeats, 1, 2))
    wealth = np.concatenate([ones, np.cumprod(1.0 + paths, axis=1)], axis=1)
    return Drawn(alone=wealth[:, :, 0], hedged=wealth[:, :, 1], block=block)
