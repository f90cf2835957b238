//! Where recordings stand. Tests of other crates include this file by its path, so that the rule is written once.

#![allow(
    unreachable_pub,
    clippy::print_stderr,
    reason = "public in one crate, private in others; a skipped test must say so"
)]

use std::path::{Path, PathBuf};

/// Folder of the recordings, beside the checkout; `None` (said on stderr) in a clone that has none.
///
/// # Panics
/// With `CI=true`, when they are missing.
#[must_use]
pub fn testdata() -> Option<PathBuf> {
    // Each crate stands two folders below the workspace.
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/testdata");
    if dir.is_dir() {
        return Some(dir);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "recordings missing: {}", dir.display());
    eprintln!("skipped: no recordings at {}", dir.display());
    None
}
