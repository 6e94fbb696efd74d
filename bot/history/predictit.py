"""Daily bars of PredictIt, 2014 to 2018: another venue, kept apart from Polymarket in everything.

No payout is recorded. It is inferred from the last close, and named as inferred wherever it shows.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from bot.errors import BadData
from bot.history.archive import DAY_MS, Archive, Listing, VenueFacts
from bot.history.fees import FeeDates
from bot.model.market import FeeSchedule, Market, MarketKind
from bot.model.units import MILLION, Price, Shares
from bot.venues.books import epoch_ms
from bot.venues.recorded.columns import ParquetColumns
from bot.venues.recorded.daily import Assumed
from bot.venues.tokens import ctf_condition_id, ctf_token_ids

_KNOWN_AT_MS = DAY_MS + 5 * DAY_MS // 24
"""A day's close is known when that day has ended in New York: 05:00 UTC, in summer an hour late."""
_SURE, _SURELY_NOT = 950_000, 50_000
_PROFIT_FEE, _WITHDRAWAL_FEE = 0.10, 0.05
_MOST_USD = 850
"""**Source:** the venue's terms of those years: 10% of profit, 5% of withdrawals, 850 USD a
contract; given with the recording, read 2026-11."""


class _Bar(NamedTuple):
    contract: str
    """Symbol of the market and name of the contract."""
    day: str
    close_e6: int
    question: str
    market: str
    outcome: str
    election: int


def open_predictit(path: Path, *, books: Assumed) -> Archive:
    """Read and check the bars.

    Args:
        path: The Parquet file.
        books: What books are made of.

    Raises:
        ConfigError: The file is missing, or pyarrow is.
        BadData: A column is missing, or a row cannot be right.
    """
    import numpy as np

    bars = sorted(_read(path), key=lambda bar: (bar.contract, bar.day))
    by_contract: dict[str, list[_Bar]] = {}
    for bar in bars:
        by_contract.setdefault(bar.contract, []).append(bar)
    listings = [_listing(own) for own in by_contract.values()]
    places = {contract: place for place, contract in enumerate(by_contract)}
    return Archive(
        facts=VenueFacts(
            name="PredictIt",
            is_tradable=False,
            assumed=(
                f"{books.note}; tick 0.01; no payout is recorded: each contract is inferred to pay"
                " 1 where its last close is at least 0.95, 0 where it is at most 0.05, else that"
                " close; the scheduled end is the day of the election; the venue's fee on profit"
                " enters a decision as its expectation, 0.1 x p x (1 - p) a share"
            ),
            profit_fee=_PROFIT_FEE,
            withdrawal_fee=_WITHDRAWAL_FEE,
            most_per_market_usd=_MOST_USD,
        ),
        listings=listings,
        keys=np.array([places[bar.contract] for bar in bars], dtype=np.int64),
        times_ms=np.array([_known_ms(bar.day) for bar in bars], dtype=np.int64),
        prices_e6=np.array([bar.close_e6 for bar in bars], dtype=np.int64),
        books=books,
        source=str(path),
    )


def _read(path: Path) -> Iterator[_Bar]:
    columns = ParquetColumns(path)
    closes = columns.floats("close")
    if not (closes == closes).all():  # noqa: PLR0124 - NaN is the only number unlike itself
        raise BadData(f"{path}: close is not a number in some row; remove that row")
    rows = zip(
        columns.each("market_symbol"),
        columns.each("contract"),
        columns.each("date"),
        closes.tolist(),
        columns.each("market"),
        columns.integers("election").tolist(),
        strict=True,
    )
    for symbol, contract, day, close, question, election in rows:
        if symbol is None or day is None:
            raise BadData(f"{path}: a row has no market_symbol or no date; remove that row")
        name = contract or ""
        yield _Bar(
            f"{symbol}/{name}",
            day,
            round(close * MILLION),
            question or symbol,
            symbol,
            name,
            election,
        )


def _listing(bars: Sequence[_Bar]) -> Listing:
    """Return a contract, listed when its first close was known, settled a day after its last."""
    first, last = bars[0], bars[-1]
    condition_id = ctf_condition_id(f"predictit {first.contract}")
    slug = first.contract.casefold().strip("/").replace("/", "-").replace(" ", "-")
    market = Market(
        condition_id=condition_id,
        kind=MarketKind.CTF,
        question=f"{first.question} {first.outcome}".strip(),
        slug=slug,
        outcomes=("Yes", "No"),
        token_ids=ctf_token_ids(condition_id),
        tick=Price(Decimal("0.01")),
        minimum_shares=Shares(Decimal(1)),
        neg_risk=False,
        fee=FeeSchedule(rate=Decimal(str(_PROFIT_FEE))),
        group_title=first.outcome or "Yes",
        series_slug=first.market.casefold(),
        ends_at=_election_end(first.election),
    )
    paid = _infer(last.close_e6)
    return Listing(
        market=market,
        listed_ms=_known_ms(first.day),
        fees=FeeDates(before=market.fee),
        resolved_ms=_known_ms(last.day) + DAY_MS,
        payouts=(paid, 1 - paid),
    )


def _infer(close_e6: int) -> Decimal:
    if close_e6 >= _SURE:
        return Decimal(1)
    if close_e6 <= _SURELY_NOT:
        return Decimal(0)
    return Decimal(close_e6) / MILLION


def _known_ms(day: str) -> int:
    midnight = datetime.fromisoformat(day).replace(tzinfo=UTC)
    return epoch_ms(midnight) + _KNOWN_AT_MS


def _election_end(year: int) -> datetime:
    """Return the midnight UTC after election day, the Tuesday after November's first Monday."""
    first = date(year, 11, 1)
    monday = first + timedelta(days=(7 - first.weekday()) % 7)
    return datetime.combine(monday + timedelta(days=2), datetime.min.time(), UTC)
