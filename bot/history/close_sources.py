"""Daily closes from three public services: what each is asked, and what of its answer is believed.

An answer that is not wholly what was asked for is refused whole. A day without a close stays one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from math import isfinite
from typing import NamedTuple, TypeVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec

from bot.errors import BadData
from bot.venues.polymarket.reads import Reads

FIRST_DAY = date(2014, 1, 1)
"""Before it no event has prices here."""
_NEW_YORK = "America/New_York"
_VIX_HEADER = "DATE,OPEN,HIGH,LOW,CLOSE"
_DAYS_PER_REQUEST = 300
_Kind = TypeVar("_Kind")


class Close(NamedTuple):
    """What one day ended at."""

    day: str
    """``2024-03-08``: of New York, for coins of UTC."""
    close: float
    """After splits only."""
    adjusted: float
    """After dividends too; the same where there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The closes of one symbol as a service has them, in any order, today's among them."""

    closes: Sequence[Close]
    notes: tuple[str, ...] = ()
    """What is missing in it, in words."""


class _Meta(msgspec.Struct, rename="camel"):
    symbol: str
    currency: str | None
    exchange_timezone_name: str
    data_granularity: str


class _Quote(msgspec.Struct):
    close: list[float | None]


class _Adjusted(msgspec.Struct):
    adjclose: list[float | None]


class _Indicators(msgspec.Struct):
    quote: tuple[_Quote]
    adjclose: tuple[_Adjusted]


class _Result(msgspec.Struct):
    meta: _Meta
    timestamp: list[int]
    indicators: _Indicators


class _Chart(msgspec.Struct):
    result: tuple[_Result]


class _Body(msgspec.Struct):
    chart: _Chart


_Candle = tuple[int, float, float, float, float, float]
"""Start of the UTC day, epoch seconds; low, high, open, close, volume."""


async def ask_yahoo(reads: Reads, symbol: str, now: datetime) -> Answer:
    """Ask for a share or fund: the whole series at once, because each dividend changes all of it.

    Raises:
        DataError: It cannot be had, or is not of this symbol, in USD, by day, of New York.

    **Source:** no public documentation; the fields as yfinance 1.x and others read them, 2026-11.
    """
    params = [
        ("period1", str(_epoch_s(FIRST_DAY))),
        ("period2", str(int(now.timestamp()))),
        ("interval", "1d"),
        ("events", "div,splits"),
    ]
    body = await reads.get(f"/v8/finance/chart/{quote(symbol, safe='')}", params)
    if body is None:
        raise BadData(
            f"Yahoo has no {symbol}. Write its symbol as there: a class of shares is BRK-B"
        )
    result = _decode(body, _Body, what=f"Yahoo's answer for {symbol}").chart.result[0]
    _check_meta(result.meta, symbol)
    plain = result.indicators.quote[0].close
    adjusted = result.indicators.adjclose[0].adjclose
    if not len(result.timestamp) == len(plain) == len(adjusted):
        raise BadData(
            f"Yahoo's answer for {symbol} has {len(result.timestamp)} days, {len(plain)} closes"
            f" and {len(adjusted)} adjusted closes; they must be as many"
        )
    zone = ZoneInfo(_NEW_YORK)  # to tell the day; the bar is stamped with its opening
    closes, empty = [], []
    for at, close, after_all in zip(result.timestamp, plain, adjusted, strict=True):
        day = f"{_instant(at, zone):%Y-%m-%d}"
        if close is None or after_all is None:
            empty.append(day)
        else:
            closes.append(Close(day, close, after_all))
    notes = (f"{len(empty)} days have no close, the last {empty[-1]}",) if empty else ()
    return Answer(closes=closes, notes=notes)


async def ask_cboe(reads: Reads) -> Answer:
    """Ask for the VIX: one file of all days.

    Raises:
        DataError: It cannot be had, or a line of it is no day's.

    **Source:** cboe.com, "Historical Data for Cboe VIX Index", read 2026-11.
    """
    path = "/api/global/us_indices/daily_prices/VIX_History.csv"
    body = await reads.get(path)
    if body is None:
        raise BadData(f"Cboe has no {path}; the file of the VIX has moved")
    text = body.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")
    lines = text.split("\n")
    if lines[0].strip() != _VIX_HEADER:
        raise BadData(
            f"Cboe's file of the VIX begins {lines[0][:60]!r}; it must begin {_VIX_HEADER!r}"
        )
    cut = lines.pop()  # what follows the last line break: nothing, if the file is whole
    notes = (f"the file ends within a line ({cut[:30]!r}), which is left out",) if cut else ()
    filled = ((number, line) for number, line in enumerate(lines[1:], start=2) if line.strip())
    return Answer(closes=[_vix_day(number, line) for number, line in filled], notes=notes)


