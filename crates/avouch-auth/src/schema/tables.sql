-- Times are ns since 1970 UTC. No column holds a secret that could be used: passwords as Argon2id, everything else as SHA-256 of 256 random bits.
CREATE TABLE user (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    -- A removed user stays by name, since evidence names people.
    state TEXT NOT NULL CHECK (state IN ('enabled', 'disabled', 'removed')),
    role TEXT NOT NULL CHECK (role IN ('admin', 'analyst', 'auditor')),
    period_from INTEGER,
    period_to INTEGER,
    -- In PHC form; NULL when there is no login by password.
    password TEXT,
    made INTEGER NOT NULL,
    last_login INTEGER
);
-- Who a user is for a provider of OpenID Connect.
CREATE TABLE identity (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    user INTEGER NOT NULL REFERENCES user (id),
    PRIMARY KEY (issuer, subject)
) WITHOUT ROWID;
CREATE INDEX identity_user ON identity (user);
-- One-time links that are still to be used: for the first admin when `user` is NULL, else for the user's password.
CREATE TABLE link (
    hash BLOB PRIMARY KEY,
    user INTEGER REFERENCES user (id),
    expires INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE session (
    hash BLOB PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    user INTEGER NOT NULL REFERENCES user (id),
    made INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    address TEXT NOT NULL,
    agent TEXT NOT NULL,
    -- How the user logged in: `password`, `link`, `oidc`.
    means TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX session_user ON session (user, made);
CREATE TABLE token (
    id TEXT PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    node TEXT,
    made INTEGER NOT NULL,
    made_by TEXT NOT NULL COLLATE NOCASE,
    expires INTEGER,
    last_used INTEGER,
    revoked INTEGER
) WITHOUT ROWID;
CREATE UNIQUE INDEX token_name ON token (name) WHERE revoked IS NULL;
-- Who looked at what, and who failed to log in.
CREATE TABLE access (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    time INTEGER NOT NULL,
    who TEXT NOT NULL,
    role TEXT NOT NULL,
    address TEXT NOT NULL,
    what TEXT NOT NULL,
    query TEXT NOT NULL
);
CREATE INDEX access_time ON access (time);
CREATE INDEX access_who ON access (who, time);
-- Facts of changes that the ledger does not have yet.
CREATE TABLE owed (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
);
