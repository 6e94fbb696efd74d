"""A live daemon in a process of its own, at a local exchange with 200 markets and a local chain.

For benchmarks: each book can be moved, and it is noted when the daemon's orders come in.
"""

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from bot.clock import SystemClock
from bot.errors import LedgerError
from bot.ledger import LedgerReader
from bot.model.market import Book, Market
from bot.model.units import MILLION, Usd
from bot.sandbox.chain import LocalChain, LocalMarkets
from bot.sandbox.chain.orders import address_of
from bot.sandbox.exchange import News
from bot.sandbox.http import Reply, Request
from bot.sandbox.server import Sandbox
from bot.venues.books import epoch_ms
from bot.venues.polymarket.settings import Endpoints

REPO = Path(__file__).resolve().parents[1]
MARKETS = 200
BLOCK_S = 0.5
START_S, ORDER_S = 240.0, 60.0
QUIET_S = 2.5
"""A daemon that has not asked what cycles ask for this long is in none, and not in a pause of 1 s
after one."""
IN_A_CYCLE = ("/clob/data/", "/clob/order", "/gamma/markets/slug/", "/rpc")
ECHO = "/echo"
"""What the server sends back at once, for a bare POST."""
LEVELS = 5
BEFORE, AFTER = 30, 45
CLOCK = SystemClock()
COVERAGE = ("{rule: coverage, target: {40%: 30%}}", "-10%")
UTILITY = ("{rule: utility}", "-6%")
"""Sizing rule and impact of a strategy."""
CONFIG = """
mode: live
market_data: polymarket
ledger: ledger.db
strategies: strategies
portfolio: {{holdings: [{{symbol: QQQ, value: 600000, sector: technology}}]}}
premium_budget: 90000usd
max_total: 90000usd
log_format: json
wallet: {{address: '{wallet}'}}
live: {{max_total_usd: 90000, max_premium_per_day_usd: 90000, confirmations: 1}}
polymarket:
  gamma_url: {gamma}
  clob_url: {clob}
  data_url: {data}
  relayer_url: {relayer}
  rpc_url: {rpc}
  geoblock_url: {geoblock}
  market_ws_url: {market_stream}
  user_ws_url: {user_stream}
"""
STRATEGY = """
strategy: {name}
event: {{market: {{slug: {name}}}, adverse: "Yes", horizon: 400d}}
impact: {{sector: {{technology: {impact}}}}}
sizing: {sizing}
triggers: [{{probability: {{crosses: [40%]}}}}]
costs: {{min_benefit_to_cost: 0.1}}
limits: {{max_premium_usd: 50, max_order_usd: 50}}
roll: {{before_end: 0d}}
"""


class Timed(NamedTuple):
    """One order: instants of ``time.perf_counter``, and what the daemon used between, seconds."""

    sent_at: float
    came_at: float
    on_core: float
    for_core: float
    """How long the daemon was ready to run and waited for a core."""

    @property
    def seconds(self) -> float:
        """From the message to the order."""
        return self.came_at - self.sent_at


class _Used(NamedTuple):
    """What the daemon's main thread has used so far, seconds."""

    on_core: float
    for_core: float


