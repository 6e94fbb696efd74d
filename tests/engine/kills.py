"""Kills a daemon for real, again and again, and starts it again on what is left.

The daemon runs in a process of its own on the example config, unpaced. Two kinds of life:

``alone``    the whole daemon as ``polyhedge run`` builds it; its venue dies with it.
``outlived`` market, venue and clock live in this process, so that they go on when the daemon dies,
             as the real ones do: an order may have left, and filled, that nobody heard of.
"""

import asyncio
import multiprocessing
import shutil
import signal
import threading
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from bot.app.sources import open_market_data
from bot.clock import SteppedClock
from bot.config import Settings, load_settings
from bot.ledger import LedgerReader
from bot.model.orders import LiveOrder
from bot.model.units import Usd
from bot.venues.simulated import SimulatedStart, SimulatedVenue
from tests.engine.audit import audit, has_tables, read_bounds
from tests.engine.mortal import HOWS, Kill, live_alone, live_outlived, make_note, read_note

REPO = Path(__file__).resolve().parents[2]
DAYS = 40
"""A life that nothing ends: long enough for every kind of order, some 600 cycles."""
SOAK_SEED = 20_261_124
SOAK_KILLS = 100
"""In each of the two kinds of life."""
LONGEST_S = 120.0
"""A daemon that is silent for this long hangs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a daemon left behind."""

    stage: str
    """What it was at: ``before``, ``in`` or ``after`` a call."""
    orders: int = 0
    fills: int = 0
    open_orders: int = 0
    """Without an end on disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One kill that hit."""

    number: int
    """Of the start after which it came; with the seed it names the kill."""
    life: str
    kill: Kill
    found: Found


def run_kills(folder: Path, *, kills: int, seed: int, outlived: bool) -> list[Hit]:
    """Kill until it was done ``kills`` times; check the books after each, and at each life's end.

    Raises:
        AssertionError: Something is wrong with the books; the message names seed and kill.
    """
    hits: list[Hit] = []
    number = life = 0
    while len(hits) < kills:
        life += 1
        world = World(folder / f"{seed}-{life}", seed=seed + life, outlived=outlived)
        with closing(world):
            ended = False
            while not ended:
                number += 1
                kill = None if len(hits) == kills else draw(seed, number)
                where = f"{world.name} life {life}, seed {seed}, kill {number}: {kill}"
                try:
                    ended = world.start(kill)
                    found = world.check(ended=ended)
                except BaseException as error:
                    error.add_note(where)
                    raise
                if kill is not None and not ended:
                    hits.append(Hit(number=number, life=world.name, kill=kill, found=found))
        world.forget()
    return hits


def draw(seed: int, number: int) -> Kill:
    """Return the instant of a kill: soon after the start or much later, by what its seed says."""
    chance = np.random.default_rng([seed, number])
    how = HOWS[chance.integers(len(HOWS))]
    acts = round(float(np.exp(chance.uniform(0.0, np.log(200.0)))))
    return Kill(
        how=how,
        acts=acts,
        steps=int(chance.integers(1, 60)),
        seconds=float(chance.uniform(0.0, 2.0)),
    )


class World:
    """One ledger, and all that outlives its daemons."""

    def __init__(self, folder: Path, *, seed: int, outlived: bool) -> None:
        folder.mkdir(parents=True)
        self.name = "outlived" if outlived else "alone"
        self.settings = practice_settings(folder, seed=seed)
        self._folder = folder
        self._bounds = read_bounds(self.settings)
        self._outside = Outside(self.settings) if outlived else None
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.engine.mortal"])

    def start(self, kill: Kill | None) -> bool:
        """Run a daemon until the kill hits or its life ends; return whether it ended."""
        make_note(self.settings.ledger)
        ours, theirs = self._context.Pipe()
        live = live_alone if self._outside is None else live_outlived
        end = self.settings.practice.start + timedelta(days=DAYS)
        process = self._context.Process(target=live, args=(self.settings, end, kill, theirs))
        process.start()
        theirs.close()
        try:
            return self._attend(ours, process, kill)
        finally:
            process.kill()
            process.join()
            process.close()
            ours.close()

    def _attend(self, ours: Connection, process: Any, kill: Kill | None) -> bool:
        """Answer the daemon's calls until it is gone; kill it when its time has come."""
        timer = threading.Timer(kill.seconds if kill else 0.0, process.kill)
        if kill is not None and kill.how == "time":
            timer.start()
        try:
            while True:
                assert ours.poll(LONGEST_S), "the daemon hangs"
                call = ours.recv()
                if call[0] == "ended":
                    assert call[1] == "", call[1]
                    return True
                assert self._outside is not None
                ours.send(self._outside.answer(*call))
        except (EOFError, ConnectionError):
            process.join()
            assert process.exitcode == -signal.SIGKILL, f"exit code {process.exitcode}"
            return False
        finally:
            timer.cancel()

    def check(self, *, ended: bool) -> Found:
        """Audit a copy of what is on disk, so that the next daemon finds what the kill left."""
        copy = self._folder / "copy" / "ledger.db"
        shutil.rmtree(copy.parent, ignore_errors=True)
        copy.parent.mkdir()
        for name in ("", "-wal"):
            found = Path(f"{self.settings.ledger}{name}")
            if found.exists():
                shutil.copy(found, f"{copy}{name}")
        stage = read_note(self.settings.ledger)
        if not has_tables(copy):
            return Found(stage=stage)
        audit(copy, self._bounds)
        reader = LedgerReader.open(copy)
        try:
            assert reader.halted() == ""
            if self._outside is not None:
                self._outside.check(reader, ended=ended)
            return Found(
                stage=stage,
                orders=len(reader.orders()),
                fills=len(reader.fills()),
                open_orders=len(reader.orders_without_end()),
            )
        finally:
            reader.close()

    def close(self) -> None:
        """Let go of what lives here."""
        if self._outside is not None:
            self._outside.close()

    def forget(self) -> None:
        """Remove what is on disk; after a failure it stays."""
        shutil.rmtree(self._folder)


