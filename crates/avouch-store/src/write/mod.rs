//! Writing: batches of records, in order of their ledger.

mod activity;
mod block;
mod dictionary;
mod fact;
mod file;
mod finding;
mod retention;
mod rollup;
mod stretch;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use avouch_finding::{Fact, Time};
use rusqlite::Connection;
use rustc_hash::FxHashMap;

pub use self::retention::{Dropped, Keep, RetentionPolicy};

pub(crate) use self::activity::{KEYED, KINDS};
pub(crate) use self::block::Blocks;
pub(crate) use self::dictionary::Dictionary;
pub(crate) use self::fact::keys;
pub(crate) use self::finding::{Rows, find, triage};
pub(crate) use self::rollup::Rollups;

use self::file::PeriodFile;
use self::stretch::Stretches;
use crate::error::{At, Error, Result};
use crate::period::{LATEST, Period, Shelf, bound, sql};
use crate::record::{Applied, Record};
use crate::schema::{self, Role};
use crate::store::{Lock, main_path};

/// Period files kept open to write.
const OPEN: usize = 12;
const NOTE: &str = "note a decision";

/// How far a ledger is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The last record that is in the store.
    pub seq: u64,
    /// Its SHA-256.
    pub hash: [u8; 32],
}

#[derive(Debug)]
struct Ledger {
    id: i64,
    position: Position,
    last: i64,
}

/// Applies records to a store. There is one at a time.
///
/// What [`Writer::apply`] took is on the disk when it returns. Apply only what the ledger has acknowledged: a record that the
/// ledger loses and whose number it gives to another one would stay in the store.
#[derive(Debug)]
pub struct Writer {
    dir: PathBuf,
    main: Connection,
    main_path: PathBuf,
    cache_kib: i64,
    files: Vec<PeriodFile>,
    /// Period files that there are, by name.
    kept: BTreeMap<String, Period>,
    ledgers: FxHashMap<String, Ledger>,
    stretches: Stretches,
    uses: u64,
    /// Held as long as the writer lives.
    lock: Lock,
}

impl Writer {
    pub(crate) fn new(dir: &Path, lock: Lock, cache_kib: i64) -> Result<Self> {
        let main_path = main_path(dir);
        schema::upgrade_periods(dir, &main_path, cache_kib)?;
        let main = schema::open_to_write(&main_path, Role::Main, cache_kib)?;
        let mut writer = Self {
            dir: dir.to_owned(),
            main,
            main_path,
            cache_kib,
            files: Vec::new(),
            kept: BTreeMap::new(),
            ledgers: FxHashMap::default(),
            stretches: Stretches::default(),
            uses: 0,
            lock,
        };
        writer.load()?;
        writer.sweep()?;
        Ok(writer)
    }

    /// Reads positions and period files anew.
    pub(crate) fn load(&mut self) -> Result<()> {
        let load = || -> rusqlite::Result<_> {
            let ledgers = self
                .main
                .prepare("SELECT name, id, seq, hash, last FROM ledger")?
                .query_map([], |r| {
                    let position = Position { seq: r.get::<_, i64>(2)?.cast_unsigned(), hash: r.get(3)? };
                    Ok((r.get(0)?, Ledger { id: r.get(1)?, position, last: r.get(4)? }))
                })?
                .collect::<rusqlite::Result<FxHashMap<String, Ledger>>>()?;
            let kept = self
                .main
                .prepare("SELECT name, begins, ends FROM period WHERE kept = 1")?
                .query_map([], |r| {
                    Ok((r.get(0)?, Period::new(crate::period::moment(r.get(1)?), crate::period::moment(r.get(2)?))))
                })?
                .collect::<rusqlite::Result<BTreeMap<String, Period>>>()?;
            Ok((ledgers, kept))
        };
        (self.ledgers, self.kept) = load().at("read the position", &self.main_path)?;
        Ok(())
    }

    /// Closes the files, but keeps the right to write.
    pub(crate) fn close(self) -> Lock {
        self.lock
    }

