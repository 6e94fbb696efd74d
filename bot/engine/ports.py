"""What a cycle is handed: the world behind protocols, and what is set for all cycles."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from bot.clock import Clock
from bot.model.portfolio import Portfolio
from bot.model.signal import Get
from bot.model.units import Usd
from bot.model.view import Correlations, SharedLimits
from bot.strategy import Changes
from bot.venues.ports import MarketData, Venue

if TYPE_CHECKING:
    from bot.ledger.questions import Questions
    from bot.ledger.writer import Ledger

Report = Callable[..., None]
"""Logs one event: its name, then keys and plain values."""


class PortfolioReader(Protocol):
    """Reads holdings and their prices."""

    async def read(self, now: datetime) -> Portfolio:
        """Return the portfolio; a source that fails leaves its last prices with their age."""
        ...

    def series(self, now: datetime) -> Get:
        """Return the door to recorded series, as far as they were known at ``now``."""
        ...

    @property
    def failing(self) -> Mapping[str, str]:
        """Return what failed at the last read: a source -> why."""
        ...


class StrategySource(Protocol):
    """Re-reads the strategy files."""

    def reload(self) -> Changes:
        """Return what is in force now, and what is different from last time."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Settings of a cycle."""

    mode: str
    version: str
    risk_aversion: float
    premium_budget_usd: Decimal | None
    """Fixed budget; None if it is a share of the portfolio."""
    premium_budget_share: float
    max_total_usd: Decimal | None
    max_total_share: float
    live_total_usd: Decimal | None = None
    """Bound of the total in live mode, whatever ``max_total`` says; None in other modes."""
    max_price_age: timedelta
    max_view_age: timedelta
    max_quote_age: timedelta
    max_cluster_usd: Decimal | None
    """Fixed limit of a cluster; None if it is a share of the portfolio, or there is none."""
    max_cluster_share: float | None
    funding_rate: float
    correlations: Correlations
    volatility: float
    deadline: timedelta
    """A cycle that takes longer is ended."""
    volatility_reading: str = ""
    """Reading whose stress makes losses larger; empty for none."""

    def limits(self, portfolio: Portfolio) -> SharedLimits:
        """Return the shared limits in USD for this portfolio, rounded down to the cent."""
        worth = max(portfolio.usd_est, 0.0)
        budget = self.premium_budget_usd
        total = _cents(worth * self.max_total_share)
        if self.max_total_usd is not None:
            total = self.max_total_usd
        if self.live_total_usd is not None:
            total = min(total, self.live_total_usd)
        cluster = self.max_cluster_usd
        if self.max_cluster_share is not None:
            cluster = _cents(worth * self.max_cluster_share)
        return SharedLimits(
            risk_aversion=self.risk_aversion,
            premium_budget_usd=Usd(_cents(worth * self.premium_budget_share))
            if budget is None
            else Usd(budget),
            max_total_usd=Usd(total),
            max_price_age=self.max_price_age,
            max_view_age=self.max_view_age,
            max_quote_age=self.max_quote_age,
            max_cluster_usd=None if cluster is None else Usd(cluster),
            funding_rate=self.funding_rate,
            correlations=self.correlations,
            volatility=self.volatility,
            volatility_reading=self.volatility_reading,
        )


def _cents(usd: float) -> Decimal:
    return Decimal(int(usd * 100)) / 100


class Sources(Protocol):
    """What a view is gathered from: reads only, so a preview needs no venue and no lock."""

    @property
    def market_data(self) -> MarketData: ...  # noqa: D102
    @property
    def portfolio(self) -> PortfolioReader: ...  # noqa: D102
    @property
    def ledger(self) -> "Questions": ...  # noqa: D102
    @property
    def clock(self) -> Clock: ...  # noqa: D102
    @property
    def terms(self) -> Terms: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The world of one daemon."""

    venue: Venue
    market_data: MarketData
    portfolio: PortfolioReader
    strategies: StrategySource
    ledger: "Ledger"
    clock: Clock
    report: Report
    terms: Terms
