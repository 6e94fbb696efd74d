"""Views and decisions as JSON and back, equal and byte for byte repeatable.

The large parts of a view (markets, levels of books, holdings) are kept apart under a number, so
that a part that has not changed since the last view is not stored again.
"""

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import msgspec

from bot.model.decision import Decision
from bot.model.market import Book, Market, Quote
from bot.model.portfolio import Portfolio
from bot.model.units import EventId, TokenId
from bot.model.view import Account, EventMemory, EventView, MarketView, SharedLimits, View

_T = TypeVar("_T")
_ENCODER = msgspec.json.Encoder(order="deterministic")

Levels = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...]]

_LEVELS = msgspec.json.Decoder(Levels)

Intern = Callable[[str, object, Callable[[], bytes]], int]
"""Hand in a name, a part and how to encode it; get the number under which it is stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _StoredMarket:
    market: int
    adverse_index: int
    token_id: TokenId = TokenId("")
    levels: int | None = None
    as_of_ms: int = 0
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _StoredEvent:
    event: EventId
    markets: tuple[_StoredMarket, ...]
    memory: EventMemory
    problem: str
    removed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _StoredView:
    cycle: int
    now: datetime
    mode: str
    version: str
    limits: int
    portfolio: int
    account: Account
    events: tuple[_StoredEvent, ...]
    halted: str


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
    stored = _StoredView(
        cycle=view.cycle,
        now=view.now,
        mode=view.mode,
        version=view.version,
        limits=intern("limits", view.limits, lambda: encode(view.limits)),
        portfolio=intern("portfolio", view.portfolio, lambda: encode(view.portfolio)),
        account=view.account,
        events=tuple(_store_event(event, intern) for event in view.events),
        halted=view.halted,
    )
    return encode(stored)


def decode_view(body: bytes, part: Callable[[int], bytes]) -> View:
    """Return the view that ``encode_view`` wrote; ``part`` gives back what was interned."""
    stored = decode(body, _StoredView)
    return View(
        cycle=stored.cycle,
        now=stored.now,
        mode=stored.mode,
        version=stored.version,
        limits=decode(part(stored.limits), SharedLimits),
        portfolio=decode(part(stored.portfolio), Portfolio),
        account=stored.account,
        events=tuple(_load_event(event, part) for event in stored.events),
        halted=stored.halted,
    )


def parts_of(body: bytes) -> set[int]:
    """Return the numbers of all parts that a stored view needs."""
    stored = decode(body, _StoredView)
    found = {stored.limits, stored.portfolio}
    for event in stored.events:
        for market in event.markets:
            found.add(market.market)
            if market.levels is not None:
                found.add(market.levels)
    return found


def _store_event(event: EventView, intern: Intern) -> _StoredEvent:
    return _StoredEvent(
        event=event.event,
        markets=tuple(_store_market(market, intern) for market in event.markets),
        memory=event.memory,
        problem=event.problem,
        removed=event.removed,
    )


def _store_market(view: MarketView, intern: Intern) -> _StoredMarket:
    market, quote = view.market, view.quote
    number = intern(market.condition_id, market, lambda: encode(market))
    if quote is None:
        return _StoredMarket(market=number, adverse_index=view.adverse_index)
    book = quote.book
    levels: Levels = (book.bid_prices, book.bid_sizes, book.ask_prices, book.ask_sizes)
    return _StoredMarket(
        market=number,
        adverse_index=view.adverse_index,
        token_id=book.token_id,
        levels=intern(book.token_id, book, lambda: encode(levels)),
        as_of_ms=book.as_of_ms,
        confirmed_at=quote.confirmed_at,
    )


def _load_event(stored: _StoredEvent, part: Callable[[int], bytes]) -> EventView:
    return EventView(
        event=stored.event,
        markets=tuple(_load_market(market, part) for market in stored.markets),
        memory=stored.memory,
        problem=stored.problem,
        removed=stored.removed,
    )


def _load_market(stored: _StoredMarket, part: Callable[[int], bytes]) -> MarketView:
    quote = None
    if stored.levels is not None and stored.confirmed_at is not None:
        book = Book(stored.token_id, stored.as_of_ms, *_LEVELS.decode(part(stored.levels)))
        quote = Quote(book, stored.confirmed_at)
    return MarketView(
        market=decode(part(stored.market), Market), adverse_index=stored.adverse_index, quote=quote
    )
