"""Turns what we want to trade into orders the venue takes: the only place that rounds.

Size is rounded down to the venue's step, a buy's limit down to the tick, a sell's up.
"""

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.core.fees import FEE_STEP_E6, taker_fee_e6
from bot.core.hedge import Trade
from bot.model.decision import Reason
from bot.model.market import Market
from bot.model.orders import LiveOrder, OrderIntent, OrderType, Purpose, Side
from bot.model.units import (
    MILLION,
    ClientOrderId,
    EventId,
    Price,
    Shares,
    TokenId,
    Usd,
    UsdEst,
    from_e6,
    to_e6,
)

LOT_E6 = 10_000
"""Smallest size step: 0.01 share. **Source:** POLYMARKET section 4.5."""
CENT_E6 = 10_000
"""USD of a FAK or FOK buy has at most two decimals. **Source:** POLYMARKET section 4.5."""
MINIMUM_MARKETABLE_USD = Decimal(1)
"""Smallest order that takes. **Source:** POLYMARKET section 4.4."""


_FORCED = frozenset({Purpose.CLOSE, Purpose.ROLL_OUT})
_LEAST_COST = 0.005
"""USD: what is written as 0.00 is no divisor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A planned trade with all that an order needs."""

    event: EventId
    market: Market
    token_id: TokenId
    side: Side
    purpose: Purpose
    trade: Trade
    cycle: int
    order_type: OrderType = OrderType.FAK
    expires_at: datetime | None = None
    unit: str = ""


def make_intent(wish: Wish, *, most_usd: Decimal) -> OrderIntent | Reason:
    """Return the order for ``wish``, or why the venue would not take one that small.

    Args:
        wish: Shares as floats, limit in USD.
        most_usd: Most that limit times size plus fee may be for a buy; rounded down.
    """
    limit_e6 = _limit_on_tick(wish, wish.trade.limit)
    if limit_e6 is None:
        tick = wish.market.tick
        return Reason(
            code="NO_PRICE",
            text=f"a limit of {wish.trade.limit:.4f} USD leaves no price on the tick of {tick}",
        )
    size_e6 = _size_e6(wish, limit_e6)
    if wish.side is Side.BUY and _spend_e6(wish, size_e6, limit_e6) > most_usd * MILLION:
        # Money that binds is not tied up in a limit far above the levels the plan takes.
        limit_e6 = min(limit_e6, _limit_on_tick(wish, wish.trade.last_price) or limit_e6)
        size_e6 = min(_size_e6(wish, limit_e6), _affordable_e6(wish, limit_e6, most_usd))
    reason = _below_minimum(wish, size_e6, limit_e6)
    if reason is not None:
        return reason
    part = size_e6 / MILLION / wish.trade.shares
    return OrderIntent(
        client_order_id=client_order_id(wish.cycle, wish.token_id, wish.side),
        event=wish.event,
        condition_id=wish.market.condition_id,
        token_id=wish.token_id,
        side=wish.side,
        size=Shares(from_e6(size_e6)),
        limit=Price(from_e6(limit_e6)),
        order_type=wish.order_type,
        purpose=wish.purpose,
        post_only=wish.order_type is OrderType.GTD,
        expires_at=wish.expires_at,
        fee_usd=Usd(from_e6(_worst_fee_e6(wish, size_e6, limit_e6))),
        benefit_usd_est=UsdEst(float(f"{wish.trade.benefit * min(part, 1.0):.9g}")),
        cost_usd_est=UsdEst(float(f"{wish.trade.cost * min(part, 1.0):.9g}")),
        unit=wish.unit,
    )


def say_bargain(order: OrderIntent | LiveOrder) -> str:
    """Return an order's benefit and cost in USD and their ratio, in words."""
    benefit, cost = order.benefit_usd_est, order.cost_usd_est
    said = f"benefit {benefit:,.2f}, cost {cost:,.2f} USD"
    if order.purpose in _FORCED:
        return f"benefit not weighed: the reason to hold is gone, cost {cost:,.2f} USD"
    return f"{said}, ratio {benefit / cost:.1f}" if cost >= _LEAST_COST else f"{said}, no ratio"


