"""The only reader of the time: the system clock, and a stepped clock for practice and replay."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What the rest of the program may ask about time."""

    def now(self) -> datetime:
        """Return the present instant, aware UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start, never going back: for time-outs and ages."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait until ``seconds`` have passed on this clock."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """Return the present instant, aware UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds of the machine's monotonic clock."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait ``seconds`` of real time."""
        await asyncio.sleep(seconds)


class SteppedClock:
    """Time that stands still while code runs and jumps when somebody waits.

    Args:
        start: The first instant, aware UTC.
        pace: Simulated seconds shown per real second; None jumps without waiting. A pace only
            slows the display: it changes no instant that the program sees.
    """

    def __init__(self, *, start: datetime, pace: float | None = None) -> None:
        if start.tzinfo is None:
            raise ValueError("start is a naive datetime; it must be aware UTC")
        self._now = start
        self._start = start
        self._pace = pace

    def now(self) -> datetime:
        """Return the simulated instant, aware UTC."""
        return self._now

    def monotonic(self) -> float:
        """Return simulated seconds since the start."""
        return (self._now - self._start).total_seconds()

    async def sleep(self, seconds: float) -> None:
        """Jump ``seconds`` ahead."""
        await self.advance_to(self._now + timedelta(seconds=seconds))

    async def advance_to(self, instant: datetime) -> None:
        """Jump to ``instant``; an instant that has passed is ignored."""
        ahead = (instant - self._now).total_seconds()
        if ahead <= 0:
            return
        if self._pace is not None:
            await asyncio.sleep(ahead / self._pace)
        self._now = instant
