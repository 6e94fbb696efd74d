"""What is true on the local exchange: its markets, books and last trades. It sends nothing."""

from collections.abc import Iterable
from typing import NamedTuple

from bot.errors import BadData
from bot.model.market import Book, Market, MarketChanged, MarketEvent, Print
from bot.model.units import MILLION, ConditionId, TokenId
from bot.sandbox import writing
from bot.sandbox.writing import Json
from bot.venues.books import epoch_ms, mirror


class News(NamedTuple):
    """A message of the market channel and the tokens it is about."""

    token_ids: tuple[TokenId, ...]
    message: Json


class Exchange:
    """Holds the state and says what each event changes in the venue's words.

    Args:
        markets: Those that exist from the start.
    """

    def __init__(self, *, markets: Iterable[Market]) -> None:
        self.markets: dict[ConditionId, Market] = {}
        self.books: dict[TokenId, Book] = {}
        """The truth that a client's books are compared with."""
        self.previous: dict[TokenId, Book] = {}
        """The book before the last change, for a stale answer."""
        self.past: dict[TokenId, list[tuple[int, float]]] = {}
        """What ``/prices-history`` shows before now: epoch seconds and price."""
        self._last_price: dict[TokenId, str] = {}
        self._market_of: dict[TokenId, Market] = {}
        for market in markets:
            self._keep(market)

    def market_of(self, token_id: str) -> Market | None:
        """Return the market of a token."""
        return self._market_of.get(TokenId(token_id))

    def book_row(self, token_id: str) -> Json | None:
        """Return a book as ``/book`` shows it; None if its market is unknown or closed."""
        market, book = self.market_of(token_id), self.books.get(TokenId(token_id))
        if market is None or book is None or market.closed:
            return None
        return self.write_book(book, market)

    def write_book(self, book: Book, market: Market) -> Json:
        """Return any book in the words of ``/book``."""
        last = self._last_price.get(book.token_id, "")
        return writing.book_row(book, market, last_price=last)

    def last_price(self, token_id: str) -> str:
        """Return the last trade's price; empty if there was none."""
        return self._last_price.get(TokenId(token_id), "")

    def prices(self, market: Market) -> tuple[str, str]:
        """Return what Gamma shows as ``outcomePrices``: payouts, else mids."""
        if market.payouts is not None:
            return f"{market.payouts[0]:f}", f"{market.payouts[1]:f}"
        book = self.books.get(market.token_ids[0])
        mid = None if book is None else book.mid
        first = MILLION // 2 if mid is None else round(mid * MILLION)
        return writing.plain(first), writing.plain(MILLION - first)

    def hear(self, event: MarketEvent) -> list[News]:
        """Let an event happen; return what the market channel says of it.

        Raises:
            BadData: a book or trade of a token that no market has.
        """
        if isinstance(event, MarketChanged):
            return self._change(event)
        market = self.market_of(event.token_id)
        if market is None:
            raise BadData(f"token {event.token_id} belongs to no market of this exchange")
        if isinstance(event, Print):
            self._last_price[event.token_id] = writing.plain(event.price_e6)
            return [News((event.token_id,), writing.trade_row(event, market))]
        return self._set_book(event, market)

    def _set_book(self, book: Book, market: Market) -> list[News]:
        """Set a book and its mirror, as both tokens are one book seen from two sides."""
        changes: list[object] = []
        for new in (book, mirror(book, market.complement_of(book.token_id))):
            old = self.books.get(new.token_id)
            if old is not None:
                self.previous[new.token_id] = old
            self.books[new.token_id] = new
            hash_ = str(self.write_book(new, market)["hash"])
            changes.extend(writing.level_changes(old, new, hash_=hash_))
        if not changes:
            return []
        message: Json = {
            "event_type": "price_change",
            "market": market.condition_id,
            "timestamp": str(book.as_of_ms),
            "price_changes": changes,
        }
        return [News(market.token_ids, message)]

    def _change(self, event: MarketChanged) -> list[News]:
        new, at_ms = event.market, epoch_ms(event.at)
        old = self.markets.get(new.condition_id)
        self._keep(new)
        if old is None:
            return []
        news = []
        if old.tick != new.tick:
            for token in new.token_ids:
                message = writing.tick_change(new, token, old=old.tick, at_ms=at_ms)
                news.append(News((token,), message))
        if old.payouts is None and new.payouts is not None:
            news.append(News(new.token_ids, writing.resolved(new, at_ms=at_ms)))
        return news

    def _keep(self, market: Market) -> None:
        self.markets[market.condition_id] = market
        self._market_of.update(dict.fromkeys(market.token_ids, market))
