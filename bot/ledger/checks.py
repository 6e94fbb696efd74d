"""What a new row may not contradict."""

from dataclasses import replace
from decimal import Decimal

from bot.errors import InvariantError
from bot.model.orders import Fill, LiveOrder, OrderStatus, TradeSettlement
from bot.model.units import Shares

_DUST = Decimal("0.01")
"""Shares by which venues round; a fill may exceed its order by this much."""

_FINALITY = {
    TradeSettlement.MATCHED: 0,
    TradeSettlement.MINED: 1,
    TradeSettlement.RETRYING: 1,
    TradeSettlement.CONFIRMED: 2,
    TradeSettlement.FAILED: 2,
}


def ours(order: LiveOrder | None, fill: Fill) -> LiveOrder:
    """Return the order of a fill.

    Raises:
        InvariantError: It is not ours.
    """
    if order is None:
        raise InvariantError(
            f"the venue shows trade {fill.trade_id} of order {fill.order_id}, which this ledger"
            " never sent; does another program trade with this wallet?"
        )
    return order


def check_fill(fill: Fill, order: LiveOrder) -> None:
    """Refuse a new fill that does not fit its order.

    Raises:
        InvariantError: Another token or side, or more shares than the order still has open.
    """
    if (fill.token_id, fill.side) != (order.token_id, order.side):
        raise InvariantError(
            f"trade {fill.trade_id} {fill.side.value}s token {fill.token_id}, but order"
            f" {order.order_id} was to {order.side.value} token {order.token_id}"
        )
    if order.filled + fill.size > order.size + _DUST:
        raise InvariantError(
            f"trade {fill.trade_id} fills {fill.size} shares of order {order.order_id}, of whose"
            f" {order.size} shares {order.filled} are filled already"
        )


def figures(fill: Fill) -> tuple[Decimal, Decimal, Decimal]:
    """Return what a fill moves: shares, cash and fee, USD."""
    return fill.size, fill.cash_usd, fill.fee_usd


def is_news(known: Fill, fill: Fill, order: LiveOrder) -> bool:
    """Return whether a fill seen again has come further or is known more exactly.

    A source that lags behind is no news, whatever figures it has.

    Raises:
        InvariantError: It had come to an end, and now that is another one; or its figures are more
            than its order allows.
    """
    before, after = _FINALITY[known.settlement], _FINALITY[fill.settlement]
    if before == after == 2 and known.settlement is not fill.settlement:
        raise InvariantError(
            f"trade {fill.trade_id} was {known.settlement.value} and is now"
            f" {fill.settlement.value}; both are final"
        )
    if after < before or fill.settlement is known.settlement is TradeSettlement.FAILED:
        return False
    changed = figures(known) != figures(fill)
    if changed:
        check_fill(fill, replace(order, filled=Shares(order.filled - known.size)))
    return changed or known.settlement is not fill.settlement


def check_status(order: LiveOrder, status: OrderStatus, *, detail: str) -> None:
    """Refuse a status for an order that has ended.

    Raises:
        InvariantError: It has, and this is not an ``OPEN`` with the reason why it lives again.
    """
    if order.status.is_terminal and not (status is OrderStatus.OPEN and detail):
        raise InvariantError(
            f"order {order.order_id} has ended as {order.status.value}; it cannot become"
            f" {status.value} unless it is opened again with a reason"
        )
