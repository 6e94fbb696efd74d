"""The user channel wakes, survives what connections do, and shows its keys to nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from bot.chain.addresses import POLYGON
from bot.clock import SystemClock
from bot.model.account import Secret
from bot.model.orders import OrderType, Side
from bot.model.units import TokenId
from bot.sandbox.server import Sandbox
from bot.venues.polymarket.order_hash import OrderFields, domain_of
from bot.venues.polymarket.sdk.client import Sdk
from bot.venues.polymarket.settings import Pace
from bot.venues.polymarket.user_channel import SILENT_FOR_S, USER_STREAM, UserChannel
from tests.fakes import START, make_book
from tests.venues.polymarket.counter import EOA, KEY, QUICK
from tests.venues.polymarket.rig import CTF_IDS, HeldClock, ctf_market, until

FAST = replace(Pace(), first_wait=0.001, longest_wait=0.002)


@dataclass
class Listener:
    """A sandbox, somebody logged in to it, and what the channel has said."""

    sandbox: Sandbox
    sdk: Sdk
    channel: UserChannel
    clock: HeldClock
    wakes: list[None] = field(default_factory=list)
    reports: list[tuple[str, str]] = field(default_factory=list)

    async def order(self, salt: int = 1) -> None:
        """Send a buy that rests."""
        order = OrderFields(
            domain=domain_of(TokenId(CTF_IDS[0]), neg_risk=False, contracts=POLYGON),
            salt=salt,
            maker=EOA,
            signer=EOA,
            token_id=TokenId(CTF_IDS[0]),
            gives_e6=2_000_000,
            gets_e6=10_000_000,
            side=Side.BUY,
            signature_type=0,
            made_ms=int(START.timestamp() * 1000),
        )
        ends = int(START.timestamp()) + 600
        body = self.sdk.sign(order, order_type=OrderType.GTD, ends_s=ends, post_only=True)
        answer = await self.sdk.post(body)
        assert b'"success": true' in answer.body, answer

    async def ticks(self, seconds: float) -> None:
        """Let time pass as the channel's waits need it."""
        passed = 0.0
        while passed < seconds:
            self.clock.advance(5)
            passed += 5
            for _ in range(3):
                await SystemClock().sleep(0.001)


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with listening() as opened:
        yield opened


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    clock = HeldClock()
    async with Sandbox(markets=[ctf_market()], clock=clock) as sandbox:
        sandbox.memory.give(EOA, 100 * 10**6)
        sandbox.tell(make_book(CTF_IDS[0], bids=[("0.50", "40")], asks=[("0.54", "30")]))
        sdk = await Sdk.open(
            key=KEY,
            wallet=EOA,
            endpoints=sandbox.endpoints,
            contracts=POLYGON,
            pace=QUICK,
            relayer_key=None,
        )
        wakes: list[None] = []
        reports: list[tuple[str, str]] = []
        channel = UserChannel(
            url=sandbox.endpoints.user_stream,
            api_key=sdk.api_key,
            clock=clock,
            pace=FAST,
            wake=lambda: wakes.append(None),
            report=lambda source, problem: reports.append((source, problem)),
        )
        channel.start()
        await until(lambda: EOA in sandbox.user_channel.subscribed)
        try:
            yield Listener(
                sandbox=sandbox,
                sdk=sdk,
                channel=channel,
                clock=clock,
                wakes=wakes,
                reports=reports,
            )
        finally:
            await channel.close()
            await sdk.close()


async def test_each_message_wakes(listener: Listener) -> None:
    await listener.order()
    await until(lambda: len(listener.wakes) == 1)
    await listener.order(salt=2)
    await until(lambda: len(listener.wakes) == 2)
    assert listener.reports == []


async def test_messages_of_odd_shape_wake_too(listener: Listener) -> None:
    listener.sandbox.faults.odd_shapes = True
    await listener.order()
    await until(lambda: len(listener.wakes) == 1)


async def test_a_lost_connection_is_opened_again_and_wakes(listener: Listener) -> None:
    listener.sandbox.user_channel.drop_sockets()
    await until(lambda: bool(listener.reports))
    assert listener.reports[0][0] == USER_STREAM
    await listener.ticks(5)
    await until(lambda: EOA in listener.sandbox.user_channel.subscribed)
    assert len(listener.wakes) == 1
    await listener.order()
    await until(lambda: len(listener.wakes) == 2)
    assert listener.reports[-1] == (USER_STREAM, "")


async def test_a_connection_that_brings_nothing_for_long_is_opened_anew(
    listener: Listener,
) -> None:
    opened = listener.sandbox.user_channel.opened
    await listener.ticks(SILENT_FOR_S - 60)
    assert listener.sandbox.user_channel.opened == opened
    await listener.ticks(120)
    await until(lambda: listener.sandbox.user_channel.opened > opened)


async def test_what_went_wrong_names_no_secret(listener: Listener) -> None:
    listener.sandbox.accounts.keys.clear()
    listener.sandbox.user_channel.drop_sockets()
    await until(lambda: bool(listener.reports))
    await listener.ticks(30)
    told = repr(listener.reports) + repr(listener.channel)
    key = listener.sdk.api_key
    for secret in (key.key, key.secret, key.passphrase, KEY):
        assert isinstance(secret, Secret)
        assert secret.reveal() not in told
    assert len(listener.reports) == 1
