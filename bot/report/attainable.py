"""What hedging events can attain at best, by the kind of portfolio.

**Source:** HEDGING section 8.1: 600 simulated ten-year histories per cell, the best coverage whose
drag in bull years stays at or under 1.5% a year; two percentage points of Monte-Carlo error.
"""

from dataclasses import dataclass

KINDS = (
    "1 a year of 35%, at 3c",
    "1 a year of 35%, at 5c",
    "1 a year of 35%, at 10c",
    "1 a year of 20%, at 10c",
    "2 a year of 12%, at 20c",
    "6 a year of 12%, at 20c",
)
"""Events: how many, what each costs of the portfolio, what its contract costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The deepest cut of the drawdown, percent, by the volatility without the events."""

    volatility: float
    at_fair: tuple[int, ...]
    """One a kind; contracts at their fair price."""
    at_usual: tuple[int, ...]
    """Contracts priced with the usual bias against whoever buys long shots."""


ROWS = (
    Row(volatility=0.05, at_fair=(36, 45, 28, 38, 17, 10), at_usual=(33, 34, 18, 28, 17, 9)),
    Row(volatility=0.08, at_fair=(20, 28, 21, 20, 10, 8), at_usual=(18, 22, 14, 15, 10, 7)),
    Row(volatility=0.12, at_fair=(11, 16, 14, 9, 8, 5), at_usual=(9, 12, 9, 7, 5, 5)),
    Row(volatility=0.16, at_fair=(6, 9, 9, 5, 4, 4), at_usual=(5, 7, 6, 4, 4, 3)),
)


def nearest_row(volatility: float) -> Row:
    """Return the row of the portfolio that moves most like this one."""
    return min(ROWS, key=lambda row: abs(row.volatility - volatility))
