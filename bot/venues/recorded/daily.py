"""The tape of ``markets.csv.gz`` and ``prices.parquet``: one price a day, books made from it.

Nothing that was known only later is used: not the last bar, the number of bars or the winner.
Prices, ids and payouts are recorded; spread and depth are assumed (HEDGING 8: half-spread 1 cent).
"""

import csv
import gzip
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import BadData, ConfigError
from bot.model.market import Book, FeeSchedule, Market, MarketChanged, MarketKind
from bot.model.units import MILLION, ConditionId, Price, Shares, TokenId, parse_decimal, to_e6
from bot.venues.books import epoch_ms, from_epoch_ms, mirror
from bot.venues.recorded.columns import ParquetColumns
from bot.venues.recorded.tape import TapeRow, merge_changes
from bot.venues.tokens import ctf_token_ids

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_TICK_E6 = 1_000
_CENT_E6 = 10_000
_LOW_E6 = 50_000
_LEVELS = 20
_DAY_MS = 86_400_000
_FEE_RATES = {"crypto": "0.07", "us_election": "0.04", "politics_other": "0.04", "geopolitics": "0"}
"""By topic; 0.05 for the others. **Source:** POLYMARKET 4.12, read 2026-11."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """What books are made of where only a price was recorded."""

    half_spread: Price = Price(Decimal("0.01"))
    half_spread_low: Price = Price(Decimal("0.005"))
    """Under 5 cents and over 95."""
    depth_per_cent: Shares = Shares(Decimal(2000))

    @property
    def note(self) -> str:
        """The same in words."""
        return (
            f"half-spread {self.half_spread} USD ({self.half_spread_low} under 5 cents and over "
            f"95), depth {self.depth_per_cent:,} shares per cent"
        )


def open_daily(
    folder: Path, *, since: date, until: date, assumed: Assumed = Assumed()
) -> "DailyPrices":
    """Read and check the days from ``since`` to ``until``, both included.

    Args:
        folder: Where ``markets.csv.gz`` and ``prices.parquet`` lie.
        since: First day.
        until: Last day.
        assumed: Spread and depth of the books; they are not recorded.

    Raises:
        ConfigError: a file is missing, or pyarrow is.
        BadData: a column is missing, or a row cannot be right.
    """
    columns = ParquetColumns(folder / "prices.parquet")
    listed = _read_markets(folder / "markets.csv.gz")
    return DailyPrices(columns=columns, listed=listed, since=since, until=until, assumed=assumed)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    market: Market
    first_ms: int
    resolved_ms: int
    payouts: tuple[Decimal, Decimal]


class DailyPrices:
    """A book pair per market and day, known at 00:00 UTC of that day.

    A market appears with its first bar and ends with its resolution.

    Args:
        columns: The open price file.
        listed: Its markets by the key the price file uses.
        since: First day.
        until: Last day.
        assumed: What the books are made of.
    """

    def __init__(
        self,
        *,
        columns: ParquetColumns,
        listed: dict[int, _Listed],
        since: date,
        until: date,
        assumed: Assumed,
    ) -> None:
        import numpy as np

        self._assumed = assumed
        self.note = (
            f"{assumed.note}, tick 0.001, fee rates of 2026 by topic; the price of token "
            "1 is 1 - p; a market without a slug is given its question as one; series is the "
            "recording's topic"
        )

        days_ms, keys = columns.epoch_ms("date"), columns.integers("mkt")
        unknown = set(np.unique(keys).tolist()).difference(listed)
        if unknown:
            raise BadData(f"{columns.path}: mkt {min(unknown)} is not in markets.csv.gz")
        since_ms, end_ms = midnight_ms(since), midnight_ms(until) + _DAY_MS
        resolved_ms = np.zeros(int(keys.max()) + 1, dtype=np.int64)
        for key, entry in listed.items():
            resolved_ms[key] = entry.resolved_ms
        # A bar after the resolution is not a price any more.
        used = (days_ms >= since_ms) & (days_ms < end_ms) & (days_ms < resolved_ms[keys])
        if not used.any():
            raise ConfigError(f"{columns.path} has no price from {since} to {until}")
        order = np.flatnonzero(used)
        order = order[np.argsort(days_ms[order], kind="stable")]
        self._listed = listed
        self._days_ms, self._keys = days_ms[order], keys[order]
        self._prices = _prices_e6(columns)[order]
        self._changes = _list_changes(listed.values(), since_ms=since_ms, end_ms=end_ms)

    @property
    def starts_at(self) -> datetime:
        """The first midnight."""
        return from_epoch_ms(self._changes[0][0])

    def rows(self) -> Iterator[TapeRow]:
        """Return listings, books and resolutions in the order of time."""
        return merge_changes(self._changes, self._books, self._days_ms)

    def _books(self, start: int, stop: int) -> Iterator[TapeRow]:
        for day_ms, key, price in zip(
            self._days_ms[start:stop].tolist(),
            self._keys[start:stop].tolist(),
            self._prices[start:stop].tolist(),
            strict=True,
        ):
            token, other = self._listed[key].market.token_ids
            book = make_assumed_book(token, day_ms, price, assumed=self._assumed)
            yield day_ms, book
            yield day_ms, mirror(book, other)


def make_assumed_book(token_id: TokenId, at_ms: int, price_e6: int, *, assumed: Assumed) -> Book:
    """Return the book assumed around a price, rounded away from it to the tick.

    Args:
        token_id: Whose book.
        at_ms: When the price was known, epoch milliseconds.
        price_e6: Millionths of a USD, 0 to 1,000,000. Near an end one side is empty.
        assumed: Spread and depth.
    """
    in_tail = not _LOW_E6 <= price_e6 <= MILLION - _LOW_E6
    half = to_e6(assumed.half_spread_low if in_tail else assumed.half_spread)
    depth = to_e6(assumed.depth_per_cent)
    bid = (price_e6 - half) // _TICK_E6 * _TICK_E6
    ask = -((price_e6 + half) // -_TICK_E6) * _TICK_E6
    bids = tuple(range(bid, max(0, bid - _LEVELS * _CENT_E6), -_CENT_E6))
    asks = tuple(range(ask, min(MILLION, ask + _LEVELS * _CENT_E6), _CENT_E6))
    return Book(token_id, at_ms, bids, (depth,) * len(bids), asks, (depth,) * len(asks))


def _prices_e6(columns: ParquetColumns) -> "NDArray[np.int64]":
    """Return the prices in millionths, (rows,); the venue's are multiples of 0.0001."""
    import numpy as np

    scaled = columns.floats("p").astype(np.float64) * 10_000
    whole = np.rint(scaled)
    if not np.abs(scaled - whole).max() < 0.01 or whole.min() < 0 or whole.max() > 10_000:
        raise BadData(
            f"{columns.path}: p reaches from {scaled.min() / 10_000} to {scaled.max() / 10_000}; "
            "it must be a multiple of 0.0001 from 0 to 1 in every row"
        )
    return whole.astype(np.int64) * 100


