"""The ledger as `status`, `explain` and the report see it: read only, beside a running daemon."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from bot.ledger.connection import explained, open_for_reading
from bot.ledger.questions import Questions
from bot.ledger.schema import check_current


def is_made(path: Path) -> bool:
    """Whether there is a ledger: a first start that was cut short leaves a file without tables.

    Raises:
        LedgerError: What is there cannot be read.
    """
    if not path.exists():
        return False
    with explained(path):
        db = open_for_reading(path)
        try:
            return bool(db.table_names())
        finally:
            db.close()


class LedgerReader(Questions):
    """A ledger that can only be read; it needs no lock and keeps nobody waiting."""

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open an existing ledger.

        Raises:
            LedgerError: There is none, it cannot be read, or it is of another version.
        """
        with explained(path):
            db = open_for_reading(path)
            try:
                check_current(db, path=path)
                mode = str(db.execute("SELECT mode FROM origin").fetchone()[0])
            except BaseException:
                db.close()
                raise
        return cls(db=db, path=path, mode=mode)

    def written_at(self) -> datetime:
        """Return when a daemon last ended a cycle here or began, by the machine's clock, aware UTC.

        A cycle's own time is simulated in practice and replay, and others write to this file too.
        """
        lock = self.path.with_name(f"{self.path.name}.lock")
        seen = lock if lock.exists() else self.path
        return datetime.fromtimestamp(seen.stat().st_mtime, UTC)
