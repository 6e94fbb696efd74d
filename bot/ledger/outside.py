"""Writes what happens to our money without an order of ours: the chain's part of the ledger."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from bot.ledger import codec, journal
from bot.ledger.rows import to_text
from bot.ledger.writing import Writing
from bot.model.comparison import Comparison
from bot.model.market import Market
from bot.model.transfers import Entry, MergeReason
from bot.model.units import ConditionId, EventId, Shares, Usd, to_e6
from bot.model.view import Position


class Outside(Writing):
    """The ledger as far as it tells of transfers, resolutions, redemptions and comparisons."""

    def record_deposit(self, usd: Usd, at: datetime, note: str) -> None:
        """Write cash that came from outside; negative went out."""
        self._insert(
            "journal", **journal.plain_row("deposit", at=at, cash_e6=to_e6(usd), note=note)
        )

    def record_settlement(
        self,
        redemption: journal.Redeemed,
        *,
        event: EventId,
        condition_id: ConditionId,
        at: datetime,
        payouts: tuple[Decimal, Decimal],
    ) -> None:
        """Write that shares of a resolved market were turned into their payout, 0 included.

        Raises:
            InvariantError: More shares than are held.
        """
        with self.transaction():
            row = journal.settlement_row(
                redemption, event=event, condition_id=condition_id, at=at, payouts=payouts
            )
            self._insert("journal", **row)
            self._current()

    def record_resolution(self, position: Position, at: datetime, payout: Decimal) -> None:
        """Write that a position's market has resolved: it is owed ``payout`` USD a share now."""
        row = journal.plain_row(
            "resolution",
            at=at,
            event=position.event,
            condition_id=position.condition_id,
            token_id=position.token_id,
            cash_e6=0,
            note=f"{payout} USD a share, to be redeemed",
        )
        self._insert("journal", **row | {"price_e6": to_e6(payout)})

    def record_entries(self, entries: Sequence[Entry], at: datetime) -> None:
        """Write what one transaction did that no order of ours explains.

        Raises:
            InvariantError: It takes more shares of a position than are held.
        """
        with self.transaction():
            for entry in entries:
                self._insert("journal", **journal.entry_row(entry, at=at))
            self._current()

    def record_undone(self, transaction: str, at: datetime) -> None:
        """Write that a transaction was undone with its block: all it did is taken back."""
        with self.transaction():
            for row in self._current().chain[transaction]:
                self._insert("journal", **journal.undone_row(row, at=at))
            self._current()

    def record_block(self, upto_block: int, at: datetime) -> None:
        """Write up to which block the transfers are in the journal."""
        self._insert("chain_reads", upto_block=upto_block, at=to_text(at))

    def record_redeem(
        self, condition_id: ConditionId, outcome: str, at: datetime, detail: str = ""
    ) -> None:
        """Write that a redeem is about to leave (``sent``), is ``done`` or has ``failed``."""
        self._file.check()
        self._insert(
            "redeems", condition_id=condition_id, outcome=outcome, at=to_text(at), detail=detail
        )

    def record_merge(
        self,
        market: Market,
        pairs: Shares,
        reason: MergeReason,
        outcome: str,
        *,
        at: datetime,
        detail: str = "",
    ) -> None:
        """Write that a merge is about to leave (``sent``), is ``done`` or has ``failed``."""
        self._file.check()
        self._insert(
            "merges",
            condition_id=market.condition_id,
            token_id=market.token_ids[0],
            complement_id=market.token_ids[1],
            shares_e6=to_e6(pairs),
            reason=reason.value,
            outcome=outcome,
            at=to_text(at),
            detail=detail,
        )

    def record_merged(
        self, positions: tuple[Position, Position], pairs: Shares, at: datetime
    ) -> None:
        """Write that pairs of two positions became 1 USD each, half of it for either side.

        Raises:
            InvariantError: More shares than are held.
        """
        half_e6 = to_e6(pairs) // 2
        parts = (half_e6, to_e6(pairs) - half_e6)
        with self.transaction():
            for position, cash_e6 in zip(positions, parts, strict=True):
                self._insert("journal", **journal.merge_row(position, pairs, cash_e6, at=at))
            self._current()

    def record_comparison(self, comparison: Comparison) -> None:
        """Put the last comparison of ledger and venue in the place of the one before."""
        with self.transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO comparison (id, at, body, mode) VALUES (1, ?, ?, ?)",
                [to_text(comparison.at), codec.encode(comparison).decode(), self.mode],
            )
