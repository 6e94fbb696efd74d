"""Trigger: the calendar."""

import re
from calendar import day_name
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from itertools import count
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import Field, WithJsonSchema, model_validator

from bot.model.rule import Firing, Situation
from bot.model.text import Words, text_of
from bot.rules.rule import TriggerRule

_WEEKDAYS = tuple(name.casefold() for name in day_name)
_LAST_DAY_OF_MONTH = 28
_TIME = re.compile(r"(\d{1,2}):(\d{2})")
_DAY_S = 86_400.0


class Every(StrEnum):
    """How often."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def _read_time(text: str) -> time:
    match = _TIME.fullmatch(text)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise ValueError(f'is {text}; it must be a time of day, such as "15:00".')
    return time(int(match[1]), int(match[2]))


def _read_zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        close = get_close_matches(text, available_timezones(), n=1)
        hint = f"Did you mean '{close[0]}'?" if close else "Write one such as America/New_York."
        raise ValueError(f"is {text!r}, which is no time zone. {hint}") from None


class Review(TriggerRule):
    """Fires at a set time, once each day, week or month: the regular look at every hedge.

    A review that was missed because nothing ran is made up for at the next cycle, once.
    """

    every: Annotated[Every, Field(description="how often: day, week or month")] = Every.WEEK
    on: Annotated[
        Words,
        WithJsonSchema({"type": ["string", "integer"]}),
        Field(description="the weekday for week, a day from 1 to 28 for month"),
    ] = ""
    at: Annotated[
        time,
        text_of(_read_time, "a time of day"),
        WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,2}:[0-9]{2}$"}),
        Field(description='the local time: "15:00"'),
    ] = time(15)
    timezone: Annotated[
        ZoneInfo,
        text_of(_read_zone, "a time zone"),
        WithJsonSchema({"type": "string"}),
        Field(description="whose clock: America/New_York"),
    ] = ZoneInfo("America/New_York")

    @model_validator(mode="after")
    def _day_fits(self) -> Self:
        if self.every is Every.DAY and self.on:
            raise ValueError(f"is every day, so on: {self.on} has no meaning. Remove it.")
        if self.every is Every.WEEK and self.on and self.on.casefold() not in _WEEKDAYS:
            close = get_close_matches(self.on.casefold(), _WEEKDAYS, n=1)
            hint = f"Did you mean '{close[0]}'?" if close else "Write one such as monday."
            raise ValueError(f"is every week on {self.on!r}, which is no weekday. {hint}")
        days = {str(day) for day in range(1, _LAST_DAY_OF_MONTH + 1)}
        if self.every is Every.MONTH and self.on and self.on not in days:
            raise ValueError(f"is every month on {self.on!r}; write a day from 1 to 28.")
        return self

    def fires(self, situation: Situation, state: float | None) -> tuple[Firing | None, float]:
        """Fire when a review has come since the last plan; there is no state."""
        due = self._after(situation.last_run_at)
        if state is None or situation.now < due:
            return None, 0.0
        days = (situation.now - situation.last_run_at).total_seconds() / _DAY_S
        text = f"the review of {due.astimezone(self.timezone):%A %Y-%m-%d %H:%M %Z} is due"
        return self.firing(text, reading=days, threshold=0.0), 0.0

    def next_at(self, situation: Situation) -> datetime | None:
        """Return the next review after now."""
        due = self._after(situation.last_run_at)
        if situation.last_run_at <= situation.now < due:
            return due
        return self._after(situation.now)

    def _after(self, instant: datetime) -> datetime:
        return _review_after(instant, self.every, self.on.casefold(), self.at, self.timezone)


@lru_cache(maxsize=256)
def _review_after(
    instant: datetime, every: Every, on: str, at: time, timezone: ZoneInfo
) -> datetime:
    """Return the first review after ``instant``, aware UTC.

    Remembered, because each look at an event asks for the one after its last plan.
    """
    start = instant.astimezone(timezone).date()
    reviews = (
        datetime.combine(day, at, timezone).astimezone(UTC)
        for day in _days_from(start)
        if _is_on(day, every, on)
    )
    return next(review for review in reviews if review > instant)


def _is_on(day: date, every: Every, on: str) -> bool:
    if every is Every.DAY:
        return True
    if every is Every.WEEK:
        return _WEEKDAYS[day.weekday()] == (on or "monday")
    return str(day.day) == (on or "1")


def _days_from(start: date) -> Iterator[date]:
    return (start + timedelta(days=ahead) for ahead in count())
