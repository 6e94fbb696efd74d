"""The programme as others solve it: Clarabel by itself, which is quick, and cvxpy with Clarabel.

Two formulations that share nothing with ours or with each other but the data: power and exponential
cones of one scenario each, and the logarithm of a sum of exponentials.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bot.core.programme import Programme
from bot.core.programme.problem import Floats

_EXACT = 1e-10


class _Scaled(NamedTuple):
    """A programme in parts of offers and units of mean wealth; scenarios and nodes in one."""

    most: Floats
    """(offers,): shares that a part of 1 stands for."""
    change: Floats
    """(markets + 1, offers): shares of each token, and cash last."""
    gain: Floats
    """(scenarios, markets + 1): what a unit of each adds to wealth."""
    wealth: Floats
    weights: Floats
    use: Floats
    """(caps, offers)"""


def _scaled(programme: Programme) -> _Scaled:
    offers, markets = programme.offers, programme.payoffs.shape[1]
    most = np.array([offer.size for offer in offers])
    for cap in programme.caps:
        for index, per_share in cap.per_share.items():
            most[index] = min(most[index], cap.most / per_share)
    scale = float(programme.weights @ programme.wealth @ programme.node_weights)
    change = np.zeros((markets + 1, len(offers)))
    for index, offer in enumerate(offers):
        change[offer.market, index] = offer.side * most[index] / scale
        change[-1, index] = -offer.charge * most[index] / scale
    use = np.zeros((len(programme.caps), len(offers)))
    for row, cap in enumerate(programme.caps):
        for index, per_share in cap.per_share.items():
            use[row, index] = per_share * most[index] / cap.most
    gain = np.hstack((programme.payoffs, np.ones((len(programme.payoffs), 1))))
    return _Scaled(
        most,
        change,
        np.tile(gain, (len(programme.node_weights), 1)),
        programme.wealth.T.ravel() / scale,
        np.outer(programme.node_weights, programme.weights).ravel(),
        use,
    )


def by_clarabel(programme: Programme) -> Floats | None:
    """Return the shares that Clarabel finds; None where it does not finish.

    Minimises the mean of ``t >= wealth ** (1 - gamma)``, one power cone a scenario, or maximises
    the mean of ``t <= log wealth``, one exponential cone a scenario.
    """
    import clarabel  # type: ignore[import-untyped]
    from scipy import sparse

    data = _scaled(programme)
    (moves, offers), scenarios = data.change.shape, len(data.wealth)
    is_log = programme.gamma == 1.0
    first = 3 * np.arange(scenarios)
    here, wealth_at, one_at = (0, 2, 1) if is_log else (0, 1, 2)
    cones = sparse.lil_matrix((3 * scenarios, offers + moves + scenarios))
    cones[first + wealth_at, offers : offers + moves] = -data.gain
    cones[first + here, offers + moves + np.arange(scenarios)] = -1.0
    right = np.zeros(3 * scenarios)
    right[first + wealth_at], right[first + one_at] = data.wealth, 1.0
    rest = sparse.csc_matrix((moves + 2 * offers + len(data.use), scenarios))
    taken = np.vstack((-data.change, -np.eye(offers), np.eye(offers), data.use))
    moved = np.vstack((np.eye(moves), np.zeros((2 * offers + len(data.use), moves))))
    table = sparse.vstack((sparse.hstack((taken, moved, rest)), cones)).tocsc()
    bounds = np.concatenate((np.zeros(moves + offers), np.ones(offers + len(data.use))))
    aim = np.concatenate((np.zeros(offers + moves), -data.weights if is_log else data.weights))
    each = clarabel.ExponentialConeT() if is_log else clarabel.PowerConeT(1.0 / programme.gamma)
    kinds = [
        clarabel.ZeroConeT(moves),
        clarabel.NonnegativeConeT(2 * offers + len(data.use)),
        *[each] * scenarios,
    ]
    settings = clarabel.DefaultSettings()
    settings.verbose, settings.max_threads = False, 1
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = _EXACT
    nothing = sparse.csc_matrix((len(aim), len(aim)))
    found = clarabel.DefaultSolver(
        nothing, aim, table, np.concatenate((bounds, right)), kinds, settings
    ).solve()
    if found.status != clarabel.SolverStatus.Solved:
        return None
    return _within(programme, np.clip(np.array(found.x[:offers]), 0.0, 1.0) * data.most)


def by_cvxpy(programme: Programme) -> Floats:
    """Return the shares that cvxpy and Clarabel find, from the logarithm of the mean utility."""
    import cvxpy as cp

    data = _scaled(programme)
    # Shares and cash are variables of their own: the large matrix is then narrow.
    part, moved = cp.Variable(data.change.shape[1]), cp.Variable(data.change.shape[0])
    wealth = data.wealth + data.gain @ moved
    if programme.gamma == 1.0:
        aim = -data.weights @ cp.log(wealth)
    else:
        aim = cp.log_sum_exp((1.0 - programme.gamma) * cp.log(wealth) + np.log(data.weights))
    bounds = [part >= 0.0, part <= 1.0, moved == data.change @ part, data.use @ part <= 1.0]
    cp.Problem(cp.Minimize(aim), bounds if len(data.use) else bounds[:-1]).solve(
        solver="CLARABEL", tol_gap_abs=_EXACT, tol_gap_rel=_EXACT, tol_feas=_EXACT
    )
    return _within(programme, np.asarray(np.clip(part.value, 0.0, 1.0) * data.most))


def _within(programme: Programme, shares: Floats) -> Floats:
    """Return the shares moved inside the caps, which they may miss by a hair."""
    for cap in programme.caps:
        used = sum(each * shares[index] for index, each in cap.per_share.items())
        shares = shares * min(1.0, cap.most / max(used, 1e-300))
    return shares


def log_ce(programme: Programme, shares: Floats) -> float:
    """Return the logarithm of the certainty equivalent, worked out by itself."""
    offers = programme.offers
    side = np.array([offer.side for offer in offers])
    gain = programme.payoffs[:, [offer.market for offer in offers]] * side
    gain -= np.array([offer.charge for offer in offers])
    wealth = programme.wealth + (gain @ shares)[:, None]
    weights = programme.weights[:, None] * programme.node_weights
    if programme.gamma == 1.0:
        return float((weights * np.log(wealth)).sum())
    power = 1.0 - programme.gamma
    terms = power * np.log(wealth) + np.log(weights)
    return float(np.logaddexp.reduce(terms.ravel()) / power)
