"""What the chain tells, as records."""

from dataclasses import dataclass
from decimal import Decimal

from bot.model.orders import Side
from bot.model.units import OrderId, Shares, TokenId, Usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One order's part in a match, as its exchange wrote it down."""

    order_id: OrderId
    maker: str
    """Whose order it is."""
    token_id: TokenId
    side: Side
    """Of this order."""
    shares: Shares
    usd: Usd
    """What was paid for the shares, without the fee."""
    fee_usd: Usd
    """A buy pays it on top, a sell receives less by it. Exact, unlike what the venue tells."""
    transaction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a contract may take from a wallet."""

    contract: str
    """Who may, by its name in ``Contracts``."""
    token: str
    """Address of what it may move."""
    spender: str
    """Address of ``contract``."""
    most: Decimal | None
    """USD for a currency; 0: nothing; None: everything, as it is always for outcome tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A transaction of ours that was mined and did what it should."""

    transaction: str
    block: int
    fee_pol: Decimal
