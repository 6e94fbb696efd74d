"""Who trades in the tests of the contracts, on which markets, and what they own afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bot.model.account import Secret
from bot.model.market import Market
from bot.model.units import Usd
from bot.sandbox.chain import LocalChain, LocalMarkets
from bot.sandbox.chain.rpc import selector

STARTS_AT = datetime(2026, 9, 21, tzinfo=UTC)
MARKETS = LocalMarkets()
Make = Callable[[str], Market]
KINDS = pytest.mark.parametrize(
    "make",
    [MARKETS.ctf, MARKETS.neg_risk, MARKETS.v2, MARKETS.v2_neg_risk],
    ids=["ctf", "neg-risk", "v2", "v2-neg-risk"],
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trader:
    """A key, and where the money is that it trades with."""

    key: Secret
    wallet: str


async def fund(chain: LocalChain, trader: Trader) -> Trader:
    await chain.approve_all(trader.wallet)
    await chain.mint(trader.wallet, Usd(Decimal(100)))
    return trader


async def listed(chain: LocalChain, make: Make) -> Market:
    market = make("fed-cuts-in-december")
    await chain.prepare(market)
    return market


async def owned(chain: LocalChain, wallet: str, market: Market) -> tuple[str, str, str]:
    """Return cash and shares of both outcomes, as text."""
    first, second = [await chain.shares(wallet, token) for token in market.token_ids]
    return f"{await chain.cash(wallet):f}", f"{first:f}", f"{second:f}"


def error(name: str) -> str:
    """Return how a revert with this error looks: its first four bytes."""
    return "0x" + selector(name).hex()
