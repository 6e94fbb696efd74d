"""The dead man's switch: while we beat, our orders rest; when we fall silent, the venue ends them.

It is the venue's, for all orders of the API key, in every market and every program. The first beat
arms it, and nothing disarms it: after a network failure of 10 s, nothing rests any more.

**Source:** POLYMARKET section 4.9, read 2026-11.
"""

import asyncio

from bot.clock import Clock
from bot.errors import VenueError
from bot.venues.polymarket.sdk.client import HeartbeatMismatch, Sdk
from bot.venues.polymarket.settings import Health, Report

HEARTBEAT = "polymarket heartbeat"
BEAT_EVERY_S = 5.0
"""The venue waits twice as long."""


class Heartbeat:
    """Beats from ``start`` until ``close``, one beat at a time.

    Args:
        sdk: Sends them.
        clock: For the waits.
        report: Told when beats fail and when they are taken again.
    """

    def __init__(self, *, sdk: Sdk, clock: Clock, report: Report) -> None:
        self._sdk = sdk
        self._clock = clock
        self._health = Health(report=report)
        self._last_id = ""
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Arm the switch."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop to beat: some seconds later the venue ends whatever rests."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def check(self) -> None:
        """Raise what ended the beats, if anything did: a fault of this program."""
        if self._task is not None and self._task.done():
            self._task.result()

    async def _run(self) -> None:
        while True:
            await self._beat()
            await self._clock.sleep(BEAT_EVERY_S)

    async def _beat(self) -> None:
        problem = ""
        for _ in range(2):
            try:
                self._last_id = await self._sdk.beat(self._last_id)
            except HeartbeatMismatch as error:
                # A beat whose answer was lost counted, and the venue expects its id. One that it
                # refuses does not count, so that the right one goes at once.
                self._last_id, problem = error.expected, str(error)
            except VenueError as error:
                problem = str(error)
                break
            else:
                self._health.well(HEARTBEAT)
                return
        self._health.failed(HEARTBEAT, problem)
