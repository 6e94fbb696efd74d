"""Where prices come from: typed in, a file, a folder of files, a web address."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, urlsplit

from bot.errors import BadData, DataError, SourceDown
from bot.model.portfolio import (
    PriceColumns,
    PriceFile,
    PriceFolder,
    PriceFormat,
    PriceUrl,
    Reading,
    StatedPrices,
)
from bot.portfolio.prices import History, latest, parse_csv, parse_json
from bot.portfolio.table import decode

if TYPE_CHECKING:
    import httpx

_TOGETHER = 4
"""Requests under way at once."""
_RETRY = timedelta(minutes=1)
"""After a failure an address is asked again this soon, or after ``poll`` if that is sooner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a source said: readings by name, and why each part that failed did."""

    readings: Mapping[str, Reading]
    failures: Mapping[str, str] = field(default_factory=dict)
    """Part of the source (a file, an address) -> error."""


class Prices(Protocol):
    """A source of prices; it reports failures and never raises them."""

    async def read(self, symbols: Collection[str], now: datetime) -> Answer:
        """Return what is known of these symbols, nothing later than ``now``."""
        ...

    async def close(self) -> None:
        """Let go of connections; may be called twice."""
        ...


class StatedReader:
    """Prices typed into the config."""

    def __init__(self, *, source: StatedPrices) -> None:
        self._source = source

    async def read(self, symbols: Collection[str], now: datetime) -> Answer:
        """Return the stated prices of these symbols."""
        as_of = self._source.as_of or now
        stated = self._source.prices
        return Answer(
            readings={
                symbol: Reading(name=symbol, number=float(stated[symbol]), as_of=as_of)
                for symbol in symbols
                if symbol in stated
            }
        )

    async def close(self) -> None:
        """Do nothing: nothing is open."""


class _CsvFile:
    """A price table on disk, parsed again when it changed."""

    def __init__(self, path: Path, *, columns: PriceColumns, symbol: str = "") -> None:
        self._path = path
        self._columns = columns
        self._symbol = symbol
        self._stamp = (0, 0)
        self._history: History = {}

    def read(self) -> History:
        """Return its prices.

        Raises:
            SourceDown: It is not there or cannot be read.
            BadData: It is malformed.
        """
        try:
            stat = self._path.stat()
            if (stat.st_mtime_ns, stat.st_size) != self._stamp:
                text = decode(self._path.read_bytes())
                self._history = parse_csv(
                    text, name=str(self._path), columns=self._columns, symbol=self._symbol
                )
                self._stamp = (stat.st_mtime_ns, stat.st_size)
        except OSError as error:
            raise SourceDown(f"{self._path}: cannot be read ({error.strerror})") from error
        except UnicodeDecodeError as error:
            raise BadData(f"{self._path}: is not UTF-8 text ({error})") from error
        return self._history


class FileReader:
    """One CSV file that holds all symbols."""

    def __init__(self, *, source: PriceFile) -> None:
        self._name = str(source.path)
        self._file = _CsvFile(source.path, columns=source.columns)

    async def read(self, symbols: Collection[str], now: datetime) -> Answer:
        """Return each symbol's latest row."""
        try:
            history = self._file.read()
        except DataError as error:
            return Answer(readings={}, failures={self._name: str(error)})
        return Answer(readings=_latest(history, symbols, now))

    async def close(self) -> None:
        """Do nothing: files are not kept open."""


class FolderReader:
    """A folder with one CSV file per symbol."""

    def __init__(self, *, source: PriceFolder) -> None:
        self._source = source
        self._files: dict[str, _CsvFile] = {}

    async def read(self, symbols: Collection[str], now: datetime) -> Answer:
        """Return each symbol's latest row; a file that fails does not stop the others."""
        readings: dict[str, Reading] = {}
        failures: dict[str, str] = {}
        for symbol in symbols:
            path = self._source.path / f"{symbol}.csv"
            if "/" in symbol:
                failures[str(path)] = f"{symbol} cannot be the name of a file; rename the symbol"
                continue
            file = self._files.setdefault(
                symbol, _CsvFile(path, columns=self._source.columns, symbol=symbol)
            )
            try:
                readings |= _latest(file.read(), [symbol], now)
            except DataError as error:
                failures[str(path)] = str(error)
        return Answer(readings=readings, failures=failures)

    async def close(self) -> None:
        """Do nothing: files are not kept open."""


