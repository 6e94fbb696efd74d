"""The tables' third step: the journal may hold merges, and each that was sent is remembered."""

THIRD = """
CREATE TABLE journal_3 (              -- all that moves cash or shares; both sums are the truth
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN (
        'deposit', 'fill', 'correction', 'reversal', 'settlement', 'resolution', 'redemption',
        'external', 'adoption', 'undone', 'merge'
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

INSERT INTO journal_3 SELECT * FROM journal;

DROP TABLE journal;

ALTER TABLE journal_3 RENAME TO journal;

CREATE UNIQUE INDEX journal_once ON journal (kind, trade_id, order_id)
    WHERE kind IN ('fill', 'reversal');

CREATE TABLE merges (                 -- written before a merge leaves, and what came of it
    id INTEGER PRIMARY KEY,
    condition_id TEXT NOT NULL,
    token_id TEXT NOT NULL,           -- the two of a pair
    complement_id TEXT NOT NULL,
    shares_e6 INTEGER NOT NULL,       -- pairs asked for
    reason TEXT NOT NULL,             -- why there are pairs at all
    outcome TEXT NOT NULL CHECK (outcome IN ('sent', 'done', 'failed')),
    at TEXT NOT NULL,
    detail TEXT NOT NULL,
    mode TEXT NOT NULL
) STRICT;

CREATE INDEX merges_condition ON merges (condition_id);
"""
