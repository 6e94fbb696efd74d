"""How unusual the mood of the news is, from scores that somebody gave to single items.

**Source:** HEDGING section 6.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.model.portfolio import Reading

HALF_LIFE = timedelta(days=2)
BASELINE = timedelta(days=60)
_LEAST_DAYS = 20
"""Days of the baseline that must have a mood of their own."""
_NOTHING = 1e-9
"""A spread this small is rounding: all days are alike."""
_SHIFT, _MOST_SHIFT = 0.1, 0.3
"""Log-odds per standard deviation, and at most."""


def mood(scores: Sequence[Reading], at: datetime) -> float | None:
    """Return the mean score with weights halved every ``HALF_LIFE``; None without a recent one.

    Args:
        scores: Oldest first; those after ``at`` are not looked at.
        at: The instant.
    """
    total = weight = 0.0
    for score in reversed(scores):
        age = at - score.as_of
        if age > BASELINE:
            break
        if age >= timedelta(0):
            part = 0.5 ** (age / HALF_LIFE)
            total, weight = total + part * score.number, weight + part
    return total / weight if weight > 0.0 else None


def unusual(scores: Sequence[Reading], now: datetime) -> float | None:
    """Return the mood's distance from its mean of the last 60 days, in standard deviations.

    None where too few days have a score, or where all are alike.
    """
    present = mood(scores, now)
    days = [mood(scores, now - timedelta(days=back)) for back in range(1, BASELINE.days + 1)]
    known = [day for day in days if day is not None]
    if present is None or len(known) < _LEAST_DAYS:
        return None
    mean = sum(known) / len(known)
    spread = math.sqrt(sum((day - mean) ** 2 for day in known) / (len(known) - 1))
    return (present - mean) / spread if spread > _NOTHING else None


def shift_of(unusualness: float) -> float:
    """Return the change in log-odds that a mood gives, before its weight."""
    return min(max(_SHIFT * unusualness, -_MOST_SHIFT), _MOST_SHIFT)
