"""What the last comparison of ledger, venue and chain found, and what is still being looked for."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from bot.model.orders import OrderStatus, Side
from bot.model.units import EventId, OrderId, Shares, TokenId, Usd


class Explanation(StrEnum):
    """Why two figures may differ, or what is special about a line where they agree."""

    NONE = ""
    """They agree."""
    NOT_FINAL = "not final"
    """A fill is booked that the chain has not confirmed, or not shown yet."""
    OPEN_QUESTION = "open question"
    """An order of unknown fate, a redeem under way or a market that cannot be read."""
    EXTERNAL = "external"
    """They agree; part of it came from outside and is not ours to sell."""
    REDEEMABLE = "redeemable"
    """They agree; its market has resolved and the payout has not arrived."""
    UNEXPLAINED = "unexplained"
    """They differ, and nothing that is known explains it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Cash or one token, on both sides."""

    token_id: TokenId | None
    """None: cash, and both figures are USD; else shares."""
    event: EventId
    """Whose hedge it is; empty for cash and for what is nobody's."""
    ledger: Decimal
    venue: Decimal
    explanation: Explanation

    @property
    def difference(self) -> Decimal:
        """What the venue shows beyond the ledger."""
        return self.venue - self.ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """An order that should be somewhere and is not shown."""

    order_id: OrderId
    event: EventId
    token_id: TokenId
    side: Side
    size: Shares
    status: OrderStatus
    sent_at: datetime
    looks: int
    """How often it was looked for in vain since the daemon started."""
    next_look_at: datetime | None
    """None: with the next cycle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One comparison."""

    at: datetime
    rows: tuple[Compared, ...]
    """Cash first, then tokens by id."""
    sought: tuple[Sought, ...] = ()
    redeemable_usd: Usd
    """Owed by resolved markets and not cash."""
    stop: str = ""
    """Why no order is sent now; empty if nothing here forbids it."""

    @property
    def differences(self) -> tuple[Compared, ...]:
        """Return the lines on which the two sides differ."""
        return tuple(row for row in self.rows if row.difference)
