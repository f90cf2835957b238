//! What came after a record of a ledger.

use rusqlite::OptionalExtension;

use crate::column::Dict;
use crate::error::{At, Error, Result};
use crate::period::{Period, Shelf};
use crate::read::file::FileReader;
use crate::read::finding::at_slot;
use crate::read::{Reader, StoredFact, StoredFinding};

/// Something that came.
#[derive(Clone, Debug, PartialEq)]
pub enum Happened {
    /// A finding, as it is now: with what was decided about it since.
    Finding(Box<StoredFinding>),
    /// An acknowledgement, disposition, assignment or note.
    Act(Box<StoredFact>),
}

impl Happened {
    /// Number of its record.
    #[must_use]
    pub fn seq(&self) -> u64 {
        match self {
            Self::Finding(finding) => finding.record.seq,
            Self::Act(fact) => fact.record.seq,
        }
    }
}

/// What came, in order of the ledger.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Since {
    /// At most as many as were asked for.
    pub happened: Vec<Happened>,
    /// The last record that was looked at; go on from here.
    pub to: u64,
    /// The last record that the store had. There is more when `to` is less.
    pub as_of: u64,
}

/// Things told at most.
const MOST: usize = 100_000;

fn findings(file: &mut FileReader, ledger: &str, after: i64, to: i64, limit: usize) -> Result<Vec<StoredFinding>> {
    let Some(number) = file.number(Dict::Ledger, ledger)? else { return Ok(Vec::new()) };
    let find = || -> rusqlite::Result<_> {
        file.conn
            .prepare_cached(
                "SELECT slot FROM finding WHERE ledger = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq LIMIT ?4",
            )?
            .query_map((number, after, to, i64::try_from(limit).unwrap_or(i64::MAX)), |r| r.get(0))?
            .collect()
    };
    let found: Vec<i64> = find().at("find findings", &file.path)?;
    let path = file.path.clone();
    let damaged = || Error::Damaged { path: path.clone(), what: "a finding without its row" };
    found.into_iter().map(|slot| at_slot(file, slot)?.ok_or_else(damaged)).collect()
}

impl Reader {
    /// Findings, and what was decided and said about findings, that a ledger has after its record `after`: the first `limit` of them.
    ///
    /// # Errors
    /// When the store cannot be read, or more than 100,000 are asked for.
    pub fn since(&mut self, ledger: &str, after: u64, limit: usize) -> Result<Since> {
        if limit > MOST {
            return Err(Error::Limit { what: "records", asked: limit as u64, limit: MOST as u64 });
        }
        loop {
            self.refresh()?;
            let generation = self.generation;
            let since = self.since_in(ledger, after, limit)?;
            // The store was made anew meanwhile.
            if generation == self.generation {
                return Ok(since);
            }
        }
    }

    fn since_in(&mut self, ledger: &str, after: u64, limit: usize) -> Result<Since> {
        let position = || -> rusqlite::Result<Option<i64>> {
            let mut find = self.main.prepare_cached("SELECT seq FROM ledger WHERE name = ?1")?;
            find.query_row([ledger], |r| r.get(0)).optional()
        };
        // Files of findings may be ahead of the main file; what it does not have yet comes the next time.
        let position = position().at("read the position", &self.main_path)?;
        let as_of = position.unwrap_or(0).cast_unsigned();
        let mut since = Since { happened: Vec::new(), to: as_of, as_of };
        let (Some(to), Ok(from)) = (position, i64::try_from(after)) else { return Ok(since) };
        if from >= to {
            return Ok(since);
        }
        let condition = "l.name = ?1 AND f.seq > ?2 AND f.seq <= ?3 \
                         AND f.kind IN ('acknowledgement', 'disposition', 'assignment', 'note')";
        let acts = self.facts_where(condition, Some(limit), &[&ledger, &from, &to])?;
        since.happened.extend(acts.into_iter().map(|fact| Happened::Act(Box::new(fact))));
        for listed in self.listed(Shelf::Findings, Period::ALL)? {
            let Some(file) = self.file(&listed)? else { continue };
            let found = file.still(|file| findings(file, ledger, from, to, limit))?;
            since.happened.extend(found.into_iter().map(|finding| Happened::Finding(Box::new(finding))));
        }
        since.happened.sort_by_key(Happened::seq);
        if since.happened.len() > limit {
            since.happened.truncate(limit);
        }
        if since.happened.len() == limit {
            since.to = since.happened.last().map_or(after, Happened::seq);
        }
        Ok(since)
    }
}