def client_order_id(cycle: int, token_id: TokenId, side: Side) -> ClientOrderId:
    """Return our id of the order: the same intent in the same cycle has the same id."""
    text = f"{cycle}/{token_id}/{side}"
    return ClientOrderId(hashlib.sha256(text.encode()).hexdigest()[:32])


def size_step_e6(limit_e6: int, order_type: OrderType, side: Side) -> int:
    """Return the smallest size step, millionths of a share, that keeps the venue's decimals.

    A FAK or FOK buy's USD must be whole cents, so its size steps in multiples that make
    ``limit * size`` one; everything else steps in lots.
    """
    if order_type is OrderType.GTD or side is Side.SELL:
        return LOT_E6
    whole = CENT_E6 * MILLION
    return math.lcm(LOT_E6, whole // math.gcd(limit_e6, whole))


def _limit_on_tick(wish: Wish, limit: float) -> int | None:
    tick = to_e6(wish.market.tick)
    steps = limit * MILLION / tick
    if wish.side is Side.SELL:
        return min(max(math.ceil(steps - 1e-9), 1) * tick, MILLION - tick)
    rounded = min(math.floor(steps + 1e-9) * tick, MILLION - tick)
    return rounded if rounded >= tick else None


def _size_e6(wish: Wish, limit_e6: int) -> int:
    step = size_step_e6(limit_e6, wish.order_type, wish.side)
    return int(wish.trade.shares * MILLION + 0.5) // step * step


def _spend_e6(wish: Wish, size_e6: int, limit_e6: int) -> int:
    return size_e6 * limit_e6 // MILLION + _worst_fee_e6(wish, size_e6, limit_e6)


def _affordable_e6(wish: Wish, limit_e6: int, most_usd: Decimal) -> int:
    """Return the largest size, on its step, whose worst cost is within ``most_usd``."""
    # The fee of many shares at once, so that rounding it is nothing to one share; the order's own
    # fee may still be rounded up by half a fee step.
    fee_e6 = -(-_worst_fee_e6(wish, MILLION * MILLION, limit_e6) // MILLION)
    step = size_step_e6(limit_e6, wish.order_type, wish.side)
    most_e6 = max(int(most_usd * MILLION) - FEE_STEP_E6, 0)
    return most_e6 * MILLION // (limit_e6 + fee_e6) // step * step


def _worst_fee_e6(wish: Wish, size_e6: int, limit_e6: int) -> int:
    if wish.order_type is OrderType.GTD:
        return 0
    price = _dearest_fee_price(limit_e6) if wish.side is Side.BUY else MILLION // 2
    return taker_fee_e6(size_e6, price, wish.market.fee)


def _dearest_fee_price(limit_e6: int) -> int:
    """Return the price up to ``limit_e6`` at which a match costs most: the fee peaks at 50c."""
    return min(limit_e6, MILLION // 2)


def _below_minimum(wish: Wish, size_e6: int, limit_e6: int) -> Reason | None:
    shares = from_e6(size_e6)
    if wish.order_type is OrderType.GTD:
        if shares >= wish.market.minimum_shares and size_e6 > 0:
            return None
        return Reason(
            code="BELOW_MINIMUM",
            text=f"{wish.trade.shares:.2f} shares; the venue's smallest resting order is"
            f" {wish.market.minimum_shares} shares",
        )
    price_e6 = min(limit_e6, int(wish.trade.last_price * MILLION + 0.5))
    if wish.side is Side.SELL:
        price_e6 = limit_e6
    notional = shares * from_e6(price_e6)
    if notional >= MINIMUM_MARKETABLE_USD:
        return None
    is_cut = size_e6 < _size_e6(wish, limit_e6)  # by the money, not only to its step
    said = shares if is_cut else wish.trade.shares
    return Reason(
        code="BELOW_MINIMUM",
        text=f"{said:.2f} shares at {from_e6(price_e6) * 100:.1f}c are"
        f" {notional:.2f} USD after rounding; the venue's smallest order that takes is"
        f" {MINIMUM_MARKETABLE_USD} USD",
    )


def say_until(order: LiveOrder) -> str:
    """Return until when an order without a known fate may rest, as its token waits so long."""
    if order.expires_at is None:
        return ""
    return (
        f", and its token is left alone: it may rest until {order.expires_at:%Y-%m-%d %H:%M:%S} UTC"
        " and is known to be dead two minutes later"
    )