@dataclass(slots=True, kw_only=True)
class World:
    """Exchange and chain, the daemon's process, and when orders came in."""

    sandbox: Sandbox
    markets: Sequence[Market]
    folder: Path
    daemon: Process
    posted: asyncio.Queue[tuple[float, _Used]] = field(default_factory=asyncio.Queue)
    sent_at: float = 0.0
    """When the exchange first sent a book message since this was 0."""
    asked_at: float = 0.0
    """When the daemon last asked for what cycles ask for."""
    echoed_at: float = 0.0
    """When the last bare POST came in."""

    def show(self, market: Market, cents: int) -> None:
        """Let other people's orders for YES stand around it; before, too far apart."""
        sizes = (4_000 * MILLION,) * LEVELS
        first = 1 if cents == AFTER else 4
        steps = range(first, first + LEVELS)
        bids = tuple((cents - step) * MILLION // 100 for step in steps)
        asks = tuple((cents + step) * MILLION // 100 for step in steps)
        now = epoch_ms(CLOCK.now())
        self.sandbox.tell(Book(market.token_ids[0], now, bids, sizes, asks, sizes))

    def check(self) -> None:
        """End everything if the daemon has ended."""
        if self.daemon.returncode is not None:
            raise SystemExit(f"the daemon ended: {self.last_lines()}")

    def last_lines(self) -> str:
        """Return the end of the daemon's log."""
        return (self.folder / "log").read_text()[-3000:]

    def used(self) -> _Used:
        """Return what the daemon has used, by the scheduler's own books."""
        pid = self.daemon.pid
        on_core, for_core, _ = Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()
        return _Used(int(on_core) / 1e9, int(for_core) / 1e9)

    def is_calm(self) -> bool:
        """Whether the daemon has run a cycle, and nothing of its orders is under way."""
        try:
            reader = LedgerReader.open(self.folder / "ledger.db")
        except LedgerError:  # it is being made
            return False
        try:
            comparison = reader.comparison()
            return (
                reader.last_cycle() is not None
                and not reader.orders_without_end()
                and not reader.fills_not_final()
                and comparison is not None
                and not any(row.difference for row in comparison.rows)
            )
        finally:
            reader.close()

    async def calm(self, within_s: float) -> None:
        """Wait until the daemon is in no cycle and nothing is under way."""
        async with asyncio.timeout(within_s):
            while time.perf_counter() - self.asked_at < QUIET_S or not self.is_calm():
                self.check()
                await asyncio.sleep(0.2)

    async def order(self, market: Market) -> Timed:
        """Move a market's book; return when the order for it came in."""
        self.sent_at = 0.0
        before = self.used()
        self.show(market, AFTER)
        sent_at = self.sent_at
        async with asyncio.timeout(ORDER_S):
            came_at, after = await self.posted.get()
        await self.calm(ORDER_S)
        while not self.posted.empty():  # the full cycle that follows may add to the hedge
            self.posted.get_nowait()
        on_core, for_core = (b - a for a, b in zip(before, after, strict=True))
        return Timed(sent_at, came_at, on_core, for_core)


@asynccontextmanager
async def open_world(folder: Path, *, joint: int, module: str = "bot") -> AsyncIterator[World]:
    """Start chain, exchange and daemon.

    Args:
        folder: For its files.
        joint: So many strategies, the first ones, have the rule ``utility``, the others
            ``coverage``.
        module: What is run as the daemon.
    """
    made = LocalMarkets(ends_at=CLOCK.now() + timedelta(days=200))
    markets = [made.ctf(f"event-{place}") for place in range(MARKETS)]
    async with LocalChain(clock=CLOCK, starts_at=CLOCK.now()) as chain:
        for market in markets:
            await chain.prepare(market)
        key = chain.accounts[3]
        wallet = address_of(key)
        await chain.approve_all(wallet)
        await chain.mint(wallet, Usd(Decimal(50_000)))
        async with Sandbox(markets=markets, clock=CLOCK, chain=chain) as sandbox:
            write_files(folder, sandbox.endpoints, wallet=wallet, markets=markets, joint=joint)
            daemon = await start_daemon(folder, key=key.reveal(), module=module)
            world = World(sandbox=sandbox, markets=markets, folder=folder, daemon=daemon)
            note_messages(world)
            note_posts(world)
            for market in markets:
                world.show(market, BEFORE)
            blocks = asyncio.create_task(mine(chain))
            try:
                yield world
            finally:
                await stop_daemon(daemon)
                blocks.cancel()
                with suppress(asyncio.CancelledError):
                    await blocks


def note_messages(world: World) -> None:
    """Note when each book message is handed to the sockets."""
    channel = world.sandbox.channel
    send = channel.send

    def noted(news: Iterable[News]) -> None:
        messages = list(news)  # made by now
        world.sent_at = world.sent_at or time.perf_counter()
        send(messages)

    channel.send = noted  # type: ignore[method-assign]


def note_posts(world: World) -> None:
    """Note when each order has come in, before anything is done with it."""
    server = world.sandbox._http
    handle = server._handle

    async def noted(request: Request) -> Reply | None:
        at = time.perf_counter()
        if (request.method, request.path) == ("POST", "/clob/order"):
            world.posted.put_nowait((at, world.used()))
        if request.path.startswith(IN_A_CYCLE):
            world.asked_at = at
        if request.path == ECHO:
            world.echoed_at = at
            return Reply(status=200, body=request.body)
        return await handle(request)

    server._handle = noted


async def mine(chain: LocalChain) -> None:
    """Let blocks come, as they do whether anybody trades or not."""
    while True:
        await asyncio.sleep(BLOCK_S)
        await chain.mine()


async def start_daemon(folder: Path, *, key: str, module: str) -> Process:
    """Run the command in ``folder``."""
    with (folder / "log").open("wb") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", module, "run", "--config", "config.yaml", "--live", "--yes"),
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(REPO), "POLYMARKET_PRIVATE_KEY": key},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


async def stop_daemon(daemon: Process) -> None:
    """Ask it to end, and wait."""
    if daemon.returncode is None:
        daemon.send_signal(signal.SIGTERM)
    await daemon.wait()


def write_files(
    folder: Path, endpoints: Endpoints, *, wallet: str, markets: Sequence[Market], joint: int
) -> None:
    """Write the config, and a strategy for each market."""
    addresses = {name: getattr(endpoints, name) for name in Endpoints.__slots__}
    (folder / "config.yaml").write_text(CONFIG.format(wallet=wallet, **addresses))
    (folder / "strategies").mkdir()
    for place, market in enumerate(markets):
        sizing, impact = UTILITY if place < joint else COVERAGE
        text = STRATEGY.format(name=market.slug, sizing=sizing, impact=impact)
        (folder / "strategies" / f"{market.slug}.yaml").write_text(text)
