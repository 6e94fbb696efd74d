"""The books that the local exchange shows: recorded ones where they are, else self-made ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from bot.model.market import Book, MarketChanged
from bot.model.units import MILLION, TokenId
from bot.venues.recorded.l2_books import open_l2_books
from tests.fakes import make_book

CENT_E6 = 10_000

Shelf = Callable[[int], Book]
"""Cents of the mid -> a book of about that, of any token, at any time."""


def self_made(cents: int) -> Book:
    """Four levels a side, a cent apart around ``cents``, thicker outwards."""
    bids = [(f"{(cents - step) / 100:.2f}", f"{400 * step}") for step in range(1, 5)]
    asks = [(f"{(cents + step) / 100:.2f}", f"{400 * step}") for step in range(1, 5)]
    return make_book(
        bids=[(price, size) for price, size in bids if float(price) > 0],
        asks=[(price, size) for price, size in asks if float(price) < 1],
    )


def recorded(folder: Path) -> Shelf:
    """Books of one recorded market that moved from 5c to 80c, by their mid."""
    by_cents: dict[int, Book] = {}
    for book in _books(folder, slug="btc-updown-15m-1790597700", outcome="Down"):
        if book.mid is not None and _is_good(book):
            by_cents.setdefault(int(book.mid * 100), book)

    def nearest(cents: int) -> Book:
        return by_cents[min(by_cents, key=lambda have: (abs(have - cents), have))]

    return nearest


def _books(folder: Path, *, slug: str, outcome: str) -> Iterator[Book]:
    wanted: TokenId | None = None
    for _, event in open_l2_books(folder).rows():
        if isinstance(event, MarketChanged) and event.market.slug == slug:
            wanted = event.market.token_ids[event.market.outcomes.index(outcome)]
        elif isinstance(event, Book) and event.token_id == wanted:
            yield event


def _is_good(book: Book) -> bool:
    """Whether it is one cent wide and deep on both sides, all on whole cents."""
    whole = all(price % CENT_E6 == 0 for price in (*book.bid_prices, *book.ask_prices))
    depth = min(sum(book.bid_sizes[:3]), sum(book.ask_sizes[:3]))
    return whole and (book.spread or 1.0) < 0.011 and depth > 300 * MILLION
