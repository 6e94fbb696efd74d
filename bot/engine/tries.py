"""When what was sent to the chain is sent again: neither twice at once, nor ever faster."""

from collections.abc import Sequence
from datetime import datetime, timedelta

TRY_AGAIN = timedelta(seconds=30)
"""After the first failure; doubles with each further one in a row ..."""
LONGEST_WAIT = timedelta(hours=1)
"""... up to this."""
UNDER_WAY = timedelta(minutes=5)
"""What left may show this long after; then it is sent again, which pays nothing twice."""


def is_due(tries: Sequence[tuple[str, datetime]], now: datetime) -> bool:
    """Whether to send now, going by outcome and time of each try so far, newest first."""
    if not tries:
        return True
    outcome, at = tries[0]
    if outcome != "failed":
        return now - at >= UNDER_WAY
    failures = 0
    for past, _ in tries:
        if past == "done":
            break
        failures += past == "failed"
    return now - at >= min(TRY_AGAIN * (1 << min(failures - 1, 10)), LONGEST_WAIT)
