"""Time that runs by itself and can be jumped ahead, for programs that wait for real answers."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

from bot.clock import SystemClock


class JumpingClock:
    """The machine's time plus all jumps so far; who sleeps wakes as soon as a jump passes them."""

    def __init__(self) -> None:
        self._real = SystemClock()
        self._ahead_s = 0.0
        self._jumped = asyncio.Event()

    def now(self) -> datetime:
        return self._real.now() + timedelta(seconds=self._ahead_s)

    def monotonic(self) -> float:
        return self._real.monotonic() + self._ahead_s

    async def sleep(self, seconds: float) -> None:
        due = self.monotonic() + seconds
        while (left := due - self.monotonic()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._jumped.wait()

    def jump(self, seconds: float) -> None:
        self._ahead_s += seconds
        jumped, self._jumped = self._jumped, asyncio.Event()
        jumped.set()
