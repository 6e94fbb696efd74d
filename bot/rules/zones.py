"""Whether a number has moved: across levels without flickering, or by enough."""

from collections.abc import Sequence

_ROUNDING = 1e-9


def zone_of(
    reading: float, levels: Sequence[float], *, before: int | None, hysteresis: float
) -> int:
    """Return how many of ``levels`` lie at or below ``reading``.

    A level is passed upwards when the reading reaches it, and downwards when the reading is
    ``hysteresis`` below it; in between the zone of last time stands.

    Args:
        reading: The number now.
        levels: Rising.
        before: The zone last time; None the first time.
        hysteresis: In the unit of ``reading``; 0 or more.
    """
    reached = sum(level <= reading for level in levels)
    if before is None or reached >= before:
        return reached
    kept = sum(level - hysteresis < reading for level in levels)
    return min(before, kept)


def is_enough(change: float, threshold: float) -> bool:
    """Whether a change, up or down, reaches ``threshold``; 0.35 - 0.30 does reach 0.05."""
    return abs(change) >= threshold - _ROUNDING
