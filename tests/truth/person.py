"""Another program, or a person, who trades with the wallet that the daemon trades with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from bot.app.live import open_venue
from bot.model.orders import Accepted, OrderIntent, OrderType, Purpose, Side
from bot.model.units import ClientOrderId, EventId, OrderId, Price, Shares, Usd, UsdEst
from bot.venues.polymarket.venue import PolymarketVenue
from tests.truth.stage import Stage


@dataclass(slots=True)
class Person:
    """Their own client, logged in with the daemon's key."""

    stage: Stage
    venue: PolymarketVenue

    async def trade(self, side: Side, size: str, *, price: str, outcome: int = 0) -> OrderId:
        """Take from the book; return the order's id."""
        return await self._order(side, size, price=price, outcome=outcome, rests=False)

    async def rest(self, side: Side, size: str, *, price: str, outcome: int = 0) -> OrderId:
        """Leave an order in the book; return its id."""
        return await self._order(side, size, price=price, outcome=outcome, rests=True)

    async def cancel(self, order_id: OrderId) -> None:
        assert (await self.venue.cancel(order_id)).cancelled

    async def _order(
        self, side: Side, size: str, *, price: str, outcome: int, rests: bool
    ) -> OrderId:
        market = self.stage.market
        prepared = await self.venue.prepare(
            OrderIntent(
                client_order_id=ClientOrderId(f"{side} {size}"),
                event=EventId("theirs"),
                condition_id=market.condition_id,
                token_id=market.token_ids[outcome],
                side=side,
                size=Shares(Decimal(size)),
                limit=Price(Decimal(price)),
                order_type=OrderType.GTD if rests else OrderType.FAK,
                purpose=Purpose.OPEN,
                post_only=rests,
                expires_at=self.stage.clock.now() + timedelta(days=1) if rests else None,
                fee_usd=Usd(Decimal(0)),
                benefit_usd_est=UsdEst(0.0),
                cost_usd_est=UsdEst(0.0),
            )
        )
        self.stage.others.add(prepared.body)
        result = await self.venue.submit(prepared)
        assert isinstance(result, Accepted), result
        return prepared.order_id


@asynccontextmanager
async def someone(stage: Stage) -> AsyncIterator[Person]:
    """Log in beside the daemon."""
    async with open_venue(stage.settings, key=stage.key, clock=stage.clock) as venue:
        yield Person(stage, venue)
