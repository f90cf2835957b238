//! Versions of the schema, and the way from each to the next.

mod v2;
mod v3;
mod v4;

use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::error::{At, Error, Result};
use crate::period::Shelf;

/// Version of the schema that this program reads and writes; in the header of every file (`user_version`).
pub(crate) const VERSION: u32 = 4;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Main,
    Period(Shelf),
}

impl Role {
    fn tables(self) -> &'static str {
        match self {
            Self::Main => include_str!("main.sql"),
            Self::Period(Shelf::Findings) => include_str!("findings.sql"),
            Self::Period(Shelf::Activity) => include_str!("activity.sql"),
        }
    }
}

/// From a version to the next one.
fn upgrade(from: u32, role: Role, conn: &Connection, path: &Path) -> rusqlite::Result<()> {
    match (from, role) {
        (1, Role::Period(Shelf::Findings)) => v2::findings(conn, path),
        (2, Role::Period(Shelf::Findings)) => v3::findings(conn, path),
        (2, Role::Main) => v3::main(conn),
        (3, Role::Period(Shelf::Findings)) => v4::findings(conn, path),
        (3, Role::Period(Shelf::Activity)) => v4::blocks(conn, &mut |_, _| ()),
        // Main files of versions 1 and 2 are the same, and so are those of 3 and 4; activity first changed with 4.
        _ => Ok(()),
    }
}

/// Upgrades the period files of a folder whose main file is of an earlier version. The main file comes last, when it is opened: a crash before
/// that means that the rest is done the next time.
pub(crate) fn upgrade_periods(dir: &Path, main: &Path, cache_kib: i64) -> Result<()> {
    if !main.exists() || version(&connect(main, OpenFlags::SQLITE_OPEN_READ_WRITE, cache_kib)?, main)? >= VERSION {
        return Ok(());
    }
    for entry in fs::read_dir(dir).at("list", dir)? {
        let path = entry.at("list", dir)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let shelf = Shelf::ALL.into_iter().find(|shelf| name.starts_with(shelf.name()));
        if let (Some(shelf), true) = (shelf, name.ends_with(".db")) {
            open_to_write(&path, Role::Period(shelf), cache_kib)?;
        }
    }
    Ok(())
}

/// How long a statement waits for another connection: a writer's commit, or a checkpoint.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of a file that are mapped instead of copied.
pub(crate) const MAPPED: i64 = 1 << 30;

fn connect(path: &Path, flags: OpenFlags, cache_kib: i64) -> Result<Connection> {
    let open = || -> rusqlite::Result<_> {
        let conn = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        conn.busy_timeout(PATIENCE)?;
        conn.pragma_update(None, "cache_size", -cache_kib)?;
        map(&conn, MAPPED)?;
        // What a file holds is data, never a program.
        conn.pragma_update(None, "trusted_schema", false)?;
        // Without it the engine plans a statement anew each time a value is bound: 17.5 s of CPU instead of 2.3 for a million findings read one by one.
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        conn.set_prepared_statement_cache_capacity(64);
        Ok(conn)
    };
    open().at("open a database", path)
}

/// Says how much of a file is mapped from now on; not within a transaction.
pub(crate) fn map(conn: &Connection, bytes: i64) -> rusqlite::Result<()> {
    conn.pragma_update(None, "mmap_size", bytes)
}

fn version(conn: &Connection, path: &Path) -> Result<u32> {
    conn.query_row("PRAGMA user_version", [], |r| r.get(0)).at("read the version", path)
}

/// Opens a file to write, made new when it is not there, upgraded when it is of an earlier version.
pub(crate) fn open_to_write(path: &Path, role: Role, cache_kib: i64) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let conn = connect(path, flags, cache_kib)?;
    let set = || -> rusqlite::Result<_> {
        conn.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
        // A commit is on the disk before the next file commits: no file is ever behind the position that the main one tells.
        conn.pragma_update(None, "synchronous", "full")
    };
    set().at("set up a database", path)?;
    let found = version(&conn, path)?;
    if found > VERSION {
        return Err(Error::Newer { path: path.to_owned(), found, known: VERSION });
    }
    let steps = |from: u32| {
        conn.execute_batch("BEGIN IMMEDIATE")?;
        if from == 0 {
            conn.execute_batch(role.tables())?;
        } else {
            for step in from..VERSION {
                upgrade(step, role, &conn, path)?;
            }
        }
        conn.pragma_update(None, "user_version", VERSION)?;
        conn.execute_batch("COMMIT")
    };
    if found < VERSION {
        steps(found).at("upgrade the schema", path)?;
    }
    Ok(conn)
}

/// Opens a file to read.
pub(crate) fn open_to_read(path: &Path, cache_kib: i64) -> Result<Connection> {
    // Not read-only: a reader of a WAL file has to be able to make the file's shared index. It never writes a row.
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, cache_kib)?;
    conn.pragma_update(None, "query_only", true).at("set up a database", path)?;
    let found = version(&conn, path)?;
    match found {
        _ if found > VERSION => Err(Error::Newer { path: path.to_owned(), found, known: VERSION }),
        _ if found < VERSION => Err(Error::Older { path: path.to_owned(), found, known: VERSION }),
        _ => Ok(conn),
    }
}
