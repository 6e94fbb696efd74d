"""Numbers, times and reasons as people read them."""

from datetime import timedelta
from decimal import Decimal

import pytest

from bot.cli.show import words
from bot.model.decision import Reason
from tests.fakes import START


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Decimal("4310.4"), "4,310 USD"),
        (-4310.0, "-4,310 USD"),
        (Decimal("96.5"), "96.50 USD"),
        (0.0, "0 USD"),
        (-0.0, "0 USD"),
        (-0.004, "0 USD"),
        (-0.41, "-0.41 USD"),
    ],
)
def test_large_sums_have_no_cents(number: Decimal | float, text: str) -> None:
    assert words.usd(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [("2812.5", "2,812.50 USD"), ("0.000001", "0.000001 USD"), ("3E+3", "3,000.00 USD")],
)
def test_exact_sums_have_all_their_digits(number: str, text: str) -> None:
    assert words.usd_exact(Decimal(number)) == text


def test_a_price_below_a_cent_keeps_a_digit_more() -> None:
    assert words.cents(Decimal("0.126")) == "12.6c"
    assert words.cents(0.0055) == "0.55c"


def test_shares_have_no_empty_decimals() -> None:
    assert words.shares(Decimal("1420")) == "1,420"
    assert words.shares(5.25) == "5.25"


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(days=5, hours=3), "5 d"),
        (timedelta(days=1), "1 d"),
        (timedelta(hours=3), "3 h"),
        (timedelta(minutes=90), "90 min"),
        (timedelta(seconds=40), "40 s"),
        (timedelta(0), "0 s"),
    ],
)
def test_a_span_is_said_in_the_unit_that_fits(length: timedelta, text: str) -> None:
    assert words.span(length) == text


def test_times_name_their_zone() -> None:
    assert words.instant(START) == "2026-11-02 12:00 UTC"
    assert words.moment(START) == "Nov  2 12:00"
    assert words.day(START) == "Nov 2"


def test_a_reason_begins_with_its_code_in_words() -> None:
    reason = Reason(code="TOO_DEAR", text="ceiling 8.0c, ask 10.3c")
    assert words.reason_words(reason) == "too dear: ceiling 8.0c, ask 10.3c"


def test_a_long_id_is_shortened_in_the_middle() -> None:
    assert words.short_id("0x1234567890abcdef") == "0x1234..cdef"
    assert words.short_id("0xb1") == "0xb1"


def test_a_message_that_begins_with_its_file_names_it_once() -> None:
    assert words.about("s/a.yaml", "s/a.yaml:3: is wrong") == "s/a.yaml:3: is wrong"
    assert words.about("fed-hike", "no book") == "fed-hike: no book"
