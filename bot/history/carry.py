"""What holding hedges costs and brings beside their prices: interest, rewards, a venue's own fees.

It changes no decision: it is worked out from the finished ledger, day by day.
"""

import csv
import gzip
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from bot.errors import BadData
from bot.history.archive import Archive
from bot.ledger.questions import Questions
from bot.model.equity import Equity
from bot.model.orders import Side, TradeSettlement
from bot.model.units import MILLION, TokenId
from bot.venues.books import from_epoch_ms

_YEAR_S = 365 * 86_400
_RATES = "fred_macro_2005_2026-03.csv.gz"
_SERIES = "FEDFUNDS"
_REWARD_RATE = 0.04
_REWARDED_SINCE = datetime(2025, 8, 1, tzinfo=UTC)
_REWARDED = re.compile(
    r".*\b2028\b.*\bpresiden|.*\b2026\b.*\bmidterm|russia x ukraine ceasefire .*2027", re.IGNORECASE
)
"""Questions whose holders were paid 4% a year of the mid.

**Source:** docs.polymarket.com/polymarket-learn/trading/holding-rewards and reports of 2025-08 and
2025-09 that name these; the dated list of markets is not recorded. Read 2026-11.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryDay:
    """All that came on top up to the start of a UTC day, USD; what was paid is negative."""

    day: str
    financing_usd_est: float
    """What the money in the hedges would have earned at the central bank's rate."""
    rewards_usd_est: float
    venue_usd_est: float
    """Fees of the venue on profit and withdrawals, less what fills were charged for them."""


class _Move(NamedTuple):
    """Shares into a position and cash out of it, or the other way round."""

    at: datetime
    token_id: TokenId
    shares: float
    cash: float
    fee: float


@dataclass(slots=True)
class _Held:
    shares: float = 0.0
    cost: float = 0.0


class Rates:
    """The central bank's rate, a year, as it was known.

    Args:
        known_at: When each rate was known, oldest first.
        rates: Fractions, such as 0.05.
    """

    def __init__(self, *, known_at: Sequence[datetime], rates: Sequence[float]) -> None:
        self._known_at = known_at
        self._rates = rates

    def at(self, now: datetime) -> float:
        """Return the rate known at ``now``; 0 before the first."""
        place = bisect_right(self._known_at, now) - 1
        return self._rates[place] if place >= 0 else 0.0


def read_rates(folder: Path) -> Rates | None:
    """Return the monthly rates beside the closes, each known when its month is over.

    Returns:
        None if there is no such file.

    Raises:
        BadData: A row cannot be read.
    """
    path = folder / _RATES
    if not path.exists():
        return None
    with gzip.open(path, "rt", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row.get("series_id") == _SERIES]
    try:
        months = [datetime.fromisoformat(row["date"]).replace(tzinfo=UTC) for row in rows]
        rates = [float(row["value"]) / 100 for row in rows]
    except (KeyError, ValueError) as error:
        raise BadData(f"{path}: a row of {_SERIES} cannot be read ({error})") from None
    return Rates(known_at=[_next_month(month) for month in months], rates=rates)


def measure_carry(ledger: Questions, archive: Archive, rates: Rates | None) -> tuple[CarryDay, ...]:
    """Return a record for each day of the ledger's equity.

    Args:
        ledger: Finished.
        archive: What it was made from.
        rates: None leaves financing out.
    """
    equity = ledger.equity()
    if not equity:
        return ()
    carry = _Carry(archive=archive, rates=rates)
    moves = iter(sorted(carry.moves(ledger, equity[-1].at), key=lambda move: move.at))
    move, days = next(moves, None), [carry.day(equity[0])]
    for before, now in pairwise(equity):
        carry.accrue(before, now)
        while move is not None and move.at <= now.at:
            carry.apply(move)
            move = next(moves, None)
        days.append(carry.day(now))
    return tuple(days)


class _Carry:
    """The sums, and what they are worked out from."""

    def __init__(self, *, archive: Archive, rates: Rates | None) -> None:
        self._archive = archive
        self._venue = archive.facts
        self._rates = rates
        self._owners = {
            token: (key, listing)
            for key, listing in enumerate(archive.listings)
            for token in listing.market.token_ids
        }
        self._held: dict[TokenId, _Held] = {}
        self._financing = self._rewards = self._fees = 0.0

    def day(self, now: Equity) -> CarryDay:
        """Return the sums as of a day."""
        return CarryDay(
            day=f"{now.at:%Y-%m-%d}",
            financing_usd_est=round(self._financing, 6),
            rewards_usd_est=round(self._rewards, 6),
            venue_usd_est=round(self._fees, 6),
        )

    def moves(self, ledger: Questions, until: datetime) -> Iterator[_Move]:
        """Yield fills, then what the rest of each token was paid at its resolution."""
        rest: dict[TokenId, float] = {}
        for fill in ledger.fills():
            if fill.settlement is TradeSettlement.FAILED:
                continue
            shares = float(fill.size) * (1 if fill.side is Side.BUY else -1)
            rest[fill.token_id] = rest.get(fill.token_id, 0.0) + shares
            yield _Move(fill.at, fill.token_id, shares, float(fill.cash_usd), float(fill.fee_usd))
        for token, shares in rest.items():
            listing = self._owners[token][1]
            if listing.resolved_ms is None or listing.payouts is None:
                continue
            at = from_epoch_ms(listing.resolved_ms)
            if shares > 0 and at <= until:
                paid = float(listing.payouts[listing.market.token_ids.index(token)]) * shares
                yield _Move(at, token, -shares, paid, 0.0)

    def accrue(self, before: Equity, now: Equity) -> None:
        """Add what holding from one day to the next costs and brings."""
        years = (now.at - before.at).total_seconds() / _YEAR_S
        if self._rates is not None:
            self._financing -= float(now.cost_usd) * self._rates.at(now.at) * years
        if now.at < _REWARDED_SINCE or not self._venue.is_tradable:
            return
        for token, held in self._held.items():
            if held.shares > 0 and _REWARDED.match(self._owners[token][1].market.question):
                self._rewards += held.shares * self._mid(token, now.at) * _REWARD_RATE * years

    def apply(self, move: _Move) -> None:
        """Move shares at their average cost; charge the venue's fees on what comes back."""
        venue, held = self._venue, self._held.setdefault(move.token_id, _Held())
        part = held.cost * min(-move.shares / held.shares, 1.0) if move.shares < 0 else 0.0
        cash = move.cash + move.fee
        held.cost += -cash if move.shares > 0 else -part
        held.shares += move.shares
        if venue.profit_fee:
            self._fees += move.fee  # what the fill was charged is not what the venue takes
        if move.shares < 0:
            profit = max(cash - part, 0.0)
            self._fees -= venue.profit_fee * profit + venue.withdrawal_fee * cash

    def _mid(self, token: TokenId, now: datetime) -> float:
        """Return the last recorded price of a token that is held."""
        key, listing = self._owners[token]
        last = self._archive.known_bars(key, now) - 1
        price = self._archive.bar(key, last)[1] / MILLION
        return price if listing.market.token_ids.index(token) == 0 else 1 - price


def _next_month(month: datetime) -> datetime:
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
