"""Gives a sample of combinations the exact probabilities of each event.

**Source:** HEDGING section 1.5: iterative proportional fitting. A sample of 4096 rows raked loses
0.0034 of 39 basis points against all combinations; one that is not, 1.14.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bot.core.programme.problem import Floats

Codes = npt.NDArray[np.intp]

LEAST_ROWS = 8
"""A state seen in fewer rows gets so many more, with its own small probability."""
_EXACT = 1e-10
_RIDGE = 1e-14
_LONGEST = 3.0
_MOST_ROUNDS = 50


def complete(codes: Codes, chances: Sequence[Floats]) -> tuple[Codes, Floats]:
    """Return the distinct rows of a sample and their weights, no possible state left out.

    Args:
        codes: State of each group: (rows, groups).
        chances: Probability of each state, by group.
    """
    drawn = len(codes)
    distinct, counts = _distinct(codes)
    rows, weights = [distinct], [counts / drawn]
    for group, chance in enumerate(chances):
        seen = np.bincount(distinct[:, group], minlength=len(chance))
        for state in np.flatnonzero((seen < LEAST_ROWS) & (chance > 0.0)):
            added = codes[:: max(drawn // LEAST_ROWS, 1)].copy()
            added[:, group] = state
            rows.append(added)
            weights.append(np.full(len(added), chance[state] / len(added)))
    return np.concatenate(rows), np.concatenate(weights)


def rake(codes: Codes, weights: Floats, chances: Sequence[Floats]) -> Floats:
    """Return the weights moved as little as needed for each state to have its probability.

    Least moved in relative entropy, as iterative proportional fitting would end; by Newton's
    method, because fitting one event after another is slow where events move together.
    """
    # The last state of each group follows from the others.
    features = [
        codes[:, group] == state for group, of in enumerate(chances) for state in _but_last(of)
    ]
    wanted = np.concatenate([np.empty(0), *(of[:-1] for of in chances)])
    table = np.array(features, dtype=np.float64).reshape(len(wanted), len(codes))
    prices, weights = np.zeros(len(wanted)), weights / weights.sum()
    tilted, now = _tilt(weights, prices, table, wanted)
    for _ in range(_MOST_ROUNDS):
        off = table @ tilted - wanted
        if float(np.abs(off).max(initial=0.0)) <= _EXACT:
            break
        spread = (table * tilted) @ table.T - np.outer(off + wanted, off + wanted)
        spread.flat[:: len(spread) + 1] += _RIDGE
        step = np.linalg.solve(spread, off)
        step /= max(1.0, float(np.abs(step).max()) / _LONGEST)
        tried, after = _tilt(weights, prices - step, table, wanted)
        while after > now + _EXACT and float(np.abs(step).max()) > _EXACT:
            step *= 0.5
            tried, after = _tilt(weights, prices - step, table, wanted)
        prices, tilted, now = prices - step, tried, after
    return tilted


def _but_last(states: Floats) -> range:
    return range(len(states) - 1)


def _tilt(weights: Floats, prices: Floats, table: Floats, wanted: Floats) -> tuple[Floats, float]:
    """Return the weights tilted by a price of each state, and what is to be made smallest."""
    log_tilt = prices @ table
    largest = float(log_tilt.max(initial=0.0))
    tilted = weights * np.exp(log_tilt - largest)
    total = float(tilted.sum())
    return tilted / total, math.log(total) + largest - float(prices @ wanted)


def _distinct(codes: Codes) -> tuple[Codes, Floats]:
    """Return the rows without repetition, and how often each was there."""
    packed = np.ascontiguousarray(codes.astype(np.int16))
    keys = packed.view(np.dtype((np.void, packed.dtype.itemsize * packed.shape[1]))).ravel()
    _, first, counts = np.unique(keys, return_index=True, return_counts=True)
    order = np.argsort(first)
    return codes[first[order]], counts[order].astype(np.float64)
