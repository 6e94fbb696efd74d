"""The sandbox fed from the practice market, and the command that runs it."""

from __future__ import annotations

import asyncio
import signal
import sys
from datetime import timedelta

import httpx
import pytest
import yaml

from bot.clock import SystemClock
from bot.errors import UserError
from bot.model.market import MarketKind
from bot.sandbox.chain import LocalChain
from bot.sandbox.chain.markets import localized
from bot.sandbox.chain.rpc import Reverted
from bot.sandbox.feed import Feed, ShiftedClock
from bot.sandbox.server import Sandbox
from bot.venues.practice.source import PracticeMarketData
from tests.fakes import START, ManualClock

pytestmark = pytest.mark.chain


async def test_markets_books_and_resolutions_are_passed_on() -> None:
    clock, ahead = ManualClock(), timedelta(days=30)
    source = PracticeMarketData(
        clock=ShiftedClock(clock=clock, by=-ahead), seed=1, start=START - ahead
    )
    async with (
        LocalChain(clock=SystemClock(), starts_at=START) as chain,
        Sandbox(markets=(), clock=clock, chain=chain) as sandbox,
    ):
        feed = Feed(source=source, sandbox=sandbox, chain=chain, clock=clock, ahead=ahead)
        await feed.start()
        listed = list(sandbox.exchange.markets.values())
        assert {market.kind for market in listed} == set(MarketKind)
        assert all(localized(market).token_ids == market.token_ids for market in listed)
        ends = [market.ends_at for market in listed if market.ends_at is not None]
        assert min(ends) > START
        book = sandbox.exchange.books[listed[0].token_ids[0]]
        assert START - timedelta(hours=1) < book.as_of <= START

        clock.set(min(ends) + timedelta(days=1))
        await feed.step()
        resolved = [m for m in sandbox.exchange.markets.values() if m.payouts is not None]
        assert resolved
        with pytest.raises(Reverted):
            await chain.resolve(resolved[0], resolved[0].payouts or pytest.fail("no payouts"))
        await source.close()


async def test_taken_port_is_named() -> None:
    async with Sandbox(markets=(), clock=ManualClock()) as sandbox:
        port = int(sandbox.endpoints.clob.rsplit(":", 1)[1].removesuffix("/clob"))
        with pytest.raises(UserError, match=f"Port {port} of 127.0.0.1"):
            async with Sandbox(markets=(), clock=ManualClock(), port=port):
                pass


async def test_command_prints_its_addresses_and_ends_on_ctrl_c() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "sandbox", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            said = await process.stdout.readuntil(b"Ctrl-C ends it")
            addresses = yaml.safe_load(said.decode().partition("\n\n")[0])["polymarket"]
            async with httpx.AsyncClient() as client:
                answer = await client.get(f"{addresses['gamma_url']}/markets/keyset")
            assert len(answer.json()["markets"]) > 10
            process.send_signal(signal.SIGINT)
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
