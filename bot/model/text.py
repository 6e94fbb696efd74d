"""Texts with a unit as people write them in YAML: what they mean, what an editor may know.

Every scalar reaches these readers as text. The ``ValueError`` of a reader is a clause that
follows the name of the option: ``is -7, which has no unit. Write -7% or -7bp.`` What already has
its type (a rule made in Python) passes as it is.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import PlainValidator, WithJsonSchema

_Unit = TypeVar("_Unit")
_PLAIN = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)"
_NUMBER = re.compile(_PLAIN)
_MEASURE = re.compile(rf"({_PLAIN}) ?([A-Za-z%]*)")
_USD = re.compile(rf"\$({_PLAIN})|({_PLAIN}) ?(?:usd)?", re.IGNORECASE)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z")
_FRACTIONS = {"%": Decimal("0.01"), "bp": Decimal("0.0001"), "bps": Decimal("0.0001")}
_PRICES = {"c": Decimal("0.01"), "usd": Decimal(1)}
_DURATIONS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_LONGEST = timedelta(days=3660)
_MOST_USD = Decimal(10**12)
"""More would not fit into the ledger as whole millionths, and is a slip of the keys."""
_YEARS = range(2000, 2101)
"""Further away a time is a slip of the keys, and a day more or less leaves the calendar."""
_MILLIONTH = Decimal("0.000001")


def show(number: Decimal) -> str:
    """Return a number in plain digits, without an exponent or zeros at the end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _measure(
    text: str, units: Mapping[str, _Unit], *, example: str, readings: Callable[[Decimal], str]
) -> tuple[Decimal, _Unit]:
    """Return the number and its unit; ``readings`` says what a bare number may have meant."""
    match = _MEASURE.fullmatch(text)
    if match is None:
        raise ValueError(f"is {text!r}; it must be a number with its unit, such as {example}.")
    number, unit = Decimal(match[1]), match[2]
    if not unit:
        raise ValueError(f"is {text}, which has no unit. Write {readings(number)}.")
    if unit not in units:
        known = ", ".join(units)
        raise ValueError(f"is {text}; {unit} is not one of its units, which are {known}.")
    return number, units[unit]


def _as_percent(number: Decimal, *, else_unit: str) -> str:
    """Return the two likely readings of a bare number where a percentage is due."""
    if abs(number) < 1:
        return f"{show(number * 100)}% or {show(number)}%"
    return f"{show(number)}% or {show(number)}{else_unit}"


def read_fraction(text: str) -> float:
    """Read ``-7%`` or ``25bp`` as a fraction, -0.07 or 0.0025."""
    number, scale = _measure(
        text, _FRACTIONS, example="7%", readings=lambda n: _as_percent(n, else_unit="bp")
    )
    return float(number * scale)


def read_share(text: str) -> float:
    """Read ``0%`` to ``100%`` as a fraction."""
    fraction = read_fraction(text)
    if not 0.0 <= fraction <= 1.0:
        raise ValueError(f"is {text}; it must lie from 0% to 100%.")
    return fraction


def read_probability(text: str) -> float:
    """Read a probability above ``0%`` and below ``100%``."""
    fraction = read_fraction(text)
    if not 0.0 < fraction < 1.0:
        raise ValueError(f"is {text}; it must lie above 0% and below 100%.")
    return fraction


def read_change(text: str) -> float:
    """Read the size of a change: a percentage above ``0%``."""
    fraction = read_fraction(text)
    if fraction <= 0.0:
        raise ValueError(f"is {text}; it must be above 0%.")
    return fraction


def read_cents(text: str) -> Decimal:
    """Read ``4c`` as USD per share, 0.04: below 1 USD, exact."""
    number, scale = _measure(
        text,
        _PRICES,
        example="4c",
        readings=lambda n: (
            f"{show(n * 100)}c or {show(n)}c" if abs(n) < 1 else f"{show(n)}c, cents per share"
        ),
    )
    price = number * scale
    if not 0 <= price < 1:
        raise ValueError(f"is {text}; a price of a share lies from 0c to below 100c.")
    return price


def read_delay(text: str) -> timedelta:
    """Read ``0s``, ``250ms``, ``30s``, ``5m``, ``4h``, ``7d`` or ``2w``."""
    number, unit = _measure(
        text,
        _DURATIONS,
        example="5m",
        readings=lambda n: f"{show(n)}s, {show(n)}m, {show(n)}h or {show(n)}d",
    )
    if number < 0 or number * Decimal(unit.total_seconds()) > Decimal(_LONGEST.total_seconds()):
        raise ValueError(f"is {text}; it must lie from 0s to {_LONGEST.days}d.")
    return float(number) * unit


