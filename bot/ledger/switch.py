"""Halt, resume and adopt from another process, while the daemon has the ledger open.

The one exception to one writer: a row in ``halts``, which the daemon reads before each order, or
two in ``journal``, which it counts at its next question. SQLite makes the two wait for each other.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import LedgerError
from bot.ledger.connection import explained, immediate, open_for_writing
from bot.ledger.fold import Fold
from bot.ledger.journal import plain_row
from bot.ledger.rows import insert, to_text
from bot.ledger.schema import check_current
from bot.model.units import ConditionId, EventId, Shares, TokenId, to_e6

if TYPE_CHECKING:
    from sqlite_utils import Database


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


def adopt(
    path: Path, token_id: TokenId, *, event: EventId, condition_id: ConditionId, at: datetime
) -> Shares:
    """Make the shares of a token that came from outside a hedge of ``event``; return how many.

    Raises:
        LedgerError: There are none, or there is no such ledger, or it cannot be written.
    """
    with _opened(path) as db:
        fold = Fold()
        fold.catch_up(db)
        foreign = fold.account(at).foreign
        shares = foreign.get(token_id, Shares(Decimal(0)))
        if shares <= 0:
            known = ", ".join(f"{size} of {token}" for token, size in foreign.items())
            raise LedgerError(
                f"ledger {path} knows of no shares of token {token_id} that came from outside;"
                f" it knows of {known or 'none at all'}"
            )
        for name, change_e6 in (("", -to_e6(shares)), (event, to_e6(shares))):
            row = plain_row(
                "adoption",
                at=at,
                event=name,
                condition_id=condition_id,
                token_id=token_id,
                shares_e6=change_e6,
                cash_e6=0,
                note="adopted",
            )
            insert(db, "journal", row | {"mode": _mode(db)})
        return shares


def _append(path: Path, *, kind: str, reason: str, at: datetime) -> None:
    with _opened(path) as db:
        row = {"kind": kind, "reason": reason, "at": to_text(at), "mode": _mode(db)}
        insert(db, "halts", row)


def _mode(db: "Database") -> str:
    return str(db.execute("SELECT mode FROM origin").fetchone()[0])


@contextmanager
def _opened(path: Path) -> Iterator["Database"]:
    """Open an existing ledger for one transaction."""
    if not path.exists():
        raise LedgerError(f"no ledger at {path}: start `polyhedge run` first, it makes one")
    with explained(path):
        db = open_for_writing(path)
        try:
            check_current(db, path=path)
            with immediate(db):
                yield db
        finally:
            db.close()
