"""What a hedge did to a portfolio, from daily wealth with it and without it.

All take wealth (NAV) or returns of the same days, oldest first, with nothing filled in between.

**Source:** HEDGING section 7.
"""

from dataclasses import dataclass
from math import e, sqrt

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.datetime64]

DAYS_A_YEAR = 252
"""Trading days, as Sharpe ratios are quoted by."""
STRESS = 0.05
"""A drawdown of the portfolio alone that is deeper is stress, from its peak to its recovery."""
BULL = 0.10
"""A year in which the portfolio alone gains more is a bull year."""
TAIL = 0.95
_EULER = 0.5772156649015329


def returns_of(wealth: Floats) -> Floats:
    """Return the simple returns, one fewer."""
    found: Floats = wealth[1:] / wealth[:-1] - 1.0
    return found


def drawdowns(wealth: Floats) -> Floats:
    """Return by how much each day is below the highest day so far, as a part of it: 0 or more."""
    found: Floats = 1.0 - wealth / np.maximum.accumulate(wealth)
    return found


def max_drawdown(wealth: Floats) -> float:
    """Return the deepest drawdown; 0 for a wealth that never falls."""
    return float(np.max(drawdowns(wealth), initial=0.0))


def drawdown_reduction(alone: Floats, hedged: Floats) -> float | None:
    """Return 1 less the ratio of the deepest drawdowns; None without a drawdown to reduce."""
    without = max_drawdown(alone)
    return 1.0 - max_drawdown(hedged) / without if without > 0.0 else None


def in_stress(alone: Floats) -> npt.NDArray[np.bool_]:
    """Return which days lie inside a drawdown deeper than ``STRESS``, its peak not among them."""
    below = drawdowns(alone)
    stressed = np.zeros(len(alone), dtype=bool)
    start = 0
    for place in range(1, len(alone) + 1):
        if place == len(alone) or below[place] == 0.0:
            if below[start:place].max(initial=0.0) > STRESS:
                stressed[start + 1 : place] = True
            start = place
    return stressed


def hedge_efficiency(alone: Floats, hedged: Floats) -> float | None:
    """Return what the hedge brought in stress per USD that it cost at other times.

    Above 1 the hedge paid for itself. None where there was no stress, or where the hedge cost
    nothing outside of it.
    """
    gained = returns_of(hedged) - returns_of(alone)
    stressed = in_stress(alone)[1:]
    cost = -float(gained[~stressed].sum())
    return float(gained[stressed].sum()) / cost if stressed.any() and cost > 0.0 else None


def ederington(alone: Floats, hedged: Floats) -> float | None:
    """Return 1 less the ratio of the variances of daily returns; None if nothing varied."""
    without = float(np.var(returns_of(alone)))
    return 1.0 - float(np.var(returns_of(hedged))) / without if without > 0.0 else None


def expected_shortfall(returns: Floats) -> float | None:
    """Return the mean loss of the worst days, 5% of all: CVaR at 95%; None of fewer than 20 days.

    Where 5% is no whole number of days, the last one counts in part.
    """
    worst = np.sort(returns)
    part = (1.0 - TAIL) * len(worst)
    whole = int(part + 1e-9)
    if whole < 1:
        return None
    rest = max(part - whole, 0.0)
    beyond = rest * float(worst[whole]) if rest > 1e-9 else 0.0
    return -(float(worst[:whole].sum()) + beyond) / part


def sharpe(returns: Floats) -> float | None:
    """Return the annual Sharpe ratio over a rate of 0; None if nothing varied."""
    spread = float(np.std(returns, ddof=1)) if len(returns) > 1 else 0.0
    return float(np.mean(returns)) / spread * sqrt(DAYS_A_YEAR) if spread > 0.0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """One calendar year of both."""

    year: int
    days: int
    alone: float
    """Return of the portfolio alone."""
    hedged: float

    @property
    def is_whole(self) -> bool:
        """Whether the data covers it but for a few days."""
        return self.days >= DAYS_A_YEAR - 7

    @property
    def is_bull(self) -> bool:
        """Whether the portfolio alone gained more than ``BULL``."""
        return self.alone > BULL


