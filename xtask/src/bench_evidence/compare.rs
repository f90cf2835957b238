//! Two folders, byte for byte.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// What was compared.
pub(super) struct Compared {
    /// Files of the first folder, and their bytes.
    pub(super) files: usize,
    pub(super) bytes: u64,
    /// Files that differ, or stand in one of them only.
    pub(super) different: Vec<String>,
}

/// Compares every file.
///
/// # Errors
/// When a file cannot be read.
pub(super) fn folders(a: &Path, b: &Path) -> Result<Compared> {
    let (mut first, mut second) = (BTreeSet::new(), BTreeSet::new());
    list(a, a, &mut first)?;
    list(b, b, &mut second)?;
    let mut out = Compared { files: first.len(), bytes: 0, different: Vec::new() };
    out.different.extend(first.symmetric_difference(&second).map(|p| p.display().to_string()));
    for path in first.intersection(&second) {
        let (same, bytes) = same(&a.join(path), &b.join(path))?;
        out.bytes += bytes;
        if !same {
            out.different.push(path.display().to_string());
        }
    }
    Ok(out)
}

fn list(root: &Path, dir: &Path, out: &mut BTreeSet<PathBuf>) -> Result<()> {
    let failed = || format!("failed to list `{}`", dir.display());
    for entry in std::fs::read_dir(dir).with_context(failed)? {
        let path = entry.with_context(failed)?.path();
        if path.is_dir() {
            list(root, &path, out)?;
        } else {
            out.insert(path.strip_prefix(root).unwrap_or(&path).to_owned());
        }
    }
    Ok(())
}

/// Whether two files hold the same, and how many bytes of the first were read.
fn same(a: &Path, b: &Path) -> Result<(bool, u64)> {
    let open = |path: &Path| File::open(path).with_context(|| format!("failed to open `{}`", path.display()));
    let (mut a, mut b) = (open(a)?, open(b)?);
    let (mut left, mut right, mut bytes) = (Vec::new(), Vec::new(), 0);
    loop {
        left.clear();
        right.clear();
        (&mut a).take(1 << 20).read_to_end(&mut left)?;
        (&mut b).take(1 << 20).read_to_end(&mut right)?;
        bytes += left.len() as u64;
        if left != right {
            return Ok((false, bytes));
        }
        if left.is_empty() {
            return Ok((true, bytes));
        }
    }
}
