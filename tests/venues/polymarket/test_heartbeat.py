"""Heartbeats follow each other by id, find back after a lost answer, and tell when they fail."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from bot.sandbox.http import Reply, Request
from bot.venues.polymarket.heartbeat import BEAT_EVERY_S, HEARTBEAT, Heartbeat
from bot.venues.polymarket.sdk.client import Sdk
from tests.venues.polymarket.counter import Counter, open_counter, open_sdk, reply
from tests.venues.polymarket.rig import HeldClock, until

BEATS = "POST /clob/v1/heartbeats"


@dataclass
class Switch:
    """The venue's side: it expects the id that it gave last."""

    expected: str = ""
    taken: int = 0
    is_down: bool = False

    def answer(self, request: Request) -> Reply:
        if self.is_down:
            return reply(503, {"error": "down"})
        if json.loads(request.body)["heartbeat_id"] != self.expected:
            body = {"error_msg": "Invalid Heartbeat ID", "heartbeat_id": self.expected}
            return reply(400, body)
        self.taken += 1
        self.expected = f"hb{self.taken}"
        return reply(200, {"heartbeat_id": self.expected})


@dataclass
class Beating:
    counter: Counter
    sdk: Sdk
    switch: Switch
    clock: HeldClock
    heart: Heartbeat
    reports: list[tuple[str, str]] = field(default_factory=list)

    async def beat(self) -> None:
        """Let the time of one beat come, and wait for its answer."""
        asked = len(self.counter.bodies(BEATS))
        await until(lambda: len(self.clock.slept) > 0)
        self.clock.advance(BEAT_EVERY_S)
        slept = len(self.clock.slept)
        await until(lambda: len(self.counter.bodies(BEATS)) > asked)
        await until(lambda: len(self.clock.slept) > slept)


@pytest.fixture
async def beating() -> AsyncIterator[Beating]:
    async with open_counter() as counter, open_sdk(counter) as sdk:
        switch, clock = Switch(), HeldClock()
        counter.answers[BEATS] = switch.answer
        reports: list[tuple[str, str]] = []
        heart = Heartbeat(
            sdk=sdk,
            clock=clock,
            report=lambda source, problem: reports.append((source, problem)),
        )
        heart.start()
        await until(lambda: len(clock.slept) == 1)
        yield Beating(counter, sdk, switch, clock, heart, reports)
        await heart.close()


async def test_each_beat_names_the_one_before(beating: Beating) -> None:
    for _ in range(2):
        await beating.beat()
    sent = [json.loads(body)["heartbeat_id"] for body in beating.counter.bodies(BEATS)]
    assert sent == ["", "hb1", "hb2"]
    assert beating.clock.slept == [BEAT_EVERY_S] * 3


async def test_a_beat_with_another_id_is_sent_again_at_once_with_the_right_one(
    beating: Beating,
) -> None:
    beating.switch.expected = "other"
    await beating.beat()
    sent = [json.loads(body)["heartbeat_id"] for body in beating.counter.bodies(BEATS)]
    assert sent == ["", "hb1", "other"]
    assert beating.switch.taken == 2
    assert beating.reports == []


async def test_failing_beats_are_told_once_and_so_is_their_end(beating: Beating) -> None:
    beating.switch.is_down = True
    await beating.beat()
    await beating.beat()
    assert [source for source, _ in beating.reports] == [HEARTBEAT]
    beating.switch.is_down = False
    await beating.beat()
    assert beating.reports[1:] == [(HEARTBEAT, "")]
    beating.heart.check()
