//! From version 1 to 2: hits of acceptances by day and rule are counted, also those of findings that are there.

use std::collections::BTreeMap;
use std::path::Path;

use avouch_finding::Time;
use rusqlite::Connection;

use crate::column::{BITS, LATE, bit, unpack};
use crate::slot::SHIFT;

const TABLE: &str = "CREATE TABLE acceptance_day (day INTEGER NOT NULL, acceptance INTEGER NOT NULL, rule INTEGER NOT NULL, \
     suppressed INTEGER NOT NULL, PRIMARY KEY (day, acceptance, rule)) WITHOUT ROWID;";

/// Begin of the month that a file of findings is of, from its name.
pub(super) fn begin(path: &Path) -> Option<Time> {
    let month = path.file_stem()?.to_str()?.strip_prefix("findings-")?;
    Time::parse(&format!("{month}-01T00:00:00Z"))
}

/// Upgrades a file of findings.
pub(super) fn findings(conn: &Connection, path: &Path) -> rusqlite::Result<()> {
    conn.execute_batch(TABLE)?;
    let Some(begin) = begin(path) else { return Err(rusqlite::Error::InvalidPath(path.to_owned())) };
    let mut hits: BTreeMap<(u64, u32, u32), i64> = BTreeMap::new();
    let mut read = conn.prepare("SELECT slot, packed FROM key")?;
    let mut rows = read.query([])?;
    while let Some(row) = rows.next()? {
        let (slot, Some(packed)) = (row.get::<_, i64>(0)?, unpack(row.get_ref(1)?.as_blob()?)) else { continue };
        if packed[BITS] >> bit::SUPPRESSED & 1 == 1 {
            let ns = (slot >> SHIFT).cast_unsigned().saturating_sub(packed[LATE].into());
            let day = Time(begin.0.saturating_add(ns)).day();
            // Words of the row: 12 is the acceptance, 0 the rule.
            *hits.entry((day, packed[12], packed[0])).or_default() += 1;
        }
    }
    let mut write =
        conn.prepare("INSERT INTO acceptance_day (day, acceptance, rule, suppressed) VALUES (?1, ?2, ?3, ?4)")?;
    for ((day, acceptance, rule), suppressed) in hits {
        write.execute((day.cast_signed(), acceptance, rule, suppressed))?;
    }
    Ok(())
}
