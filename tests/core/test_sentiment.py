"""The mood of the news."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.sentiment import mood, shift_of, unusual
from bot.model.portfolio import Reading

NOW = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)


def scores(*numbers: float, step: timedelta = DAY, end: datetime = NOW) -> list[Reading]:
    count = len(numbers)
    return [
        Reading(name="news", number=number, as_of=end - (count - 1 - place) * step)
        for place, number in enumerate(numbers)
    ]


def test_a_score_of_two_days_ago_weighs_half() -> None:
    assert mood(scores(0.0, 1.0, step=2 * DAY), NOW) == pytest.approx(2 / 3)


def test_scores_that_are_not_known_yet_are_not_looked_at() -> None:
    later = scores(0.5, 0.9, end=NOW + DAY)
    assert mood(later, NOW) == mood(later[:1], NOW) == 0.5


def test_without_a_score_of_the_last_60_days_there_is_no_mood() -> None:
    assert mood([], NOW) is None
    assert mood(scores(0.4, end=NOW - timedelta(days=61)), NOW) is None


def test_a_sudden_turn_is_unusual() -> None:
    calm = [0.1 * (-1) ** day for day in range(70)]
    turned = unusual(scores(*calm, -1.0, -1.0, -1.0), NOW)
    assert turned is not None
    assert turned < -2.0
    usual = unusual(scores(*calm), NOW)
    assert usual is not None
    assert abs(usual) < 2.0


def test_too_few_days_and_days_that_are_all_alike_say_nothing() -> None:
    assert unusual(scores(*[0.1, -0.1] * 9), NOW) is None
    assert unusual(scores(*[0.3] * 80), NOW) is None
    assert unusual([], NOW) is None


@pytest.mark.parametrize(("sd", "shift"), [(1.0, 0.1), (-2.0, -0.2), (9.0, 0.3), (-9.0, -0.3)])
def test_a_mood_shifts_a_little_and_is_capped(sd: float, shift: float) -> None:
    assert shift_of(sd) == pytest.approx(shift)
