"""Paper over the venue's own protocol, recorded and replayed: the same ledger, byte for byte.

Real are the local exchange and its sockets, the market data, the engine, the recorder, the
replay. Only the time is arranged: it stands while a cycle runs, and on its way to the next
instant things happen at the exchange, also while an order is under way.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.app.build import World, open_daemon
from bot.app.daemon import run_daemon
from bot.app.replay import Summary, replay
from bot.app.sources import endpoints, pace
from bot.clock import SteppedClock, SystemClock
from bot.config import MarketDataName, Mode, Recorded, RecordedSource, Settings, load_settings
from bot.core.matching import LOT_E6
from bot.model.market import Book, Market, MarketChanged, MarketEvent, Print
from bot.model.units import MILLION, EventId
from bot.model.view import View
from bot.portfolio import open_portfolio
from bot.sandbox.server import Sandbox
from bot.venues.polymarket.market_data import STREAM, PolymarketData
from tests.fakes import START, epoch_ms
from tests.protocol.books import CENT_E6, self_made
from tests.protocol.stage import (
    BITCOIN,
    FED,
    RECESSION,
    Pulse,
    ctf_market,
    fine_market,
    v2_market,
    write_files,
)
from tests.replay.rows import read_decisions, read_rows
from tests.replay.scribe import Scribe

LASTING = timedelta(minutes=8)
PULSE = Pulse(check="30s", latency="250ms", quote_age="60s", poll="10s", timeout="5s")
DAY_S = 86_400.0
REAL = SystemClock()
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"
APART = {"_sqlite_migrations", "origin", "source", "views"}
"""Tables of the file, of its mode and of what was seen: a view names the mode, see `views_of`."""
OF_THE_MODE = {"mode", "view_digest"}


Act = Callable[[], Awaitable[None]]


class ArrangedClock(SteppedClock):
    """Jumps from one arranged act to the next, whoever waits."""

    def __init__(self) -> None:
        super().__init__(start=START)
        self.acts: list[tuple[datetime, Act]] = []

    async def advance_to(self, instant: datetime) -> None:
        while self.acts and self.acts[0][0] <= instant:
            at, act = self.acts.pop(0)
            await super().advance_to(at)
            await act()
        await super().advance_to(instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The same time for who works beside the cycles: their waiting moves nothing."""

    clock: ArrangedClock

    def now(self) -> datetime:
        return self.clock.now()

    def monotonic(self) -> float:
        return self.clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        due = self.now() + timedelta(seconds=seconds)
        while self.now() < due:
            await REAL.sleep(0.002)


@dataclass(kw_only=True)
class Session:
    """The exchange, what the daemon heard of it, and what happens when."""

    sandbox: Sandbox
    clock: ArrangedClock
    markets: dict[EventId, Market]
    market_data: PolymarketData
    heard: list[MarketEvent] = field(default_factory=list)

    def at(self, seconds: float, act: Act) -> None:
        self.clock.acts.append((START + timedelta(seconds=seconds), act))

    def show(self, event: EventId, cents: int, *, above_e6: int = 0, shares_e6: int = 0) -> Book:
        """From now on the event's book is one about there, with so many shares a level if said."""
        book = self_made(cents)
        book = book._replace(
            token_id=self.markets[event].token_ids[0],
            as_of_ms=epoch_ms(self.clock.now()),
            bid_prices=tuple(price + above_e6 for price in book.bid_prices),
            ask_prices=tuple(price + above_e6 for price in book.ask_prices),
            ask_sizes=tuple(shares_e6 or size for size in book.ask_sizes),
        )
        self.sandbox.tell(book)
        return book

    def moves(self, event: EventId, cents: int, *, shares_e6: int = 0) -> Act:
        """The stream brings the new book at once."""

        async def act() -> None:
            book = self.show(event, cents, shares_e6=shares_e6)
            await self.until(lambda: book in self.heard)

        return act

    def moves_in_doubt(self, event: EventId, cents: int) -> Act:
        """The daemon hears of it and does not trust it: its next cycle asks for the book."""

        async def act() -> None:
            self.show(event, cents)
            await self.trade(event, cents * CENT_E6, size_e6=LOT_E6)

        return act

    def moves_unseen(self, event: EventId, cents: int) -> Act:
        """Nobody listens: the next cycle asks for the book."""

        async def act() -> None:
            self.show(event, cents)

        return act

    def trades(self, event: EventId, price_e6: int, shares: int) -> Act:
        async def act() -> None:
            await self.trade(event, price_e6, size_e6=shares * MILLION)

        return act

    async def trade(self, event: EventId, price_e6: int, *, size_e6: int) -> None:
        """Let others trade, and wait until the daemon has heard of it and of all before it."""
        trade = Print(
            token_id=self.markets[event].token_ids[0],
            price_e6=price_e6,
            size_e6=size_e6,
            at_ms=epoch_ms(self.clock.now()),
            taker_buys=False,
        )
        self.sandbox.tell(trade)
        await self.until(lambda: trade in self.heard)

    def changes(self, event: EventId, *, is_told: bool = True, **changes: Any) -> Act:
        """The market's state changes; the stream tells of a tick or a payout, not of a close."""

        async def act() -> None:
            market = self.markets[event] = replace(self.markets[event], **changes)
            before = self.states_heard(market)
            self.sandbox.tell(MarketChanged(market=market, at=self.clock.now()))
            if is_told:
                await self.until(lambda: self.states_heard(market) > before)

        return act

    def states_heard(self, market: Market) -> int:
        return sum(
            isinstance(event, MarketChanged) and event.market.condition_id == market.condition_id
            for event in self.heard
        )

    async def drops(self) -> None:
        self.sandbox.channel.drop_sockets()
        await self.until(lambda: STREAM in self.market_data.problems)

    async def connects(self) -> None:
        await self.until(lambda: len(self.sandbox.channel.subscribed) == len(self.markets))
        await self.trade(FED, 30 * CENT_E6, size_e6=LOT_E6)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                await REAL.sleep(0.002)


