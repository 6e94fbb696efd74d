"""Between two cycles the daemon looks at each book, and a book that matters wakes a cycle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from bot.app.daemon import run_daemon
from tests.protocol.books import self_made
from tests.protocol.stage import CALM, FED, RECESSION, Stage, staged

HOURLY = replace(CALM, check="1h", latency="50ms")


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Stage]:
    """A daemon that by itself looks once an hour, after its first cycle."""
    stop = asyncio.Event()
    async with staged(folder, self_made, HOURLY) as stage:
        task = asyncio.create_task(run_daemon(stage.running, stop=stop))
        try:
            await stage.until(lambda: stage.told("cycle.finished") == 1)
            assert min(stage.held(FED), stage.held(RECESSION)) > 0
            yield stage
        finally:
            stop.set()
            await task


async def test_a_book_that_fires_a_trigger_wakes_a_cycle_at_once(tmp_path: Path) -> None:
    async with running(tmp_path) as stage:
        before = stage.held(FED)
        stage.move(FED, 46)
        await stage.until(lambda: stage.held(FED) > before, most_s=5)
        assert stage.told("cycle.finished") <= 3


async def test_books_that_change_nothing_wake_nobody(tmp_path: Path) -> None:
    async with running(tmp_path) as stage:
        for cents in (31, 30, 31, 30, 31):
            told = stage.running.ports.market_data.quote(stage.yes(FED))
            stage.move(FED, cents)
            await stage.until(
                lambda told=told: stage.running.ports.market_data.quote(stage.yes(FED)) != told  # type: ignore[misc]
            )
        assert stage.told("cycle.finished") == 1


async def test_a_halt_ends_the_lookout(tmp_path: Path) -> None:
    async with running(tmp_path) as stage:
        ports = stage.running.ports
        ports.ledger.record_halt("by hand", ports.clock.now())
        stage.move(FED, 46)
        await stage.until(lambda: stage.told("cycle.finished") == 2, most_s=5)
        before = stage.held(RECESSION)
        stage.move(RECESSION, 46)
        await stage.until(
            lambda: (
                stage.told("cycle.finished") == 2
                and (quote := ports.market_data.quote(stage.yes(RECESSION))) is not None
                and (quote.book.mid or 0) > 0.4
            )
        )
        assert stage.told("cycle.finished") == 2
        assert stage.held(RECESSION) == before
