"""The sizing rule that lets all events decide together: what it says of one."""

import pytest

from bot.model.rule import EventProblem
from bot.model.units import EventId, UsdEst
from bot.rules.rule import SizingRule, find_rule
from bot.rules.sizing.coverage import Coverage
from bot.rules.sizing.utility import Utility


def problem(*, loss: float = 20_000.0, wealth: float = 100_000.0) -> EventProblem:
    return EventProblem(
        event=EventId("fed-hike"),
        probability=0.2,
        unit_cost=0.22,
        wealth_usd_est=UsdEst(wealth),
        loss_usd_est=UsdEst(loss),
        risk_aversion=3.0,
        readings={},
        state=None,
    )


def test_it_is_the_rule_that_is_decided_together() -> None:
    assert find_rule(SizingRule, "utility")().is_joint
    assert not Coverage(target=0.5).is_joint


def test_it_says_the_most_to_hold_and_what_the_first_share_is_worth_alone() -> None:
    sized = Utility(max_coverage=0.8).size(problem())

    assert sized.shares == pytest.approx(16_000.0)
    assert sized.note == "at most 80% of 20,000 USD; alone, its first share would be worth 32.8c"


@pytest.mark.parametrize(("loss", "shares"), [(-500.0, 0.0), (120_000.0, 120_000.0)])
def test_a_gain_needs_no_cover_and_ruin_has_no_ceiling(loss: float, shares: float) -> None:
    assert Utility().size(problem(loss=loss)).shares == shares
