"""Reads the Data API: positions and trades by address, public and cached by the venue for seconds.

Its figures are JSON numbers; they are read from their decimal text. It is never the authority
while orders fill. **Source:** POLYMARKET section 7 and payloads captured 2026-02 .. 2026-07.
"""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import msgspec

from bot.errors import BadData
from bot.model.orders import Side
from bot.model.units import Shares, TokenId
from bot.venues.polymarket import wire
from bot.venues.polymarket.wire import Moment


class HeldRow(NamedTuple):
    """Shares of one token that the Data API shows for an address."""

    token_id: TokenId
    shares: Shares
    redeemable: bool
    condition_id: str
    """Its market; empty if it was not said."""


class TradeSeen(NamedTuple):
    """One public trade; the price is an average and finer than a tick."""

    token_id: TokenId
    side: Side
    price: Decimal
    size: Decimal
    at: datetime


class _LegacyPosition(msgspec.Struct, frozen=True, kw_only=True):
    asset: str
    size: Decimal
    redeemable: bool = False
    condition_id: str = msgspec.field(name="conditionId", default="")


class _Position(msgspec.Struct, frozen=True, kw_only=True):
    token_id: str
    current_size: Decimal
    redeemable: bool = False
    condition_id: str = ""


class _Pagination(msgspec.Struct, frozen=True, kw_only=True):
    has_more: bool
    next_cursor: str | None = None


class PositionsPage(msgspec.Struct, frozen=True, kw_only=True):
    """``/v2/positions``."""

    data: list[_Position]
    pagination: _Pagination


class TradeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of ``/trades``."""

    asset: str
    side: str
    price: Decimal
    size: Decimal
    timestamp: Moment


def read_positions(body: bytes, *, what: str) -> tuple[tuple[HeldRow, ...], str | None]:
    """Read ``/v2/positions``, or the legacy bare array, and where the next page starts.

    Raises:
        BadData: a row cannot be read, or there is more but not said where.
    """
    if wire.is_array(body):
        legacy = wire.read(body, list[_LegacyPosition], what)
        held = ((row.asset, row.size, row.redeemable, row.condition_id) for row in legacy)
        cursor = None
    else:
        page = wire.read(body, PositionsPage, what)
        held = (
            (row.token_id, row.current_size, row.redeemable, row.condition_id) for row in page.data
        )
        cursor = page.pagination.next_cursor if page.pagination.has_more else None
        if page.pagination.has_more and not cursor:
            raise BadData(f"{what}.pagination says there is more but names no next_cursor")
    return tuple(
        _held(token, size, what=f"{what}[{number}]", redeemable=redeemable, condition_id=condition)
        for number, (token, size, redeemable, condition) in enumerate(held)
    ), cursor


def _held(token: str, size: Decimal, *, what: str, redeemable: bool, condition_id: str) -> HeldRow:
    if not size.is_finite() or size < 0:
        raise BadData(f"{what}.size was {size}; a size is a number not below 0")
    return HeldRow(
        wire.token_id(token, name=f"{what}.asset"), Shares(size), redeemable, condition_id
    )


def read_public_trades(body: bytes, *, what: str) -> tuple[TradeSeen, ...]:
    """Read ``/trades``. Raises ``BadData``."""
    return tuple(
        TradeSeen(
            wire.token_id(row.asset, name=f"{what}[{number}].asset"),
            wire.side(row.side, name=f"{what}[{number}].side"),
            wire.positive(row.price, name=f"{what}[{number}].price"),
            wire.positive(row.size, name=f"{what}[{number}].size"),
            wire.required_instant(row.timestamp, name=f"{what}[{number}].timestamp"),
        )
        for number, row in enumerate(wire.read(body, list[TradeRow], what))
    )
