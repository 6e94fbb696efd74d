"""A primal-dual interior point for the programme, in shares of each offer between 0 and 1.

**Source:** Boyd and Vandenberghe, Convex Optimization, section 11.7, with the care of HEDGING 1.6:
slacks are variables of their own (recomputing ``most - use`` loses all digits where a cap binds),
the step is searched on the residual, and each Newton step is refined twice. A predictor-corrector
without the search was seen to jam.
"""

import math
from typing import NamedTuple

import numpy as np

from bot.core.programme.crra import Crra, Point
from bot.core.programme.problem import Floats

MOST_STEPS = 100
GAP = 1e-10
"""Where it stops: of the logarithm of the certainty equivalent, a millionth of a basis point."""
_CENTERING = 0.1
_LOOSE = 1e4
"""An offer whose curvature is this many times its diagonal is not eliminated."""
_BEARS = 4.0
"""The start is so far from ruin that this many times its step still leaves something."""
_REFINED, _ENOUGH = 3, 1e-13
_BACK, _DECREASE, _EDGE, _SHORTEST = 0.5, 0.01, 0.995, 1e-10


class Box(NamedTuple):
    """The programme in the solver's terms: parts of offers, money in units of wealth."""

    crra: Crra
    change: Floats
    """(markets + 1, offers): what taking all of an offer does to shares and cash."""
    use: Floats
    """(caps, offers): what taking all of an offer uses of a cap, of which there is 1."""


class _State(NamedTuple):
    """A point inside all bounds. Slacks and their prices are in the order: nothing, all, caps."""

    part: Floats
    """(offers,): of each offer taken."""
    slack: Floats
    """(2 * offers + caps,): how far from each bound, above zero."""
    price: Floats
    """(2 * offers + caps,): of each bound, above zero."""
    point: Point


class End(NamedTuple):
    """Where it stopped."""

    part: Floats
    """(offers,)"""
    cap_price: Floats
    """(caps,): what one more unit of each cap would add, never negative."""
    point: Point
    steps: int


def minimise(box: Box) -> End:
    """Return the parts to take. How good they are is for the certificate to say, not for this."""
    state, steps = _start(box), 0
    while steps < MOST_STEPS and (moved := _advance(box, state)) is not None:
        state, steps = moved, steps + 1
    return End(state.part, state.price[2 * len(state.part) :], state.point, steps)


def _advance(box: Box, state: _State) -> _State | None:
    """Return the next state; None at the end, or where no step makes it better."""
    offers = len(state.part)
    if shortfall(box, state.point, state.part, state.price[2 * offers :]) <= GAP:
        return None
    target = _CENTERING * float(state.slack @ state.price) / len(state.slack)
    residual = _residual(box, state)
    return _search(box, state, _direction(box, state, target), residual, target)


def shortfall(box: Box, point: Point, part: Floats, cap_price: Floats) -> float:
    """Return by how much the best plan can be better than this one, in ``log CE``.

    ``-log CE`` is convex, so it lies above its tangent; the least of the tangent within the
    bounds, with any price of the caps, is a bound that no plan can beat.
    """
    slope = -(point.slope @ box.change)
    least = np.minimum(0.0, slope + cap_price @ box.use).sum()
    return float(slope @ part + cap_price.sum() - least)


def _start(box: Box) -> _State:
    """Return half of what the caps allow, halved until no scenario loses much of its wealth."""
    offers = box.change.shape[1]
    most = 1.0 / max(1.0, float(box.use.sum(axis=1).max(initial=0.0)))
    part, point = np.full(offers, most), None
    while point is None:
        part *= 0.5
        bears_more = box.crra.at(_BEARS * box.change @ part) is not None
        point = box.crra.at(box.change @ part) if bears_more else None
    slope = -(point.slope @ box.change)
    level = max(float(np.abs(slope).sum()) / max(offers, 1), 1e-6)
    caps = np.full(len(box.use), level)
    slope += caps @ box.use
    # No residual to begin with: the prices of both bounds differ by exactly the slope.
    price = (level + np.maximum(slope, 0.0), level - np.minimum(slope, 0.0), caps)
    slack = (part, 1.0 - part, 1.0 - box.use @ part)
    return _State(part, np.concatenate(slack), np.concatenate(price), point)


