"""Makes the ledger agree with the venue, by adding rows. Start-up runs it first: no special path.

Orders are judged in ``fates``, what no order explains in ``outside``, resolved markets in
``settle``; here they meet, and what still differs is explained or stops us.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.engine.compare import compare, say_difference
from bot.engine.errand import Errand
from bot.engine.fates import READS, Absence, Fates
from bot.engine.merge import merge_pairs, merging
from bot.engine.outside import Outside
from bot.engine.ports import Ports
from bot.engine.settle import redeem_owed, redeems_under_way, settle_resolved
from bot.engine.tell import tell_fills
from bot.errors import InvariantError
from bot.model.comparison import Compared, Comparison, Explanation, Sought
from bot.model.market import Market
from bot.model.orders import Fill, LiveOrder, OrderStatus, TradeSettlement, VenueOrder
from bot.model.units import ZERO_USD, OrderId, TokenId, Usd
from bot.model.view import Position, Redeemable

OVERLAP = timedelta(minutes=10)
"""Fills are asked for from this long before the last one seen: settlements change late."""
LATE = timedelta(hours=1)
"""The same where what happened may stay hidden, counted from all that may still bring a fill ..."""
FORGOTTEN = timedelta(days=1)
"""... and an order sent within this may: it is opened again if a fill of it appears."""
LOOKS = 3
"""A fill may come between two reads of one look; only a difference that stays is one."""
LOOK_AGAIN_S = 1.0
LOOK_EVERY = timedelta(seconds=15)
"""Between two reconciles while something is open, at a venue that shows it late."""
AGREED_FOR = timedelta(minutes=10)
"""How long both sides are taken to agree after a comparison that left nothing open, as long as
nobody has said anything since: two cycles, as ``check_every`` is by default."""


@dataclass(slots=True)
class Reconciler:
    """Compares ledger and venue; remembers only what it looked for, and since when."""

    ports: Ports
    fates: Fates = field(init=False)
    outside: Outside = field(init=False)
    errand: Errand = field(default_factory=Errand)
    """A redeem or a merge that the chain carries out."""
    stop: str = ""
    """Why no order may be sent now; empty if nothing here forbids it."""
    markets: tuple[Market, ...] = ()
    """Those that strategies name: pairs from outside are looked for in them."""
    look_again_at: datetime | None = None
    """When to reconcile again; None: the next cycle is soon enough."""
    _agreed_at: datetime | None = None
    """When both sides were last seen to agree; None: the last comparison failed or left doubt."""
    _strangers: set[str] = field(default_factory=set)
    _differs: Absence | None = None

    def __post_init__(self) -> None:
        """Make what looks after orders and transfers."""
        self.fates = Fates(self.ports)
        self.outside = Outside(self.ports)

    async def run(self) -> None:
        """Read the venue, add what is missing, compare.

        Raises:
            VenueError: a read failed; nothing is concluded from it.
            InvariantError: cash or positions differ and no open question explains it.
        """
        self.errand.check()
        self._agreed_at = None
        found = await self._look()
        for _ in range(LOOKS - 1):
            if not _unexplained(found):
                break
            await self.ports.clock.sleep(LOOK_AGAIN_S)
            found = await self._look()
        unexplained = _unexplained(found)
        lasting = self._is_lasting(differs=bool(unexplained))
        if unexplained and not lasting:
            self.stop = self.stop or f"{say_difference(unexplained[0])}; it is looked at again"
        self._conclude(found)
        if lasting:
            raise InvariantError("; ".join(say_difference(row) for row in unexplained))
        if not self.stop:
            await self._merge(found)

    def agrees(self) -> bool:
        """Whether the ledger alone tells what is ours: all agreed lately, and nothing is open."""
        ledger, now = self.ports.ledger, self.ports.clock.now()
        return (
            self._agreed_at is not None
            and now - self._agreed_at <= AGREED_FOR
            and not ledger.orders_without_end()
            and not ledger.fills_not_final()
        )

    def amiss(self) -> dict[str, str]:
        """Return what a person should know of: what it concerns -> why."""
        found = {"orders": f"nothing is sent: {self.stop}"} if self.stop else {}
        ports = self.ports
        owed = ports.ledger.account(ports.clock.now()).redeemable
        usd = sum(item.payout_usd for item in owed)
        if usd:
            text = f"{usd:,.2f} USD of resolved hedges are redeemable and not cash yet"
            hint = "" if ports.venue.can_redeem else "; `polyhedge owner redeem` fetches them"
            found["redeemable"] = text + hint
        return found

    async def _look(self) -> tuple[Compared, ...]:
        """Read and book once; return both sides line by line."""
        open_orders, fills = await self._read()
        new = self._book_fills(fills)
        changed = await self.fates.judge({order.order_id: order for order in open_orders})
        unreadable = await settle_resolved(self.ports)
        if self.ports.venue.lag:
            await redeem_owed(self.ports, self.errand)
        moved = await self.outside.read()
        unknown = len(self._unknown())
        found = await self._compare(unknown + unreadable)
        if new or changed or unknown or moved:
            self.ports.report("reconcile.finished", new_fills=new, changed=changed, unknown=unknown)
        return found

    async def _read(self) -> tuple[tuple[VenueOrder, ...], tuple[Fill, ...]]:
        # Orders first: one that fills in between is then still shown, or its fill is read.
        ledger = self.ports.ledger
        orders = await self.ports.venue.open_orders()
        fills = await self.ports.venue.fills(since=self._since())
        strangers = [order.order_id for order in orders if ledger.order(order.order_id) is None]
        self.stop = ""
        if strangers:
            self.stop = (
                f"the venue shows open order {min(strangers)}, which this ledger never sent:"
                " another program, or a person, uses this key. It is not touched; orders are sent"
                " again when it is gone"
            )
            self._tell_once(min(strangers), self.stop)
        return orders, fills

    def _since(self) -> datetime:
        """Return from when on fills are of interest."""
        ledger, now = self.ports.ledger, self.ports.clock.now()
        seen = ledger.last_fill_seen_at()
        if not self.ports.venue.lag:
            return datetime.min.replace(tzinfo=now.tzinfo) if seen is None else seen - OVERLAP
        live = {order.order_id for order in ledger.orders_without_end()}
        sent = [
            order.sent_at
            for order in ledger.orders()
            if order.order_id in live or order.sent_at > now - FORGOTTEN
        ]
        pending = [fill.at for fill in ledger.fills_not_final()]
        return min([now, *sent, *pending]) - LATE

    def _book_fills(self, fills: tuple[Fill, ...]) -> int:
        ledger, now = self.ports.ledger, self.ports.clock.now()
        ours = [fill for fill in fills if ledger.order(fill.order_id) is not None]
        for fill in fills:
            if ledger.order(fill.order_id) is None:
                text = (
                    f"the venue shows trade {fill.trade_id} of order {fill.order_id}, which this"
                    " ledger never sent; what it moves is booked as external"
                )
                self._tell_once(fill.order_id, text)
        with ledger.transaction():
            first = {
                fill.order_id
                for fill in ours
                if (order := ledger.order(fill.order_id)) is not None and order.filled == 0
            }
            new = [fill for fill in ours if ledger.record_fill(fill, now)]
            stands = [fill for fill in new if fill.settlement is not TradeSettlement.FAILED]
            tell_fills(self.ports, [fill for fill in stands if fill.order_id in first])
        for fill in new:
            self.ports.report(
                "fill.recorded",
                order_id=fill.order_id,
                trade_id=fill.trade_id,
                side=str(fill.side),
                size_shares=str(fill.size),
                price_usd=str(fill.price),
                fee_usd=str(fill.fee_usd),
                settlement=str(fill.settlement),
            )
        return len(new)

    def _unknown(self) -> list[LiveOrder]:
        return [
            order
            for order in self.ports.ledger.orders_without_end()
            if order.status is not OrderStatus.OPEN
        ]

    async def _compare(self, open_questions: int) -> tuple[Compared, ...]:
        ledger, now = self.ports.ledger, self.ports.clock.now()
        account, pending = ledger.account(now), self._pending()
        items: tuple[Position | Redeemable, ...] = (*account.positions, *account.redeemable)
        tokens = {*account.foreign, *pending, *(item.token_id for item in items)}
        balances = await self.ports.venue.balances(tuple(sorted(tokens)))
        if self.ports.venue.lag:
            open_questions += len(self.outside.waiting) + redeems_under_way(self.ports)
            open_questions += len(merging(self.ports))
        return compare(account, balances, pending=pending, open_questions=open_questions)

    async def _merge(self, rows: tuple[Compared, ...]) -> None:
        """Merge pairs on which both sides agree, and look soon at what became of it."""
        unsure = {row.token_id for row in rows if row.token_id and row.difference}
        ended = self.ports.ledger.fills_ended_since(self.ports.clock.now() - self.ports.venue.lag)
        unsure |= {fill.token_id for fill in ended if self.ports.venue.lag}
        if await merge_pairs(self.ports, self.errand, markets=self.markets, unsure=unsure):
            self._agreed_at = None
            if self.ports.venue.lag:
                self.look_again_at = self.ports.clock.now() + LOOK_EVERY

    def _pending(self) -> set[TokenId]:
        """Return tokens with a fill that the chain may not show yet."""
        ledger, lag = self.ports.ledger, self.ports.venue.lag
        if not lag:
            return set()
        ended = ledger.fills_ended_since(self.ports.clock.now() - lag)
        booked = {fill.token_id for fill in (*ledger.fills_not_final(), *ended)}
        return booked | self.outside.executed

    def _is_lasting(self, *, differs: bool) -> bool:
        """Whether an unexplained difference has lasted too long to be a read that lags."""
        if not differs:
            self._differs = None
            return False
        now, lag = self.ports.clock.now(), self.ports.venue.lag
        self._differs = self._differs or Absence(now)
        self._differs.reads += 1
        return self._differs.lasts(now, reads=READS if lag else 1, span=lag)

    def _conclude(self, rows: tuple[Compared, ...]) -> None:
        """Tell of differences, and leave the comparison where `polyhedge reconcile` reads it."""
        ports, now = self.ports, self.ports.clock.now()
        differing = [row for row in rows if row.difference]
        if any(row.explanation is not Explanation.NOT_FINAL for row in differing):
            ports.report(
                "reconcile.mismatched",
                differences=tuple(say_difference(row) for row in differing),
                explanations=tuple(str(row.explanation) for row in differing),
            )
        sought = self._sought()
        open_now = differing or sought or self.stop or ports.ledger.fills_not_final()
        is_open = bool(open_now or merging(ports) or self.errand.is_under_way)
        self.look_again_at = now + LOOK_EVERY if ports.venue.lag and is_open else None
        self._agreed_at = None if is_open else now
        owed = ports.ledger.account(now).redeemable
        ports.ledger.record_comparison(
            Comparison(
                at=now,
                rows=rows,
                sought=tuple(self._describe(order) for order in sought),
                redeemable_usd=Usd(sum((item.payout_usd for item in owed), ZERO_USD)),
                stop=self.stop,
            )
        )

    def _sought(self) -> list[LiveOrder]:
        """Return orders that were looked for in vain, or whose fate is not known."""
        return [
            order
            for order in self.ports.ledger.orders_without_end()
            if order.status is not OrderStatus.OPEN or self.fates.looks(order.order_id)
        ]

    def _describe(self, order: LiveOrder) -> Sought:
        return Sought(
            order_id=order.order_id,
            event=order.event,
            token_id=order.token_id,
            side=order.side,
            size=order.size,
            status=order.status,
            sent_at=order.sent_at,
            looks=self.fates.looks(order.order_id),
            next_look_at=self.look_again_at,
        )

    def _tell_once(self, order_id: OrderId, text: str) -> None:
        if order_id not in self._strangers:
            self._strangers.add(order_id)
            self.ports.report("reconcile.mismatched", differences=(text,))


def _unexplained(rows: tuple[Compared, ...]) -> list[Compared]:
    return [row for row in rows if row.explanation is Explanation.UNEXPLAINED]
