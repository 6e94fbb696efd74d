"""What outlives a live daemon that is killed: the venue, the chain and other people.

The daemon is ``polyhedge run --live`` in a process of its own: an order of it may have arrived, and
filled, that nobody heard of.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from bot.app.rehearsal.actor import Actor, RehearsalFailed
from bot.app.rehearsal.agreement import compare
from bot.app.rehearsal.scenery import Scenery, open_scenery
from bot.clock import SystemClock
from bot.config import load_settings
from bot.ledger import LedgerReader
from bot.model.market import Market
from bot.model.units import ConditionId, from_e6
from bot.sandbox.http import Reply, Request
from tests.engine.audit import has_tables
from tests.truth.audit import audit
from tests.truth.hedger import make_actor
from tests.truth.kill import DECIDED, FORWARD, HOLD, POST_ORDER, REDEEMED, Hit, Kill

SILENT_S = 12.0
"""A daemon that has nothing to do where the kill would hit is killed so long after its first
request ..."""
START_S = 60.0
"""... which must come within this."""
CALM_S = 400.0
"""An order that got lost is known to be dead after some minutes."""
LOOKS = timedelta(seconds=5)
"""A last look after this counts: all that was under way when it began has been seen."""
LOOK_S = 0.1
FIRST = "before the first request"
LOW, HIGH = 5, (12, 15, 18)
"""Cents: at the first a hedge is closed, at the others it is opened again."""


@dataclass(slots=True, kw_only=True)
class World:
    """A venue whose prices move, and one owner's daemon."""

    scenery: Scenery
    actor: Actor
    is_session: bool
    chance: np.random.Generator
    moving: list[Market]
    """Those whose prices move."""
    arrived: Counter[bytes] = field(default_factory=Counter)
    """The body of each order that the exchange took in."""
    _kill: Kill | None = None
    _counted: int = 0
    _at: str = ""
    _ends: float = 0.0
    _hit: asyncio.Event = field(default_factory=asyncio.Event)

    async def act(self, number: int) -> None:
        """Let happen what comes before a kill."""
        scenery = self.scenery
        if number == FORWARD:
            scenery.bring_forward(scenery.this_meeting, days=3)
        for later, market, yes in ((0, scenery.recession, "1"), (2, scenery.next_meeting, "0.5")):
            if number == HOLD + later:
                self.moving.remove(market)
                scenery.show(market, HIGH[0])
            if number == DECIDED + later:
                await scenery.resolve(market, yes=yes)
            if number == REDEEMED + later:
                await self.redeem_for_us(market)

    async def redeem_for_us(self, market: Market) -> None:
        """Let somebody else fetch what a session key may not."""
        chain, wallet = self.scenery.chain, self.actor.wallet
        if self.is_session and any([await chain.shares(wallet, t) for t in market.token_ids]):
            await self.scenery.sandbox.auto_redeem(wallet, market.condition_id)

    async def move(self) -> None:
        """Let prices go up and down, for ever."""
        high: set[ConditionId] = set()
        while True:
            await self.scenery.clock.sleep(float(self.chance.uniform(0.2, 1.0)))
            if not self.moving:
                continue
            market = self.moving[self.chance.integers(len(self.moving))]
            high ^= {market.condition_id}
            is_high = market.condition_id in high
            self.scenery.show(market, int(self.chance.choice(HIGH)) if is_high else LOW)

    async def kill(self, kill: Kill, *, life: int, number: int) -> Hit:
        """Start the daemon, kill it, and check what it left.

        Raises:
            AssertionError: The books are wrong.
            RehearsalFailed: The daemon ended by itself.
        """
        self._kill, self._counted, self._at = kill, 0, FIRST
        self._hit.clear()
        await self.actor.start_daemon()
        await self._wait()
        if self._kill is None:
            await self._hit.wait()
        else:
            await self.scenery.clock.sleep(kill.seconds if kill.how == "later" else 0.0)
            self._kill = None
            await self.actor.kill_daemon()
        orders, fills, open_orders = self.check()
        return Hit(
            life=self.actor.name,
            number=life * 100 + number,
            kill=kill,
            at=self._at,
            orders=orders,
            fills=fills,
            open_orders=open_orders,
        )

    async def _wait(self) -> None:
        """Wait until the kill is due, or long enough."""
        clock = self.scenery.clock
        self._ends = clock.monotonic() + START_S
        while not self._hit.is_set() and clock.monotonic() < self._ends:
            if self._kill is not None:
                self.actor.check_daemon()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._hit.wait()

    def watch(self) -> None:
        """See each request before the venue does, and kill when the time has come."""
        server = self.scenery.sandbox._http
        handle = server._handle

        async def watched(request: Request) -> Reply | None:
            name = name_of(request)
            if self._at == FIRST:
                self._ends = self.scenery.clock.monotonic() + SILENT_S
            kill = self._due(name)
            if kill is not None and kill.how == "before":
                await self._die(f"before {name}")
                return None
            if name == POST_ORDER:
                self.arrived[request.body] += 1
            reply = await handle(request)
            if self._kill is not None:
                self._at = f"after {name}"
            if kill is None or kill is not self._kill:
                return reply
            if kill.how == "later":
                self._hit.set()
                return reply
            await self._die(f"after {name}")
            return None

        server._handle = watched

    def _due(self, name: str) -> Kill | None:
        """Return the kill if it is due at this request."""
        kill = self._kill
        if kill is None or kill.on not in ("", name):
            return None
        self._counted += 1
        return kill if self._counted == kill.count else None

    async def _die(self, at: str) -> None:
        self._kill, self._at = None, at
        await self.actor.kill_daemon()
        self._hit.set()

    def check(self) -> tuple[int, int, int]:
        """Audit a copy of what is on disk; return its orders, fills and orders without an end."""
        source = self.actor.folder / "ledger.db"
        copy = self.actor.folder / "copy" / "ledger.db"
        shutil.rmtree(copy.parent, ignore_errors=True)
        copy.parent.mkdir()
        for path in source.parent.glob("ledger.db*"):
            if path.suffix != ".lock":
                shutil.copy(path, copy.parent / path.name)
        if not has_tables(copy):
            assert not self.arrived, "an order left before there was a ledger"
            return 0, 0, 0
        audit(copy, load_settings(self.actor.folder / "config.yaml", {}))
        reader = LedgerReader.open(copy)
        try:
            assert reader.halted() == ""
            self._check_arrived(reader)
            self._check_fills(reader, all_of_them=False)
            found = reader.orders(), reader.fills(), reader.orders_without_end()
            return len(found[0]), len(found[1]), len(found[2])
        finally:
            reader.close()

    def _check_arrived(self, reader: LedgerReader) -> None:
        assert max(self.arrived.values(), default=1) == 1, "an order was sent twice"
        on_disk = {bytes(row[0]) for row in reader._all("SELECT body FROM orders")}
        assert set(self.arrived) <= on_disk, "an order left that is not on disk"

    def _check_fills(self, reader: LedgerReader, *, all_of_them: bool) -> None:
        ours = {order.order_id for order in reader.orders()}
        there = {
            (trade.trade_id, leg.order.order_id): from_e6(leg.shares_e6)
            for trade in self.scenery.sandbox.records.trades
            for leg in trade.legs()
            if leg.order.order_id in ours
        }
        known = {(fill.trade_id, fill.order_id): fill.size for fill in reader.fills()}
        assert known.items() <= there.items(), "a fill that never was"
        assert known == there or not all_of_them, "a fill was lost"

    async def finish(self) -> None:
        """Let a last daemon live until all is final; ledger, venue and chain must agree then."""
        actor, scenery = self.actor, self.scenery
        self.moving.clear()
        scenery.show(scenery.shutdown, HIGH[0])
        began = scenery.clock.now()
        await actor.start_daemon()
        for market in (scenery.recession, scenery.next_meeting):
            if scenery.markets[market.condition_id].payouts is not None:
                await self.redeem_for_us(market)
        end = scenery.clock.monotonic() + CALM_S
        while not self._is_calm(began):
            actor.check_daemon()
            assert scenery.clock.monotonic() < end, f"no calm: {actor.last_lines()}"
            await scenery.clock.sleep(LOOK_S)
        assert await actor.stop_daemon() == 0
        self.check()
        rows = await compare(actor, scenery)
        assert [row for row in rows if not row.agrees] == []
        with actor.ledger() as reader:
            self._check_fills(reader, all_of_them=True)
            assert reader.fills(), "nothing was ever bought"
        assert "invariant.broken" not in (actor.folder / "run.log").read_text("utf-8")

    def _is_calm(self, began: datetime) -> bool:
        """Whether the daemon has looked since it began, and nothing is open any more."""
        with self.actor.ledger() as ledger:
            looked = ledger.comparison()
            return (
                looked is not None
                and looked.at > began + LOOKS
                and not (looked.differences or looked.sought or looked.stop)
                and not (ledger.orders_without_end() or ledger.fills_not_final())
                and not ledger.account(looked.at).redeemable
            )


