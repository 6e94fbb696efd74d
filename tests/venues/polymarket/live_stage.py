"""The live venue against the local exchange and the local chain, and the hands that move both."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from bot.chain.addresses import POLYGON
from bot.chain.reader import Chain
from bot.chain.sender import Sender
from bot.chain.settings import ChainPace
from bot.chain.token_ids import is_v2
from bot.clock import SystemClock
from bot.model.account import Secret
from bot.model.market import Market, MarketChanged
from bot.model.units import Price, Shares, Usd
from bot.sandbox.chain import LocalChain
from bot.sandbox.chain.orders import address_of
from bot.sandbox.faults import Fate
from bot.sandbox.server import Sandbox
from bot.venues.polymarket.sdk.client import RelayerKey
from bot.venues.polymarket.venue import PolymarketVenue
from tests.fakes import Levels, ManualClock, make_book
from tests.venues.polymarket.counter import QUICK

CHAIN_PACE = ChainPace(timeout=5.0, first_wait=0.01, look_every=0.01, calls_per_request=20)
ALWAYS = 10_000


@dataclass
class LiveStage:
    """A funded account, its venue, and everybody else."""

    venue: PolymarketVenue
    sandbox: Sandbox
    local: LocalChain
    clock: ManualClock
    market: Market

    def now(self) -> datetime:
        return self.clock.now()

    async def show(self, *, bids: Levels, asks: Levels) -> None:
        book = make_book(self.market.token_ids[0], bids=bids, asks=asks, at=self.now())
        self.sandbox.tell(book)

    async def sell_to_bids(self, price: str, size: str) -> None:
        at = Price(Decimal(price))
        bids = [order for order in await self.venue.open_orders() if order.limit == at]
        self.sandbox.trade_against({bids[0].order_id: Shares(Decimal(size))}, sells=True)

    async def settle(self) -> None:
        await self.sandbox.settle()

    async def resolve(self, yes: str, no: str) -> Market:
        payouts = (Decimal(yes), Decimal(no))
        await self.local.resolve(self.market, payouts)
        self.market = replace(self.market, closed=True, accepting_orders=False, payouts=payouts)
        self.sandbox.tell(MarketChanged(market=self.market, at=self.now()))
        return self.market


async def fund(
    chain: LocalChain, wallet: str, market: Market, *, usd: int = 1000, shares: int = 100
) -> None:
    """Give a wallet cash, shares of the first outcome only, gas and all allowances."""
    await chain.approve_all(wallet)
    await chain.mint(wallet, Usd(Decimal(usd + shares)))
    await chain.split(wallet, market, Shares(Decimal(shares)))
    second = market.token_ids[1]
    tokens = POLYGON.position_manager if is_v2(second) else POLYGON.conditional_tokens
    elsewhere = address_of(chain.accounts[9])
    move = "safeTransferFrom(address,address,uint256,uint256,bytes)"
    await chain.send(wallet, tokens, move, wallet, elsewhere, int(second), shares * 10**6, b"")


@asynccontextmanager
async def open_stage(
    local: LocalChain,
    market: Market,
    *,
    key: Secret,
    wallet: str,
    more_markets: Sequence[Market] = (),
) -> AsyncIterator[LiveStage]:
    """Open the venue for a funded wallet; trades stay MATCHED until the stage settles them."""
    clock = ManualClock()
    waits = SystemClock()  # the node and the relayer take real time
    async with Sandbox(markets=[market, *more_markets], clock=clock, chain=local) as sandbox:
        sandbox.faults.fates = deque([Fate.HOLD] * ALWAYS)
        chain = Chain(
            rpc_url=sandbox.endpoints.rpc,
            contracts=POLYGON,
            clock=waits,
            confirmations=0,
            pace=CHAIN_PACE,
        )
        sender = Sender(
            rpc_url=sandbox.endpoints.rpc,
            key=key,
            clock=waits,
            contracts=POLYGON,
            confirmations=0,
            pace=CHAIN_PACE,
        )
        try:
            venue = await PolymarketVenue.open(
                key=key,
                wallet=wallet,
                chain=chain,
                sender=sender,
                endpoints=sandbox.endpoints,
                contracts=POLYGON,
                pace=QUICK,
                clock=clock,
                relayer_key=RelayerKey(key=Secret("relayer"), address=address_of(key)),
            )
            try:
                yield LiveStage(
                    venue=venue, sandbox=sandbox, local=local, clock=clock, market=market
                )
            finally:
                await venue.close()
        finally:
            await sender.close()
            await chain.close()
