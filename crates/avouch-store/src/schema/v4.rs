//! From version 3 to 4: packed rows stand in blocks, and counts by hour and by rule tell clusters apart and what is open.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::Type;

use crate::block::{FULL, ROW};
use crate::column::{BITS, CLUSTER, Packed, bit, is_open, unpack};
use crate::schema::v2::begin;
use crate::slot::time_of;
use crate::write::Rollups;

const BLOCKS: &str = "CREATE TABLE block (slot INTEGER PRIMARY KEY, rows BLOB NOT NULL);";
const COUNTS: &str = "DROP TABLE severity_hour; DROP TABLE rule_day; \
     CREATE TABLE severity_hour (hour INTEGER NOT NULL, severity INTEGER NOT NULL, cluster INTEGER NOT NULL, n INTEGER NOT NULL, \
     suppressed INTEGER NOT NULL, open INTEGER NOT NULL, PRIMARY KEY (hour, severity, cluster)) WITHOUT ROWID; \
     CREATE TABLE rule_day (day INTEGER NOT NULL, rule INTEGER NOT NULL, cluster INTEGER NOT NULL, n INTEGER NOT NULL, \
     suppressed INTEGER NOT NULL, PRIMARY KEY (day, rule, cluster)) WITHOUT ROWID;";

/// Puts the rows of any file into blocks, and shows each.
pub(super) fn blocks(conn: &Connection, show: &mut dyn FnMut(i64, &Packed)) -> rusqlite::Result<()> {
    conn.execute_batch(BLOCKS)?;
    {
        let mut read = conn.prepare("SELECT slot, packed FROM key ORDER BY slot")?;
        let mut write = conn.prepare("INSERT INTO block (slot, rows) VALUES (?1, ?2)")?;
        let mut rows = read.query([])?;
        let (mut name, mut block) = (0, Vec::with_capacity(FULL * ROW));
        while let Some(row) = rows.next()? {
            let (slot, bytes): (i64, &[u8]) = (row.get(0)?, row.get_ref(1)?.as_blob()?);
            // A store with what is no row is made anew from the ledger, not upgraded.
            let no_row = || rusqlite::Error::InvalidColumnType(1, "packed".to_owned(), Type::Blob);
            let packed = unpack(bytes).ok_or_else(no_row)?;
            if block.is_empty() {
                name = slot;
            }
            block.extend(slot.to_le_bytes());
            block.extend(bytes);
            show(slot, &packed);
            if block.len() == FULL * ROW {
                write.execute((name, &block))?;
                block.clear();
            }
        }
        if !block.is_empty() {
            write.execute((name, &block))?;
        }
    }
    conn.execute_batch("DROP TABLE key")
}

/// Upgrades a file of findings.
pub(super) fn findings(conn: &Connection, path: &Path) -> rusqlite::Result<()> {
    conn.execute_batch(COUNTS)?;
    let Some(begin) = begin(path) else { return Err(rusqlite::Error::InvalidPath(path.to_owned())) };
    let mut counts = Rollups::default();
    blocks(conn, &mut |slot, row| {
        let suppressed = row[BITS] >> bit::SUPPRESSED & 1 == 1;
        let severity = row[BITS] >> bit::SEVERITY & 7;
        // Word 0 is the rule.
        counts.recount(time_of(begin, slot, row), severity, row[0], row[CLUSTER], suppressed, is_open(row));
    })?;
    counts.write(conn)
}
