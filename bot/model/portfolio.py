"""What the user owns outside the venue, and what it is worth."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from bot.model.units import UsdEst

if TYPE_CHECKING:
    from bot.model.signal import ReadingRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """What the user says of a holding; empty text means "not said"."""

    sector: str = ""
    region: str = ""
    asset_class: str = ""
    cluster: str = ""
    events: Mapping[str, float] = field(default_factory=dict)
    """Event name -> event beta: change of value if it happens, USD per USD of value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One line of the portfolio file. Exactly one of ``quantity`` and ``stated`` is given."""

    symbol: str
    quantity: Decimal | None = None
    """Units held; negative for a short. Needs a price."""
    stated: Decimal | None = None
    """What the user says it is worth in ``currency``; negative for a short."""
    currency: str = "USD"
    tags: Tags = Tags()
    source: str = ""
    """Where the line stands, ``file:line``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A number from a price source, with its age: a price, an exchange rate, the VIX."""

    name: str
    number: float
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedHolding:
    """A holding in USD."""

    symbol: str
    usd_est: UsdEst
    """Present worth, USD; negative for a short."""
    as_of: datetime
    tags: Tags = Tags()
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """All holdings at one instant, with the readings that came from the same price source."""

    holdings: tuple[PricedHolding, ...]
    as_of: datetime
    """The oldest price used."""
    unpriced: tuple[str, ...] = ()
    """Symbols without a usable price; while any is here no new premium is spent."""
    readings: Mapping[str, Reading] = field(default_factory=dict)
    """By name, e.g. ``VIX``."""

    @property
    def usd_est(self) -> UsdEst:
        """Worth of all holdings, USD."""
        return UsdEst(sum(holding.usd_est for holding in self.holdings))


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceColumns:
    """Which columns of a CSV, or dotted keys of a JSON answer, hold what."""

    symbol: str = "symbol"
    """Not read where each symbol has its own file or address."""
    price: str = "price"
    as_of: str = "as_of"
    """An instant or a date; a date means its 00:00 UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedPrices:
    """``prices: {stated: {QQQ: 512.30}, as_of: ...}``: typed into ``config.yaml`` by hand."""

    prices: Mapping[str, Decimal]
    as_of: datetime | None
    """When they were read; None (``as_of: always``): the user states that they never go stale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceFile:
    """``prices: {file: prices.csv}``: rows of symbol, price and time; the latest row counts."""

    path: Path
    columns: PriceColumns


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceFolder:
    """``prices: {folder: prices/}``: one file per symbol, ``QQQ.csv``; the latest row counts."""

    path: Path
    columns: PriceColumns


class PriceFormat(StrEnum):
    """How a price address answers."""

    CSV = "csv"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceUrl:
    """``prices: {url: "https://host/{symbol}.csv"}``: asked again every ``poll``."""

    template: str
    """With ``{symbol}``: one request per symbol; without: one answer that holds them all."""
    answer: PriceFormat
    columns: PriceColumns
    poll: timedelta


PriceSource = StatedPrices | PriceFile | PriceFolder | PriceUrl


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioSource:
    """``portfolio:`` of ``config.yaml``: where holdings and their prices come from."""

    holdings: tuple[Holding, ...] = ()
    """Written in the config itself; empty when ``file`` is given."""
    file: Path | None = None
    """A CSV file of holdings."""
    prices: PriceSource | None = None
    """None if every holding states what it is worth."""
    readings: tuple[str, ...] = ()
    """Wanted from the price source beside the holdings: ``VIX``, and ``EURUSD`` for euros."""
    computed: "tuple[tuple[str, ReadingRule], ...]" = ()
    """Readings computed from recorded series: name and rule."""
    folder: Path = Path()
    """What the files of recorded series are relative to."""
