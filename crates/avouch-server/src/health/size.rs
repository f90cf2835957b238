//! Bytes on the disk.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use avouch_finding::Time;
use serde::Serialize;
use utoipa::ToSchema;

use super::board::SECOND;

/// How long an answer is good: a store has a file a month and a day.
const GOOD: u64 = 15 * SECOND;
/// Files that are looked at, at most.
const FILES: usize = 100_000;

/// What the folder of evidence takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Sizes {
    /// Bytes of the ledger.
    pub ledger_bytes: u64,
    /// Bytes of the store, an index that can be made anew from the ledger.
    pub store_bytes: u64,
    /// Files of both.
    pub files: u64,
}

/// Sizes that are looked up now and then.
#[derive(Debug, Default)]
pub(super) struct Measured(Mutex<Option<(Time, Sizes)>>);

impl Measured {
    /// The sizes, not older than [`GOOD`]. Blocks.
    pub(super) fn of(&self, folder: &avouch_evidence::Folder, now: Time) -> Sizes {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, sizes)) = *known
            && now.0.saturating_sub(at.0) < GOOD
        {
            return sizes;
        }
        let ((ledger_bytes, a), (store_bytes, b)) = (bytes_of(&folder.ledger()), bytes_of(&folder.store()));
        let sizes = Sizes { ledger_bytes, store_bytes, files: a + b };
        *known = Some((now, sizes));
        sizes
    }
}

/// Bytes and files of a folder and those below it. What goes away meanwhile counts for nothing.
fn bytes_of(dir: &Path) -> (u64, u64) {
    let (mut bytes, mut files, mut folders) = (0, 0, vec![dir.to_owned()]);
    while let Some(dir) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(dir) else { continue };
        for entry in entries.flatten().take(FILES) {
            match entry.metadata() {
                Ok(meta) if meta.is_dir() => folders.push(entry.path()),
                Ok(meta) if meta.is_file() => {
                    bytes += meta.len();
                    files += 1;
                }
                _ => {}
            }
        }
    }
    (bytes, files)
}
