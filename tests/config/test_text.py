"""Texts with a unit: what they mean, and what is said of a bare number."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from bot.model import text
from bot.model.text import Duration, Words, show


@pytest.mark.parametrize(
    ("read", "given", "meant"),
    [
        (text.read_fraction, "7%", 0.07),
        (text.read_fraction, "-7 %", -0.07),
        (text.read_fraction, "+2%", 0.02),
        (text.read_fraction, "25bp", 0.0025),
        (text.read_fraction, "25bps", 0.0025),
        (text.read_fraction, ".5%", 0.005),
        (text.read_fraction, "5.%", 0.05),
        (text.read_share, "100%", 1.0),
        (text.read_share, "0%", 0.0),
        (text.read_probability, "99.9%", 0.999),
        (text.read_change, "150%", 1.5),
        (text.read_cents, "4c", Decimal("0.04")),
        (text.read_cents, "0.1c", Decimal("0.001")),
        (text.read_cents, "0.1usd", Decimal("0.1")),
        (text.read_cents, "0c", Decimal(0)),
        (text.read_delay, "0s", timedelta(0)),
        (text.read_delay, "250ms", timedelta(milliseconds=250)),
        (text.read_delay, "1.5h", timedelta(minutes=90)),
        (text.read_duration, "30s", timedelta(seconds=30)),
        (text.read_duration, "5m", timedelta(minutes=5)),
        (text.read_duration, "4h", timedelta(hours=4)),
        (text.read_duration, "7d", timedelta(days=7)),
        (text.read_duration, "2w", timedelta(days=14)),
        (text.read_usd, "150", Decimal(150)),
        (text.read_usd, "150usd", Decimal(150)),
        (text.read_usd, "150 USD", Decimal(150)),
        (text.read_usd, "$0.1", Decimal("0.1")),
        (text.read_number, "-0.1", Decimal("-0.1")),
        (text.read_ratio, "4.3", 4.3),
        (text.read_whole, "7", 7),
        (text.read_instant, "2026-11-03T15:00Z", datetime(2026, 11, 3, 15, tzinfo=UTC)),
        (text.read_instant, "2026-11-03T15:00:01Z", datetime(2026, 11, 3, 15, 0, 1, tzinfo=UTC)),
        (text.read_words, "No", "No"),
    ],
)
def test_text_means(read: Callable[[str], Any], given: str, meant: object) -> None:
    assert read(given) == meant


@pytest.mark.parametrize(
    ("read", "given", "said"),
    [
        (text.read_fraction, "7", "is 7, which has no unit. Write 7% or 7bp."),
        (text.read_fraction, "0.07", "is 0.07, which has no unit. Write 7% or 0.07%."),
        (text.read_fraction, "-.5", "is -.5, which has no unit. Write -50% or -0.5%."),
        (text.read_fraction, "7c", "is 7c; c is not one of its units, which are %, bp, bps."),
        (text.read_fraction, "%", "is '%'; it must be a number with its unit, such as 7%."),
        (text.read_fraction, "nan%", "is 'nan%'; it must be a number with its unit, such as 7%."),
        (text.read_fraction, "1e9%", "is '1e9%'; it must be a number with its unit, such as 7%."),
        (text.read_probability, "12", "is 12, which has no unit. Write 12% or 12bp."),
        (text.read_probability, "0.12", "is 0.12, which has no unit. Write 12% or 0.12%."),
        (text.read_probability, "0%", "is 0%; it must lie above 0% and below 100%."),
        (text.read_probability, "100%", "is 100%; it must lie above 0% and below 100%."),
        (text.read_share, "-1%", "is -1%; it must lie from 0% to 100%."),
        (text.read_change, "-5%", "is -5%; it must be above 0%."),
        (text.read_cents, "0.04", "is 0.04, which has no unit. Write 4c or 0.04c."),
        (text.read_cents, "4", "is 4, which has no unit. Write 4c, cents per share."),
        (text.read_cents, "100c", "is 100c; a price of a share lies from 0c to below 100c."),
        (text.read_cents, "-1c", "is -1c; a price of a share lies from 0c to below 100c."),
        (text.read_delay, "5", "is 5, which has no unit. Write 5s, 5m, 5h or 5d."),
        (text.read_delay, "-5s", "is -5s; it must lie from 0s to 3660d."),
        (text.read_delay, "999999999999w", "is 999999999999w; it must lie from 0s to 3660d."),
        (text.read_duration, "0s", "is 0s; it must be longer than 0s."),
        (text.read_usd, "4c", "is '4c'; it must be USD in plain digits, such as 150 or 1500.50."),
        (text.read_usd, "-1", "is -1; it must not be negative."),
        (text.read_usd, "0.0000001", "is 0.0000001; USD has at most 6 decimals."),
        (text.read_number, "1,5", "is '1,5'; it must be a plain number, such as 1.5."),
        (text.read_ratio, "0", "is 0; it must be above 0."),
        (text.read_whole, "7.5", "is '7.5'; it must be a whole number, such as 7."),
        (text.read_whole, "\u0667", "is '\u0667'; it must be a whole number, such as 7."),
        (
            text.read_instant,
            "2026-11-03T15:00:00+01:00",
            "is '2026-11-03T15:00:00+01:00'; it must be a time in UTC with a Z at its end,"
            " 2026-11-03T15:00:00Z.",
        ),
        (
            text.read_instant,
            "2026-02-30T15:00:00Z",
            "is 2026-02-30T15:00:00Z; there is no such time: day is out of range for month.",
        ),
        (text.read_words, "  ", "is empty; write a text, or remove the line."),
    ],
)
def test_what_cannot_be_read_is_said(read: Callable[[str], Any], given: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)) as caught:
        read(given)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("number", "shown"),
    [("7", "7"), ("0.10", "0.1"), ("100", "100"), ("1E+3", "1000"), ("-5.00", "-5")],
)
def test_numbers_are_shown_in_plain_digits(number: str, shown: str) -> None:
    assert show(Decimal(number)) == shown


class Options(BaseModel):
    wait: Duration
    why: Words = ""


def test_value_made_in_python_passes_as_it_is() -> None:
    assert Options(wait=timedelta(minutes=5)).wait == timedelta(minutes=5)


@pytest.mark.parametrize(
    ("given", "said"), [([], "a list"), (["5m"], "a list"), ({"a": "5m"}, "a group of options")]
)
def test_list_or_group_in_the_place_of_a_text_is_named(given: object, said: str) -> None:
    with pytest.raises(ValidationError, match=f"is {said}; it must be a time such as 5m"):
        Options.model_validate({"wait": given})
