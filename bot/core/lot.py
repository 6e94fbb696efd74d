"""One outcome token's holding: what moved it, what is held now, and what that cost.

Everything is a whole number of millionths of a USD or of a share.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from bot.model.units import ConditionId, EventId, OrderId, TradeId, Usd, from_e6

FillKey = tuple[TradeId, OrderId]


class Move(NamedTuple):
    """One change of a token's holding: shares in, cash out, or the other way round."""

    key: FillKey | str
    """A fill's; else the id of the transfer that shows it, empty if none does."""
    event: EventId
    at: datetime
    shares_e6: int
    cash_e6: int
    is_merge: bool = False
    """Whether the shares left with as many of the complement, before the market resolved."""

    @property
    def is_premium(self) -> bool:
        """Whether premium is made of it: fills and merges are; payouts are not."""
        return self.is_merge or isinstance(self.key, tuple)


def turn_over(moves: Iterable[Move], *, since: datetime) -> dict[EventId, Usd]:
    """Return what each event's moves after ``since`` add up to, whichever way, USD."""
    total_e6: dict[EventId, int] = {}
    for move in moves:
        if move.at > since:
            total_e6[move.event] = total_e6.get(move.event, 0) + abs(move.cash_e6)
    return {event: Usd(from_e6(e6)) for event, e6 in total_e6.items()}


@dataclass(slots=True)
class Due:
    """Resolved shares of one token that are not redeemed yet, and what is owed for them."""

    event: EventId
    condition_id: ConditionId
    shares_e6: int = 0
    usd_e6: int = 0


@dataclass(slots=True)
class Lot:
    """All that happened to one token, and what is held of it now."""

    condition_id: ConditionId
    event: EventId
    """Whose hedge it is: of the move that opened it."""
    opened_at: datetime
    moves: list[Move] = field(default_factory=list)
    shares_e6: int = 0
    cost_e6: int = 0
    realised_e6: int = 0

    def apply(self, move: Move) -> None:
        """Count one more move."""
        self.moves.append(move)
        self._count(move)

    def replace(self, key: FillKey | str, *changed: Move) -> Move:
        """Make it as if ``changed``, or nothing, had been where a move was; return that."""
        index = next(i for i, move in enumerate(self.moves) if move.key == key)
        gone = self.moves[index]
        self.moves[index : index + 1] = changed
        self.shares_e6 = self.cost_e6 = self.realised_e6 = 0
        for move in self.moves:
            self._count(move)
        return gone

    def _count(self, move: Move) -> None:
        if self.shares_e6 <= 0:
            self.event, self.opened_at = move.event, move.at
        if move.shares_e6 > 0:
            self.cost_e6 -= move.cash_e6
        else:
            released_e6 = self._cost_of(-move.shares_e6)
            self.cost_e6 -= released_e6
            self.realised_e6 += move.cash_e6 - released_e6
        self.shares_e6 += move.shares_e6
        if self.shares_e6 <= 0:  # only below 0 after a reversal: no shares, no cost
            self.realised_e6 -= self.cost_e6
            self.cost_e6 = 0

    def _cost_of(self, leaving_e6: int) -> int:
        """Return the cost that leaves with these shares: their share, rounded down.

        What rounding leaves behind stays with the shares still held and goes with the last one.
        """
        if leaving_e6 >= self.shares_e6:
            return self.cost_e6
        return self.cost_e6 * leaving_e6 // self.shares_e6
