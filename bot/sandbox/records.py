"""All orders and trades of one exchange, and telling their owners of each change."""

import hashlib
from collections.abc import Sequence

from bot.clock import Clock
from bot.model.units import MILLION
from bot.sandbox.bank import Bank, Leg
from bot.sandbox.faults import Faults
from bot.sandbox.notices import Kind, Notices
from bot.sandbox.orders import Order
from bot.sandbox.settlement import Settlement
from bot.sandbox.trades import Settled, Trade, taker_fee_e6
from bot.sandbox.user_channel import UserChannel


class Records:
    """Keeps what has happened.

    Args:
        bank: Settles trades.
        user: The user channel.
        notices: Notifications.
        faults: For the fate of each trade.
        clock: The venue's time.
    """

    def __init__(
        self,
        *,
        bank: Bank,
        user: UserChannel,
        notices: Notices,
        faults: Faults,
        clock: Clock,
    ) -> None:
        self._user = user
        self._notices = notices
        self._faults = faults
        self._clock = clock
        self.settlement = Settlement(bank=bank, clock=clock, tell=self._tell_settled)
        self.orders: dict[str, Order] = {}
        self.trades: list[Trade] = []
        self._open: list[Order] = []

    def open_orders(self) -> list[Order]:
        """Return all open orders, oldest first."""
        self._open = [order for order in self._open if order.is_open]
        return list(self._open)

    def add(self, order: Order) -> None:
        """Keep a new order."""
        self.orders[order.order_id] = order
        self._open.append(order)
        self._user.tell_order(order, "PLACEMENT")

    def end(self, order: Order, why: str) -> None:
        """Mark an order as ended."""
        order.status = why
        self._user.tell_order(order, "CANCELLATION")
        self._notices.tell_order(order, Kind.CANCELED)

    def tell_killed(self, order: Order, why: str) -> None:
        """Tell the owner of an order that was never taken."""
        self._user.tell_order(order, "CANCELLATION", status=why)

    def execute(self, taker: Order, makers: Sequence[tuple[Order, int]], *, price_e6: int) -> Trade:
        """Record a match and start its settlement.

        Args:
            taker: The order that came last.
            makers: Orders it met and how many millionths of a share of each.
            price_e6: What the trade shows as its price, of the taker's token.
        """
        trade = Trade(
            trade_id=self._next_id(),
            taker=_taker_leg(taker, makers, price_e6),
            makers=tuple(
                Leg(order, size, order.price_e6 * size // MILLION, 0) for order, size in makers
            ),
            price_e6=price_e6,
            matched_at=self._now_s(),
            updated_at=self._now_s(),
        )
        self.trades.append(trade)
        for leg in trade.legs():
            leg.order.match(leg.shares_e6, trade.trade_id)
            if leg.order.order_id in self.orders:
                self._user.tell_order(leg.order, "UPDATE")
                self._notices.tell_order(leg.order, Kind.FILLED, trade)
        self._user.tell_trade(trade)
        self.settlement.begin(trade, self._faults.next_fate())
        return trade

    def _tell_settled(self, trade: Trade) -> None:
        self._user.tell_trade(trade)
        if trade.status is Settled.FAILED:
            for leg in trade.legs():
                self._notices.tell_order(leg.order, Kind.FAILED, trade)

    def _next_id(self) -> str:
        digits = hashlib.sha256(f"trade {len(self.trades)}".encode()).hexdigest()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))

    def _now_s(self) -> int:
        return int(self._clock.now().timestamp())


def _taker_leg(taker: Order, makers: Sequence[tuple[Order, int]], price_e6: int) -> Leg:
    shares = sum(size for _, size in makers)
    usd = sum(taker.own_price_e6(order.ladder_e6) * size // MILLION for order, size in makers)
    return Leg(taker, shares, usd, taker_fee_e6(shares, price_e6, taker.market.fee))
