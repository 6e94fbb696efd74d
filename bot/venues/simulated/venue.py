"""The simulated venue: the ``Venue`` protocol around the trading floor, with time and latency.

It never fills what no book or trade allows: without a book it can trust it refuses.
"""

import hashlib
import json
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from bot.clock import Clock
from bot.errors import DataError
from bot.model.market import Market, MarketEvent
from bot.model.orders import (
    CancelResult,
    Fill,
    OrderIntent,
    PreparedOrder,
    Rejected,
    SubmitResult,
    VenueOrder,
)
from bot.model.transfers import Transfers
from bot.model.units import OrderId, Shares, TokenId
from bot.venues.ports import Balances, MarketData, Redemption
from bot.venues.simulated.floor import Floor
from bot.venues.simulated.wallet import SimulatedStart, Wallet


class SimulatedVenue:
    """A venue without money that fulfils the ``Venue`` protocol.

    After a restart it is what ``start`` says: orders rest on at the back of their queue, what we
    had taken from the books is forgotten, and a fill that the ledger never saw never was.

    Args:
        market_data: The books and trades it fills against; it listens to them.
        clock: Its time; it sleeps on it.
        latency_s: From us to the venue, seconds. A market's taker delay comes on top for orders
            that are not post-only.
        settlement_delay_s: From match to final settlement, seconds.
        settlement_failures: Share of fills whose settlement fails, 0 to 1.
        start: Cash, tokens, orders and unsettled fills at the beginning.
        max_book_age_s: A book last confirmed longer ago than this is none: the order is refused.
    """

    def __init__(
        self,
        *,
        market_data: MarketData,
        clock: Clock,
        latency_s: float,
        settlement_delay_s: float,
        settlement_failures: float,
        start: SimulatedStart,
        max_book_age_s: float = 60.0,
    ) -> None:
        self._market_data = market_data
        self._clock = clock
        self._latency_s = latency_s
        self._max_book_age = timedelta(seconds=max_book_age_s)
        self._wallet = Wallet(
            start=start,
            settlement_delay_s=settlement_delay_s,
            settlement_failures=settlement_failures,
        )
        self._floor = Floor(start=start, wallet=self._wallet)
        self._prepared = 0
        self._post_only_until: datetime | None = None
        market_data.listen(self._hear)

    @property
    def lag(self) -> timedelta:
        """Zero: each read shows all that has happened."""
        return timedelta(0)

    @property
    def can_redeem(self) -> bool:
        """Always: there is no key."""
        return True

    def open_post_only_window(self, *, until: datetime) -> None:
        """Behave until then as the venue does after a restart of its engine: nothing takes."""
        self._post_only_until = until

    async def balances(self, tokens: Collection[TokenId] = ()) -> Balances:  # noqa: ARG002
        """Return cash and all tokens, those of unsettled fills included."""
        await self._catch_up()
        return self._wallet.balances()

    async def open_orders(self) -> tuple[VenueOrder, ...]:
        """Return every resting order."""
        await self._catch_up()
        return self._floor.orders()

    async def fills(self, *, since: datetime) -> tuple[Fill, ...]:
        """Return fills that happened or changed settlement at or after ``since``."""
        await self._catch_up()
        return self._wallet.fills(since=since)

    async def prepare(self, intent: OrderIntent) -> PreparedOrder:
        """Return the order with its id: a hash of the intent, the time and a running number."""
        self._prepared += 1
        now = self._clock.now()
        order = {
            "client_order_id": intent.client_order_id,
            "token_id": intent.token_id,
            "side": intent.side,
            "size": str(intent.size),
            "limit": str(intent.limit),
            "order_type": intent.order_type,
            "made_at": now.isoformat(),
            "salt": self._prepared,
        }
        body = json.dumps(order, sort_keys=True).encode()
        order_id = OrderId("0x" + hashlib.sha256(body).hexdigest())
        return PreparedOrder(intent=intent, order_id=order_id, body=body, made_at=now)

    async def submit(self, prepared: PreparedOrder) -> SubmitResult:
        """Match the order against the book of the instant at which it arrives.

        Refused with ``no_book`` when market data has no book to judge it by.
        """
        intent = prepared.intent
        try:
            market = await self._market_data.market(intent.condition_id)
            self._floor.open_desk(market, now=self._clock.now())
            delay_s = 0.0 if intent.post_only else market.taker_delay_s
            await self._clock.sleep(self._latency_s + delay_s)
            await self._market_data.refresh()
        except DataError as error:
            return _no_book(intent.token_id, str(error))
        await self._catch_up()
        now = self._clock.now()
        quote = self._market_data.quote(intent.token_id)
        if quote is None:
            return _no_book(intent.token_id, "it was never shown")
        if now - quote.confirmed_at > self._max_book_age:
            age_s = (now - quote.confirmed_at).total_seconds()
            return _no_book(
                intent.token_id,
                f"it was last confirmed {age_s:.0f} s ago; "
                f"the limit is {self._max_book_age.total_seconds():.0f} s",
            )
        if quote.book.is_crossed:
            return _no_book(intent.token_id, "its best bid is above its best ask")
        return self._floor.judge(
            prepared, quote.book, now=now, post_only_until=self._post_only_until
        )

    async def cancel(self, order_id: OrderId) -> CancelResult:
        """End an order after the latency; what filled until then stays filled."""
        await self._clock.sleep(self._latency_s)
        # If the source is silent, the order ends all the same: a cancel needs no book.
        with suppress(DataError):
            await self._market_data.refresh()
        await self._catch_up()
        return self._floor.cancel(order_id)

    async def is_executed(self, order_id: OrderId, token_id: TokenId) -> bool:  # noqa: ARG002
        """Whether it filled; nothing else can know more of it."""
        await self._catch_up()
        return any(
            fill.order_id == order_id
            for fill in self._wallet.fills(since=datetime.min.replace(tzinfo=UTC))
        )

    async def transfers(self, *, since_block: int | None) -> Transfers:  # noqa: ARG002
        """Return none: there is no chain."""
        return Transfers(upto_block=0, rows=())

    async def redeem(self, market: Market) -> tuple[Redemption, ...]:
        """Turn settled tokens of a resolved market into cash.

        Raises:
            VenueError: the market has no payouts yet.
        """
        await self._catch_up()
        return self._wallet.redeem(market)

    async def merge(self, market: Market, shares: Shares) -> None:
        """Turn settled pairs into cash, ``shares`` at most.

        Raises:
            VenueError: the market has resolved: its tokens are redeemed.
        """
        await self._catch_up()
        self._wallet.merge(market, shares)

    def _hear(self, event: MarketEvent) -> None:
        self._floor.hear(event, now=self._clock.now())

    async def _catch_up(self) -> None:
        now = self._clock.now()
        self._floor.pass_time(now)
        for condition_id in self._floor.missing_desks():
            # An order whose market cannot be read rests on, but fills nothing until it can.
            with suppress(DataError):
                self._floor.open_desk(await self._market_data.market(condition_id), now=now)


def _no_book(token_id: TokenId, why: str) -> Rejected:
    return Rejected(code="no_book", detail=f"no book of token {token_id} to match against: {why}")
