//! What is known of a report that was asked for.

use std::io::Write as _;
use std::path::Path;

use avouch_finding::Time;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How far a report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobState {
    Queued,
    Running,
    Done,
    Failed,
}

/// What was asked for.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct AskedReport {
    /// `soc2`.
    pub(crate) framework: String,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) from: Time,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) to: Time,
    /// Clusters it is limited to; all when empty.
    pub(crate) clusters: Vec<String>,
    /// Rows of a sample of each population; 0 for none.
    pub(crate) sample: usize,
    /// Seed of the samples.
    pub(crate) seed: String,
}

/// A file that can be fetched.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct JobFile {
    /// Its path below the report.
    pub(crate) name: String,
    pub(crate) bytes: u64,
    /// In hex.
    pub(crate) sha256: String,
}

/// A report: asked for, being made, or made.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) state: JobState,
    /// What is being done, in a word; empty when nothing is.
    pub(crate) progress: String,
    /// Why it failed.
    pub(crate) error: Option<String>,
    #[serde(flatten)]
    pub(crate) asked: AskedReport,
    pub(crate) made_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) asked_at: Time,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) done_at: Option<Time>,
    /// Findings, deviations and how many of them are open; `null` until it is done.
    pub(crate) outcome: Option<MadeOut>,
    /// What can be fetched; the bundle is one file, `bundle.tar.gz`.
    pub(crate) files: Vec<JobFile>,
}

/// What a report came to.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct MadeOut {
    pub(crate) findings: u64,
    pub(crate) deviations: usize,
    pub(crate) open_deviations: usize,
    /// Nothing at all is known of the period.
    pub(crate) no_evidence: bool,
    /// SHA-256 of the bundle's manifest, in hex.
    pub(crate) manifest: String,
    /// The last record that it knows.
    pub(crate) as_of_seq: u64,
}

impl Job {
    pub(super) fn new(id: String, asked: AskedReport, by: &str, now: Time) -> Self {
        Self {
            id,
            state: JobState::Queued,
            progress: String::new(),
            error: None,
            asked,
            made_by: by.to_owned(),
            asked_at: now,
            done_at: None,
            outcome: None,
            files: Vec::new(),
        }
    }
}

pub(super) fn read(path: &Path) -> Option<Job> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// Whole or not at all.
pub(super) fn write(path: &Path, job: &Job) -> std::io::Result<()> {
    let draft = path.with_extension("new");
    let mut file = std::fs::File::create(&draft)?;
    file.write_all(&serde_json::to_vec_pretty(job)?)?;
    file.sync_all()?;
    std::fs::rename(&draft, path)
}
