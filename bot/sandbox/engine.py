"""The matching engine: takes orders, lets them meet, ends them, and tells whom it concerns.

**Source:** POLYMARKET sections 4.3 to 4.11 and 5.3, read 2026-11.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from bot.clock import Clock
from bot.model.market import Book, Market, MarketChanged, MarketEvent
from bot.model.units import ConditionId
from bot.sandbox import refusals
from bot.sandbox.bank import Bank
from bot.sandbox.checks import GTD_STOPS_EARLY_S, check_dollar
from bot.sandbox.exchange import Exchange
from bot.sandbox.faults import Faults, Unmatched
from bot.sandbox.house import House
from bot.sandbox.matching import Ladder, Meeting, by_price
from bot.sandbox.orders import DUST_E6, Order, Status
from bot.sandbox.records import Records
from bot.sandbox.refusals import Refusal
from bot.sandbox.signatures import domain_of
from bot.sandbox.stream import MarketChannel
from bot.sandbox.trades import Trade, taker_fee_e6
from bot.sandbox.view import View
from bot.venues.books import epoch_ms, mirror

GONE = "Order not found or already canceled"
ALREADY_MATCHED = "Order already matched"
ALREADY_CANCELED = "Order already canceled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What became of an order at once."""

    order: Order
    status: str
    """live, matched, delayed or unmatched."""
    trades: tuple[Trade, ...] = ()


