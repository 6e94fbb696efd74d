"""The trading floor of the simulated venue: judges, matches, rests and fills, without waiting.

It reads no clock and asks no source: time, markets and books are handed in.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from bot.core.matching import Match
from bot.core.venue_rules import Standing, check_against_venue, not_enough_balance
from bot.model.market import Book, Market, MarketChanged, MarketEvent
from bot.model.orders import (
    Accepted,
    CancelResult,
    Fill,
    LiveOrder,
    OrderIntent,
    OrderStatus,
    OrderType,
    PreparedOrder,
    Rejected,
    Side,
    SubmitResult,
    Unknown,
    VenueOrder,
)
from bot.model.units import (
    ZERO_SHARES,
    ZERO_USD,
    ConditionId,
    OrderId,
    Price,
    Shares,
    TokenId,
    TradeId,
    Usd,
    from_e6,
    to_e6,
)
from bot.venues.simulated.desk import Desk
from bot.venues.simulated.wallet import SimulatedStart, Wallet

GONE = "Order not found or already canceled"
MATCHED = "Order already matched"


class Floor:
    """All desks of the venue and the one account that trades there.

    Args:
        start: Orders that go on; those of a market without a desk wait until it opens.
        wallet: The account.
    """

    def __init__(self, *, start: SimulatedStart, wallet: Wallet) -> None:
        self._wallet = wallet
        self._desks: dict[ConditionId, Desk] = {}
        self._desk_of_token: dict[TokenId, Desk] = {}
        self._waiting = {o.order_id: _as_resting(o) for o in start.orders if _goes_on(o)}
        self._known = {order.order_id for order in start.orders}
        self._ends: dict[OrderId, str] = {}

    def missing_desks(self) -> tuple[ConditionId, ...]:
        """Return markets of orders that wait for their desk."""
        return tuple({order.condition_id: None for order in self._waiting.values()})

    def open_desk(self, market: Market, *, now: datetime) -> None:
        """Take note of a market's present state; orders that waited for it begin to rest."""
        desk = self._desks.get(market.condition_id)
        if desk is None:
            desk = self._desks[market.condition_id] = Desk(market)
            self._desk_of_token.update(dict.fromkeys(market.token_ids, desk))
        desk.market = market
        for order in [o for o in self._waiting.values() if o.condition_id == market.condition_id]:
            del self._waiting[order.order_id]
            desk.rest(order, book=None, now_ms=_ms(now))
        if market.closed or not market.accepting_orders or market.payouts is not None:
            self._end_all(desk, [o.order_id for o in desk.orders()], "CANCELED_MARKET_RESOLVED")
        self._end_all(desk, desk.off_grid(), "CANCELED_TICK_SIZE_CHANGED")

    def orders(self) -> tuple[VenueOrder, ...]:
        """Return all resting orders."""
        resting = [order for desk in self._desks.values() for order in desk.orders()]
        return (*self._waiting.values(), *resting)

    def pass_time(self, now: datetime) -> None:
        """End what ends by ``now``: orders past their time, settlements that are due."""
        for order in self._waiting.values():
            if order.expires_at is not None and order.expires_at <= now:
                self._ends[order.order_id] = "CANCELED_EXPIRED_ORDER"
        self._waiting = {i: o for i, o in self._waiting.items() if i not in self._ends}
        for desk in self._desks.values():
            self._end_all(desk, desk.ended_by(now), "CANCELED_EXPIRED_ORDER")
        self._wallet.settle(now=now)

    def hear(self, event: MarketEvent, *, now: datetime) -> None:
        """Let an event of the market do to our orders what it does, at its own time."""
        if isinstance(event, MarketChanged):
            if event.market.condition_id in self._desks:
                self.open_desk(event.market, now=now)
            return
        desk = self._desk_of_token.get(event.token_id)
        if desk is None or desk.is_idle:
            return
        at = _instant(event.as_of_ms if isinstance(event, Book) else event.at_ms)
        self._end_all(desk, desk.ended_by(at), "CANCELED_EXPIRED_ORDER")
        told = desk.hear_book(event) if isinstance(event, Book) else desk.hear_print(event)
        for order, shares in told:
            self._fill(order, shares, order.limit, ZERO_USD, is_maker=True, at=at, now=now)
            if order.filled + shares == order.size:
                self._end_all(desk, [order.order_id], MATCHED)

    def cancel(self, order_id: OrderId) -> CancelResult:
        """End an order, or say why it cannot be ended."""
        if self._waiting.pop(order_id, None) is None:
            desk = next((d for d in self._desks.values() if d.has(order_id)), None)
            if desk is None:
                detail = self._ends.get(order_id, GONE)
                return CancelResult(order_id=order_id, cancelled=False, detail=detail)
            desk.remove(order_id)
        self._ends[order_id] = GONE
        return CancelResult(order_id=order_id, cancelled=True)

    def judge(
        self,
        prepared: PreparedOrder,
        book: Book,
        *,
        now: datetime,
        post_only_until: datetime | None,
    ) -> SubmitResult:
        """Refuse, match or rest an order that has arrived; its market has a desk."""
        intent = prepared.intent
        if prepared.order_id in self._known:
            return Unknown(detail=f"order {prepared.order_id} is invalid. Duplicated.")
        desk = self._desks[intent.condition_id]
        standing = Standing(
            market=desk.market,
            book=book,
            now=now,
            free_usd=self._free_usd(),
            free_shares=self._free_shares(intent.token_id),
            post_only_until=post_only_until,
        )
        refusal = check_against_venue(prepared, standing)
        if refusal is not None:
            return refusal
        match = desk.match(intent, book, now_ms=_ms(now))
        refusal = _refuse_match(intent, match, standing)
        return refusal if refusal is not None else self._accept(prepared, match, book, now=now)

    def _accept(
        self, prepared: PreparedOrder, match: Match, book: Book, *, now: datetime
    ) -> Accepted:
        intent, desk = prepared.intent, self._desks[prepared.intent.condition_id]
        self._known.add(prepared.order_id)
        order = _from_intent(prepared)
        desk.take(intent, match, book, now_ms=_ms(now))
        for level in match.fills:
            shares, price = Shares(from_e6(level.size_e6)), Price(from_e6(level.price_e6))
            fee = Usd(from_e6(level.fee_e6))
            self._fill(order, shares, price, fee, is_maker=False, at=now, now=now)
            order = replace(order, filled=Shares(order.filled + shares))
        rests = intent.order_type is OrderType.GTD and order.filled < order.size
        if rests:
            desk.rest(order, book=book, now_ms=_ms(now))
        else:
            self._ends[order.order_id] = MATCHED
        return Accepted(
            order_id=order.order_id,
            resting=rests,
            detail=f"matched {order.filled.normalize():f} of {order.size.normalize():f} shares",
        )

    def _fill(
        self,
        order: VenueOrder,
        shares: Shares,
        price: Price,
        fee: Usd,
        *,
        is_maker: bool,
        at: datetime,
        now: datetime,
    ) -> None:
        # What was filled before and the time make the id unique, after a restart too.
        name = f"{order.order_id}/{to_e6(order.filled)}/{_ms(at)}"
        fill = Fill(
            trade_id=TradeId("0x" + hashlib.sha256(name.encode()).hexdigest()),
            order_id=order.order_id,
            token_id=order.token_id,
            side=order.side,
            size=shares,
            price=price,
            fee_usd=fee,
            is_maker=is_maker,
            at=at,
        )
        self._wallet.book(fill, now=now)

    def _end_all(self, desk: Desk, order_ids: Iterable[OrderId], why: str) -> None:
        for order_id in order_ids:
            desk.remove(order_id)
            self._ends[order_id] = why

    def _free_usd(self) -> Usd:
        reserved = sum(o.limit * (o.size - o.filled) for o in self.orders() if o.side is Side.BUY)
        return Usd(self._wallet.settled_usd() - reserved)

    def _free_shares(self, token_id: TokenId) -> Shares:
        reserved = sum(
            order.size - order.filled
            for order in self.orders()
            if order.side is Side.SELL and order.token_id == token_id
        )
        return Shares(self._wallet.settled_shares(token_id) - reserved)


