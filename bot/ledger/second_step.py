"""SQL of the second step: what the chain shows. A released step is never edited."""

SECOND = """
CREATE TABLE journal_2 (              -- all that moves cash or shares; both sums are the truth
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN (
        'deposit', 'fill', 'correction', 'reversal', 'settlement', 'resolution', 'redemption',
        'external', 'adoption', 'undone'
    )),
    at TEXT NOT NULL,                 -- when it happened
    recorded_at TEXT NOT NULL,        -- when we learned of it
    event TEXT NOT NULL,
    condition_id TEXT NOT NULL,
    token_id TEXT NOT NULL,
    trade_id TEXT,                    -- fills, their corrections and reversals
    order_id TEXT REFERENCES orders (order_id),
    shares_e6 INTEGER NOT NULL,       -- into our wallet; negative out of it
    cash_e6 INTEGER NOT NULL,         -- into cash; negative out of it
    price_e6 INTEGER NOT NULL,        -- of a resolution: what one share pays
    fee_e6 INTEGER NOT NULL,
    is_maker INTEGER NOT NULL,
    note TEXT NOT NULL,
    mode TEXT NOT NULL,
    transfer_id TEXT,                 -- what the chain shows and no order of ours explains
    tx TEXT,
    block INTEGER
) STRICT;

INSERT INTO journal_2 SELECT *, NULL, NULL, NULL FROM journal;

DROP TABLE journal;

ALTER TABLE journal_2 RENAME TO journal;

CREATE UNIQUE INDEX journal_once ON journal (kind, trade_id, order_id)
    WHERE kind IN ('fill', 'reversal');

CREATE TABLE redeems (                -- written before a redeem leaves, and what came of it
    id INTEGER PRIMARY KEY,
    condition_id TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('sent', 'done', 'failed')),
    at TEXT NOT NULL,
    detail TEXT NOT NULL,
    mode TEXT NOT NULL
) STRICT;

CREATE TABLE chain_reads (            -- up to which block transfers are in the journal
    id INTEGER PRIMARY KEY,
    upto_block INTEGER NOT NULL,
    at TEXT NOT NULL,
    mode TEXT NOT NULL
) STRICT;

CREATE TABLE source (                 -- whose quotes this ledger's times and tokens belong to
    market_data TEXT NOT NULL,
    mode TEXT NOT NULL
) STRICT;

CREATE TABLE comparison (             -- the last one only, and no money: this row is replaced
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at TEXT NOT NULL,
    body TEXT NOT NULL,               -- JSON
    mode TEXT NOT NULL
) STRICT;

CREATE INDEX redeems_condition ON redeems (condition_id);
"""
