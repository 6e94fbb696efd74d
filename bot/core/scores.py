"""How good probabilities were: Brier and log score, reliability, and one against another.

**Source:** Brier (1950); Murphy (1973); HEDGING section 7.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

_EDGE = 1e-4
_DRAWS, _START = 2000, 20_261


class Bin(NamedTuple):
    """Forecasts of one size: what was said on average, and what came of it."""

    said: float
    happened: float
    events: int


class Parts(NamedTuple):
    """Murphy's parts of a Brier score: ``reliability - resolution + uncertainty``."""

    reliability: float
    resolution: float
    uncertainty: float


class Gain(NamedTuple):
    """Mean of paired differences, and the interval that 95% of its resamples lie in."""

    mean: float
    low: float
    high: float


def brier(said: Sequence[float], happened: Sequence[float]) -> float:
    """Return the mean squared error; 0 is best, 0.25 is what even odds get."""
    pairs = zip(said, happened, strict=True)
    return sum((p - y) ** 2 for p, y in pairs) / len(said)


def log_scores(said: Sequence[float], happened: Sequence[float]) -> tuple[float, ...]:
    """Return the log of what was said of what happened, each; 0 is best, always negative.

    Probabilities are held within [1e-4, 1 - 1e-4].
    """
    held = [min(max(p, _EDGE), 1.0 - _EDGE) for p in said]
    return tuple(
        y * math.log(p) + (1.0 - y) * math.log1p(-p) for p, y in zip(held, happened, strict=True)
    )


def reliability_bins(
    said: Sequence[float], happened: Sequence[float], *, count: int = 10
) -> tuple[Bin, ...]:
    """Return what came of forecasts of like size, in ``count`` bins of equal width, none empty."""
    held: dict[int, list[tuple[float, float]]] = {}
    for p, y in zip(said, happened, strict=True):
        held.setdefault(min(int(p * count), count - 1), []).append((p, y))
    return tuple(
        Bin(
            said=sum(p for p, _ in pairs) / len(pairs),
            happened=sum(y for _, y in pairs) / len(pairs),
            events=len(pairs),
        )
        for _, pairs in sorted(held.items())
    )


def murphy_parts(bins: Sequence[Bin]) -> Parts:
    """Return the parts of the Brier score of binned forecasts."""
    total = sum(each.events for each in bins)
    mean = sum(each.events * each.happened for each in bins) / total
    return Parts(
        reliability=sum(b.events * (b.said - b.happened) ** 2 for b in bins) / total,
        resolution=sum(b.events * (b.happened - mean) ** 2 for b in bins) / total,
        uncertainty=mean * (1.0 - mean),
    )


def paired_gain(differences: Sequence[float], groups: Sequence[str]) -> Gain:
    """Return the mean difference of two scores with its interval, whole groups drawn anew.

    Args:
        differences: One score minus the other, of each forecast; at least one.
        groups: Which event each belongs to: what resolves together is one piece of evidence.
    """
    names = {group: place for place, group in enumerate(dict.fromkeys(groups))}
    places = np.array([names[group] for group in groups])
    sums = np.bincount(places, weights=np.array(differences))
    counts = np.bincount(places)
    draw = np.random.Generator(np.random.PCG64(_START))
    picks = draw.integers(0, len(sums), (_DRAWS, len(sums)))
    means = sums[picks].sum(axis=1) / counts[picks].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Gain(mean=float(sums.sum() / counts.sum()), low=float(low), high=float(high))
