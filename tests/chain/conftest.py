"""One EVM node for all tests of a process; each test finds it as it was at first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from bot.clock import SystemClock
from bot.sandbox.chain import LocalChain
from bot.sandbox.chain.node import Node
from bot.sandbox.chain.orders import address_of
from tests.chain.traders import STARTS_AT, Trader, fund


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    """A running node; where it is not installed the tests fail and say what to do."""
    node = Node(clock=SystemClock(), starts_at=STARTS_AT)
    asyncio.run(node.start())
    yield node
    node.stop()


@pytest.fixture
async def chain(node: Node) -> AsyncIterator[LocalChain]:
    """The chain with all contracts in place; what a test does to it is undone."""
    async with LocalChain(clock=SystemClock(), starts_at=STARTS_AT, node=node) as chain:
        before = await chain.snapshot()
        yield chain
        await chain.revert(before)


@pytest.fixture
async def alice(chain: LocalChain) -> Trader:
    """A plain key with 100 pUSD and all approvals."""
    key = chain.accounts[3]
    return await fund(chain, Trader(key=key, wallet=address_of(key)))


@pytest.fixture
async def bob(chain: LocalChain) -> Trader:
    """Another one."""
    key = chain.accounts[4]
    return await fund(chain, Trader(key=key, wallet=address_of(key)))


@pytest.fixture
async def carol(chain: LocalChain) -> Trader:
    """The owner of a deposit wallet with 100 pUSD and all approvals."""
    key = chain.accounts[5]
    wallet = await chain.deploy_wallet(address_of(key))
    return await fund(chain, Trader(key=key, wallet=wallet))
