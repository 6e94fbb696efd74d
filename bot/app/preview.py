"""One cycle for the eyes only: gathers and decides, but records nothing and sends nothing.

It reads the ledger beside a running daemon, and needs neither its lock nor a venue.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app.build import make_clock, make_terms
from bot.app.sources import open_market_data
from bot.app.strategies import KnownStrategies
from bot.clock import Clock
from bot.config import Settings
from bot.core.decide import decide
from bot.engine.gather import gather
from bot.engine.ports import Report, Terms
from bot.ledger import Ledger, LedgerReader, is_made
from bot.ledger.questions import Questions
from bot.model.decision import Decision
from bot.model.strategy import Strategy
from bot.model.units import EventId, Usd
from bot.model.view import EventView, View
from bot.portfolio import PortfolioReader, open_portfolio
from bot.venues.ports import MarketData


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """What a preview reads; fulfils ``bot.engine.ports.Sources``."""

    market_data: MarketData
    portfolio: PortfolioReader
    ledger: Questions
    clock: Clock
    terms: Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a cycle would conclude now if every event were planned anew."""

    view: View
    decision: Decision
    strategies: Mapping[EventId, Strategy]
    broken: Mapping[str, str]
    """Strategy files that cannot be used, and why."""


async def preview(settings: Settings, *, report: Report) -> Preview:
    """Gather and decide once.

    Args:
        settings: What the user wants.
        report: Told of sources that fail.

    Raises:
        LedgerError: The ledger cannot be read.
        DataError: The market data does not answer.
    """
    async with open_readers(settings, report=report) as readers:
        files = KnownStrategies(
            settings=settings,
            ledger=readers.ledger,
            holdings=lambda: readers.portfolio.holdings,
        ).reload()
        strategies = (*files.strategies, *files.removed)
        removed = frozenset(strategy.event for strategy in files.removed)
        last = readers.ledger.last_cycle()
        number = last[0] + 1 if last else 1
        seen = await gather(
            readers,
            cycle=number,
            strategies=strategies,
            removed=removed,
            can_merge=False,  # that is for the venue to say, and there is none
        )
        view = replace(seen, events=tuple(_asked_anew(event) for event in seen.events))
        return Preview(
            view=view,
            decision=decide(view, strategies),
            strategies={strategy.event: strategy for strategy in strategies},
            broken=files.broken,
        )


@asynccontextmanager
async def open_readers(settings: Settings, *, report: Report) -> AsyncIterator[Readers]:
    """Open what can be read at the instant of the last cycle, or now on the system clock."""
    with _open_ledger(settings) as ledger:
        clock = make_clock(settings, last=ledger.last_cycle())
        market_data = open_market_data(settings, clock=clock, report=report)
        portfolio = open_portfolio(settings.portfolio, report=report)
        try:
            await market_data.start()
            yield Readers(
                market_data=market_data,
                portfolio=portfolio,
                ledger=ledger,
                clock=clock,
                terms=make_terms(settings),
            )
        finally:
            await portfolio.close()
            await market_data.close()


@contextmanager
def _open_ledger(settings: Settings) -> Iterator[Questions]:
    """Open the ledger for reading; before the first start a new one that is thrown away."""
    if is_made(settings.ledger):
        reader = LedgerReader.open(settings.ledger)
        try:
            yield reader
        finally:
            reader.close()
        return
    with TemporaryDirectory(prefix="polyhedge-") as folder:
        ledger = Ledger.open(Path(folder) / "preview.db", mode=settings.mode)
        try:
            clock = make_clock(settings, last=None)
            ledger.record_deposit(Usd(settings.paper.cash_usd), clock.now(), "play money")
            yield ledger
        finally:
            ledger.close()


def _asked_anew(event: EventView) -> EventView:
    """Return the event as if its file had been edited: its plan is made again, whatever is due.

    Its last exposure stays known, for when the portfolio's prices are too old.
    """
    return replace(event, memory=replace(event.memory, strategy_digest="", retry_at=None))
