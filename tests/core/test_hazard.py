"""Hazards and base rates, with the numbers of HEDGING 2.2."""

from __future__ import annotations

import pytest

from bot.core.hazard import forward_hazard, implied_hazard, probability_within, rate_of, share_of


def test_a_price_implies_a_hazard_and_decays_without_news() -> None:
    hazard = implied_hazard(0.2, 180)
    assert hazard == pytest.approx(0.00124, abs=5e-6)
    assert probability_within(hazard, 90) == pytest.approx(0.1056, abs=5e-5)
    theta = probability_within(hazard, 180) - probability_within(hazard, 179)
    assert theta == pytest.approx(0.00099, abs=1e-5)


def test_two_deadlines_imply_a_hazard_between_them() -> None:
    assert implied_hazard(0.12, 60) == pytest.approx(0.00213, abs=5e-6)
    between = forward_hazard(0.12, 60, 0.30, 180)
    assert between == pytest.approx(0.00191, abs=5e-6)
    assert probability_within(between, 120) == pytest.approx(0.2045, abs=5e-5)


def test_a_later_deadline_that_is_less_likely_contradicts() -> None:
    assert forward_hazard(0.3, 60, 0.2, 180) < 0.0


def test_what_never_happened_is_rare_and_not_impossible() -> None:
    assert rate_of(0, 50) == 0.01
    assert share_of(0, 49) == 0.01
    assert share_of(49, 49) == 0.99
