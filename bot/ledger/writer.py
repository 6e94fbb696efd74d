"""The daemon's own ledger: everything that happens is written before anything depends on it."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from bot.errors import InvariantError
from bot.ledger import archive, checks, codec, journal, rows
from bot.ledger.connection import (
    WriterLock,
    explained,
    immediate,
    open_for_writing,
    tidy,
    unsynced,
)
from bot.ledger.outside import Outside
from bot.ledger.rows import to_text
from bot.ledger.schema import bring_up_to_date, check_origin
from bot.model.decision import Decision
from bot.model.orders import (
    CancelResult,
    Fill,
    LiveOrder,
    OrderIntent,
    OrderStatus,
    PreparedOrder,
    SubmitResult,
    TradeSettlement,
)
from bot.model.strategy import Strategy
from bot.model.units import ClientOrderId, EventId, OrderId
from bot.model.view import View

_REOPENED = (OrderStatus.DEAD, OrderStatus.REJECTED, OrderStatus.CANCELLED, OrderStatus.EXPIRED)


class Ledger(Outside):
    """A ledger that may also write: one per file, one connection, one thread.

    Each ``record_...`` is one transaction and on disk when it returns, but for a decision that is
    recorded ``with_next``: that is on disk when the next one is. Several belong together inside
    ``transaction``. If writing fails, nothing of the transaction is there, and state in
    memory is what the rows say.
    """

    @classmethod
    def open(cls, path: Path, *, mode: str, market_data: str = "", durable: bool = True) -> Self:
        """Open or make the ledger at ``path``.

        Args:
            path: The file.
            mode: How the program runs; a ledger keeps the mode it was made in.
            market_data: Where its quotes come from, which it keeps too; empty: not looked at.
            durable: Whether what is written outlives a power cut. False is for what can be made
                again, such as a replay: a killed process loses nothing then either.

        Raises:
            LedgerError: It is in use, of another mode or a newer version, damaged, or its folder
                cannot be written; the message says what to do.
        """
        lock = WriterLock(path)
        try:
            with explained(path):
                db = open_for_writing(path, durable=durable)
                try:
                    with immediate(db):  # who reads meanwhile sees none of it, or all
                        bring_up_to_date(db, path=path)
                        check_origin(db, path=path, mode=mode, market_data=market_data)
                    ledger = cls(db=db, path=path, mode=mode, lock=lock)
                    ledger.totals()  # reads every row of money once
                except BaseException:
                    db.close()
                    raise
        except BaseException:
            lock.release()
            raise
        return ledger

    def record_cycle(
        self, cycle: int, at: datetime, *, duration_ms: float, counts: Mapping[str, int]
    ) -> None:
        """Write that a cycle ended, and what it did."""
        self._file.check()
        self._lock.beat()
        body = codec.encode(dict(counts)).decode()
        with explained(self.path):
            tidy(self._db)  # before this row: the first commit after it makes the disk wait twice
        self._insert("cycles", cycle=cycle, at=to_text(at), duration_ms=duration_ms, counts=body)

    def record_standing(self, amiss: Mapping[str, str], at: datetime) -> None:
        """Write what is amiss now, if that has changed: what it concerns -> why."""
        with self.transaction():
            if self.standing() != dict(amiss):
                body = codec.encode(dict(amiss)).decode()
                self._insert("standing", at=to_text(at), body=body)

    def record_decision(
        self,
        view: View,
        decision: Decision,
        strategies: Sequence[Strategy],
        *,
        with_next: bool = False,
    ) -> None:
        """Write what a cycle knew and concluded, with the strategy files it used.

        Args:
            view: What was known.
            decision: What was concluded.
            strategies: In force.
            with_next: Whether the disk need not confirm it before it confirms what is written
                next, which saves one of two waits where an order follows at once.
        """
        with unsynced(self._db) if with_next else nullcontext(), self.transaction():
            self._diary.write(view, decision, strategies)

    def record_memories(self, decision: Decision) -> None:
        """Write what a quiet cycle leaves behind, which is nothing if no memory changed."""
        with self.transaction():
            self._diary.write_memories(decision)

    def prune(self, now: datetime, keep: timedelta) -> int:
        """Drop views of days older than ``keep`` that led to no order; return how many.

        Their decisions and digests stay, and so does every row that tells of money.
        """
        with self.transaction():
            dropped = archive.drop_views(self._db, before=to_text(now - keep)[:10])
            self._diary.forget()
            return dropped

    def record_submitting(self, prepared: PreparedOrder, *, cycle: int) -> None:
        """Write an order with its exact bytes before it leaves.

        Raises:
            InvariantError: This order was written before; it must not leave a second time.
        """
        self._file.check()
        intent = prepared.intent
        with self.transaction():
            fold = self._current()
            if intent.client_order_id in fold.order_ids or prepared.order_id in fold.orders:
                raise InvariantError(
                    f"order {prepared.order_id} (client order id {intent.client_order_id}) is in"
                    " the ledger already; it must not be sent a second time"
                )
            self._insert("orders", **rows.order_row(prepared, cycle=cycle))
            self._add_status(
                intent.client_order_id, OrderStatus.SUBMITTING, prepared.made_at, detail=""
            )

    def record_result(
        self, client_order_id: ClientOrderId, result: SubmitResult, at: datetime
    ) -> None:
        """Write what the venue said of a submit."""
        status, detail = rows.status_of(result)
        self.record_status(client_order_id, status, at, detail)

    def record_status(
        self, client_order_id: ClientOrderId, status: OrderStatus, at: datetime, detail: str
    ) -> None:
        """Write what became of an order; the same status again writes nothing.

        Raises:
            InvariantError: The order is not ours, or it has ended and this is not an ``OPEN``
                with the reason why it lives again.
        """
        with self.transaction():
            order = self._order(client_order_id)
            if order.status is status:
                return
            checks.check_status(order, status, detail=detail)
            self._add_status(client_order_id, status, at, detail=detail)

    def record_cancel(self, order_id: OrderId, result: CancelResult | str, at: datetime) -> None:
        """Write what the venue said of a cancel; text means that its answer is not known."""
        if isinstance(result, str):
            outcome, detail = "unknown", result
        else:
            outcome, detail = "cancelled" if result.cancelled else "refused", result.detail
        self._insert("cancels", order_id=order_id, at=to_text(at), outcome=outcome, detail=detail)

    def record_withheld(self, intent: OrderIntent, at: datetime, reason: str) -> None:
        """Write that an approved intent was not sent, and why."""
        self._insert("withheld", **rows.withheld_row(intent, at=at, reason=reason))

    def record_fill(self, fill: Fill, at: datetime) -> bool:
        """Write a fill, or what is new of a known one; return whether there was anything new.

        A failed fill is taken back, and one of which the chain tells other figures is corrected, by
        a row of its own. A fill of an order that was thought to have ended opens it again.

        Raises:
            InvariantError: The order is not ours, or the fill contradicts it or what was recorded.
        """
        with self.transaction():
            fold = self._current()
            order = checks.ours(fold.orders.get(fill.order_id), fill)
            known = fold.fills.get((fill.trade_id, fill.order_id))
            if known is None:
                checks.check_fill(fill, order)
                self._add_fill(fill, order, at)
            elif not checks.is_news(known, fill, order):
                return False
            if fill.settlement is not TradeSettlement.FAILED or known is None:
                self._correct(fill, order, at)
            before = TradeSettlement.MATCHED if known is None else known.settlement
            if fill.settlement is not before:
                self._add_settlement(fill, order, at)
            self._current()
            return True

    def record_halt(self, reason: str, at: datetime) -> None:
        """Halt trading until ``record_resume``, also after a restart."""
        self._insert("halts", kind="halt", reason=reason, at=to_text(at))

    def record_resume(self, reason: str, at: datetime) -> None:
        """Let trading go on."""
        self._insert("halts", kind="resume", reason=reason, at=to_text(at))

    def record_lifecycle(self, kind: str, event: EventId, at: datetime, text: str) -> None:
        """Write that a hedge was opened, rolled, closed, settled or refused."""
        self._insert("lifecycle", kind=kind, event=event, at=to_text(at), text=text)

    def _order(self, client_order_id: ClientOrderId) -> LiveOrder:
        fold = self._current()
        order_id = fold.order_ids.get(client_order_id)
        if order_id is None:
            raise InvariantError(f"no order with client order id {client_order_id} in the ledger")
        return fold.orders[order_id]

    def _add_status(
        self, client_order_id: ClientOrderId, status: OrderStatus, at: datetime, *, detail: str
    ) -> None:
        self._insert(
            "order_events",
            client_order_id=client_order_id,
            status=status.value,
            at=to_text(at),
            detail=detail,
        )

    def _add_fill(self, fill: Fill, order: LiveOrder, at: datetime) -> None:
        self._insert("journal", **journal.fill_row(fill, order, at=at))
        ended = order.status in _REOPENED and fill.settlement is not TradeSettlement.FAILED
        if ended:
            reason = f"trade {fill.trade_id} appeared although it was {order.status.value}"
            self._add_status(order.client_order_id, OrderStatus.OPEN, at, detail=reason)

    def _correct(self, fill: Fill, order: LiveOrder, at: datetime) -> None:
        """Add what is missing between the booked figures of a fill and these."""
        booked = self._current().fills[fill.trade_id, fill.order_id]
        if checks.figures(booked) != checks.figures(fill):
            self._insert("journal", **journal.correction_row(booked, fill, order, at=at))

    def _add_settlement(self, fill: Fill, order: LiveOrder, at: datetime) -> None:
        self._insert(
            "fill_events",
            trade_id=fill.trade_id,
            order_id=fill.order_id,
            settlement=fill.settlement.value,
            at=to_text(at),
        )
        if fill.settlement is TradeSettlement.FAILED:
            booked = self._current().fills[fill.trade_id, fill.order_id]
            self._insert("journal", **journal.reversal_row(booked, order, at=at))
