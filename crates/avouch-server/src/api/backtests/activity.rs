//! What stored activity said, as the API shows it.

use avouch_backtest::{ActivityChange, ActivityRead, ActivityState, CutShort, Kept, NodeActivity};
use avouch_finding::Time;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::history::SampleOut;

/// Gaps of a node that are shown, the newest ones.
const GAPS: usize = 50;

/// An event that a rule is about.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AboutOut {
    event: String,
    /// `yes`: calls that succeeded; `writes`: only opens to write, and the rule is about reading too; `no`.
    #[schema(value_type = String)]
    kept: &'static str,
}

/// A field that was not recorded.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct MissingField {
    field: String,
    /// Records on which it depended.
    records: u64,
}

/// What stored activity says of a rule.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ActivityChangeOut {
    /// The events that the rule is about, those that activity keeps first, 30 of them at most.
    about: Vec<AboutOut>,
    /// How many there are.
    about_count: usize,
    /// Activity keeps some of them.
    kept: bool,
    /// Of what is gained, records on which it would newly fire.
    gained: u64,
    /// Records on which it would fire and would have before, without a finding.
    already: u64,
    /// Records on which it would fire, and of which it cannot be said whether it would have before.
    unknown_before: u64,
    /// Records of which it cannot be said whether it would fire.
    unknown: SampleOut,
    /// The fields that were missing there, the most frequent first.
    missing: Vec<MissingField>,
    /// Stored findings of which only the activity at their time told what becomes of them.
    settled: u64,
}

/// Events that are told.
const ABOUT: usize = 30;

impl From<&ActivityChange> for ActivityChangeOut {
    fn from(a: &ActivityChange) -> Self {
        let about = |about: &avouch_backtest::About| AboutOut {
            event: about.event.clone(),
            kept: match about.kept {
                Kept::Yes => "yes",
                Kept::Writes => "writes",
                Kept::No => "no",
            },
        };
        let missing = |(field, records): &(String, u64)| MissingField { field: field.clone(), records: *records };
        Self {
            about: a.about.iter().take(ABOUT).map(about).collect(),
            about_count: a.about.len(),
            kept: a.about.iter().any(|about| about.kept != Kept::No),
            gained: a.gained,
            already: a.already,
            unknown_before: a.unknown_before,
            unknown: (&a.unknown).into(),
            missing: a.missing.iter().map(missing).collect(),
            settled: a.settled,
        }
    }
}

/// Days on which a node was watched and no activity of it is stored.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ActivityGapOut {
    #[schema(value_type = String, format = DateTime)]
    from: Time,
    #[schema(value_type = String, format = DateTime)]
    to: Time,
}

/// The activity of one node.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct NodeActivityOut {
    node: String,
    records: u64,
    #[schema(value_type = Option<String>, format = DateTime)]
    first: Option<Time>,
    #[schema(value_type = Option<String>, format = DateTime)]
    last: Option<Time>,
    /// Days with any.
    days: u64,
    /// Days on which system calls were watched.
    watched_days: u64,
    /// Watched days without any, the newest 50 stretches of them.
    gaps: Vec<ActivityGapOut>,
}

impl From<&NodeActivity> for NodeActivityOut {
    fn from(n: &NodeActivity) -> Self {
        let newest = n.gaps.len().saturating_sub(GAPS);
        Self {
            node: n.node.clone(),
            records: n.records,
            first: n.first,
            last: n.last,
            days: n.days,
            watched_days: n.watched_days,
            gaps: n.gaps.iter().skip(newest).map(|g| ActivityGapOut { from: g.from, to: g.to }).collect(),
        }
    }
}

/// Which activity was judged.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ActivityReadOut {
    /// `not_asked`: no rule over system calls was added or changed; `none_kept`: there is none of the period, so that what new rules would
    /// have found is not known; `read`.
    #[schema(value_type = String)]
    state: &'static str,
    commands: u64,
    connections: u64,
    files: u64,
    /// The oldest record judged.
    #[schema(value_type = Option<String>, format = DateTime)]
    first: Option<Time>,
    #[schema(value_type = Option<String>, format = DateTime)]
    last: Option<Time>,
    /// Why what is older than `first` was not judged: `records` or `time`; `null` when all was.
    #[schema(value_type = Option<String>)]
    cut_short: Option<&'static str>,
    nodes: Vec<NodeActivityOut>,
    more_nodes: u64,
    /// Records that agents left out to keep to their budget.
    left_out: u64,
    /// Records of the period that retention dropped.
    dropped: u64,
    /// Records of agents too old to tell names and ancestors.
    brief: u64,
}

impl From<&ActivityRead> for ActivityReadOut {
    fn from(a: &ActivityRead) -> Self {
        Self {
            state: match a.state {
                ActivityState::NotAsked => "not_asked",
                ActivityState::NoneKept => "none_kept",
                ActivityState::Read => "read",
            },
            commands: a.commands,
            connections: a.connections,
            files: a.files,
            first: a.first,
            last: a.last,
            cut_short: a.cut_short.map(|why| match why {
                CutShort::Records => "records",
                CutShort::Time => "time",
            }),
            nodes: a.nodes.iter().map(NodeActivityOut::from).collect(),
            more_nodes: a.more_nodes,
            left_out: a.left_out,
            dropped: a.dropped,
            brief: a.brief,
        }
    }
}
