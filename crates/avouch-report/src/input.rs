//! What renderers get: the results of a period, all of them computed.

use avouch_controls::{ControlHistory, RequestItem};
use avouch_store::StoredFinding;

use crate::acceptances::AcceptanceResult;
use crate::controls::{ControlResult, Judging};
use crate::deviations::Deviation;
use crate::facts::PeriodFacts;
use crate::population::{Activity, Population, Sample};
use crate::rules::RuleResult;
use crate::stats::Counts;

/// What the user said of the report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Organisation.
    pub entity: String,
    /// System that is described; may be empty.
    pub system: String,
    /// Clusters the report is limited to; all when empty.
    pub clusters: Vec<String>,
    /// Not yet what is handed over.
    pub draft: bool,
    /// Version of avouch.
    pub version: String,
    /// SHA-256, in hex, of the program that makes the report; empty where it cannot be read.
    pub program: String,
    /// Size of each sample; 0 for none.
    pub sample: usize,
    /// Seed of the samples.
    pub seed: String,
}

/// A control list as it was used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListUsed {
    /// Id, version, title of the list.
    pub id: String,
    /// See `id`.
    pub version: u32,
    /// See `id`.
    pub title: String,
    /// Name of its file, without folders.
    pub file: String,
    /// SHA-256 of its text, in hex.
    pub digest: String,
    /// What is wrong with it, one line each; empty when nothing is.
    pub problems: Vec<String>,
}

/// What the period before looked like, of the same length; `None` in [`Results`] when nothing is known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// Findings of it.
    pub counts: Counts,
    /// Parts in a million of the time to be watched that were watched; `None` when nothing was to be watched.
    pub watched_ppm: Option<u32>,
}

/// Results of a period.
#[derive(Debug)]
pub struct Results<'r> {
    /// What the user said.
    pub scope: &'r Scope,
    /// The facts.
    pub facts: &'r PeriodFacts,
    /// Versions of the control list over the period.
    pub history: &'r ControlHistory<'r>,
    /// The lists themselves.
    pub lists: &'r [ListUsed],
    /// How days were judged.
    pub judging: Judging,
    /// Controls, by id.
    pub controls: &'r [ControlResult<'r>],
    /// Rules, by name.
    pub rules: &'r [RuleResult<'r>],
    /// Acceptances, by id.
    pub acceptances: &'r [AcceptanceResult<'r>],
    /// The register of deviations.
    pub deviations: &'r [Deviation],
    /// Populations, in the order of the report.
    pub populations: &'r [Population],
    /// Samples drawn from them.
    pub samples: &'r [Sample],
    /// What was made of activity: flows and sessions.
    pub activity: &'r Activity,
    /// Findings that are shown one by one: those that were what their rule says, and open ones of high severity; at most
    /// [`SHOWN`], the gravest and latest first.
    pub shown: &'r [StoredFinding],
    /// The latest changes of production that rules saw, the last one first; at most [`SHOWN`].
    pub changes: &'r [StoredFinding],
    /// What the auditor asks for.
    pub requests: &'r [RequestItem],
    /// The period before.
    pub before: Option<&'r Before>,
}

/// Findings shown one by one at most; all of them are in the population.
pub const SHOWN: usize = 200;
