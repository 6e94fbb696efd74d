"""A venue as nasty as the real one: a chain behind it, reads that lag, answers that get lost.

It outlives the daemon. What it shows late is late by the clock, so that a test can wait for it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.errors import VenueError
from bot.model.market import Market
from bot.model.orders import (
    Accepted,
    CancelResult,
    Fill,
    OrderIntent,
    OrderType,
    PreparedOrder,
    Side,
    SubmitResult,
    TradeSettlement,
    Unknown,
    VenueOrder,
)
from bot.model.transfers import Transfer, Transfers
from bot.model.units import (
    OrderId,
    Price,
    Shares,
    TokenId,
    TradeId,
    Usd,
    from_e6,
    to_e6,
)
from bot.venues.ports import Balances, Redemption
from tests.fakes import FakeMarketData, ManualClock

BLOCK_S = 2.0
FEE = Decimal("0.01")
"""What a fill is thought to cost; the chain charges a little more."""
EXACT_FEE = Decimal("0.010007")
ORDINARY = (TradeSettlement.MATCHED, TradeSettlement.MINED, TradeSettlement.CONFIRMED)


@dataclass(slots=True)
class Tx:
    """One transaction of our wallet on the chain."""

    name: str
    at: datetime
    changes: tuple[tuple[TokenId | None, int], ...]
    order_ids: tuple[OrderId, ...] = ()
    undone: bool = False


@dataclass(slots=True)
class Trade:
    """One match and how it settles: each step takes ``step_s`` from when it can be seen."""

    fill: Fill
    seen_at: datetime
    steps: tuple[TradeSettlement, ...]
    step_s: float = 10.0

    def status(self, now: datetime) -> TradeSettlement:
        passed = int((now - self.seen_at).total_seconds() // self.step_s)
        return self.steps[min(max(passed, 0), len(self.steps) - 1)]


@dataclass(slots=True)
class LiveVenue:
    """Fulfils ``bot.venues.ports.Venue``; a test turns its switches."""

    clock: ManualClock
    market_data: FakeMarketData
    lag: timedelta = timedelta(seconds=30)
    can_redeem: bool = True
    answers_lost: bool = False
    """Submits are carried out, but their answers never come."""
    orders_lost: bool = False
    """Submits never arrive."""
    matches: bool = True
    """Whether anything is found to trade with."""
    trades_lag_s: float = 10.0
    mined_after_s: float = 10.0
    """When the chain has a trade, whenever the venue shows it."""
    steps: tuple[TradeSettlement, ...] = ORDINARY
    redeems_fail: int = 0
    redeems_show_after_s: float = 0.0
    merges_fail: int = 0
    merges_show_after_s: float = 0.0
    merges: list[Decimal] = field(default_factory=list)
    """Pairs that each merge was asked for."""
    takes_at_most: Decimal = Decimal(10**9)
    """Shares that one order that takes finds."""
    sent: list[OrderId] = field(default_factory=list)
    resting: dict[OrderId, VenueOrder] = field(default_factory=dict)
    intents: dict[OrderId, OrderIntent] = field(default_factory=dict)
    trades: list[Trade] = field(default_factory=list)
    chain: list[Tx] = field(default_factory=list)
    prepared: int = 0
    redeems: int = 0

    # What the protocol asks for.

    async def balances(self, tokens: Collection[TokenId] = ()) -> Balances:
        owned = self.owned()
        cash = owned.pop(None, 0)
        return Balances(
            cash_usd=Usd(from_e6(cash)),
            shares={t: Shares(from_e6(e6)) for t, e6 in owned.items() if t is not None and e6},
        )

    async def open_orders(self) -> tuple[VenueOrder, ...]:
        now = self.clock.now()
        for order in list(self.resting.values()):
            if order.expires_at is not None and order.expires_at <= now:
                del self.resting[order.order_id]
        return tuple(self.resting.values())

    async def fills(self, *, since: datetime) -> tuple[Fill, ...]:
        now = self.clock.now()
        return tuple(
            self._shown(trade, now)
            for trade in self.trades
            if trade.seen_at <= now and trade.fill.at >= since
        )

    async def prepare(self, intent: OrderIntent) -> PreparedOrder:
        self.prepared += 1
        order_id = OrderId(f"0x{self.prepared:04}")
        self.intents[order_id] = intent
        return PreparedOrder(intent=intent, order_id=order_id, body=b"{}", made_at=self.clock.now())

    async def submit(self, prepared: PreparedOrder) -> SubmitResult:
        self.sent.append(prepared.order_id)
        if self.orders_lost:
            return Unknown(detail="no answer in 10 s")
        rests = prepared.intent.order_type is OrderType.GTD
        if rests:
            self._rest(prepared.order_id, prepared.intent)
        else:
            self._take(prepared.order_id, prepared.intent)
        if self.answers_lost:
            return Unknown(detail="no answer in 10 s")
        return Accepted(order_id=prepared.order_id, resting=rests)

    async def cancel(self, order_id: OrderId) -> CancelResult:
        gone = self.resting.pop(order_id, None)
        return CancelResult(order_id=order_id, cancelled=gone is not None)

    async def is_executed(self, order_id: OrderId, token_id: TokenId) -> bool:
        return any(order_id in tx.order_ids for tx in self._stands())

    async def transfers(self, *, since_block: int | None) -> Transfers:
        upto = self.block(self.clock.now())
        rows = [
            Transfer(
                transfer_id=f"{tx.name}/{index}",
                at=tx.at,
                transaction=tx.name,
                token_id=token,
                change_e6=change,
                order_ids=tx.order_ids,
                block=self.block(tx.at),
            )
            for tx in self._stands()
            if since_block is not None and self.block(tx.at) >= since_block
            for index, (token, change) in enumerate(tx.changes)
        ]
        return Transfers(upto_block=upto, rows=tuple(rows))

    async def redeem(self, market: Market) -> tuple[Redemption, ...]:
        self.redeems += 1
        if self.redeems_fail:
            self.redeems_fail -= 1
            raise VenueError("wallet busy: it has an active action")
        self.pay(market, after_s=self.redeems_show_after_s)
        return ()

    async def merge(self, market: Market, shares: Shares) -> None:
        self.merges.append(Decimal(shares))
        if self.merges_fail:
            self.merges_fail -= 1
            raise VenueError("wallet busy: it has an active action")
        owned = self.owned()
        pairs = min(to_e6(shares), *(owned.get(token, 0) for token in market.token_ids))
        if pairs > 0:
            at = self.clock.now() + timedelta(seconds=self.merges_show_after_s)
            one, other = market.token_ids
            moved = ((one, -pairs), (other, -pairs), (None, pairs))
            self.chain.append(Tx(f"0xmerge{len(self.chain)}", at, moved))

    # What the outside does.

    def hit(self, order_id: OrderId, size: str, *, trade: str = "") -> None:
        """Somebody takes part of what rests."""
        order = self.resting[order_id]
        shares = Shares(Decimal(size))
        self._match(order_id, self.intents[order_id], shares, order.limit, maker=True, trade=trade)
        left = replace(order, filled=Shares(order.filled + shares))
        self.resting[order_id] = left
        if left.filled >= left.size:
            del self.resting[order_id]

    def move(
        self, name: str, *changes: tuple[str | None, str], orders: tuple[str, ...] = ()
    ) -> None:
        """Something moves our money without us: token (None: cash) and by how much."""
        moved = tuple((TokenId(t) if t else None, to_e6(Decimal(by))) for t, by in changes)
        ids = tuple(OrderId(order) for order in orders)
        self.chain.append(Tx(name, self.clock.now(), moved, ids))

    def pay(self, market: Market, *, after_s: float = 0.0) -> None:
        """All our tokens of a resolved market are turned into their payout, by whomever."""
        owned, cash, changes = self.owned(), 0, []
        for token, payout in zip(market.token_ids, market.payouts or (), strict=True):
            size = owned.get(token, 0)
            if size:
                changes.append((token, -size))
                cash += int(size * payout)
        if changes:
            at = self.clock.now() + timedelta(seconds=after_s)
            paid: list[tuple[TokenId | None, int]] = [*changes, *([(None, cash)] if cash else [])]
            self.chain.append(Tx(f"0xredeem{len(self.chain)}", at, tuple(paid)))

    def reorg(self, name: str) -> None:
        """A block is undone with this transaction in it."""
        next(tx for tx in self.chain if tx.name == name and not tx.undone).undone = True

    def stranger(self) -> VenueOrder:
        """Somebody else's order under our key."""
        order = VenueOrder(
            order_id=OrderId("0xstranger"),
            condition_id=next(iter(self.market_data._markets)),
            token_id=TokenId("101"),
            side=Side.BUY,
            size=Shares(Decimal(50)),
            filled=Shares(Decimal(0)),
            limit=Price(Decimal("0.01")),
        )
        self.resting[order.order_id] = order
        return order

    def owned(self) -> dict[TokenId | None, int]:
        """Return cash (None) and tokens as the chain shows them now, in millionths."""
        owned: dict[TokenId | None, int] = {}
        for tx in self._stands():
            for token, change in tx.changes:
                owned[token] = owned.get(token, 0) + change
        return owned

    def block(self, at: datetime) -> int:
        return 1000 + int(at.timestamp() % 10_000_000 // BLOCK_S)

    def figures(self) -> Mapping[str, Any]:
        """Return what must be the same on both sides in the end."""
        owned = self.owned()
        return {
            "cash": from_e6(owned.get(None, 0)),
            "shares": {t: from_e6(n) for t, n in owned.items() if t is not None and n},
        }

    def _stands(self) -> list[Tx]:
        now = self.clock.now()
        return [tx for tx in self.chain if tx.at <= now and not tx.undone]

    def _rest(self, order_id: OrderId, intent: OrderIntent) -> None:
        self.resting[order_id] = VenueOrder(
            order_id=order_id,
            condition_id=intent.condition_id,
            token_id=intent.token_id,
            side=intent.side,
            size=intent.size,
            filled=Shares(Decimal(0)),
            limit=intent.limit,
            expires_at=intent.expires_at,
        )

    def _take(self, order_id: OrderId, intent: OrderIntent) -> None:
        quote = self.market_data.quote(intent.token_id)
        assert quote is not None
        buys = intent.side is Side.BUY
        best = quote.book.ask_prices[0] if buys else quote.book.bid_prices[0]
        price = Price(from_e6(best))
        if self.matches and (price <= intent.limit if buys else price >= intent.limit):
            size = Shares(min(intent.size, self.takes_at_most))
            self._match(order_id, intent, size, price)

    def _match(
        self,
        order_id: OrderId,
        intent: OrderIntent,
        size: Shares,
        price: Price,
        *,
        maker: bool = False,
        trade: str = "",
    ) -> None:
        now = self.clock.now()
        fill = Fill(
            trade_id=TradeId(trade or f"t{len(self.trades)}"),
            order_id=order_id,
            token_id=intent.token_id,
            side=intent.side,
            size=size,
            price=price,
            fee_usd=Usd(Decimal(0) if maker else FEE),
            is_maker=maker,
            at=now,
        )
        match = Trade(fill, now + timedelta(seconds=self.trades_lag_s), self.steps)
        self.trades.append(match)
        if TradeSettlement.FAILED in self.steps:
            return
        exact = self._exact(fill)
        change = to_e6(size) if intent.side is Side.BUY else -to_e6(size)
        mined = now + timedelta(seconds=self.mined_after_s)
        moved = ((intent.token_id, change), (None, to_e6(exact.cash_usd)))
        self.chain.append(Tx(f"0xtrade{len(self.trades)}", mined, moved, (order_id,)))

    def _shown(self, trade: Trade, now: datetime) -> Fill:
        status = trade.status(now)
        fill = replace(trade.fill, settlement=status)
        return self._exact(fill) if status is TradeSettlement.CONFIRMED else fill

    def _exact(self, fill: Fill) -> Fill:
        fee = Usd(Decimal(0) if fill.is_maker else EXACT_FEE)
        exact = (fill.price * fill.size).quantize(Decimal("0.000001"))
        return replace(fill, fee_usd=fee, notional_usd=Usd(exact))