async def ask_coinbase(reads: Reads, symbol: str, now: datetime) -> Answer:
    """Ask for a coin against the dollar, 300 UTC days at a time.

    Args:
        reads: Of Coinbase Exchange.
        symbol: Such as ``BTC_USD``.
        now: Up to when.

    Raises:
        DataError: A part of it cannot be had or read.

    **Source:** docs.cdp.coinbase.com/exchange, "Get product candles", read 2026-11.
    """
    product = symbol.replace("_", "-")
    closes: list[Close] = []
    first = FIRST_DAY
    while first <= now.date():
        last = min(first + timedelta(days=_DAYS_PER_REQUEST - 1), now.date())
        params = [
            ("granularity", "86400"),
            ("start", f"{first}T00:00:00Z"),
            ("end", f"{last}T00:00:00Z"),
        ]
        body = await reads.get(f"/products/{quote(product, safe='')}/candles", params)
        if body is None:
            raise BadData(
                f"Coinbase has no {product}. If it is a share or fund, say so: --symbol"
                f" {symbol.removesuffix('_USD')}"
            )
        rows = _decode(body, list[_Candle], what=f"Coinbase's answer for {product}")
        closes += (_coin_day(row, product) for row in rows)
        first = last + timedelta(days=1)
    return Answer(closes=closes)


def check_closes(closes: Iterable[Close], now: datetime) -> list[Close]:
    """Return the closes of finished days since ``FIRST_DAY``, oldest first, each day once.

    Raises:
        BadData: A close is not finite and above 0, a day lies in the future or has two closes.
    """
    today = f"{now:%Y-%m-%d}"
    found: dict[str, Close] = {}
    for each in closes:
        if not all(isfinite(price) and price > 0 for price in each[1:]):
            raise BadData(
                f"the close of {each.day} is {each.close} and {each.adjusted} after dividends; it"
                " must be above 0"
            )
        if each.day > today:
            raise BadData(f"{each.day} has a close, and today is {today}")
        if each.day != today and found.setdefault(each.day, each) != each:
            raise BadData(
                f"there are two closes on {each.day}: {found[each.day].close} and {each.close}"
            )
    kept = sorted(close for day, close in found.items() if day >= f"{FIRST_DAY}")
    if not kept:
        raise BadData(f"there is no close from {FIRST_DAY} to {today}")
    return kept


def name_gaps(closes: Sequence[Close], *, most_days: int) -> Iterator[str]:
    """Yield in words what lies more than so many days apart."""
    gaps = [
        (date.fromisoformat(after.day) - date.fromisoformat(before.day), before.day, after.day)
        for before, after in pairwise(closes)
    ]
    long = [gap for gap in gaps if gap[0].days > most_days]
    if long:
        _, before, after = max(long)
        yield f"{len(long)} gaps, the longest from {before} to {after}; nothing is filled in"


def _check_meta(meta: _Meta, symbol: str) -> None:
    is_of = (meta.symbol, meta.currency, meta.exchange_timezone_name, meta.data_granularity)
    must_be = (symbol, "USD", _NEW_YORK, "1d")
    if is_of != must_be:
        was, wanted = (", ".join(map(str, each)) for each in (is_of, must_be))
        raise BadData(f"Yahoo's answer for {symbol} is of {was}; it must be of {wanted}")


def _vix_day(number: int, line: str) -> Close:
    try:
        day, _, _, _, close = line.split(",")
        level = float(close)
        # No zone: it is a date.
        return Close(f"{datetime.strptime(day, '%m/%d/%Y'):%Y-%m-%d}", level, level)  # noqa: DTZ007
    except ValueError:
        raise BadData(
            f"Cboe's file of the VIX, line {number} is {line[:60]!r}; it must be like"
            " 03/08/2024,14.42,15.91,14.03,14.74"
        ) from None


def _coin_day(row: _Candle, product: str) -> Close:
    start, low, high, _, close, _ = row
    at = _instant(start, UTC)
    if at.time() != time() or not low <= close <= high:
        raise BadData(
            f"Coinbase's answer for {product} has the row {row}; it must be a midnight UTC, low,"
            " high, open, close and volume, the close from low to high"
        )
    return Close(f"{at:%Y-%m-%d}", close, close)


def _instant(epoch_s: int, zone: tzinfo) -> datetime:
    try:
        return datetime.fromtimestamp(epoch_s, zone)
    except (ValueError, OverflowError, OSError):
        raise BadData(f"a row has no day: its time is {epoch_s}, and must be in seconds") from None


def _epoch_s(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())


def _decode(body: bytes, kind: type[_Kind], *, what: str) -> _Kind:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        start = body[:40].decode("ascii", errors="replace")
        raise BadData(f"{what} cannot be read: {error}. It begins {start!r}") from None
