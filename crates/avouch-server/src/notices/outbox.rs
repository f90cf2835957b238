//! What the notifier has still to do, in one SQLite file: a few rows that change with it, and stay few.
//!
//! What was kept outlives the process, however it ends. When the power fails, the last moments may be missing: the file is then
//! as it was before them, and what was told in them is told again.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use avouch_notify::{Change, Memory, MemoryError};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

/// Version of the file, in its header (`user_version`).
const VERSION: u32 = 1;
/// How long a statement waits for another connection, the operator's.
const PATIENCE: Duration = Duration::from_secs(10);

const TABLES: &str = "
    -- Of which ledger it is: the numbers in the rows are of its records.
    CREATE TABLE ledger(id TEXT NOT NULL);
    CREATE TABLE waiting(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
";

/// Why the file of what notifications wait for cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// It cannot be made.
    #[error("failed to make it")]
    Make(#[source] std::io::Error),
    /// It is no such file, or the disk failed.
    #[error("failed to open it")]
    Database(#[from] rusqlite::Error),
    /// A later version of this program made it.
    #[error("it is of version {found}; this program knows {VERSION}")]
    Newer {
        /// Its version.
        found: u32,
    },
}

/// Names of what waits, and its text.
pub(super) type Rows = Vec<(String, String)>;

/// The file.
pub(super) struct Outbox(Connection);

impl Outbox {
    /// Opens it, made new when it is not there; gives its rows. What stands in it about another ledger is dropped: `true` says so.
    pub(super) fn open(path: &Path, ledger: &str) -> Result<(Self, Rows, bool), OutboxError> {
        // Made here first, so that nobody else can read it at any time.
        OpenOptions::new().create(true).append(true).mode(0o600).open(path).map_err(OutboxError::Make)?;
        let mut conn =
            Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        conn.busy_timeout(PATIENCE)?;
        conn.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
        conn.pragma_update(None, "synchronous", "normal")?;
        conn.pragma_update(None, "trusted_schema", false)?;
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found: u32 = tx.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if found > VERSION {
            return Err(OutboxError::Newer { found });
        }
        if found == 0 {
            tx.execute_batch(TABLES)?;
            tx.execute("INSERT INTO ledger VALUES (?1)", [ledger])?;
            tx.pragma_update(None, "user_version", VERSION)?;
        }
        let of: String = tx.query_row("SELECT id FROM ledger", [], |row| row.get(0))?;
        let other = of != ledger;
        if other {
            tx.execute("DELETE FROM waiting", [])?;
            tx.execute("UPDATE ledger SET id = ?1", [ledger])?;
        }
        let rows = {
            let mut statement = tx.prepare("SELECT name, value FROM waiting ORDER BY name")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<Result<Rows, _>>()?
        };
        tx.commit()?;
        Ok((Self(conn), rows, other))
    }
}

impl Memory for Outbox {
    fn keep(&mut self, changes: &[Change]) -> Result<(), MemoryError> {
        let write = |conn: &mut Connection| -> rusqlite::Result<()> {
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            {
                let mut put = tx.prepare_cached(
                    "INSERT INTO waiting VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                )?;
                let mut remove = tx.prepare_cached("DELETE FROM waiting WHERE name = ?1")?;
                for change in changes {
                    match &change.value {
                        Some(value) => put.execute((&change.name, value))?,
                        None => remove.execute([&change.name])?,
                    };
                }
            }
            tx.commit()
        };
        write(&mut self.0).map_err(|error| {
            crate::log::complain(&format!("what notifications wait for could not be kept: {error}"));
            error.into()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(name: &str, value: Option<&str>) -> Change {
        Change { name: name.to_owned(), value: value.map(str::to_owned) }
    }

    #[test]
    fn rows_are_there_again_until_they_are_removed_and_those_of_another_ledger_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("outbox.db");
        let (mut outbox, rows, _) = Outbox::open(&path, "one").unwrap();
        assert!(rows.is_empty());
        outbox.keep(&[change("a", Some("1")), change("b", Some("2"))]).unwrap();
        outbox.keep(&[change("a", Some("3")), change("b", None), change("none", None)]).unwrap();
        drop(outbox);
        let (outbox, rows, other) = Outbox::open(&path, "one").unwrap();
        assert_eq!((rows, other), (vec![("a".to_owned(), "3".to_owned())], false));
        drop(outbox);
        let (outbox, rows, other) = Outbox::open(&path, "two").unwrap();
        assert_eq!((rows.len(), other), (0, true));
        outbox.0.pragma_update(None, "user_version", VERSION + 1).unwrap();
        drop(outbox);
        assert!(matches!(Outbox::open(&path, "two"), Err(OutboxError::Newer { .. })));
    }
}