class Engine:
    """Orders of our clients and the books they rest in.

    Args:
        exchange: Markets and the books that everybody sees.
        channel: Told when a book changes.
        records: Where orders and trades are kept and told of.
        house: Stands behind other people's levels.
        bank: For allowances.
        view: What the venue believes of balances.
        faults: What goes wrong.
        clock: The venue's time.
    """

    def __init__(
        self,
        *,
        exchange: Exchange,
        channel: MarketChannel,
        records: Records,
        house: House,
        bank: Bank,
        view: View,
        faults: Faults,
        clock: Clock,
    ) -> None:
        self._exchange = exchange
        self._channel = channel
        self._records = records
        self._house = house
        self._bank = bank
        self._view = view
        self._faults = faults
        self._clock = clock
        self._ladders: dict[ConditionId, Ladder] = {}
        self._delayed: list[tuple[float, Order]] = []
        self._one_at_a_time = asyncio.Lock()

    # --- other people and time

    def tell(self, event: MarketEvent) -> None:
        """Let an event of a tape happen. Raises ``BadData`` for a token of no market."""
        market = None
        if isinstance(event, Book):
            market = self._exchange.market_of(event.token_id)
        if isinstance(event, Book) and market is not None:
            is_first = event.token_id == market.token_ids[0]
            ladder = self._ladder(market)
            ladder.tell(event if is_first else mirror(event, market.token_ids[0]))
            self._let_others_cross(ladder)
            self._publish(market, as_of_ms=event.as_of_ms)
            return
        self._channel.send(self._exchange.hear(event))
        if isinstance(event, MarketChanged):
            self._change(event.market)

    def pass_time(self) -> None:
        """End what has ended by now, and let delayed orders match."""
        now = self._clock.now().timestamp()
        for order in self._records.open_orders():
            if order.expires_at and order.expires_at - GTD_STOPS_EARLY_S <= now:
                self.end(order, "CANCELED_EXPIRED_ORDER")
        waiting, self._delayed = self._delayed, []
        for due, order in waiting:
            if due > self._clock.monotonic():
                self._delayed.append((due, order))
            elif order.is_open:
                order.status = Status.LIVE
                meetings = self._ladder(order.market).meet(order)
                text = _why_killed(order, meetings)
                if text:
                    self.end(order, f"CANCELED_{text}")
                else:
                    self._match(order, meetings)

    def trade_against(self, wanted: Mapping[str, int], *, sells: bool = False) -> Trade:
        """Let one order of somebody else meet resting orders, all of them in one trade.

        Args:
            wanted: Order id -> millionths of a share; all orders on one side of one market.
            sells: Whether they sell. They buy otherwise: the complement of what we buy.
        """
        orders = [self._records.orders[order_id] for order_id in wanted]
        worst = (
            min(o.ladder_e6 for o in orders)
            if orders[0].ladder_bid
            else max(o.ladder_e6 for o in orders)
        )
        taker = self._house.counterpart(
            orders[0], ladder_e6=worst, size_e6=sum(wanted.values()), sells=sells
        )
        makers = [(order, wanted[order.order_id]) for order in orders]
        trade = self._records.execute(taker, makers, price_e6=taker.price_e6)
        self._drop_ended(orders[0].market)
        return trade

    # --- our clients

    async def place(self, order: Order) -> Placed:
        """Take an order whose signer and shape are in order.

        Raises:
            Refusal: With the reason; nothing of the order exists.
        """
        async with self._one_at_a_time:
            return await self._place(order)

    async def _place(self, order: Order) -> Placed:
        if order.order_id in self._records.orders:
            raise Refusal(400, refusals.duplicated(order.order_id))
        market = self._exchange.markets[order.market.condition_id]
        if market.closed or not market.accepting_orders or market.payouts is not None:
            raise Refusal(400, refusals.NOT_READY)
        ladder = self._ladder(market)
        takes = bool(ladder.meet(order)) or not order.is_resting_kind
        if takes and order.post_only:
            raise Refusal(400, refusals.CROSSES)
        if takes:
            check_dollar(order)
        await self._check_money(order, takes=takes)
        meetings = ladder.meet(order)
        self._check_match(order, meetings)
        return self._accept(order, meetings, delay_s=market.taker_delay_s)

    def _accept(self, order: Order, meetings: list[Meeting], *, delay_s: float) -> Placed:
        if meetings and self._faults.unmatched is Unmatched.GONE:
            return Placed(order=order, status="unmatched")
        self._records.add(order)
        if meetings and self._faults.unmatched is Unmatched.PLACED:
            self._rest(order)
            return Placed(order=order, status="unmatched")
        if meetings and delay_s:
            order.status = Status.DELAYED
            self._delayed.append((self._clock.monotonic() + delay_s, order))
            return Placed(order=order, status="delayed")
        trades = self._match(order, meetings)
        return Placed(order=order, status="matched" if trades else "live", trades=trades)

    def cancel(self, order: Order | None) -> str:
        """End an order at its owner's wish; return why it could not be ended, or nothing."""
        if order is None:
            return GONE
        if self._faults.cancel_races and order.is_open:
            shares = min(self._faults.cancel_races.popleft(), order.open_e6)
            self.trade_against({order.order_id: shares})
        if order.status == Status.MATCHED:
            return ALREADY_MATCHED
        if not order.is_open:
            return ALREADY_CANCELED
        self.end(order, Status.CANCELED)
        return ""

    def end(self, order: Order, why: str) -> None:
        """End an open order, telling its owner why."""
        self._records.end(order, why)
        self._drop_ended(order.market)

    # --- inside

    async def _check_money(self, order: Order, *, takes: bool) -> None:
        wallet, token = order.maker, None if order.buys else str(order.token_id)
        needed = order.size_e6
        if order.buys:
            fee = taker_fee_e6(order.size_e6, order.price_e6, order.market.fee) if takes else 0
            needed = order.usd_e6(order.size_e6) + fee
        balance = await self._view.balance(wallet, token)
        matched = self._view.matched(wallet, token)
        if balance - matched < needed:
            text = refusals.balance_short(balance=balance, matched=matched, needed=needed)
            raise Refusal(400, text)
        spender = domain_of(order.token_id, neg_risk=order.market.neg_risk).contract
        allowance = await self._bank.allowance(wallet, token, spender)
        if allowance < needed:
            raise Refusal(
                400, refusals.allowance_short(spender=spender, allowance=allowance, needed=needed)
            )

    def _check_match(self, order: Order, meetings: list[Meeting]) -> None:
        """Kill what may not rest and finds too little. The user channel tells of it, too."""
        text = _why_killed(order, meetings)
        if text:
            self._records.tell_killed(order, f"CANCELED_{text}")
            raise Refusal(400, text)

    def _match(self, order: Order, meetings: list[Meeting]) -> tuple[Trade, ...]:
        ladder = self._ladder(order.market)
        ladder.take(meetings, is_bid=not order.ladder_bid)
        trades = []
        for price, pieces in by_price(meetings):
            makers = [
                (
                    piece.order
                    or self._house.counterpart(order, ladder_e6=price, size_e6=piece.size_e6),
                    piece.size_e6,
                )
                for piece in pieces
            ]
            own = order.own_price_e6(price)
            trades.append(self._records.execute(order, makers, price_e6=own))
        if order.is_open and order.is_resting_kind:
            self._rest(order)
        elif order.is_open:
            self.end(order, Status.CANCELED)
        self._drop_ended(order.market)
        return tuple(trades)

    def _let_others_cross(self, ladder: Ladder) -> None:
        while crossing := ladder.next_crossing():
            order, meeting = crossing
            ladder.take([meeting], is_bid=not order.ladder_bid)
            taker = self._house.counterpart(
                order, ladder_e6=order.ladder_e6, size_e6=meeting.size_e6
            )
            makers = [(order, meeting.size_e6)]
            self._records.execute(taker, makers, price_e6=taker.price_e6)
            ladder.orders = [one for one in ladder.orders if one.is_open]

    def _change(self, market: Market) -> None:
        for order in self._records.open_orders():
            if order.market.condition_id == market.condition_id:
                order.market = market
                if market.closed or market.payouts is not None:
                    self.end(order, "CANCELED_MARKET_RESOLVED")

    def _rest(self, order: Order) -> None:
        self._ladder(order.market).orders.append(order)
        self._publish(order.market)

    def _drop_ended(self, market: Market) -> None:
        ladder = self._ladder(market)
        ladder.orders = [order for order in ladder.orders if order.is_open]
        self._publish(market)

    def _publish(self, market: Market, *, as_of_ms: int | None = None) -> None:
        at = epoch_ms(self._clock.now()) if as_of_ms is None else as_of_ms
        shown = self._ladder(market).shown(as_of_ms=at)
        self._channel.send(self._exchange.hear(shown))

    def _ladder(self, market: Market) -> Ladder:
        if market.condition_id not in self._ladders:
            self._ladders[market.condition_id] = Ladder(market.token_ids[0])
        return self._ladders[market.condition_id]


def _why_killed(order: Order, meetings: list[Meeting]) -> str:
    """Return why an order that may not rest is killed; empty if it goes on."""
    missing = order.size_e6 - sum(meeting.size_e6 for meeting in meetings)
    if order.order_type == "FOK" and missing >= DUST_E6:
        return refusals.FOK_KILLED
    if order.order_type == "FAK" and not meetings:
        return refusals.FAK_KILLED
    return ""
