"""Events' markets as the venue lists them, and what their books say."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from bot.model.units import MILLION, ConditionId, Price, Shares, TokenId


class MarketKind(StrEnum):
    """Which contracts a market lives on; decided once, where the market enters the program."""

    CTF = "ctf"
    """ConditionalTokens, ``clobTokenIds``, EIP-712 domain version "2"."""
    V2 = "v2"
    """Protocol V2, ``positionIds``, ExchangeV3, EIP-712 domain version "3"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeSchedule:
    """What a match costs the taker: ``shares * rate * (p * (1 - p)) ** exponent`` USD.

    Source: POLYMARKET section 4.12 (docs.polymarket.com/trading/fees), read 2026-11.
    """

    rate: Decimal
    exponent: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """One yes/no question with its book pair, as last read from the venue."""

    condition_id: ConditionId
    kind: MarketKind
    question: str
    slug: str
    outcomes: tuple[str, str]
    """Names as the venue spells them, in the order of ``token_ids``."""
    token_ids: tuple[TokenId, TokenId]
    tick: Price
    minimum_shares: Shares
    """Smallest resting order."""
    neg_risk: bool
    fee: FeeSchedule
    group_title: str = ""
    """The venue's short label inside its event ("25 bps increase"); empty if it has none."""
    event_slug: str = ""
    group_size: int = 0
    """How many markets its neg-risk event has, of which exactly one resolves Yes; 0 if unknown."""
    series_slug: str = ""
    ends_at: datetime | None = None
    """The scheduled end, not the time of resolution; None if the venue gives none."""
    accepting_orders: bool = True
    closed: bool = False
    taker_delay_s: float = 0.0
    disputed: bool = False
    """The proposed outcome is contested; payouts are not final."""
    payouts: tuple[Decimal, Decimal] | None = None
    """What one share of each token pays; None until resolved. 1/0, 0/1 or 0.5/0.5."""

    def index_of(self, outcome: str) -> int | None:
        """Return which of the two outcomes has this name, ignoring case; None if neither."""
        wanted = outcome.casefold()
        for index, name in enumerate(self.outcomes):
            if name.casefold() == wanted:
                return index
        return None

    def complement_of(self, token_id: TokenId) -> TokenId:
        """Return the other outcome token; ``token_id`` must be one of the two."""
        return self.token_ids[1 - self.token_ids.index(token_id)]


class Book(NamedTuple):
    """Resting orders of one token: four tuples of integer millionths, best level first.

    Building records is the cost when books stream in, so a book holds plain integers
    (``docs/adr``); ``Decimal`` begins where an order is made.
    """

    token_id: TokenId
    as_of_ms: int
    """When the venue made it, epoch milliseconds."""
    bid_prices: tuple[int, ...]
    bid_sizes: tuple[int, ...]
    ask_prices: tuple[int, ...]
    ask_sizes: tuple[int, ...]

    @property
    def as_of(self) -> datetime:
        """When the venue made this book, aware UTC."""
        return datetime.fromtimestamp(self.as_of_ms / 1000, UTC)

    @property
    def mid(self) -> float | None:
        """USD per share between best bid and best ask; None unless both sides stand uncrossed."""
        if not self.bid_prices or not self.ask_prices or self.is_crossed:
            return None
        return (self.bid_prices[0] + self.ask_prices[0]) / (2 * MILLION)

    @property
    def spread(self) -> float | None:
        """Best ask minus best bid, USD per share; None unless both sides stand."""
        if not self.bid_prices or not self.ask_prices:
            return None
        return (self.ask_prices[0] - self.bid_prices[0]) / MILLION

    @property
    def is_crossed(self) -> bool:
        """Whether the best bid is above the best ask: a book that cannot be trusted."""
        return bool(self.bid_prices and self.ask_prices and self.bid_prices[0] > self.ask_prices[0])


class Print(NamedTuple):
    """One trade the venue published: price and size in integer millionths."""

    token_id: TokenId
    at_ms: int
    price_e6: int
    size_e6: int
    taker_buys: bool | None
    """The side the feed names for the taker; None if unknown. Right only about 59% of the time."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A book and when it was last known to be true."""

    book: Book
    confirmed_at: datetime
    """Last snapshot, or last sign of a live stream that agrees with this book; aware UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketChanged:
    """The venue changed a market: tick, acceptance of orders, closing, dispute, resolution."""

    market: Market
    at: datetime


MarketEvent = Book | Print | MarketChanged
"""What a market-data source tells its listeners, in the order of its time."""
