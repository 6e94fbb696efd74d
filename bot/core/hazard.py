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


def decay_per_day(probability: float, days: float) -> float:
    """Return what a share loses in a day on which nothing happens, USD: ``(1 - P) h``.

    It is no loss against fair value: what it insures becomes safer by as much.
    """
    return (1.0 - probability) * implied_hazard(probability, days)


def probability_between(near: float, far: float) -> float:
    """Return the probability of the event between two deadlines, if it has not come by the first.

    Args:
        near: Probability by the nearer deadline, below 1.
        far: Probability by the later one; less than ``near`` contradicts, and gives 0.
    """
    return max(far - near, 0.0) / (1.0 - near)


def new_part(near: float, far: float) -> float:
    """Return what part of the later deadline's cover the nearer one does not give already."""
    return max(far - near, 0.0) / far


def cost_of_cover(unit_cost: float, *, days: float, hazard: float) -> float:
    """Return the cost of a covered day in times the loss expected on it.

    ``cost per covered day / (theta x expected hazard)`` per USD of loss: theta, the loss, is the
    same for all maturities of one event.

    Args:
        unit_cost: Of a share with its fee, USD.
        days: That it covers.
        hazard: Expected, a day.
    """
    return unit_cost / days / hazard


def rate_of(happened: int, years: float) -> float:
    """Return the yearly rate of what happened so often in so many years.

    Half an event is added, so that what never happened is rare and not impossible (Jeffreys).
    """
    return (happened + 0.5) / years


def share_of(happened: int, cases: int) -> float:
    """Return the probability of what happened in so many of the cases (Jeffreys)."""
    return (happened + 0.5) / (cases + 1.0)
