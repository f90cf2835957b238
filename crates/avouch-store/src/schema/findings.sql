-- A month of findings.
CREATE TABLE own (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE position (ledger TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE text (
    kind INTEGER NOT NULL,
    id INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX text_text ON text (kind, text);
-- Narrow: what is filtered and counted, in blocks of up to 59 rows in order (`block.rs`); `slot` is that of the first.
CREATE TABLE block (slot INTEGER PRIMARY KEY, rows BLOB NOT NULL);
-- Wide: what is shown. `id` is a blob when it is 32 hex digits, as it should be.
CREATE TABLE finding (
    slot INTEGER PRIMARY KEY,
    id NOT NULL UNIQUE,
    recorded INTEGER NOT NULL,
    ledger INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    event INTEGER NOT NULL,
    run INTEGER NOT NULL,
    rules INTEGER NOT NULL,
    output TEXT NOT NULL,
    command TEXT,
    object TEXT,
    lost INTEGER,
    slice TEXT
);
-- To go on from a record of a ledger.
CREATE INDEX finding_seq ON finding (ledger, seq);
CREATE TABLE triage (
    slot INTEGER PRIMARY KEY,
    acknowledged INTEGER,
    acknowledged_by TEXT,
    decided INTEGER,
    decided_by TEXT,
    decision INTEGER,
    reason TEXT,
    incident TEXT,
    assigned INTEGER,
    assigned_by TEXT,
    assigned_to TEXT,
    notes INTEGER NOT NULL DEFAULT 0
);
-- No content of its own: a file is dropped as a whole, nothing in it is deleted.
CREATE VIRTUAL TABLE words USING fts5(text, content='', columnsize=0, tokenize='unicode61 remove_diacritics 0');
-- Roll-ups, all small. `n` counts what was not suppressed.
CREATE TABLE criterion_day (
    day INTEGER NOT NULL,
    criterion INTEGER NOT NULL,
    severity INTEGER NOT NULL,
    cluster INTEGER NOT NULL,
    n INTEGER NOT NULL,
    suppressed INTEGER NOT NULL,
    touched INTEGER NOT NULL,
    PRIMARY KEY (day, criterion, severity, cluster)
) WITHOUT ROWID;
CREATE TABLE severity_hour (
    hour INTEGER NOT NULL,
    severity INTEGER NOT NULL,
    cluster INTEGER NOT NULL,
    n INTEGER NOT NULL,
    suppressed INTEGER NOT NULL,
    -- Neither suppressed nor dealt with: the one number that also falls.
    open INTEGER NOT NULL,
    PRIMARY KEY (hour, severity, cluster)
) WITHOUT ROWID;
CREATE TABLE rule_day (
    day INTEGER NOT NULL,
    rule INTEGER NOT NULL,
    cluster INTEGER NOT NULL,
    n INTEGER NOT NULL,
    suppressed INTEGER NOT NULL,
    PRIMARY KEY (day, rule, cluster)
) WITHOUT ROWID;
CREATE TABLE acceptance_day (
    day INTEGER NOT NULL,
    acceptance INTEGER NOT NULL,
    rule INTEGER NOT NULL,
    suppressed INTEGER NOT NULL,
    PRIMARY KEY (day, acceptance, rule)
) WITHOUT ROWID;
