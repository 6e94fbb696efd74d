"""The steps that made the tables what they are: in this order, for ever. A released one stays.

Money is ``INTEGER ..._e6`` (millionths) in ``STRICT`` tables, time is ISO 8601 text in UTC with Z.
No row that tells of money is ever changed or removed: triggers refuse it. A correction is a row.
"""

from typing import TYPE_CHECKING

from bot.ledger.equity import EQUITY
from bot.ledger.record import TRACK_RECORD
from bot.ledger.second_step import SECOND
from bot.ledger.third_step import THIRD

if TYPE_CHECKING:
    from sqlite_utils import Database

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
    _run(db, _FIRST)
    for table in _APPEND_ONLY:
        _seal(db, table)


def _m002_what_the_chain_shows(db: "Database") -> None:
    """Let the journal hold what no order explains, and remember how far the chain was read."""
    _run(db, SECOND)
    for table in ("journal", "redeems", "chain_reads", "source"):
        _seal(db, table)


def _m003_pairs_are_merged(db: "Database") -> None:
    """Let the journal hold merges, and remember each that was sent."""
    _run(db, THIRD)
    for table in ("journal", "merges"):
        _seal(db, table)


def _m004_track_record(db: "Database") -> None:
    """Make the tables of what was forecast and what came of it."""
    _run(db, TRACK_RECORD)
    for table in ("forecasts", "outcomes"):
        _seal(db, table)


def _m005_equity(db: "Database") -> None:
    """Make the tables of what all was worth each day, and of what a backtest was made of."""
    _run(db, EQUITY)
    for table in ("equity", "covers", "runs"):
        _seal(db, table)


def _run(db: "Database", script: str) -> None:
    for statement in filter(str.strip, script.split(";\n")):
        db.execute(statement)


def _seal(db: "Database", table: str) -> None:
    for verb in ("UPDATE", "DELETE"):
        db.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} BEGIN"
            f" SELECT RAISE(ABORT, '{table} is append-only: a correction is a new row'); END"
        )


STEPS = (
    _m001_first_tables,
    _m002_what_the_chain_shows,
    _m003_pairs_are_merged,
    _m004_track_record,
    _m005_equity,
)
