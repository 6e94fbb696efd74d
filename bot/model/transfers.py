"""What the chain shows of our wallet: transfers of collateral and of outcome tokens."""

from dataclasses import dataclass
from datetime import datetime

from bot.model.units import OrderId, TokenId


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One change of our cash or tokens that the chain shows."""

    transfer_id: str
    """Transaction hash and log index: a second reading of the same change has the same id."""
    at: datetime
    transaction: str
    token_id: TokenId | None
    """None: collateral."""
    change_e6: int
    """Millionths of a USD or of a share; negative if it left our wallet."""
    order_ids: tuple[OrderId, ...] = ()
    """Orders of ours that the same transaction executed; empty: no order of ours explains it."""
    block: int = 0
    """The block it is in: one that is read again and not found there again was undone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfers:
    """What the chain shows of our wallet in a span of blocks."""

    upto_block: int
    """The last block read; ask from the next one on."""
    rows: tuple[Transfer, ...]
