//! What is old or too much goes, as whole period files.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use avouch_finding::Time;

use crate::error::{At, Result};
use crate::period::{Period, Shelf, sql};
use crate::write::Writer;

/// How much of one kind of period files is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// A file is dropped when all of its time is longer ago than this.
    pub max_age: Option<Duration>,
    /// The oldest files are dropped until the rest has no more bytes than this. The latest file always stays.
    pub max_bytes: Option<u64>,
}

/// How much is kept. The default keeps everything. What was watched, facts that are few and the positions of the ledgers are
/// always kept; and the ledgers are not the store's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetentionPolicy {
    /// Findings, by the month.
    pub findings: Keep,
    /// Commands, connections and file changes, by the day.
    pub activity: Keep,
}

/// A file that was dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// Time that it was of.
    pub period: Period,
    /// `findings` or `activity`.
    pub what: &'static str,
    /// Rows that it had.
    pub rows: u64,
    /// Bytes on the disk.
    pub bytes: u64,
}

/// A file and those that the engine keeps beside it.
fn parts(path: &Path) -> [PathBuf; 3] {
    ["db", "db-wal", "db-shm"].map(|ending| path.with_extension(ending))
}

/// Rows of a file, from the lengths of its blocks.
const COUNT: &str = "SELECT coalesce(sum(length(rows)), 0) / ?1 FROM block";

fn remove(path: &Path) -> Result<()> {
    for part in parts(path) {
        match fs::remove_file(&part) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).at("remove", &part),
            _ => {}
        }
    }
    Ok(())
}

fn bytes(path: &Path) -> u64 {
    parts(path).iter().filter_map(|part| fs::metadata(part).ok()).map(|m| m.len()).sum()
}

impl Writer {
    /// Drops what is too old or too much, and says what. Readers that have a file open keep it until their next question; the loss stays
    /// known ([`crate::Freshness::dropped`]).
    ///
    /// # Errors
    /// When a file cannot be read or removed.
    pub fn retain(&mut self, now: Time, policy: RetentionPolicy) -> Result<Vec<Dropped>> {
        let mut dropped = Vec::new();
        for (shelf, keep) in [(Shelf::Findings, policy.findings), (Shelf::Activity, policy.activity)] {
            // Names of one shelf are in order of time.
            let files: Vec<(String, Period)> = self
                .kept
                .iter()
                .filter(|(name, _)| name.starts_with(shelf.name()))
                .map(|(name, period)| (name.clone(), *period))
                .collect();
            let sizes: Vec<u64> = files.iter().map(|(name, _)| bytes(&self.dir.join(name))).collect();
            let mut left: u64 = sizes.iter().sum();
            let Some((_, before_latest)) = files.split_last() else { continue };
            let oldest =
                keep.max_age.map_or(0, |age| now.0.saturating_sub(u64::try_from(age.as_nanos()).unwrap_or(u64::MAX)));
            for ((name, period), bytes) in before_latest.iter().zip(sizes) {
                if period.to.0 > oldest && keep.max_bytes.is_none_or(|most| left <= most) {
                    break;
                }
                let rows = self.drop_file(shelf, name, *period, now)?;
                dropped.push(Dropped { period: *period, what: shelf.name(), rows, bytes });
                left -= bytes;
            }
        }
        Ok(dropped)
    }

    fn drop_file(&mut self, shelf: Shelf, name: &str, period: Period, now: Time) -> Result<u64> {
        let n = self.file(shelf, period.from)?;
        let file = self.files.swap_remove(n);
        let rows: i64 =
            file.conn.query_row(COUNT, [crate::block::ROW as i64], |r| r.get(0)).at("count the rows", &file.path)?;
        drop(file);
        // First it is said, then done: what is said to be dropped is swept up at the next start.
        self.main
            .execute(
                "UPDATE period SET kept = 0, dropped = dropped + 1, dropped_at = ?2, dropped_rows = dropped_rows + ?3 \
                 WHERE name = ?1",
                (name, sql(now), rows),
            )
            .at("note a dropped file", &self.main_path)?;
        self.kept.remove(name);
        remove(&self.dir.join(name))?;
        Ok(rows.cast_unsigned())
    }

    /// Removes files that were to be dropped when a process died.
    pub(crate) fn sweep(&mut self) -> Result<()> {
        let read = || -> rusqlite::Result<Vec<String>> {
            self.main.prepare("SELECT name FROM period WHERE kept = 0")?.query_map([], |r| r.get(0))?.collect()
        };
        for name in read().at("list the period files", &self.main_path)? {
            remove(&self.dir.join(name))?;
        }
        Ok(())
    }
}
