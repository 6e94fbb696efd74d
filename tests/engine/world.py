"""A whole small world for the engine: real ledger, real fill engine, market data moved by hand.

The venue and the market data outlive a crash of the daemon, as the real ones do.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.engine.cycle import CycleResult, Engine
from bot.engine.ports import Ports, Terms
from bot.errors import DataError
from bot.ledger import Ledger
from bot.model.market import Market
from bot.model.portfolio import Portfolio
from bot.model.signal import Get
from bot.model.strategy import Strategy
from bot.model.units import Usd
from bot.model.view import Correlations
from bot.portfolio.series import SeriesReader
from bot.strategy import Changes
from bot.venues.simulated import SimulatedStart, SimulatedVenue
from tests.core import builders
from tests.core.builders import make_line, make_portfolio
from tests.fakes import START, FakeMarketData, Levels, ManualClock, make_market

STEP = timedelta(minutes=5)
CASH = Usd(Decimal(10_000))


BIDS: Levels = (("0.11", "50000"), ("0.10", "90000"))
ASKS: Levels = (("0.12", "50000"), ("0.13", "90000"))


def make_strategy(**named: Any) -> Strategy:
    """Return a strategy worth trading for: it loses 15,000 of 200,000 USD."""
    return builders.make_strategy(lines=(make_line(fraction=-0.3),), **named)


class Crash(BaseException):
    """The process is gone: nothing after this line runs."""


class Wire:
    """Stands between the engine and a port: counts calls, and can cut the line at one of them."""

    def __init__(self) -> None:
        self.calls = 0
        self.crash_at: int | None = None
        self.crash_after = True
        """After the call took effect outside, or before it left."""
        self.log: list[str] = []

    def around(self, port: object) -> Any:
        """Return ``port`` with every coroutine of it counted."""
        return _Proxy(port, self)


class _Proxy:
    def __init__(self, port: object, wire: Wire) -> None:
        self._port = port
        self._wire = wire

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found) or name in ("quote", "listen", "next_event_at", "series"):
            return found

        async def called(*args: Any, **named: Any) -> Any:
            wire = self._wire
            wire.calls += 1
            wire.log.append(name)
            here = wire.crash_at == wire.calls
            if here and not wire.crash_after:
                raise Crash(f"before call {wire.calls}, {name}")
            answer = await found(*args, **named)
            if here:
                raise Crash(f"after call {wire.calls}, {name}")
            return answer

        return called


@dataclass(slots=True)
class FixedPortfolio:
    """A portfolio that a test sets."""

    portfolio: Portfolio = field(default_factory=make_portfolio)

    async def read(self, now: Any) -> Portfolio:
        return replace(self.portfolio, as_of=now)

    def series(self, now: Any) -> Get:
        return SeriesReader(folder=Path()).at(now)

    @property
    def failing(self) -> Mapping[str, str]:
        return {}


@dataclass(slots=True)
class FixedStrategies:
    """Strategies that a test sets."""

    changes: Changes

    def reload(self) -> Changes:
        return self.changes


class World:
    """Everything outside the daemon, and the daemon, which can be started again."""

    def __init__(
        self,
        folder: Path,
        *,
        strategies: Sequence[Strategy] = (),
        markets: Sequence[Market] = (),
        latency_s: float = 0.25,
        settlement_failures: float = 0.0,
        budget_usd: str = "5000",
    ) -> None:
        self.path = folder / "ledger.db"
        self.clock = ManualClock(start=START)
        self.market_data = FakeMarketData(clock=self.clock, markets=markets or (make_market(),))
        self.portfolio = FixedPortfolio()
        self.strategies = FixedStrategies(
            Changes(strategies=tuple(strategies) or (make_strategy(),))
        )
        self.wire = Wire()
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.decided: list[CycleResult] = []
        self.venue: Any = SimulatedVenue(
            market_data=self.market_data,
            clock=self.clock,
            latency_s=latency_s,
            settlement_delay_s=5.0,
            settlement_failures=settlement_failures,
            start=SimulatedStart(cash_usd=CASH),
        )
        self.budget_usd = budget_usd
        self.ledger = self._open()
        self._fund()
        self.engine = self._start()

    def _fund(self) -> None:
        """Give the account its first money."""
        self.ledger.record_deposit(CASH, START, "play money")

    def _open(self) -> Ledger:
        return Ledger.open(self.path, mode="paper")

    def _start(self) -> Engine:
        ports = Ports(
            venue=self.wire.around(self.venue),
            market_data=self.wire.around(self.market_data),
            portfolio=self.wire.around(self.portfolio),
            strategies=self.strategies,
            ledger=self.ledger,
            clock=self.clock,
            report=self.report,
            terms=self.terms(),
        )
        return Engine(ports=ports, decided=self.decided.append)

    def terms(self) -> Terms:
        return Terms(
            mode="paper",
            version="0.0.0+test",
            risk_aversion=4.3,
            premium_budget_usd=Decimal(self.budget_usd),
            premium_budget_share=0.0,
            max_total_usd=Decimal(self.budget_usd),
            max_total_share=0.0,
            max_cluster_usd=None,
            max_cluster_share=None,
            funding_rate=0.0,
            volatility=0.16,
            correlations=Correlations(),
            max_price_age=timedelta(days=4),
            max_view_age=timedelta(seconds=30),
            max_quote_age=timedelta(minutes=2),
            deadline=timedelta(seconds=20),
        )

    def report(self, event: str, **keys: Any) -> None:
        self.events.append((event, keys))

    def said(self, event: str) -> list[dict[str, Any]]:
        """Return the keys of each log line of this name."""
        return [keys for name, keys in self.events if name == event]

    def restart(self) -> None:
        """Start the daemon anew on its ledger; venue and markets are as they are."""
        errand = self.engine._reconciler.errand._task
        if errand is not None:
            errand.cancel()
        self.ledger.close()
        self.wire.crash_at = None
        self.ledger = self._open()
        self.engine = self._start()

    def show(self, token_id: str = "101", *, bids: Levels = BIDS, asks: Levels = ASKS) -> None:
        """Show a book, confirmed now."""
        self.market_data.show(token_id, bids=bids, asks=asks)

    async def cycle(self) -> CycleResult:
        """Run one cycle now, and let what it has sent to the chain end."""
        result = await self.engine.run_cycle()
        await self.engine._reconciler.errand.finish()
        return result

    async def cycles(self, count: int, *, each: Callable[[int], None] | None = None) -> None:
        """Run ``count`` cycles five minutes apart; ``each`` moves the world before each of them."""
        for number in range(count):
            if each is not None:
                each(number)
            await self.cycle()
            self.clock.advance(STEP.total_seconds())

    def fail(self, *names: str, error: Exception) -> None:
        """Make these calls of the venue raise from now on."""
        self.venue = Failing(self.venue, names, error)
        self.engine = self._start()

    def source_down(self, error: DataError) -> None:
        """Make every read of market data fail."""
        self.market_data.broken = error


class Failing:
    """A port of which some calls raise."""

    def __init__(self, port: object, names: Sequence[str], error: Exception) -> None:
        self._port = port
        self.names = set(names)
        self._error = error

    def __getattr__(self, name: str) -> Any:
        if name in self.names:

            async def raises(*_: Any, **__: Any) -> Any:
                raise self._error

            return raises
        return getattr(self._port, name)
