"""A daemon that can be killed at a chosen instant: what runs in the child process of a kill.

It notes what it is at in a file mapped into memory, which outlives it.
"""

import asyncio
import mmap
import os
import signal
import sqlite3
import traceback
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal, get_args

import bot.venues.practice.source
import bot.yaml_lines.reader  # noqa: F401 - imported once, before the forks
from bot.app.build import Daemon, make_terms, open_daemon
from bot.app.daemon import run_daemon
from bot.app.strategies import KnownStrategies
from bot.clock import SteppedClock
from bot.config import Settings
from bot.engine.cycle import CycleResult, Engine
from bot.engine.ports import Ports
from bot.ledger import Ledger, LedgerReader, switch
from bot.model.units import Usd
from bot.portfolio import open_portfolio

NOTE_SIZE = 64
ACTS = ("prepare", "submit", "cancel", "redeem")
"""Calls of the venue that do something; with the ledger's ``record_...`` these are counted."""
IDLE = ("record_cycle", "record_standing", "record_memories", "record_comparison")
"""But for what is written when nothing happens: of a hundred cycles, ninety trade nothing."""
WRONG = ("cycle.skipped", "invariant.broken", "risk.denied")
LOOK_EVERY = 40
"""Cycles between two comparisons of the account kept up with one read anew from the rows."""

How = Literal["before", "in", "after", "time"]
HOWS: tuple[How, ...] = get_args(How)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """When to kill."""

    how: How
    """Before, in or after an act; or at a time, by another process."""
    acts: int
    """Which act, counted from the start."""
    steps: int
    """For ``in``: after so many steps of SQLite's machine from the act's beginning on."""
    seconds: float
    """For ``time``."""

    def __str__(self) -> str:
        if self.how == "time":
            return f"after {self.seconds:.3f} s"
        steps = f", {self.steps} steps of SQLite into it" if self.how == "in" else ""
        return f"{self.how} act {self.acts}{steps}"


class Reaper:
    """Counts acts, notes what is done, and kills this process at the chosen one."""

    def __init__(self, kill: Kill | None, ledger: Path) -> None:
        self._kill = kill if kill is not None and kill.how != "time" else None
        self._acts = 0
        self._note = _open_note(ledger)
        self.connection: sqlite3.Connection | None = None
        self.note("in start")

    def note(self, what: str) -> None:
        """Say what is done now."""
        self._note[:] = what.encode()[:NOTE_SIZE].ljust(NOTE_SIZE)

    def enter(self, name: str, *, counts: bool) -> None:
        """An act begins."""
        self._acts += counts
        kill = self._kill
        if kill is None or not counts or self._acts != kill.acts:
            self.note(f"in {name}")
        elif kill.how == "before":
            self.note(f"before {name}")
            os.kill(os.getpid(), signal.SIGKILL)
        elif kill.how == "in" and self.connection is not None:
            self.note(f"in {name}")
            self.connection.set_progress_handler(_die, kill.steps)

    def leave(self, name: str, *, counts: bool) -> None:
        """An act has ended."""
        kill = self._kill
        self.note(f"after {name}")
        if counts and kill is not None and kill.how == "after" and self._acts == kill.acts:
            os.kill(os.getpid(), signal.SIGKILL)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def make_note(ledger: Path) -> None:
    """Make the file of notes, before the daemon that writes there."""
    _note_of(ledger).write_bytes(b"before start".ljust(NOTE_SIZE))


def _note_of(ledger: Path) -> Path:
    return ledger.with_suffix(".note")


def _open_note(ledger: Path) -> mmap.mmap:
    with _note_of(ledger).open("r+b") as file:
        return mmap.mmap(file.fileno(), NOTE_SIZE)


def read_note(ledger: Path) -> str:
    """Return what a daemon was at when it died."""
    return _note_of(ledger).read_bytes().decode().strip()


class Watched:
    """A port whose calls the reaper sees."""

    def __init__(self, port: object, reaper: Reaper) -> None:
        self._port = port
        self._reaper = reaper

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if name.startswith("record_"):
            return self._written(name, found)
        if asyncio.iscoroutinefunction(found):
            return self._awaited(name, found)
        return found

    def _written(self, name: str, found: Any) -> Any:
        def called(*args: Any, **named: Any) -> Any:
            self._reaper.enter(name, counts=name not in IDLE)
            answer = found(*args, **named)
            self._reaper.leave(name, counts=name not in IDLE)
            return answer

        return called

    def _awaited(self, name: str, found: Any) -> Any:
        async def called(*args: Any, **named: Any) -> Any:
            self._reaper.enter(name, counts=name in ACTS)
            answer = await found(*args, **named)
            self._reaper.leave(name, counts=name in ACTS)
            return answer

        return called


