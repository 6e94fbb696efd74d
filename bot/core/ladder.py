"""One market's two books as one ladder, and what we have already taken from it.

A bid for YES at p is an ask for NO at 1 - p: the venue keeps one book and shows it twice
(POLYMARKET 4.6). The ladder is that book in YES prices, so liquidity taken through one token is
gone from the other. All functions return new records; nothing is changed in place.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bot.core.matching import LevelFill
from bot.model.market import Book
from bot.model.orders import Side
from bot.model.units import MILLION

REST_AFTER_TAKE_MS = 60_000
"""A level we took from stays as we left it for at least this long."""


class Rung(NamedTuple):
    """One side of one price of the ladder."""

    is_bid: bool
    price_e6: int
    """Of YES, millionths of a USD."""


class Taken(NamedTuple):
    """What we took at one rung."""

    size_e6: int
    shown_e6: int
    """What the venue showed when we last took."""
    at_ms: int
    is_renewed: bool = False
    """Since then the venue showed more than ``shown_e6``, or a trade, at this rung."""

    def is_gone(self, now_ms: int) -> bool:
        """Return whether the level is whole again: renewed, and a minute has passed."""
        return self.is_renewed and now_ms - self.at_ms >= REST_AFTER_TAKE_MS


TakenByRung = Mapping[Rung, Taken]


def rung_of(side: Side, price_e6: int, token_index: int) -> Rung:
    """Return where an order rests: ``token_index`` 0 is YES, 1 is NO."""
    is_bid = (side is Side.BUY) == (token_index == 0)
    return Rung(is_bid, price_e6 if token_index == 0 else MILLION - price_e6)


def to_ladder(book: Book, token_index: int) -> Book:
    """Return the book of either token in YES prices."""
    if token_index == 0:
        return book
    return book._replace(
        bid_prices=tuple(MILLION - price for price in book.ask_prices),
        bid_sizes=book.ask_sizes,
        ask_prices=tuple(MILLION - price for price in book.bid_prices),
        ask_sizes=book.bid_sizes,
    )


def shown_at(ladder: Book, rung: Rung) -> int | None:
    """Return the shares shown at ``rung``, millionths; None if it lies beyond the last level.

    Books can be cut off (20 levels in the recorded ones): beyond the last level we do not know.
    A side without any level is empty, not unknown.
    """
    if rung.is_bid:
        prices, sizes = ladder.bid_prices, ladder.bid_sizes
    else:
        prices, sizes = ladder.ask_prices, ladder.ask_sizes
    if rung.price_e6 in prices:
        return sizes[prices.index(rung.price_e6)]
    if prices and (rung.price_e6 < prices[-1]) is rung.is_bid:
        return None
    return 0


def taken_from(taken: TakenByRung, *, side: Side, token_index: int, now_ms: int) -> dict[int, int]:
    """Return what is gone for an order of this token and side: its price -> shares, millionths."""
    is_bid = not rung_of(side, 0, token_index).is_bid
    return {
        rung.price_e6 if token_index == 0 else MILLION - rung.price_e6: entry.size_e6
        for rung, entry in taken.items()
        if rung.is_bid is is_bid and not entry.is_gone(now_ms)
    }


def after_taking(
    taken: TakenByRung,
    fills: Iterable[LevelFill],
    *,
    side: Side,
    token_index: int,
    ladder: Book,
    now_ms: int,
) -> dict[Rung, Taken]:
    """Return what is taken after an order of this token and side got ``fills``."""
    kept = {rung: entry for rung, entry in taken.items() if not entry.is_gone(now_ms)}
    for fill in fills:
        own = rung_of(side, fill.price_e6, token_index)
        rung = Rung(not own.is_bid, own.price_e6)
        before = kept[rung].size_e6 if rung in kept else 0
        kept[rung] = Taken(before + fill.size_e6, shown_at(ladder, rung) or 0, now_ms)
    return kept


def after_book(taken: TakenByRung, ladder: Book) -> TakenByRung:
    """Return ``taken`` with the rungs renewed at which this later book shows more."""
    return {
        rung: entry._replace(is_renewed=True)
        if ladder.as_of_ms > entry.at_ms and (shown_at(ladder, rung) or 0) > entry.shown_e6
        else entry
        for rung, entry in taken.items()
    }


def after_print(taken: TakenByRung, *, price_e6: int, at_ms: int) -> TakenByRung:
    """Return ``taken`` with the rungs renewed at whose price this later trade was made."""
    return {
        rung: entry._replace(is_renewed=True)
        if rung.price_e6 == price_e6 and at_ms > entry.at_ms
        else entry
        for rung, entry in taken.items()
    }
