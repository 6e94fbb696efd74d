"""Volatility from a price history, and what may still happen: filtered historical simulation.

Shocks are the history's own, each divided by the volatility of its day; they are drawn anew on
top of today's volatility. The draws are those of a generator with a fixed start: the same history
gives the same probability, and a little more price a little more of it.

**Source:** HEDGING sections 4.4 and 5; Barone-Adesi, Giannopoulos and Vosper (1999).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.core.threshold import BARRIER_SHIFT

Floats = npt.NDArray[np.float64]

DECAY = 0.94
"""Of the squared returns in an exponentially weighted variance, per step."""
WARM_UP = 30
"""Returns that the first variance is the mean square of; nothing is said before."""
_PULL = 0.02
"""Per step, toward the long-run variance. A variance that is carried forward without it dies out
on most paths and explodes on a few: its shocks have no mean to return to."""
_STILL = 0.01
"""Of the mean square: the least that a variance is taken for."""
_PATHS = 4000
_START = 20_261


@dataclass(frozen=True, slots=True, kw_only=True)
class Filtered:
    """A history taken apart: shocks without scale, and how the variance goes on.

    ``next variance = omega + (alpha + gamma [r < 0]) r^2 + beta variance``.
    """

    shocks: Floats
    """Mean 0, variance 1."""
    variance: float
    """Of the next step's log return."""
    omega: float
    alpha: float
    gamma: float
    beta: float

    def mean_variance(self, steps: int) -> float:
        """Return the expected variance of a step, on average over the next ``steps``."""
        kept = self.alpha + self.gamma / 2.0 + self.beta
        base = self.omega / (1.0 - kept)
        return base + (self.variance - base) * (1.0 - kept**steps) / (steps * (1.0 - kept))


def log_returns(prices: Floats) -> Floats:
    """Return the log returns of prices, one fewer."""
    returns: Floats = np.diff(np.log(prices))
    return returns


def ewma_variances(returns: Floats, *, decay: float = DECAY) -> Floats:
    """Return the variance as it was known before each return, and before the next: n + 1.

    Args:
        returns: At least ``WARM_UP``; the first ones only start it.
        decay: Weight of what was known before.
    """
    variances = np.empty(len(returns) + 1)
    variance = float(np.mean(returns[:WARM_UP] ** 2))
    variances[: WARM_UP + 1] = variance
    for place in range(WARM_UP, len(returns)):
        variance = decay * variance + (1.0 - decay) * float(returns[place]) ** 2
        variances[place + 1] = variance
    return variances


def filter_ewma(returns: Floats) -> Filtered:
    """Take a history apart with an exponentially weighted variance; needs no fit.

    Args:
        returns: More than ``WARM_UP``, not all the same.
    """
    usual = float(np.mean(returns**2))
    # A price that stood still for long has had no variance to divide by.
    variances = np.maximum(ewma_variances(returns), _STILL * usual)
    return Filtered(
        shocks=_standard(returns[WARM_UP:] / np.sqrt(variances[WARM_UP:-1])),
        variance=float(variances[-1]),
        omega=_PULL * usual,
        alpha=(1.0 - _PULL) * (1.0 - DECAY),
        gamma=0.0,
        beta=(1.0 - _PULL) * DECAY,
    )


def chance_beyond(
    history: Filtered,
    *,
    distance: float,
    above: bool,
    steps: int,
    touch: bool,
    drift: float = 0.0,
    scale: float = 1.0,
) -> float:
    """Return the probability that the price ends beyond a level, or touches it on its way.

    Args:
        history: Taken apart.
        distance: ``ln(level / price)``; negative for a level below.
        above: Whether beyond means above.
        steps: Of the history's kind, to the end.
        touch: Whether reaching it at any time is enough. It is watched all the time, not once a
            step: the level is brought nearer by what the steps do not see.
        drift: Expected growth of the price a step, as a log.
        scale: Of every return: what a stated volatility is to the history's.

    Returns:
        Never 0 or 1: the number of paths bounds what can be said.
    """
    side = 1.0 if above else -1.0
    draw = np.random.Generator(np.random.PCG64(_START))
    variance = np.full(_PATHS, history.variance)
    walked = np.zeros(_PATHS)
    reached = np.zeros(_PATHS, dtype=bool)
    level = side * distance
    for step in range(1, steps + 1):
        shocks = history.shocks[draw.integers(0, len(history.shocks), _PATHS)]
        returns = np.sqrt(variance) * shocks
        walked += scale * returns
        # Every step the mean price is put where the drift has it: shocks alone would add to it.
        path = walked - np.log(np.mean(np.exp(walked))) + drift * step
        if touch:
            seen = BARRIER_SHIFT * scale * float(np.sqrt(np.mean(variance)))
            reached |= side * path >= max(level - seen, 0.0)
        elif step == steps:
            reached = side * path > level
        bent = history.alpha + history.gamma * (returns < 0.0)
        variance = history.omega + bent * returns**2 + history.beta * variance
    return float((np.count_nonzero(reached) + 0.5) / (_PATHS + 1.0))


def _standard(shocks: Floats) -> Floats:
    centred: Floats = shocks - np.mean(shocks)
    spread = float(np.std(centred))
    return centred / spread
