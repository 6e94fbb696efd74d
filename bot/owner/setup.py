"""Key, account and the world they act in; and how chain and venue are opened for them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.chain.addresses import Contracts
from bot.chain.reader import Chain
from bot.clock import Clock
from bot.model.account import Secret, TradingAccount
from bot.venues.polymarket.reads import Reads
from bot.venues.polymarket.sdk.client import BuilderKey, RelayerKey, Sdk
from bot.venues.polymarket.settings import Endpoints, Pace


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Where venue and chain are, and how they are asked."""

    endpoints: Endpoints
    contracts: Contracts
    confirmations: int
    """Blocks above one before the chain's word is taken."""
    clock: Clock
    pace: Pace


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Who acts, for which wallet, and in which world."""

    key: Secret
    account: TradingAccount
    keystore: Path | None
    """None: the key came from the environment."""
    relayer_key: RelayerKey | BuilderKey | None
    world: World


def make_chain(world: World) -> Chain:
    """Return the chain, not asked yet."""
    return Chain(
        rpc_url=world.endpoints.rpc,
        contracts=world.contracts,
        clock=world.clock,
        confirmations=world.confirmations,
    )


def make_reads(world: World, base_url: str) -> Reads:
    """Return what asks a public interface, not asked yet."""
    return Reads(base_url=base_url, clock=world.clock, pace=world.pace)


@asynccontextmanager
async def open_chain(world: World) -> AsyncIterator[Chain]:
    """Connect to the node.

    Raises:
        SourceDown: It does not answer.
        BadData: It is not on Polygon.
    """
    chain = make_chain(world)
    try:
        await chain.start()
        yield chain
    finally:
        await chain.close()


@asynccontextmanager
async def open_sdk(setup: Setup) -> AsyncIterator[Sdk]:
    """Log in at the venue. Raises as ``Sdk.open`` does."""
    sdk = await Sdk.open(
        key=setup.key,
        wallet=setup.account.wallet,
        endpoints=setup.world.endpoints,
        contracts=setup.world.contracts,
        pace=setup.world.pace,
        relayer_key=setup.relayer_key,
    )
    try:
        yield sdk
    finally:
        await sdk.close()