@dataclass(slots=True)
class _Page:
    """One address: when to ask it again, and what it said last."""

    due_at: datetime
    history: History = field(default_factory=dict)
    failure: str = ""


class UrlReader:
    """A web address, asked again every ``poll``; what it said is kept in memory with its age.

    Args:
        source: The address and what its answer looks like.
        connect: Makes the HTTP client at the first request.
    """

    def __init__(self, *, source: PriceUrl, connect: "Callable[[], httpx.AsyncClient]") -> None:
        self._source = source
        self._connect = connect
        self._client: httpx.AsyncClient | None = None
        self._pages: dict[str, _Page] = {}
        self._gate = asyncio.Semaphore(_TOGETHER)

    async def read(self, symbols: Collection[str], now: datetime) -> Answer:
        """Return the newest readings, asking first what is due."""
        by_symbol = "{symbol}" in self._source.template
        wanted = {symbol: symbol for symbol in symbols} if by_symbol else {"": ""}
        await asyncio.gather(*(self._refresh(symbol, now) for symbol in wanted))
        readings: dict[str, Reading] = {}
        failures: dict[str, str] = {}
        for key in wanted:
            page = self._pages[key]
            readings |= _latest(page.history, [key] if by_symbol else symbols, now)
            if page.failure:
                failures[self._name(key)] = page.failure
        return Answer(readings=readings, failures=failures)

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _refresh(self, symbol: str, now: datetime) -> None:
        page = self._pages.setdefault(symbol, _Page(now))
        if now < page.due_at:
            return
        try:
            page.history = _not_later(await self._fetch(symbol), now)
            page.failure, page.due_at = "", now + self._source.poll
        except DataError as error:
            page.failure, page.due_at = str(error), now + min(self._source.poll, _RETRY)

    async def _fetch(self, symbol: str) -> History:
        import httpx

        name = self._name(symbol)
        address = self._source.template.replace("{symbol}", quote(symbol, safe=""))
        self._client = self._client or self._connect()
        try:
            async with self._gate:
                response = await self._client.get(address)
        except httpx.HTTPError as error:
            raise SourceDown(f"{name}: no answer ({type(error).__name__})") from error
        if response.status_code != httpx.codes.OK:
            raise SourceDown(f"{name}: answered with status {response.status_code}")
        parse = parse_csv if self._source.answer is PriceFormat.CSV else parse_json
        try:
            text = decode(response.content)
        except UnicodeDecodeError as error:
            raise BadData(f"{name}: is not UTF-8 text ({error})") from error
        return parse(text, name=name, columns=self._source.columns, symbol=symbol)

    def _name(self, symbol: str) -> str:
        """Return the address without what may be secret in it: user, password and query."""
        parts = urlsplit(self._source.template.replace("{symbol}", quote(symbol, safe="")))
        host = parts.netloc.rpartition("@")[2]
        return f"{parts.scheme}://{host}{parts.path}"


def connect() -> "httpx.AsyncClient":
    """Return an HTTP client that gives up after 10 s."""
    import httpx

    return httpx.AsyncClient(timeout=10.0, follow_redirects=True)


def _latest(history: History, symbols: Collection[str], now: datetime) -> dict[str, Reading]:
    found = ((symbol, latest(history, symbol, now=now)) for symbol in symbols)
    return {symbol: reading for symbol, reading in found if reading is not None}


def _not_later(history: History, now: datetime) -> History:
    """A live answer a little ahead of our clock is as of now, not from the future."""
    return {
        symbol: tuple(replace(reading, as_of=min(reading.as_of, now)) for reading in readings)
        for symbol, readings in history.items()
    }
