"""One EVM node for the tests of this folder that need it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest

from bot.clock import SystemClock
from bot.sandbox.chain import LocalChain
from bot.sandbox.chain.node import Node

STARTS_AT = datetime(2026, 9, 21, tzinfo=UTC)


@pytest.fixture(scope="session")
def node() -> Iterator[Node]:
    """A running node; without it the tests fail and say what to install."""
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
