"""Gives a sample of combinations the exact probabilities of each event.

**Source:** HEDGING section 1.5: iterative proportional fitting. A sample of 4096 rows raked loses
0.0034 of 39 basis points against all combinations; one that is not, 1.14.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bot.core.programme.problem import Floats

Codes = npt.NDArray[np.intp]

LEAST_ROWS = 8
"""A state seen in fewer rows gets so many more, with its own small probability."""
_EXACT = 1e-10
_COUPLED = 1e-3
"""Weight of the rows that make weights possible; raking raises it only where it must."""
_GOLDEN = 0.6180339887498949
_RIDGE = 1e-14
_LONGEST = 3.0
_MOST_ROUNDS = 100


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
    coupled, spans = _couple(chances)
    rows.append(coupled)
    weights.append(_COUPLED * spans)
    return np.concatenate(rows), np.concatenate(weights)


def _couple(chances: Sequence[Floats]) -> tuple[Codes, Floats]:
    """Return a few combinations and weights that give each state exactly its probability.

    Each group reads its state off the same number from 0 to 1, turned by another angle. With these
    rows in a sample, weights that would do exist, however few the others are.
    """
    turns = [(index * _GOLDEN) % 1.0 for index in range(len(chances))]
    cuts = [np.cumsum(chance)[:-1] for chance in chances]
    edges = [(cut - turn) % 1.0 for cut, turn in zip(cuts, turns, strict=True)]
    edges.append(np.array([0.0, 1.0, *((1.0 - turn) % 1.0 for turn in turns)]))
    grid = np.unique(np.concatenate(edges))
    middle = 0.5 * (grid[1:] + grid[:-1])
    columns = [
        np.searchsorted(cut, (middle + turn) % 1.0) for cut, turn in zip(cuts, turns, strict=True)
    ]
    return np.stack(columns, axis=1), np.diff(grid)


def rake(codes: Codes, weights: Floats, chances: Sequence[Floats]) -> Floats:
    """Return the weights moved as little as needed for each state to have its probability.

    Least moved in relative entropy, as iterative proportional fitting would end; by Newton's
    method, because fitting one event after another is slow where events move together. Where no
    weights would do, those returned are as near as the rounds brought them.
    """
    # The last state of each group follows from the others.
    features = [
        codes[:, group] == state for group, of in enumerate(chances) for state in _but_last(of)
    ]
    wanted = np.concatenate([np.empty(0), *(of[:-1] for of in chances)])
    table = np.array(features, dtype=np.float64).reshape(len(wanted), len(codes))
    prices, weights = np.zeros(len(wanted)), weights / weights.sum()
    tilted = weights
    for _ in range(_MOST_ROUNDS):
        off = table @ tilted - wanted
        if float(np.abs(off).max(initial=0.0)) <= _EXACT:
            break
        spread = (table * tilted) @ table.T - np.outer(off + wanted, off + wanted)
        spread.flat[:: len(spread) + 1] += _RIDGE
        step = np.linalg.solve(spread, off)
        prices -= step / max(1.0, float(np.abs(step).max()) / _LONGEST)
        log_tilt = prices @ table
        tilted = weights * np.exp(log_tilt - log_tilt.max())
        tilted /= tilted.sum()
    return tilted


def _but_last(states: Floats) -> range:
    return range(len(states) - 1)


def _distinct(codes: Codes) -> tuple[Codes, Floats]:
    """Return the rows without repetition, and how often each was there."""
    packed = np.ascontiguousarray(codes.astype(np.int16))
    keys = packed.view(np.dtype((np.void, packed.dtype.itemsize * packed.shape[1]))).ravel()
    _, first, counts = np.unique(keys, return_index=True, return_counts=True)
    order = np.argsort(first)
    return codes[first[order]], counts[order].astype(np.float64)