def _residual(box: Box, state: _State) -> Floats:
    """Return by how much slope and prices do not balance: (offers,)."""
    offers = len(state.part)
    nothing, everything = state.price[:offers], state.price[offers : 2 * offers]
    slope = state.price[2 * offers :] @ box.use - state.point.slope @ box.change
    return np.asarray(slope - nothing + everything)


def _direction(box: Box, state: _State, target: float) -> Floats:
    """Return the Newton step of ``part`` toward the central point of ``target``."""
    offers = len(state.part)
    stiff, pull = state.price / state.slack, target / state.slack
    diagonal = stiff[:offers] + stiff[offers : 2 * offers]
    root = _root(box.crra.curvature(state.point))
    weights = np.sqrt(stiff[2 * offers :])
    low_rank = np.vstack((root.T @ box.change, weights[:, None] * box.use))
    right = state.point.slope @ box.change + pull[:offers] - pull[offers : 2 * offers]
    return _newton(diagonal, low_rank, right - pull[2 * offers :] @ box.use)


def _newton(diagonal: Floats, low_rank: Floats, right: Floats) -> Floats:
    """Return ``step`` with ``(diag(diagonal) + low_rank.T @ low_rank) @ step = right``.

    Offers pressed against a bound have a large diagonal and are eliminated (Woodbury); doing that
    to the few others too would cancel all digits, so they are solved for as they are.
    """
    loose = (low_rank * low_rank).sum(axis=0) > _LOOSE * diagonal
    tight = ~loose
    tight_rank, loose_rank = low_rank[:, tight], low_rank[:, loose]
    over = tight_rank / diagonal[tight]
    inner = over @ tight_rank.T
    inner.flat[:: len(inner) + 1] += 1.0
    carried = np.linalg.solve(inner, loose_rank)
    core = loose_rank.T @ carried
    core.flat[:: len(core) + 1] += diagonal[loose]
    step, missing = np.zeros_like(right), right
    enough = _ENOUGH * float(np.abs(right).max(initial=0.0))
    for _ in range(_REFINED):
        seen = np.linalg.solve(inner, over @ missing[tight])
        moved = np.linalg.solve(core, missing[loose] - seen @ loose_rank)
        seen += carried @ moved
        step[loose] += moved
        step[tight] += (missing[tight] - seen @ tight_rank) / diagonal[tight]
        missing = right - diagonal * step - (low_rank @ step) @ low_rank
        if float(np.abs(missing).max(initial=0.0)) <= enough:
            break
    return step


def _root(matrix: Floats) -> Floats:
    """Return L with ``L @ L.T`` the matrix, a little of its size added where it is singular."""
    extra = 1e-15 * float(np.trace(matrix))
    while True:
        matrix.flat[:: len(matrix) + 1] += extra
        try:
            return np.asarray(np.linalg.cholesky(matrix))
        except np.linalg.LinAlgError:
            extra *= 10.0


def _search(
    box: Box, state: _State, step: Floats, residual: Floats, target: float
) -> _State | None:
    """Return the state after the longest good part of the step; None if no part is good."""
    slack_step = np.concatenate((step, -step, -(box.use @ step)))
    price_step = (target - state.price * slack_step) / state.slack - state.price
    most = max(
        float((-slack_step / state.slack).max()), float((-price_step / state.price).max()), _EDGE
    )
    length = _EDGE / most
    offers = len(step)
    near = np.minimum(state.slack[:offers], state.slack[offers : 2 * offers])
    before = _distance(state, near * residual, target)
    while length > _SHORTEST:
        part = state.part + length * step
        point = box.crra.at(box.change @ part)
        if point is not None:
            slack = state.slack + length * slack_step
            moved = _State(part, slack, state.price + length * price_step, point)
            after = _distance(moved, near * _residual(box, moved), target)
            if after <= (1.0 - _DECREASE * length) * before:
                return moved
        length *= _BACK
    return None


def _distance(state: _State, residual: Floats, target: float) -> float:
    off_centre = state.slack * state.price - target
    return math.sqrt(float(residual @ residual) + float(off_centre @ off_centre))
