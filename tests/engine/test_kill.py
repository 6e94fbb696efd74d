"""Real SIGKILLs: whatever the daemon was at, its books are whole and it goes on from them.

``benchmarks/kills.md`` has the 200 of ``make soak``.
"""

import multiprocessing
import signal
import sqlite3
from datetime import timedelta
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest

from bot.config import Settings
from tests.engine.audit import audit, read_bounds
from tests.engine.kills import SOAK_KILLS, SOAK_SEED, practice_settings, run_kills
from tests.engine.mortal import live_alone, make_note, switch_and_die
from tests.fakes import START

SEED = 20_261_123


@pytest.mark.simulation
@pytest.mark.parametrize(("outlived", "kills"), [(False, 7), (True, 8)], ids=["alone", "outlived"])
def test_fifteen_kills_lose_nothing_and_repeat_nothing(
    tmp_path: Path, outlived: bool, kills: int
) -> None:
    hits = run_kills(tmp_path, kills=kills, seed=SEED, outlived=outlived)
    assert len(hits) == kills
    assert hits[-1].found.fills > 0


@pytest.mark.soak
@pytest.mark.parametrize("outlived", [False, True], ids=["alone", "outlived"])
def test_two_hundred_kills_lose_nothing_and_repeat_nothing(tmp_path: Path, outlived: bool) -> None:
    hits = run_kills(tmp_path, kills=SOAK_KILLS, seed=SOAK_SEED, outlived=outlived)
    assert len(hits) == SOAK_KILLS


class Running:
    """A daemon that runs on and on in a process of its own."""

    def __init__(self, settings: Settings) -> None:
        self._ledger = settings.ledger
        context = multiprocessing.get_context("forkserver")
        make_note(settings.ledger)
        self._line, theirs = context.Pipe()
        end = settings.practice.start + timedelta(days=3650)
        self._process: Any = context.Process(target=live_alone, args=(settings, end, None, theirs))
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()
        self._process.close()
        self._line.close()

    def pass_cycles(self, count: int) -> None:
        """Wait until so many more cycles are on disk."""
        last = count_rows(self._ledger, "cycles")
        while count_rows(self._ledger, "cycles") < last + count:
            ended = wait([self._line], timeout=0.02)
            assert not ended, f"the daemon ended: {self._line.recv()[1]}"


def count_rows(ledger: Path, table: str) -> int:
    """Return how many rows there are; 0 before the daemon made the table."""
    if not ledger.exists():
        return 0
    db = sqlite3.connect(f"{ledger.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)
    try:
        return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608
    except sqlite3.OperationalError:
        return 0
    finally:
        db.close()


def switch(settings: Settings, kind: str, *, steps: int = 0) -> int:
    """Halt or resume from another process, which may die meanwhile; return the rows it left."""
    before = count_rows(settings.ledger, "halts")
    process = multiprocessing.get_context("forkserver").Process(
        target=switch_and_die, args=(settings.ledger, kind, START, steps)
    )
    process.start()
    process.join()
    assert process.exitcode in ((0, -signal.SIGKILL) if steps else (0,))
    process.close()
    return count_rows(settings.ledger, "halts") - before


@pytest.mark.simulation
def test_a_halt_that_is_killed_is_there_or_not_and_one_that_is_done_holds(tmp_path: Path) -> None:
    settings = practice_settings(tmp_path, seed=7)
    chance = np.random.default_rng(SEED)
    early, late = chance.integers(1, 200, 3), chance.integers(500, 1500, 2)
    killed = [int(steps) for steps in (*early, *late)]
    left = []
    with Running(settings) as daemon:
        daemon.pass_cycles(20)
        for steps in killed:
            left.append(switch(settings, "halt", steps=steps))
            daemon.pass_cycles(2)
            left.append(switch(settings, "resume", steps=steps))
        assert set(left) == {0, 1}, f"seed {SEED}: {killed} left {left}"
        assert switch(settings, "halt") == 1
        daemon.pass_cycles(2)  # the cycle under way may have sent before it
        orders = count_rows(settings.ledger, "orders")
        daemon.pass_cycles(40)
        assert count_rows(settings.ledger, "orders") == orders
    with Running(settings) as daemon:
        daemon.pass_cycles(40)
        assert count_rows(settings.ledger, "orders") == orders
        assert switch(settings, "resume") == 1
        for _ in range(10):  # nothing need be worth buying at once
            daemon.pass_cycles(40)
            if count_rows(settings.ledger, "orders") > orders:
                break
    assert count_rows(settings.ledger, "orders") > orders > 0
    audit(settings.ledger, read_bounds(settings))
