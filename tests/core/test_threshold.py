"""Closed forms for levels, against published numbers and identities."""

from __future__ import annotations

import math

import pytest

from bot.core.threshold import (
    normal_cdf,
    terminal_probability,
    touch_probability,
    watched_distance,
)

NU = -(0.6**2) / 2
"""Log drift of a price without growth at 60% volatility."""


@pytest.mark.parametrize(
    ("level", "touch", "end"), [(1.1, 0.714, 0.320), (1.2, 0.494, 0.224), (1.5, 0.143, 0.067)]
)
def test_levels_above_have_the_published_probabilities(
    level: float, touch: float, end: float
) -> None:
    # HEDGING 4.4: sigma 60%, a quarter of a year.
    far = {"distance": math.log(level), "sigma": 0.6, "years": 0.25, "drift": NU}
    assert touch_probability(**far) == pytest.approx(touch, abs=5e-4)
    assert terminal_probability(**far) == pytest.approx(end, abs=5e-4)


@pytest.mark.parametrize(("level", "seen"), [(1.1, 0.68363), (1.2, 0.46929), (1.5, 0.13304)])
def test_a_level_that_is_watched_now_and_then_is_reached_less_often(
    level: float, seen: float
) -> None:
    distance = watched_distance(math.log(level), sigma=0.6, step_years=0.25 / 250)
    found = touch_probability(distance=distance, sigma=0.6, years=0.25, drift=NU)
    assert found == pytest.approx(seen, abs=2e-4)


@pytest.mark.parametrize(
    ("growth", "chance"), [(0.0, 0.158), (0.03, 0.177), (0.06, 0.197), (0.10, 0.226)]
)
def test_growth_matters(growth: float, chance: float) -> None:
    found = terminal_probability(distance=math.log(1.1), sigma=0.2, years=0.25, drift=growth - 0.02)
    assert found == pytest.approx(chance, abs=1e-3)


def test_without_drift_a_touch_is_twice_an_end() -> None:
    # The reflection principle: 2 Phi(-b / s).
    found = touch_probability(distance=0.3, sigma=0.5, years=0.5, drift=0.0)
    assert found == pytest.approx(2 * normal_cdf(-0.3 / (0.5 * math.sqrt(0.5))))


def test_a_level_at_the_price_is_touched() -> None:
    assert touch_probability(distance=0.0, sigma=0.2, years=1.0, drift=0.0) == 1.0


def test_a_drift_beyond_all_bounds_stays_a_probability() -> None:
    assert touch_probability(distance=5.0, sigma=0.01, years=1.0, drift=5.0) == pytest.approx(0.5)