class Remote:
    """A port that lives in the parent process."""

    def __init__(self, line: Connection, port: str, *, plain: tuple[str, ...] = ()) -> None:
        self._line = line
        self._port = port
        self._plain = plain

    def ask(self, name: str, *args: Any, **named: Any) -> Any:
        """Have the parent make a call."""
        self._line.send((self._port, name, args, named))
        well, answer = self._line.recv()
        if not well:
            raise answer
        return answer

    def __getattr__(self, name: str) -> Any:
        if name in self._plain:
            return lambda *args, **named: self.ask(name, *args, **named)

        async def called(*args: Any, **named: Any) -> Any:
            return self.ask(name, *args, **named)

        return called


class RemoteClock(SteppedClock):
    """The clock of the parent process."""

    def __init__(self, line: Connection) -> None:
        self._remote = Remote(line, "clock", plain=("now", "monotonic"))
        super().__init__(start=self._remote.now())

    def now(self) -> datetime:
        at: datetime = self._remote.now()
        return at

    def monotonic(self) -> float:
        ticks: float = self._remote.monotonic()
        return ticks

    async def advance_to(self, instant: datetime) -> None:
        await self._remote.advance_to(instant)


def live_alone(settings: Settings, end: datetime, kill: Kill | None, line: Connection) -> None:
    """Run the daemon as it is built for a user, until ``end`` of its clock or the kill."""

    async def live(wrong: list[str], reaper: Reaper) -> None:
        opened = open_daemon(settings, report=_listen(wrong), decided=lambda _: None)
        async with opened as daemon:
            await _live(daemon, end, reaper)

    _report_end(line, settings, kill, live)


def live_outlived(settings: Settings, end: datetime, kill: Kill | None, line: Connection) -> None:
    """Run a daemon whose market, venue and clock are in the parent process."""

    async def live(wrong: list[str], reaper: Reaper) -> None:
        clock = RemoteClock(line)
        ledger = Ledger.open(settings.ledger, mode=settings.mode)
        if ledger.last_cycle() is None and not ledger.totals().deposited_usd:
            ledger.record_deposit(Usd(settings.paper.cash_usd), clock.now(), "play money")
        market_data: Any = Remote(line, "market_data", plain=("quote", "next_event_at"))
        venue: Any = Remote(line, "venue")
        venue.lag, venue.can_redeem = timedelta(0), True
        report = _listen(wrong)
        portfolio = open_portfolio(settings.portfolio, report=report)
        ports = Ports(
            venue=venue,
            market_data=market_data,
            portfolio=portfolio,
            strategies=KnownStrategies(
                settings=settings, ledger=ledger, holdings=lambda: portfolio.holdings
            ),
            ledger=ledger,
            clock=clock,
            report=report,
            terms=make_terms(settings),
        )
        engine = Engine(ports=ports, decided=lambda _: None)
        await _live(Daemon(settings=settings, ports=ports, engine=engine), end, reaper)
        ledger.close()

    _report_end(line, settings, kill, live)


def switch_and_die(path: Path, kind: str, at: datetime, steps: int) -> None:
    """Halt or resume from a process of its own; die after so many steps of SQLite, if any."""
    opened: Any = getattr(switch, "open_for_writing")  # noqa: B009 - it is that module's own

    def open_to_die(path: Path) -> Any:
        db = opened(path)
        if steps:
            db.conn.set_progress_handler(_die, steps)
        return db

    setattr(switch, "open_for_writing", open_to_die)  # noqa: B010 - only in this process
    getattr(switch, kind)(path, reason=f"to {kind} it", at=at)


async def _live(daemon: Daemon, end: datetime, reaper: Reaper) -> None:
    plain = daemon.ports.ledger
    reaper.connection = plain._db.conn
    ledger: Any = Watched(plain, reaper)
    venue: Any = Watched(daemon.ports.venue, reaper)
    market_data: Any = Watched(daemon.ports.market_data, reaper)
    ports = replace(daemon.ports, ledger=ledger, venue=venue, market_data=market_data)

    def decided(result: CycleResult) -> None:
        reaper.note("in the cycle")
        if result.cycle % LOOK_EVERY == 0:
            _look_again(plain, result)

    engine = Engine(ports=ports, decided=decided)
    lasting = end - ports.clock.now()
    await run_daemon(replace(daemon, ports=ports, engine=engine), lasting=lasting)


def _look_again(ledger: Ledger, result: CycleResult) -> None:
    """Hold the account that was kept up row by row against one read from all rows anew."""
    reader = LedgerReader.open(ledger.path)
    try:
        anew, kept = reader.account(result.at), ledger.account(result.at)
    finally:
        reader.close()
    if anew != kept:
        raise AssertionError(f"read anew the account is {anew}, kept up it is {kept}")


def _listen(wrong: list[str]) -> Any:
    def report(name: str, /, **keys: Any) -> None:
        if name in WRONG:
            wrong.append(f"{name} {keys}")

    return report


def _report_end(line: Connection, settings: Settings, kill: Kill | None, live: Any) -> None:
    """Tell the parent that life ended without a kill, and what went wrong in it."""
    wrong: list[str] = []
    try:
        asyncio.run(live(wrong, Reaper(kill, settings.ledger)))
    except BaseException:  # noqa: BLE001 - told in the parent
        wrong.append(traceback.format_exc())
    line.send(("ended", "\n".join(wrong)))
