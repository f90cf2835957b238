//! What the differential tests share: where the recordings stand, which differences are meant, and the tally.
//!
//! Recordings stand in `../shared/testdata` beside the checkout. A user's clone has none and its tests say that they
//! skipped; with `CI=true` their absence is a failure.

mod recordings;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use recordings::testdata;

/// Root of this workspace.
#[must_use]
pub fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[derive(Deserialize)]
struct SkipFile {
    #[serde(default)]
    skip: Vec<Skip>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Skip {
    /// Name of the suite.
    suite: String,
    /// Case; `*` stands for any text.
    case: String,
    /// Why we differ.
    reason: String,
}

/// Counts what passed, what differs on purpose and what differs without leave.
pub struct Tally {
    suite: &'static str,
    skips: Vec<(Skip, usize)>,
    passed: usize,
    skipped: usize,
    failed: Vec<String>,
}

impl Tally {
    /// A tally for one suite; reads `differences.toml`.
    ///
    /// # Panics
    /// When the skip file cannot be read.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test helper")]
    pub fn new(suite: &'static str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("differences.toml");
        let text = std::fs::read_to_string(path).expect("read differences.toml");
        let file: SkipFile = toml::from_str(&text).expect("parse differences.toml");
        let skips = file.skip.into_iter().filter(|s| s.suite == suite).map(|s| (s, 0)).collect();
        Self { suite, skips, passed: 0, skipped: 0, failed: Vec::new() }
    }

    /// Whether `case` is a known difference, without counting it.
    #[must_use]
    pub fn is_known(&self, case: &str) -> bool {
        self.skips.iter().any(|(s, _)| wildcard(&s.case, case))
    }

    /// Counts one case. `difference` is `None` when we agree with the peer. A known difference counts as skipped, and
    /// only if it really differs.
    pub fn case(&mut self, case: &str, difference: Option<String>) {
        match difference {
            None => self.passed += 1,
            Some(text) => match self.skips.iter_mut().find(|(s, _)| wildcard(&s.case, case)) {
                Some((_, uses)) => {
                    *uses += 1;
                    self.skipped += 1;
                }
                None => self.failed.push(format!("{case}: {text}")),
            },
        }
    }

    /// Prints the numbers.
    ///
    /// # Panics
    /// When a case differs without leave, when no case ran, or when an entry of the skip file was not needed.
    #[expect(clippy::print_stderr, reason = "the numbers are the point of the test")]
    pub fn finish(self) {
        let total = self.passed + self.skipped + self.failed.len();
        eprintln!("{}: {} pass, {} skip, {} fail of {total}", self.suite, self.passed, self.skipped, self.failed.len());
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for (skip, uses) in &self.skips {
            *reasons.entry(&skip.reason).or_default() += uses;
        }
        for (reason, uses) in reasons {
            eprintln!("  skip x{uses}: {reason}");
        }
        for failure in self.failed.iter().take(120) {
            eprintln!("  FAIL {failure}");
        }
        let unused: Vec<&str> = self.skips.iter().filter(|(_, n)| *n == 0).map(|(s, _)| s.case.as_str()).collect();
        assert!(total > 0, "{}: no case ran", self.suite);
        assert!(self.failed.is_empty(), "{}: {} cases differ", self.suite, self.failed.len());
        assert!(unused.is_empty(), "{}: differences.toml names cases that do not differ: {unused:?}", self.suite);
    }
}

/// `*` stands for any text, everything else for itself.
fn wildcard(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => text.strip_prefix(head).is_some_and(|tail| {
            rest.is_empty() || (0..=tail.len()).any(|i| tail.get(i..).is_some_and(|t| wildcard(rest, t)))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn star_stands_for_any_text() {
        assert!(wildcard("a*c", "abbc") && wildcard("*", "") && wildcard("x*y*z", "xyyz"));
        assert!(!wildcard("a*c", "abb") && !wildcard("a", "ab"));
    }
}
