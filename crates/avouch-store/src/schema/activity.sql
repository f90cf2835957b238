-- A day of activity.
CREATE TABLE own (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE position (ledger TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE text (
    kind INTEGER NOT NULL,
    id INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX text_text ON text (kind, text);
CREATE TABLE block (slot INTEGER PRIMARY KEY, rows BLOB NOT NULL);
-- `text` is the command line, `address:port` or path; `rest` is the fact without it and without what the key holds.
CREATE TABLE activity (
    slot INTEGER PRIMARY KEY,
    ledger INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    text TEXT NOT NULL,
    rest TEXT NOT NULL
);
CREATE VIRTUAL TABLE words USING fts5(text, content='', columnsize=0, tokenize='unicode61 remove_diacritics 0');
