"""The two protocols every venue adapter fulfils: quotes (``MarketData``) and trades (``Venue``)."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.model.market import Market, MarketEvent, Quote
from bot.model.orders import (
    CancelResult,
    Fill,
    OrderIntent,
    PreparedOrder,
    SubmitResult,
    VenueOrder,
)
from bot.model.strategy import MarketRef
from bot.model.transfers import Transfers
from bot.model.units import ConditionId, OrderId, Shares, TokenId, Usd

Listener = Callable[[MarketEvent], None]


class MarketData(Protocol):
    """Public quotes. A failed read raises; it is never an empty answer."""

    async def start(self) -> None:
        """Connect or open files. Raises ``DataError`` if the first read fails."""
        ...

    async def close(self) -> None:
        """Let go of sockets and files; may be called twice."""
        ...

    def listen(self, listener: Listener) -> None:
        """Call ``listener`` with each later event, in the order of the events' time."""
        ...

    async def find(self, ref: MarketRef, *, now: datetime) -> tuple[Market, ...]:
        """Return the markets a strategy names, soonest end first, closed ones left out.

        Empty means: the source answered, and there is none. Raises ``DataError``.
        """
        ...

    async def market(self, condition_id: ConditionId) -> Market:
        """Return a market's present state, closed and resolved ones included.

        Raises ``BadData`` if the source knows no such market, ``SourceDown`` if it is silent.
        """
        ...

    async def search(self, text: str) -> tuple[Market, ...]:
        """Return open markets whose question, slug or series holds all words of ``text``."""
        ...

    async def watch(self, token_ids: Iterable[TokenId]) -> None:
        """Keep the books of these tokens (and only these) up to date."""
        ...

    async def refresh(self) -> None:
        """Bring books and events up to the clock's now, telling the listeners in order.

        One failing token does not raise: its quote stays at its last confirmation and ages.
        """
        ...

    def quote(self, token_id: TokenId) -> Quote | None:
        """Return the last confirmed book of a watched token; None if there was none yet."""
        ...

    def next_event_at(self) -> datetime | None:
        """Return when the next stored or simulated event is due; None at the end or if live."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Balances:
    """What the venue says we own."""

    cash_usd: Usd
    shares: Mapping[TokenId, Shares]
    """Tokens with a balance above zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption:
    """A resolved position turned into collateral."""

    token_id: TokenId
    shares: Shares
    payout_usd: Usd


class Venue(Protocol):
    """Our own orders and money. A failed read raises ``VenueError``; it is never "nothing"."""

    @property
    def lag(self) -> timedelta:
        """How long what has happened may stay hidden from a read.

        Zero: nothing is ever hidden, and what ``redeem`` did is done when it returns.
        """
        ...

    @property
    def can_redeem(self) -> bool:
        """Whether our key may redeem and merge; a session key may do neither.

        Somebody else redeems then, and ``transfers`` shows it.
        """
        ...

    async def balances(self, tokens: Collection[TokenId] = ()) -> Balances:
        """Return cash, every token the venue knows us to hold, and these tokens.

        Live, the figures are the chain's: neither we nor the venue can be wrong about them.
        """
        ...

    async def open_orders(self) -> tuple[VenueOrder, ...]:
        """Return every resting order of ours."""
        ...

    async def fills(self, *, since: datetime) -> tuple[Fill, ...]:
        """Return our fills that happened or changed settlement at or after ``since``.

        Until a fill is confirmed its size, price and fee may be estimates; a confirmed one has the
        chain's own, exact, each time it is asked for.
        """
        ...

    async def prepare(self, intent: OrderIntent) -> PreparedOrder:
        """Sign without sending; the order id is known afterwards. Same intent, other id.

        Raises ``DataError`` if the market is not proven to be what it claims: nothing is signed.
        """
        ...

    async def submit(self, prepared: PreparedOrder) -> SubmitResult:
        """Send once. Never raises for what the venue said, never sends twice."""
        ...

    async def cancel(self, order_id: OrderId) -> CancelResult:
        """Ask for the end of an order. Raises ``VenueError`` if the answer is not known."""
        ...

    async def is_executed(self, order_id: OrderId, token_id: TokenId) -> bool:
        """Whether the last authority (live: the exchange contract) shows any of it executed."""
        ...

    async def transfers(self, *, since_block: int | None) -> Transfers:
        """Return what changed our wallet since a block (it included); None: only where we are.

        A venue without a chain has none.
        """
        ...

    async def redeem(self, market: Market) -> tuple[Redemption, ...]:
        """Turn our tokens of a resolved market into collateral; empty if we hold none.

        Safe to repeat: what is gone is not paid twice. Raises ``VenueError`` if it is not known
        to be done, whatever the reason.
        """
        ...

    async def merge(self, market: Market, shares: Shares) -> None:
        """Turn this many pairs of both outcomes into as many USD, or all there are if fewer.

        Safe to repeat: what is gone is not paid twice. What it did is shown by ``transfers`` and
        ``balances``. Raises ``VenueError`` if it is not known to be done, whatever the reason.
        """
        ...
