"""How many shares of one token to buy or sell, level by level, and what that is worth.

Walks the visible book and stops where one more share costs more than it is worth to this
portfolio (its reservation price), where the sizing rule's target is met, or where the allowed
share of the depth is used up. The two-state utility of one event; many events at once need one
joint programme, which this file does not attempt.
"""

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
    """Worst price, without fee, at which the last share still clears the hurdle, USD."""
    cash: float
    """What it does to our cash at the visible prices, fees included; negative for a buy."""
    cost: float
    """Spread, depth and fees: what it loses against the mid, USD."""
    benefit: float
    """Change of certainty equivalent, everything paid, USD."""
    capped_by: str
    """What ended it: ``target``, ``depth``, ``price``, ``level`` (dearer levels are not worth their
    price, but more at the best one would be), ``chase`` or ``book``."""


def no_trade(why: str) -> Trade:
    """Return a trade of nothing; ``why`` is its ``capped_by``."""
    return Trade(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, why)


def plan_buy(
    state: TwoState,
    book: Book,
    *,
    most: float,
    max_share_of_depth: float,
    highest: float,
    fee_at: Callable[[float], float],
    hurdle: float = 0.0,
    carry: float = 0.0,
) -> Trade:
    """Return the purchase that the book, the utility and ``most`` shares allow.

    Args:
        state: Wealth in both states with what is held now.
        book: Of the token that pays if the event happens; both sides stand.
        most: Shares still wanted by the sizing rule.
        max_share_of_depth: Fraction of the asks near the mid that may be taken.
        highest: Price that is not exceeded whatever a share is worth, USD without fee; 1 for none.
        fee_at: Fee per share at a price, USD.
        hurdle: Each share must bring at least this many times what it costs above the mid, so that
            the last share is as good a bargain as the whole; 0 buys until it is worth its price.
        carry: Cost of the money a share binds, a fraction of its price.
    """
    mid = _mid(book)
    allowed = min(most, ask_depth(book, up_to=mid + DEPTH_WINDOW) * max_share_of_depth)
    ends = "target" if allowed == most else "depth"
    if allowed <= 0.0:
        return no_trade(ends)
    shares, cash, last = 0.0, 0.0, 0.0
    for price_e6, size_e6 in zip(book.ask_prices, book.ask_sizes, strict=True):
        price = price_e6 / MILLION
        unit = price + fee_at(price)
        borne = unit * (1.0 + carry)
        least_worth = borne + hurdle * (unit - mid)
        wanted = 0.0
        if least_worth < 1.0:
            so_far = cash * (1.0 + carry)
            wanted = state.shares_until(borne, worth=least_worth, shares=shares, cash=so_far)
        if wanted <= 0.0 or price > highest:
            too_dear = "level" if shares else "price"
            ends = too_dear if wanted <= 0.0 else "chase"
            break
        left = allowed - shares
        taken = min(size_e6 / MILLION, wanted, left)
        shares, cash, last = shares + taken, cash - taken * unit, price
        if taken >= left:
            break
        if taken >= wanted:
            ends = "price"
            break
    else:
        ends = "book"
    if shares <= 0.0:
        return no_trade(ends)
    now = state.after(shares=shares, cash=cash * (1.0 + carry))
    bargain = (now.reservation_price + hurdle * mid) / (1.0 + carry + hurdle)
    worth = price_worth(bargain, fee_at, sign=1.0)
    return Trade(
        shares=shares,
        last_price=last,
        limit=max(last, min(worth, highest, mid + DEPTH_WINDOW)),
        cash=cash,
        cost=-cash - shares * mid,
        benefit=now.certainty_equivalent - state.certainty_equivalent,
        capped_by=ends,
    )