def _list_changes(
    listed: Iterable[_Listed], *, since_ms: int, end_ms: int
) -> list[tuple[int, MarketChanged]]:
    """Return listing and resolution of each market that trades between the two instants."""
    states = []
    for entry in listed:
        if entry.resolved_ms <= since_ms or entry.first_ms >= end_ms:
            continue
        states.append((max(entry.first_ms, since_ms), entry.market))
        if entry.resolved_ms < end_ms:
            ended = replace(
                entry.market, accepting_orders=False, closed=True, payouts=entry.payouts
            )
            states.append((entry.resolved_ms, ended))
    states.sort(key=lambda state: state[0])
    return [
        (at_ms, MarketChanged(market=market, at=from_epoch_ms(at_ms))) for at_ms, market in states
    ]


def _read_markets(path: Path) -> dict[int, _Listed]:
    try:
        with gzip.open(path, "rt", newline="") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist; it names the markets of the prices") from None
    try:
        return {int(row["mkt"]): _listed(row) for row in rows}
    except KeyError as error:
        raise BadData(f"{path} has no column {error}") from None


def read_market(row: dict[str, str]) -> Market:
    """Return a market as it was listed; the fee is today's, the series is the topic.

    Raises:
        KeyError: A column is missing.
    """
    condition_id = ConditionId(row["condition_id"])
    stand_ins = ctf_token_ids(condition_id)
    scheduled = row["sched_end"]
    return Market(
        condition_id=condition_id,
        kind=MarketKind.CTF,
        question=row["question"],
        slug=row["slug"] or _slug(row["question"]),
        outcomes=(row["label0"], row["label1"]),
        token_ids=(TokenId(row["token0"] or stand_ins[0]), TokenId(row["token1"] or stand_ins[1])),
        tick=Price(Decimal("0.001")),
        minimum_shares=Shares(Decimal(5)),
        neg_risk=False,
        fee=FeeSchedule(rate=Decimal(_FEE_RATES.get(row["topic"], "0.05"))),
        event_slug=row["event_slug"],
        series_slug=row["topic"],
        # The day is known, not the hour: the midnight that ends it.
        ends_at=from_epoch_ms(midnight_ms(scheduled) + _DAY_MS) if scheduled else None,
    )


def _listed(row: dict[str, str]) -> _Listed:
    paid = parse_decimal(row["payout0"], name=f"payout0 of mkt {row['mkt']}")
    return _Listed(
        market=read_market(row),
        first_ms=midnight_ms(row["first_bar"]),
        resolved_ms=epoch_ms(datetime.fromisoformat(row["resolved_at"])),
        payouts=(paid, 1 - paid),
    )


def _slug(question: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", question.casefold()).strip("-")


def midnight_ms(day: date | str) -> int:
    """Return the 00:00 UTC that begins a day, epoch milliseconds."""
    if isinstance(day, str):
        day = date.fromisoformat(day)
    return epoch_ms(datetime.combine(day, time(), UTC))
