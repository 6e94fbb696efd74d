"""Halt and resume from another process, while the daemon has the ledger open.

The one exception to one writer: a single row in ``halts``, which the daemon reads before each
order. SQLite makes the two wait for each other.
"""

from datetime import datetime
from pathlib import Path

from bot.errors import LedgerError
from bot.ledger.connection import explained, immediate, open_for_writing
from bot.ledger.rows import to_text
from bot.ledger.schema import check_current


def halt(path: Path, *, reason: str, at: datetime) -> None:
    """Halt trading on this ledger until ``resume``.

    Raises:
        LedgerError: There is no such ledger, or it cannot be written.
    """
    _append(path, kind="halt", reason=reason, at=at)


def resume(path: Path, *, reason: str, at: datetime) -> None:
    """Let trading on this ledger go on.

    Raises:
        LedgerError: There is no such ledger, or it cannot be written.
    """
    _append(path, kind="resume", reason=reason, at=at)


def _append(path: Path, *, kind: str, reason: str, at: datetime) -> None:
    if not path.exists():
        raise LedgerError(f"no ledger at {path}: start `polyhedge run` first, it makes one")
    with explained(path):
        db = open_for_writing(path)
        try:
            check_current(db, path=path)
            with immediate(db):
                db.execute(
                    "INSERT INTO halts (kind, reason, at, mode) SELECT ?, ?, ?, mode FROM origin",
                    [kind, reason, to_text(at)],
                )
        finally:
            db.close()
