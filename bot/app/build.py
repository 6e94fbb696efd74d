"""Builds the world of a mode: the only place that knows which mode it is."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import bot
from bot.app.sources import open_market_data
from bot.app.strategies import KnownStrategies
from bot.clock import Clock, SteppedClock, SystemClock
from bot.config import MarketDataName, Mode, Settings
from bot.engine.cycle import CycleResult, Engine
from bot.engine.ports import Ports, Report, Terms
from bot.ledger import Ledger, LedgerReader, is_made
from bot.model.account import Secret, TradingAccount
from bot.model.orders import OrderStatus, OrderType
from bot.model.units import Usd
from bot.portfolio import PortfolioReader, open_portfolio
from bot.venues.ports import MarketData, Venue
from bot.venues.simulated import SimulatedStart, SimulatedVenue

DEADLINE = timedelta(minutes=2)
"""A cycle that takes longer than this is ended; nothing more is sent in it."""


Beside = Callable[[asyncio.Event], Iterable[Coroutine[None, None, None]]]
"""What runs beside the cycles until they end, given what wakes a cycle."""


def no_tasks(_wake: asyncio.Event) -> Iterable[Coroutine[None, None, None]]:
    """Return nothing: no task beside the cycles."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """A built daemon, ready to run cycles."""

    settings: Settings
    ports: Ports
    engine: Engine
    beside: Beside = no_tasks
    account: TradingAccount | None = None
    """Who trades with money; None: nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a run is handed in the place of what the config names."""

    name: str
    """Of the quotes, for the ledger."""
    clock: Clock
    market_data: MarketData
    portfolio: PortfolioReader


@asynccontextmanager
async def open_daemon(
    settings: Settings,
    *,
    report: Report,
    decided: Callable[[CycleResult], None],
    key: Secret | None = None,
    clock: Clock | None = None,
    world: World | None = None,
) -> AsyncIterator[Daemon]:
    """Open ledger, market data and venue, and close them again.

    Args:
        settings: What the user wants.
        report: Logs one event.
        decided: Called after each decision is on disk.
        key: What `unlock` returned: live mode trades with it, no other mode takes one.
        clock: None: the mode's own.
        world: History to run through; None: what the config names.

    Raises:
        LedgerError: The ledger is in use or cannot be written.
        DataError: The first read of the market data failed.
        UserError: Key or wallet do not fit.
    """
    if (key is not None) is not (settings.mode is Mode.LIVE):
        raise ValueError(f"mode {settings.mode} and a key do not go together")
    async with AsyncExitStack() as open_things:
        durable = settings.mode is not Mode.REPLAY
        ledger = Ledger.open(
            settings.ledger,
            mode=settings.mode,
            market_data=world.name if world else settings.market_data,
            durable=durable,
        )
        open_things.callback(ledger.close)
        if world is None:
            clock = clock or make_clock(settings, last=ledger.last_cycle())
            market_data = open_market_data(settings, clock=clock, report=report)
            portfolio = open_portfolio(settings.portfolio, report=report)
        else:
            clock, market_data, portfolio = world.clock, world.market_data, world.portfolio
        open_things.push_async_callback(market_data.close)
        await market_data.start()
        open_things.push_async_callback(portfolio.close)
        tasks: Beside = no_tasks
        account: TradingAccount | None = None
        venue: Venue | None = None
        if key is not None:
            from bot.app.live import open_venue, run_beside

            live = await open_things.enter_async_context(open_venue(settings, key=key, clock=clock))
            venue, account = live, live.account
            tasks = run_beside(settings, venue=live, ledger=ledger, clock=clock, report=report)
            market_data.listen(live.readiness.hear)
        ports = _ports(
            settings,
            ledger=ledger,
            clock=clock,
            market_data=market_data,
            portfolio=portfolio,
            report=report,
            venue=venue or _simulated(settings, ledger, clock, market_data),
        )
        yield Daemon(
            settings=settings,
            ports=ports,
            engine=Engine(ports=ports, decided=decided),
            beside=tasks,
            account=account,
        )


def make_clock(settings: Settings, *, last: tuple[int, datetime] | None) -> Clock:
    """Return the clock of the mode; a stepped one goes on where the ledger ended."""
    if settings.market_data is MarketDataName.POLYMARKET:
        return SystemClock()
    if settings.market_data is MarketDataName.PRACTICE:
        start = settings.practice.start if last is None else max(last[1], settings.practice.start)
        return SteppedClock(start=start, pace=settings.practice.pace.total_seconds() or None)
    from bot.app.sources import first_instant

    start = first_instant(settings) if last is None else last[1]
    return SteppedClock(start=start, pace=None)


def _ports(
    settings: Settings,
    *,
    ledger: Ledger,
    clock: Clock,
    market_data: MarketData,
    portfolio: PortfolioReader,
    report: Report,
    venue: Venue,
) -> Ports:
    return Ports(
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


def _simulated(
    settings: Settings, ledger: Ledger, clock: Clock, market_data: MarketData
) -> SimulatedVenue:
    """Return the venue of paper and replay, as the ledger left it."""
    if ledger.last_cycle() is None and ledger.account(clock.now()).cash_usd == 0:
        cash = Usd(settings.paper.cash_usd)
        ledger.record_deposit(cash, clock.now(), "play money at the first start")
    account = ledger.account(clock.now())
    return SimulatedVenue(
        market_data=market_data,
        clock=clock,
        latency_s=settings.paper.latency.total_seconds(),
        settlement_delay_s=settings.paper.settlement_delay.total_seconds(),
        settlement_failures=settings.paper.settlement_failures,
        start=SimulatedStart(
            cash_usd=account.cash_usd,
            shares={position.token_id: position.shares for position in account.positions},
            orders=tuple(
                order
                for order in account.orders
                if order.status is OrderStatus.OPEN and order.order_type is OrderType.GTD
            ),
            unsettled=ledger.fills_not_final(),
        ),
        max_book_age_s=settings.max_quote_age.total_seconds(),
    )


def make_terms(settings: Settings) -> Terms:
    """Return the terms of a cycle as the user set them."""
    budget, total, cluster = settings.premium_budget, settings.max_total, settings.max_cluster
    return Terms(
        mode=settings.mode,
        version=program_version(),
        risk_aversion=settings.risk_aversion,
        premium_budget_usd=budget.usd,
        premium_budget_share=budget.share or 0.0,
        max_total_usd=total.usd,
        max_total_share=total.share or 0.0,
        live_total_usd=settings.live.max_total_usd if settings.mode is Mode.LIVE else None,
        max_price_age=settings.max_price_age,
        max_view_age=settings.max_view_age,
        max_quote_age=settings.max_quote_age,
        max_cluster_usd=cluster.usd if cluster else None,
        max_cluster_share=cluster.share if cluster else None,
        funding_rate=settings.funding_rate,
        correlations=settings.correlations,
        volatility=settings.volatility,
        volatility_reading=settings.volatility_reading,
        deadline=DEADLINE,
    )


def program_version() -> str:
    """Return the version and a hash of all that decides: two programs that differ say so."""
    home = Path(bot.__file__).parent
    digest = hashlib.sha256()
    for folder in ("core", "model", "rules", "strategy", "yaml_lines"):
        for path in sorted((home / folder).rglob("*.py")):
            digest.update(path.relative_to(home).as_posix().encode())
            digest.update(path.read_bytes())
    return f"{bot.__version__}+{digest.hexdigest()[:12]}"


def last_cycle_of(path: Path) -> tuple[int, datetime] | None:
    """Return the last cycle of a ledger that may not exist yet."""
    if not is_made(path):
        return None
    reader = LedgerReader.open(path)
    try:
        return reader.last_cycle()
    finally:
        reader.close()
