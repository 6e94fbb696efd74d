"""Reads the public half of the CLOB's REST interface: books, markets, price history.

**Source:** POLYMARKET section 5.1 and payloads captured 2026-02 .. 2026-07.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import msgspec

from bot.errors import BadData
from bot.model.market import Book, FeeSchedule
from bot.model.units import MILLION, Price, TokenId, from_e6
from bot.venues.polymarket import wire


class LevelRow(msgspec.Struct, frozen=True, gc=False):
    """One price and its size, both as text."""

    price: str
    size: str


class BookRow(msgspec.Struct, frozen=True, kw_only=True):
    """A book as the venue sends it; level order is not relied upon."""

    market: str
    asset_id: str
    timestamp: str | int
    bids: list[LevelRow]
    asks: list[LevelRow]
    tick_size: str | None = None
    min_order_size: str | None = None


class Snapshot(NamedTuple):
    """A whole book and the tick that came with it; None if none did."""

    book: Book
    tick: Price | None


class Numbers(NamedTuple):
    """The two converters a reader of books keeps."""

    price: wire.Millionths
    size: wire.Millionths


def numbers() -> Numbers:
    """Return fresh converters: prices strictly between 0 and 1, sizes not negative."""
    return Numbers(wire.Millionths(below=MILLION), wire.Millionths())


def snapshot(row: BookRow, read: Numbers, *, what: str) -> Snapshot:
    """Turn a row into a best-first book. Raises ``BadData``."""
    token = wire.token_id(row.asset_id, name=f"{what}.asset_id")
    try:
        bids = sorted(_levels(row.bids, read), reverse=True)
        asks = sorted(_levels(row.asks, read))
        tick = Price(from_e6(read.price[row.tick_size])) if row.tick_size else None
    except BadData as error:
        raise BadData(f"{what} of token {token} cannot be read: {error}") from error
    book = Book(
        token,
        wire.millis(row.timestamp, name=f"{what}.timestamp"),
        tuple(level[0] for level in bids),
        tuple(level[1] for level in bids),
        tuple(level[0] for level in asks),
        tuple(level[1] for level in asks),
    )
    for prices in (book.bid_prices, book.ask_prices):
        if len(set(prices)) != len(prices):
            raise BadData(f"{what} of token {token} names a price twice")
    return Snapshot(book, tick)


def _levels(rows: Iterable[LevelRow], read: Numbers) -> list[tuple[int, int]]:
    levels = ((read.price[row.price], read.size[row.size]) for row in rows)
    return [level for level in levels if level[1]]


def read_book(body: bytes, read: Numbers, *, what: str) -> Snapshot:
    """Read ``/book``. Raises ``BadData``."""
    return snapshot(wire.read(body, BookRow, what), read, what=what)


def split_books(body: bytes, *, what: str) -> list[bytes]:
    """Cut ``/books`` into its books: each answers a question of its own and is read alone.

    Raises:
        BadData: the answer is not a JSON array.
    """
    return [bytes(raw) for raw in wire.read(body, list[msgspec.Raw], what)]


class ClobToken(msgspec.Struct, frozen=True, kw_only=True):
    """One outcome in ``/markets/{condition}``; the price is for show."""

    token_id: str
    outcome: str
    price: Decimal = Decimal(0)
    winner: bool = False


class ClobMarket(msgspec.Struct, frozen=True, kw_only=True):
    """``/markets/{condition}``, and a row of ``/sampling-markets``, ``/simplified-markets``."""

    condition_id: str
    tokens: list[ClobToken]
    closed: bool
    accepting_orders: bool = False
    market_slug: str = ""
    question: str = ""
    end_date_iso: str | None = None
    minimum_tick_size: Decimal | None = None
    minimum_order_size: Decimal | None = None
    seconds_delay: Decimal = Decimal(0)
    neg_risk: bool = False
    is_50_50_outcome: bool = False

    def payouts(self) -> tuple[Decimal, Decimal] | None:
        """What a share of each token pays; None until the venue names the winner."""
        if not self.closed or len(self.tokens) != 2:
            return None
        winners = (self.tokens[0].winner, self.tokens[1].winner)
        if winners[0] != winners[1]:
            return Decimal(winners[0]), Decimal(winners[1])
        return (Decimal("0.5"), Decimal("0.5")) if self.is_50_50_outcome else None


class ClobPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of markets; it must say where the next one starts."""

    data: list[ClobMarket]
    next_cursor: str | None


