"""Zones between levels do not flicker."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.zones import zone_of

LEVELS = (0.4, 0.6)


@pytest.mark.parametrize(
    ("reading", "before", "zone"),
    [
        (0.39, None, 0),
        (0.40, None, 1),
        (0.61, None, 2),
        (0.40, 0, 1),  # up: at the level
        (0.39, 1, 1),  # down: not yet
        (0.38, 1, 0),  # down: 2 points below
        (0.59, 2, 2),
        (0.50, 2, 1),
        (0.10, 2, 0),
        (0.90, 0, 2),
        (0.385, 0, 0),
    ],
)
def test_zone(reading: float, before: int | None, zone: int) -> None:
    assert zone_of(reading, LEVELS, before=before, hysteresis=0.02) == zone


@given(st.floats(0, 1), st.integers(0, 2))
def test_same_reading_again_changes_nothing(reading: float, before: int) -> None:
    zone = zone_of(reading, LEVELS, before=before, hysteresis=0.02)
    assert zone_of(reading, LEVELS, before=zone, hysteresis=0.02) == zone


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 2))
def test_higher_reading_never_gives_a_lower_zone(a: float, b: float, before: int) -> None:
    low, high = sorted((a, b))
    zones = [zone_of(x, LEVELS, before=before, hysteresis=0.02) for x in (low, high)]
    assert zones == sorted(zones)
