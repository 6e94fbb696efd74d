"""What surrounds the daemon fails it: the disk, another daemon, a signal, a silent source."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.app.build import Daemon, open_daemon
from bot.app.daemon import run_daemon
from bot.cli.program import exit_code, main
from bot.config import Settings
from bot.engine.cycle import Engine
from bot.errors import LedgerError, SourceDown
from bot.ledger import LedgerReader, switch
from bot.model.orders import PreparedOrder, SubmitResult
from bot.model.strategy import Execution, ExecutionStyle
from bot.strategy import Changes
from tests.engine.audit import audit, read_bounds
from tests.engine.kills import REPO, practice_settings
from tests.engine.world import World, make_strategy
from tests.fakes import START

MEGABYTE = 1_000_000


class Sends:
    """The venue, noting each order that arrives; may do something else first."""

    def __init__(self, venue: Any, *, first: Any = None) -> None:
        self._venue = venue
        self._first = first
        self.sent: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._venue, name)

    async def submit(self, prepared: PreparedOrder) -> SubmitResult:
        self.sent.append(prepared.order_id)
        if self._first is not None:
            self._first()
        answer: SubmitResult = await self._venue.submit(prepared)
        return answer


def nobody(name: str, /, **keys: Any) -> None:
    """Nobody listens."""


def run(settings: Settings, *, days: float, first: Any = None) -> list[str]:
    """Run the daemon for so long; return the orders that it sent."""
    sent: list[str] = []

    async def live() -> None:
        async with open_daemon(settings, report=nobody, decided=lambda _: None) as daemon:
            venue: Any = Sends(daemon.ports.venue, first=first)
            venue.sent = sent
            ports = replace(daemon.ports, venue=venue)
            engine = Engine(ports=ports, decided=lambda _: None)
            watched: Daemon = replace(daemon, ports=ports, engine=engine)
            await run_daemon(watched, lasting=timedelta(days=days))

    try:
        asyncio.run(live())
    except LedgerError as error:
        error.add_note(f"{len(sent)} sent: {' '.join(sent)}")
        raise
    return sent


def write_config(folder: Path, ledger: Path) -> Path:
    """Write the example config with another ledger; return its path."""
    text = (REPO / "config.example.yaml").read_text()
    text = text.replace("ledger/practice.db", str(ledger)).replace("pace: 8h", "pace: 300d")
    text = text.replace("strategies: strategies ", f"strategies: {REPO / 'strategies'} ")
    config = folder / "config.yaml"
    config.write_text(text)
    return config


def command(*words: str) -> Result:
    return CliRunner().invoke(main, words)


@contextmanager
def small_disk(folder: Path, *, options: str) -> Iterator[Path]:
    """Mount a file system of its own on ``folder``; only root may."""
    if os.geteuid() != 0:
        pytest.skip("needs root, who may mount a small file system")
    folder.mkdir()
    if system("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)):
        pytest.skip("a small file system cannot be mounted here")
    try:
        yield folder
    finally:
        assert system("umount", str(folder)) == 0


def system(*words: str) -> int:
    """Run a program of the system; return its exit code."""
    return subprocess.run(words, check=False, stderr=subprocess.DEVNULL).returncode  # noqa: S603


def orders_on_disk(ledger: Path, folder: Path) -> list[str]:
    """Return the orders of a copy of the ledger, its last writes included."""
    copy = copy_ledger(ledger, folder)
    reader = LedgerReader.open(copy)
    try:
        return [order.order_id for order in reader.orders()]
    finally:
        reader.close()


def copy_ledger(ledger: Path, folder: Path) -> Path:
    copy = folder / "copy.db"
    for end in ("", "-wal"):
        Path(f"{copy}{end}").unlink(missing_ok=True)
        if Path(f"{ledger}{end}").exists():
            shutil.copy(f"{ledger}{end}", f"{copy}{end}")
    return copy


@pytest.mark.simulation
@pytest.mark.parametrize("free_kb", [700, 1000, 1600])
def test_a_disk_that_fills_up_ends_the_daemon_and_loses_nothing(
    tmp_path: Path, free_kb: int
) -> None:
    with small_disk(tmp_path / "disk", options=f"size={free_kb}k") as disk:
        settings = practice_settings(disk, seed=7)
        with pytest.raises(LedgerError, match="the disk is full; nothing was lost") as full:
            run(settings, days=40)
        assert exit_code(full.value) == 3
        sent = full.value.__notes__[0].partition(": ")[2].split()
        assert sent
        on_disk = orders_on_disk(settings.ledger, tmp_path)
        assert set(sent) <= set(on_disk), "an order left that is not on disk"
        bounds = read_bounds(settings)
        audit(copy_ledger(settings.ledger, tmp_path), bounds)
        answer = command("run", "--config", str(write_config(tmp_path, settings.ledger)))
        assert answer.exit_code == 3, answer.output
        assert "Free space there, then start again" in answer.stderr
        assert system("mount", "-o", "remount,size=64m", str(disk)) == 0
        more = run(settings, days=20)
        assert more
        assert not set(more) & set(sent), "an order was sent twice"
        audit(copy_ledger(settings.ledger, tmp_path), bounds)


def test_a_ledger_folder_that_cannot_be_written_is_said_with_its_remedy(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", options="ro") as disk:
        config = write_config(tmp_path, disk / "practice.db")
        answer = command("run", "--config", str(config))
        assert answer.exit_code == 3
        assert f"its folder {disk} cannot be written (Read-only file system)" in answer.stderr
        assert "name another file as `ledger:` in config.yaml" in answer.stderr


def test_a_second_daemon_on_the_same_ledger_is_refused(tmp_path: Path) -> None:
    settings = practice_settings(tmp_path, seed=7)

    async def live() -> None:
        async with open_daemon(settings, report=nobody, decided=lambda _: None) as daemon:
            await daemon.engine.run_cycle()
            orders = daemon.ports.ledger.orders()
            with pytest.raises(LedgerError, match=f"in use by process {os.getpid()}") as refused:
                async with open_daemon(settings, report=nobody, decided=lambda _: None):
                    pass
            assert exit_code(refused.value) == 3
            assert orders
            assert daemon.ports.ledger.orders() == orders
            await daemon.engine.run_cycle()  # the first one goes on

    asyncio.run(live())


def test_a_halt_holds_over_a_restart_until_it_is_resumed(tmp_path: Path) -> None:
    settings = practice_settings(tmp_path, seed=7)
    assert run(settings, days=1)
    switch.halt(settings.ledger, reason="I am away", at=START)
    assert run(settings, days=3) == []
    assert run(settings, days=3) == []
    reader = LedgerReader.open(settings.ledger)
    assert reader.halted() == "I am away"
    assert reader.orders_without_end() == ()
    reader.close()
    switch.resume(settings.ledger, reason="I am back", at=START)
    assert run(settings, days=5)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=["SIGTERM", "SIGHUP"])
def test_a_signal_in_the_middle_of_a_cycle_finishes_it_and_cancels_what_rests(
    tmp_path: Path, number: signal.Signals
) -> None:
    settings = rest_everywhere(practice_settings(tmp_path, seed=7))
    # Paced: a jump of the clock takes real time, and the signal ends it before it happens.
    paced = settings.practice.model_copy(update={"pace": timedelta(hours=2)})
    settings = replace(settings, practice=paced)

    def terminate() -> None:
        assert signal.getsignal(number) is not signal.SIG_DFL
        signal.raise_signal(number)

    sent = run(settings, days=30, first=terminate)
    reader = LedgerReader.open(settings.ledger)
    try:
        last = reader.last_cycle()
        assert last is not None
        assert last[0] == 1, "the cycle in which the signal came was the last one"
        intents = reader.decision(1).decision.approved
        assert len(sent) == len(intents) > 1, "the cycle was finished"
        orders = reader.orders()
        assert {str(order.status) for order in orders} == {"cancelled"}, "what rested is cancelled"
        assert reader.account(last[1]).positions == ()
    finally:
        reader.close()


def rest_everywhere(settings: Settings) -> Settings:
    """Return the settings with a folder of strategies that all rest first."""
    folder = settings.ledger.parent / "strategies"
    folder.mkdir()
    for path in settings.strategies.glob("*.yaml"):
        if "execution:" not in (text := path.read_text()):
            text += "execution: {style: rest_then_take, rest_for: 3d}\n"
        (folder / path.name).write_text(text)
    return replace(settings, strategies=folder)


async def test_a_frozen_event_is_recorded_once_and_again_when_its_reason_changes(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    world.show()
    await world.cycle()
    decisions = world.ledger.decision_count()
    world.clock.advance(300)  # the book is old by now
    await world.cycles(10)
    assert world.ledger.decision_count() == decisions + 1
    assert "last confirmed" in world.ledger.standing()["fed-hike"]
    world.source_down(SourceDown("gamma did not answer in 5 s"))
    await world.cycles(10)
    assert world.ledger.decision_count() == decisions + 2
    assert world.ledger.standing()["fed-hike"] == "gamma did not answer in 5 s"
    told = [keys["reasons"] for keys in world.said("hedge.decided") if keys["verdict"] == "frozen"]
    assert [reasons[0].partition(":")[0] for reasons in told] == ["STALE_BOOK", "SOURCE"]
    world.market_data.broken = None
    world.show()
    await world.cycle()
    assert world.ledger.standing() == {}


async def test_what_rests_is_withdrawn_once_when_its_event_freezes(tmp_path: Path) -> None:
    rests = Execution(style=ExecutionStyle.REST_THEN_TAKE, rest_for=timedelta(days=2))
    world = World(tmp_path, strategies=(make_strategy(execution=rests),))
    world.show()
    await world.cycle()
    assert len(world.ledger.orders_without_end()) == 1
    world.source_down(SourceDown("gamma did not answer in 5 s"))
    result = await world.cycle()
    assert result.decision is not None
    assert len(result.decision.cancels) == 1
    assert world.ledger.orders_without_end() == ()


@pytest.mark.parametrize("silent", ["down", "old"])
async def test_a_day_without_a_source_grows_the_ledger_by_less_than_a_megabyte(
    tmp_path: Path, silent: str
) -> None:
    events = [f"event-{number}" for number in range(8)]
    world = World(tmp_path)
    world.strategies.changes = Changes(
        strategies=tuple(
            replace(make_strategy(event=name, digest=name), text=name, path=f"{name}.yaml")
            for name in events
        )
    )
    world.show()
    await world.cycle()
    world.ledger.close()
    before = world.path.stat().st_size
    world.restart()
    if silent == "down":
        world.source_down(SourceDown("gamma did not answer in 5 s"))
    world.clock.advance(300)
    await world.cycles(288)
    world.ledger.close()
    assert world.path.stat().st_size - before < MEGABYTE
