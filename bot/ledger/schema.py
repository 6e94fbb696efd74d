"""Brings a ledger's tables up to date, and refuses a file that is not the ledger it should be."""

from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import LedgerError
from bot.ledger.connection import without_pandas
from bot.ledger.steps import STEPS

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations


def migrations() -> "Migrations":
    """Return the steps as sqlite-utils wants them."""
    with without_pandas():
        from sqlite_utils import Migrations

    found = Migrations("polyhedge")
    for step in STEPS:
        found(name=step.__name__.strip("_"))(step)
    return found


def bring_up_to_date(db: "Database", *, path: Path) -> None:
    """Apply the steps that are missing.

    Raises:
        LedgerError: The ledger was written by a newer program, or the file by another one.
    """
    check_ours(db, path=path)
    known = migrations()
    ours = {step.__name__.strip("_") for step in STEPS}
    newer = [step.name for step in known.applied(db) if step.name not in ours]
    if newer:
        raise LedgerError(
            f"ledger {path} was written by a newer polyhedge (it has step {newer[-1]}, which this"
            " version does not know); run that version or a later one"
        )
    if known.pending(db):
        known.apply(db)


def check_ours(db: "Database", *, path: Path) -> None:
    """Refuse a database that has tables and none of ours: it belongs to another program.

    Raises:
        LedgerError: It is no ledger.
    """
    tables = db.table_names()
    if tables and "_sqlite_migrations" not in tables:
        raise LedgerError(
            f"ledger {path}: the file is a database of another program; name another file as"
            " `ledger:` in config.yaml"
        )


def check_current(db: "Database", *, path: Path) -> None:
    """Refuse a ledger whose tables are not exactly those of this version.

    Raises:
        LedgerError: It is older or newer, or no ledger, or none yet.
    """
    check_ours(db, path=path)
    if not db.table_names():
        raise LedgerError(
            f"ledger {path} is empty: `polyhedge run` makes its tables as it starts; ask again then"
        )
    steps = [step.name for step in migrations().applied(db)]
    if steps != [step.__name__.strip("_") for step in STEPS]:
        raise LedgerError(
            f"ledger {path} was written by another version of polyhedge; `polyhedge run` of this"
            " version brings an older one up to date, a newer one needs the newer program"
        )


def check_origin(db: "Database", *, path: Path, mode: str, market_data: str) -> None:
    """Refuse a ledger of another mode or of other quotes; give a new one both.

    Raises:
        LedgerError: It was made in another mode, or with quotes from elsewhere.
    """
    row = db.execute("SELECT mode FROM origin").fetchone()
    if row is None:
        db.execute("INSERT INTO origin (mode) VALUES (?)", [mode])
    elif row[0] != mode:
        raise LedgerError(
            f"ledger {path} was made in mode {row[0]} and this is mode {mode}; they are never"
            " mixed. Name another file as `ledger:` in config.yaml"
        )
    row = db.execute("SELECT market_data FROM source").fetchone()
    if row is None and market_data:
        db.execute("INSERT INTO source (market_data, mode) VALUES (?, ?)", [market_data, mode])
    elif row is not None and market_data not in ("", row[0]):
        raise LedgerError(
            f"ledger {path} was made with market_data {row[0]} and this is {market_data}: their"
            " tokens, books and times have nothing in common. Name another file as `ledger:` in"
            " config.yaml"
        )
