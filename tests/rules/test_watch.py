"""Triggers that watch a reading: ``volatility``, ``correlation``, ``sentiment``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.model.portfolio import Reading
from bot.model.rule import Firing
from bot.rules.triggers.correlation import CorrelationTrigger
from bot.rules.triggers.sentiment import SentimentTrigger
from bot.rules.triggers.volatility import VolatilityTrigger
from bot.rules.watch import WatchRule
from tests.rules.situations import NOW, situation

HOUR = timedelta(hours=1)
VIX = VolatilityTrigger(reading="VIX", above=22.0, until=18.0)


def watch(
    trigger: WatchRule, numbers: Sequence[float], *, step: timedelta = HOUR
) -> list[Firing | None]:
    """Return what fires when the reading goes through these numbers, after a first look at 0."""
    state: float | None = None
    fired: list[Firing | None] = []
    for place, number in enumerate((0.0, *numbers)):
        now = NOW + place * step
        readings = {trigger.reading: Reading(name=trigger.reading, number=number, as_of=now)}
        firing, state = trigger.fires(situation(now=now, readings=readings), state)
        fired.append(firing)
    return fired[1:]


def test_it_fires_above_one_level_and_below_a_lower_one() -> None:
    fired = watch(VIX, [21, 23, 21, 19, 23, 17, 19, 23])
    assert [firing is not None for firing in fired] == [0, 1, 0, 0, 0, 1, 0, 1]
    up, down = fired[1], fired[5]
    assert up is not None
    assert up.text == "VIX passed to 23, across 22"
    assert (up.trigger, up.reading, up.threshold) == ("volatility", 23.0, 22.0)
    assert (up.hysteresis, up.cooldown_s) == (4.0, 86_400.0)
    assert down is not None
    assert down.text == "VIX fell back to 17, across 18"
    assert down.threshold == 18.0


def test_a_reading_at_a_level_has_not_crossed_it() -> None:
    fired = watch(VIX, [22, 23, 18, 17.9])
    assert [firing is not None for firing in fired] == [0, 1, 0, 1]


def test_a_crossing_must_last_as_long_as_confirm_says() -> None:
    trigger = VolatilityTrigger(reading="VIX", above=22.0, until=18.0, confirm=3 * HOUR)
    fired = watch(trigger, [23, 21, 23, 24, 25, 26, 17, 17, 23, 17, 17, 17, 17])
    assert [place for place, firing in enumerate(fired) if firing is not None] == [5, 12]


def test_the_first_look_only_remembers_the_side() -> None:
    readings = {"VIX": Reading(name="VIX", number=30.0, as_of=NOW)}
    assert VIX.fires(situation(readings=readings), None) == (None, 1.0)
    assert VIX.fires(situation(readings=readings), 1.0) == (None, 1.0)


def test_a_reading_that_is_missing_or_old_changes_nothing() -> None:
    old = {"VIX": Reading(name="VIX", number=30.0, as_of=NOW - timedelta(days=5))}
    assert VIX.fires(situation(), -1.0) == (None, -1.0)
    assert VIX.fires(situation(readings=old), -1.0) == (None, -1.0)
    # Never looked at, it is not looked at the first time either.
    assert VIX.fires(situation(), None) == (None, 0.0)
    fresh = {"VIX": Reading(name="VIX", number=30.0, as_of=NOW)}
    assert VIX.fires(situation(readings=fresh), 0.0) == (None, 1.0)


def test_a_correlation_has_levels_of_its_own() -> None:
    trigger = CorrelationTrigger(reading="together")
    fired = watch(trigger, [0.5, 0.7, 0.5, 0.4])
    assert [firing is not None for firing in fired] == [0, 1, 0, 1]


def test_a_mood_counts_either_way() -> None:
    trigger = SentimentTrigger(reading="news")
    fired = watch(trigger, [1.5, -2.5, -1.5, 0.5, 2.1])
    assert [firing is not None for firing in fired] == [0, 1, 0, 1, 1]
    assert fired[1] is not None
    assert fired[1].reading == -2.5


def test_the_pause_is_the_cooldown_and_time_alone_never_fires() -> None:
    trigger = SentimentTrigger(reading="news", cooldown=2 * HOUR)
    assert trigger.pause() == 2 * HOUR
    assert trigger.next_at(situation()) is None


def test_the_lower_level_must_be_the_lower_one() -> None:
    with pytest.raises(ValidationError, match="is until 25, above its other level 22"):
        VolatilityTrigger(reading="VIX", above=22.0, until=25.0)


@given(st.lists(st.floats(10, 30), max_size=40))
def test_firings_alternate_and_never_come_between_the_levels(numbers: list[float]) -> None:
    fired = [firing for firing in watch(VIX, numbers) if firing is not None]
    for place, firing in enumerate(fired):
        up = place % 2 == 0
        assert firing.reading > 22.0 if up else firing.reading < 18.0
