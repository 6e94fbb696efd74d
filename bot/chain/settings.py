"""How patiently and in what portions a node of the chain is asked."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainPace:
    """Waits in seconds; portions that a public node serves without a plan.

    **Source:** three calls in one request and some thousand blocks of logs are what the free plan
    of the default node takes (its errors say so), read 2026-11. Portions of logs that a node
    refuses are halved by themselves.
    """

    timeout: float = 5.0
    """Longest wait for one answer."""
    tries: int = 3
    """Of a read. A transaction is sent again only as the same bytes."""
    first_wait: float = 0.5
    """Before the second try; doubles."""
    calls_per_request: int = 3
    blocks_per_read: int = 2000
    """Most blocks in one question for logs: somewhat over an hour."""
    look_every: float = 2.0
    """Between looks for a sent transaction: a block's time."""
    reprice_after: float = 30.0
    """A transaction that is not mined by then is offered more for, under the same nonce."""
    give_up_after: float = 300.0
    """A transaction's outcome is called unknown after this long; it stays ours."""
    most_fee_pol: Decimal = Decimal(3)
    """Most that one transaction may cost; no price above it is offered."""


PUBLIC_NODE = ChainPace()
