-- Limits of failed logins: when the bucket of a name or an address is full again. A row whose time is over means nothing. Names are those
-- of users, never what else was typed.
CREATE TABLE attempt (
    kind TEXT NOT NULL CHECK (kind IN ('name', 'address')),
    key TEXT NOT NULL,
    full_at INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
) WITHOUT ROWID;
