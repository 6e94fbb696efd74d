"""Hazards and base rates, with the numbers of HEDGING 2.2."""

from __future__ import annotations

import pytest

from bot.core.hazard import (
    cost_of_cover,
    decay_per_day,
    forward_hazard,
    implied_hazard,
    new_part,
    probability_between,
    probability_within,
    rate_of,
    share_of,
)


def test_a_price_implies_a_hazard_and_decays_without_news() -> None:
    hazard = implied_hazard(0.2, 180)
    assert hazard == pytest.approx(0.00124, abs=5e-6)
    assert probability_within(hazard, 90) == pytest.approx(0.1056, abs=5e-5)
    theta = probability_within(hazard, 180) - probability_within(hazard, 179)
    assert theta == pytest.approx(0.00099, abs=1e-5)
    assert decay_per_day(0.2, 180) == pytest.approx(0.00099, abs=5e-6)


def test_two_deadlines_imply_a_hazard_between_them() -> None:
    assert implied_hazard(0.12, 60) == pytest.approx(0.00213, abs=5e-6)
    between = forward_hazard(0.12, 60, 0.30, 180)
    assert between == pytest.approx(0.00191, abs=5e-6)
    assert probability_within(between, 120) == pytest.approx(0.2045, abs=5e-5)
    assert probability_between(0.12, 0.30) == pytest.approx(0.2045, abs=5e-5)
    assert new_part(0.12, 0.30) == pytest.approx(0.6)


def test_a_fair_long_shot_costs_about_what_is_expected_of_it() -> None:
    assert cost_of_cover(0.2, days=180, hazard=implied_hazard(0.2, 180)) == pytest.approx(
        0.8963, abs=5e-5
    )
    # Half of the days are covered at the same price: twice as dear.
    assert cost_of_cover(0.2, days=90, hazard=implied_hazard(0.2, 180)) == pytest.approx(
        1.7926, abs=5e-5
    )


def test_a_later_deadline_that_is_less_likely_contradicts() -> None:
    assert forward_hazard(0.3, 60, 0.2, 180) < 0.0
    assert probability_between(0.3, 0.2) == new_part(0.3, 0.2) == 0.0


def test_what_never_happened_is_rare_and_not_impossible() -> None:
    assert rate_of(0, 50) == 0.01
    assert share_of(0, 49) == 0.01
    assert share_of(49, 49) == 0.99
