"""Runs history through the engine of paper trading, on a clock that jumps from bar to bar."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.app.build import Daemon, World, open_daemon
from bot.app.replay import Summary, Tally, sum_up
from bot.clock import SteppedClock
from bot.config import Mode, Settings
from bot.engine.cycle import CycleResult
from bot.engine.ports import Report
from bot.errors import ConfigError
from bot.history.archive import Archive, VenueFacts
from bot.history.carry import CarryDay, measure_carry, read_rates
from bot.history.prices import (
    HistoryPrices,
    has_closes,
    read_closes,
    read_own_closes,
    start_holdings,
)
from bot.history.source import HistoryMarketData
from bot.model.portfolio import Holding, PriceFile, PriceFolder
from bot.portfolio import PortfolioReader
from bot.portfolio.holdings import read_holdings
from bot.portfolio.series import SeriesReader
from bot.strategy import load_strategies

_NO_RATES = "no interest rate is recorded: what the money in hedges would have earned is left out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From when to when, both included, aware UTC."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a backtest writes of itself into its ledger."""

    since: datetime
    until: datetime
    venue: VenueFacts
    faults: tuple[str, ...]
    """What is wrong with the recording and how it was dealt with."""
    holes: tuple[str, ...]
    """Parts of the time in which nothing could be hedged, whatever the rules: in words."""
    carry: tuple[CarryDay, ...] = ()
    """Interest, rewards and fees beside the prices: to be added to the hedged side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """What came of a backtest; everything else stands in the ledger."""

    ledger: Path
    run: Run
    summary: Summary


async def backtest(
    settings: Settings,
    *,
    archive: Archive,
    prices: Path,
    span: Span,
    report: Report,
    seen: Callable[[CycleResult], None],
) -> Backtest:
    """Run from the first to the last instant of the span at which a bar may have become known.

    Args:
        settings: What the user wants; its ledger is not there yet.
        archive: The venue's history.
        prices: Folder of the portfolio's recorded closes.
        span: From when to when.
        report: Logs one event.
        seen: Called after each decision, for whoever shows the progress.

    Raises:
        ConfigError: There is nothing in the span, or a holding has no price at its start.
        BadData: A recorded row cannot be right.
        LedgerError: The ledger cannot be written.
    """
    instants = archive.instants(span.since, span.until)
    tally = Tally()

    def hear(name: str, **keys: Any) -> None:
        tally.hear(name, keys)
        report(name, **keys)

    def decided(result: CycleResult) -> None:
        if result.decision is not None:
            tally.take(result.decision)
        seen(result)

    clock = SteppedClock(start=instants[0])
    market_data = HistoryMarketData(clock=clock, archive=archive)
    world = World(
        name=f"history of {archive.facts.name}",
        clock=clock,
        market_data=market_data,
        portfolio=_open_portfolio(settings, prices, at=instants[0], report=hear),
    )
    rates = read_rates(prices)
    settings = replace(settings, mode=Mode.REPLAY)
    _check_stakes(settings, archive.facts)
    async with open_daemon(settings, report=hear, decided=decided, world=world) as daemon:
        for instant in instants:
            await _reach(instant, daemon, clock, market_data)
            await _look(daemon, clock, before=instant + settings.max_quote_age)
        await daemon.engine.stop()
        ledger = daemon.ports.ledger
        run = Run(
            since=instants[0],
            until=instants[-1],
            venue=archive.facts,
            faults=(*archive.faults, *([] if rates else [_NO_RATES])),
            holes=tuple(_holes(archive.facts, instants[0], instants[-1])),
            carry=measure_carry(ledger, archive, rates),
        )
        ledger.record_run(run, clock.now())
        summary = sum_up(daemon, tally, since=run.since, note=archive.facts.assumed)
        return Backtest(ledger=settings.ledger, run=run, summary=summary)


def _holes(venue: VenueFacts, since: datetime, until: datetime) -> Iterator[str]:
    usable = venue.usable_since
    if usable is not None and since < usable:
        last = min(until, usable - timedelta(days=1))
        yield f"{since:%Y-%m-%d} to {last:%Y-%m-%d}: no usable event prices here"


def _check_stakes(settings: Settings, venue: VenueFacts) -> None:
    """Refuse strategies that would stake more on a contract than the venue allowed."""
    most = venue.most_per_market_usd
    strategies, _ = load_strategies(settings.strategies, max_quote_age=settings.max_quote_age)
    problems = [
        f"{strategy.path}: limits.max_premium_usd is {strategy.limits.max_premium_usd}, but"
        f" {venue.name} allowed {most} USD a contract. Write {most} or less"
        for strategy in strategies
        if most is not None and strategy.limits.max_premium_usd > most
    ]
    if problems:
        raise ConfigError("\n".join(problems))


async def _look(daemon: Daemon, clock: SteppedClock, *, before: datetime) -> None:
    """Run a cycle, and those that it asks for while its books are not too old to trade on."""
    due: datetime | None = clock.now()
    while due is not None and (due < before or due == clock.now()):
        await clock.advance_to(due)
        with daemon.ports.ledger.transaction():  # one write to the file, not a hundred
            result = await daemon.engine.run_cycle()
        due = result.decision.next_wake_at if result.decision is not None else None
        due = due if due is not None and due > clock.now() else None
        await _reconcile(daemon, clock, result.look_again_at, before=due or before)


async def _reach(
    instant: datetime, daemon: Daemon, clock: SteppedClock, market_data: HistoryMarketData
) -> None:
    """Go to ``instant``, settling on the way what is resolved when it is resolved."""
    while True:
        account = daemon.ports.ledger.account(clock.now())
        held = {position.condition_id for position in account.positions}
        due = market_data.next_change_at(held) if held else None
        if due is None or due >= instant:
            break
        await clock.advance_to(due)
        await market_data.refresh()
        await _reconcile(daemon, clock, clock.now(), before=instant)
    await clock.advance_to(instant)


async def _reconcile(
    daemon: Daemon, clock: SteppedClock, due: datetime | None, *, before: datetime
) -> None:
    """Compare with the venue at ``due`` and as often as that is asked for."""
    while due is not None and due < before:
        await clock.advance_to(due)
        again = await daemon.engine.reconcile()
        due = again if again is not None and again > clock.now() else None


def _open_portfolio(
    settings: Settings, folder: Path, *, at: datetime, report: Report
) -> PortfolioReader:
    """Return the portfolio with its worth at the start moved by recorded closes."""
    source = settings.portfolio
    holdings: tuple[Holding, ...] = source.holdings
    if source.file is not None:
        holdings = read_holdings(source.file, priced=source.prices is not None).holdings
    foreign = sorted({holding.currency for holding in holdings} - {"USD"})
    if foreign:
        raise ConfigError(
            f"{settings.path}: holdings in {', '.join(foreign)} cannot be tested: no exchange rate"
            " is recorded. State what they were worth in USD"
        )
    wanted = [holding.symbol for holding in holdings]
    names = [*wanted, *source.readings]
    own = source.prices if isinstance(source.prices, PriceFile | PriceFolder) else None
    closes = read_closes(folder, names) if own is None or has_closes(folder) else {}
    missing = [name for name in names if name not in closes]
    if own is not None and missing:
        closes |= read_own_closes(own, missing)
    return PortfolioReader(
        holdings=start_holdings(holdings, closes, at=at),
        file=None,
        prices=HistoryPrices(closes=closes),
        readings=source.readings,
        computed=source.computed,
        series=SeriesReader(folder=source.folder),
        report=report,
    )
