"""What the venue refuses, and in which words; nothing here matches, rests or moves cash."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from bot.core.fees import taker_fee_e6
from bot.core.matching import crosses
from bot.model.market import Book, Market
from bot.model.orders import OrderIntent, OrderType, PreparedOrder, Rejected, Side
from bot.model.units import Shares, Usd, from_e6, to_e6

LOT = Decimal("0.01")
"""Smallest size step of any order, shares. Source: POLYMARKET 4.5."""
CENT = Decimal("0.01")
MINIMUM_MARKETABLE_USD = Decimal(1)
"""Smallest notional of an order that takes. Source: POLYMARKET 4.4 (nautilus_trader #3874)."""
GTD_STOPS_EARLY = timedelta(seconds=60)
"""The venue stops matching a GTD this long before the end that is sent to it, so an order that is
to live until ``expires_at`` is sent with ``expires_at + 60 s``. Source: POLYMARKET 4.4."""
GTD_SHORTEST = timedelta(seconds=180)
"""The end that is sent must be at least this far off when the order is made.
Source: POLYMARKET 4.4 (polymarket-client 0.14, limit.py)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the venue knows at the instant at which it judges an order."""

    market: Market
    book: Book
    """Of the order's token."""
    now: datetime
    free_usd: Usd
    """Collateral that no resting buy has reserved."""
    free_shares: Shares
    """Of the order's token, that no resting sell has reserved."""
    post_only_until: datetime | None = None
    """End of the window after a restart of the engine in which nothing may take."""


def check_against_venue(order: PreparedOrder, standing: Standing) -> Rejected | None:
    """Return the venue's refusal of ``order``; None if it would judge it by its match alone.

    A FOK that finds too little and a FAK that finds nothing are refused after matching.

    Source: POLYMARKET 4.4, 4.5 and 4.10 for limits and texts. Codes are those of the official
    client where it has one, else ours.
    """
    for check in _CHECKS:
        refusal = check(order, standing)
        if refusal is not None:
            return refusal
    return None


def takes(intent: OrderIntent, book: Book) -> bool:
    """Return whether the order is one that takes: FAK, FOK, or a GTD whose limit crosses."""
    if intent.order_type is not OrderType.GTD:
        return True
    return crosses(side=intent.side, limit_e6=to_e6(intent.limit), book=book)


def needed_usd(intent: OrderIntent, standing: Standing) -> Usd:
    """Return the collateral a buy may need: its notional, with the fee if it takes.

    Price and fee together rise with the price, so the limit is the worst case.
    """
    if not takes(intent, standing.book):
        return intent.notional_usd
    fee = taker_fee_e6(to_e6(intent.size), to_e6(intent.limit), standing.market.fee)
    return Usd(intent.notional_usd + from_e6(fee))


def not_enough_balance(*, balance: Decimal, needed: Decimal) -> Rejected:
    """Return the refusal of an order that we cannot pay for; both in USD or both in shares."""
    return Rejected(
        code="not_enough_balance",
        detail="not enough balance / allowance: the balance is not enough -> "
        f"balance: {to_e6(balance)}, order amount: {to_e6(needed)}",
    )


def _check_market(order: PreparedOrder, standing: Standing) -> Rejected | None:
    market = standing.market
    if order.intent.token_id not in market.token_ids:
        return Rejected(
            code="unknown_token",
            detail=f"token {order.intent.token_id} not found in market {market.condition_id}",
        )
    if market.accepting_orders and not market.closed and market.payouts is None:
        return None
    return Rejected(
        code="market_not_ready",
        detail="the market is not yet ready to process new orders: "
        f"{market.condition_id} is {'not accepting orders' if not market.closed else 'closed'}",
    )


def _check_window(order: PreparedOrder, standing: Standing) -> Rejected | None:
    until = standing.post_only_until
    if order.intent.post_only or until is None or standing.now >= until:
        return None
    return Rejected(
        code="post_only_mode",
        detail="post-only mode: the matching engine has restarted; only post-only orders are "
        f"accepted until {until.isoformat()}",
    )


def _check_price(order: PreparedOrder, standing: Standing) -> Rejected | None:
    price, tick = order.intent.limit, standing.market.tick
    if price % tick != 0:
        return _wrong(order, "tick_size", f"Price ({price}) breaks minimum tick size rule: {tick}")
    if not tick <= price <= 1 - tick:
        return _wrong(
            order, "price_out_of_range", f"Price ({price}), min: {tick} - max: {1 - tick}"
        )
    return None


def _check_size(order: PreparedOrder, standing: Standing) -> Rejected | None:
    intent, smallest = order.intent, standing.market.minimum_shares
    if intent.size <= 0 or intent.size % LOT != 0:
        return _wrong(order, "size_decimals", f"Size ({intent.size}) must be a multiple of {LOT}")
    if intent.order_type is OrderType.GTD and intent.size < smallest:
        return _wrong(
            order, "minimum_size", f"Size ({intent.size}) lower than the minimum: {smallest}"
        )
    return None


def _check_notional(order: PreparedOrder, standing: Standing) -> Rejected | None:
    intent = order.intent
    if intent.notional_usd >= MINIMUM_MARKETABLE_USD or not takes(intent, standing.book):
        return None
    return Rejected(
        code="minimum_notional",
        detail=f"invalid amount for a marketable {intent.side.name} order "
        f"(${intent.notional_usd.normalize():f}), min size: ${MINIMUM_MARKETABLE_USD}",
    )


def _check_decimals(order: PreparedOrder, _standing: Standing) -> Rejected | None:
    # A sell needs no check of its own: lot times tick has no more decimals than the venue takes.
    intent = order.intent
    if intent.order_type is OrderType.GTD or intent.side is Side.SELL:
        return None
    if intent.notional_usd % CENT == 0:
        return None
    return Rejected(
        code="market_decimals",
        detail="invalid amounts, the market buy orders maker amount supports a max accuracy of "
        "2 decimals, taker amount a max of 4 decimals: "
        f"{intent.size} shares at {intent.limit} are {intent.notional_usd.normalize():f} USD",
    )


def _check_post_only(order: PreparedOrder, standing: Standing) -> Rejected | None:
    intent = order.intent
    if not intent.post_only:
        return None
    if intent.order_type is not OrderType.GTD:
        return Rejected(
            code="post_only_would_cross",
            detail=f"invalid post-only order: a {intent.order_type} never rests",
        )
    if takes(intent, standing.book):
        return Rejected(
            code="post_only_would_cross", detail="invalid post-only order: order crosses book"
        )
    return None


def _check_expiration(order: PreparedOrder, standing: Standing) -> Rejected | None:
    ends = order.intent.expires_at
    if order.intent.order_type is not OrderType.GTD:
        return None if ends is None else _bad_expiration(f"a {order.intent.order_type} has no end")
    if ends is None:
        return _bad_expiration("a GTD order needs an end")
    # The client checks when it makes the order; the venue only that the end is still ahead.
    if ends + GTD_STOPS_EARLY < order.made_at + GTD_SHORTEST or ends <= standing.now:
        return _bad_expiration(
            f"{(ends + GTD_STOPS_EARLY).isoformat()} must be at least "
            f"{GTD_SHORTEST.seconds} s after {order.made_at.isoformat()}"
        )
    return None


def _check_balance(order: PreparedOrder, standing: Standing) -> Rejected | None:
    intent = order.intent
    if intent.side is Side.SELL:
        if intent.size <= standing.free_shares:
            return None
        return not_enough_balance(balance=standing.free_shares, needed=intent.size)
    needed = needed_usd(intent, standing)
    if needed <= standing.free_usd:
        return None
    return not_enough_balance(balance=standing.free_usd, needed=needed)


def _wrong(order: PreparedOrder, code: str, text: str) -> Rejected:
    return Rejected(code=code, detail=f"order {order.order_id} is invalid. {text}")


def _bad_expiration(text: str) -> Rejected:
    return Rejected(code="invalid_expiration", detail=f"invalid expiration: {text}")


_CHECKS: tuple[Callable[[PreparedOrder, Standing], Rejected | None], ...] = (
    _check_market,
    _check_window,
    _check_price,
    _check_size,
    _check_expiration,
    _check_post_only,
    _check_notional,
    _check_decimals,
    _check_balance,
)
