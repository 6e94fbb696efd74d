"""Says what became of our orders.

One that is not shown is not "cancelled" and not "never there" until the rules below say so; one
that was thought to have ended and is shown lives again; one that may not rest but does is
cancelled.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from bot.engine.act import cancel
from bot.engine.ports import Ports
from bot.errors import VenueError
from bot.model.orders import LiveOrder, OrderStatus, OrderType, VenueOrder
from bot.model.units import OrderId

DUST = Decimal("0.01")
"""An order this close to full is full. **Source:** POLYMARKET section 4.5."""
READS = 3
"""Where what happened may stay hidden, this many reads must not show an order."""
DEAD_AFTER = timedelta(seconds=60)
"""An order of unknown fate is dead only after ``READS`` reads over at least this time ..."""
DEAD_PAST_END = timedelta(seconds=120)
"""... and this long after its end (GTD) or its sending (FAK, FOK)."""
EARLY = timedelta(seconds=60)
"""The venue stops matching an order this long before the end that is written in it.
**Source:** POLYMARKET section 4.4."""


@dataclass(slots=True)
class Absence:
    """How often something was looked for in vain, and since when."""

    first_at: datetime
    reads: int = 0

    def lasts(self, now: datetime, *, reads: int, span: timedelta) -> bool:
        """Whether it is absent from so many reads over so long a time."""
        return self.reads >= reads and now - self.first_at >= span


@dataclass(slots=True)
class Fates:
    """Judges our orders; remembers only how often each was looked for."""

    ports: Ports
    _absent: dict[OrderId, Absence] = field(default_factory=dict)

    def looks(self, order_id: OrderId) -> int:
        """Return how often an order was looked for in vain since the start."""
        absence = self._absent.get(order_id)
        return absence.reads if absence else 0

    async def judge(self, shown: Mapping[OrderId, VenueOrder]) -> list[str]:
        """Record what became of each of our orders that has not ended; return what changed."""
        ledger, now = self.ports.ledger, self.ports.clock.now()
        changed: list[str] = []
        back = [order for order_id in shown if (order := ledger.order(order_id)) is not None]
        # The venue has let such orders rest after it called them unmatched (POLYMARKET 4.3).
        stray = [order.order_id for order in back if order.order_type is not OrderType.GTD]
        await cancel(self.ports, stray)
        orders = {order.order_id: order for order in (*ledger.orders_without_end(), *back)}
        for order in orders.values():
            fate = await self._fate(order, shown.get(order.order_id), now)
            if fate is None:
                continue
            status, detail = fate
            ledger.record_status(order.client_order_id, status, now, detail)
            if status is not OrderStatus.UNKNOWN:
                self._absent.pop(order.order_id, None)
            changed.append(f"{order.order_id} {status}: {detail}")
        return changed

    async def _fate(
        self, order: LiveOrder, shown: VenueOrder | None, now: datetime
    ) -> tuple[OrderStatus, str] | None:
        """Return what is proven of an order now; None if nothing new is."""
        if shown is not None:
            self._absent.pop(order.order_id, None)
            found = order.status is not OrderStatus.OPEN
            return (OrderStatus.OPEN, "the venue shows it resting") if found else None
        if order.open_shares <= DUST:
            return OrderStatus.FILLED, "its fills add up to its size"
        absence = self._absent.setdefault(order.order_id, Absence(now))
        absence.reads += 1
        if order.status is OrderStatus.OPEN or order.filled > 0:
            return await self._ended(order, absence, now)
        if order.status is OrderStatus.SUBMITTING:
            return OrderStatus.UNKNOWN, "found on disk without an answer; never sent again"
        return await self._dead(order, absence, now)

    async def _ended(
        self, order: LiveOrder, absence: Absence, now: datetime
    ) -> tuple[OrderStatus, str] | None:
        """An order that certainly was there and is not shown any more has ended.

        Its fills may come later than that, so its token is not freed at the first look.
        """
        lag = self.ports.venue.lag
        if lag and not absence.lasts(now, reads=READS, span=lag):
            return None
        if lag and order.filled == 0 and await self._may_be_executed(order):
            return None
        if order.order_type is not OrderType.GTD:
            return OrderStatus.CANCELLED, "filled what it could, the rest was killed"
        if order.expires_at is not None and now >= order.expires_at:
            return OrderStatus.EXPIRED, "its time ended"
        return OrderStatus.CANCELLED, "the venue shows it no longer"

    async def _dead(
        self, order: LiveOrder, absence: Absence, now: datetime
    ) -> tuple[OrderStatus, str] | None:
        end = order.sent_at if order.expires_at is None else order.expires_at + EARLY
        if not absence.lasts(now, reads=READS, span=DEAD_AFTER) or now < end + DEAD_PAST_END:
            return None
        if await self._may_be_executed(order):
            return None
        return OrderStatus.DEAD, f"looked for {absence.reads} times and never shown or filled"

    async def _may_be_executed(self, order: LiveOrder) -> bool:
        """Ask the last authority; if it is silent, nothing is proven."""
        try:
            return await self.ports.venue.is_executed(order.order_id, order.token_id)
        except VenueError as error:
            self.ports.report("source.failed", source=order.order_id, error=str(error))
            return True
