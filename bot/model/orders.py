"""Orders and their fates: what we mean to send, what the venue said, what was executed."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum

from bot.model.units import (
    ClientOrderId,
    ConditionId,
    EventId,
    OrderId,
    Price,
    Shares,
    TokenId,
    TradeId,
    Usd,
    UsdEst,
)

_MILLIONTH = Decimal("0.000001")


class Side(StrEnum):
    """What we do with the token."""

    BUY = "buy"
    SELL = "sell"


class OrderType(StrEnum):
    """How long an order lives; GTC is never used."""

    FAK = "FAK"
    """Fills what it can now, the rest is killed."""
    FOK = "FOK"
    """All now or nothing."""
    GTD = "GTD"
    """Rests until its end; always post-only here."""


class Purpose(StrEnum):
    """Why an order is sent."""

    OPEN = "open"
    ADD = "add"
    REDUCE = "reduce"
    CLOSE = "close"
    ROLL_OUT = "roll_out"
    ROLL_IN = "roll_in"
    MERGE = "merge"
    """Buys the complement of what is held, which has no bids, so that the pairs can be merged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderIntent:
    """An order we mean to send, already on tick, lot, minimum and decimals."""

    client_order_id: ClientOrderId
    event: EventId
    condition_id: ConditionId
    token_id: TokenId
    side: Side
    size: Shares
    limit: Price
    """Worst price per share we accept; every order has one."""
    order_type: OrderType
    purpose: Purpose
    post_only: bool = False
    expires_at: datetime | None = None
    """When the venue stops matching it; None for FAK and FOK."""
    fee_usd: Usd = Usd(Decimal(0))
    """Most the venue can charge on top if all of it fills at the limit."""
    benefit_usd_est: UsdEst = UsdEst(0.0)
    """Change of certainty equivalent, all costs paid; 0 for an exit, which is not weighed."""
    cost_usd_est: UsdEst = UsdEst(0.0)
    """Spread, depth and fees, above the mid; below 0 for what rests below it."""
    unit: str = ""
    """Joins the legs of one roll, or a purchase and the merge it is for; empty otherwise."""

    @property
    def notional_usd(self) -> Usd:
        """Price times size at the limit, USD, without fee."""
        return Usd(self.limit * self.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedOrder:
    """A signed order that has not left yet; its id is already known."""

    intent: OrderIntent
    order_id: OrderId
    body: bytes
    """The exact bytes that would be posted, once."""
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The venue took the order: resting, or matched in part or whole."""

    order_id: OrderId
    resting: bool
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The venue proved that it refused the order; nothing of it exists."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """No proof either way: the order may exist. Never sent again; reconcile settles it."""

    detail: str


SubmitResult = Accepted | Rejected | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelResult:
    """What the venue said of a cancel; fills up to then are read from the trades."""

    order_id: OrderId
    cancelled: bool
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueOrder:
    """An order the venue shows as resting."""

    order_id: OrderId
    condition_id: ConditionId
    token_id: TokenId
    side: Side
    size: Shares
    filled: Shares
    limit: Price
    expires_at: datetime | None = None


class TradeSettlement(StrEnum):
    """How far a fill has come on chain; only CONFIRMED and FAILED are final."""

    MATCHED = "matched"
    MINED = "mined"
    RETRYING = "retrying"
    CONFIRMED = "confirmed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One execution of one of our orders, seen from our order's side."""

    trade_id: TradeId
    order_id: OrderId
    token_id: TokenId
    side: Side
    size: Shares
    price: Price
    fee_usd: Usd
    is_maker: bool
    at: datetime
    settlement: TradeSettlement = TradeSettlement.MATCHED
    notional_usd: Usd | None = None
    """What changed hands without fee, exact, where the chain has told; None: price times size."""

    @property
    def cash_usd(self) -> Usd:
        """What this fill does to our cash, USD: negative for a buy.

        A fraction of a millionth is rounded against us, so that venue, ledger and report agree.
        """
        exact = self.notional_usd
        notional = self.price * self.size if exact is None else exact
        cash = -notional - self.fee_usd if self.side is Side.BUY else notional - self.fee_usd
        return Usd(cash.quantize(_MILLIONTH, ROUND_FLOOR))


class OrderStatus(StrEnum):
    """What the ledger believes of one of our orders."""

    SUBMITTING = "submitting"
    """On disk; may or may not have left."""
    OPEN = "open"
    UNKNOWN = "unknown"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    DEAD = "dead"
    """Was unknown; proven never to have existed, or to have ended, by the rules of reconcile."""

    @property
    def is_terminal(self) -> bool:
        """Whether nothing more is expected of it."""
        return self not in (OrderStatus.SUBMITTING, OrderStatus.OPEN, OrderStatus.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveOrder:
    """One of our orders that has not ended, as the ledger knows it."""

    client_order_id: ClientOrderId
    order_id: OrderId
    event: EventId
    condition_id: ConditionId
    token_id: TokenId
    side: Side
    size: Shares
    filled: Shares
    limit: Price
    order_type: OrderType
    purpose: Purpose
    status: OrderStatus
    sent_at: datetime
    expires_at: datetime | None = None
    fee_usd: Usd = Usd(Decimal(0))
    benefit_usd_est: UsdEst = UsdEst(0.0)
    """Of its intent, as is the cost."""
    cost_usd_est: UsdEst = UsdEst(0.0)

    @property
    def open_shares(self) -> Shares:
        """What may still fill."""
        return Shares(self.size - self.filled)

    @property
    def reserved_usd(self) -> Usd:
        """Cash this buy may still take, USD, fee included; 0 for a sell."""
        if self.side is Side.SELL or self.size == 0:
            return Usd(Decimal(0))
        share = self.open_shares / self.size
        return Usd(self.limit * self.open_shares + self.fee_usd * share)
