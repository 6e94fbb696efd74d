"""One market's single book, in prices of its first token: other people's levels and our orders.

Buying NO at q is selling YES at 1 - q, so both tokens meet here. What was taken of a level stays
taken until that level is told smaller than what is left of it. Nothing here moves money.
**Source:** POLYMARKET section 4.6, read 2026-11. That others go first at the same price, and that
two orders of one account meet like any others, are choices of ours.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bot.model.market import Book
from bot.model.units import MILLION, TokenId
from bot.sandbox.orders import Order


class Meeting(NamedTuple):
    """A piece of a level that meets an order; millionths, in prices of the first token."""

    price_e6: int
    size_e6: int
    order: Order | None
    """Whose it is; None: other people's."""


class Ladder:
    """The book of one market.

    Args:
        first: Its first token.
    """

    def __init__(self, first: TokenId) -> None:
        self._first = first
        self._told: dict[bool, dict[int, int]] = {True: {}, False: {}}
        self._taken: dict[tuple[bool, int], int] = {}
        self.orders: list[Order] = []
        """Resting orders of our clients, oldest first."""

    def tell(self, book: Book) -> None:
        """Replace other people's levels by those of the first token's book."""
        self._told = {
            True: dict(zip(book.bid_prices, book.bid_sizes, strict=True)),
            False: dict(zip(book.ask_prices, book.ask_sizes, strict=True)),
        }
        for (is_bid, price), taken in list(self._taken.items()):
            self._taken[is_bid, price] = min(taken, self._told[is_bid].get(price, 0))

    def shown(self, *, as_of_ms: int) -> Book:
        """Return the first token's book as everybody sees it: what is left of others, and ours."""
        bids, asks = self._side(is_bid=True), self._side(is_bid=False)
        return Book(
            self._first,
            as_of_ms,
            tuple(sorted(bids, reverse=True)),
            tuple(bids[price] for price in sorted(bids, reverse=True)),
            tuple(sorted(asks)),
            tuple(asks[price] for price in sorted(asks)),
        )

    def meet(self, order: Order) -> list[Meeting]:
        """Return what an arriving order would get now, best price first; it takes nothing yet."""
        wants_asks, limit, left = order.ladder_bid, order.ladder_e6, order.open_e6
        found: list[Meeting] = []
        for price in sorted(self._side(is_bid=not wants_asks), reverse=not wants_asks):
            if price > limit if wants_asks else price < limit:
                break
            lot = _lot(price, limit)
            for size, maker in self._at(price, is_bid=not wants_asks):
                fits = min(size, left) // lot * lot
                if fits:
                    found.append(Meeting(price, fits, maker))
                    left -= fits
        return found

    def take(self, meetings: Iterable[Meeting], *, is_bid: bool) -> None:
        """Take other people's part of ``meetings`` off one side; orders count for themselves."""
        for price, size, order in meetings:
            if order is None:
                self._taken[is_bid, price] = self._taken.get((is_bid, price), 0) + size

    def next_crossing(self) -> tuple[Order, Meeting] | None:
        """Return a resting order that other people's levels cross, and with what; or None."""
        for order in self.orders:
            for meeting in self.meet(order):
                if meeting.order is None:
                    return order, meeting
        return None

    def _at(self, price: int, *, is_bid: bool) -> list[tuple[int, Order | None]]:
        own = [
            (order.open_e6, order)
            for order in self.orders
            if order.ladder_bid == is_bid and order.ladder_e6 == price
        ]
        return [(self._left(price, is_bid=is_bid), None), *own]

    def _left(self, price: int, *, is_bid: bool) -> int:
        return self._told[is_bid].get(price, 0) - self._taken.get((is_bid, price), 0)

    def _side(self, *, is_bid: bool) -> dict[int, int]:
        sizes = {price: self._left(price, is_bid=is_bid) for price in self._told[is_bid]}
        for order in self.orders:
            if order.ladder_bid == is_bid:
                sizes[order.ladder_e6] = sizes.get(order.ladder_e6, 0) + order.open_e6
        return {price: size for price, size in sizes.items() if size > 0}


def by_price(meetings: Sequence[Meeting]) -> list[tuple[int, list[Meeting]]]:
    """Return each price's pieces: one trade each, so that its price is exact."""
    prices = dict.fromkeys(meeting.price_e6 for meeting in meetings)
    return [(price, [one for one in meetings if one.price_e6 == price]) for price in prices]


def _lot(*prices_e6: int) -> int:
    """Return the smallest size of which each price makes whole millionths of a USD."""
    return math.lcm(*(MILLION // math.gcd(price, MILLION) for price in prices_e6))
