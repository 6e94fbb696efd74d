"""What every part of the writing ledger stands on: one lock, one transaction, one insert."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.ledger import rows
from bot.ledger.connection import FileInPlace, WriterLock, explained, immediate
from bot.ledger.diary import Diary
from bot.ledger.equity import EquityDiary, encode_run
from bot.ledger.fold import Fold
from bot.ledger.questions import Questions
from bot.ledger.record import TrackRecord
from bot.model.decision import Decision
from bot.model.units import EventId
from bot.model.view import EventMemory, View

if TYPE_CHECKING:
    from sqlite_utils import Database


class Writing(Questions):
    """An open ledger with its lock; what is written is written in transactions."""

    def __init__(self, *, db: "Database", path: Path, mode: str, lock: WriterLock) -> None:
        super().__init__(db=db, path=path, mode=mode)
        self._lock = lock
        self._diary = Diary(db=db, mode=mode)
        self.track_record = TrackRecord(db=db, mode=mode, transaction=self.transaction)
        self._equity = EquityDiary(db=db, mode=mode, transaction=self.transaction)
        self._file = FileInPlace(path)

    def close(self) -> None:
        """Let go of file and lock; may be called twice."""
        super().close()
        self._lock.release()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all that is written inside one atomic step; may be nested."""
        try:
            with explained(self.path), immediate(self._db):
                yield
        except BaseException:
            self._fold = Fold()  # rebuilt from what is left, at the next question
            self._diary.forget()
            self.track_record.forget()
            self._equity.forget()
            raise

    def memories(self) -> dict[EventId, EventMemory]:
        """Return what the last decision left behind for each event."""
        with explained(self.path):
            return dict(self._diary.memories())

    def record_equity(self, view: View, decision: Decision) -> None:
        """Write what all was worth and how far each event was covered, once a UTC day."""
        if self._equity.is_due(view):
            deposited = self._current().books.totals().deposited_usd
            self._equity.write(view, decision, deposited_usd=deposited)

    def record_run(self, record: object, at: datetime) -> None:
        """Write what a backtest was made of and what it found."""
        self._insert("runs", at=rows.to_text(at), body=encode_run(record))

    def _insert(self, table: str, **columns: object) -> None:
        row = columns | {"mode": self.mode}
        if self._db.conn.in_transaction:  # one statement needs no savepoint of its own
            with explained(self.path):
                rows.insert(self._db, table, row)
            return
        with self.transaction():
            rows.insert(self._db, table, row)
