"""How many shares of one token to buy or sell, level by level, and what that is worth.

Walks the visible book and stops where one more share costs more than it is worth to this
portfolio (its reservation price), where the sizing rule's target is met, or where the allowed
share of the depth is used up. The two-state utility of one event; many events at once need one
joint programme, which this file does not attempt.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from bot.core.utility import TwoState
from bot.model.market import Book
from bot.model.units import MILLION

DEPTH_WINDOW = 0.03
"""Depth that counts: within this many USD of the mid. **Source:** HEDGING section 12."""


@dataclass(frozen=True, slots=True)
class Trade:
    """A change of one token, before it is rounded to what the venue takes."""

    shares: float
    """Above zero."""
    last_price: float
    """Price of the deepest level it touches, USD."""
    limit: float
    """Worst price, without fee, at which the last share is still worth it, USD."""
    cash: float
    """What it does to our cash at the visible prices, fees included; negative for a buy."""
    cost: float
    """Spread, depth and fees: what it loses against the mid, USD."""
    benefit: float
    """Change of certainty equivalent, everything paid, USD."""
    capped_by: str
    """What ended it: ``target``, ``depth``, ``price`` or ``book``."""


NO_TRADE = Trade(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, "price")
"""Nothing on offer is worth its price, or nothing is wanted."""


def plan_buy(
    state: TwoState,
    book: Book,
    *,
    most: float,
    max_share_of_depth: float,
    fee_at: Callable[[float], float],
) -> Trade:
    """Return the purchase that the book, the utility and ``most`` shares allow.

    Args:
        state: Wealth in both states with what is held now.
        book: Of the token that pays if the event happens; both sides stand.
        most: Shares still wanted by the sizing rule.
        max_share_of_depth: Fraction of the asks near the mid that may be taken.
        fee_at: Fee per share at a price, USD.
    """
    mid = book.mid
    if mid is None or most <= 0.0:
        return NO_TRADE
    depth = _ask_depth(book, up_to=mid + DEPTH_WINDOW)
    allowed = min(most, depth * max_share_of_depth)
    ends = "target" if allowed == most else "depth"
    now, shares, cash, last = state, 0.0, 0.0, 0.0
    for price_e6, size_e6 in zip(book.ask_prices, book.ask_sizes, strict=True):
        price = price_e6 / MILLION
        unit = price + fee_at(price)
        if unit >= 1.0:
            ends = "price"
            break
        wanted = now.shares_until(unit)
        taken = min(size_e6 / MILLION, wanted, allowed - shares)
        if taken > 0.0:
            now = now.after(shares=taken, cash=-taken * unit)
            shares, cash, last = shares + taken, cash - taken * unit, price
        if wanted <= size_e6 / MILLION and wanted <= allowed - shares + taken:
            ends = "price"
            break
        if shares >= allowed:
            break
    else:
        ends = "book"
    if shares <= 0.0:
        return NO_TRADE
    return Trade(
        shares=shares,
        last_price=last,
        limit=_price_worth(now.reservation_price, fee_at, sign=1.0),
        cash=cash,
        cost=-cash - shares * mid,
        benefit=now.certainty_equivalent - state.certainty_equivalent,
        capped_by=ends,
    )


def plan_rest(state: TwoState, book: Book, *, most: float, tick: float) -> Trade:
    """Return the purchase that rests at the best bid, or lower where even that is too dear.

    A resting order pays no fee and no spread; it may never fill, which costs nothing but time.

    Args:
        state: Wealth in both states with what is held now.
        book: Of the token that pays if the event happens; both sides stand.
        most: Shares still wanted by the sizing rule.
        tick: Price step, USD.
    """
    mid = book.mid
    if mid is None or most <= 0.0:
        return NO_TRADE
    price = min(book.bid_prices[0] / MILLION, state.reservation_price)
    price = int(price / tick + 1e-9) * tick
    if price < tick:
        return NO_TRADE
    wanted = state.shares_until(price)
    shares = min(most, wanted)
    if shares <= 0.0:
        return NO_TRADE
    cash = -shares * price
    after = state.after(shares=shares, cash=cash)
    return Trade(
        shares=shares,
        last_price=price,
        limit=price,
        cash=cash,
        cost=-cash - shares * mid,
        benefit=after.certainty_equivalent - state.certainty_equivalent,
        capped_by="target" if wanted >= most else "price",
    )


def plan_sell(
    state: TwoState,
    book: Book,
    *,
    most: float,
    at_least: float | None,
    fee_at: Callable[[float], float],
) -> Trade:
    """Return the sale of up to ``most`` shares.

    Args:
        state: Wealth in both states with what is held now.
        book: Of the token held; both sides stand.
        most: Shares to give up.
        at_least: None sells only while the bid is worth more than the share. A price sells
            whatever it is worth, but not below this price: for hedges that lost their reason.
        fee_at: Fee per share at a price, USD.
    """
    mid = book.mid
    if mid is None or most <= 0.0:
        return NO_TRADE
    now, shares, cash, last, ends = state, 0.0, 0.0, 0.0, "book"
    for price_e6, size_e6 in zip(book.bid_prices, book.bid_sizes, strict=True):
        price = price_e6 / MILLION
        unit = price - fee_at(price)
        left = most - shares
        wanted = min(left, _shares_to_sell(now, price, unit, at_least))
        taken = min(size_e6 / MILLION, wanted)
        if taken > 0.0:
            now = now.after(shares=-taken, cash=taken * unit)
            shares, cash, last = shares + taken, cash + taken * unit, price
        if taken >= left:
            ends = "target"
            break
        if taken >= wanted:
            ends = "price"
            break
    if shares <= 0.0:
        return NO_TRADE
    worth = _price_worth(now.reservation_price, fee_at, sign=-1.0)
    return Trade(
        shares=shares,
        last_price=last,
        limit=min(last, worth if at_least is None else at_least),
        cash=cash,
        cost=shares * mid - cash,
        benefit=now.certainty_equivalent - state.certainty_equivalent,
        capped_by=ends,
    )


def _shares_to_sell(now: TwoState, price: float, unit: float, at_least: float | None) -> float:
    if at_least is None:
        return max(0.0, -now.shares_until(unit))
    return math.inf if price >= at_least else 0.0


def _ask_depth(book: Book, *, up_to: float) -> float:
    """Return the shares on offer at prices up to ``up_to`` USD."""
    edge = up_to * MILLION
    total = 0
    for price, size in zip(book.ask_prices, book.ask_sizes, strict=True):
        if price > edge:
            break
        total += size
    return total / MILLION


def _price_worth(all_in: float, fee_at: Callable[[float], float], *, sign: float) -> float:
    """Return the price whose all-in cost (``sign`` 1) or proceeds (-1) is ``all_in``.

    ``price = all_in - sign * fee(price)`` contracts by at most 7% a round (the highest fee rate),
    so four rounds are within 1e-5 of a cent.
    """
    price = all_in
    for _ in range(4):
        price = min(max(all_in - sign * fee_at(min(max(price, 0.0), 1.0)), 0.0), 1.0)
    return price