def arrange(session: Session) -> None:
    """What happens, seconds from the start; a cycle runs about each 30 s, an order takes 0.25 s."""
    session.at(10, session.connects)
    session.at(12, session.moves(FED, 31))
    session.at(45, session.moves(FED, 46))
    session.at(60.8, session.moves(FED, 46, shares_e6=40 * MILLION))  # under its order
    session.at(70, session.trades(BITCOIN, 293_000, 100))  # beyond the price of the resting order
    session.at(75, session.drops)
    session.at(80, session.moves_unseen(RECESSION, 45))
    session.at(105, session.connects)
    session.at(110, session.moves(RECESSION, 46))
    session.at(130, session.changes(FED, tick=Decimal("0.001")))
    session.at(140, session.moves_in_doubt(FED, 63))
    session.at(170, session.moves(RECESSION, 65))
    session.at(181.7, session.moves(RECESSION, 75))  # under its order, which finds nothing
    session.at(200, session.changes(BITCOIN, tick=Decimal("0.01")))  # the resting order is off it
    session.at(205, session.moves_in_doubt(BITCOIN, 8))
    over = {"closed": True, "accepting_orders": False}
    session.at(250, session.changes(FED, is_told=False, **over))
    session.at(310, session.changes(FED, payouts=(Decimal(1), Decimal(0))))
    half = (Decimal("0.5"), Decimal("0.5"))
    session.at(340, session.changes(RECESSION, **over, payouts=half))


async def live(folder: Path) -> Settings:
    """Run paper at the exchange with a recorder listening; return its settings."""
    clock = ArrangedClock()
    beside = Beside(clock=clock)
    made = {FED: ctf_market(), RECESSION: v2_market(), BITCOIN: fine_market()}
    ends_at = START + timedelta(days=200)
    markets = {event: replace(market, ends_at=ends_at) for event, market in made.items()}
    async with Sandbox(markets=markets.values(), clock=beside) as sandbox:
        settings = load_settings(write_files(folder, sandbox, PULSE), {})
        market_data = PolymarketData(
            endpoints=endpoints(settings),
            # Asked by cycles alone. No PING: time runs ahead of the sockets, its answer is late.
            pace=replace(pace(settings), look_every=DAY_S, ping_every=DAY_S),
            clock=beside,
            report=lambda source, problem: None,
        )
        session = Session(sandbox=sandbox, clock=clock, markets=markets, market_data=market_data)
        session.show(FED, 30)
        session.show(RECESSION, 30)
        session.show(BITCOIN, 30, above_e6=5_000)
        arrange(session)
        world = World(
            name=settings.market_data,
            clock=clock,
            market_data=market_data,
            portfolio=open_portfolio(settings.portfolio, report=lambda name, **keys: None),
        )
        scribe = Scribe(folder / "journal", source="polymarket")
        async with open_daemon(
            settings, report=lambda name, **keys: None, decided=scribe.decided, world=world
        ) as daemon:
            market_data.listen(session.heard.append)
            scribe.follow(daemon)
            await run_daemon(daemon, lasting=LASTING)
        scribe.close()
    return settings


def replay_again(settings: Settings) -> tuple[Path, Summary]:
    """Replay the journal as the command does; return the ledger and what came of it."""
    recorded = Recorded(
        source=RecordedSource.JOURNAL, path="journal", since=START, until=START + LASTING
    )
    again = replace(
        settings,
        mode=Mode.REPLAY,
        market_data=MarketDataName.RECORDED,
        recorded=recorded,
        ledger=settings.ledger.with_name("again.db"),
    )
    summary = asyncio.run(replay(again, report=lambda name, **keys: None, seen=lambda _: None))
    return again.ledger, summary


def rows_of(ledger: Path) -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table, but for the mode and what is made of it."""
    tables = [row["name"] for row in read_rows(ledger, TABLES)]
    return {
        table: [
            {name: row[name] for name in row.keys() if name not in OF_THE_MODE}  # noqa: SIM118
            for row in read_rows(ledger, f"SELECT * FROM {table} ORDER BY rowid")  # noqa: S608
        ]
        for table in tables
        if table not in APART
    }


def views_of(ledger: Path) -> list[View]:
    """Return what each decision was made on, as if in one mode."""
    views = [recorded.view for recorded in read_decisions(ledger)]
    return [replace(view, mode=Mode.PAPER) for view in views if view is not None]


@pytest.mark.simulation
def test_replaying_what_paper_recorded_writes_the_same_ledger(tmp_path: Path) -> None:
    settings = asyncio.run(live(tmp_path))
    again, summary = replay_again(settings)
    lived, replayed = rows_of(settings.ledger), rows_of(again)
    assert {table: rows for table, rows in replayed.items() if rows != lived[table]} == {}
    assert lived.keys() == replayed.keys()
    assert views_of(again) == views_of(settings.ledger)
    assert len(views_of(again)) == summary.decisions

    # What makes a session live was in it.
    assert summary.gap_usd == 0
    assert (summary.orders, summary.fills, summary.partly_filled) == (8, 7, 2)
    assert summary.rejected == {"fak_not_filled": 1}
    assert summary.lifecycle["settled"] == 2
    assert "cancelled" in {row["status"] for row in lived["order_events"]}
    makers = [row for row in lived["journal"] if row["kind"] == "fill" and row["fee_e6"] == 0]
    assert [row["at"] for row in makers] == ["2026-11-02T12:01:10.000000Z"]  # between two cycles