def read_clob_market(body: bytes, *, what: str) -> ClobMarket:
    """Read ``/markets/{condition}``. Raises ``BadData``."""
    return wire.read(body, ClobMarket, what)


def read_clob_page(body: bytes, *, what: str) -> tuple[tuple[ClobMarket, ...], str | None]:
    """Read a page of markets and where the next one starts. Raises ``BadData``."""
    page = wire.read(body, ClobPage, what)
    return tuple(page.data), wire.next_cursor(page.next_cursor)


class _TermsToken(msgspec.Struct, frozen=True, kw_only=True):
    t: str
    o: str


class _TermsFee(msgspec.Struct, frozen=True, kw_only=True):
    r: Decimal
    e: Decimal = Decimal(1)


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """``/clob-markets/{condition}``: what an order must fit; false booleans are left out."""

    condition: str = msgspec.field(name="c")
    tokens: list[_TermsToken] = msgspec.field(name="t")
    minimum_shares: Decimal = msgspec.field(name="mos")
    tick: Decimal = msgspec.field(name="mts")
    fee_row: _TermsFee = msgspec.field(name="fd")
    neg_risk: bool = msgspec.field(name="nr", default=False)
    accepting_orders: bool = msgspec.field(name="ao", default=False)
    delay_s: Decimal = msgspec.field(name="sd", default=Decimal(0))
    version: str = msgspec.field(name="v", default="v1")

    @property
    def fee(self) -> FeeSchedule:
        """The market's fee: the figure that counts."""
        return FeeSchedule(rate=self.fee_row.r, exponent=int(self.fee_row.e))

    @property
    def token_ids(self) -> tuple[TokenId, ...]:
        """The outcome tokens in the venue's order."""
        return tuple(TokenId(token.t) for token in self.tokens)


def read_terms(body: bytes, *, what: str) -> Terms:
    """Read ``/clob-markets/{condition}``. Raises ``BadData``."""
    return wire.read(body, Terms, what)


class _TokenMarket(msgspec.Struct, frozen=True, kw_only=True):
    condition_id: str


def read_token_market(body: bytes, *, what: str) -> str:
    """Read ``/markets-by-token``: the condition id as the CLOB spells it. Raises ``BadData``."""
    return wire.read(body, _TokenMarket, what).condition_id


class _Point(msgspec.Struct, frozen=True):
    t: int
    p: Decimal


class History(msgspec.Struct, frozen=True):
    """``/prices-history``."""

    history: list[_Point]


def read_history(body: bytes, *, what: str) -> tuple[tuple[datetime, float], ...]:
    """Read ``/prices-history``: instants and mids, USD per share. Raises ``BadData``."""
    points = wire.read(body, History, what).history
    return tuple(
        (wire.required_instant(point.t, name=f"{what}.t"), float(point.p)) for point in points
    )


class _BaseFee(msgspec.Struct, frozen=True):
    base_fee: int | str


def read_base_fee(body: bytes, *, what: str) -> int:
    """Read ``/fee-rate``, a relic in basis points. Raises ``BadData``."""
    raw = wire.read(body, _BaseFee, what).base_fee
    if isinstance(raw, str) and not raw.isdecimal():
        raise BadData(f"{what}.base_fee was {raw!r}; it must be a whole number")
    return int(raw)


def read_time(body: bytes, *, what: str) -> datetime:
    """Read ``/time``. Raises ``BadData``."""
    return wire.required_instant(wire.read(body, int, what), name=what)
