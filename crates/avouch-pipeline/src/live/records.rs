//! What a live run leaves behind, as plain records, one JSON object a line: findings, observations and activity.
//!
//! Times are RFC 3339, UTC. A record is written once and never changed. What a count means over time: counters of an
//! [`Observation`] are since the start of the run, and its `interval` holds what came since the observation before it.

use std::collections::BTreeMap;

use avouch_event::{LossCause, Losses, TimeStyle, time_text};
pub use avouch_finding::Who;
use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::intake::ContainerCounts;

/// `ns` since the epoch as RFC 3339.
#[must_use]
pub fn rfc3339(ns: u64) -> String {
    time_text(ns, TimeStyle::Iso8601Zulu, 0).to_string()
}

/// Any record; `kind` tells which.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Record {
    /// A run began.
    Start(Box<Start>),
    /// What a run saw and lost so far.
    Observation(Box<Observation>),
    /// Nobody watched.
    Gap(Gap),
    /// The rules were loaded anew.
    Rules(RulesChange),
    /// A run ended as it should. Without this record it died.
    Stop(Stop),
    /// A rule matched.
    Finding(Box<Finding>),
    /// Something was done about a finding, or kept from happening.
    Act(Json),
    /// A program was run.
    Command(Box<Command>),
    /// Connections of one program to one address.
    Connection(Box<Connection>),
    /// A file was made, changed or removed.
    File(Box<FileChange>),
    /// Activity that was not written, to keep to the budget.
    LeftOut(LeftOut),
    /// A watched file changed, or all were read once; with a `kind` of its own.
    #[serde(untagged)]
    Integrity(Json),
}

impl Record {
    /// File that the record belongs to.
    #[must_use]
    pub fn stream(&self) -> Stream {
        match self {
            Self::Start(_) | Self::Observation(_) | Self::Gap(_) | Self::Rules(_) | Self::Stop(_) => {
                Stream::Observations
            }
            Self::Finding(_) | Self::Act(_) => Stream::Findings,
            Self::Command(_) | Self::Connection(_) | Self::File(_) | Self::LeftOut(_) => Stream::Activity,
            Self::Integrity(_) => Stream::Integrity,
        }
    }
}

/// One of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// What rules matched, and what was done about it.
    Findings,
    /// Whether and how it was watched.
    Observations,
    /// What happened, whatever the rules are.
    Activity,
    /// Watched files before and after a change.
    Integrity,
}

impl Stream {
    /// Every stream.
    pub const ALL: [Self; 4] = [Self::Findings, Self::Observations, Self::Activity, Self::Integrity];

    /// Name of the file.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Findings => "findings.jsonl",
            Self::Observations => "observations.jsonl",
            Self::Activity => "activity.jsonl",
            Self::Integrity => "integrity.jsonl",
        }
    }
}

/// The rules of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RulesState {
    /// SHA-256 that tells the rule set: see [`super::RulesDigest`].
    pub digest: String,
    /// Rules that run, by source.
    pub running: BTreeMap<String, usize>,
    /// Rules that were read and do not run: disabled, below the priority asked for, or broken.
    pub not_running: usize,
}

/// See [`Record::Start`].
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Start {
    pub time: String,
    pub version: String,
    pub hostname: String,
    pub kernel: String,
    pub rules: RulesState,
    /// Names of the events that the source is asked for.
    pub collected: Vec<String>,
    /// What this machine lacks, in sentences.
    pub missing: Vec<String>,
}

/// See [`Record::Gap`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Gap {
    pub time: String,
    pub from: String,
    pub to: String,
    pub reason: String,
}

/// See [`Record::Rules`].
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct RulesChange {
    pub time: String,
    pub rules: RulesState,
    /// Names of the events that the source is asked for from now on.
    pub collected: Vec<String>,
    /// Why the new rules were not taken; the old ones go on.
    pub refused: Option<String>,
    /// What became of the policy of responses, where there is one.
    pub policy: Option<PolicyChange>,
}

/// The policy of responses was read anew.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct PolicyChange {
    pub file: String,
    /// Why the new policy was not taken; the old one goes on.
    pub refused: Option<String>,
}

/// See [`Record::Stop`].
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Stop {
    pub time: String,
    pub reason: String,
    pub events: u64,
    pub detections: u64,
    pub lost_events: u64,
}

/// Events and parts of events that a source lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LossCounts {
    /// Whole events.
    pub events: u64,
    /// By cause, parts of events included.
    pub by_cause: BTreeMap<&'static str, u64>,
    /// Whole events by CPU, of CPUs that lost any.
    pub by_cpu: BTreeMap<usize, u64>,
}

impl LossCounts {
    /// What `now` counts beyond `before`.
    #[must_use]
    pub fn between(before: &Losses, now: &Losses) -> Self {
        let mut out = Self::default();
        for (cpu, row) in now.per_cpu.iter().enumerate() {
            for (cause, count) in LossCause::ALL.into_iter().zip(row) {
                let earlier = before.per_cpu.get(cpu).and_then(|r| r.get(cause as usize)).copied().unwrap_or(0);
                let n = count.saturating_sub(earlier);
                if n == 0 {
                    continue;
                }
                *out.by_cause.entry(cause.name()).or_default() += n;
                if cause.loses_event() {
                    out.events += n;
                    *out.by_cpu.entry(cpu).or_default() += n;
                }
            }
        }
        out
    }
}

/// What came since the observation before.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Interval {
    pub from: String,
    pub seconds: f64,
    pub events: u64,
    pub detections: u64,
    /// Findings of this interval were judged with events missing when this is not empty, also those told before the
    /// loss was known.
    pub lost: LossCounts,
}

