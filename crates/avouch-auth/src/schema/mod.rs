//! Versions of the database's schema, and the way from each to the next.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::error::{Error, Result};

/// Version of the schema that this program reads and writes; in the header of the file (`user_version`).
pub(crate) const VERSION: u32 = 2;

/// From a version to the next one. The step to a new version comes here, with a sample of the version before it in `tests/samples`.
fn upgrade(from: u32, conn: &Connection) -> rusqlite::Result<()> {
    match from {
        0 => conn.execute_batch(include_str!("tables.sql")),
        1 => conn.execute_batch(include_str!("attempts.sql")),
        _ => Ok(()),
    }
}

/// How long a statement waits for another connection, of this program or of the operator's.
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens the database, made new when it is not there, upgraded when it is of an earlier version.
pub(crate) fn open(path: &Path) -> Result<Connection> {
    // Made here first, so that nobody else can read it at any time; the engine gives its side files the same mode.
    OpenOptions::new().create(true).append(true).mode(0o600).open(path).map_err(|source| Error::File {
        act: "make",
        path: path.to_owned(),
        source,
    })?;
    let failed = |act| move |source| Error::Database { act, path: path.to_owned(), source };
    let connect = || -> rusqlite::Result<_> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(path, flags)?;
        conn.busy_timeout(PATIENCE)?;
        conn.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
        // What was answered is on the disk: a session that was revoked stays so when the power fails.
        conn.pragma_update(None, "synchronous", "full")?;
        conn.pragma_update(None, "foreign_keys", true)?;
        conn.pragma_update(None, "trusted_schema", false)?;
        // Rows that are deleted are overwritten: hashes of old passwords do not stay behind.
        conn.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
        conn.set_prepared_statement_cache_capacity(64);
        Ok(conn)
    };
    let mut conn = connect().map_err(failed("open the accounts"))?;
    let bring_up = |conn: &mut Connection| -> rusqlite::Result<u32> {
        // Read within the transaction: another process may be making the same file.
        let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let found = tx.query_row("PRAGMA user_version", [], |r| r.get(0))?;
        for from in found..VERSION {
            upgrade(from, &tx)?;
        }
        if found < VERSION {
            tx.pragma_update(None, "user_version", VERSION)?;
        }
        tx.commit()?;
        Ok(found)
    };
    let found = bring_up(&mut conn).map_err(failed("bring the schema up to date"))?;
    if found > VERSION {
        return Err(Error::Newer { path: path.to_owned(), found, known: VERSION });
    }
    Ok(conn)
}
