"""Trigger ``probability``."""

from __future__ import annotations

import pytest

from bot.rules.triggers.probability import ProbabilityTrigger
from tests.rules.situations import situation

CROSSES = ProbabilityTrigger(crosses=(0.4, 0.6), hysteresis=0.02)


def test_first_look_only_remembers_the_zone() -> None:
    assert CROSSES.fires(situation(probability=0.7), None) == (None, 2.0)


@pytest.mark.parametrize(
    ("now", "before", "after", "level", "text"),
    [
        (0.41, 0.0, 1.0, 0.4, "forecast rose to 41.0%, across 40%"),
        (0.72, 0.0, 2.0, 0.6, "forecast rose to 72.0%, across 60%"),
        (0.57, 2.0, 1.0, 0.6, "forecast fell to 57.0%, across 60%"),
        (0.10, 2.0, 0.0, 0.4, "forecast fell to 10.0%, across 40%"),
    ],
)
def test_new_zone_fires_with_the_last_level_crossed(
    now: float, before: float, after: float, level: float, text: str
) -> None:
    firing, state = CROSSES.fires(situation(probability=now), before)
    assert firing is not None
    assert (firing.trigger, firing.text) == ("probability", text)
    assert (firing.reading, firing.threshold, state) == (now, level, after)


def test_forecast_that_hovers_at_a_level_fires_once() -> None:
    state: float | None = 0.0
    fired = []
    for now in (0.401, 0.399, 0.402, 0.385, 0.41):
        firing, state = CROSSES.fires(situation(probability=now), state)
        fired.append(firing is not None)
    assert fired == [True, False, False, False, False]


@pytest.mark.parametrize("now", [0.35, 0.25])
def test_move_since_the_last_plan_fires(now: float) -> None:
    trigger = ProbabilityTrigger(changes_by=0.05)
    firing, state = trigger.fires(situation(probability=now), 0.0)
    assert firing is not None
    assert firing.text == f"forecast moved from 30.0% to {now:.1%}, by 5% or more"
    assert firing.reading == pytest.approx(now - 0.3)
    assert (firing.threshold, state) == (0.05, 0.0)


def test_smaller_move_is_quiet() -> None:
    trigger = ProbabilityTrigger(changes_by=0.05)
    assert trigger.fires(situation(probability=0.34), 0.0) == (None, 0.0)


def test_move_of_exactly_the_change_fires_in_spite_of_rounding() -> None:
    trigger = ProbabilityTrigger(changes_by=0.05)
    moved = situation(probability=0.35, last_probability=0.30)
    assert trigger.fires(moved, 0.0)[0] is not None
    moved = situation(probability=0.45, last_probability=0.40)
    assert trigger.fires(moved, 0.0)[0] is not None
