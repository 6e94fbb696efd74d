"""Fetches the closes of what is held into the folder of recordings that a backtest reads.

Each symbol is a file of its own until all are there, so that a fetch goes on where it was cut off.
A series that does not reach yesterday is asked for whole: each dividend changes all closes before.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import msgspec

from bot import __version__
from bot.clock import Clock
from bot.errors import BadData, DataError
from bot.history.close_sources import (
    Answer,
    Close,
    ask_cboe,
    ask_coinbase,
    ask_yahoo,
    check_closes,
    name_gaps,
)
from bot.history.files import make_folder, write_parquet, write_whole
from bot.history.open import PRICES
from bot.history.prices import CASH, FETCHED, coin_name, is_coin
from bot.model.portfolio import Holding
from bot.venues.polymarket.bucket import Bucket
from bot.venues.polymarket.reads import Reads
from bot.venues.polymarket.settings import Pace

VIX = "VIX"
_ALWAYS = (VIX, "SPY")
"""What readings and reports look at, whatever is held."""
_PER_S = 1.0
_LONGEST_WAIT = 120.0
"""A pause that a service asks for is kept to, up to this many seconds: these ask for a minute."""
_MOST_DAYS_APART = 4
"""Over a holiday beside a weekend."""
_SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceHosts:
    """Where closes are asked for, without a slash at the end."""

    shares: str
    vix: str
    crypto: str


class ClosesPart(msgspec.Struct, frozen=True, kw_only=True):
    """One symbol as fetched, whole, from one source."""

    ticker: str
    source: str
    closes: list[Close]
    """Oldest first."""
    notes: list[str]


@dataclass(slots=True, kw_only=True)
class FetchedCloses:
    """How far a fetch has come."""

    symbols: int
    asking: str = ""
    done: int = 0
    kept: int = 0
    """Of these, there already up to yesterday."""
    closes: int = 0
    refused: tuple[str, ...] = ()
    """Symbols that could not be had, and why."""
    notes: tuple[str, ...] = ()
    """What is missing in those that were had."""


def tickers_of(holdings: Iterable[Holding], more: Collection[str]) -> tuple[str, ...]:
    """Return what to fetch, each once: the holdings but cash, the VIX, SPY, and more.

    Args:
        holdings: Coins are those of the asset class crypto.
        more: Named by themselves: coins as ``SOL_USD``, all else is a share, whatever its class.
    """

    def is_held_coin(holding: Holding) -> bool:
        is_crypto = holding.tags.asset_class.casefold() == "crypto"
        return is_crypto and holding.symbol not in more

    held = (
        coin_name(each.symbol) if is_held_coin(each) else each.symbol
        for each in holdings
        if each.symbol not in CASH
    )
    named = (coin_name(each) if is_coin(each) else each for each in (*held, *_ALWAYS, *more))
    return tuple(dict.fromkeys(named))


class CloseFetcher:
    """Asks three services for daily closes, one request a second.

    Args:
        hosts: Where they are.
        clock: For the waits, and for what day it is.
        pace: How long and how often.
        folder: Where the files go.
    """

    def __init__(self, *, hosts: PriceHosts, clock: Clock, pace: Pace, folder: Path) -> None:
        bucket = Bucket(per_s=_PER_S, burst=1, clock=clock)
        patient = replace(pace, longest_wait=max(pace.longest_wait, _LONGEST_WAIT))

        def open_reads(url: str) -> Reads:
            return Reads(base_url=url, clock=clock, pace=patient, bucket=bucket, sign=_introduce)

        self._shares, self._vix, self._crypto = map(
            open_reads, (hosts.shares, hosts.vix, hosts.crypto)
        )
        self._clock = clock
        self._folder = folder
        self._parts = folder / "fetched" / "closes"

    async def fetch(
        self, tickers: Iterable[str], seen: Callable[[FetchedCloses], None]
    ) -> FetchedCloses:
        """Fetch these and write the file anew; one that is refused does not stop the others.

        Args:
            tickers: As ``tickers_of`` has them.
            seen: Called before each symbol and at the end.

        Raises:
            ConfigError: The folder cannot be written, or pyarrow is not installed.
        """
        make_folder(self._parts)
        wanted = tuple(tickers)
        state = FetchedCloses(symbols=len(wanted))
        try:
            for ticker in wanted:
                state.asking = ticker
                seen(state)
                await self._one(ticker, state)
            seen(state)
        finally:
            for reads in (self._shares, self._vix, self._crypto):
                await reads.close()
        self._assemble()
        return state

    async def _one(self, ticker: str, state: FetchedCloses) -> None:
        path = self._path(ticker)
        before = _read_part(path)
        if before is not None and _reaches(before, self._clock.now()):
            part = before
            state.kept += 1
        else:
            try:
                part = await self._ask(ticker, before)
            except DataError as error:
                last = f" What was fetched up to {before.closes[-1].day} is kept" if before else ""
                state.refused += (f"{ticker}: {error}.{last}".removesuffix("."),)
                return
            write_whole(path, msgspec.json.encode(part))
        state.done += 1
        state.closes += len(part.closes)
        state.notes += tuple(f"{ticker}: {note}" for note in part.notes)

    async def _ask(self, ticker: str, before: ClosesPart | None) -> ClosesPart:
        now = self._clock.now()
        source, answer = await self._answer(ticker, now)
        closes = check_closes(answer.closes, now)
        if before is not None and len(closes) < len(before.closes):
            raise BadData(
                f"{source} has {len(closes):,} closes and had {len(before.closes):,}. If the new"
                f" ones are right, remove {self._path(ticker)}"
            )
        gaps = name_gaps(closes, most_days=1 if is_coin(ticker) else _MOST_DAYS_APART)
        return ClosesPart(ticker=ticker, source=source, closes=closes, notes=[*answer.notes, *gaps])

    async def _answer(self, ticker: str, now: datetime) -> tuple[str, Answer]:
        if ticker == VIX:
            return "Cboe", await ask_cboe(self._vix)
        other = ticker.removesuffix("_USD") if is_coin(ticker) else coin_name(ticker)
        if self._path(other).exists():
            raise BadData(
                f"this folder holds {other}, and one name cannot be a coin and a share. Fetch into"
                f" another folder, or remove {self._path(other)}"
            )
        if is_coin(ticker):
            return "Coinbase", await ask_coinbase(self._crypto, ticker, now)
        return "Yahoo", await ask_yahoo(self._shares, ticker, now)

    def _path(self, ticker: str) -> Path:
        return self._parts / f"{quote(ticker, safe='')}.json"

    def _assemble(self) -> None:
        """Write the file out of all parts, these and earlier ones."""
        parts = [part for path in sorted(self._parts.glob("*.json")) if (part := _read_part(path))]
        rows = [(part, close) for part in parts for close in part.closes]
        if not rows:
            return
        path = self._folder / PRICES / FETCHED
        make_folder(path.parent)
        write_parquet(
            path,
            {
                "date": ("date32", [date.fromisoformat(close.day) for _, close in rows]),
                "ticker": ("string", [part.ticker for part, _ in rows]),
                "close": ("double", [close.adjusted for _, close in rows]),
                "close_after_splits": ("double", [close.close for _, close in rows]),
                "source": ("string", [part.source for part, _ in rows]),
            },
        )


def _introduce(_method: str, _path: str, _body: bytes | None) -> dict[str, str]:
    return {"User-Agent": f"polyhedge/{__version__}"}


def _read_part(path: Path) -> ClosesPart | None:
    """Return a part; None if it is not there or was cut off, which makes it be fetched again."""
    try:
        part = msgspec.json.decode(path.read_bytes(), type=ClosesPart)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
    return part if part.closes else None


def _reaches(part: ClosesPart, now: datetime) -> bool:
    """Whether it has the last day that had ended, as far as that can be told without holidays."""
    last = now.date() - timedelta(days=1)
    if not is_coin(part.ticker):
        last -= timedelta(days=max(last.weekday() - _SATURDAY + 1, 0))
    return part.closes[-1].day >= f"{last}"
