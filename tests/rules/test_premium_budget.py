"""Trigger ``premium_budget``."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from bot.rules.triggers.premium_budget import PremiumBudget
from tests.rules.situations import situation

LEVELS = PremiumBudget(crosses=(0.5, 0.9))


def test_the_first_look_only_remembers_the_zone() -> None:
    assert LEVELS.fires(situation(premium_used=0.7), None) == (None, 1.0)
    assert LEVELS.fires(situation(premium_used=0.7), 1.0) == (None, 1.0)


@pytest.mark.parametrize(
    ("used", "before", "after", "text"),
    [
        (0.92, 1.0, 2.0, "premium used rose to 92% of the budget, across 90%"),
        (0.84, 2.0, 1.0, "premium used fell to 84% of the budget, across 90%"),
    ],
)
def test_a_new_zone_fires(used: float, before: float, after: float, text: str) -> None:
    firing, state = LEVELS.fires(situation(premium_used=used), before)
    assert firing is not None
    assert (firing.text, firing.hysteresis, state) == (text, 0.05, after)


def test_a_hover_at_a_level_does_not_fire() -> None:
    assert LEVELS.fires(situation(premium_used=0.87), 2.0) == (None, 2.0)


@pytest.mark.parametrize("levels", [(), (0.9, 0.5), (0.5, 0.5)])
def test_levels_must_rise(levels: tuple[float, ...]) -> None:
    with pytest.raises(ValidationError, match="needs levels that rise"):
        PremiumBudget(crosses=levels)
