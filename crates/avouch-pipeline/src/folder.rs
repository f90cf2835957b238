//! What lies in a folder and below it.

use std::io;
use std::path::{Path, PathBuf};

/// Files under `folder` at any depth whose name `keep` takes, sorted by path within each folder. Links are not followed: one
/// to a folder above would never end.
///
/// # Errors
/// The folder that cannot be listed, and why.
pub(crate) fn files(folder: &Path, keep: &impl Fn(&str) -> bool) -> Result<Vec<PathBuf>, (PathBuf, io::Error)> {
    let mut out = Vec::new();
    walk(folder, keep, &mut out)?;
    Ok(out)
}

fn walk(folder: &Path, keep: &impl Fn(&str) -> bool, out: &mut Vec<PathBuf>) -> Result<(), (PathBuf, io::Error)> {
    let failed = |error| (folder.to_owned(), error);
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        entries.push((entry.path(), entry.file_type().map_err(failed)?));
    }
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    for (path, kind) in entries {
        if kind.is_dir() {
            walk(&path, keep, out)?;
        } else if path.file_name().and_then(|n| n.to_str()).is_some_and(keep) {
            out.push(path);
        }
    }
    Ok(())
}
