//! Populations: complete lists of a period, one row an item, numbered, with a digest and with tests of completeness, from which
//! an auditor samples.

mod acceptances;
mod activity;
mod changes;
mod control_days;
mod detections;
mod flows;
mod gaps;
mod nodes;
mod rule_changes;
mod sample;
mod sessions;
mod tool_changes;
mod writer;

pub use acceptances::acceptances;
pub use activity::{Activity, Asked, Namespace, activity};
pub use changes::{Changes, changes};
pub use control_days::control_days;
pub use detections::{Detections, detection_tests};
pub use gaps::gaps;
pub use nodes::nodes;
pub use rule_changes::rule_changes;
pub use sample::{METHOD, Sample, sample};
pub(crate) use sessions::{decided, session_id};
pub use tool_changes::tool_changes;
pub(crate) use writer::csv_line;
pub use writer::{PopulationError, PopulationWriter};

use avouch_finding::Time;
use serde::Serialize;

/// What a population is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Spec {
    /// Its id, also the name of its files.
    pub id: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// What belongs to it and what does not, in words.
    pub definition: &'static str,
    /// Where its rows are from.
    pub source: &'static str,
    /// Names of the columns after `n`, the number of the row.
    pub columns: &'static [&'static str],
}

/// Whether a test of completeness held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It held.
    Pass,
    /// It did not.
    Fail,
    /// It could not be done; the reason stands beside it.
    NotRun,
}

impl Verdict {
    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotRun => "not run",
        }
    }
}

/// A test of completeness or accuracy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Test {
    /// What was tested.
    pub name: String,
    /// What should have come out.
    pub expected: String,
    /// What came out.
    pub got: String,
    /// Whether they agree.
    pub verdict: Verdict,
}

impl Test {
    /// Two numbers that have to be the same.
    #[must_use]
    pub fn equal(name: impl Into<String>, expected: u64, got: u64) -> Self {
        let verdict = if expected == got { Verdict::Pass } else { Verdict::Fail };
        Self { name: name.into(), expected: expected.to_string(), got: got.to_string(), verdict }
    }

    /// A test that could not be done, and why.
    #[must_use]
    pub fn not_run(name: impl Into<String>, why: impl Into<String>) -> Self {
        Self { name: name.into(), expected: String::new(), got: why.into(), verdict: Verdict::NotRun }
    }
}

/// A population that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Population {
    /// What it is.
    #[serde(flatten)]
    pub spec: Spec,
    /// Number of rows.
    pub count: u64,
    /// Id of the first and of the last row.
    pub first: Option<String>,
    /// See `first`.
    pub last: Option<String>,
    /// SHA-256, in hex, of the file of JSON lines; the sample depends on it.
    pub digest: String,
    /// SHA-256, in hex, of the CSV file.
    pub csv_digest: String,
    /// Tests of completeness.
    pub tests: Vec<Test>,
}

impl Population {
    /// The file of JSON lines in the bundle.
    #[must_use]
    pub fn jsonl(&self) -> String {
        format!("populations/{}.jsonl", self.spec.id)
    }

    /// The CSV file in the bundle.
    #[must_use]
    pub fn csv(&self) -> String {
        format!("populations/{}.csv", self.spec.id)
    }
}

/// A time, or nothing.
fn optional(time: Option<Time>) -> String {
    time.map(|t| t.to_string()).unwrap_or_default()
}

/// Bytes in hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |n: u8| DIGITS.get(usize::from(n)).copied().map_or('0', char::from);
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
}
