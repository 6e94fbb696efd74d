"""Trigger ``resolution``."""

from __future__ import annotations

from bot.rules.triggers.resolution import Resolution
from tests.rules.situations import situation


def test_resolution_fires_once() -> None:
    rule = Resolution()
    assert rule.fires(situation(), None) == (None, 0.0)
    assert rule.fires(situation(), 0.0) == (None, 0.0)
    firing, state = rule.fires(situation(resolved=True), 0.0)
    assert firing is not None
    assert (firing.trigger, firing.text, state) == ("resolution", "the market has resolved", 1.0)
    assert rule.fires(situation(resolved=True), 1.0) == (None, 1.0)


def test_first_look_at_a_resolved_market_is_quiet() -> None:
    assert Resolution().fires(situation(resolved=True), None) == (None, 1.0)


def test_next_market_makes_it_ready_again() -> None:
    assert Resolution().fires(situation(), 1.0) == (None, 0.0)
