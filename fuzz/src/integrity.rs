//! The saved baseline of watched files, which whoever can write to its folder can write.

use avouch_integrity::{LoadCounts, parse_saved};

/// Most files that are taken, so that short inputs reach the limit.
const FILES: usize = 4;

/// Bounds hold, paths are paths, and what was damaged is never called complete.
pub fn integrity(data: &[u8]) {
    let Some(saved) = parse_saved(data, FILES) else { return };
    assert!(saved.files.len() <= FILES);
    assert!(saved.files.iter().all(|(path, _)| path.is_absolute()));
    assert!(!saved.complete || saved.counts == LoadCounts::default());
}
