"""Key, account and the world they act in; and how chain and venue are opened for them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.chain.addresses import Contracts
from bot.chain.reader import Chain
from bot.clock import Clock
from bot.model.account import Secret, TradingAccount
from bot.venues.polymarket.sdk.client import BuilderKey, RelayerKey, Sdk
from bot.venues.polymarket.settings import Endpoints, Pace


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Who acts, for which wallet, and where the world is."""

    key: Secret
    account: TradingAccount
    keystore: Path | None
    relayer_key: RelayerKey | BuilderKey | None
    contracts: Contracts
    endpoints: Endpoints
    confirmations: int
    """Blocks above one before the chain's word is taken."""
    clock: Clock
    pace: Pace


def make_chain(setup: Setup) -> Chain:
    """Return the chain, not asked yet."""
    return Chain(
        rpc_url=setup.endpoints.rpc,
        contracts=setup.contracts,
        clock=setup.clock,
        confirmations=setup.confirmations,
    )


@asynccontextmanager
async def open_chain(setup: Setup) -> AsyncIterator[Chain]:
    """Connect to the node.

    Raises:
        SourceDown: It does not answer.
        BadData: It is not on Polygon.
    """
    chain = make_chain(setup)
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
        endpoints=setup.endpoints,
        contracts=setup.contracts,
        pace=setup.pace,
        relayer_key=setup.relayer_key,
    )
    try:
        yield sdk
    finally:
        await sdk.close()
