"""The tape of two recordings of the Fed decision of December 2025: books of the depth shown.

**Source:** ``fed_dec2025_25bps_l1_oct15_31.parquet`` (best bid and ask with sizes) and
``fed_dec2025_nochange_poly_vs_kalshi_30min.parquet`` (best bids of both tokens; depth at the best
price, in the best three levels and within 5 cents), described in the folder's README, 2026-11.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from bot.model.market import Book, FeeSchedule, Market, MarketChanged, MarketKind
from bot.model.units import MILLION, Price, Shares
from bot.venues.books import from_epoch_ms, mirror
from bot.venues.recorded.columns import ParquetColumns, check_prices
from bot.venues.recorded.tape import TapeRow
from bot.venues.tokens import ctf_condition_id, ctf_token_ids

_CENT_E6 = 10_000
_THIRD_LEVEL_E6 = 2 * _CENT_E6
_FIVE_CENTS_E6 = 5 * _CENT_E6

Side = tuple[tuple[int, ...], tuple[int, ...]]
"""Prices and sizes of one side of a book, millionths, best first."""


def open_fed_dec2025(folder: Path) -> "FedDec2025":
    """Read and check both recordings in ``folder``.

    Raises:
        ConfigError: a file is missing, or pyarrow is.
        BadData: a column is missing, or a row cannot be right.
    """
    cut = _market("25 bps decrease", "Fed decreases interest rates by 25 bps")
    keep = _market("No change", "No change in Fed interest rates")
    first = _read_best(folder / "fed_dec2025_25bps_l1_oct15_31.parquet", cut)
    second = _read_depth(folder / "fed_dec2025_nochange_poly_vs_kalshi_30min.parquet", keep)
    return FedDec2025(books=((cut, first), (keep, second)))


class FedDec2025:
    """Books of two markets one after the other; neither is resolved within the recording.

    Args:
        books: Each market and the books of its Yes token in the order of time.
    """

    note = (
        "condition and token ids are stand-ins; the No token's book is the mirror of the Yes "
        "token's; depth beyond the best price of 'No change' is put at the worst price at which "
        "it can stand, levels taken as one cent apart; fee rate 0.05"
    )

    def __init__(self, *, books: tuple[tuple[Market, tuple[Book, ...]], ...]) -> None:
        self.markets = tuple(market for market, _ in books)
        self._books = books

    @property
    def starts_at(self) -> datetime:
        """Time of the first book."""
        return self._books[0][1][0].as_of

    def rows(self) -> Iterator[TapeRow]:
        """Return each market's listing at its first book, then its books."""
        for market, books in self._books:
            listed_ms = books[0].as_of_ms
            yield listed_ms, MarketChanged(market=market, at=from_epoch_ms(listed_ms))
            for book in books:
                yield book.as_of_ms, book
                yield book.as_of_ms, mirror(book, market.token_ids[1])


def _read_best(path: Path, market: Market) -> tuple[Book, ...]:
    columns = ParquetColumns(path)
    names = ("best_bid_price", "best_bid_size", "best_ask_price", "best_ask_size")
    numbers = [columns.millionths(columns.floats(name), name=name) for name in names]
    for name, prices in zip(names[::2], numbers[::2], strict=True):
        check_prices(prices, name=f"{path}: {name}")
    token = market.token_ids[0]
    return tuple(
        Book(token, at_ms, (bid,), (bid_size,), (ask,), (ask_size,))
        for at_ms, bid, bid_size, ask, ask_size in zip(
            columns.epoch_ms("timestamp").tolist(),
            *(column.tolist() for column in numbers),
            strict=True,
        )
    )


def _read_depth(path: Path, market: Market) -> tuple[Book, ...]:
    columns = ParquetColumns(path)
    token = market.token_ids[0]
    books = []
    for at_ms, bids, no_bids in zip(
        columns.epoch_ms("timestamp").tolist(),
        _bids(columns, "yes"),
        _bids(columns, "no"),
        strict=True,
    ):
        # Buyers of No at p are sellers of Yes at 1 - p.
        asks = tuple(MILLION - price for price in no_bids[0])
        books.append(Book(token, at_ms, *bids, asks, no_bids[1]))
    return tuple(books)


def _bids(columns: ParquetColumns, outcome: str) -> list[Side]:
    """Return the bids of one token in each row; a row without a best bid has none."""
    depths = [
        columns.millionths(columns.floats(name), name=name)
        for name in (f"poly_depth_top3_{outcome}", f"poly_depth_5c_{outcome}")
    ]
    return [
        _levels(best, size, top3, within_5c)
        for best, size, top3, within_5c in zip(
            columns.millionths_or_zero(f"poly_best_bid_{outcome}").tolist(),
            columns.millionths_or_zero(f"poly_depth_best_{outcome}").tolist(),
            *(depth.tolist() for depth in depths),
            strict=True,
        )
    ]


def _levels(best: int, size: int, top3: int, within_5c: int) -> Side:
    """Put the depth that is known to stand within a distance at the far end of it."""
    if not best:
        return (), ()
    levels = {best: size}
    for distance, shares in (
        (_THIRD_LEVEL_E6, top3 - size),
        (_FIVE_CENTS_E6, within_5c - top3),
    ):
        if shares > 0:
            price = max(best - distance, _CENT_E6)
            levels[price] = levels.get(price, 0) + shares
    return tuple(levels), tuple(levels.values())


def _market(label: str, sentence: str) -> Market:
    condition_id = ctf_condition_id(f"fed-december-2025 {label}")
    return Market(
        condition_id=condition_id,
        kind=MarketKind.CTF,
        question=f"{sentence} after December 2025 meeting?",
        slug=f"fed-december-2025-{label.replace(' ', '-').casefold()}",
        outcomes=("Yes", "No"),
        token_ids=ctf_token_ids(condition_id),
        tick=Price(Decimal("0.01")),
        minimum_shares=Shares(Decimal(5)),
        neg_risk=True,
        fee=FeeSchedule(rate=Decimal("0.05")),
        group_title=label,
        event_slug="fed-decision-in-december",
        series_slug="fed-decision",
        ends_at=datetime(2025, 12, 10, 19, 0, tzinfo=UTC),
    )
