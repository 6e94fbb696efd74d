"""Trigger ``exposure``."""

from __future__ import annotations

import pytest

from bot.rules.triggers.exposure import ExposureTrigger
from tests.rules.situations import situation

TRIGGER = ExposureTrigger(changes_by=0.1)


@pytest.mark.parametrize(
    ("last", "now", "reading"),
    [
        (1000.0, 1100.0, 0.1),
        (1000.0, 900.0, -0.1),
        (1000.0, 0.0, -1.0),
        (0.0, 1000.0, 1.0),
        (0.5, -1000.0, 1.0),
        (-1000.0, 1000.0, 2.0),
        (-1000.0, -1200.0, -0.2),
    ],
)
def test_change_fires(last: float, now: float, reading: float) -> None:
    given = situation(exposure_usd_est=now, last_exposure_usd_est=last)
    firing, state = TRIGGER.fires(given, 0.0)
    assert firing is not None
    assert firing.reading == pytest.approx(reading)
    assert (firing.trigger, firing.threshold, state) == ("exposure", 0.1, 0.0)


def test_text_names_both_figures() -> None:
    firing, _ = TRIGGER.fires(situation(exposure_usd_est=1234.5), 0.0)
    assert firing is not None
    assert firing.text == "exposure went from 1,000 to 1,234 USD, by 10% or more"


@pytest.mark.parametrize(
    ("last", "now"), [(1000.0, 1099.0), (1000.0, 901.0), (0.0, 0.9), (0.9, -0.9), (0.0, 0.0)]
)
def test_smaller_change_is_quiet(last: float, now: float) -> None:
    given = situation(exposure_usd_est=now, last_exposure_usd_est=last)
    assert TRIGGER.fires(given, 0.0) == (None, 0.0)


def test_first_look_is_quiet() -> None:
    assert TRIGGER.fires(situation(exposure_usd_est=9999.0), None) == (None, 0.0)
