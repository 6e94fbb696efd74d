"""What the chain shows of our wallet: transfers of collateral and of outcome tokens."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.units import ConditionId, EventId, OrderId, TokenId


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
class Executed:
    """What one order of our wallet got out of a transaction, whoever sent the order."""

    transaction: str
    order_id: OrderId
    token_id: TokenId
    shares_e6: int
    """Negative if it sold."""
    cash_e6: int
    """Fee included; negative if it bought."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfers:
    """What the chain shows of our wallet in a span of blocks."""

    upto_block: int
    """The last block read; ask from the next one on."""
    rows: tuple[Transfer, ...]
    executed: tuple[Executed, ...] = ()
    """Each order's part of the rows that have ``order_ids``."""


class EntryKind(StrEnum):
    """What a transfer that no order of ours explains is to the ledger."""

    EXTERNAL = "external"
    """Cash, or shares that are not ours to sell."""
    SETTLEMENT = "settlement"
    """Shares of a position left without an order of ours, for what was paid for them."""
    REDEMPTION = "redemption"
    """Resolved shares turned into their payout."""
    MERGE = "merge"
    """A position's shares that left with as many of the complement, for 1 USD a pair."""


class MergeReason(StrEnum):
    """Why pairs of a token and its complement are ours at all."""

    OUTSIDE = "outside"
    """One of the two, or both, came from outside."""
    FAILED_SETTLEMENT = "failed_settlement"
    """A sale failed on chain, or a fill came late, after the other outcome was bought."""
    UNIT = "unit"
    """An exit without bids: the complement was bought to be merged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row that the journal needs so that it agrees with a transfer."""

    kind: EntryKind
    transfer: Transfer
    token_id: TokenId | None
    event: EventId = EventId("")
    condition_id: ConditionId = ConditionId("")
    shares_e6: int = 0
    cash_e6: int = 0