/// How the clock of the machine went, against one that cannot be set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ClockState {
    /// ns since the epoch less ns of the other clock.
    pub offset_ns: i64,
    /// By how much it changed since the observation before, when that is more than a second: somebody set the clock.
    pub jump_ns: Option<i64>,
}

/// How a source stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum SourceStanding {
    /// Whatever happens is told.
    #[serde(rename = "watching")]
    Watching,
    /// The recording is read to its end.
    #[serde(rename = "ended")]
    Ended,
    /// It is not the run's own, and told something all the same.
    #[serde(rename = "delivered events")]
    Delivered,
    /// Rules ask for it and nothing tells of it.
    #[serde(rename = "not connected: its rules watch nothing")]
    NotConnected,
}

/// What the state holds, and what it lost or found odd.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct StateCounts {
    pub threads: usize,
    pub containers: usize,
    pub threads_pushed_out: u64,
    pub descriptors_not_kept: u64,
    pub containers_not_kept: u64,
    pub entries_not_kept: u64,
    pub texts_cut: u64,
    pub threads_not_introduced: u64,
    pub events_of_unknown_threads: u64,
    pub events_on_unknown_descriptors: u64,
    pub events_not_applied: u64,
    pub container_metadata_not_parsed: u64,
}

/// What the facts before the first event told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct SnapshotCounts {
    pub processes: u64,
    pub descriptors: u64,
    pub users: u64,
    pub interfaces: u64,
}

/// What the agent itself used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct OwnUse {
    /// Share of one core in the interval, in percent.
    pub cpu_percent: f64,
    /// Memory in use, in bytes.
    pub rss_bytes: u64,
}

/// See [`Record::Observation`].
#[derive(Clone, Debug, Default, Serialize)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Observation {
    pub time: String,
    pub rules: RulesState,
    /// Sources and whether they deliver.
    pub sources: BTreeMap<String, SourceStanding>,
    pub events: u64,
    pub judged: BTreeMap<String, u64>,
    pub detections: u64,
    /// Lost by the source since the start.
    pub lost: LossCounts,
    pub interval: Interval,
    pub clock: ClockState,
    /// What this machine lacks, in sentences.
    pub gaps: Vec<String>,
    pub state: StateCounts,
    pub snapshot: SnapshotCounts,
    pub containers: ContainerCounts,
    pub unknown_threads: super::repair::RepairCounts,
    /// Detections in containers of which nothing was known.
    pub detections_in_unknown_containers: u64,
    /// Activity not written since the start, by kind.
    pub activity_left_out: BTreeMap<&'static str, u64>,
    pub slices: Option<super::slices::SliceCounts>,
    pub agent: OwnUse,
}

/// Events were lost around a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Taint {
    /// Whole events lost in the interval so far, and in the one before when the finding came early in this one.
    pub lost_events: u64,
}

/// See [`Record::Finding`]: an alert with what Falco's has not.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// Time of the event, RFC 3339.
    pub time: String,
    /// Number of the event in this run.
    pub event: u64,
    /// The alert, with the keys that `avouch replay --format json` prints.
    pub alert: Json,
    /// Set when events were lost around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tainted: Option<Taint>,
    /// The container's metadata are not known.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub container_unknown: bool,
    /// File of the slice that holds the event, when one is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slice: Option<String>,
    /// Id of the acceptance that covers it; nobody was told of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acceptance: Option<String>,
}

/// See [`Record::Command`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Command {
    pub time: String,
    #[serde(flatten)]
    pub who: Who,
    pub cmdline: String,
    /// Where the arguments after the first begin in `cmdline`, in bytes; 0 when there are none.
    pub args_at: u32,
    pub cwd: String,
    /// Number of the controlling terminal, 0 for none.
    pub tty: u32,
    /// Process id inside of its pid namespace.
    pub vpid: i64,
    /// Name of the call.
    pub call: &'static str,
    /// What is special about the executable.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exe_file: Vec<&'static str>,
}

/// See [`Record::Connection`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Connection {
    pub time: String,
    /// `out` (connect), `in` (accept) or `listen`.
    pub direction: &'static str,
    pub protocol: &'static str,
    pub address: String,
    pub port: u16,
    /// The address is this machine's or this container's own.
    pub local: bool,
    pub first: String,
    pub last: String,
    pub count: u64,
    /// By result: `ok`, or the error's name.
    pub results: BTreeMap<String, u64>,
    /// Name of the first call.
    pub call: &'static str,
    /// `ipv4` or `ipv6`, as the first socket was made.
    pub family: &'static str,
    /// Address of this process's own end of the first connection, where it is known which end is which; empty for one that listens.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub own_address: String,
    /// Port of the client of the first connection.
    pub client_port: u16,
    /// The process that did it first.
    #[serde(flatten)]
    pub who: Who,
}

/// See [`Record::File`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct FileChange {
    pub time: String,
    /// `write` (opened to write), `create`, `rename`, `remove`, `link`, `mode`, `owner`, `directory` or `device`.
    pub action: &'static str,
    pub path: String,
    /// New name of a renamed or linked file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// New mode or owner; the flags and the descriptor of a file that was opened.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub detail: Map<String, Json>,
    /// Name of the call.
    pub call: &'static str,
    /// The path as the call gave it, where that is another text than `path`; not for opened files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given: Option<String>,
    /// The same for `to`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_given: Option<String>,
    #[serde(flatten)]
    pub who: Who,
}

/// See [`Record::LeftOut`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct LeftOut {
    pub time: String,
    pub from: String,
    pub by_kind: BTreeMap<&'static str, u64>,
}
