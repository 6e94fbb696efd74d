"""Reads what the venue says of our own orders, trades and money; it asks nothing itself.

Our side of a fill comes from our order, never from the trade: buys of YES and of NO match each
other. **Source:** POLYMARKET sections 4.3, 4.7, 4.8, 4.13 and payloads captured to 2026-07.
"""

from collections.abc import Callable
from decimal import Decimal

import msgspec

from bot.errors import BadData
from bot.model.orders import CancelResult, Fill, Side, TradeSettlement, VenueOrder
from bot.model.units import (
    ConditionId,
    OrderId,
    Price,
    Shares,
    TokenId,
    TradeId,
    Usd,
    from_e6,
)
from bot.venues.polymarket import wire
from bot.venues.polymarket.wire import Moment

SideOf = Callable[[OrderId], Side | None]
"""Our side of an order of ours; None for somebody else's order."""
FeeOf = Callable[[TokenId, Price, Shares], Usd]
"""What the venue charges a taker for one match."""

_TRADE_PREFIX = "TRADE_STATUS_"
_SETTLEMENTS = {
    "MATCHED": TradeSettlement.MATCHED,
    "MATCHED_NOT_BROADCASTED": TradeSettlement.MATCHED,
    "MINED": TradeSettlement.MINED,
    "RETRYING": TradeSettlement.RETRYING,
    "CONFIRMED": TradeSettlement.CONFIRMED,
    "FAILED": TradeSettlement.FAILED,
}


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """An order of ours, from ``/data/order``, ``/data/orders`` or the user channel."""

    id: str
    status: str
    market: str
    asset_id: str
    side: str
    price: str
    original_size: str
    size_matched: str = ""
    """Empty on killed orders: nothing matched."""
    order_type: str = ""
    expiration: Moment = None
    created_at: Moment = None
    associate_trades: list[str] | None = None

    def filled(self, *, what: str) -> Shares:
        """Shares matched so far. Raises ``BadData``."""
        if self.size_matched == "":
            return Shares(Decimal(0))
        return wire.shares(self.size_matched, name=f"{what}.size_matched")


class _OrdersPage(msgspec.Struct, frozen=True, kw_only=True):
    data: list[OrderRow]
    next_cursor: str | None


class MakerRow(msgspec.Struct, frozen=True, kw_only=True):
    """One resting order that a trade took from; older rows have no side."""

    order_id: str
    asset_id: str
    matched_amount: str
    price: str
    side: str | None = None
    maker_address: str = ""


class TradeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One trade, from ``/data/trades`` or the user channel; sent again as it settles."""

    id: str
    taker_order_id: str
    market: str
    asset_id: str
    side: str
    size: str
    price: str
    status: str
    match_time: Moment
    last_update: Moment = None
    maker_orders: list[MakerRow] | None = None
    maker_address: str = ""
    """Wallet of the order that the row is shown for."""
    trader_side: str | None = None
    """``TAKER`` if that is the order that took."""
    transaction_hash: str | None = None


class _TradesPage(msgspec.Struct, frozen=True, kw_only=True):
    data: list[TradeRow]
    next_cursor: str | None


class _Cancelled(msgspec.Struct, frozen=True, kw_only=True):
    canceled: list[str]
    not_canceled: dict[str, str]


class _Balance(msgspec.Struct, frozen=True, kw_only=True):
    balance: str


def venue_order(row: OrderRow, *, what: str) -> VenueOrder:
    """Turn a row into our record. Raises ``BadData``."""
    ends = None if row.expiration in ("0", 0) else row.expiration
    return VenueOrder(
        order_id=OrderId(row.id),
        condition_id=ConditionId(row.market),
        token_id=wire.token_id(row.asset_id, name=f"{what}.asset_id"),
        side=wire.side(row.side, name=f"{what}.side"),
        size=wire.shares(row.original_size, name=f"{what}.original_size"),
        filled=row.filled(what=what),
        limit=wire.price(row.price, name=f"{what}.price"),
        expires_at=wire.instant(ends, name=f"{what}.expiration"),
    )


def read_order(body: bytes, *, what: str) -> VenueOrder | None:
    """Read ``/data/order/{id}``; None if the venue shows no such open order (null or empty).

    None is no proof that the order never was: it also means filled or cancelled.

    Raises:
        BadData: it cannot be read.
    """
    if body.strip() in (b"", b"null"):
        return None
    return venue_order(wire.read(body, OrderRow, what), what=what)


def read_orders(body: bytes, *, what: str) -> tuple[tuple[VenueOrder, ...], str | None]:
    """Read a page of open orders and where the next one starts. Raises ``BadData``."""
    page = wire.read(body, _OrdersPage, what)
    orders = tuple(
        venue_order(row, what=f"{what} data[{number}]") for number, row in enumerate(page.data)
    )
    return orders, wire.next_cursor(page.next_cursor)


def read_trades(body: bytes, *, what: str) -> tuple[tuple[TradeRow, ...], str | None]:
    """Read a page of trades and where the next one starts. Raises ``BadData``."""
    page = wire.read(body, _TradesPage, what)
    return tuple(page.data), wire.next_cursor(page.next_cursor)


def read_trade(body: bytes, *, what: str) -> TradeRow:
    """Read one trade. Raises ``BadData``."""
    return wire.read(body, TradeRow, what)


def fills_of(row: TradeRow, *, side_of: SideOf, fee_of: FeeOf, what: str) -> tuple[Fill, ...]:
    """Return our executions in a trade; several if it took from several orders of ours.

    Args:
        row: The trade.
        side_of: Tells our orders from others.
        fee_of: The taker's fee; the wire's own figure is a relic and often "0".
        what: Where the row comes from, for messages.

    Raises:
        BadData: a figure of ours cannot be read.
    """
    fills = []
    taker = OrderId(row.taker_order_id)
    taker_side = side_of(taker)
    if taker_side is not None:
        fills.append(_fill(row, None, order_id=taker, side=taker_side, fee_of=fee_of, what=what))
    for maker in row.maker_orders or ():
        order_id = OrderId(maker.order_id)
        side = side_of(order_id)
        if side is not None:
            fills.append(_fill(row, maker, order_id=order_id, side=side, fee_of=fee_of, what=what))
    return tuple(fills)


def _fill(
    row: TradeRow,
    maker: MakerRow | None,
    *,
    order_id: OrderId,
    side: Side,
    fee_of: FeeOf,
    what: str,
) -> Fill:
    where = f"{what} of trade {row.id}"
    token = wire.token_id(maker.asset_id if maker else row.asset_id, name=f"{where}.asset_id")
    size = wire.shares(maker.matched_amount if maker else row.size, name=f"{where}.size")
    price = wire.price(maker.price if maker else row.price, name=f"{where}.price")
    return Fill(
        trade_id=TradeId(row.id),
        order_id=order_id,
        token_id=token,
        side=side,
        size=size,
        price=price,
        fee_usd=Usd(Decimal(0)) if maker else fee_of(token, price, size),
        is_maker=maker is not None,
        at=wire.required_instant(row.match_time, name=f"{where}.match_time"),
        settlement=settlement(row.status, name=f"{where}.status"),
    )


def settlement(status: str, *, name: str) -> TradeSettlement:
    """Read how far a trade has settled. Raises ``BadData`` for a word not known."""
    found = _SETTLEMENTS.get(status.upper().removeprefix(_TRADE_PREFIX))
    if found is None:
        raise BadData(f"{name} was {status!r}; it must be one of {', '.join(_SETTLEMENTS)}")
    return found


def read_cancel(body: bytes, order_id: OrderId, *, what: str) -> CancelResult:
    """Read what became of the cancel of ``order_id``.

    Raises:
        BadData: the answer cannot be read or does not name the order: its fate is not known.
    """
    answer = wire.read(body, _Cancelled, what)
    if order_id in answer.canceled:
        return CancelResult(order_id=order_id, cancelled=True)
    reason = answer.not_canceled.get(order_id)
    if reason is None:
        raise BadData(f"{what} does not name order {order_id}; whether it ended is not known")
    return CancelResult(order_id=order_id, cancelled=False, detail=reason)


def read_balance(body: bytes, *, what: str) -> Decimal:
    """Read ``/balance-allowance``: USD or shares, exact. Raises ``BadData``."""
    raw = wire.read(body, _Balance, what).balance
    if not raw.isdecimal():
        raise BadData(f"{what}.balance was {raw!r}; it must be a whole number of millionths")
    return from_e6(int(raw))
