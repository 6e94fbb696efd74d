"""The local chain as a machine: it ends with us, repeats itself, and takes back what it said."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from bot.chain.addresses import POLYGON
from bot.clock import SystemClock
from bot.errors import SourceDown, UserError
from bot.model.units import Usd
from bot.sandbox.chain import LocalChain, node
from bot.sandbox.chain.node import Node
from bot.sandbox.chain.orders import address_of
from bot.sandbox.chain.rpc import Reverted
from bot.sandbox.chain.world import compiled
from tests.chain.traders import MARKETS, STARTS_AT, error, listed

pytestmark = pytest.mark.chain

REPO = Path(__file__).resolve().parents[2]
PARENT = """
import asyncio, sys
from datetime import UTC, datetime
from bot.clock import SystemClock
from bot.sandbox.chain.node import Node

async def main():
    node = Node(clock=SystemClock(), starts_at=datetime(2026, 9, 21, tzinfo=UTC))
    await node.start()
    print(node.pid, flush=True)
    sys.stdin.read()

asyncio.run(main())
"""


def fresh() -> LocalChain:
    return LocalChain(clock=SystemClock(), starts_at=STARTS_AT)


def test_the_node_dies_with_a_parent_that_was_killed() -> None:
    parent = subprocess.Popen(  # noqa: S603 - this interpreter, our own text
        [sys.executable, "-c", PARENT],
        cwd=REPO,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert parent.stdout is not None
    assert parent.stdin is not None
    pid = int(parent.stdout.readline())
    # A descriptor of the process becomes readable when it ends: nothing to poll, nothing to reap.
    watch = os.pidfd_open(pid)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    ended, _, _ = select.select([watch], [], [], 10)
    os.close(watch)
    parent.stdin.close()
    parent.stdout.close()
    assert ended, "the node outlived the program that started it"


async def test_the_same_calls_give_the_same_blocks() -> None:
    hashes = []
    for _ in range(2):
        async with fresh() as chain:
            market = await listed(chain, MARKETS.ctf)
            await chain.mint(address_of(chain.accounts[3]), Usd(Decimal(10)))
            await chain.advance(60)
            hashes.append(await chain.resolve(market, (Decimal(1), Decimal(0))))
            hashes.append(str(await chain.now()))
    assert hashes[:2] == hashes[2:]


async def test_a_block_is_a_second_and_time_can_be_moved_on(chain: LocalChain) -> None:
    start = await chain.now()
    await chain.mine(10)
    assert await chain.now() == start + 10
    await chain.advance(3_600)
    assert await chain.now() == start + 3_610
    await chain.mine()
    assert await chain.now() == start + 3_611


async def test_a_reorg_takes_back_what_the_newest_blocks_held() -> None:
    async with fresh() as chain:
        wallet = address_of(chain.accounts[3])
        await chain.mint(wallet, Usd(Decimal(10)))
        await chain.mint(wallet, Usd(Decimal(5)))
        assert await chain.cash(wallet) == 15
        await chain.reorg(3)  # a mint is three transactions
        assert await chain.cash(wallet) == 10
        await chain.mint(wallet, Usd(Decimal(1)))
        assert await chain.cash(wallet) == 11


async def test_a_paused_chain_mines_when_it_goes_on() -> None:
    async with fresh() as chain:
        operator, wallet = (address_of(chain.accounts[number]) for number in (0, 3))
        await chain.pause()
        await chain.mint_usdce(wallet, Usd(Decimal(10)))
        balance = (POLYGON.usdce, "balanceOf(address)", wallet)
        assert await chain.call(*balance, returns=["uint256"]) == (0,)
        await chain.resume()
        assert await chain.call(*balance, returns=["uint256"]) == (10_000_000,)
        await chain.send(operator, POLYGON.usdce, "mint(address,uint256)", wallet, 1)
        assert await chain.call(*balance, returns=["uint256"]) == (10_000_001,)


async def test_gas_lent_for_a_transaction_is_not_kept(chain: LocalChain) -> None:
    poor = "0x00000000000000000000000000000000000000aa"
    await chain.send(poor, POLYGON.usdce, "approve(address,uint256)", poor, 1)
    answer = await chain.call(
        POLYGON.usdce, "allowance(address,address)", poor, poor, returns=["uint256"]
    )
    assert answer == (1,)
    with pytest.raises(Reverted) as refused:
        await chain.send(poor, POLYGON.usdce, "transfer(address,uint256)", poor, 1)
    assert refused.value.reason == error("InsufficientBalance()")


async def test_a_chain_that_was_not_started_says_so() -> None:
    with pytest.raises(SourceDown, match="has not been started"):
        await fresh().now()


async def test_a_missing_node_is_named_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(node, "_BINARY", tmp_path / "anvil")
    with pytest.raises(UserError, match=r"make node_modules/\.installed"):
        await Node(clock=SystemClock(), starts_at=STARTS_AT).start()


async def test_a_node_that_ends_at_once_is_told_with_its_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "anvil"
    broken.write_text("#!/bin/sh\necho no such hardfork\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(node, "_BINARY", broken)
    with pytest.raises(SourceDown, match="no such hardfork"):
        await Node(clock=SystemClock(), starts_at=STARTS_AT).start()


def test_committed_code_is_what_the_sources_compile_to() -> None:
    made = subprocess.run(
        ["node", "contracts/compile.js"],  # noqa: S607 - whichever node npm brought
        cwd=REPO,
        capture_output=True,
        check=True,
    )
    committed = REPO / "bot" / "sandbox" / "chain" / "contracts.json"
    assert made.stdout == committed.read_bytes(), (
        "contracts/ changed: node contracts/compile.js > bot/sandbox/chain/contracts.json"
    )
    assert max(len(code) // 2 for code in compiled().values()) <= 24_576  # what a chain accepts


def test_npm_lock_names_no_registry() -> None:
    lock = (REPO / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert '"integrity"' in lock
