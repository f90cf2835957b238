//! Counts of files that have not changed since they were made.
//!
//! A month that is over changes only when somebody decides about one of its findings. Who asks again what was asked before, as every console does
//! while findings come in, has only the file counted that they come into.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{At, Result};
use crate::filter::Filter;
use crate::period::Period;
use crate::read::count::{Ask, Bucket};
use crate::read::file::FileReader;
use crate::read::tally::Tallied;

/// Bytes of all counts that are kept.
const MOST: usize = 32 << 20;
/// Bytes of one file's counts for one question that are kept at most.
const LARGEST: usize = MOST / 8;

/// How far each ledger had come into a file: it changes with every change of the file, and with nothing else.
type Version = Vec<(String, i64)>;

/// A question to one file. The file's name is not enough: it may be another one of that name.
type Key = (PathBuf, i64, String);

#[derive(Debug)]
struct Entry {
    asked: u64,
    version: Version,
    bytes: usize,
    tallied: Arc<Tallied>,
}

#[derive(Debug, Default)]
struct Entries {
    turn: u64,
    bytes: usize,
    by_question: HashMap<Key, Entry>,
}

/// Counts by question and file, those that were asked for last. Their numbers are those of the texts beside which they are kept.
#[derive(Debug, Default)]
pub(crate) struct KnownCounts(Mutex<Entries>);

fn version(file: &FileReader) -> Result<Version> {
    let read = || -> rusqlite::Result<Version> {
        file.conn
            .prepare_cached("SELECT ledger, seq FROM position ORDER BY ledger")?
            .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?
            .collect()
    };
    read().at("read the position", &file.path)
}

/// A question as a text: equal ones ask the same of the file.
fn question(file: &FileReader, filter: &Filter, ask: Ask<'_>) -> String {
    let Filter { period, only, except, text } = filter;
    let whole = period.from <= file.period.from && file.period.to <= period.to;
    let period = if whole { Period::ALL } else { *period };
    format!("{:?}", (period, only, except, text, ask.columns, ask.step))
}

impl Entries {
    fn remove(&mut self, key: &Key) {
        if let Some(entry) = self.by_question.remove(key) {
            self.bytes -= entry.bytes;
        }
    }

    fn put(&mut self, key: Key, version: Version, tallied: Arc<Tallied>) {
        let values: usize = tallied.values.iter().map(Vec::len).sum();
        let bytes = values * size_of::<(u32, u64)>() + tallied.buckets.len() * size_of::<Bucket>() + key.2.len() + 256;
        self.remove(&key);
        if bytes > LARGEST {
            return;
        }
        self.bytes += bytes;
        self.turn += 1;
        self.by_question.insert(key, Entry { asked: self.turn, version, bytes, tallied });
        while self.bytes > MOST
            && let Some(oldest) =
                self.by_question.iter().min_by_key(|(_, entry)| entry.asked).map(|(key, _)| key.clone())
        {
            self.remove(&oldest);
        }
    }

    fn get(&mut self, key: &Key, version: &Version) -> Option<Arc<Tallied>> {
        self.turn += 1;
        let entry = self.by_question.get_mut(key).filter(|entry| entry.version == *version)?;
        entry.asked = self.turn;
        Some(Arc::clone(&entry.tallied))
    }
}

impl KnownCounts {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The counts of a file as it is now: those that are known, or what `count` finds.
    pub(crate) fn tally(
        &self,
        file: &mut FileReader,
        filter: &Filter,
        ask: Ask<'_>,
        count: impl FnOnce(&mut FileReader) -> Result<Tallied>,
    ) -> Result<Arc<Tallied>> {
        let version = version(file)?;
        let key = (file.path.clone(), file.dropped, question(file, filter, ask));
        if let Some(known) = self.entries().get(&key, &version) {
            return Ok(known);
        }
        let tallied = Arc::new(count(file)?);
        self.entries().put(key, version, Arc::clone(&tallied));
        Ok(tallied)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_asked_for_last_are_kept_as_far_as_there_is_room_and_for_the_files_as_they_were() {
        let key = |n: usize| (PathBuf::from("f"), 0, n.to_string());
        let version = |seq| vec![("l".to_owned(), seq)];
        let tallied = |values| Arc::new(Tallied { count: 1, values: vec![vec![(1, 1); values]], buckets: Vec::new() });
        let mut entries = Entries::default();
        entries.put(key(0), version(1), tallied(1));
        assert!(entries.get(&key(0), &version(1)).is_some());
        assert!(entries.get(&key(0), &version(2)).is_none() && entries.get(&key(1), &version(1)).is_none());
        let sixteenth = MOST / 16 / size_of::<(u32, u64)>();
        for n in 1..100 {
            entries.put(key(n), version(1), tallied(sixteenth));
            assert!(entries.get(&key(0), &version(1)).is_some(), "asked for all the time");
            assert!(entries.bytes <= MOST);
        }
        assert_eq!(entries.by_question.len(), 16);
        assert!(entries.get(&key(99), &version(1)).is_some() && entries.get(&key(50), &version(1)).is_none());
        entries.put(key(99), version(2), tallied(LARGEST));
        assert!(entries.get(&key(99), &version(1)).is_none(), "one that is too large leaves nothing old behind");
        assert_eq!(entries.bytes, entries.by_question.values().map(|e| e.bytes).sum::<usize>());
    }
}
