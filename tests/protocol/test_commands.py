"""The commands in processes of their own, at a local exchange that lives in this one."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.ledger import LedgerReader
from bot.model.orders import OrderStatus
from tests.conftest import REPO
from tests.protocol.books import self_made
from tests.protocol.stage import CALM, CLOCK, FED, Stage, exchange, write_files

pytestmark = pytest.mark.simulation

LONGEST_S = 60


@dataclass
class Ended:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


async def start(*words: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *words),
        cwd=REPO,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def run(*words: str) -> Ended:
    process = await start(*words)
    try:
        async with asyncio.timeout(LONGEST_S):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Ended(code=process.returncode or 0, out=out.decode(), err=err.decode())


@dataclass
class Running:
    """A daemon and the lines of its log so far."""

    process: asyncio.subprocess.Process
    lines: list[dict[str, Any]] = field(default_factory=list)

    async def says(self, event: str, **wanted: object) -> dict[str, Any]:
        """Read its log until such a line."""
        assert self.process.stdout is not None
        async with asyncio.timeout(LONGEST_S):
            async for raw in self.process.stdout:
                line = json.loads(raw)
                self.lines.append(line)
                if line["event"] == event and wanted.items() <= line.items():
                    return dict(line)
        raise AssertionError(f"it never said {event}; it said {self.lines}")

    async def ends(self) -> Ended:
        async with asyncio.timeout(LONGEST_S):
            out, err = await self.process.communicate()
        self.lines += [json.loads(line) for line in out.splitlines()]
        return Ended(code=self.process.returncode or 0, out=out.decode(), err=err.decode())


@asynccontextmanager
async def daemon(config: Path, *words: str) -> AsyncIterator[Running]:
    """Start a daemon; it does not outlive the test."""
    process = await start("run", "--config", str(config), *words)
    try:
        yield Running(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@asynccontextmanager
async def written(folder: Path) -> AsyncIterator[tuple[Stage, Path]]:
    """An exchange, and a config that names it."""
    async with exchange(self_made) as stage:
        yield stage, write_files(folder, stage.sandbox, CALM)


async def test_daemon_runs_alone_and_stops_cleanly_when_told(tmp_path: Path) -> None:
    async with (
        written(tmp_path) as (_, config),
        daemon(config, "--for", "60s") as running,
    ):
        await running.says("app.started", mode="paper")
        await running.says("cycle.finished", cycle=2)

        status, second = await asyncio.gather(
            run("status", "--json", "--config", str(config)),
            run("run", "--config", str(config), "--for", "10s"),
        )
        running.process.send_signal(signal.SIGTERM)
        ended = await running.ends()

    assert second.code == 3
    assert f"in use by process {running.process.pid}" in second.err
    assert "Traceback" not in second.err
    standing = json.loads(status.out)
    assert status.code == 0
    assert standing["lifecycle"]["opened"] == 2
    assert len(standing["orders"]) == 1
    assert Decimal(standing["cash_usd"]) < 4000

    assert ended.code == 0, ended.err
    assert running.lines[-1]["event"] == "app.stopped"
    assert [line["ok"] for line in running.lines if line["event"] == "order.cancelled"] == [True]
    ledger = LedgerReader.open(tmp_path / "ledger.db")
    try:
        assert ledger.orders_without_end() == ()
        statuses = [order.status for order in ledger.orders()]
        assert sorted(statuses) == [OrderStatus.CANCELLED, OrderStatus.FILLED, OrderStatus.FILLED]
        assert ledger.totals().gap_usd == 0
    finally:
        ledger.close()


async def test_daemon_ends_by_itself_after_its_time(tmp_path: Path) -> None:
    async with written(tmp_path) as (_, config):
        ended = await run("run", "--config", str(config), "--for", "1s")

    assert ended.code == 0, ended.err
    assert '"app.stopped"' in ended.out.splitlines()[-1]


async def test_absent_venue_ends_the_start_with_a_message(tmp_path: Path) -> None:
    async with written(tmp_path) as (_, config):
        pass
    ended = await run("run", "--config", str(config), "--for", "10s")

    assert ended.code == 3
    assert "/clob/time" in ended.err
    assert "Traceback" not in ended.err


async def test_candidates_are_found(tmp_path: Path) -> None:
    async with written(tmp_path) as (_, config):
        ended = await run("markets", "fed", "december", "--config", str(config))

    assert ended.code == 0, ended.err
    assert "Will the Fed raise rates in December? (Yes)" in ended.out
    assert 'market: {series: fed-decision, outcome: "25 bps increase"}' in ended.out


async def test_recording_of_the_exchange_is_replayed(tmp_path: Path) -> None:
    journal = tmp_path / "x.journal"
    async with written(tmp_path) as (stage, config):
        recording = asyncio.create_task(
            run("record", "--config", str(config), "--for", "3s", "--out", str(journal))
        )
        await stage.until(lambda: len(stage.sandbox.channel.subscribed) == 6)
        for cents in (32, 36, 45):
            stage.move(FED, cents)
            await CLOCK.sleep(0.3)
        recorded = await recording
        assert recorded.code == 0, recorded.err
        assert "3 markets" in recorded.out
    config.write_text(config.read_text().replace("check_every: 300ms", "check_every: 5s"))
    replayed = await run(
        *("replay", "--json", "--config", str(config)),
        *("--source", "journal", "--path", str(journal), "--ledger", str(tmp_path / "replay.db")),
    )

    assert replayed.code == 0, replayed.err
    assert json.loads(replayed.out)["ledger"] == str(tmp_path / "replay.db")
    ledger = LedgerReader.open(tmp_path / "replay.db")
    try:
        assert ledger.lifecycle_counts()["opened"] >= 2
        assert ledger.totals().gap_usd == 0
    finally:
        ledger.close()
