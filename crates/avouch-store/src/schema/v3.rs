//! From version 2 to 3: a finding tells who is responsible for it and how many notes there are, and is found by its record.
//!
//! A program of version 2 may have met assignments and notes in a ledger already. It kept them as facts that it did not know; here they get
//! what a fact of their kind has.

use std::path::Path;

use avouch_finding::{Fact, Time};
use rusqlite::{Connection, OpenFlags};

use crate::column::{BITS, pack, unpack};
use crate::period::{moment, sql};
use crate::store::main_path;
use crate::write::{Dictionary, Rows, find, keys, triage};

const COLUMNS: &str = "ALTER TABLE triage ADD COLUMN assigned INTEGER; ALTER TABLE triage ADD COLUMN assigned_by TEXT; \
     ALTER TABLE triage ADD COLUMN assigned_to TEXT; ALTER TABLE triage ADD COLUMN notes INTEGER NOT NULL DEFAULT 0; \
     CREATE INDEX finding_seq ON finding (ledger, seq);";

/// Packed columns as they stood up to version 3: a value a row.
struct Keys;

impl Rows for Keys {
    fn set_bits(&mut self, conn: &Connection, slot: i64, mask: u32, value: u32) -> rusqlite::Result<()> {
        let mut packed = conn
            .prepare_cached("SELECT packed FROM key WHERE slot = ?1")?
            .query_row([slot], |r| Ok(unpack(r.get_ref(0)?.as_blob()?).unwrap_or_default()))?;
        packed[BITS] = packed[BITS] & !mask | value;
        conn.prepare_cached("UPDATE key SET packed = ?2 WHERE slot = ?1")?.execute((slot, pack(&packed)))?;
        Ok(())
    }
}

/// A fact of a kind that version 2 did not know, and its place: number of the ledger, of the record.
struct Met {
    ledger: i64,
    seq: i64,
    recorded: Time,
    fact: Fact,
}

fn met(main: &Connection) -> rusqlite::Result<Vec<Met>> {
    let mut read = main.prepare(
        "SELECT ledger, seq, recorded, kind, body FROM fact WHERE kind IN ('assignment', 'note', 'delivery', 'setting') \
         ORDER BY ledger, seq",
    )?;
    let mut rows = read.query([])?;
    let mut met = Vec::new();
    while let Some(row) = rows.next()? {
        let body = serde_json::from_str(row.get_ref(4)?.as_str()?).unwrap_or_default();
        let Ok(fact) = Fact::read(row.get_ref(3)?.as_str()?, body) else { continue };
        met.push(Met { ledger: row.get(0)?, seq: row.get(1)?, recorded: moment(row.get(2)?), fact });
    }
    Ok(met)
}

/// Upgrades a file of findings, beside which the main file still is of version 2.
pub(super) fn findings(conn: &Connection, path: &Path) -> rusqlite::Result<()> {
    conn.execute_batch(COLUMNS)?;
    let main = path.parent().map(main_path).filter(|main| main.exists());
    let Some(main) = main else { return Ok(()) };
    let main = Connection::open_with_flags(main, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let mut texts = Dictionary::new();
    for met in met(&main)? {
        if let Some(slot) = find(conn, keys(&met.fact, met.recorded).finding)? {
            triage(conn, &mut texts, &mut Keys, slot, &met.fact)?;
        }
    }
    Ok(())
}

/// Upgrades a main file.
pub(super) fn main(conn: &Connection) -> rusqlite::Result<()> {
    let mut write = conn
        .prepare("UPDATE fact SET begins = ?3, ends = ?4, finding = nullif(?5, '') WHERE ledger = ?1 AND seq = ?2")?;
    for met in met(conn)? {
        let keys = keys(&met.fact, met.recorded);
        write.execute((met.ledger, met.seq, sql(keys.begins), sql(keys.ends), keys.finding))?;
    }
    Ok(())
}
