"""One token's book as the stream builds it, and the last state of it that was confirmed."""

from bisect import bisect_left
from datetime import datetime

from bot.model.market import Book, Quote
from bot.model.units import MILLION, TokenId


class LocalBook:
    """Levels that changes are applied to; a ``Book`` is built of them when they are confirmed.

    Both sides are kept in rising order of price, so the best bid stands last and the best ask
    first.
    """

    __slots__ = (
        "_ask_prices",
        "_ask_sizes",
        "_bid_prices",
        "_bid_sizes",
        "as_of_ms",
        "checked_at",
        "heard_at",
        "owed_at",
        "quote",
        "token_id",
        "trusted",
    )

    def __init__(self, token_id: TokenId) -> None:
        self.token_id = token_id
        self.as_of_ms = 0
        self.quote: Quote | None = None
        self.trusted = False
        """Whether nothing speaks against the levels since they were compared with a snapshot."""
        self.checked_at: datetime | None = None
        """When they were last compared with a snapshot."""
        self.heard_at: datetime | None = None
        """When the stream last spoke of this token."""
        self.owed_at: datetime | None = None
        """Since when a snapshot has shown what the stream has not brought."""
        self._bid_prices: list[int] = []
        self._bid_sizes: list[int] = []
        self._ask_prices: list[int] = []
        self._ask_sizes: list[int] = []

    def replace(self, book: Book) -> None:
        """Take over the levels of a snapshot."""
        self.as_of_ms = book.as_of_ms
        self._bid_prices = list(book.bid_prices[::-1])
        self._bid_sizes = list(book.bid_sizes[::-1])
        self._ask_prices = list(book.ask_prices)
        self._ask_sizes = list(book.ask_sizes)

    def change(self, *, is_bid: bool, price: int, size: int) -> None:
        """Set the total at one price; 0 removes the level."""
        prices = self._bid_prices if is_bid else self._ask_prices
        sizes = self._bid_sizes if is_bid else self._ask_sizes
        place = bisect_left(prices, price)
        if place < len(prices) and prices[place] == price:
            if size:
                sizes[place] = size
            else:
                del prices[place], sizes[place]
        elif size:
            prices.insert(place, price)
            sizes.insert(place, size)

    @property
    def best(self) -> tuple[int, int]:
        """Best bid (0 if none) and best ask (one USD if none)."""
        return (
            self._bid_prices[-1] if self._bid_prices else 0,
            self._ask_prices[0] if self._ask_prices else MILLION,
        )

    def has_levels_of(self, book: Book) -> bool:
        """Whether a snapshot shows the same levels."""
        return self.build()[2:] == book[2:]

    def is_owed(self, at: datetime, *, for_s: float) -> bool:
        """Whether the stream has been silent since a snapshot showed something new."""
        if self.owed_at is None or (self.heard_at is not None and self.heard_at >= self.owed_at):
            return False
        return (at - self.owed_at).total_seconds() > for_s

    def build(self) -> Book:
        """Return the present levels, best first."""
        return Book(
            self.token_id,
            self.as_of_ms,
            tuple(self._bid_prices[::-1]),
            tuple(self._bid_sizes[::-1]),
            tuple(self._ask_prices),
            tuple(self._ask_sizes),
        )

    def confirm(self, at: datetime) -> Book:
        """Note that the present levels were true at ``at``, and return them."""
        book = self.build()
        before = self.quote
        self.quote = Quote(book, at if before is None else max(at, before.confirmed_at))
        return book

    def confirm_unchanged(self, at: datetime) -> None:
        """Note that the last confirmed book was still true at ``at``."""
        if self.quote is not None and at > self.quote.confirmed_at:
            self.quote = Quote(self.quote.book, at)
