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
    complement_quote: Quote | None = None
    """Of the other token, likewise."""
    complement_levels: int | None = None


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
    # With a window no larger than the body: to clear a whole one takes three times as long.
    bits = min(max(len(body).bit_length(), 9), zlib.MAX_WBITS)
    packer = zlib.compressobj(wbits=bits, memLevel=bits - 7)
    return packer.compress(body) + packer.flush()


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
            levels = (market.levels, market.complement_levels)
            found.update(number for number in levels if number is not None)
    return found


def _store_event(event: EventView, intern: Intern) -> _StoredEvent:
    return _StoredEvent(
        view=replace(event, markets=()),
        markets=tuple(_store_market(market, intern) for market in event.markets),
    )


def _store_market(view: MarketView, intern: Intern) -> _StoredMarket:
    rest = replace(view, quote=None, complement_quote=None)
    quote, levels = _store_quote(view.quote, intern)
    complement_quote, complement_levels = _store_quote(view.complement_quote, intern)
    return _StoredMarket(
        view=intern(view.market.condition_id, rest, lambda: encode(rest)),
        quote=quote,
        levels=levels,
        complement_quote=complement_quote,
        complement_levels=complement_levels,
    )


def _store_quote(quote: Quote | None, intern: Intern) -> tuple[Quote | None, int | None]:
    """Return a quote without the levels of its book, and the number of those."""
    if quote is None:
        return None, None
    book = quote.book
    levels: Levels = (book.bid_prices, book.bid_sizes, book.ask_prices, book.ask_sizes)
    bare = replace(quote, book=Book(book.token_id, book.as_of_ms, (), (), (), ()))
    return bare, intern(book.token_id, book, lambda: encode(levels))


def _load_event(stored: _StoredEvent, part: Callable[[int], bytes]) -> EventView:
    markets = tuple(_load_market(market, part) for market in stored.markets)
    return replace(stored.view, markets=markets)


def _load_market(stored: _StoredMarket, part: Callable[[int], bytes]) -> MarketView:
    return replace(
        decode(part(stored.view), MarketView),
        quote=_load_quote(stored.quote, stored.levels, part),
        complement_quote=_load_quote(stored.complement_quote, stored.complement_levels, part),
    )


def _load_quote(
    bare: Quote | None, levels: int | None, part: Callable[[int], bytes]
) -> Quote | None:
    if bare is None or levels is None:
        return bare
    token_id, as_of_ms, *_ = bare.book
    return replace(bare, book=Book(token_id, as_of_ms, *_LEVELS.decode(part(levels))))
