"""What our matching fills on the real books, beside two fill models written by others.

Each of the 27,480 books gets the same 32 orders from `match_order`, from resolvedkit (which reads
the file by itself) and from polymarket-paper-trader (which gets each book worst first, as the
venue sends it). Shares, average price, taker fee and whether all was filled are compared. A
disagreement is explained only if a plain Decimal walk with the other package's rules, and no
other change, ends where the package did, and one with ours ends where we did.

Run it with ``make bench``, or ``python -m benchmarks.differential_fills``. It ends with 1 if a
disagreement is left unexplained.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, localcontext
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.replay_books import FOLDER, open_tape, write_for_resolvedkit
from bot.core.matching import LOT_E6, match_order
from bot.model.market import Book, FeeSchedule
from bot.model.orders import Side
from bot.model.units import MILLION, from_e6

RATE = Decimal("0.07")
CRYPTO = FeeSchedule(rate=RATE)
LOT, FEE_STEP, RESIDUE = Decimal("0.01"), Decimal("0.00001"), Decimal("1e-30")
SIZES = (5, 100, 2_500)
"""Shares of an order; the last is more than many books hold."""
BUDGETS_USD = (10, 1_000)
HALF_A_TICK = 500
LIMITS = ("inside the spread", "at the best", "at the third", "none")
NEAR = 1e-9
"""USD or shares: what floats may be apart; our own results are whole millionths."""

LOTS, LEFT, ONCE, HALF = "parts of a lot", "nearly filled", "fee of the sum", "fee at a half"
WHY = {
    LOTS: "a budget buys fractions of 0.01 share there; the venue and we sell whole ones",
    LEFT: "what it calls missing is worth less than 0.01 share",
    ONCE: "it rounds the fee once for the order; the venue and we for each match",
    HALF: "0.000005 USD exactly: we round up; its floats go to even, or either way",
}
UNEXPLAINED = "NOT EXPLAINED"


class Order(NamedTuple):
    """A FAK in both ways of stating one: ours in shares, theirs in USD if it buys."""

    side: Side
    size_e6: int
    limit_e6: int
    spend_e12: int
    """What a buy may spend, in millionths of millionths of a USD."""


class Outcome(NamedTuple):
    """What an order got."""

    shares: float
    price: float
    """Average, USD a share; 0 if nothing was filled."""
    fee: float
    full: bool


class Leg(NamedTuple):
    """What a plain walk took from a level."""

    price: Decimal
    shares: Decimal

    @property
    def fee(self) -> Decimal:
        """Taker fee, USD, not rounded but for what dividing by the price left behind."""
        return (self.shares * RATE * self.price * (1 - self.price)).quantize(RESIDUE)


class Case(NamedTuple):
    """One order on one book, and what came of it here and there."""

    book: Book
    order: Order
    ours: Outcome
    theirs: Outcome


def main() -> int:
    """Print how often all agree and why they do not; return 1 if a case is not explained."""
    if not (FOLDER / "books.parquet").is_file():
        print(f"differential_fills: skipped, the recorded books are not in {FOLDER}")
        return 0
    try:
        import pm_trader.orderbook  # noqa: F401
        import resolvedkit  # noqa: F401
    except ImportError as error:
        print(f"differential_fills: skipped, {error.name} is not installed: make bench has it")
        return 0
    seen = {name: Counter[str]() for name in FILLS}
    strange: list[tuple[str, Case]] = []
    books = 0
    for book, their_books in read_both():
        books += 1
        for order in orders_on(book):
            ours = fill_ours(book, order)
            for name, fill in FILLS.items():
                case = Case(book, order, ours, fill(their_books[name], order))
                why = "same" if agree(ours, case.theirs) else explain(case, name)
                seen[name][why] += 1
                seen[name]["filled"] += ours.shares > 0
                if why == UNEXPLAINED:
                    strange.append((name, case))
    return report(books, seen, strange)


def report(books: int, seen: dict[str, Counter[str]], strange: list[tuple[str, Case]]) -> int:
    """Print the table; return 1 if a case is not explained."""
    per_book = sum(1 for _ in orders_on(Book("1", 0, (), (), (), ())))  # type: ignore[arg-type]
    print(f"differential_fills: {books:,} real books, {per_book} orders each")
    for name, counts in seen.items():
        filled, asked = counts.pop("filled"), counts.total()
        print(f"  {name}: {asked:,} orders, {filled:,} of them got shares")
        for why, count in counts.most_common():
            print(f"    {count:>9,}  {count / asked:8.4%}  {why}")
    reasons = " ".join(key for counts in seen.values() for key in counts)
    for word, meaning in WHY.items():
        if word in reasons:
            print(f"  {word}: {meaning}")
    for name, case in strange[:5]:
        print(f"  {name}, {case.order}:\n    ours   {case.ours}\n    theirs {case.theirs}")
    print(f"  must be: none unexplained; unexplained: {len(strange):,}")
    return int(bool(strange))


# --- books and orders


def read_both() -> Iterator[tuple[Book, dict[str, Any]]]:
    """Yield each book as we read it, and as each package has it."""
    from pm_trader.models import OrderBook, OrderBookLevel
    from resolvedkit import ParquetSource

    def worst_first(prices: tuple[int, ...], sizes: tuple[int, ...]) -> list[Any]:
        pairs = zip(reversed(prices), reversed(sizes), strict=True)
        return [OrderBookLevel(price=p / MILLION, size=s / MILLION) for p, s in pairs]

    tape = open_tape()
    token_of = {
        (market.condition_id, side): token
        for market in tape.markets
        for side, token in zip(("UP", "DOWN"), market.token_ids, strict=True)
    }
    ours: dict[str, list[Book]] = {token: [] for token in token_of.values()}
    for _, event in tape.rows():
        if isinstance(event, Book):
            ours[event.token_id].append(event)
    with tempfile.TemporaryDirectory() as scratch:
        write_for_resolvedkit(Path(scratch))
        source = ParquetSource(scratch)
        for (market_id, side), token in token_of.items():
            theirs = [book for book in source.books(market_id) if book.side == side]
            for book, their_book in zip(ours[token], theirs, strict=True):
                check_same(book, their_book)
                bids = worst_first(book.bid_prices, book.bid_sizes)
                asks = worst_first(book.ask_prices, book.ask_sizes)
                shaped = OrderBook(bids=bids, asks=asks)
                yield book, {RESOLVEDKIT: their_book, PAPER_TRADER: shaped}


def check_same(book: Book, theirs: Any) -> None:
    """Refuse to compare fills on books that were read differently."""
    sides = (book.bid_prices, book.bid_sizes), (book.ask_prices, book.ask_sizes)
    for (prices, sizes), levels in zip(sides, (theirs.bids, theirs.asks), strict=True):
        read = [(round(level.price * MILLION), round(level.size * MILLION)) for level in levels]
        if read != list(zip(prices, sizes, strict=True)) or theirs.ts != book.as_of_ms:
            raise SystemExit(f"the book of {book.token_id} at {book.as_of_ms} was read differently")


def orders_on(book: Book) -> Iterator[Order]:
    """Yield the orders that each book gets; a side without levels has limits too."""
    for side, number in product(Side, range(len(LIMITS))):
        prices, sizes = levels_of(book, side)
        limit = limit_on(prices, side, number)
        within = [pair for pair in zip(prices, sizes, strict=True) if is_within(pair, limit, side)]
        for shares in SIZES:
            size = shares * MILLION
            yield Order(side, size, limit, cost_of(within, size, limit))
        if side is Side.BUY:
            for usd in BUDGETS_USD:
                spend = usd * MILLION * MILLION
                yield Order(side, shares_for(within, spend, limit), limit, spend)


def levels_of(book: Book, side: Side) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the prices and sizes that an order takes from."""
    if side is Side.BUY:
        return book.ask_prices, book.ask_sizes
    return book.bid_prices, book.bid_sizes


