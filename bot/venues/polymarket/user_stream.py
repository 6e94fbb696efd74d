"""Reads the user channel: our orders and trades as they change.

It is a hint, not the record: nothing is replayed after a reconnect, so REST is asked again.

**Source:** POLYMARKET section 5.3 and payloads captured to 2026-07.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.model.orders import OrderStatus, VenueOrder
from bot.venues.polymarket import wire
from bot.venues.polymarket.account import OrderRow, TradeRow, venue_order
from bot.venues.polymarket.wire import Moment


class OrderMessage(OrderRow, frozen=True, kw_only=True, tag_field="event_type", tag="order"):
    """An order was placed, matched in part or whole, or ended."""

    type: str
    timestamp: Moment = None


class TradeMessage(TradeRow, frozen=True, kw_only=True, tag_field="event_type", tag="trade"):
    """A trade happened or settled further."""

    type: str = "TRADE"
    timestamp: Moment = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSeen:
    """What the user channel says of one order of ours."""

    order: VenueOrder
    status: OrderStatus
    detail: str
    """The venue's own words."""
    at: datetime | None


_STATUSES = {
    "LIVE": OrderStatus.OPEN,
    "DELAYED": OrderStatus.OPEN,
    "MATCHED": OrderStatus.FILLED,
    "CANCELED_EXPIRED_ORDER": OrderStatus.EXPIRED,
    "INVALID": OrderStatus.CANCELLED,
}


def order_status(status: str) -> OrderStatus:
    """Read an order's status; free text may follow ``CANCELED``, and a new word is unknown."""
    word = status.removeprefix("ORDER_STATUS_")
    found = _STATUSES.get(word)
    if found is not None:
        return found
    return OrderStatus.CANCELLED if word.startswith("CANCELED") else OrderStatus.UNKNOWN


def read_order_message(body: bytes, *, what: str) -> OrderSeen:
    """Read one order message. Raises ``BadData``."""
    return order_seen(wire.read(body, OrderMessage, what), what=what)


def order_seen(message: OrderMessage, *, what: str) -> OrderSeen:
    """Turn a message into our record. Raises ``BadData``."""
    return OrderSeen(
        order=venue_order(message, what=what),
        status=order_status(message.status),
        detail=message.status,
        at=wire.instant(message.timestamp, name=f"{what}.timestamp"),
    )


def read_trade_message(body: bytes, *, what: str) -> TradeMessage:
    """Read one trade message. Raises ``BadData``."""
    return wire.read(body, TradeMessage, what)


def read_user_messages(body: bytes, *, what: str) -> tuple[OrderMessage | TradeMessage, ...]:
    """Read a frame of the user channel: one message or an array. Raises ``BadData``."""
    array = body if wire.is_array(body) else b"[" + body + b"]"
    return tuple(wire.read(array, list[OrderMessage | TradeMessage], what))
