"""``match_order`` on the real books, beside the fill of polymarket-paper-trader.

A FAK of 500 USD is walked over each book. All our results are compared with a plain Decimal walk,
the other package's with its shares and fee, before anything is timed; then both get the same
books, budget and fee, by turns, in the same process.

Run it with ``make bench``, or ``python -m benchmarks.match_order``.
"""

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from pathlib import Path

from bot.core.matching import LevelFill, match_order
from bot.model.market import Book, FeeSchedule
from bot.model.orders import Side
from bot.model.units import MILLION, TokenId, from_e6, to_e6

BOOKS = Path(__file__).resolve().parents[2] / "shared/data/polymarket_l2_books/books.parquet"
BUDGET_USD = Decimal(500)
CRYPTO = FeeSchedule(rate=Decimal("0.07"))
LOT = Decimal("0.01")
FEE_STEP = Decimal("0.00001")
TARGET_US = 8.0
ROUNDS = 9

Run = Callable[[], None]


def main() -> int:
    """Print the times side by side; return 1 if a result is wrong or slower than it must be."""
    if not BOOKS.is_file():
        print(f"match_order: skipped, the recorded books are not in {BOOKS.parent}")
        return 0
    books = [book for book in read_books() if book.ask_prices]
    expected = [walk_in_decimals(book) for book in books]
    orders = [(sum(fill.size_e6 for fill in fills), fills[-1].price_e6) for fills in expected]

    def match(book: Book, order: tuple[int, int]) -> tuple[LevelFill, ...]:
        size_e6, limit_e6 = order
        return match_order(
            side=Side.BUY, size_e6=size_e6, limit_e6=limit_e6, book=book, fee=CRYPTO
        ).fills

    pairs = list(zip(books, orders, strict=True))
    wrong = sum(
        match(book, order) != fills for (book, order), fills in zip(pairs, expected, strict=True)
    )

    def ours() -> None:
        for book, order in pairs:
            match(book, order)

    print(f"match_order: {BUDGET_USD} USD on {len(books):,} real books, crypto fee per level")
    print(f"  levels taken per book: {statistics.mean(map(len, expected)):.2f}")
    print(f"  other than the Decimal walk: {wrong}")
    runs: dict[str, Run] = {"polyhedge match_order": ours}
    other = other_package(books, expected)
    if other is not None:
        runs["polymarket-paper-trader"] = other
    best = time_by_turns(runs, per_run=len(books))
    if other is None:
        print("  polymarket-paper-trader is not installed here: make bench has it")
    our_time = best["polyhedge match_order"]
    missed = our_time > TARGET_US or our_time > best.get("polymarket-paper-trader", our_time)
    return int(wrong > 0 or missed)


def read_books() -> Iterator[Book]:
    """Yield the recorded books; prices and sizes are floats in the file, exact at 6 decimals."""
    from pyarrow.parquet import ParquetFile

    table = ParquetFile(BOOKS).read()
    columns = [table[name].to_pylist() for name in ("bid_px", "bid_sz", "ask_px", "ask_sz")]
    for at_ms, *ladders in zip(table["ts"].to_pylist(), *columns, strict=True):
        sides = (tuple(round(number * MILLION) for number in ladder) for ladder in ladders)
        yield Book(TokenId("1"), at_ms, *sides)


def walk_in_decimals(book: Book) -> tuple[LevelFill, ...]:
    """Return what the budget buys, written as one would by hand, in whole lots of a level."""
    left, fills = BUDGET_USD, []
    for price_e6, size_e6 in zip(book.ask_prices, book.ask_sizes, strict=True):
        price, shown = from_e6(price_e6), from_e6(size_e6)
        size = min(shown, left / price).quantize(LOT, ROUND_DOWN)
        fee = (size * CRYPTO.rate * price * (1 - price)).quantize(FEE_STEP, ROUND_HALF_UP)
        if size > 0:
            fills.append(LevelFill(price_e6, to_e6(size), to_e6(fee)))
        left -= size * price
        if size < shown.quantize(LOT, ROUND_DOWN):
            break
    return tuple(fills)


def other_package(books: list[Book], expected: list[tuple[LevelFill, ...]]) -> Run | None:
    """Return a run of the other package over the same books; None if it is not installed."""
    try:
        from pm_trader.models import OrderBook, OrderBookLevel
        from pm_trader.orderbook import simulate_buy_fill
    except ImportError:
        return None

    def levels(prices: tuple[int, ...], sizes: tuple[int, ...]) -> list[OrderBookLevel]:
        return [
            OrderBookLevel(price=price / MILLION, size=size / MILLION)
            for price, size in zip(prices, sizes, strict=True)
        ]

    theirs = [
        OrderBook(
            bids=levels(book.bid_prices, book.bid_sizes),
            asks=levels(book.ask_prices, book.ask_sizes),
        )
        for book in books
    ]
    budget, rate = float(BUDGET_USD), float(CRYPTO.rate)

    def fill(book: OrderBook) -> tuple[float, float]:
        result = simulate_buy_fill(book, budget, 0, order_type="fak", fee_rate=rate)
        return result.total_shares, result.fee

    # It buys fractions of a lot and rounds floats, so a lot and its fee is as near as it gets.
    apart = 0
    for book, fills in zip(theirs, expected, strict=True):
        shares, fee = fill(book)
        lots = abs(shares - sum(f.size_e6 for f in fills) / MILLION) / float(LOT)
        fee_apart = abs(fee - sum(f.fee_e6 for f in fills) / MILLION)
        apart += lots > len(fills) or fee_apart > 0.001
    print(f"  a lot a level apart from the other package: {apart}")

    def run() -> None:
        for book in theirs:
            simulate_buy_fill(book, budget, 0, order_type="fak", fee_rate=rate)

    return run


def time_by_turns(runs: dict[str, Run], *, per_run: int) -> dict[str, float]:
    """Print and return the median time of one call, microseconds; a busy moment hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            began = time.perf_counter()
            run()
            times[name].append((time.perf_counter() - began) / per_run * 1e6)
    for name, each in times.items():
        print(f"  {name:<30} {statistics.median(each):5.2f} us (best {min(each):.2f})")
    return {name: statistics.median(each) for name, each in times.items()}


if __name__ == "__main__":
    sys.exit(main())