def limit_on(prices: tuple[int, ...], side: Side, number: int) -> int:
    """Return one of `LIMITS` in millionths."""
    worst = 999_000 if side is Side.BUY else 1_000
    if number == 3 or not prices:
        return worst
    inside = prices[0] + (-HALF_A_TICK if side is Side.BUY else HALF_A_TICK)
    return (inside, prices[0], prices[min(2, len(prices) - 1)])[number]


def is_within(level: tuple[int, int], limit: int, side: Side) -> bool:
    """Return whether a level is not beyond the limit."""
    return level[0] <= limit if side is Side.BUY else level[0] >= limit


def cost_of(levels: list[tuple[int, int]], size: int, limit: int) -> int:
    """Return what so many shares cost; what is not there is priced at the limit."""
    cost = 0
    for price, shown in levels:
        taken = min(size, shown)
        cost, size = cost + taken * price, size - taken
    return cost + size * limit


def shares_for(levels: list[tuple[int, int]], spend: int, limit: int) -> int:
    """Return the whole lots a budget buys; what finds nothing would buy at the limit."""
    size = 0
    for price, shown in levels:
        taken = min(shown, spend // price // LOT_E6 * LOT_E6)
        size, spend = size + taken, spend - taken * price
        if taken < shown:
            return size
    return size + spend // limit // LOT_E6 * LOT_E6


# --- the three models


def fill_ours(book: Book, order: Order) -> Outcome:
    """Return what our matching gives."""
    side, size, limit, _ = order
    match = match_order(side=side, size_e6=size, limit_e6=limit, book=book, fee=CRYPTO)
    got = size - match.open_e6
    price = match.notional_e6 / got if got else 0.0
    return Outcome(got / MILLION, price, match.fee_e6 / MILLION, match.open_e6 == 0)


def fill_resolvedkit(book: Any, order: Order) -> Outcome:
    """Return what resolvedkit gives."""
    from resolvedkit.fills import walk_buy, walk_sell

    limit = order.limit_e6 / MILLION
    if order.side is Side.BUY:
        walk = walk_buy(book.asks, order.spend_e12 / MILLION / MILLION, limit)
    else:
        walk = walk_sell(book.bids, order.size_e6 / MILLION, limit)
    return Outcome(walk.shares, walk.avg_price, walk.fee(float(RATE)), not walk.depth_limited)


def fill_paper_trader(book: Any, order: Order) -> Outcome:
    """Return what polymarket-paper-trader gives."""
    from pm_trader.orderbook import simulate_buy_fill, simulate_sell_fill

    limit, rate = order.limit_e6 / MILLION, float(RATE)
    if order.side is Side.BUY:
        spend = order.spend_e12 / MILLION / MILLION
        got = simulate_buy_fill(book, spend, 0, "fak", max_price=limit, fee_rate=rate)
    else:
        size = order.size_e6 / MILLION
        got = simulate_sell_fill(book, size, 0, "fak", min_price=limit, fee_rate=rate)
    return Outcome(got.total_shares, got.avg_price, got.fee, got.filled)


RESOLVEDKIT, PAPER_TRADER = "resolvedkit 0.1.0", "polymarket-paper-trader 0.4.13"
FILLS = {RESOLVEDKIT: fill_resolvedkit, PAPER_TRADER: fill_paper_trader}


def agree(ours: Outcome, theirs: Outcome) -> bool:
    """Return whether two outcomes are the same, but for the noise of floats."""
    return ours.full == theirs.full and all(
        abs(one - other) < NEAR for one, other in zip(ours[:3], theirs[:3], strict=True)
    )


# --- why they disagree


def explain(case: Case, name: str) -> str:
    """Return the named reasons of a disagreement, or `UNEXPLAINED`."""
    with localcontext() as context:
        context.prec = 60
        theirs, left = walk_plainly(case, in_lots=False)
        ours, _ = walk_plainly(case, in_lots=True)
        per_match = sum((round_fee(leg.fee) for leg in ours), Decimal(0))
        why: list[str] = []
        if not (is_outcome(case.ours, ours, per_match) and is_walk(case.theirs, theirs)):
            return UNEXPLAINED
        if theirs != ours:
            why.append(LOTS)
        if case.ours.full != case.theirs.full:
            is_less = 0 < left < LOT * from_e6(case.order.limit_e6)
            why.append(LEFT if is_less and case.ours.full else UNEXPLAINED)
        why += explain_fee(case.theirs.fee, theirs, rounds_once=name == RESOLVEDKIT)
        return UNEXPLAINED if UNEXPLAINED in why or not why else " + ".join(why)


def walk_plainly(case: Case, *, in_lots: bool) -> tuple[list[Leg], Decimal]:
    """Return what an order takes, and what is left of its USD (a buy) or shares (a sell)."""
    order, is_buy = case.order, case.order.side is Side.BUY
    left = Decimal(order.spend_e12) / MILLION / MILLION if is_buy else from_e6(order.size_e6)
    legs: list[Leg] = []
    for level in zip(*levels_of(case.book, order.side), strict=True):
        price, shown = from_e6(level[0]), from_e6(level[1])
        wanted = left / price if is_buy else left
        taken = min(shown, wanted.quantize(LOT, ROUND_DOWN) if in_lots else wanted)
        if taken <= 0 or not is_within(level, order.limit_e6, order.side):
            break
        legs.append(Leg(price, taken))
        left -= taken * price if is_buy else taken
        if taken < shown:
            break
    return legs, left


def is_outcome(outcome: Outcome, legs: list[Leg], fee: Decimal) -> bool:
    """Return whether a walk with this fee is what the model gave."""
    return is_walk(outcome, legs) and abs(outcome.fee - float(fee)) < NEAR


def is_walk(outcome: Outcome, legs: list[Leg]) -> bool:
    """Return whether shares and average price are those of a walk."""
    shares = sum((leg.shares for leg in legs), Decimal(0))
    cost = sum((leg.shares * leg.price for leg in legs), Decimal(0))
    price = cost / shares if shares else Decimal(0)
    return abs(outcome.shares - float(shares)) < NEAR and abs(outcome.price - float(price)) < NEAR


def round_fee(fee: Decimal) -> Decimal:
    """Return a fee in whole steps, halves up."""
    return fee.quantize(FEE_STEP, ROUND_HALF_UP)


def explain_fee(fee: float, legs: list[Leg], *, rounds_once: bool) -> list[str]:
    """Return why the fee of these legs is not each leg's own, rounded half up."""
    exact = [leg.fee for leg in legs]
    if abs(fee - float(sum(map(round_fee, exact), Decimal(0)))) < NEAR:
        return []
    parts = [sum(exact, Decimal(0))] if rounds_once else exact
    rounded = sum(map(round_fee, parts), Decimal(0))
    halves = sum(abs(part - round_fee(part)) == FEE_STEP / 2 for part in parts)
    why = [ONCE] if rounds_once and len(exact) > 1 else []
    steps = round((float(rounded) - fee) / float(FEE_STEP))
    if abs(float(rounded - steps * FEE_STEP) - fee) >= NEAR or not 0 <= steps <= halves:
        return [UNEXPLAINED]
    return [*why, HALF] if steps else why or [UNEXPLAINED]


if __name__ == "__main__":
    sys.exit(main())
