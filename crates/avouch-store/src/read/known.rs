//! What was made of files that have not changed since.
//!
//! A month that is over changes only when somebody decides about one of its findings. Who asks again what was asked before, as every console does
//! while findings come in, has only the file looked at that they come into.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{At, Result};
use crate::filter::Filter;
use crate::period::Period;
use crate::read::condensed::Condensed;
use crate::read::count::{Ask, Bucket};
use crate::read::file::FileReader;
use crate::read::tally::Tallied;

/// What is kept, of a kind.
pub(crate) trait Kept {
    /// Bytes of all that is kept.
    const MOST: usize;
    /// Bytes of what is kept at most of one file for one question.
    const LARGEST: usize;

    /// Its size in memory, roughly.
    fn bytes(&self) -> usize;
}

impl Kept for Tallied {
    const MOST: usize = 32 << 20;
    const LARGEST: usize = Self::MOST / 8;

    fn bytes(&self) -> usize {
        let values: usize = self.values.iter().map(Vec::len).sum();
        values * size_of::<(u32, u64)>() + self.buckets.len() * size_of::<Bucket>()
    }
}

impl Kept for Vec<Condensed> {
    const MOST: usize = 64 << 20;
    const LARGEST: usize = Self::MOST / 4;

    fn bytes(&self) -> usize {
        // Names are shared with the texts of the store; who decided is not.
        self.len() * (size_of::<Condensed>() + 32)
    }
}

/// How far each ledger had come into a file: it changes with every change of the file, and with nothing else.
pub(crate) type Version = Vec<(String, i64)>;

/// A question to one file. The file's name is not enough: it may be another one of that name.
type Key = (PathBuf, i64, String);

#[derive(Debug)]
struct Entry<T> {
    asked: u64,
    version: Version,
    bytes: usize,
    made: Arc<T>,
}

#[derive(Debug)]
struct Entries<T> {
    turn: u64,
    bytes: usize,
    by_question: HashMap<Key, Entry<T>>,
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self { turn: 0, bytes: 0, by_question: HashMap::new() }
    }
}

/// Answers by question and file, those that were asked for last. Their numbers are those of the texts beside which they are kept.
#[derive(Debug)]
pub(crate) struct Known<T>(Mutex<Entries<T>>);

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// Counts.
pub(crate) type KnownCounts = Known<Tallied>;
/// Findings that were added up.
pub(crate) type KnownCondensed = Known<Vec<Condensed>>;

/// The version of a file that is asked, in the state in which it is asked.
pub(crate) fn version(file: &FileReader) -> Result<Version> {
    let read = || -> rusqlite::Result<Version> {
        file.conn
            .prepare_cached("SELECT ledger, seq FROM position ORDER BY ledger")?
            .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?
            .collect()
    };
    read().at("read the position", &file.path)
}

/// A filter as a text: equal ones name the same of the file.
fn named(file: &FileReader, filter: &Filter) -> String {
    let Filter { period, only, except, text } = filter;
    let whole = period.from <= file.period.from && file.period.to <= period.to;
    let period = if whole { Period::ALL } else { *period };
    format!("{:?}", (period, only, except, text))
}

impl<T: Kept> Entries<T> {
    fn remove(&mut self, key: &Key) {
        if let Some(entry) = self.by_question.remove(key) {
            self.bytes -= entry.bytes;
        }
    }

    fn put(&mut self, key: Key, version: Version, made: Arc<T>) {
        let bytes = made.bytes() + key.2.len() + 256;
        self.remove(&key);
        if bytes > T::LARGEST {
            return;
        }
        self.bytes += bytes;
        self.turn += 1;
        self.by_question.insert(key, Entry { asked: self.turn, version, bytes, made });
        while self.bytes > T::MOST
            && let Some(oldest) =
                self.by_question.iter().min_by_key(|(_, entry)| entry.asked).map(|(key, _)| key.clone())
        {
            self.remove(&oldest);
        }
    }

    fn get(&mut self, key: &Key, version: &Version) -> Option<Arc<T>> {
        self.turn += 1;
        let entry = self.by_question.get_mut(key).filter(|entry| entry.version == *version)?;
        entry.asked = self.turn;
        Some(Arc::clone(&entry.made))
    }
}

impl<T: Kept> Known<T> {
    fn entries(&self) -> MutexGuard<'_, Entries<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is to be known of a file in this version: what is, or what `make` finds.
    fn answer(
        &self,
        file: &mut FileReader,
        version: &Version,
        question: String,
        make: impl FnOnce(&mut FileReader) -> Result<T>,
    ) -> Result<Arc<T>> {
        let key = (file.path.clone(), file.dropped, question);
        if let Some(known) = self.entries().get(&key, version) {
            return Ok(known);
        }
        let made = Arc::new(make(file)?);
        self.entries().put(key, version.clone(), Arc::clone(&made));
        Ok(made)
    }
}

impl KnownCounts {
    /// The counts of a file as it is now: those that are known, or what `count` finds.
    pub(crate) fn tally(
        &self,
        file: &mut FileReader,
        filter: &Filter,
        ask: Ask<'_>,
        count: impl FnOnce(&mut FileReader) -> Result<Tallied>,
    ) -> Result<Arc<Tallied>> {
        let version = version(file)?;
        let question = format!("{} {:?}", named(file, filter), (ask.columns, ask.step));
        self.answer(file, &version, question, count)
    }
}

impl KnownCondensed {
    /// The findings of a filter, added up: those that are known of this version of the file, or what `condense` makes of it.
    pub(crate) fn condensed(
        &self,
        file: &mut FileReader,
        version: &Version,
        filter: &Filter,
        condense: impl FnOnce(&mut FileReader) -> Result<Vec<Condensed>>,
    ) -> Result<Arc<Vec<Condensed>>> {
        let question = named(file, filter);
        self.answer(file, version, question, condense)
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
        let sixteenth = Tallied::MOST / 16 / size_of::<(u32, u64)>();
        for n in 1..100 {
            entries.put(key(n), version(1), tallied(sixteenth));
            assert!(entries.get(&key(0), &version(1)).is_some(), "asked for all the time");
            assert!(entries.bytes <= Tallied::MOST);
        }
        assert_eq!(entries.by_question.len(), 16);
        assert!(entries.get(&key(99), &version(1)).is_some() && entries.get(&key(50), &version(1)).is_none());
        entries.put(key(99), version(2), tallied(Tallied::LARGEST));
        assert!(entries.get(&key(99), &version(1)).is_none(), "one that is too large leaves nothing old behind");
        assert_eq!(entries.bytes, entries.by_question.values().map(|e| e.bytes).sum::<usize>());
    }
}
