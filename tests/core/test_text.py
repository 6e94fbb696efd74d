"""Texts with a unit: what they mean, and what a person is told who wrote them without."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated

import pytest
from pydantic import BaseModel, ValidationError

from bot.model.text import (
    Fraction,
    read_cents,
    read_change,
    read_delay,
    read_duration,
    read_fraction,
    read_instant,
    read_number,
    read_probability,
    read_ratio,
    read_share,
    read_usd,
    read_whole,
    read_words,
    show,
)

Reader = Callable[[str], object]


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (read_fraction, "-7%", -0.07),
        (read_fraction, "25bp", 0.0025),
        (read_fraction, "+25 bps", 0.0025),
        (read_share, "0%", 0.0),
        (read_share, "100%", 1.0),
        (read_probability, "12%", 0.12),
        (read_change, "150%", 1.5),
        (read_cents, "4c", Decimal("0.04")),
        (read_cents, "0.125 usd", Decimal("0.125")),
        (read_delay, "0s", timedelta(0)),
        (read_delay, "250ms", timedelta(milliseconds=250)),
        (read_duration, "1.5h", timedelta(minutes=90)),
        (read_duration, "2w", timedelta(days=14)),
        (read_usd, "150", Decimal(150)),
        (read_usd, "$1500.50", Decimal("1500.50")),
        (read_usd, "7 USD", Decimal(7)),
        (read_number, "-.5", Decimal("-0.5")),
        (read_ratio, "1.5", 1.5),
        (read_whole, "007", 7),
        (read_words, " monday", " monday"),
        (read_instant, "2026-11-03T15:00:00Z", datetime(2026, 11, 3, 15, tzinfo=UTC)),
        (read_instant, "2026-11-03T15:00Z", datetime(2026, 11, 3, 15, tzinfo=UTC)),
    ],
)
def test_a_text_with_its_unit_is_read(read: Reader, text: str, expected: object) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("read", "text", "says"),
    [
        (read_fraction, "-7", "is -7, which has no unit. Write -7% or -7bp."),
        (read_fraction, "0.07", "is 0.07, which has no unit. Write 7% or 0.07%."),
        (read_fraction, "7pct", "is 7pct; pct is not one of its units, which are %, bp, bps."),
        (read_fraction, "a lot", "is 'a lot'; it must be a number with its unit, such as 7%."),
        (read_share, "101%", "is 101%; it must lie from 0% to 100%."),
        (read_share, "-1%", "is -1%; it must lie from 0% to 100%."),
        (read_probability, "0%", "is 0%; it must lie above 0% and below 100%."),
        (read_probability, "100%", "is 100%; it must lie above 0% and below 100%."),
        (read_change, "0%", "is 0%; it must be above 0%."),
        (read_cents, "0.04", "is 0.04, which has no unit. Write 4c or 0.04c."),
        (read_cents, "4", "is 4, which has no unit. Write 4c, cents per share."),
        (read_cents, "100c", "is 100c; a price of a share lies from 0c to below 100c."),
        (read_cents, "-1c", "is -1c; a price of a share lies from 0c to below 100c."),
        (
            read_usd,
            "1000000000000.01",
            "is 1000000000000.01; it must be at most 1000000000000 USD.",
        ),
        (
            read_instant,
            "0001-01-01T00:00:00Z",
            "is 0001-01-01T00:00:00Z; its year must lie from 2000 to 2100.",
        ),
        (
            read_instant,
            "2101-01-01T00:00:00Z",
            "is 2101-01-01T00:00:00Z; its year must lie from 2000 to 2100.",
        ),
        (read_delay, "5", "is 5, which has no unit. Write 5s, 5m, 5h or 5d."),
        (read_delay, "-5s", "is -5s; it must lie from 0s to 3660d."),
        (read_delay, "600w", "is 600w; it must lie from 0s to 3660d."),
        (read_duration, "0m", "is 0m; it must be longer than 0s."),
        (read_usd, "1,500", "is '1,500'; it must be USD in plain digits, such as 150 or 1500.50."),
        (read_usd, "-1", "is -1; it must not be negative."),
        (read_usd, "0.0000001", "is 0.0000001; USD has at most 6 decimals."),
        (read_number, "1e3", "is '1e3'; it must be a plain number, such as 1.5."),
        (read_ratio, "0", "is 0; it must be above 0."),
        (read_whole, "1.5", "is '1.5'; it must be a whole number, such as 7."),
        (read_whole, "²", "is '²'; it must be a whole number, such as 7."),
        (read_words, "  ", "is empty; write a text, or remove the line."),
        (
            read_instant,
            "2026-11-03",
            "is '2026-11-03'; it must be a time in UTC with a Z at its end, 2026-11-03T15:00:00Z.",
        ),
    ],
)
def test_a_text_that_cannot_be_meant_says_what_to_write(read: Reader, text: str, says: str) -> None:
    with pytest.raises(ValueError, match=r"^is ") as raised:
        read(text)

    assert str(raised.value) == says


def test_a_day_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match="is 2026-02-30T00:00Z; there is no such time"):
        read_instant("2026-02-30T00:00Z")


@pytest.mark.parametrize(
    ("number", "text"), [("100", "100"), ("1.50", "1.5"), ("0.10", "0.1"), ("1E+2", "100")]
)
def test_numbers_are_shown_in_plain_digits(number: str, text: str) -> None:
    assert show(Decimal(number)) == text


class Option(BaseModel):
    change: Annotated[Fraction, "as a rule has it"]


def test_an_option_reads_text_and_takes_what_is_read_already() -> None:
    assert Option.model_validate({"change": "7%"}).change == 0.07
    assert Option(change=0.07).change == 0.07


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["7%"], "is a list; it must be a percentage such as 7%."),
        ({"a": "7%"}, "is a group of options; it must be a percentage such as 7%."),
    ],
)
def test_an_option_that_is_no_single_text_says_what_is_due(given: object, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Option.model_validate({"change": given})
