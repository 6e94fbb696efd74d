"""When the members of each series end: pure functions of the simulation's start."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

Ends = Callable[[datetime, int], datetime]
"""(start, n) -> end of the n-th member; n = 0 is the first that ends after the start."""


def every(period: timedelta, *, first: timedelta) -> Ends:
    """Return ends ``period`` apart, the first one ``first`` after the midnight before the start."""

    def ends(start: datetime, n: int) -> datetime:
        return datetime.combine(start.date(), time(), UTC) + first + n * period

    return ends


def month_end(start: datetime, n: int) -> datetime:
    """Return the midnight that ends a month."""
    months = start.year * 12 + start.month + n
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)


def election(start: datetime, n: int) -> datetime:
    """Return the end of election day of an even year, the Tuesday after November's first Monday.

    The first one is at least 60 days after the start.
    """
    year = start.year + start.year % 2
    if _election_night(year) < start + timedelta(days=60):
        year += 2
    return _election_night(year + 2 * n)


def _election_night(year: int) -> datetime:
    second = datetime(year, 11, 2, tzinfo=UTC)
    return second + timedelta(days=(1 - second.weekday()) % 7 + 1)


def last_day(end: datetime) -> str:
    """Return the last day before an end, as a question names it."""
    day = end - timedelta(minutes=1)
    return f"{day:%B} {day.day}, {day.year}"
