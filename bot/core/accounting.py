"""Fills, settlements and deposits folded into cash, positions, premium used and profit.

Everything inside is a whole number of millionths of a USD or of a share, so that nothing is lost.
At any time ``cash + cost of positions == deposits + realised``, exactly.
"""

from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from bot.errors import InvariantError
from bot.model.market import Book
from bot.model.orders import Fill, LiveOrder, Side
from bot.model.units import (
    MILLION,
    ConditionId,
    EventId,
    OrderId,
    Shares,
    TokenId,
    TradeId,
    Usd,
    UsdEst,
    from_e6,
    to_e6,
)
from bot.model.view import Account, Position

PREMIUM_WINDOW = timedelta(days=365)

FillKey = tuple[TradeId, OrderId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What came in, what is there and what was won or lost, USD, exact."""

    deposited_usd: Usd
    cash_usd: Usd
    cost_usd: Usd
    """Of all shares held, fees included."""
    realised_usd: Usd
    """Won (negative: lost) by sales and payouts, all fees paid."""

    @property
    def gap_usd(self) -> Usd:
        """What does not add up; anything but 0 is a fault of this program."""
        return Usd(self.cash_usd + self.cost_usd - self.deposited_usd - self.realised_usd)


class _Move(NamedTuple):
    """One change of a token's holding: shares in, cash out, or the other way round."""

    key: FillKey | None
    """None for a payout."""
    event: EventId
    at: datetime
    shares_e6: int
    cash_e6: int


@dataclass(slots=True)
class _Lot:
    """All that happened to one token, and what is held of it now."""

    condition_id: ConditionId
    event: EventId
    """Whose hedge it is: of the move that opened it."""
    opened_at: datetime
    moves: list[_Move] = field(default_factory=list)
    shares_e6: int = 0
    cost_e6: int = 0
    realised_e6: int = 0

    def apply(self, move: _Move) -> None:
        self.moves.append(move)
        self._count(move)

    def forget(self, key: FillKey) -> _Move:
        """Make it as if the fill had never been, and return it."""
        index = next(i for i, move in enumerate(self.moves) if move.key == key)
        gone = self.moves.pop(index)
        self.shares_e6 = self.cost_e6 = self.realised_e6 = 0
        for move in self.moves:
            self._count(move)
        return gone

    def _count(self, move: _Move) -> None:
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


class Books:
    """The fold: hand in what happened, in order; ask for the ``Account`` at any time.

    Cost is the average cost of the shares held, fees included. A fill that failed on chain is
    taken back as if it had never been, its premium too.
    """

    def __init__(self) -> None:
        self._deposited_e6 = 0
        self._cash_e6 = 0
        self._lots: dict[TokenId, _Lot] = {}
        self._seen: dict[FillKey, TokenId] = {}
        self._reversed: set[FillKey] = set()

    def deposit(self, usd: Usd) -> None:
        """Add cash from outside; negative takes it out."""
        self._deposited_e6 += to_e6(usd)
        self._cash_e6 += to_e6(usd)

    def apply_fill(self, fill: Fill, *, event: EventId, condition_id: ConditionId) -> bool:
        """Count a fill; return False if this trade of this order was counted before.

        Raises:
            InvariantError: It sells shares that are not held.
        """
        key = (fill.trade_id, fill.order_id)
        if key in self._seen:
            return False
        size_e6 = to_e6(fill.size)
        if fill.side is Side.SELL:
            self._check_held(fill.token_id, size_e6, f"trade {fill.trade_id} sells")
        change_e6 = size_e6 if fill.side is Side.BUY else -size_e6
        move = _Move(key, event, fill.at, change_e6, to_e6(fill.cash_usd))
        self._apply(fill.token_id, condition_id, move)
        self._seen[key] = fill.token_id
        return True

    def reverse_fill(self, key: FillKey) -> bool:
        """Take a failed fill back; return False if that was done before.

        Raises:
            InvariantError: There was no such fill.
        """
        if key not in self._seen:
            raise InvariantError(f"trade {key[0]} of order {key[1]} failed, but was never counted")
        if key in self._reversed:
            return False
        gone = self._lots[self._seen[key]].forget(key)
        self._cash_e6 -= gone.cash_e6
        self._reversed.add(key)
        return True

    def settle(
        self,
        token_id: TokenId,
        *,
        event: EventId,
        condition_id: ConditionId,
        shares: Shares,
        payout_usd: Usd,
        at: datetime,
    ) -> None:
        """Turn shares of a resolved market into their payout, which may be 0.

        Raises:
            InvariantError: More shares than are held.
        """
        shares_e6 = to_e6(shares)
        self._check_held(token_id, shares_e6, "a payout takes")
        move = _Move(None, event, at, -shares_e6, to_e6(payout_usd))
        self._apply(token_id, condition_id, move)

    def held(self, token_id: TokenId) -> Shares:
        """Return the shares held of a token; 0 if there never were any."""
        lot = self._lots.get(token_id)
        return Shares(from_e6(lot.shares_e6 if lot else 0))

    def positions(self) -> tuple[Position, ...]:
        """Return what is held now, in the order in which the tokens were first traded."""
        return tuple(
            Position(
                event=lot.event,
                condition_id=lot.condition_id,
                token_id=token_id,
                shares=Shares(from_e6(lot.shares_e6)),
                cost_usd=Usd(from_e6(lot.cost_e6)),
                opened_at=lot.opened_at,
            )
            for token_id, lot in self._lots.items()
            if lot.shares_e6 != 0
        )

    def account(
        self,
        now: datetime,
        *,
        orders: tuple[LiveOrder, ...],
        unsettled: Set[FillKey] = frozenset(),
    ) -> Account:
        """Return cash, positions and the premium used in the 365 days up to ``now``.

        What an ``unsettled`` sale brought frees no premium yet: it may still fail, when others
        have spent it.
        """
        premium_e6: dict[EventId, int] = {}
        for move in self._fills():
            waits = move.cash_e6 > 0 and move.key in unsettled
            if move.at > now - PREMIUM_WINDOW and not waits:
                premium_e6[move.event] = premium_e6.get(move.event, 0) - move.cash_e6
        return Account(
            cash_usd=Usd(from_e6(self._cash_e6)),
            positions=self.positions(),
            orders=orders,
            premium_used_usd=Usd(from_e6(sum(premium_e6.values()))),
            premium_by_event={event: Usd(from_e6(e6)) for event, e6 in premium_e6.items()},
        )

    def premium_changes_at(self, now: datetime) -> datetime | None:
        """Return when the next premium leaves the window; None if none is in it."""
        ends = (move.at + PREMIUM_WINDOW for move in self._fills())
        return min((end for end in ends if end > now), default=None)

    def totals(self) -> Totals:
        """Return the sums whose ``gap_usd`` must be 0."""
        lots = self._lots.values()
        return Totals(
            deposited_usd=Usd(from_e6(self._deposited_e6)),
            cash_usd=Usd(from_e6(self._cash_e6)),
            cost_usd=Usd(from_e6(sum(lot.cost_e6 for lot in lots))),
            realised_usd=Usd(from_e6(sum(lot.realised_e6 for lot in lots))),
        )

    def _apply(self, token_id: TokenId, condition_id: ConditionId, move: _Move) -> None:
        if token_id not in self._lots:
            self._lots[token_id] = _Lot(condition_id, move.event, move.at)
        self._lots[token_id].apply(move)
        self._cash_e6 += move.cash_e6

    def _check_held(self, token_id: TokenId, leaving_e6: int, what: str) -> None:
        lot = self._lots.get(token_id)
        held_e6 = lot.shares_e6 if lot else 0
        if leaving_e6 > held_e6:
            raise InvariantError(
                f"{what} {from_e6(leaving_e6)} shares of token {token_id}, but the ledger holds"
                f" {from_e6(held_e6)}"
            )

    def _fills(self) -> Iterator[_Move]:
        """Yield every fill that stands: what premium is made of; payouts are not."""
        for lot in self._lots.values():
            yield from (move for move in lot.moves if move.key is not None)


def mark(position: Position, book: Book | None) -> UsdEst | None:
    """Return what a position is worth at the best bid, USD; 0 without bids, None without a book."""
    if book is None:
        return None
    best = Decimal(book.bid_prices[0]) / MILLION if book.bid_prices else Decimal(0)
    return UsdEst(float(position.shares * best))
