"""Views and decisions as JSON and back, equal and byte for byte repeatable.

The large parts of a view (markets, levels of books, holdings) are kept apart under a number, so
that a part that has not changed since the last view is not stored again.
"""

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import msgspec

from bot.model.decision import Decision
from bot.model.market import Book, Quote
from bot.model.portfolio import Portfolio
from bot.model.view import EventView, MarketView, View

_T = TypeVar("_T")
_ENCODER = msgspec.json.Encoder(order="deterministic")

Levels = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...]]

_LEVELS = msgspec.json.Decoder(Levels)

Encoded = Callable[[], bytes]

Intern = Callable[[str, object, Encoded], int]
"""Hand in a name, a part and how to encode it; get the number under which it is stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _StoredMarket:
    view: int
    """Part: the ``MarketView`` without its quote."""
    quote: Quote | None
    """Its book without levels."""
    levels: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _StoredEvent:
    view: EventView
    """Without its markets."""
    markets: tuple[_StoredMarket, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _StoredView:
    view: View
    """Without its holdings and events."""
    portfolio: int
    events: tuple[_StoredEvent, ...]


def encode(record: object) -> bytes:
    """Return a record as JSON: keys of mappings sorted, decimals as text, instants in ISO 8601."""
    return _ENCODER.encode(record)


def decode(body: bytes, kind: type[_T]) -> _T:
    """Return the record that ``encode`` wrote, equal to it.

    Raises:
        msgspec.DecodeError: ``body`` does not hold such a record.
    """
    return msgspec.json.decode(body, type=kind)


def digest(body: bytes) -> str:
    """Return 32 hex digits that stand for these bytes."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def pack(body: bytes) -> bytes:
    """Compress JSON for the disk."""
    return zlib.compress(body)


def unpack(body: bytes) -> bytes:
    """Undo ``pack``."""
    return zlib.decompress(body)


def encode_decision(decision: Decision) -> bytes:
    """Return the bytes that running the same decision again must give."""
    return encode(decision)


def encode_view(view: View, intern: Intern) -> bytes:
    """Return a view as JSON, its large parts handed to ``intern``."""
    rest = replace(view, events=(), portfolio=Portfolio(holdings=(), as_of=view.portfolio.as_of))
    stored = _StoredView(
        view=rest,
        portfolio=intern("portfolio", view.portfolio, lambda: encode(view.portfolio)),
        events=tuple(_store_event(event, intern) for event in view.events),
    )
    return encode(stored)


def decode_view(body: bytes, part: Callable[[int], bytes]) -> View:
    """Return the view that ``encode_view`` wrote; ``part`` gives back what was interned."""
    stored = decode(body, _StoredView)
    return replace(
        stored.view,
        portfolio=decode(part(stored.portfolio), Portfolio),
        events=tuple(_load_event(event, part) for event in stored.events),
    )


def parts_of(body: bytes) -> set[int]:
    """Return the numbers of all parts that a stored view needs."""
    stored = decode(body, _StoredView)
    found = {stored.portfolio}
    for event in stored.events:
        for market in event.markets:
            found.add(market.view)
            if market.levels is not None:
                found.add(market.levels)
    return found


def _store_event(event: EventView, intern: Intern) -> _StoredEvent:
    return _StoredEvent(
        view=replace(event, markets=()),
        markets=tuple(_store_market(market, intern) for market in event.markets),
    )


def _store_market(view: MarketView, intern: Intern) -> _StoredMarket:
    rest = replace(view, quote=None)
    number = intern(view.market.condition_id, rest, lambda: encode(rest))
    if view.quote is None:
        return _StoredMarket(view=number, quote=None, levels=None)
    book = view.quote.book
    levels: Levels = (book.bid_prices, book.bid_sizes, book.ask_prices, book.ask_sizes)
    return _StoredMarket(
        view=number,
        quote=replace(view.quote, book=Book(book.token_id, book.as_of_ms, (), (), (), ())),
        levels=intern(book.token_id, book, lambda: encode(levels)),
    )


def _load_event(stored: _StoredEvent, part: Callable[[int], bytes]) -> EventView:
    markets = tuple(_load_market(market, part) for market in stored.markets)
    return replace(stored.view, markets=markets)


def _load_market(stored: _StoredMarket, part: Callable[[int], bytes]) -> MarketView:
    view, quote = decode(part(stored.view), MarketView), stored.quote
    if quote is not None and stored.levels is not None:
        token_id, as_of_ms, *_ = quote.book
        levels = _LEVELS.decode(part(stored.levels))
        quote = replace(quote, book=Book(token_id, as_of_ms, *levels))
    return replace(view, quote=quote)
