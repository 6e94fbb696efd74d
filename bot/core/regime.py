"""Calm or stress: a state that is entered high, left low, and only when it has lasted."""

from bisect import bisect_left, insort
from collections.abc import Sequence


def regimes(
    numbers: Sequence[float], *, enter: Sequence[float], leave: Sequence[float], confirm: int
) -> tuple[bool, ...]:
    """Return after each number whether stress stands.

    Args:
        numbers: Oldest first.
        enter: Of each instant: above this for ``confirm`` numbers in a row is stress.
        leave: Of each instant: below this for ``confirm`` numbers in a row is calm again.
        confirm: 1 or more.
    """
    stress, lasted = False, 0
    found: list[bool] = []
    for number, high, low in zip(numbers, enter, leave, strict=True):
        crossed = number < low if stress else number > high
        lasted = lasted + 1 if crossed else 0
        if lasted >= confirm:
            stress, lasted = not stress, 0
        found.append(stress)
    return tuple(found)


def running_quantiles(numbers: Sequence[float], share: float, *, window: int) -> tuple[float, ...]:
    """Return after each number the quantile of the last ``window`` ones, this one included.

    Args:
        numbers: Oldest first.
        share: 0 to 1; between two numbers it is interpolated.
        window: 1 or more.
    """
    ordered: list[float] = []
    found: list[float] = []
    for place, number in enumerate(numbers):
        insort(ordered, number)
        if place >= window:
            del ordered[bisect_left(ordered, numbers[place - window])]
        at = share * (len(ordered) - 1)
        below = int(at)
        above = min(below + 1, len(ordered) - 1)
        found.append(ordered[below] + (at - below) * (ordered[above] - ordered[below]))
    return tuple(found)
