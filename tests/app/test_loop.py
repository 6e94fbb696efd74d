"""When cycles run on the system clock."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta

import pytest

from bot.app.loop import run_scheduled
from bot.clock import SystemClock


async def test_a_wake_in_the_middle_of_a_cycle_runs_another_after_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock, stop, wake = SystemClock(), asyncio.Event(), asyncio.Event()
    under_way: list[int] = []
    done = 0

    async def cycle() -> datetime:
        nonlocal done
        under_way.append(1)
        assert sum(under_way) == 1
        wake.set()
        await clock.sleep(0.05)
        under_way.pop()
        done += 1
        if done == 3:
            stop.set()
        return clock.now() + timedelta(hours=1)

    with caplog.at_level(logging.WARNING, logger="apscheduler"):
        async with asyncio.timeout(10):
            await run_scheduled(cycle, clock=clock, until=None, stop=stop, wake=wake)
    assert done == 3
    assert caplog.text == ""
