//! Reading.

mod activity;
mod body;
mod condensed;
mod count;
mod file;
mod finding;
mod first;
mod group;
mod kept;
mod known;
mod open;
mod parted;
mod plan;
mod rollup;
mod rules;
mod scan;
mod since;
mod table;
mod tally;
mod timeline;
mod words;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use avouch_finding::Time;
use rusqlite::Connection;

pub use self::activity::StoredActivity;
pub use self::body::Bodies;
pub use self::condensed::Condensed;
pub use self::count::{AcceptanceDay, Ask, Bucket, BySeverity, Counts, CriterionDay, Facet, FacetValue, RuleDay};
pub use self::finding::{Acknowledged, Assigned, Decided, StoredFinding};
pub use self::group::{Group, GroupOrder, Groups};
pub use self::open::OpenByAge;
pub use self::since::{Happened, Since};
pub use self::timeline::{RuleSetLoaded, StoredFact, Stretch};

pub(crate) use self::known::{KnownCondensed, KnownCounts};

use self::file::FileReader;
use crate::error::{At, Error, Result};
use crate::generation;
use crate::period::{Period, Shelf, bound, moment};
use crate::schema;
use crate::stop::Stop;
use crate::store::main_path;
use crate::texts::{SharedTexts, Texts};

/// Period files kept open to read.
const OPEN: usize = 64;
/// Files asked at the same time. Two cores, three months of one million findings: eight facets, a histogram and the newest 100 of all of them
/// take 98 ms of CPU and 60 ms of time.
const TOGETHER: usize = 4;

/// Asks a store.
#[derive(Debug)]
pub struct Reader {
    /// Folder of the store, and that of the generation in use.
    root: PathBuf,
    dir: PathBuf,
    generation: u64,
    main: Connection,
    main_path: PathBuf,
    cache_kib: i64,
    files: BTreeMap<String, FileReader>,
    shared: SharedTexts,
    /// Those that the open files work with.
    texts: Arc<Texts>,
    stop: Stop,
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
    pub(crate) fn new(root: &Path, cache_kib: i64, shared: &SharedTexts) -> Result<Self> {
        let mut generation = generation::current(root)?;
        loop {
            let dir = generation::folder(root, generation);
            let main_path = main_path(&dir);
            match schema::open_to_read(&main_path, cache_kib) {
                Ok(main) => {
                    let (root, files, stop) = (root.to_owned(), BTreeMap::new(), Stop::default());
                    let (shared, texts) = (shared.clone(), shared.current());
                    return Ok(Self { root, dir, generation, main, main_path, cache_kib, files, shared, texts, stop });
                }
                // Replaced between the look and the opening.
                Err(error) => match generation::current(root)? {
                    same if same == generation => return Err(error),
                    other => generation = other,
                },
            }
        }
    }

    /// Goes over to the files in use, when the store was made anew since the last question.
    fn refresh(&mut self) -> Result<()> {
        if generation::current(&self.root)? != self.generation {
            let stop = std::mem::take(&mut self.stop);
            *self = Self { stop, ..Self::new(&self.root, self.cache_kib, &self.shared)? };
        }
        let texts = self.shared.current();
        if !Arc::ptr_eq(&texts, &self.texts) {
            self.files.clear();
            self.texts = texts;
        }
        Ok(())
    }

    /// Ends questions about findings and activity with [`Error::Stopped`] once `stop` says so, this one and all that follow.
    pub fn until(&mut self, stop: &Stop) {
        self.stop = stop.clone();
    }

    /// Whether it can be asked again: no question left a transaction open.
    pub(crate) fn sound(&self) -> bool {
        self.main.is_autocommit() && self.files.values().all(|file| file.conn.is_autocommit())
    }

    /// Asks several files of a shelf, some of them at the same time; the answers come in order of the files, of which those that were dropped
    /// meanwhile are left out.
    fn each_file<T: Send>(
        &mut self,
        listed: &[Listed],
        ask: impl Fn(&mut FileReader) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        let mut answers = Vec::new();
        for listed in listed.chunks(TOGETHER) {
            // Room for all of them, so that none closes another.
            let wanted = |name: &String| listed.iter().any(|listed| listed.name == *name);
            while self.files.len() + listed.len() > OPEN
                && let Some(other) = self.files.keys().find(|name| !wanted(name)).cloned()
            {
                self.files.remove(&other);
            }
            let mut there: Vec<&str> = Vec::new();
            for listed in listed {
                if self.file(listed)?.is_some() {
                    there.push(&listed.name);
                }
            }
            let mut files: Vec<&mut FileReader> = self
                .files
                .iter_mut()
                .filter(|(name, _)| there.contains(&name.as_str()))
                .map(|(_, file)| file)
                .collect();
            let Some(last) = files.pop() else { continue };
            let mut results: Vec<Result<T>> = Vec::new();
            std::thread::scope(|scope| {
                let others: Vec<_> =
                    files.into_iter().map(|file| scope.spawn(|| file.still(|file| ask(file)))).collect();
                let last = last.still(|file| ask(file));
                for other in others {
                    results.push(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
                }
                results.push(last);
            });
            for result in results {
                answers.push(result?);
            }
        }
        Ok(answers)
    }

    /// How fresh answers are, and what of a period is no longer in the store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn freshness(&mut self, period: Period) -> Result<Freshness> {
        self.refresh()?;
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

    /// Files of a shelf that meet a period, the oldest first.
    fn shelf(&mut self, shelf: Shelf, period: Period) -> Result<Vec<Listed>> {
        self.stop.check()?;
        self.refresh()?;
        self.listed(shelf, period)
    }

    fn listed(&self, shelf: Shelf, period: Period) -> Result<Vec<Listed>> {
        let read = || -> rusqlite::Result<_> {
            self.main
                .prepare_cached(
                    "SELECT name, begins, ends, dropped FROM period \
                     WHERE shelf = ?1 AND kept = 1 AND begins < ?2 AND ends > ?3 ORDER BY begins",
                )?
                .query_map((shelf.name(), bound(period.to), bound(period.from)), |r| {
                    let period = Period::new(moment(r.get(1)?), moment(r.get(2)?));
                    Ok(Listed { shelf, name: r.get(0)?, period, dropped: r.get(3)? })
                })?
                .collect()
        };
        read().at("list the period files", &self.main_path)
    }

    /// A file that was listed; `None` when it was dropped since.
    fn file(&mut self, listed: &Listed) -> Result<Option<&mut FileReader>> {
        self.stop.check()?;
        let name = &listed.name;
        if self.files.get(name).is_none_or(|file| file.dropped != listed.dropped) {
            match FileReader::open(&self.dir, name, listed.period, listed.dropped, self.cache_kib, &self.texts) {
                Ok(file) => {
                    while self.files.len() >= OPEN {
                        self.files.pop_first();
                    }
                    self.files.insert(name.clone(), file);
                }
                Err(error) => {
                    if generation::current(&self.root)? != self.generation {
                        return Err(Error::Replaced { path: self.root.clone() });
                    }
                    let still_there = |l: &Listed| (&l.name, l.dropped) == (name, listed.dropped);
                    if self.listed(listed.shelf, listed.period)?.iter().any(still_there) {
                        return Err(error);
                    }
                    return Ok(None);
                }
            }
        }
        let file = self.files.get_mut(name);
        if let Some(file) = file {
            file.stop = self.stop.clone();
            return Ok(Some(file));
        }
        Ok(None)
    }
}

/// A period file that the main file names.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    shelf: Shelf,
    name: String,
    period: Period,
    /// How often a file of this name was dropped.
    dropped: i64,
}
