"""Units and ids: what a number is, and how it is read from text and written to disk.

Cash that moves is a ``Decimal`` behind a ``NewType`` and an integer of millionths in SQL.
Estimates are floats and are never added to cash.
"""

from decimal import Decimal, InvalidOperation
from typing import NewType

from bot.errors import BadData

Usd = NewType("Usd", Decimal)
"""Cash that moved or would move, USD, exact to a millionth."""
Price = NewType("Price", Decimal)
"""USD per share, strictly between 0 and 1."""
Shares = NewType("Shares", Decimal)
"""Outcome-token shares, exact to a millionth."""
Prob = NewType("Prob", float)
"""A probability, 0 to 1."""
UsdEst = NewType("UsdEst", float)
"""A valuation, exposure, benefit or estimate in USD; never added to ``Usd``."""

EventId = NewType("EventId", str)
"""The ``strategy:`` name of the file that hedges one risk event."""
ConditionId = NewType("ConditionId", str)
"""A market: 0x and 64 hex digits (CTF) or 62 (Protocol V2)."""
TokenId = NewType("TokenId", str)
"""An outcome token: a decimal string of up to 78 digits."""
OrderId = NewType("OrderId", str)
"""The venue's id of an order: its EIP-712 hash."""
ClientOrderId = NewType("ClientOrderId", str)
"""Our id of an order: a hash of cycle, token and side; the same intent has the same id."""
TradeId = NewType("TradeId", str)
"""The venue's id of a trade; with our order id, the key against double counting."""

MILLION = 1_000_000
ZERO_USD = Usd(Decimal(0))
ZERO_SHARES = Shares(Decimal(0))
_E6 = Decimal(MILLION)


def to_e6(number: Decimal) -> int:
    """Return ``number`` in integer millionths.

    Raises:
        ValueError: ``number`` is not finite or is finer than a millionth; nothing is rounded.
    """
    scaled = number * _E6
    if not scaled.is_finite() or scaled != scaled.to_integral_value():
        raise ValueError(f"{number} is not a whole number of millionths; round it before storing")
    return int(scaled)


def from_e6(millionths: int) -> Decimal:
    """Return the number that ``millionths`` stand for, exactly."""
    return Decimal(millionths) / _E6


def parse_decimal(text: object, *, name: str) -> Decimal:
    """Read a finite decimal number from a string.

    Args:
        text: What the outside sent. Only ``str`` is accepted: a JSON float has lost digits.
        name: How the user or the wire calls it, for the message.

    Raises:
        BadData: not a string, or not a finite number.
    """
    if not isinstance(text, str):
        raise BadData(f"{name} was {text!r} ({type(text).__name__}); it must be a decimal string")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise BadData(f"{name} was {text!r}; it must be a decimal number") from None
    if not number.is_finite():
        raise BadData(f"{name} was {text!r}; it must be finite")
    return number


def parse_price(text: object, *, name: str) -> Price:
    """Read a price from a string.

    Raises:
        BadData: not a decimal string strictly between 0 and 1.
    """
    number = parse_decimal(text, name=name)
    if not 0 < number < 1:
        raise BadData(f"{name} was {text}; a price lies strictly between 0 and 1 USD")
    return Price(number)
