//! A finding as a list shows it.

use avouch_finding::{Finding, Severity, Time};
use avouch_store::{Record, StoredFinding};
use serde::Serialize;
use utoipa::ToSchema;

/// One line of a list of findings.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(crate) struct Row {
    pub id: String,
    #[schema(value_type = String, format = DateTime)]
    pub time: Time,
    /// When the ledger took it.
    #[schema(value_type = String, format = DateTime)]
    pub recorded: Time,
    pub node: String,
    pub cluster: String,
    pub namespace: String,
    pub pod: String,
    pub container: String,
    pub image: String,
    pub user: String,
    pub process: String,
    pub command: String,
    pub object: String,
    pub source: String,
    pub rule: String,
    pub priority: String,
    #[schema(value_type = String)]
    pub severity: Severity,
    pub output: String,
    pub criteria: Vec<String>,
    pub tags: Vec<String>,
    /// Id of the acceptance that covers it.
    pub suppressed: Option<String>,
    pub acknowledged: Option<By>,
    pub decision: Option<DecidedBy>,
    /// Who is to look at it.
    pub assignee: Option<String>,
    pub lost_events: Option<u64>,
    pub container_unknown: bool,
    /// There is a capture around it.
    pub slice: bool,
    pub record: RecordAt,
}

/// Who, and when.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct By {
    #[schema(value_type = String, format = DateTime)]
    pub time: Time,
    pub by: String,
}

/// What somebody decided.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DecidedBy {
    #[schema(value_type = String, format = DateTime)]
    pub time: Time,
    pub by: String,
    /// `true`, `benign` or `test`.
    pub decision: String,
    pub reason: String,
    pub incident: String,
}

/// Where its record stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct RecordAt {
    pub ledger: String,
    pub seq: u64,
}

impl From<StoredFinding> for Row {
    fn from(f: StoredFinding) -> Self {
        let text = |t: &std::sync::Arc<str>| t.as_ref().to_owned();
        Self {
            id: f.id,
            time: f.time,
            recorded: f.recorded,
            node: text(&f.node),
            cluster: text(&f.cluster),
            namespace: text(&f.namespace),
            pod: text(&f.pod),
            container: text(&f.container),
            image: text(&f.image),
            user: text(&f.user),
            process: text(&f.process),
            command: f.command,
            object: f.object,
            source: text(&f.source),
            rule: text(&f.rule),
            priority: text(&f.priority),
            severity: f.severity,
            output: f.output,
            criteria: f.classes.criteria.clone(),
            tags: f.classes.tags.clone(),
            suppressed: f.suppressed.as_ref().map(text),
            acknowledged: f.acknowledged.map(|a| By { time: a.time, by: a.by }),
            decision: f.decided.map(|d| DecidedBy {
                time: d.time,
                by: d.by,
                decision: d.decision.name().to_owned(),
                reason: d.reason,
                incident: d.incident,
            }),
            assignee: f.assigned.map(|a| a.to).filter(|to| !to.is_empty()),
            lost_events: f.lost_events,
            container_unknown: f.container_unknown,
            slice: f.slice.is_some(),
            record: RecordAt { ledger: f.record.ledger.as_ref().to_owned(), seq: f.record.seq },
        }
    }
}

impl Row {
    /// A finding that was recorded this moment, about which nobody decided yet.
    #[must_use]
    pub(crate) fn fresh(f: &Finding, record: &Record) -> Self {
        let s = f.subject();
        Self {
            id: f.id.clone(),
            time: f.time,
            recorded: record.recorded,
            node: f.node.clone(),
            cluster: f.cluster.clone(),
            namespace: s.namespace.to_owned(),
            pod: s.pod.to_owned(),
            container: s.container.to_owned(),
            image: s.image.to_owned(),
            user: s.user.to_owned(),
            process: s.process.to_owned(),
            command: s.command.to_owned(),
            object: s.object.to_owned(),
            source: f.source.clone(),
            rule: f.rule.clone(),
            priority: f.priority.clone(),
            severity: f.severity,
            output: f.output.clone(),
            criteria: f.criteria.clone(),
            tags: f.tags.clone(),
            suppressed: f.suppressed.as_ref().map(|s| s.acceptance.clone()),
            acknowledged: None,
            decision: None,
            assignee: None,
            lost_events: f.lost_events,
            container_unknown: f.container_unknown,
            slice: f.slice.is_some(),
            record: RecordAt { ledger: record.ledger.clone(), seq: record.seq },
        }
    }
}
