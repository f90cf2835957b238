-- The main file: positions, what is not a finding and no activity, and which period files there are.
CREATE TABLE ledger (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    -- The last record that was applied, and the latest time that a fact told.
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    last INTEGER NOT NULL
);
CREATE TABLE period (
    name TEXT PRIMARY KEY,
    shelf TEXT NOT NULL,
    begins INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    -- 0 when the file was dropped; how often, when last, and how many rows in all.
    kept INTEGER NOT NULL,
    dropped INTEGER NOT NULL DEFAULT 0,
    dropped_at INTEGER,
    dropped_rows INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
-- Facts that are few. `list` is the list of rules, kept once for all nodes that loaded the same.
CREATE TABLE fact (
    ledger INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    recorded INTEGER NOT NULL,
    kind TEXT NOT NULL,
    begins INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    node TEXT,
    run TEXT,
    finding TEXT,
    body TEXT NOT NULL,
    list INTEGER,
    PRIMARY KEY (ledger, seq)
) WITHOUT ROWID;
CREATE INDEX fact_kind ON fact (kind, begins);
CREATE INDEX fact_finding ON fact (finding) WHERE finding IS NOT NULL;
CREATE TABLE list (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    body TEXT NOT NULL
);
-- Observations; adjoining ones of the same kind are one row.
CREATE TABLE stretch (
    id INTEGER PRIMARY KEY,
    ledger INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    records INTEGER NOT NULL,
    node TEXT NOT NULL,
    run TEXT NOT NULL,
    begins INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    clock_least INTEGER NOT NULL,
    clock_most INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX stretch_run ON stretch (node, run, ends);
CREATE INDEX stretch_ends ON stretch (ends);
