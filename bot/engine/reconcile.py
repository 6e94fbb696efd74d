"""Makes the ledger agree with the venue, by adding rows. Start-up runs it first: no special path.

An order that is not shown is not "cancelled" and not "never there" until the rules below say so.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from bot.engine.ports import Ports
from bot.engine.settle import settle_resolved
from bot.engine.tell import tell_fills
from bot.errors import InvariantError
from bot.model.orders import (
    Fill,
    LiveOrder,
    OrderStatus,
    OrderType,
    TradeSettlement,
    VenueOrder,
)
from bot.model.units import OrderId, TokenId

OVERLAP = timedelta(minutes=10)
"""Fills are asked for from this long before the last one seen: settlements change late."""
LOOKS = 3
"""A fill may come between two reads of one look; only a difference that stays is one."""
LOOK_AGAIN_S = 1.0
DUST = Decimal("0.01")
"""An order this close to full is full. **Source:** POLYMARKET section 4.5."""
DEAD_READS = 3
DEAD_AFTER = timedelta(seconds=60)
"""An unknown order is dead only after this many reads over at least this time without it."""
DEAD_PAST_END = timedelta(seconds=180)
"""... and this long after matching ended (GTD: 120 s after the end it states) or after its sending
(FAK, FOK)."""


@dataclass(slots=True)
class Absence:
    """How often an order was looked for and not found."""

    first_at: datetime
    reads: int = 1


@dataclass(frozen=True, slots=True)
class _Found:
    """What one look found."""

    differences: tuple[str, ...]
    """Between the venue's cash and shares and the ledger's, in words."""
    open_questions: int
    """Orders whose fate is open and held markets that cannot be read: a difference may be their
    work, and nothing is concluded from it."""


@dataclass(slots=True)
class Reconciler:
    """Compares ledger and venue; remembers only how often an unknown order was looked for."""

    ports: Ports
    _absent: dict[OrderId, Absence] = field(default_factory=dict)

    async def run(self) -> None:
        """Read the venue, add what is missing, compare.

        Raises:
            VenueError: a read failed; nothing is concluded from it.
            InvariantError: cash or positions differ and no open question explains it.
        """
        found = await self._look()
        for _ in range(LOOKS - 1):
            if not found.differences or found.open_questions:
                break
            await self.ports.clock.sleep(LOOK_AGAIN_S)
            found = await self._look()
        if found.differences:
            self.ports.report(
                "reconcile.mismatched", differences=found.differences, open=found.open_questions
            )
            if not found.open_questions:
                raise InvariantError("; ".join(found.differences))

    async def _look(self) -> _Found:
        """Read and book once; return what does not agree."""
        open_orders, fills = await self._read()
        new = self._book_fills(fills)
        changed = self._judge({order.order_id: order for order in open_orders})
        unreadable = await settle_resolved(self.ports)
        unknown = len(self._unknown())
        differences = await self._differences()
        if new or changed or unknown:
            self.ports.report("reconcile.finished", new_fills=new, changed=changed, unknown=unknown)
        return _Found(tuple(differences), unknown + unreadable)

    async def _read(self) -> tuple[tuple[VenueOrder, ...], tuple[Fill, ...]]:
        # Orders first: one that fills in between is then still shown, or its fill is read.
        seen = self.ports.ledger.last_fill_seen_at()
        since = (
            seen - OVERLAP
            if seen is not None
            else datetime.min.replace(tzinfo=self.ports.clock.now().tzinfo)
        )
        orders = await self.ports.venue.open_orders()
        fills = await self.ports.venue.fills(since=since)
        strangers = [o.order_id for o in orders if self.ports.ledger.order(o.order_id) is None]
        if strangers:
            raise InvariantError(
                f"the venue shows open order {min(strangers)}, which the ledger never sent"
            )
        return orders, fills

    def _book_fills(self, fills: tuple[Fill, ...]) -> int:
        ledger, now = self.ports.ledger, self.ports.clock.now()
        with ledger.transaction():
            first = {
                fill.order_id
                for fill in fills
                if (order := ledger.order(fill.order_id)) is not None and order.filled == 0
            }
            new = [fill for fill in fills if ledger.record_fill(fill, now)]
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

    def _judge(self, shown: dict[OrderId, VenueOrder]) -> list[str]:
        """Record what became of each of our orders that has not ended.

        One that was thought to have ended and is shown lives again: it may still take our cash.
        """
        ledger, now = self.ports.ledger, self.ports.clock.now()
        changed: list[str] = []
        back = [order for order_id in shown if (order := ledger.order(order_id)) is not None]
        orders = {order.order_id: order for order in (*ledger.orders_without_end(), *back)}
        for order in orders.values():
            fate = self._fate(order, shown.get(order.order_id), now)
            if fate is None:
                continue
            status, detail = fate
            ledger.record_status(order.client_order_id, status, now, detail)
            self._absent.pop(order.order_id, None)
            changed.append(f"{order.order_id} {status}: {detail}")
        return changed

    def _fate(
        self, order: LiveOrder, shown: VenueOrder | None, now: datetime
    ) -> tuple[OrderStatus, str] | None:
        """Return what is proven of an order now; None if nothing new is."""
        if shown is not None:
            self._absent.pop(order.order_id, None)
            found = order.status is not OrderStatus.OPEN
            return (OrderStatus.OPEN, "the venue shows it resting") if found else None
        if order.open_shares <= DUST:
            return OrderStatus.FILLED, "its fills add up to its size"
        if order.status is OrderStatus.OPEN or order.filled > 0:
            return self._ended(order, now)
        return self._dead(order, now)

    def _ended(self, order: LiveOrder, now: datetime) -> tuple[OrderStatus, str]:
        if order.order_type is not OrderType.GTD:
            return OrderStatus.CANCELLED, "filled what it could, the rest was killed"
        if order.expires_at is not None and now >= order.expires_at:
            return OrderStatus.EXPIRED, "its time ended"
        return OrderStatus.CANCELLED, "the venue shows it no longer"

    def _dead(self, order: LiveOrder, now: datetime) -> tuple[OrderStatus, str] | None:
        absent = self._absent.get(order.order_id)
        if absent is None:
            self._absent[order.order_id] = Absence(now)
            if order.status is OrderStatus.SUBMITTING:
                return OrderStatus.UNKNOWN, "found on disk without an answer; never sent again"
            return None
        absent.reads += 1
        end = order.expires_at if order.expires_at is not None else order.sent_at
        enough = absent.reads >= DEAD_READS and now - absent.first_at >= DEAD_AFTER
        if enough and now >= end + DEAD_PAST_END:
            return OrderStatus.DEAD, f"looked for {absent.reads} times and never shown or filled"
        return None

    def _unknown(self) -> list[LiveOrder]:
        return [
            order
            for order in self.ports.ledger.orders_without_end()
            if order.status is not OrderStatus.OPEN
        ]

    async def _differences(self) -> list[str]:
        """Hold cash and shares of the ledger against the venue's."""
        ledger, now = self.ports.ledger, self.ports.clock.now()
        balances = await self.ports.venue.balances()
        account = ledger.account(now)
        differences: list[str] = []
        if balances.cash_usd != account.cash_usd:
            differences.append(
                f"the venue shows {balances.cash_usd} USD of cash and the ledger {account.cash_usd}"
            )
        ours: dict[TokenId, Decimal] = {
            position.token_id: Decimal(position.shares) for position in account.positions
        }
        for token in sorted({*ours, *balances.shares}):
            there = Decimal(balances.shares.get(token, Decimal(0)))
            here = ours.get(token, Decimal(0))
            if there != here:
                differences.append(
                    f"the venue shows {there} shares of {token} and the ledger {here}"
                )
        return differences