def _refuse_match(intent: OrderIntent, match: Match, standing: Standing) -> Rejected | None:
    if intent.order_type is OrderType.FOK and match.open_e6:
        return Rejected(
            code="fok_not_filled",
            detail="order couldn't be fully filled. FOK orders are fully filled or killed.",
        )
    if intent.order_type is OrderType.FAK and not match.fills:
        return Rejected(
            code="fak_not_filled",
            detail="no orders found to match with FAK order. "
            "FAK orders are partially filled or killed if no match is found.",
        )
    # Fees are rounded per level, so many small levels can cost a few millionths more than the
    # worst case at the limit; cash never goes below zero for it.
    cost = Usd(from_e6(match.notional_e6 + match.fee_e6))
    if intent.side is Side.BUY and cost > standing.free_usd:
        return not_enough_balance(balance=standing.free_usd, needed=cost)
    return None


def _from_intent(prepared: PreparedOrder) -> VenueOrder:
    intent = prepared.intent
    return VenueOrder(
        order_id=prepared.order_id,
        condition_id=intent.condition_id,
        token_id=intent.token_id,
        side=intent.side,
        size=intent.size,
        filled=ZERO_SHARES,
        limit=intent.limit,
        expires_at=intent.expires_at,
    )


def _goes_on(order: LiveOrder) -> bool:
    return order.status is OrderStatus.OPEN and order.order_type is OrderType.GTD


def _as_resting(order: LiveOrder) -> VenueOrder:
    return VenueOrder(
        order_id=order.order_id,
        condition_id=order.condition_id,
        token_id=order.token_id,
        side=order.side,
        size=order.size,
        filled=order.filled,
        limit=order.limit,
        expires_at=order.expires_at,
    )


def _ms(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


def _instant(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)
