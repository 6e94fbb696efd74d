"""The tables of the ledger, made and changed by small named steps only.

Money is ``INTEGER ..._e6`` (millionths) in ``STRICT`` tables, time is ISO 8601 text in UTC with Z.
No row that tells of money is ever changed or removed: triggers refuse it. A correction is a row.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import LedgerError
from bot.ledger.record import TRACK_RECORD

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations

_FIRST = """
CREATE TABLE origin (
    mode TEXT NOT NULL
) STRICT;

CREATE TABLE cycles (
    id INTEGER PRIMARY KEY,
    cycle INTEGER NOT NULL UNIQUE,
    at TEXT NOT NULL,
    duration_ms REAL NOT NULL,
    counts TEXT NOT NULL,             -- JSON object of whole numbers
    mode TEXT NOT NULL
) STRICT;

CREATE TABLE strategies (
    digest TEXT PRIMARY KEY,
    event TEXT NOT NULL,
    text TEXT NOT NULL,
    mode TEXT NOT NULL
) STRICT;

CREATE TABLE decisions (
    cycle INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    version TEXT NOT NULL,
    view_digest TEXT NOT NULL,
    strategies TEXT NOT NULL,         -- JSON array of [path, digest]
    body BLOB NOT NULL,               -- the decision, zlib of JSON
    mode TEXT NOT NULL
) STRICT;

CREATE TABLE views (
    cycle INTEGER PRIMARY KEY REFERENCES decisions (cycle),
    at TEXT NOT NULL,
    body BLOB NOT NULL,               -- zlib of JSON; its large parts stand in parts
    mode TEXT NOT NULL
) STRICT;

CREATE TABLE parts (                  -- markets, levels of books, holdings: stored when they change
    id INTEGER PRIMARY KEY,
    day TEXT NOT NULL,                -- views refer to parts of their own day only
    digest BLOB NOT NULL,
    body BLOB NOT NULL,
    mode TEXT NOT NULL,
    UNIQUE (day, digest)
) STRICT;

CREATE TABLE memories (
    id INTEGER PRIMARY KEY,
    event TEXT NOT NULL,
    cycle INTEGER NOT NULL,
    body TEXT NOT NULL,               -- JSON
    mode TEXT NOT NULL
) STRICT;

CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    client_order_id TEXT NOT NULL UNIQUE,
    order_id TEXT NOT NULL UNIQUE,
    cycle INTEGER NOT NULL,
    event TEXT NOT NULL,
    condition_id TEXT NOT NULL,
    token_id TEXT NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
    size_e6 INTEGER NOT NULL,
    limit_e6 INTEGER NOT NULL,
    fee_e6 INTEGER NOT NULL,          -- most that the venue can charge
    order_type TEXT NOT NULL,
    purpose TEXT NOT NULL,
    post_only INTEGER NOT NULL,
    expires_at TEXT,
    unit TEXT NOT NULL,
    benefit_usd_est REAL NOT NULL,
    cost_usd_est REAL NOT NULL,
    body BLOB NOT NULL,               -- the exact bytes to be posted
    made_at TEXT NOT NULL,
    mode TEXT NOT NULL
) STRICT;

CREATE TABLE order_events (
    id INTEGER PRIMARY KEY,
    client_order_id TEXT NOT NULL REFERENCES orders (client_order_id),
    status TEXT NOT NULL,
    at TEXT NOT NULL,
    detail TEXT NOT NULL,
    mode TEXT NOT NULL
) STRICT;

CREATE TABLE cancels (
    id INTEGER PRIMARY KEY,
    order_id TEXT NOT NULL,
    at TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('cancelled', 'refused', 'unknown')),
    detail TEXT NOT NULL,
    mode TEXT NOT NULL
) STRICT;

CREATE TABLE withheld (
    id INTEGER PRIMARY KEY,
    client_order_id TEXT NOT NULL,
    event TEXT NOT NULL,
    token_id TEXT NOT NULL,
    side TEXT NOT NULL,
    size_e6 INTEGER NOT NULL,
    limit_e6 INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at TEXT NOT NULL,
    mode TEXT NOT NULL
) STRICT;

