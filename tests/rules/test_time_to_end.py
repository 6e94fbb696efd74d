"""Trigger ``time_to_end``."""

from __future__ import annotations

from datetime import timedelta

from bot.rules.triggers.time_to_end import TimeToEnd
from tests.rules.situations import NOW, situation

TRIGGER = TimeToEnd(below=timedelta(days=7))
SOON = situation(ends_at=NOW + timedelta(days=6, hours=12))
LATER = situation(ends_at=NOW + timedelta(days=8))


def test_end_that_comes_near_fires_once() -> None:
    assert TRIGGER.fires(LATER, None) == (None, 0.0)
    firing, state = TRIGGER.fires(SOON, 0.0)
    assert firing is not None
    assert firing.text == "6.5 days to the end of the market, below 7"
    assert (firing.reading, firing.threshold, state) == (6.5, 7.0, 1.0)
    assert TRIGGER.fires(SOON, state) == (None, 1.0)


def test_first_look_at_a_near_end_is_quiet() -> None:
    assert TRIGGER.fires(SOON, None) == (None, 1.0)


def test_next_market_makes_it_ready_again() -> None:
    assert TRIGGER.fires(LATER, 1.0) == (None, 0.0)
    assert TRIGGER.fires(SOON, 0.0)[0] is not None


def test_exactly_at_the_border_is_not_below_it() -> None:
    assert TRIGGER.fires(situation(ends_at=NOW + timedelta(days=7)), 0.0) == (None, 0.0)


def test_unknown_end_is_quiet_and_forgets_nothing() -> None:
    assert TRIGGER.fires(situation(), None) == (None, 0.0)
    assert TRIGGER.fires(situation(), 1.0) == (None, 1.0)


def test_time_alone_makes_it_fire_at_the_border() -> None:
    assert TRIGGER.next_at(LATER) == NOW + timedelta(days=1)
    assert TRIGGER.next_at(SOON) is None
    assert TRIGGER.next_at(situation()) is None
