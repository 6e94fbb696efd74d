"""Fills, payouts, transfers and deposits folded into cash, positions, premium used and profit.

Everything inside is a whole number of millionths of a USD or of a share, so that nothing is lost.
At any time ``cash + cost of positions + redeemable == deposits + realised``, exactly.
"""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from bot.core.carried import Carried, carry_over
from bot.core.lot import Due, FillKey, Lot, Move, turn_over
from bot.errors import InvariantError
from bot.model.market import Book
from bot.model.orders import Fill, LiveOrder, Side
from bot.model.units import (
    MILLION,
    ZERO_USD,
    ConditionId,
    EventId,
    Shares,
    TokenId,
    Usd,
    UsdEst,
    from_e6,
    to_e6,
)
from bot.model.view import Account, Position, Redeemable

PREMIUM_WINDOW = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What came in, what is there and what was won or lost, USD, exact."""

    deposited_usd: Usd
    cash_usd: Usd
    cost_usd: Usd
    """Of all shares held, fees included."""
    redeemable_usd: Usd = ZERO_USD
    """Owed for resolved shares that are not redeemed yet."""
    realised_usd: Usd
    """Won (negative: lost) by sales and payouts, all fees paid."""

    @property
    def gap_usd(self) -> Usd:
        """What does not add up; anything but 0 is a fault of this program."""
        owned = self.cash_usd + self.cost_usd + self.redeemable_usd
        return Usd(owned - self.deposited_usd - self.realised_usd)


class Books:
    """The fold: hand in what happened, in order; ask for the ``Account`` at any time.

    Cost is the average cost of the shares held, fees included. A fill that failed on chain is
    taken back as if it had never been, its premium too.
    """

    def __init__(self) -> None:
        self._deposited_e6 = 0
        self._cash_e6 = 0
        self._lots: dict[TokenId, Lot] = {}
        self._due: dict[TokenId, Due] = {}
        self._foreign_e6: dict[TokenId, int] = {}
        self._surplus_e6 = 0
        """Paid for redeemed shares beyond what was owed for them; negative: less than that."""
        self._seen: dict[FillKey, TokenId] = {}
        self._reversed: set[FillKey] = set()

    def deposit(self, usd: Usd) -> None:
        """Add cash from outside; negative takes it out."""
        self._deposited_e6 += to_e6(usd)
        self._cash_e6 += to_e6(usd)

    def receive(self, token_id: TokenId, shares: Shares) -> None:
        """Add shares that came from outside; negative takes them out again."""
        self._foreign_e6[token_id] = self._foreign_e6.get(token_id, 0) + to_e6(shares)

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
        move = Move(key, event, fill.at, change_e6, to_e6(fill.cash_usd))
        self._apply(fill.token_id, condition_id, move)
        self._seen[key] = fill.token_id
        return True

    def correct_fill(self, fill: Fill) -> None:
        """Let a counted fill be what the chain says of it: size, price and fee are exact now."""
        key = (fill.trade_id, fill.order_id)
        lot = self._lots[self._seen[key]]
        size_e6 = to_e6(fill.size)
        old = next(move for move in lot.moves if move.key == key)
        change_e6 = size_e6 if fill.side is Side.BUY else -size_e6
        new = Move(key, old.event, old.at, change_e6, to_e6(fill.cash_usd))
        lot.replace(key, new)
        self._cash_e6 += new.cash_e6 - old.cash_e6

    def reverse_fill(self, key: FillKey) -> bool:
        """Take a failed fill back; return False if that was done before.

        Raises:
            InvariantError: There was no such fill.
        """
        if key not in self._seen:
            raise InvariantError(f"trade {key[0]} of order {key[1]} failed, but was never counted")
        if key in self._reversed:
            return False
        gone = self._lots[self._seen[key]].replace(key)
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
        transfer_id: str = "",
        is_merge: bool = False,
    ) -> None:
        """Turn shares into what was paid for them without an order of ours, which may be 0.

        ``transfer_id`` names the transfer that shows it, if any; a merge gives premium back.

        Raises:
            InvariantError: More shares than are held.
        """
        shares_e6 = to_e6(shares)
        self._check_held(token_id, shares_e6, "a payout takes")
        move = Move(transfer_id, event, at, -shares_e6, to_e6(payout_usd), is_merge)
        self._apply(token_id, condition_id, move)

    def unsettle(self, token_id: TokenId, transfer_id: str) -> None:
        """Make it as if a transfer out of a position had never been: its block was undone."""
        self._cash_e6 -= self._lots[token_id].replace(transfer_id).cash_e6

    def adopt(
        self,
        token_id: TokenId,
        *,
        event: EventId,
        condition_id: ConditionId,
        shares: Shares,
        at: datetime,
    ) -> None:
        """Make shares that came from outside a hedge of ours that cost nothing."""
        self.receive(token_id, Shares(-shares))
        self._apply(token_id, condition_id, Move("", event, at, to_e6(shares), 0))

    def resolve(self, token_id: TokenId, *, payout: Decimal, at: datetime) -> None:
        """Let all shares held of a token be owed their payout, USD a share, from now on.

        The chain divides whole numbers, so a fraction of a millionth is not owed.
        """
        lot = self._lots[token_id]
        usd_e6 = int(lot.shares_e6 * payout)
        due = self._due.setdefault(token_id, Due(lot.event, lot.condition_id))
        due.shares_e6 += lot.shares_e6
        due.usd_e6 += usd_e6
        lot.apply(Move("", lot.event, at, -lot.shares_e6, usd_e6))

    def redeem(self, token_id: TokenId, *, shares: Shares, paid_usd: Usd) -> None:
        """Turn shares that are owed their payout into what was paid; negative undoes it."""
        due, shares_e6, paid_e6 = self._due[token_id], to_e6(shares), to_e6(paid_usd)
        owed_e6 = due.usd_e6 * shares_e6 // due.shares_e6 if shares_e6 > 0 else paid_e6
        due.shares_e6 -= shares_e6
        due.usd_e6 -= owed_e6
        self._surplus_e6 += paid_e6 - owed_e6
        self._cash_e6 += paid_e6

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
        have spent it. Sales that brought more than was paid leave a premium of 0, never less: a
        profit buys no further hedge.
        """
        premium_e6: dict[EventId, int] = {}
        for move in self._premium_moves():
            waits = move.cash_e6 > 0 and move.key in unsettled
            if move.at > now - PREMIUM_WINDOW and not waits:
                premium_e6[move.event] = premium_e6.get(move.event, 0) - move.cash_e6
        return Account(
            cash_usd=Usd(from_e6(self._cash_e6)),
            positions=self.positions(),
            orders=orders,
            premium_used_usd=Usd(from_e6(max(sum(premium_e6.values()), 0))),
            premium_by_event={event: Usd(from_e6(max(e6, 0))) for event, e6 in premium_e6.items()},
            turnover_by_event=turn_over(self._premium_moves(), since=now - PREMIUM_WINDOW),
            redeemable=self._redeemable(),
            foreign={t: Shares(from_e6(e6)) for t, e6 in self._foreign_e6.items() if e6},
        )

    def carried(self, now: datetime) -> tuple[Carried, ...]:
        """Return what each event's hedges cost over all their markets, up to ``now``."""
        return carry_over(self._lots.items(), now)

    def premium_changes_at(self, now: datetime) -> datetime | None:
        """Return when the next premium leaves the window; None if none is in it."""
        ends = (move.at + PREMIUM_WINDOW for move in self._premium_moves())
        return min((end for end in ends if end > now), default=None)

    def totals(self) -> Totals:
        """Return the sums whose ``gap_usd`` must be 0."""
        lots = self._lots.values()
        realised_e6 = sum(lot.realised_e6 for lot in lots) + self._surplus_e6
        return Totals(
            deposited_usd=Usd(from_e6(self._deposited_e6)),
            cash_usd=Usd(from_e6(self._cash_e6)),
            cost_usd=Usd(from_e6(sum(lot.cost_e6 for lot in lots))),
            redeemable_usd=Usd(from_e6(sum(due.usd_e6 for due in self._due.values()))),
            realised_usd=Usd(from_e6(realised_e6)),
        )

    def _redeemable(self) -> tuple[Redeemable, ...]:
        return tuple(
            Redeemable(
                event=due.event,
                condition_id=due.condition_id,
                token_id=token_id,
                shares=Shares(from_e6(due.shares_e6)),
                payout_usd=Usd(from_e6(due.usd_e6)),
            )
            for token_id, due in self._due.items()
            if due.shares_e6
        )

    def _apply(self, token_id: TokenId, condition_id: ConditionId, move: Move) -> None:
        if token_id not in self._lots:
            self._lots[token_id] = Lot(condition_id, move.event, move.at)
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

    def _premium_moves(self) -> Iterator[Move]:
        for lot in self._lots.values():
            yield from (move for move in lot.moves if move.is_premium)


def mark(position: Position, book: Book | None) -> UsdEst | None:
    """Return what a position is worth at the best bid, USD; 0 without bids, None without a book."""
    if book is None:
        return None
    best = Decimal(book.bid_prices[0]) / MILLION if book.bid_prices else Decimal(0)
    return UsdEst(float(position.shares * best))
