"""Closed forms for "ends above" and "touches" of a price with constant volatility.

**Source:** HEDGING section 4.4; reflection principle; Broadie, Glasserman and Kou (1997) for the
discretely watched barrier.
"""

import math

BARRIER_SHIFT = 0.5826
"""A barrier that is watched at steps counts as further away by this many step deviations."""
_MOST_EXPONENT = 700.0


def normal_cdf(z: float) -> float:
    """Return the standard normal distribution function."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def terminal_probability(*, distance: float, sigma: float, years: float, drift: float) -> float:
    """Return the probability that the price ends beyond a level.

    Args:
        distance: ``ln(level / price)`` for a level above, ``ln(price / level)`` for one below.
        sigma: Volatility a year, above 0.
        years: To the end, above 0.
        drift: Of the log price toward the level, a year: ``mu - sigma^2 / 2`` for a level above,
            its negative for one below.
    """
    spread = sigma * math.sqrt(years)
    return normal_cdf((drift * years - distance) / spread)


def touch_probability(*, distance: float, sigma: float, years: float, drift: float) -> float:
    """Return the probability that the price reaches a level at any time before the end.

    Args:
        distance: As in ``terminal_probability``; 0 or less is touched already.
        sigma: Volatility a year, above 0.
        years: To the end, above 0.
        drift: As in ``terminal_probability``.
    """
    if distance <= 0.0:
        return 1.0
    spread = sigma * math.sqrt(years)
    exponent = min(2.0 * drift * distance / sigma**2, _MOST_EXPONENT)
    ends = normal_cdf((drift * years - distance) / spread)
    returned = math.exp(exponent) * normal_cdf((-distance - drift * years) / spread)
    return min(ends + returned, 1.0)


def watched_distance(distance: float, *, sigma: float, step_years: float) -> float:
    """Return how far a level is as seen by somebody who looks once a step."""
    return distance + BARRIER_SHIFT * sigma * math.sqrt(step_years)
