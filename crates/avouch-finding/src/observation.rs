//! What was watched, when, with which rules, and what was lost: silence is evidence only where this says that it was observed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::time::Time;

/// A run of avouch began on a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Start {
    pub time: Time,
    pub node: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cluster: String,
    /// Identity of the run: no two are alike.
    pub run: String,
    pub version: String,
    /// Release of the kernel; empty for a replay.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub kernel: String,
    /// What this machine lacks, in sentences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// The run reads recordings: what it observes is the recorded time, not the time of the run.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub replay: bool,
}

/// A run ended as it should. A run without this fact died.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Stop {
    pub time: Time,
    pub node: String,
    pub run: String,
    pub reason: String,
    pub events: u64,
    pub detections: u64,
    pub lost_events: u64,
}

/// What a run had loaded from `time` on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RulesLoaded {
    /// From when on; time of the event for a replay.
    pub time: Time,
    /// Machine.
    pub node: String,
    /// Run.
    pub run: String,
    /// SHA-256 that tells the rule set, its selection included.
    pub digest: String,
    /// Rules that run, in order of loading.
    pub rules: Vec<RuleIdentity>,
    /// Rules that were read and do not run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_running: Vec<NotRunning>,
    /// Who or what brought the change, when that is known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// Why new rules were not taken; the old ones, which `digest` names, go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Digest of the set of a server (rules, mappings, acceptances) that runs; empty when they come from files of the machine. Another
    /// number than `digest`, which counts the agent's own selection too.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub set: String,
    /// Digest of the set of a server that `refused` is about; empty when it is about none. It is that of `set` when nothing older was
    /// there and what of it compiles runs.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub refused_set: String,
}

/// One rule of a set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RuleIdentity {
    /// Its name.
    pub name: String,
    /// Its source.
    pub source: String,
    /// Its priority.
    pub priority: String,
    /// SHA-256, in hex, of what it means when resolved: condition, output, priority, tags.
    pub digest: String,
    /// Criteria that it serves first.
    pub criteria: Vec<String>,
    /// Criteria that it touches.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub criteria_secondary: Vec<String>,
    /// Points of focus.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub points_of_focus: Vec<String>,
    /// Its tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// A rule that was read and does not run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct NotRunning {
    pub name: String,
    pub reason: String,
}

/// How a source fared in a stretch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Watching {
    /// It delivers, or would if something happened: the kernel sensor is attached, the log was read to its end.
    Delivers,
    /// It is not attached, or cannot be read: whatever it would have told is not known.
    #[default]
    Down,
}

/// See [`Observation`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceState {
    /// Whether it delivers.
    pub state: Watching,
    /// Events that it gave in the stretch.
    pub events: u64,
    /// Whole events of it that were lost in the stretch. What [`Losses::events`] has beyond the sum of all sources may be of any.
    #[serde(skip_serializing_if = "none_lost")]
    pub lost: u64,
    /// Why it is down, or what it lacks.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn none_lost(n: &u64) -> bool {
    *n == 0
}

/// Events that were lost before they could be judged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Losses {
    /// Whole events.
    pub events: u64,
    /// By cause, parts of events included.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_cause: BTreeMap<String, u64>,
}

/// From `from` to `to` a node was watched, by these sources, with this rule set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Observation {
    /// Begin of the stretch.
    pub from: Time,
    /// End of the stretch, which does not belong to it.
    pub to: Time,
    /// Machine.
    pub node: String,
    /// Cluster, when the user said so.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cluster: String,
    /// Run.
    pub run: String,
    /// Digest of the rule set.
    pub rules: String,
    /// Sources by name. A source that is not named was not asked for.
    pub sources: BTreeMap<String, SourceState>,
    /// Events in the stretch.
    pub events: u64,
    /// Detections in the stretch.
    pub detections: u64,
    /// What was lost in the stretch.
    pub lost: Losses,
    /// ns by which the clock of the machine was ahead of a clock that cannot be set.
    #[serde(with = "crate::wide")]
    pub clock_offset_ns: i64,
    /// By how much somebody set the clock in the stretch.
    #[serde(skip_serializing_if = "Option::is_none", with = "crate::wide::optional")]
    pub clock_jump_ns: Option<i64>,
    /// What was not watched although something asked for it, in sentences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<String>,
}

/// A node was not watched, and avouch knows it.
///
/// One that names a source, or is `partial`, is what was learned of a time that is over, and counts against it, whatever was observed
/// then. Any other says why nothing was heard, and takes nothing from what was watched: an agent that could not be reached tells later.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Gap {
    pub from: Time,
    pub to: Time,
    pub node: String,
    /// Source that the gap is of; every source when empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// It was watched, and not all of it came, or not in time: it counts as a stretch with losses, not as one that nobody watched.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
    pub reason: String,
}

/// Whether a signature is that of who is said to have signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureState {
    /// A key that the operator gave verifies it.
    Verified,
    /// It was not looked at: there is no key, or no signature. It may be good or not.
    #[default]
    NotVerified,
    /// It is not what any key that could have made it would have made.
    Failed,
}

/// A digest of CloudTrail's log file validation was checked: it names the log files of a stretch with their SHA-256.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DigestCheck {
    /// When it was checked.
    pub time: Time,
    /// Account.
    pub node: String,
    /// Run that checked it.
    pub run: String,
    /// Source whose files it names.
    pub source: String,
    /// Its name, without folders.
    pub name: String,
    /// SHA-256 of its content, in hex.
    pub sha256: String,
    /// Begin of the stretch that it speaks for.
    pub from: Time,
    /// End of that stretch.
    pub to: Time,
    /// Log files that it names.
    pub files: u64,
    /// What its signature is worth.
    pub signature: SignatureState,
    /// Fingerprint of the key that it says it was signed with.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// Why it is not verified, or failed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// Nodes that are to be watched from `time` on: one that is named here and sends nothing is a gap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Estate {
    /// From when on.
    pub time: Time,
    /// Cluster.
    pub cluster: String,
    /// Names of the nodes. One that a later fact of this cluster does not name has left.
    pub nodes: Vec<String>,
    /// Where the list is from: `kubernetes`, `user`.
    pub origin: String,
}

/// A recording or log was read: what evidence made from it stands on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InputRead {
    /// When it was read.
    pub time: Time,
    /// Machine or account that it is of.
    pub node: String,
    /// Run.
    pub run: String,
    /// Its name, without folders.
    pub name: String,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// Events by source.
    pub events: BTreeMap<String, u64>,
    /// Parts that could not be read, by cause.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub skipped: BTreeMap<String, u64>,
    /// By how much its times were moved because the user said that its clock was wrong; every time of what was made from it is
    /// moved alike.
    #[serde(skip_serializing_if = "is_zero", with = "crate::wide")]
    pub moved_ns: i64,
    /// Time of the first event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<Time>,
    /// Time of the last event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<Time>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(n: &i64) -> bool {
    *n == 0
}
