"""Turns trades into fills of our wallet's orders: whose they are, which side, what they cost.

Our part is found by wallet address, never by the trade's own side or token: buys of YES and of NO
match each other, and one trade may take from several orders of ours.

**Source:** POLYMARKET sections 4.7, 4.8, 4.12 and 9, read 2026-11.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from bot.chain.records import Execution
from bot.core.fees import taker_fee_e6
from bot.errors import BadData
from bot.model.market import FeeSchedule
from bot.model.orders import Fill, Side
from bot.model.units import (
    ZERO_SHARES,
    ZERO_USD,
    OrderId,
    Price,
    Shares,
    TokenId,
    Usd,
    from_e6,
    to_e6,
)
from bot.venues.polymarket import wire
from bot.venues.polymarket.account import MakerRow, TradeRow, fills_of

_MILLIONTH = Decimal("0.000001")


def takes(row: TradeRow, wallet: str) -> bool:
    """Whether an order of this wallet was the taker of a trade."""
    is_shown = row.maker_address.lower() == wallet.lower()
    return is_shown and row.trader_side in (None, "", "TAKER")


def own_fills(row: TradeRow, *, wallet: str, fees: Mapping[TokenId, FeeSchedule]) -> list[Fill]:
    """Return our executions in a trade, as the venue tells them: price and fee are estimates.

    Args:
        row: The trade.
        wallet: Whose executions.
        fees: Of the taker's token, if we took.

    Raises:
        BadData: a figure of ours cannot be read.
    """
    what = f"trade {row.id}"
    sides: dict[OrderId, Side] = {}
    if takes(row, wallet):
        sides[OrderId(row.taker_order_id)] = wire.side(row.side, name=f"{what}.side")
    for maker in row.maker_orders or ():
        if maker.maker_address.lower() == wallet.lower():
            sides[OrderId(maker.order_id)] = _maker_side(row, maker)
    fills = fills_of(row, side_of=sides.get, fee_of=lambda *_: ZERO_USD, what=what)
    return [fill if fill.is_maker else _as_taker(fill, row, fees[fill.token_id]) for fill in fills]


def changed_at(row: TradeRow) -> datetime:
    """Return when a trade last settled further. Raises ``BadData``."""
    matched = wire.required_instant(row.match_time, name=f"trade {row.id}.match_time")
    updated = wire.instant(row.last_update, name=f"trade {row.id}.last_update")
    return matched if updated is None else max(matched, updated)


def as_executed(fills: Sequence[Fill], executions: Iterable[Execution]) -> list[Fill]:
    """Return fills of one transaction with the sizes, cash and fees that the chain shows.

    Several trades of one order are one execution on chain: the last takes what is left over.

    Raises:
        BadData: the transaction did not execute one of the orders, or less than its trades.
    """
    by_order: defaultdict[OrderId, list[Fill]] = defaultdict(list)
    for fill in fills:
        by_order[OrderId(fill.order_id.lower())].append(fill)
    exact: list[Fill] = []
    executed = tuple(executions)
    for order_id, group in by_order.items():
        own = [one for one in executed if one.order_id.lower() == order_id]
        exact.extend(_share_out(sorted(group, key=lambda fill: fill.trade_id), own))
    return exact


def _share_out(fills: Sequence[Fill], own: Sequence[Execution]) -> list[Fill]:
    shares = Shares(sum((one.shares for one in own), ZERO_SHARES))
    usd = Usd(sum((one.usd for one in own), ZERO_USD))
    fee = Usd(sum((one.fee_usd for one in own), ZERO_USD))
    exact = []
    for fill in fills[:-1]:
        notional = Usd((fill.price * fill.size).quantize(_MILLIONTH))
        exact.append(replace(fill, notional_usd=notional))
        shares, usd = Shares(shares - fill.size), Usd(usd - notional)
        fee = Usd(fee - fill.fee_usd)
    last = fills[-1]
    if shares <= 0 or not 0 < usd < shares:
        raise BadData(
            f"trade {last.trade_id}: its transaction leaves {shares} shares for {usd} USD to order "
            f"{last.order_id}; it must have executed what the trade says"
        )
    price = (usd / shares).quantize(_MILLIONTH, ROUND_HALF_EVEN)
    exact.append(replace(last, size=shares, price=Price(price), fee_usd=fee, notional_usd=usd))
    return exact


def _maker_side(row: TradeRow, maker: MakerRow) -> Side:
    """Return the side of a resting order; older rows leave it out, but it follows from tokens."""
    name = f"trade {row.id}.maker_orders"
    if maker.side is not None:
        return wire.side(maker.side, name=f"{name}.side")
    taker = wire.side(row.side, name=f"trade {row.id}.side")
    if maker.asset_id != row.asset_id:
        return taker  # a buy of each outcome, or a sale of each
    return Side.SELL if taker is Side.BUY else Side.BUY


def _as_taker(fill: Fill, row: TradeRow, fee: FeeSchedule) -> Fill:
    """Price a fill of ours that took, level by level where the trade tells its levels.

    The trade's own price is that of one level, or our limit, if several were taken.
    """
    levels = [_level(row, maker) for maker in row.maker_orders or ()]
    if sum(size for _, size in levels) != fill.size:
        levels = [(fill.price, fill.size)]
    notional = sum((price * size for price, size in levels), Decimal(0))
    charged = sum(taker_fee_e6(to_e6(size), to_e6(price), fee) for price, size in levels)
    price = (notional / fill.size).quantize(_MILLIONTH, ROUND_HALF_EVEN)
    return replace(
        fill,
        price=Price(price),
        fee_usd=Usd(from_e6(charged)),
        notional_usd=Usd(notional) if notional % _MILLIONTH == 0 else None,
    )


def _level(row: TradeRow, maker: MakerRow) -> tuple[Decimal, Decimal]:
    """Return (price, shares) of one resting order, the price in terms of the taker's token."""
    name = f"trade {row.id}.maker_orders"
    price = wire.price(maker.price, name=f"{name}.price")
    size = wire.shares(maker.matched_amount, name=f"{name}.matched_amount")
    return (price if maker.asset_id == row.asset_id else 1 - price), size