CREATE TABLE journal (                -- all that moves cash or shares; both sums are the truth
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('deposit', 'fill', 'reversal', 'settlement')),
    at TEXT NOT NULL,                 -- when it happened
    recorded_at TEXT NOT NULL,        -- when we learned of it
    event TEXT NOT NULL,
    condition_id TEXT NOT NULL,
    token_id TEXT NOT NULL,
    trade_id TEXT,                    -- fills and reversals
    order_id TEXT REFERENCES orders (order_id),
    shares_e6 INTEGER NOT NULL,       -- into the position; negative out of it
    cash_e6 INTEGER NOT NULL,         -- into cash; negative out of it
    price_e6 INTEGER NOT NULL,
    fee_e6 INTEGER NOT NULL,
    is_maker INTEGER NOT NULL,
    note TEXT NOT NULL,
    mode TEXT NOT NULL,
    UNIQUE (kind, trade_id, order_id)
) STRICT;

CREATE TABLE fill_events (            -- how far a fill has come on chain
    id INTEGER PRIMARY KEY,
    trade_id TEXT NOT NULL,
    order_id TEXT NOT NULL REFERENCES orders (order_id),
    settlement TEXT NOT NULL,
    at TEXT NOT NULL,
    mode TEXT NOT NULL
) STRICT;

CREATE TABLE halts (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('halt', 'resume')),
    reason TEXT NOT NULL,
    at TEXT NOT NULL,
    mode TEXT NOT NULL
) STRICT;

CREATE TABLE lifecycle (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    event TEXT NOT NULL,
    at TEXT NOT NULL,
    text TEXT NOT NULL,
    mode TEXT NOT NULL
) STRICT;

CREATE TABLE standing (               -- what is amiss, a row at each change; the last one stands
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    body TEXT NOT NULL,
    mode TEXT NOT NULL
) STRICT;

CREATE INDEX fill_events_key ON fill_events (trade_id, order_id);
CREATE INDEX orders_cycle ON orders (cycle);
CREATE INDEX lifecycle_kind ON lifecycle (kind);
CREATE INDEX views_at ON views (at);
"""

_APPEND_ONLY = (
    "cycles", "strategies", "decisions", "memories", "orders", "order_events", "cancels",
    "withheld", "journal", "fill_events", "halts", "lifecycle", "standing",
    "origin",
)  # fmt: skip


def _m001_first_tables(db: "Database") -> None:
    """Make all tables, and let only views and their parts be dropped."""
    for statement in filter(str.strip, _FIRST.split(";\n")):
        db.execute(statement)
    _refuse_changes(db, *_APPEND_ONLY)


def _refuse_changes(db: "Database", *tables: str) -> None:
    """Let rows of these tables be added only."""
    for table in tables:
        for verb in ("UPDATE", "DELETE"):
            db.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} BEGIN"
                f" SELECT RAISE(ABORT, '{table} is append-only: a correction is a new row'); END"
            )


def _m003_track_record(db: "Database") -> None:
    """Make the tables of what was forecast and what came of it."""
    for statement in filter(str.strip, TRACK_RECORD.split(";\n")):
        db.execute(statement)
    _refuse_changes(db, "forecasts", "outcomes")


STEPS = (_m001_first_tables, _m003_track_record)
"""In this order, for ever: a released step is never edited."""


def migrations() -> "Migrations":
    """Return the steps as sqlite-utils wants them."""
    from sqlite_utils import Migrations

    found = Migrations("polyhedge")
    for step in STEPS:
        found(name=step.__name__.strip("_"))(step)
    return found


def bring_up_to_date(db: "Database", *, path: Path) -> None:
    """Apply the steps that are missing, each in its own transaction.

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
        LedgerError: It is older or newer, or no ledger.
    """
    check_ours(db, path=path)
    steps = [step.name for step in migrations().applied(db)]
    if steps != [step.__name__.strip("_") for step in STEPS]:
        raise LedgerError(
            f"ledger {path} was written by another version of polyhedge; `polyhedge run` of this"
            " version brings an older one up to date, a newer one needs the newer program"
        )


def check_mode(db: "Database", *, path: Path, mode: str) -> None:
    """Refuse a ledger of another mode; give a new one its mode.

    Raises:
        LedgerError: It was made in another mode.
    """
    row = db.execute("SELECT mode FROM origin").fetchone()
    if row is None:
        db.execute("INSERT INTO origin (mode) VALUES (?)", [mode])
    elif row[0] != mode:
        raise LedgerError(
            f"ledger {path} was made in mode {row[0]} and this is mode {mode}; they are never"
            " mixed. Name another file as `ledger:` in config.yaml"
        )
