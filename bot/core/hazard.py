"""Events that may come on any day: hazards, what is left of them, and shares of past cases.

**Source:** HEDGING section 2.2.
"""

import math


def implied_hazard(probability: float, days: float) -> float:
    """Return the hazard a day that a probability of "within ``days``" stands for."""
    return -math.log1p(-probability) / days


def probability_within(hazard: float, days: float) -> float:
    """Return the probability of at least one event within ``days``."""
    return -math.expm1(-hazard * days)


def forward_hazard(near: float, near_days: float, far: float, far_days: float) -> float:
    """Return the hazard a day between two deadlines; negative: the two prices contradict.

    Args:
        near: Probability by the nearer deadline.
        near_days: Days to it.
        far: Probability by the later one.
        far_days: Days to it, more than ``near_days``.
    """
    return (math.log1p(-near) - math.log1p(-far)) / (far_days - near_days)


def rate_of(happened: int, years: float) -> float:
    """Return the yearly rate of what happened so often in so many years.

    Half an event is added, so that what never happened is rare and not impossible (Jeffreys).
    """
    return (happened + 0.5) / years


def share_of(happened: int, cases: int) -> float:
    """Return the probability of what happened in so many of the cases (Jeffreys)."""
    return (happened + 0.5) / (cases + 1.0)
