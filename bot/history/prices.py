"""Recorded closes of a portfolio: each known when its own market had closed, and not before."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.errors import BadData, ConfigError
from bot.model.portfolio import Holding, PriceFile, PriceFolder, Reading
from bot.portfolio.prices import parse_csv
from bot.portfolio.sources import Answer
from bot.portfolio.table import decode
from bot.venues.books import from_epoch_ms
from bot.venues.recorded.columns import ParquetColumns

_NEW_YORK = ZoneInfo("America/New_York")
_CLOSE = time(16, 0)
FETCHED = "fetched_closes.parquet"
_FILES = (
    FETCHED,
    "etf_index_crypto_ohlcv.parquet",
    "stocks_close.parquet",
    "xlb_xlc_xlre_close_2019_2025.parquet",
    "more_etfs_close_to_2025-09.parquet",
)
"""In the order in which a symbol is looked for."""
_COINS = ("BTC", "ETH")
"""Coins that need no ``_USD`` to be told from shares."""
CASH = ("CASH", "USD")
"""What has no price."""
_UNIT = Decimal("0.000000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Closes:
    """The closes of one symbol, oldest first."""

    known_at: tuple[datetime, ...]
    prices: tuple[float, ...]

    def at(self, now: datetime) -> tuple[datetime, float] | None:
        """Return the last close that was known at ``now``, and since when; None before the first.

        A close of a day is known at 16:00 of New York, of what trades around the clock at the
        midnight that ends the day.
        """
        place = bisect_right(self.known_at, now) - 1
        return (self.known_at[place], self.prices[place]) if place >= 0 else None


class HistoryPrices:
    """A price source out of recorded closes; fulfils ``bot.portfolio.sources.Prices``.

    Args:
        closes: By symbol.
    """

    def __init__(self, *, closes: dict[str, Closes]) -> None:
        self.closes = closes

    async def read(self, symbols: Collection[str], now: datetime) -> Answer:
        """Return each symbol's last close that was known at ``now``."""
        known = ((name, self.closes[name].at(now)) for name in symbols if name in self.closes)
        return Answer(
            readings={
                name: Reading(name=name, number=found[1], as_of=found[0])
                for name, found in known
                if found is not None
            }
        )

    async def close(self) -> None:
        """Do nothing: nothing is open."""


def read_closes(folder: Path, symbols: Iterable[str]) -> dict[str, Closes]:
    """Read the closes of these symbols; one that no file has is left out.

    Args:
        folder: Parquet files of date, ticker and close, their names as recorded.
        symbols: As the portfolio spells them.

    Raises:
        ConfigError: There is no such file at all, or pyarrow is missing.
        BadData: A file has no such columns, a close is not above 0, or a day stands there twice.
    """
    missing = dict.fromkeys(symbols)
    found: dict[str, Closes] = {}
    paths = [folder / name for name in _FILES if (folder / name).exists()]
    if not paths:
        raise ConfigError(
            f"{folder}: holds no recorded prices of a portfolio, such as {_FILES[0]}. Get them with"
            " `polyhedge data fetch`, name the folder above them with --data, or files of your own"
            " under portfolio.prices"
        )
    for path in paths:
        if missing:
            found |= _read_file(path, missing)
            missing = {symbol: None for symbol in missing if symbol not in found}
    return found


def read_own_closes(source: PriceFile | PriceFolder, symbols: Iterable[str]) -> dict[str, Closes]:
    """Read the closes of these symbols from a person's own CSV files, as the config names them.

    A row that names only a day is the close of that day, and known when New York closed.

    Raises:
        ConfigError: A file cannot be read.
        BadData: A row cannot be read.
    """
    found: dict[str, Closes] = {}
    for symbol in symbols:
        one = source.path / f"{symbol}.csv" if isinstance(source, PriceFolder) else source.path
        if isinstance(source, PriceFolder) and not one.exists():
            continue
        try:
            text = decode(one.read_bytes())
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{one}: cannot be read ({error})") from None
        only = symbol if isinstance(source, PriceFolder) else ""
        history = parse_csv(text, name=str(one), columns=source.columns, symbol=only)
        rows = history.get(symbol, ())
        if rows:
            found[symbol] = Closes(
                known_at=tuple(_own_known_at(row.as_of, symbol) for row in rows),
                prices=tuple(row.number for row in rows),
            )
    return found