    /// How far a ledger is applied; `None` when nothing of it is.
    #[must_use]
    pub fn position(&self, ledger: &str) -> Option<&Position> {
        self.ledgers.get(ledger).map(|l| &l.position)
    }

    /// Applies records. Those of one ledger have to come in order and without holes; records that were applied before are passed
    /// over, so a batch can be given again.
    ///
    /// # Errors
    /// When a record is missing, or the store cannot be written. Then nothing of the batch counts as applied, and it can be given again.
    pub fn apply(&mut self, batch: &[Record]) -> Result<Applied> {
        self.check(batch)?;
        let result = self.apply_all(batch);
        if result.is_err() {
            // Closing a file rolls its transaction back; what it remembers of texts and places is gone with it.
            self.files.clear();
            self.stretches = Stretches::default();
            if !self.main.is_autocommit() {
                self.main.execute_batch("ROLLBACK").at("roll back", &self.main_path)?;
            }
            self.load()?;
        }
        result
    }

    fn check(&self, batch: &[Record]) -> Result<()> {
        let mut next: FxHashMap<&str, u64> = FxHashMap::default();
        for record in batch {
            let before = next.get(record.ledger.as_str()).copied();
            let before = before.or_else(|| self.position(&record.ledger).map(|p| p.seq));
            let after = before.unwrap_or_else(|| record.seq.saturating_sub(1));
            if record.seq > after.saturating_add(1) || record.seq > LATEST {
                return Err(Error::Hole { ledger: record.ledger.clone(), after, got: record.seq });
            }
            next.insert(&record.ledger, after.max(record.seq));
        }
        Ok(())
    }

    fn apply_all(&mut self, batch: &[Record]) -> Result<Applied> {
        let mut applied = Applied::default();
        self.main.execute_batch("BEGIN IMMEDIATE").at("begin a transaction", &self.main_path)?;
        for record in batch {
            let ledger = self.ledger(record)?;
            let Some(ledger) = ledger else {
                applied.known += 1;
                continue;
            };
            applied.new += 1;
            self.take(ledger, record, &mut applied)?;
        }
        for file in &mut self.files {
            file.commit()?;
        }
        let mut finish = || -> rusqlite::Result<_> {
            self.stretches.write(&self.main)?;
            let mut write =
                self.main.prepare_cached("UPDATE ledger SET seq = ?2, hash = ?3, last = ?4 WHERE id = ?1")?;
            let mut ledgers: Vec<_> = self.ledgers.values().collect();
            ledgers.sort_unstable_by_key(|l| l.id);
            for ledger in ledgers {
                write.execute((ledger.id, ledger.position.seq.cast_signed(), ledger.position.hash, ledger.last))?;
            }
            self.main.execute_batch("COMMIT")
        };
        finish().at("commit", &self.main_path)?;
        Ok(applied)
    }

    /// Number of a record's ledger, whose position it moves on; `None` when the record was applied before.
    fn ledger(&mut self, record: &Record) -> Result<Option<i64>> {
        let position = Position { seq: record.seq, hash: record.hash };
        let at = record.fact.time().unwrap_or_default();
        let last = sql(match &record.fact {
            Fact::Observation(o) => o.to.max(at),
            _ => at,
        });
        if let Some(ledger) = self.ledgers.get_mut(&record.ledger) {
            if record.seq <= ledger.position.seq {
                return Ok(None);
            }
            ledger.position = position;
            ledger.last = ledger.last.max(last);
            return Ok(Some(ledger.id));
        }
        self.main
            .execute(
                "INSERT INTO ledger (name, seq, hash, last) VALUES (?1, ?2, ?3, ?4)",
                (&record.ledger, record.seq.cast_signed(), record.hash, last),
            )
            .at("add a ledger", &self.main_path)?;
        let id = self.main.last_insert_rowid();
        self.ledgers.insert(record.ledger.clone(), Ledger { id, position, last });
        Ok(Some(id))
    }

