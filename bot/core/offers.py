"""Levels of a book as offers to the programme, and what was taken of them as a trade."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from bot.core.hedge import DEPTH_WINDOW, Trade, no_trade, price_worth
from bot.core.programme import Offer
from bot.model.market import Book
from bot.model.units import MILLION

FINEST = 0.001
"""Shares: what a plan is rounded to, finer than any order."""


class Level(NamedTuple):
    """One level that may be taken."""

    price: float
    """USD per share."""
    unit: float
    """All-in cost of a share, or what selling one brings; USD."""
    charge: float
    """The same as it is weighed: its distance from the mid multiplied (the no-trade band), and
    with its carry."""
    size: float
    """Shares."""


class Ladder(NamedTuple):
    """The levels of one side, best first."""

    levels: tuple[Level, ...]
    side: int
    """1: they may be bought; -1: they may be sold to."""
    mid: float
    multiplier: float
    carry: float
    """Cost of the money a share binds to its market's end, a fraction of its price; less than
    nothing where the venue pays more for holding it."""
    ends: str
    """What ends it: ``target``, ``depth``, ``chase``, ``money`` or ``book``, as in `Trade`."""

    def offers(self, market: int, *, is_complement: bool, charged: bool) -> list[Offer]:
        """Return the levels as the programme takes them.

        Args:
            market: Column of the programme.
            is_complement: Whether this token pays where the column's does not.
            charged: At what is weighed; else at what is paid, with the carry.
        """
        found = []
        for level in self.levels:
            cost = self.side * (level.charge if charged else level.unit * (1.0 + self.carry))
            if is_complement:  # A share of it is 1 USD and one share less of the other.
                found.append(Offer(market, -self.side, cost - self.side, level.size))
            else:
                found.append(Offer(market, self.side, cost, level.size))
        return found


def ask_ladder(
    book: Book,
    *,
    most: float,
    ends: str,
    most_usd: float,
    highest: float,
    multiplier: float,
    carry: float,
    fee_at: Callable[[float], float],
) -> Ladder:
    """Return what may be bought.

    As levels fill cheapest first, a limit on one token's shares or USD is where its ladder ends.

    Args:
        book: Of the token; both sides stand.
        most: Shares that may be bought.
        ends: Why not more.
        most_usd: Most to spend, fee included.
        highest: Price that is not exceeded, USD without fee.
        multiplier: By which the cost above the mid is charged.
        carry: As in `Ladder`.
        fee_at: Fee per share at a price, USD.
    """
    mid = book.mid or 0.0
    levels: list[Level] = []
    for price_e6, size_e6 in zip(book.ask_prices, book.ask_sizes, strict=True):
        price = price_e6 / MILLION
        unit = price + fee_at(price)
        if price > highest or most <= 0.0 or most_usd <= 0.0:
            spent = "money" if most > 0.0 else ends
            ends = "chase" if price > highest else spent
            break
        shown = size_e6 / MILLION
        affordable = most_usd / unit
        size = min(shown, most, affordable)
        charge = mid + multiplier * (unit - mid) + carry * unit
        levels.append(Level(price, unit, charge, size))
        most, most_usd = most - size, most_usd - size * unit if size < affordable else 0.0
    else:
        ends = ends if most <= 0.0 else "book" if most_usd > 0.0 else "money"
    return Ladder(tuple(levels), 1, mid, multiplier, carry, ends)


def rest_ladder(
    book: Book, *, most: float, ends: str, most_usd: float, tick: float, carry: float
) -> Ladder:
    """Return what may be offered for at the best bid: no fee, no spread, and it may never fill."""
    # Bid and ask may meet; an order that rests must stay below the ask.
    price = min(book.bid_prices[0] / MILLION, book.ask_prices[0] / MILLION - tick)
    size = min(most, most_usd / price) if price >= tick else 0.0
    level = Level(price, price, price * (1.0 + carry), max(size, 0.0))
    return Ladder((level,) if size > 0.0 else (), 1, book.mid or 0.0, 1.0, carry, ends)


def bid_ladder(
    book: Book,
    *,
    most: float,
    multiplier: float,
    carry: float,
    fee_at: Callable[[float], float],
) -> Ladder:
    """Return what may be sold of ``most`` shares that are held."""
    mid = book.mid or 0.0
    levels: list[Level] = []
    for price_e6, size_e6 in zip(book.bid_prices, book.bid_sizes, strict=True):
        price = price_e6 / MILLION
        unit = price - fee_at(price)
        proceeds = mid - multiplier * (mid - unit) + carry * unit
        if most <= 0.0 or proceeds <= 0.0:
            break
        size = min(size_e6 / MILLION, most)
        levels.append(Level(price, unit, proceeds, size))
        most -= size
    return Ladder(tuple(levels), -1, mid, multiplier, carry, "target" if most <= 0.0 else "book")


def trade_of(
    ladder: Ladder,
    taken: Sequence[float],
    *,
    worth: float,
    money_price: float,
    benefit: float,
    fee_at: Callable[[float], float],
    highest: float = 1.0,
) -> Trade:
    """Return what was taken as one trade.

    Args:
        ladder: What was offered.
        taken: Shares of each level.
        worth: What a share is worth after the plan, USD.
        money_price: What a USD of shared money is worth beyond itself.
        benefit: Change of certainty equivalent by this trade, USD.
        fee_at: As in the ladder; none where the order rests.
        highest: As in the ladder; 0 for no more than the last price.
    """
    shares = sum(taken)
    if shares <= 0.0:
        return no_trade(_why_none(ladder, worth))
    used = [index for index, each in enumerate(taken) if each > 0.0]
    last = ladder.levels[used[-1]]
    full = taken[used[-1]] >= last.size - FINEST  # what was taken has been rounded, maybe down
    sign, multiplier = float(ladder.side), ladder.multiplier
    cash = -sign * sum(n * level.unit for n, level in zip(taken, ladder.levels, strict=True))
    # The last share: mid + multiplier * (all_in - mid) + (carry + money_price) * all_in = worth.
    binding = ladder.carry + (money_price if sign > 0.0 else 0.0)
    all_in = (worth + (multiplier - 1.0) * ladder.mid) / (multiplier + binding)
    # Whatever it is worth: a price further from the mid is not one that was on offer.
    furthest = ladder.mid + sign * DEPTH_WINDOW
    limit = sign * min(sign * price_worth(all_in, fee_at, sign=sign), sign * furthest)
    ends = ("level" if used[-1] + 1 < len(ladder.levels) else ladder.ends) if full else "price"
    return Trade(
        shares=shares,
        last_price=last.price,
        limit=max(last.price, min(limit, highest)) if sign > 0.0 else min(last.price, limit),
        cash=cash,
        cost=-cash - sign * shares * ladder.mid,
        benefit=benefit,
        capped_by=ends,
    )


def _why_none(ladder: Ladder, worth: float) -> str:
    """Return why nothing was taken: what is worth its charge and not taken had no money left."""
    if not ladder.levels:
        return ladder.ends
    clears = ladder.side * (worth - ladder.levels[0].charge)
    return "money" if clears > 1e-6 else "price"