def years_of(days: Days, alone: Floats, hedged: Floats) -> tuple[Year, ...]:
    """Return the calendar years, each from the last day of the one before it."""
    years = days.astype("datetime64[Y]").astype(int) + 1970
    found = []
    for year in np.unique(years):
        inside = np.flatnonzero(years == year)
        first, last = max(int(inside[0]) - 1, 0), int(inside[-1])
        if last > first:
            found.append(
                Year(
                    year=int(year),
                    days=len(inside),
                    alone=float(alone[last] / alone[first] - 1.0),
                    hedged=float(hedged[last] / hedged[first] - 1.0),
                )
            )
    return tuple(found)


def bull_drag(alone: Floats, hedged: Floats) -> float | None:
    """Return what hedging took in a bull year: the mean over all windows of 252 days.

    None if no window of that length gained more than ``BULL``.
    """
    if len(alone) <= DAYS_A_YEAR:
        return None
    without = alone[DAYS_A_YEAR:] / alone[:-DAYS_A_YEAR] - 1.0
    within = hedged[DAYS_A_YEAR:] / hedged[:-DAYS_A_YEAR] - 1.0
    bull = without > BULL
    return float(np.mean((without - within)[bull])) if bull.any() else None


def yearly_drag(alone: Floats, hedged: Floats) -> float | None:
    """Return what hedging took a year over the whole time, good years and bad; None of a day."""
    if len(alone) < 2:
        return None
    years = (len(alone) - 1) / DAYS_A_YEAR
    return float((alone[-1] / alone[0]) ** (1 / years) - (hedged[-1] / hedged[0]) ** (1 / years))


def deflated_sharpe(returns: Floats, *, variants: int, variance: float | None = None) -> float:
    """Return the probability that the true Sharpe ratio is above that of the luckiest variant.

    Args:
        returns: Daily, of the variant that was chosen; at least three that vary.
        variants: How many were tried, this one included.
        variance: Of the daily Sharpe ratios of all variants; by default what chance alone
            would make of ratios whose true figure is 0: 1 / days.

    **Source:** Bailey and Lopez de Prado (2014).
    """
    spread = float(np.std(returns, ddof=1))
    ratio = float(np.mean(returns)) / spread
    centred = (returns - np.mean(returns)) / float(np.std(returns))
    skew, kurtosis = float(np.mean(centred**3)), float(np.mean(centred**4))
    least = luckiest_sharpe(variants, variance=variance or 1.0 / len(returns))
    return sharpe_probability(ratio, least, days=len(returns), skew=skew, kurtosis=kurtosis)


def luckiest_sharpe(variants: int, *, variance: float) -> float:
    """Return the Sharpe ratio expected of the best of variants that are all worth nothing."""
    from scipy.special import ndtri

    if variants < 2:
        return 0.0
    best = (1.0 - _EULER) * ndtri(1.0 - 1.0 / variants) + _EULER * ndtri(1.0 - 1.0 / (variants * e))
    return sqrt(variance) * float(best)


def sharpe_probability(
    ratio: float, least: float, *, days: int, skew: float, kurtosis: float
) -> float:
    """Return the probability that a measured Sharpe ratio is truly above another one.

    Args:
        ratio: Measured, of a day and not of a year.
        least: To be above of, of a day.
        days: That it was measured on.
        skew: Of the returns.
        kurtosis: Of the returns; 3 for normal ones.
    """
    from scipy.special import ndtr

    width = sqrt(1.0 - skew * ratio + (kurtosis - 1.0) / 4.0 * ratio**2)
    return float(ndtr((ratio - least) * sqrt(days - 1.0) / width))


def payout_error(hits: float, hedges: int) -> float | None:
    """Return the standard error of a payout ratio by chance alone, ``sqrt((1 - p) / (p N))``.

    Args:
        hits: Part of the hedges whose event happened, or their mean probability.
        hedges: Of independent events.
    """
    return sqrt((1.0 - hits) / (hits * hedges)) if hedges and 0.0 < hits < 1.0 else None


def hedges_to_tell(hits: float, *, apart: float) -> int:
    """Return how many hedges tell a payout ratio from one that is ``apart``, at two errors."""
    return int(np.ceil((1.0 - hits) / hits * (2.0 / apart) ** 2))
