"""Our solver against others: a thousand random programmes, and one as large as there will be."""

import numpy as np
import pytest

from bot.core.programme import Programme
from bot.core.programme.problem import Floats
from tests.core.oracle import by_clarabel, by_cvxpy, log_ce
from tests.core.programmes import many_events, random_programme, solved

pytestmark = [
    pytest.mark.simulation,
    pytest.mark.filterwarnings("ignore:Solution may be inaccurate:UserWarning"),
]

TOLERANCE = 1e-7
"""A thousandth of a basis point of certainty equivalent."""
MOST_UNFINISHED = 10


def better(programme: Programme, theirs: Floats) -> float:
    """Return by how much the other's certainty equivalent is above ours, of wealth."""
    return log_ce(programme, theirs) - log_ce(programme, np.array(solved(programme).shares))


@pytest.mark.parametrize("block", range(4))
def test_a_thousand_random_programmes_agree_with_clarabel(block: int) -> None:
    differences, unfinished = [], 0
    for seed in range(250 * block, 250 * (block + 1)):
        programme = random_programme(seed)
        theirs = by_clarabel(programme)
        if theirs is None:  # it says so itself: cvxpy puts the same to it in another way
            unfinished, theirs = unfinished + 1, by_cvxpy(programme)
        differences.append(better(programme, theirs))

    assert len(differences) == 250
    assert max(map(abs, differences)) <= TOLERANCE
    assert unfinished <= MOST_UNFINISHED


def test_random_programmes_agree_with_cvxpy() -> None:
    programmes = [random_programme(seed) for seed in range(0, 1000, 20)]

    assert max(abs(better(each, by_cvxpy(each))) for each in programmes) <= TOLERANCE


@pytest.mark.soak
@pytest.mark.parametrize("block", range(10))
def test_a_thousand_random_programmes_agree_with_cvxpy(block: int) -> None:
    programmes = [random_programme(100 * block + seed) for seed in range(100)]

    assert max(abs(better(each, by_cvxpy(each))) for each in programmes) <= TOLERANCE


def test_fifty_events_in_4096_scenarios_agree_with_both() -> None:
    programme = many_events(50, scenarios=4096)
    theirs = by_clarabel(programme)

    assert theirs is not None
    assert abs(better(programme, theirs)) <= TOLERANCE
    assert abs(better(programme, by_cvxpy(programme))) <= TOLERANCE
