"""Holdings and prices to a ``Portfolio``; when a source fails, its last figures stay and age."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from bot.errors import ConfigError
from bot.model.portfolio import Holding, Portfolio, PricedHolding, Reading
from bot.model.signal import Get
from bot.model.units import UsdEst
from bot.portfolio.computed import ComputedReadings, NamedRule
from bot.portfolio.holdings import HoldingsFile, read_holdings
from bot.portfolio.series import SeriesReader
from bot.portfolio.sources import Prices

Report = Callable[..., None]
"""Logs one event: its name, then keys and plain values."""

_USD = "USD"


class PortfolioReader:
    """What the user owns, in USD, at each instant that is asked for.

    Args:
        holdings: Written in the config; empty if there is a file.
        file: A CSV file of holdings, read again when it changes; None if there is none.
        prices: Where prices come from; None if every holding states what it is worth.
        readings: Names wanted beside the holdings, such as ``VIX``.
        computed: Readings to compute from recorded series, by name.
        series: Reads those, for signals too.
        report: Told of the first failure of a source and of its recovery.

    Raises:
        ConfigError: The file of holdings cannot be used.
    """

    def __init__(
        self,
        *,
        holdings: tuple[Holding, ...],
        file: Path | None,
        prices: Prices | None,
        readings: tuple[str, ...],
        computed: Sequence[NamedRule],
        series: SeriesReader,
        report: Report,
    ) -> None:
        self._file = file
        self._prices = prices
        self._names = readings
        self._computed = ComputedReadings(rules=computed, series=series)
        self._series = series
        self._report = report
        self._failing: dict[str, str] = {}
        self._last: dict[str, Reading] = {}
        self._stamp = _stamp(file)
        self._owned = HoldingsFile(holdings=holdings)
        if file is not None:
            self._owned = read_holdings(file, priced=prices is not None)

    @property
    def holdings(self) -> tuple[Holding, ...]:
        """What is owned, as last read."""
        return self._owned.holdings

    @property
    def ignored_columns(self) -> tuple[str, ...]:
        """Columns of the file of holdings that mean nothing to us."""
        return self._owned.ignored

    @property
    def failing(self) -> Mapping[str, str]:
        """Return what failed at the last read: a file or an address -> why."""
        return self._failing

    async def read(self, now: datetime) -> Portfolio:
        """Return the portfolio as of ``now``.

        A source that fails is reported once and its last figures stay with their ``as_of``; what
        never had a price is named in ``unpriced``.
        """
        failures = self._reload()
        if self._prices is not None:
            answer = await self._prices.read(sorted(self._wanted()), now)
            self._last |= answer.readings
            failures |= answer.failures or self._missing()
        computed, failed = await self._computed.read(now)
        self._tell(failures | failed)
        portfolio = _value(self.holdings, self._last, names=self._names, now=now)
        return replace(portfolio, readings={**portfolio.readings, **computed})

    def series(self, now: datetime) -> Get:
        """Return the door to recorded series, as far as they were known at ``now``."""
        return self._series.at(now)

    async def close(self) -> None:
        """Let go of connections; may be called twice."""
        if self._prices is not None:
            await self._prices.close()

    def _wanted(self) -> set[str]:
        priced = {holding.symbol for holding in self.holdings if holding.quantity is not None}
        rates = {_rate_name(holding) for holding in self.holdings if holding.currency != _USD}
        return priced | rates | set(self._names)

    def _missing(self) -> dict[str, str]:
        """Return what a source that answers does not have."""
        return {
            name: f"portfolio.prices has no figure for {name} up to now; add it there"
            for name in sorted(self._wanted() - self._last.keys())
        }

    def _reload(self) -> dict[str, str]:
        """Read a changed file of holdings; a bad one keeps what the last good one said."""
        stamp = _stamp(self._file)
        name = str(self._file)
        if self._file is None or (stamp == self._stamp and name not in self._failing):
            return {}
        self._stamp = stamp
        try:
            self._owned = read_holdings(self._file, priced=self._prices is not None)
        except ConfigError as error:
            return {name: str(error)}
        return {}

    def _tell(self, failures: Mapping[str, str]) -> None:
        for source, error in failures.items():
            if source not in self._failing:
                self._report("source.failed", source=source, error=error)
        for source in self._failing:
            if source not in failures:
                self._report("source.recovered", source=source)
        self._failing = dict(failures)


def _stamp(file: Path | None) -> tuple[int, int]:
    """Return what changes when a file does; zeros if it is not there."""
    if file is None or not file.exists():
        return (0, 0)
    stat = file.stat()
    return (stat.st_mtime_ns, stat.st_size)


def _rate_name(holding: Holding) -> str:
    """Return the reading that turns its currency into USD: ``EURUSD`` is USD per EUR."""
    return f"{holding.currency}{_USD}"


def _value(
    holdings: Iterable[Holding],
    known: Mapping[str, Reading],
    *,
    names: Iterable[str],
    now: datetime,
) -> Portfolio:
    priced: list[PricedHolding] = []
    unpriced: list[str] = []
    for holding in holdings:
        found = _price(holding, known, now)
        if found is None:
            unpriced.append(holding.symbol)
        else:
            priced.append(found)
    return Portfolio(
        holdings=tuple(priced),
        as_of=min((holding.as_of for holding in priced), default=now),
        unpriced=tuple(dict.fromkeys(unpriced)),
        readings={name: known[name] for name in names if name in known},
    )


def _price(holding: Holding, known: Mapping[str, Reading], now: datetime) -> PricedHolding | None:
    """Return a holding in USD; None if its price or its exchange rate is not known."""
    worth, as_of = 1.0, now
    needed = [holding.symbol] if holding.quantity is not None else []
    if holding.currency != _USD:
        needed.append(_rate_name(holding))
    for name in needed:
        reading = known.get(name)
        if reading is None:
            return None
        worth, as_of = worth * reading.number, min(as_of, reading.as_of)
    units = holding.stated if holding.quantity is None else holding.quantity
    return PricedHolding(
        symbol=holding.symbol,
        usd_est=UsdEst(worth * float(units or 0)),
        as_of=as_of,
        tags=holding.tags,
        source=holding.source,
    )
