"""A running sandbox with two funded wallets, and the official clients turned to it."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from eth_account import Account
from polymarket import AsyncSecureClient, RelayerApiKey
from polymarket._internal.environment import PRODUCTION_CONFIG, create_environment
from polymarket.environments import Environment

from bot.clock import Clock, SystemClock
from bot.model.account import WalletKind
from bot.model.units import MILLION, TokenId
from bot.sandbox.server import Sandbox
from bot.sandbox.wallets import wallets_of
from tests.fakes import START, ManualClock, make_book
from tests.venues.polymarket.rig import CTF_IDS, V2_IDS, ctf_market, v2_market

KEY = "0x" + "11" * 32
OTHER_KEY = "0x" + "22" * 32
EOA: str = Account.from_key(KEY).address
OTHER: str = Account.from_key(OTHER_KEY).address
DEPOSIT = wallets_of(EOA, WalletKind.DEPOSIT)[0]
YES, NO = map(TokenId, CTF_IDS)


def environment_of(sandbox: Sandbox) -> Environment:
    """The official client's settings with every address turned to the sandbox."""
    ends = sandbox.endpoints
    names = [one.name for one in dataclasses.fields(PRODUCTION_CONFIG) if "url" in one.name]
    urls: dict[str, Any] = {name: ends.user_stream if "ws" in name else ends.rpc for name in names}
    urls |= {
        "clob_url": ends.clob,
        "gamma_url": ends.gamma,
        "data_url": ends.data,
        "relayer_url": ends.relayer,
        "rpc_url": ends.rpc,
        "clob_market_ws_url": ends.market_stream,
        "clob_user_ws_url": ends.user_stream,
        "relayer_poll_frequency_ms": 10,
    }
    config = dataclasses.replace(PRODUCTION_CONFIG, **urls)
    return create_environment(name="sandbox", config=config)


@asynccontextmanager
async def unified(
    sandbox: Sandbox, *, key: str = KEY, wallet: str | None = None
) -> AsyncIterator[AsyncSecureClient]:
    """The official client of today, logged in."""
    client = await AsyncSecureClient.create(
        private_key=key,
        wallet=wallet or Account.from_key(key).address,
        environment=environment_of(sandbox),
        api_key=RelayerApiKey(key="relayer", address=Account.from_key(key).address),
    )
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def running(clock: Clock | None = None) -> AsyncIterator[Sandbox]:
    """Both kinds of market with books, two EOAs and a deposit wallet with 100 USD each."""
    async with Sandbox(markets=[ctf_market(), v2_market()], clock=clock or SystemClock()) as it:
        for wallet in (EOA, OTHER, DEPOSIT):
            it.memory.give(wallet, 100 * MILLION)
        it.memory.deployed.add(DEPOSIT)
        bids, asks = [("0.50", "40"), ("0.49", "100")], [("0.54", "30"), ("0.55", "10")]
        it.tell(make_book(YES, bids=bids, asks=asks, at=START))
        it.tell(make_book(V2_IDS[0], bids=[("0.20", "50")], asks=[("0.23", "50")], at=START))
        yield it


__all__ = [
    "DEPOSIT",
    "EOA",
    "KEY",
    "NO",
    "OTHER",
    "OTHER_KEY",
    "YES",
    "ManualClock",
    "environment_of",
    "running",
    "unified",
]
