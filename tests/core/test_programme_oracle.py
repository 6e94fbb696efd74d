"""Our solver against another: a thousand random programmes, and one as large as there will be."""

import numpy as np
import pytest

from bot.core.programme import Programme
from bot.core.programme.problem import Floats
from tests.core.programmes import many_events, random_programme, solved

pytestmark = pytest.mark.simulation

TOLERANCE = 1e-7
"""A thousandth of a basis point of certainty equivalent."""


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


def clarabel(programme: Programme) -> Floats:
    """Return the shares that cvxpy and Clarabel find, moved inside the bounds."""
    import cvxpy as cp

    offers = programme.offers
    most = np.array([offer.size for offer in offers])
    for cap in programme.caps:
        for index, per_share in cap.per_share.items():
            most[index] = min(most[index], cap.most / per_share)
    scale = float(programme.weights @ programme.wealth @ programme.node_weights)
    # Shares and cash are variables of their own: the large matrix is then narrow.
    part, moved = cp.Variable(len(offers)), cp.Variable(programme.payoffs.shape[1] + 1)
    change = np.zeros((programme.payoffs.shape[1] + 1, len(offers)))
    for index, offer in enumerate(offers):
        change[offer.market, index] = offer.side * most[index] / scale
        change[-1, index] = -offer.charge * most[index] / scale
    gain = np.hstack((programme.payoffs, np.ones((len(programme.payoffs), 1)))) @ moved
    nodes = programme.wealth.shape[1]
    wealth = cp.hstack([programme.wealth[:, node] / scale + gain for node in range(nodes)])
    weights = (programme.weights[:, None] * programme.node_weights).T.ravel()
    if programme.gamma == 1.0:
        aim = -weights @ cp.log(wealth)
    else:
        aim = cp.log_sum_exp((1.0 - programme.gamma) * cp.log(wealth) + np.log(weights))
    bounds = [part >= 0.0, part <= 1.0, moved == change @ part]
    for cap in programme.caps:
        use = np.zeros(len(offers))
        for index, per_share in cap.per_share.items():
            use[index] = per_share * most[index] / cap.most
        bounds.append(use @ part <= 1.0)
    cp.Problem(cp.Minimize(aim), bounds).solve(
        solver="CLARABEL", tol_gap_abs=1e-10, tol_gap_rel=1e-10, tol_feas=1e-10
    )
    return np.asarray(np.clip(part.value, 0.0, 1.0) * most)


def compare(programme: Programme) -> float:
    """Return by how much the other's certainty equivalent is above ours, of wealth."""
    ours = solved(programme)
    theirs = clarabel(programme)
    for cap in programme.caps:
        used = sum(each * theirs[index] for index, each in cap.per_share.items())
        theirs *= min(1.0, cap.most / max(used, 1e-300))
    return log_ce(programme, theirs) - log_ce(programme, np.array(ours.shares))


@pytest.mark.parametrize("block", range(10))
@pytest.mark.filterwarnings("ignore:Solution may be inaccurate:UserWarning")
def test_a_hundred_random_programmes_agree_with_another_solver(block: int) -> None:
    worst = [compare(random_programme(100 * block + seed)) for seed in range(100)]

    assert max(worst) <= TOLERANCE
    assert min(worst) >= -TOLERANCE


def test_fifty_events_in_4096_scenarios_agree_with_another_solver() -> None:
    assert abs(compare(many_events(50, scenarios=4096))) <= TOLERANCE
