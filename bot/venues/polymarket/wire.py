"""Reads JSON from the wire into typed rows: what all readers share; it knows no endpoint.

Unknown fields are ignored and documented variants accepted, but a row that cannot be read refuses
the whole answer with ``BadData`` that names the field: nothing is trimmed.
"""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

import msgspec

from bot.errors import BadData
from bot.model.orders import Side
from bot.model.units import (
    MILLION,
    ConditionId,
    Price,
    Shares,
    TokenId,
    parse_decimal,
    parse_price,
)

Row = TypeVar("Row")

Moment = int | str | None
"""An instant as the wire spells it: epoch seconds or milliseconds, as number or text, or ISO."""

END_CURSOR = "LTE="
_SECONDS_END = 100_000_000_000
_PLAIN_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,18})?")
_DIGITS = re.compile(r"[0-9]{1,78}")
_CONDITION = re.compile(r"0x(?:[0-9a-fA-F]{64}|[0-9a-fA-F]{62})")
_MOST_CACHED = 20_000


def read(body: bytes | str, shape: type[Row], what: str) -> Row:
    """Decode ``body`` as ``shape``.

    Args:
        body: JSON as it came.
        shape: A msgspec type.
        what: Where the body comes from, for the message.

    Raises:
        BadData: not JSON, cut off, or a field is missing or of another type.
    """
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadData(f"{what} cannot be read: {error}") from error


def is_array(body: bytes) -> bool:
    """Whether the JSON is an array: some answers come bare or wrapped, one or many."""
    return body.lstrip()[:1] == b"["


class Millionths(dict[str, int]):
    """Decimal text to integer millionths, exact or refused; remembers what it has converted.

    Book messages repeat few texts ("0.52", "100"), so a look-up replaces most conversions.

    Args:
        below: Refuse numbers not strictly between 0 and this; None refuses only negative ones.
    """

    def __init__(self, *, below: int | None = None) -> None:
        super().__init__()
        self._below = below

    def __missing__(self, text: str) -> int:
        """Convert ``text``. Raises ``BadData``."""
        if _PLAIN_NUMBER.fullmatch(text) is None:
            raise BadData(f"{text!r} must be a plain decimal number")
        whole, _, fraction = text.partition(".")
        fraction = fraction.rstrip("0")
        if len(fraction) > 6:
            raise BadData(f"{text!r} is finer than a millionth; nothing is rounded")
        number = int(whole) * MILLION + int(fraction.ljust(6, "0"))
        if self._below is not None and not 0 < number < self._below:
            raise BadData(f"{text!r} must lie strictly between 0 and 1 USD")
        if len(self) >= _MOST_CACHED:
            self.clear()
        self[text] = number
        return number


def instant(raw: Moment, *, name: str) -> datetime | None:
    """Read an instant, aware UTC; None and empty text mean "not said".

    Accepts epoch seconds or milliseconds (number or text), ISO 8601 with ``T`` or a blank, and a
    plain date (its midnight UTC).

    Raises:
        BadData: none of these.
    """
    if raw is None or raw == "":
        return None
    if isinstance(raw, int) or raw.isdecimal():
        number = int(raw)
        seconds = number if number < _SECONDS_END else number / 1000
        try:
            return datetime.fromtimestamp(seconds, UTC)
        except (OverflowError, ValueError, OSError):
            raise BadData(f"{name} was {raw}; it must be epoch seconds or milliseconds") from None
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        raise BadData(f"{name} was {raw!r}; it must be an epoch or ISO 8601 time") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def required_instant(raw: Moment, *, name: str) -> datetime:
    """Read an instant that must be there. Raises ``BadData``."""
    moment = instant(raw, name=name)
    if moment is None:
        raise BadData(f"{name} was {raw!r}; it must be a time")
    return moment


def millis(raw: Moment, *, name: str) -> int:
    """Read an instant as epoch milliseconds. Raises ``BadData``."""
    if isinstance(raw, str) and raw.isdecimal():
        raw = int(raw)
    if isinstance(raw, int) and raw >= _SECONDS_END:
        return raw
    return round(required_instant(raw, name=name).timestamp() * 1000)


def positive(number: Decimal | None, *, name: str) -> Decimal:
    """Check a number that the wire sends as a JSON number. Raises ``BadData``."""
    if number is None:
        raise BadData(f"{name} is absent; it must be a number above 0")
    if not number.is_finite() or number <= 0:
        raise BadData(f"{name} was {number}; it must be a number above 0")
    return number


def shares(text: str, *, name: str) -> Shares:
    """Read a size from text. Raises ``BadData`` if it is no number or negative."""
    number = parse_decimal(text, name=name)
    if number < 0:
        raise BadData(f"{name} was {text}; a size is not negative")
    return Shares(number)


def price(text: str, *, name: str) -> Price:
    """Read a price from text. Raises ``BadData``."""
    return parse_price(text, name=name)


def side(text: str, *, name: str) -> Side:
    """Read ``BUY`` or ``SELL`` in any case. Raises ``BadData``."""
    try:
        return Side(text.lower())
    except ValueError:
        raise BadData(f"{name} was {text!r}; it must be BUY or SELL") from None


def token_id(text: str, *, name: str) -> TokenId:
    """Read an outcome token's id. Raises ``BadData``."""
    if _DIGITS.fullmatch(text) is None:
        raise BadData(f"{name} was {text!r}; a token id is a decimal string of up to 78 digits")
    return TokenId(text)


def condition_id(text: str, *, name: str) -> ConditionId:
    """Read a market's condition id. Raises ``BadData``."""
    if _CONDITION.fullmatch(text) is None:
        raise BadData(f"{name} was {text!r}; a condition id is 0x and 64 (or 62) hex digits")
    return ConditionId(text)


def next_cursor(raw: str | None) -> str | None:
    """Return where the next page starts; None at the end."""
    return None if raw in (None, "", END_CURSOR) else raw
