"""The local venue and chain of a rehearsal, and the hands that move them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

from bot.app.rehearsal.files import MEETING, SERIES
from bot.clock import Clock
from bot.model.market import Book, Market, MarketChanged
from bot.model.units import ConditionId, TokenId
from bot.sandbox.chain import LocalChain, LocalMarkets
from bot.sandbox.server import Sandbox
from bot.venues.books import epoch_ms

_CENT_E6 = 10_000
_DEPTH_E6 = 4_000 * 1_000_000
_LEVELS = 4
BLOCK_S = 0.5
"""Between blocks; Polygon takes about 2 s."""


@dataclass(slots=True, kw_only=True)
class Scenery:
    """Four markets: two meetings of a series, one of each kind, and two more."""

    chain: LocalChain
    sandbox: Sandbox
    clock: Clock
    this_meeting: Market
    """On ConditionalTokens."""
    next_meeting: Market
    """Of Protocol V2."""
    recession: Market
    """On ConditionalTokens."""
    shutdown: Market
    """On ConditionalTokens, neg risk."""
    _cents: dict[TokenId, int] = field(default_factory=dict)

    @property
    def markets(self) -> Mapping[ConditionId, Market]:
        """As the venue shows them now."""
        return self.sandbox.exchange.markets

    def show(self, market: Market, cents: int) -> None:
        """Let other people's orders for YES stand around this price."""
        self._cents[market.token_ids[0]] = cents
        sizes = (_DEPTH_E6,) * _LEVELS
        self.sandbox.tell(
            Book(
                market.token_ids[0],
                epoch_ms(self.clock.now()),
                tuple((cents - step) * _CENT_E6 for step in range(1, _LEVELS + 1)),
                sizes,
                tuple((cents + step) * _CENT_E6 for step in range(1, _LEVELS + 1)),
                sizes,
            )
        )

    def bring_forward(self, market: Market, *, days: int) -> None:
        """Let a market end in so many days."""
        self._change(market, ends_at=self.clock.now() + timedelta(days=days))

    async def resolve(self, market: Market, *, yes: str) -> None:
        """Close a market and decide it: what one share of YES pays, as text."""
        self._change(market, accepting_orders=False, closed=True)
        payouts = (Decimal(yes), 1 - Decimal(yes))
        await self.chain.resolve(market, payouts)
        self._change(market, payouts=payouts)

    def _change(self, market: Market, **changes: object) -> None:
        now = self.markets[market.condition_id]
        changed = replace(now, **changes)  # type: ignore[arg-type]
        self.sandbox.tell(MarketChanged(market=changed, at=self.clock.now()))


@asynccontextmanager
async def open_scenery(clock: Clock) -> AsyncIterator[Scenery]:
    """Start node and venue, make the markets, show books, and let blocks come."""
    now = clock.now()
    meeting = LocalMarkets(series_slug=SERIES, ends_at=now + timedelta(days=30))
    later = LocalMarkets(series_slug=SERIES, ends_at=now + timedelta(days=500))
    single = LocalMarkets(ends_at=now + timedelta(days=200))
    this_meeting = replace(meeting.ctf("fed-january"), group_title=MEETING)
    next_meeting = replace(later.v2("fed-march"), group_title=MEETING)
    recession, shutdown = single.ctf("recession"), single.neg_risk("shutdown")
    markets = (this_meeting, next_meeting, recession, shutdown)
    async with LocalChain(clock=clock, starts_at=now) as chain:
        for market in markets:
            await chain.prepare(market)
        async with Sandbox(markets=markets, clock=clock, chain=chain) as sandbox:
            scenery = Scenery(
                chain=chain,
                sandbox=sandbox,
                clock=clock,
                this_meeting=this_meeting,
                next_meeting=next_meeting,
                recession=recession,
                shutdown=shutdown,
            )
            for market in markets:
                scenery.show(market, 30)
            blocks = asyncio.ensure_future(_mine(chain, clock))
            try:
                yield scenery
            finally:
                blocks.cancel()
                with suppress(asyncio.CancelledError):
                    await blocks


async def _mine(chain: LocalChain, clock: Clock) -> None:
    """Let blocks come, as they do whether anybody trades or not."""
    while True:
        await clock.sleep(BLOCK_S)
        await chain.mine()
