//! Reading.

mod activity;
mod count;
mod file;
mod finding;
mod plan;
mod rollup;
mod scan;
mod timeline;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use avouch_finding::Time;
use rusqlite::Connection;

pub use self::activity::StoredActivity;
pub use self::count::{Ask, Bucket, BySeverity, Counts, CriterionDay, Facet, FacetValue, RuleDay};
pub use self::finding::{Acknowledged, Decided, StoredFinding};
pub use self::timeline::{RuleSetLoaded, StoredFact, Stretch};

use self::file::FileReader;
use crate::error::{At, Error, Result};
use crate::period::{Period, Shelf, bound, moment};
use crate::schema;
use crate::store::main_path;

/// Period files kept open to read.
const OPEN: usize = 64;

/// Asks a store.
#[derive(Debug)]
pub struct Reader {
    dir: PathBuf,
    main: Connection,
    main_path: PathBuf,
    cache_kib: i64,
    files: BTreeMap<String, FileReader>,
}

/// How far a ledger has come into the store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in `Position`")]
pub struct LedgerPosition {
    pub ledger: String,
    pub seq: u64,
    pub hash: [u8; 32],
    /// The latest time that a fact of it tells.
    pub last_fact: Time,
}

/// Rows that retention took out of the store. They stay in the ledger, as long as that keeps them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedPeriod {
    /// Which time they are of.
    pub period: Period,
    /// `findings` or `activity`.
    pub what: &'static str,
    /// How many.
    pub rows: u64,
    /// When they were dropped, the last time.
    pub at: Time,
}

/// How fresh and how whole answers are. An answer that is asked for afterwards is at least as fresh.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Freshness {
    /// By ledger.
    pub ledgers: Vec<LedgerPosition>,
    /// What was dropped.
    pub dropped: Vec<DroppedPeriod>,
}

impl Freshness {
    /// The latest time that a fact in the store tells.
    #[must_use]
    pub fn last_fact(&self) -> Option<Time> {
        self.ledgers.iter().map(|l| l.last_fact).max()
    }
}

impl Reader {
    pub(crate) fn new(dir: &Path, cache_kib: i64) -> Result<Self> {
        let main_path = main_path(dir);
        let main = schema::open_to_read(&main_path, cache_kib)?;
        Ok(Self { dir: dir.to_owned(), main, main_path, cache_kib, files: BTreeMap::new() })
    }

    /// How fresh answers are, and what of a period is no longer in the store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn freshness(&mut self, period: Period) -> Result<Freshness> {
        let read = || -> rusqlite::Result<_> {
            let ledgers = self
                .main
                .prepare_cached("SELECT name, seq, hash, last FROM ledger ORDER BY name")?
                .query_map([], |r| {
                    Ok(LedgerPosition {
                        ledger: r.get(0)?,
                        seq: r.get::<_, i64>(1)?.cast_unsigned(),
                        hash: r.get(2)?,
                        last_fact: moment(r.get(3)?),
                    })
                })?
                .collect::<rusqlite::Result<Vec<LedgerPosition>>>()?;
            let mut dropped = Vec::new();
            for shelf in Shelf::ALL {
                let mut find = self.main.prepare_cached(
                    "SELECT begins, ends, dropped_rows, dropped_at FROM period \
                     WHERE shelf = ?1 AND dropped > 0 AND begins < ?2 AND ends > ?3 ORDER BY begins",
                )?;
                let mut rows = find.query((shelf.name(), bound(period.to), bound(period.from)))?;
                while let Some(r) = rows.next()? {
                    dropped.push(DroppedPeriod {
                        period: Period::new(moment(r.get(0)?), moment(r.get(1)?)),
                        what: shelf.name(),
                        rows: r.get::<_, i64>(2)?.cast_unsigned(),
                        at: moment(r.get(3)?),
                    });
                }
            }
            Ok(Freshness { ledgers, dropped })
        };
        read().at("read the position", &self.main_path)
    }

    /// Names of the files of a shelf that meet a period, the oldest first.
    fn shelf(&mut self, shelf: Shelf, period: Period) -> Result<Vec<String>> {
        let read = || -> rusqlite::Result<_> {
            self.main
                .prepare_cached(
                    "SELECT name, begins, ends FROM period WHERE shelf = ?1 AND kept = 1 AND begins < ?2 AND ends > ?3 \
                     ORDER BY begins",
                )?
                .query_map((shelf.name(), bound(period.to), bound(period.from)), |r| {
                    Ok((r.get(0)?, Period::new(moment(r.get(1)?), moment(r.get(2)?))))
                })?
                .collect::<rusqlite::Result<Vec<(String, Period)>>>()
        };
        let mut names = Vec::new();
        for (name, of) in read().at("list the period files", &self.main_path)? {
            if self.files.contains_key(&name) {
                names.push(name);
                continue;
            }
            while self.files.len() >= OPEN {
                self.files.pop_first();
            }
            match FileReader::open(&self.dir, &name, of, self.cache_kib) {
                Ok(file) => {
                    self.files.insert(name.clone(), file);
                    names.push(name);
                }
                // Dropped between the list and now.
                Err(_) if !self.dir.join(&name).with_extension("db").exists() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(names)
    }

    /// A file that [`Reader::shelf`] named.
    fn file(&mut self, name: &str) -> Result<&mut FileReader> {
        let path = self.main_path.clone();
        self.files.get_mut(name).ok_or(Error::Damaged { path, what: "a period file" })
    }
}