def is_coin(symbol: str) -> bool:
    """Whether a name says by itself that its day ends at midnight UTC: ``BTC``, ``SOL_USD``."""
    return symbol in _COINS or symbol.endswith(("_USD", "-USD"))


def coin_name(symbol: str) -> str:
    """Return what recordings call a coin: ``SOL_USD`` of ``SOL`` and ``SOL-USD``."""
    return f"{symbol.removesuffix('_USD').removesuffix('-USD')}_USD"


def has_closes(folder: Path) -> bool:
    """Whether a folder holds recorded closes."""
    return any((folder / name).exists() for name in _FILES)


def start_holdings(
    holdings: Sequence[Holding], closes: dict[str, Closes], *, at: datetime
) -> tuple[Holding, ...]:
    """Return the holdings as units: what is stated in USD buys its units at the start.

    Adjusted closes are no prices, only their ratios are true: so worth comes from the config, and
    the recording makes it move. CASH and USD stay what they are.

    Raises:
        ConfigError: A holding has no recorded price at the start; all of them are named.
    """
    started: list[Holding] = []
    problems: list[str] = []
    for holding in holdings:
        closes_of = closes.get(holding.symbol)
        if closes_of is None:
            if holding.symbol in CASH and holding.stated is not None:
                started.append(holding)
            else:
                problems.append(
                    f"{holding.source}: {holding.symbol} has no recorded price. Remove it, or name"
                    " another symbol that moves as it does"
                )
            continue
        known = closes_of.at(at)
        if known is None:
            problems.append(
                f"{holding.source}: {holding.symbol} has prices from"
                f" {closes_of.known_at[0]:%Y-%m-%d} on and the backtest begins {at:%Y-%m-%d}."
                " Begin later, or remove it"
            )
        else:
            started.append(_as_units(holding, known[1]))
    if problems:
        raise ConfigError("\n".join(problems))
    return tuple(started)


def _as_units(holding: Holding, price: float) -> Holding:
    if holding.stated is None:
        return holding
    units = (holding.stated / Decimal(repr(price))).quantize(_UNIT)
    return replace(holding, quantity=units, stated=None)


def _read_file(path: Path, symbols: Iterable[str]) -> dict[str, Closes]:
    columns = ParquetColumns(path)
    tickers, ticker_of = columns.texts("ticker")
    days, prices = columns.epoch_ms("date"), columns.floats("close")
    found = {}
    for symbol in symbols:
        name = next((each for each in (coin_name(symbol), symbol) if each in tickers), None)
        if name is None:
            continue
        own = ticker_of == tickers.index(name)
        rows = sorted(zip(days[own].tolist(), prices[own].tolist(), strict=True))
        _check(rows, f"{path}: {symbol}")
        midnight = is_coin(name)
        dates = [from_epoch_ms(day_ms).date() for day_ms, _ in rows]
        found[symbol] = Closes(
            known_at=tuple(_known_at(day, midnight=midnight) for day in dates),
            prices=tuple(price for _, price in rows),
        )
    return found


def _check(rows: Sequence[tuple[int, float]], name: str) -> None:
    for day_ms, price in rows:
        if not price > 0:
            raise BadData(f"{name} has a close of {price} on {from_epoch_ms(day_ms):%Y-%m-%d};"
                          " it must be above 0. Remove that row")  # fmt: skip
    for (day_ms, _), (next_ms, _) in pairwise(rows):
        if day_ms == next_ms:
            raise BadData(f"{name} has two closes on {from_epoch_ms(day_ms):%Y-%m-%d};"
                          " remove the one that is not true")  # fmt: skip


def _own_known_at(as_of: datetime, symbol: str) -> datetime:
    if as_of.time() != time():
        return as_of
    return _known_at(as_of.date(), midnight=is_coin(symbol))


def _known_at(day: date, *, midnight: bool) -> datetime:
    """Return when the close of a day was known; in summer an hour earlier by UTC."""
    if midnight:
        return datetime.combine(day + timedelta(days=1), time(), UTC)
    return datetime.combine(day, _CLOSE, _NEW_YORK).astimezone(UTC)