    fn take(&mut self, ledger: i64, record: &Record, applied: &mut Applied) -> Result<()> {
        match &record.fact {
            Fact::Finding(f) => applied.repeated += usize::from(!self.finding(record, f)?),
            Fact::Command(_) | Fact::Connection(_) | Fact::File(_) => {
                let time = activity::time(&record.fact).unwrap_or_default();
                let n = self.file(Shelf::Activity, time)?;
                let file = &mut self.files[n];
                if file.begin(&record.ledger, record.seq)? {
                    activity::insert(file, record).at("add activity", &file.path)?;
                }
            }
            Fact::Observation(o) => {
                self.stretches.add(&self.main, ledger, record, o).at("add an observation", &self.main_path)?;
            }
            fact => {
                fact::insert(&self.main, ledger, record).at("add a fact", &self.main_path)?;
                match fact {
                    Fact::Acknowledgement(f) => self.decision(record, &f.finding)?,
                    Fact::Disposition(f) => self.decision(record, &f.finding)?,
                    Fact::Assignment(f) => self.decision(record, &f.finding)?,
                    Fact::Note(f) => self.decision(record, &f.finding)?,
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Adds a finding; false when one with its id is there.
    fn finding(&mut self, record: &Record, finding: &avouch_finding::Finding) -> Result<bool> {
        let n = self.file(Shelf::Findings, finding.time)?;
        let file = &mut self.files[n];
        if !file.begin(&record.ledger, record.seq)? {
            return Ok(true);
        }
        let Some(slot) = finding::insert(file, record, finding).at("add a finding", &file.path)? else {
            return Ok(false);
        };
        for fact in fact::decisions(&self.main, &finding.id).at("find decisions", &self.main_path)? {
            file.triage(slot, &fact).at(NOTE, &file.path)?;
        }
        Ok(true)
    }

    /// Notes with a finding what was decided or said about it, when that is there.
    fn decision(&mut self, record: &Record, finding: &str) -> Result<()> {
        let months: Vec<Time> = self
            .kept
            .iter()
            .rev()
            .filter(|(name, _)| name.starts_with(Shelf::Findings.name()))
            .map(|(_, period)| period.from)
            .collect();
        for month in months {
            let n = self.file(Shelf::Findings, month)?;
            let file = &mut self.files[n];
            if let Some(slot) = find(&file.conn, finding).at("find a finding", &file.path)? {
                if file.begin(&record.ledger, record.seq)? {
                    file.triage(slot, &record.fact).at(NOTE, &file.path)?;
                }
                return Ok(());
            }
        }
        Ok(())
    }

    /// Place in `files` of the file that a time belongs to, opened when it was not.
    fn file(&mut self, shelf: Shelf, time: Time) -> Result<usize> {
        let time = time.min(Time(LATEST));
        self.uses += 1;
        let fits = |f: &PeriodFile| f.period.contains(time) && f.name.starts_with(shelf.name());
        if let Some(n) = self.files.iter().position(fits) {
            self.files[n].used = self.uses;
            return Ok(n);
        }
        if self.files.len() >= OPEN
            && let Some(oldest) = (0..self.files.len()).min_by_key(|n| self.files[*n].used)
        {
            // It may be ahead of the main file, see `PeriodFile`.
            self.files[oldest].commit()?;
            self.files.swap_remove(oldest);
        }
        let mut file = PeriodFile::open(&self.dir, shelf, time, self.cache_kib)?;
        file.used = self.uses;
        if !self.kept.contains_key(&file.name) {
            self.main
                .execute(
                    "INSERT INTO period (name, shelf, begins, ends, kept) VALUES (?1, ?2, ?3, ?4, 1) \
                     ON CONFLICT DO UPDATE SET kept = 1",
                    (&file.name, shelf.name(), sql(file.period.from), bound(file.period.to)),
                )
                .at("add a period", &self.main_path)?;
            self.kept.insert(file.name.clone(), file.period);
        }
        self.files.push(file);
        Ok(self.files.len() - 1)
    }
}
