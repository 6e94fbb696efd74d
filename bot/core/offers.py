"""Levels of a book as offers to the programme, and what was taken of them as a trade."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from bot.core.hedge import Trade, no_trade, price_worth
from bot.core.programme import Offer
from bot.model.market import Book
from bot.model.units import MILLION


class Level(NamedTuple):
    """One level that may be taken."""

    price: float
    """USD per share."""
    unit: float
    """All-in cost of a share, or what selling one brings; USD."""
    offer: Offer
    """Charged at the unit, its distance from the mid multiplied: the no-trade band."""


class Ladder(NamedTuple):
    """The levels of one side, best first."""

    levels: tuple[Level, ...]
    mid: float
    multiplier: float
    ends: str
    """What ends it: ``target``, ``depth``, ``chase``, ``money`` or ``book``, as in `Trade`."""


def ask_ladder(
    book: Book,
    *,
    market: int,
    most: float,
    ends: str,
    most_usd: float,
    highest: float,
    multiplier: float,
    fee_at: Callable[[float], float],
) -> Ladder:
    """Return what may be bought.

    As levels fill cheapest first, a limit on one token's shares or USD is where its ladder ends.

    Args:
        book: Of the token; both sides stand.
        market: Column of the programme.
        most: Shares that may be bought.
        ends: Why not more.
        most_usd: Most to spend, fee included.
        highest: Price that is not exceeded, USD without fee.
        multiplier: By which the cost above the mid is charged.
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
        size = min(size_e6 / MILLION, most, most_usd / unit)
        charge = mid + multiplier * (unit - mid)
        levels.append(Level(price, unit, Offer(market, 1, charge, size)))
        most, most_usd = most - size_e6 / MILLION, most_usd - size * unit
    else:
        ends = ends if most <= 0.0 else "book"
    return Ladder(tuple(levels), mid, multiplier, ends)


def rest_ladder(
    book: Book, *, market: int, most: float, ends: str, most_usd: float, tick: float
) -> Ladder:
    """Return what may be offered for at the best bid: no fee, no spread, and it may never fill."""
    # Bid and ask may meet; an order that rests must stay below the ask.
    price = min(book.bid_prices[0] / MILLION, book.ask_prices[0] / MILLION - tick)
    size = min(most, most_usd / price) if price >= tick else 0.0
    level = Level(price, price, Offer(market, 1, price, max(size, 0.0)))
    return Ladder((level,) if size > 0.0 else (), book.mid or 0.0, 1.0, ends)


def bid_ladder(
    book: Book, *, market: int, most: float, multiplier: float, fee_at: Callable[[float], float]
) -> Ladder:
    """Return what may be sold of ``most`` shares that are held."""
    mid = book.mid or 0.0
    levels: list[Level] = []
    for price_e6, size_e6 in zip(book.bid_prices, book.bid_sizes, strict=True):
        price = price_e6 / MILLION
        unit = price - fee_at(price)
        proceeds = mid - multiplier * (mid - unit)
        if most <= 0.0 or proceeds <= 0.0:
            break
        size = min(size_e6 / MILLION, most)
        levels.append(Level(price, unit, Offer(market, -1, -proceeds, size)))
        most -= size
    return Ladder(tuple(levels), mid, multiplier, "target" if most <= 0.0 else "book")


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
        highest: As in the ladder.
    """
    shares = sum(taken)
    if shares <= 0.0:
        return no_trade(_why_none(ladder, worth))
    used = [index for index, each in enumerate(taken) if each > 0.0]
    last, full = ladder.levels[used[-1]], taken[used[-1]] >= ladder.levels[used[-1]].offer.size
    sign, multiplier = float(last.offer.side), ladder.multiplier
    cash = -sign * sum(n * level.unit for n, level in zip(taken, ladder.levels, strict=True))
    # The last share: mid + multiplier * (all_in - mid) + money_price * all_in = worth.
    binding = money_price if sign > 0.0 else 0.0
    all_in = (worth + (multiplier - 1.0) * ladder.mid) / (multiplier + binding)
    limit = price_worth(all_in, fee_at, sign=sign)
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
    first = ladder.levels[0].offer
    return "money" if first.side * worth > first.charge + 1e-6 else "price"
