"""Runs a built daemon until a time, a signal or the end of the recording; stops it cleanly."""

import asyncio
from datetime import datetime, timedelta

from bot.app.between import Between
from bot.app.build import Daemon
from bot.app.loop import run_scheduled, run_stepped
from bot.app.signals import stop_on_signals
from bot.clock import SteppedClock, SystemClock
from bot.config import MarketDataName

AFTER_TAPE = timedelta(minutes=5)
"""A replay goes on this long after its last row, so that orders and settlements end."""


async def run_daemon(
    daemon: Daemon, *, lasting: timedelta | None = None, stop: asyncio.Event | None = None
) -> None:
    """Run cycles until ``lasting`` has passed on the daemon's clock, or until told to stop.

    SIGTERM, SIGINT and a closed terminal stop it: the cycle under way is finished, resting orders
    are cancelled.

    Args:
        daemon: Built.
        lasting: None runs on.
        stop: Set from elsewhere to stop; None makes an own one.
    """
    told = stop or asyncio.Event()
    stop_on_signals(told)
    ports = daemon.ports
    clock = ports.clock
    until = clock.now() + lasting if lasting is not None else None
    ports.report("app.started", mode=ports.terms.mode, version=ports.terms.version)
    try:
        if isinstance(clock, SteppedClock):
            await run_stepped(_Cycles(daemon, told), clock=clock, until=until, stop=told)
        elif isinstance(clock, SystemClock):
            await _run_live_quotes(daemon, clock=clock, until=until, stop=told)
    finally:
        await daemon.engine.stop()
        ports.report("app.stopped", cycle_clock=clock.now().isoformat())


async def _run_live_quotes(
    daemon: Daemon, *, clock: SystemClock, until: datetime | None, stop: asyncio.Event
) -> None:
    """Run cycles on the system clock; books, halts and our own orders' news wake them early."""
    ports = daemon.ports
    between = Between(ports)
    beside = [asyncio.ensure_future(task) for task in daemon.beside(between.news)]
    for task in beside:
        task.add_done_callback(lambda _: stop.set())  # one that ends by itself has failed
    try:
        await run_scheduled(
            _Cycles(daemon, stop, between), clock=clock, until=until, stop=stop, wake=between.wake
        )
    finally:
        for task in beside:
            task.cancel()
        await asyncio.wait(beside) if beside else None
    for task in beside:
        if not task.cancelled():
            task.result()


class _Cycles:
    """Runs a cycle when called and says when the next one is due."""

    def __init__(self, daemon: Daemon, told: asyncio.Event, between: Between | None = None) -> None:
        self._daemon = daemon
        self._between = between
        self._told = told
        self._ends: datetime | None = None
        self._pruned_at: datetime | None = None

    async def __call__(self) -> datetime:
        daemon = self._daemon
        found = self._between.pause() if self._between is not None else None
        result = await daemon.engine.run_cycle(found)
        if self._between is not None:
            self._between.look_out(result)
        now = daemon.ports.clock.now()
        self._prune(now)
        due = now + daemon.settings.check_every
        if result.decision is not None and result.decision.next_wake_at is not None:
            due = min(due, max(result.decision.next_wake_at, now))
        if result.look_again_at is not None:
            due = min(due, max(result.look_again_at, now))
        if daemon.settings.market_data is MarketDataName.RECORDED:
            self._look_for_end(now)
        return due

    def _prune(self, now: datetime) -> None:
        """Drop views that led to no order and are past their time, once a day."""
        if self._pruned_at is None or now >= self._pruned_at + timedelta(days=1):
            self._daemon.ports.ledger.prune(now, self._daemon.settings.keep_views)
            self._pruned_at = now

    def _look_for_end(self, now: datetime) -> None:
        if self._ends is not None and now >= self._ends:
            self._told.set()
        elif self._ends is None and self._daemon.ports.market_data.next_event_at() is None:
            self._ends = now + AFTER_TAPE