def read_duration(text: str) -> timedelta:
    """Read a delay that is longer than nothing."""
    delay = read_delay(text)
    if not delay:
        raise ValueError(f"is {text}; it must be longer than 0s.")
    return delay


def read_usd(text: str) -> Decimal:
    """Read ``150``, ``150usd`` or ``$150`` exactly: not negative, no finer than a millionth."""
    match = _USD.fullmatch(text)
    if match is None:
        raise ValueError(f"is {text!r}; it must be USD in plain digits, such as 150 or 1500.50.")
    usd = Decimal(match[1] or match[2])
    if usd < 0:
        raise ValueError(f"is {text}; it must not be negative.")
    if usd % _MILLIONTH:
        raise ValueError(f"is {text}; USD has at most 6 decimals.")
    if usd > _MOST_USD:
        raise ValueError(f"is {text}; it must be at most {show(_MOST_USD)} USD.")
    return usd


def read_number(text: str) -> Decimal:
    """Read a plain decimal number, exactly."""
    if _NUMBER.fullmatch(text) is None:
        raise ValueError(f"is {text!r}; it must be a plain number, such as 1.5.")
    return Decimal(text)


def read_ratio(text: str) -> float:
    """Read a plain number above 0."""
    number = read_number(text)
    if number <= 0:
        raise ValueError(f"is {text}; it must be above 0.")
    return float(number)


def read_whole(text: str) -> int:
    """Read a whole number from 0 up."""
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"is {text!r}; it must be a whole number, such as 7.")
    return int(text)


def read_instant(text: str) -> datetime:
    """Read an ISO 8601 time that ends in Z as aware UTC."""
    if _INSTANT.fullmatch(text) is None:
        raise ValueError(
            f"is {text!r}; it must be a time in UTC with a Z at its end, 2026-11-03T15:00:00Z."
        )
    if int(text[:4]) not in _YEARS:
        raise ValueError(f"is {text}; its year must lie from {_YEARS[0]} to {_YEARS[-1]}.")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError as error:
        raise ValueError(f"is {text}; there is no such time: {error}.") from None


def read_words(text: str) -> str:
    """Read any text that is not empty."""
    if not text.strip():
        raise ValueError("is empty; write a text, or remove the line.")
    return text


def text_of(read: Callable[[str], Any], what: str) -> PlainValidator:
    """Return the pydantic form of a reader; ``what`` names what is due where a list stands."""

    def check(given: object) -> object:
        if isinstance(given, str):
            return read(given)
        if isinstance(given, Mapping | list):
            kind = "a list" if isinstance(given, list) else "a group of options"
            raise ValueError(f"is {kind}; it must be {what}.")  # noqa: TRY004 - for pydantic
        return given

    return PlainValidator(check)


def _schema(pattern: str, *examples: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": list(examples)})


_PERCENT = r"^[+-]?[0-9.]+ ?(%|bp|bps)$"
_DURATION = r"^[0-9.]+ ?(ms|s|m|h|d|w)$"
_NUMERIC = WithJsonSchema({"type": "number"})

Fraction = Annotated[
    float, text_of(read_fraction, "a percentage such as 7%"), _schema(_PERCENT, "7%", "25bp")
]
Share = Annotated[
    float, text_of(read_share, "a percentage from 0% to 100%"), _schema(_PERCENT, "50%")
]
Probability = Annotated[
    float, text_of(read_probability, "a probability such as 12%"), _schema(_PERCENT, "12%")
]
Change = Annotated[float, text_of(read_change, "a percentage above 0%"), _schema(_PERCENT, "10%")]
Cents = Annotated[
    Decimal, text_of(read_cents, "a price such as 4c"), _schema(r"^[0-9.]+ ?(c|usd)$", "4c")
]
Delay = Annotated[timedelta, text_of(read_delay, "a time such as 250ms"), _schema(_DURATION, "0s")]
Duration = Annotated[
    timedelta, text_of(read_duration, "a time such as 5m"), _schema(_DURATION, "5m", "7d")
]
UsdText = Annotated[
    Decimal,
    text_of(read_usd, "USD such as 150"),
    WithJsonSchema({"type": ["number", "string"], "examples": [150]}),
]
Number = Annotated[Decimal, text_of(read_number, "a number such as 1.5"), _NUMERIC]
Ratio = Annotated[float, text_of(read_ratio, "a number above 0"), _NUMERIC]
Whole = Annotated[
    int, text_of(read_whole, "a whole number"), WithJsonSchema({"type": "integer", "minimum": 0})
]
Instant = Annotated[
    datetime,
    text_of(read_instant, "a time in UTC"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Words = Annotated[str, text_of(read_words, "a text"), WithJsonSchema({"type": "string"})]
