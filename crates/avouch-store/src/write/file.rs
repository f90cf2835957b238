//! One period file, open to write.

use std::path::{Path, PathBuf};

use avouch_finding::{Fact, Time};
use rusqlite::Connection;
use rustc_hash::FxHashMap;

use crate::column::{BITS, CLUSTER, bit, is_open};
use crate::error::{At, Result};
use crate::period::{Period, Shelf};
use crate::schema::{self, Role};
use crate::slot::{Slots, time_of};
use crate::write::block::Blocks;
use crate::write::dictionary::Dictionary;
use crate::write::finding::{Rows, triage};
use crate::write::rollup::Rollups;

/// A period file with its open transaction.
///
/// A file commits before the main file does, and remembers by ledger the last record that changed it: when the process dies
/// in between, the records come again, and the file passes over those that it has.
#[derive(Debug)]
pub(crate) struct PeriodFile {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) period: Period,
    pub(crate) conn: Connection,
    pub(crate) dictionary: Dictionary,
    pub(crate) blocks: Blocks,
    pub(crate) slots: Slots,
    pub(crate) rollups: Rollups,
    /// Texts for the full-text index, by slot. They go in when the batch ends and in order: the index writes a segment of its
    /// own whenever a slot is lower than the one before.
    pub(crate) words: Vec<(i64, String)>,
    positions: FxHashMap<Box<str>, u64>,
    open: bool,
    /// When it was last used, for closing the file that was not used for the longest time.
    pub(crate) used: u64,
}

impl PeriodFile {
    /// Opens the file that `time` belongs to.
    pub(crate) fn open(dir: &Path, shelf: Shelf, time: Time, cache_kib: i64) -> Result<Self> {
        let (name, period) = shelf.file(time);
        let path = dir.join(&name).with_extension("db");
        let conn = schema::open_to_write(&path, Role::Period(shelf), cache_kib)?;
        let load = || -> rusqlite::Result<_> {
            let spill = conn.query_row("SELECT max(value) FROM own WHERE name = 'spill'", [], |r| r.get(0));
            let mut blocks = Blocks::new(&conn)?;
            let slots = Slots::new(&conn, &mut blocks, spill.map(Option::unwrap_or_default)?)?;
            let positions = conn
                .prepare("SELECT ledger, seq FROM position")?
                .query_map([], |r| Ok((r.get::<_, String>(0)?.into_boxed_str(), r.get::<_, i64>(1)?.cast_unsigned())))?
                .collect::<rusqlite::Result<FxHashMap<Box<str>, u64>>>()?;
            Ok((blocks, slots, positions))
        };
        let (blocks, slots, positions) = load().at("read the position", &path)?;
        Ok(Self {
            name,
            path,
            period,
            conn,
            dictionary: Dictionary::new(),
            blocks,
            slots,
            rollups: Rollups::default(),
            words: Vec::new(),
            positions,
            open: false,
            used: 0,
        })
    }

    /// Begins to change the file for a record; false when the file has this record.
    pub(crate) fn begin(&mut self, ledger: &str, seq: u64) -> Result<bool> {
        if self.positions.get(ledger).is_some_and(|last| seq <= *last) {
            return Ok(false);
        }
        if !self.open {
            self.conn.execute_batch("BEGIN IMMEDIATE").at("begin a transaction", &self.path)?;
            self.open = true;
        }
        if let Some(last) = self.positions.get_mut(ledger) {
            *last = seq;
        } else {
            self.positions.insert(ledger.into(), seq);
        }
        Ok(true)
    }

    /// Notes with a finding what was decided or said about it.
    pub(crate) fn triage(&mut self, slot: i64, fact: &Fact) -> rusqlite::Result<()> {
        let mut rows = Changing { blocks: &mut self.blocks, rollups: &mut self.rollups, begin: self.period.from };
        triage(&self.conn, &mut self.dictionary, &mut rows, slot, fact)
    }

    /// Writes what was held back and commits.
    pub(crate) fn commit(&mut self) -> Result<()> {
        if !self.open {
            return Ok(());
        }
        self.words.sort_unstable_by_key(|(slot, _)| *slot);
        let mut finish = || -> rusqlite::Result<_> {
            {
                let mut insert = self.conn.prepare_cached("INSERT INTO words (rowid, text) VALUES (?1, ?2)")?;
                for (slot, text) in &self.words {
                    insert.execute((slot, text))?;
                }
            }
            self.blocks.write(&self.conn)?;
            self.rollups.write(&self.conn)?;
            let mut position =
                self.conn.prepare_cached("INSERT OR REPLACE INTO position (ledger, seq) VALUES (?1, ?2)")?;
            let mut positions: Vec<_> = self.positions.iter().collect();
            positions.sort_unstable();
            for (ledger, seq) in positions {
                position.execute((ledger, seq.cast_signed()))?;
            }
            if self.slots.spill() > 0 {
                self.conn
                    .prepare_cached("INSERT OR REPLACE INTO own (name, value) VALUES ('spill', ?1)")?
                    .execute([self.slots.spill()])?;
            }
            self.conn.execute_batch("COMMIT")
        };
        finish().at("commit", &self.path)?;
        self.open = false;
        self.words.clear();
        self.rollups = Rollups::default();
        Ok(())
    }
}

/// Rows of a file whose counts go along.
struct Changing<'a> {
    blocks: &'a mut Blocks,
    rollups: &'a mut Rollups,
    /// Begin of the file's period.
    begin: Time,
}

impl Rows for Changing<'_> {
    fn set_bits(&mut self, conn: &Connection, slot: i64, mask: u32, value: u32) -> rusqlite::Result<()> {
        let changed = self.blocks.change(conn, slot, |row| row[BITS] = row[BITS] & !mask | value)?;
        // Whoever asks for it has just found it in this file.
        let Some((before, after)) = changed else { return Err(rusqlite::Error::QueryReturnedNoRows) };
        let more = i64::from(is_open(&after)) - i64::from(is_open(&before));
        if more != 0 {
            let time = time_of(self.begin, slot, &after);
            self.rollups.reopen(time, after[BITS] >> bit::SEVERITY & 7, after[CLUSTER], more);
        }
        Ok(())
    }
}
