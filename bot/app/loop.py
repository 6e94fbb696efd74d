"""When the next cycle runs: apscheduler on the system clock, a jump on the stepped one."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

from bot.clock import SteppedClock, SystemClock

Cycle = Callable[[], Awaitable[datetime]]
"""Runs one cycle and returns when the next one is due."""

WAKE_GAP_S = 1.0
"""Between two cycles that something woke, so that a restless book does not keep them running."""
JUMP = timedelta(seconds=30)
"""A wall clock that moved this far against the monotonic one has jumped: the job is set anew."""


async def run_stepped(
    cycle: Cycle, *, clock: SteppedClock, until: datetime | None, stop: asyncio.Event
) -> None:
    """Run cycles on a clock that stands still while they run, until ``until`` or ``stop``."""
    while not stop.is_set() and (until is None or clock.now() < until):
        due = await cycle()
        if until is not None:
            due = min(due, until)
        await _advance(clock, due, stop)


async def _advance(clock: SteppedClock, due: datetime, stop: asyncio.Event) -> None:
    """Jump to ``due``; a paced jump ends early, without having happened, when told to stop."""
    jump = asyncio.ensure_future(clock.advance_to(due))
    halt = asyncio.ensure_future(stop.wait())
    done, pending = await asyncio.wait({jump, halt}, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    for task in done:
        task.result()


async def run_scheduled(
    cycle: Cycle,
    *,
    clock: SystemClock,
    until: datetime | None,
    stop: asyncio.Event,
    wake: asyncio.Event,
) -> None:
    """Run cycles on the system clock, until ``until`` or ``stop``; a running cycle is finished.

    The first exception of a cycle ends the loop and is raised here.

    Args:
        cycle: What to run.
        clock: Its time.
        until: None runs on.
        stop: Set from elsewhere to stop.
        wake: Set from elsewhere to run a cycle before it is due.
    """
    await _Schedule(cycle, clock, wake).run(until=until, stop=stop)


class _Schedule:
    """One date job of apscheduler, at the instant that the last cycle named."""

    def __init__(self, cycle: Cycle, clock: SystemClock, wake: asyncio.Event) -> None:
        from apscheduler.schedulers.asyncio import AsyncIOScheduler

        self._cycle = cycle
        self._clock = clock
        self._wake = wake
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._running = asyncio.Lock()

    async def run(self, *, until: datetime | None, stop: asyncio.Event) -> None:
        self._scheduler.start()
        self._plan(self._clock.now())
        waiting = [
            asyncio.ensure_future(self._watch()),
            asyncio.ensure_future(self._rise()),
            asyncio.ensure_future(self._end(until, stop)),
        ]
        try:
            await asyncio.wait([*waiting, self._failed], return_when=asyncio.FIRST_COMPLETED)
            async with self._running:  # a cycle under way is finished, never cut in two
                self._scheduler.shutdown(wait=False)
            if self._failed.done():
                self._failed.result()
        finally:
            for task in waiting:
                task.cancel()
            self._failed.cancel()

    def _plan(self, at: datetime) -> None:
        self._scheduler.add_job(
            self._tick,
            "date",
            run_date=at,
            id="cycle",
            replace_existing=True,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )

    async def _tick(self) -> None:
        async with self._running:
            try:
                self._plan(await self._cycle())
            except BaseException as error:  # noqa: BLE001 - raised again by run, never dropped
                if not self._failed.done():
                    self._failed.set_exception(error)

    async def _rise(self) -> None:
        """Run a cycle at once when woken, but not twice in the same moment."""
        while True:
            await self._wake.wait()
            async with self._running:  # what one under way has not seen, the next one sees
                self._wake.clear()
            await self._tick()
            await self._clock.sleep(WAKE_GAP_S)

    async def _watch(self) -> None:
        """Set the job anew after a jump of the wall clock, by which apscheduler waits."""
        wall, ticks = self._clock.now(), self._clock.monotonic()
        while True:
            await self._clock.sleep(5.0)
            drift = (self._clock.now() - wall) - timedelta(seconds=self._clock.monotonic() - ticks)
            wall, ticks = self._clock.now(), self._clock.monotonic()
            if abs(drift) > JUMP:
                self._plan(wall)

    async def _end(self, until: datetime | None, stop: asyncio.Event) -> None:
        if until is None:
            await stop.wait()
            return
        left = max((until - self._clock.now()).total_seconds(), 0.0)
        with suppress(TimeoutError):
            async with asyncio.timeout(left):
                await stop.wait()