def plan_rest(
    state: TwoState, book: Book, *, most: float, tick: float, carry: float = 0.0
) -> Trade:
    """Return the purchase that rests at the best bid, or lower where even that is too dear.

    A resting order pays no fee and no spread; it may never fill, which costs nothing but time.

    Args:
        state: Wealth in both states with what is held now.
        book: Of the token that pays if the event happens; both sides stand.
        most: Shares still wanted by the sizing rule.
        tick: Price step, USD.
        carry: As in `plan_buy`.
    """
    mid = _mid(book)
    # Bid and ask may meet; an order that rests must stay below the ask.
    below_ask = book.ask_prices[0] / MILLION - tick
    price = min(book.bid_prices[0] / MILLION, below_ask, state.reservation_price / (1.0 + carry))
    price = int(price / tick + 1e-9) * tick
    wanted = state.shares_until(price * (1.0 + carry)) if price >= tick else 0.0
    shares = min(most, wanted)
    if shares <= 0.0:
        return no_trade("price")
    cash = -shares * price
    after = state.after(shares=shares, cash=cash * (1.0 + carry))
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
    fee_at: Callable[[float], float],
    hurdle: float = 0.0,
    carry: float = 0.0,
) -> Trade:
    """Return the sale of up to ``most`` shares, while the bid is worth more than the share.

    Args:
        state: Wealth in both states with what is held now.
        book: Of the token held; both sides stand.
        most: Shares to give up.
        fee_at: Fee per share at a price, USD.
        hurdle: As in ``plan_buy``.
        carry: Likewise; what is sold binds no money any more.
    """
    mid = _mid(book)
    shares, cash, last, ends = 0.0, 0.0, 0.0, "book"
    for price_e6, size_e6 in zip(book.bid_prices, book.bid_sizes, strict=True):
        price = price_e6 / MILLION
        unit = price - fee_at(price)
        borne = unit * (1.0 + carry)
        most_worth, left = borne - hurdle * (mid - unit), most - shares
        wanted = left if borne >= 1.0 else 0.0  # more than a share can ever pay
        if most_worth > 0.0 and borne < 1.0:
            so_far = cash * (1.0 + carry)
            wanted = -state.shares_until(borne, worth=most_worth, shares=-shares, cash=so_far)
        if wanted <= 0.0:
            ends = "price"
            break
        taken = min(size_e6 / MILLION, wanted, left)
        shares, cash, last = shares + taken, cash + taken * unit, price
        if taken >= left:
            ends = "target"
            break
        if taken >= wanted:
            ends = "price"
            break
    if shares <= 0.0:
        return no_trade(ends)
    now = state.after(shares=-shares, cash=cash * (1.0 + carry))
    bargain = (now.reservation_price + hurdle * mid) / (1.0 + carry + hurdle)
    return Trade(
        shares=shares,
        last_price=last,
        limit=min(last, max(price_worth(bargain, fee_at, sign=-1.0), mid - DEPTH_WINDOW)),
        cash=cash,
        cost=shares * mid - cash,
        benefit=now.certainty_equivalent - state.certainty_equivalent,
        capped_by=ends,
    )


def plan_exit(book: Book, *, most: float, floor: float, fee_at: Callable[[float], float]) -> Trade:
    """Return the sale of up to ``most`` shares whatever they are worth: their reason is gone.

    Its benefit is not weighed and stands as 0.

    Args:
        book: Of the token held; both sides stand.
        most: Shares to give up.
        floor: Lowest price to sell at, USD without fee.
        fee_at: Fee per share at a price, USD.
    """
    shares, cash, last = 0.0, 0.0, 0.0
    for price_e6, size_e6 in zip(book.bid_prices, book.bid_sizes, strict=True):
        price = price_e6 / MILLION
        if price < floor or shares >= most:
            break
        taken = min(size_e6 / MILLION, most - shares)
        shares, cash, last = shares + taken, cash + taken * (price - fee_at(price)), price
    return Trade(
        shares=shares,
        last_price=last,
        limit=last,
        cash=cash,
        cost=shares * _mid(book) - cash,
        benefit=0.0,
        capped_by="target" if shares >= most else "book",
    )


def _mid(book: Book) -> float:
    mid = book.mid
    if mid is None:
        raise ValueError(f"the book of {book.token_id} has no mid; it must not be traded on")
    return mid


def ask_depth(book: Book, *, up_to: float) -> float:
    """Return the shares on offer at prices up to ``up_to`` USD."""
    edge = up_to * MILLION
    total = 0
    for price, size in zip(book.ask_prices, book.ask_sizes, strict=True):
        if price > edge:
            break
        total += size
    return total / MILLION


def price_worth(all_in: float, fee_at: Callable[[float], float], *, sign: float) -> float:
    """Return the price whose all-in cost (``sign`` 1) or proceeds (-1) is ``all_in``.

    ``price = all_in - sign * fee(price)`` contracts by at most 7% a round (the highest fee rate),
    so four rounds are within 1e-5 of a cent.
    """
    price = all_in
    for _ in range(4):
        price = min(max(all_in - sign * fee_at(min(max(price, 0.0), 1.0)), 0.0), 1.0)
    return price
