"""Trigger ``review``: right over changes of the clock, made up for once when missed."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.triggers.review import Every, Review
from tests.rules.situations import NOW, situation

WEEKLY = Review()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def next_after(rule: Review, now: str) -> datetime | None:
    return rule.next_at(situation(now=at(now)))


def test_weekly_review_is_monday_afternoon_in_new_york() -> None:
    assert WEEKLY.next_at(situation()) == at("2026-03-02T20:00")


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-03-02T20:00", "2026-03-09T19:00"),  # clocks go forward on Sunday 8 March
        ("2026-10-26T20:00", "2026-11-02T20:00"),  # and back on Sunday 1 November
        ("2026-10-26T18:59", "2026-10-26T19:00"),
    ],
)
def test_local_time_stands_over_a_change_of_the_clock(now: str, due: str) -> None:
    assert next_after(WEEKLY, now) == at(due)


def test_hour_that_a_change_of_the_clock_skips_still_comes() -> None:
    daily = Review(every=Every.DAY, at=time(2, 30))
    assert next_after(daily, "2026-03-08T06:00") == at("2026-03-08T07:30")


def test_hour_that_comes_twice_counts_once() -> None:
    daily = Review(every=Every.DAY, at=time(1, 30))
    first = next_after(daily, "2026-11-01T04:00")
    assert first == at("2026-11-01T05:30")
    assert next_after(daily, "2026-11-01T05:30") == at("2026-11-02T06:30")


def test_daily_review_in_another_zone() -> None:
    daily = Review(every=Every.DAY, at=time(9), timezone=ZoneInfo("Asia/Tokyo"))
    assert next_after(daily, "2026-03-02T12:00") == at("2026-03-03T00:00")


def test_monthly_review() -> None:
    utc = ZoneInfo("UTC")
    assert next_after(Review(every=Every.MONTH, timezone=utc), "2026-01-31T00:00") == at(
        "2026-02-01T15:00"
    )
    assert next_after(Review(every=Every.MONTH, on="28", timezone=utc), "2026-02-28T16:00") == at(
        "2026-03-28T15:00"
    )


def test_weekday_may_be_written_in_any_case() -> None:
    assert next_after(Review(on="Friday"), "2026-03-02T12:00") == at("2026-03-06T20:00")


def test_due_review_fires_once() -> None:
    due = situation(now=at("2026-03-02T20:00"), last_run_at=at("2026-02-26T20:00"))
    firing, state = WEEKLY.fires(due, 0.0)
    assert firing is not None
    assert firing.text == "the review of Monday 2026-03-02 15:00 EST is due"
    assert (firing.trigger, firing.reading, state) == ("review", 4.0, 0.0)
    planned = situation(now=at("2026-03-02T20:05"), last_run_at=at("2026-03-02T20:00"))
    assert WEEKLY.fires(planned, 0.0) == (None, 0.0)


def test_reviews_missed_for_weeks_are_made_up_for_by_one() -> None:
    late = situation(now=at("2026-03-25T10:00"), last_run_at=at("2026-03-01T10:00"))
    firing, _ = WEEKLY.fires(late, 0.0)
    assert firing is not None
    assert firing.text == "the review of Monday 2026-03-02 15:00 EST is due"
    assert WEEKLY.next_at(late) == at("2026-03-30T19:00")


def test_first_look_is_quiet() -> None:
    due = situation(now=NOW, last_run_at=NOW - timedelta(days=30))
    assert WEEKLY.fires(due, None) == (None, 0.0)


@given(
    st.integers(0, 4 * 365 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    st.sampled_from(list(Every)),
    st.times().map(lambda t: t.replace(second=0, microsecond=0)),
)
def test_next_review_is_ahead_and_fires_when_it_comes(
    now: datetime, every: Every, hour: time
) -> None:
    rule = Review(every=every, at=hour)
    due = rule.next_at(situation(now=now))
    assert due is not None
    assert now < due <= now + timedelta(days=32)
    assert rule.fires(situation(now=due, last_run_at=now), 0.0)[0] is not None
    just_before = situation(now=due - timedelta(seconds=1), last_run_at=now)
    if just_before.now > now:
        assert rule.fires(just_before, 0.0)[0] is None