class Outside:
    """Market, venue and clock, which know nothing of a daemon's death."""

    def __init__(self, settings: Settings) -> None:
        self._clock = SteppedClock(start=settings.practice.start)
        self._market_data = open_market_data(settings, clock=self._clock, report=_nobody)
        self._venue = SimulatedVenue(
            market_data=self._market_data,
            clock=self._clock,
            latency_s=settings.paper.latency.total_seconds(),
            settlement_delay_s=settings.paper.settlement_delay.total_seconds(),
            settlement_failures=0.0,
            start=SimulatedStart(cash_usd=Usd(settings.paper.cash_usd)),
            max_book_age_s=settings.max_quote_age.total_seconds(),
        )
        ports = {"clock": self._clock, "market_data": self._market_data, "venue": self._venue}
        self._ports: dict[str, Any] = ports
        self._loop = asyncio.Runner()
        self._arrived: list[str] = []
        self._loop.run(self._market_data.start())

    def close(self) -> None:
        """End the loop that answers."""
        self._loop.close()

    def answer(self, port: str, name: str, args: Any, named: Any) -> tuple[bool, Any]:
        """Do what the daemon asks for; return whether it went well, and the answer or error."""
        if name == "submit":
            self._arrived.append(args[0].order_id)
        try:
            answer = getattr(self._ports[port], name)(*args, **named)
            return True, self._loop.run(_wait(answer)) if asyncio.iscoroutine(answer) else answer
        except Exception as error:  # noqa: BLE001 - it is the daemon's to deal with
            return False, error

    def check(self, reader: LedgerReader, *, ended: bool) -> None:
        """Compare with the ledger: no order came twice, each was on disk before it came.

        At the end the two agree on every fill, and on cash and shares.
        """
        assert len(set(self._arrived)) == len(self._arrived), "an order was sent twice"
        ours: dict[str, LiveOrder] = {order.order_id: order for order in reader.orders()}
        assert set(self._arrived) <= set(ours), "an order left that is not on disk"
        there = self._loop.run(self._venue.fills(since=self._clock.now() - timedelta(days=999)))
        happened = {(fill.trade_id, fill.order_id): fill for fill in there}
        known = {(fill.trade_id, fill.order_id): fill for fill in reader.fills()}
        for key, fill in known.items():
            assert happened[key].cash_usd == fill.cash_usd, "a fill that never was"
        if ended:
            assert known.keys() == happened.keys(), "a fill was lost"
            balances = self._loop.run(self._venue.balances())
            account = reader.account(self._clock.now())
            assert balances.cash_usd == account.cash_usd
            held = {position.token_id: position.shares for position in account.positions}
            assert dict(balances.shares) == held


def _nobody(name: str, /, **keys: Any) -> None:
    """Nobody listens."""


async def _wait(answer: Any) -> Any:
    return await answer


def practice_settings(folder: Path, *, seed: int) -> Settings:
    """Return the example's settings with a ledger of its own, unpaced."""
    settings = load_settings(REPO / "config.example.yaml", {})
    practice = settings.practice.model_copy(update={"seed": seed, "pace": timedelta(0)})
    return replace(settings, ledger=folder / "ledger.db", practice=practice)