@asynccontextmanager
async def open_world(folder: Path, *, seed: int, is_session: bool) -> AsyncIterator[World]:
    """Open venue and chain and give the daemon's owner money; prices move meanwhile."""
    clock = SystemClock()
    async with AsyncExitStack() as opened:
        scenery = await opened.enter_async_context(open_scenery(clock))
        actor = await make_actor(folder, scenery, is_session=is_session)
        world = World(
            scenery=scenery,
            actor=actor,
            is_session=is_session,
            chance=np.random.default_rng(seed),
            moving=[scenery.recession, scenery.next_meeting, scenery.shutdown],
        )
        for market in (scenery.this_meeting, *world.moving):
            scenery.show(market, HIGH[0])
        world.watch()
        moving = asyncio.ensure_future(world.move())
        opened.push_async_callback(_end, moving)
        opened.push_async_callback(_bury, actor)
        yield world


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _bury(actor: Actor) -> None:
    with suppress(RehearsalFailed):
        await actor.kill_daemon()


def name_of(request: Request) -> str:
    """Return what a request asks for: method and path, or what it asks the node."""
    if request.path != "/rpc":
        return f"{request.method} {request.path}"
    calls = json.loads(request.body)
    return str((calls[0] if isinstance(calls, list) else calls)["method"])
