"""What an order needs of its market is read before there is an order, and kept fresh."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from bot.clock import SystemClock
from bot.sandbox.chain import LocalMarkets
from bot.sandbox.server import Sandbox
from bot.venues.polymarket.order_markets import READ_AHEAD, OrderMarkets
from bot.venues.polymarket.readiness import Readiness
from bot.venues.polymarket.reads import Reads
from tests.fakes import START, ManualClock, make_book
from tests.venues.polymarket.counter import QUICK

MARKET = LocalMarkets().ctf("fed-cuts")
YES = MARKET.token_ids[0]
BOOK = make_book(YES, bids=[("0.3", "10")], asks=[("0.4", "10")], at=START)


@asynccontextmanager
async def reading(
    sandbox: Sandbox, clock: ManualClock
) -> AsyncIterator[tuple[OrderMarkets, Readiness]]:
    """Read ahead for a token whose book has come."""
    gamma, clob = (
        Reads(base_url=url, clock=clock, pace=QUICK)
        for url in (sandbox.endpoints.gamma, sandbox.endpoints.clob)
    )
    markets = OrderMarkets(directory=gamma, exchange=clob, clock=clock)
    readiness = Readiness(markets=markets, clock=SystemClock())
    readiness.hear(BOOK)
    task = asyncio.ensure_future(readiness.run())
    try:
        yield markets, readiness
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await gamma.close()
        await clob.close()


async def ready(markets: OrderMarkets) -> None:
    async with asyncio.timeout(10):
        while not markets.is_ready(YES):
            await SystemClock().sleep(0.01)


async def test_terms_are_read_ahead_again_and_again() -> None:
    clock = ManualClock()
    async with Sandbox(markets=[MARKET], clock=clock) as sandbox:
        async with reading(sandbox, clock) as (markets, _):
            await ready(markets)
            clock.advance(READ_AHEAD.total_seconds() + 1)
            assert not markets.is_ready(YES)
            await ready(markets)
        terms = [asked for asked in sandbox.rest.asked if "/clob-markets/" in asked]
        assert len(terms) == 2


async def test_a_market_that_is_not_found_is_not_asked_for_again_before_its_next_book() -> None:
    clock = ManualClock()
    other = LocalMarkets().ctf("another")
    async with (
        Sandbox(markets=[other], clock=clock) as sandbox,
        reading(sandbox, clock) as (markets, readiness),
    ):
        async with asyncio.timeout(10):
            while readiness._tokens:
                await SystemClock().sleep(0.01)
        assert not markets.is_ready(YES)
        readiness.hear(BOOK)
        assert readiness._tokens == {YES}
