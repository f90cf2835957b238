//! What questions to history answer, as the API shows it: samples of findings, and the period that is asked about.

use avouch_backtest::{Acted, Found, Sample};
use avouch_finding::Time;
use avouch_store::Period;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Who;
use crate::error::ApiResult;
use crate::query::{self, Params};

/// A finding, a detection of a replay, or what activity tells that a rule would find.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FoundOut {
    /// Id of the stored finding; `null` for a detection that was only replayed, or that only activity tells of.
    id: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    time: Time,
    rule: String,
    node: String,
    output: String,
    /// `true`, `benign` or `test`, when somebody decided.
    #[schema(value_type = Option<String>)]
    decision: Option<&'static str>,
    /// An acceptance suppressed it already.
    suppressed: bool,
    /// The recording that it was replayed from.
    file: Option<String>,
    /// Who did what, for one that only activity tells of.
    acted: Option<ActedOut>,
}

/// Who acted, as a record of activity tells.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ActedOut {
    /// `command`, `connection` or `file`.
    #[schema(value_type = String)]
    kind: &'static str,
    process: String,
    pid: i64,
    parent: String,
    user: String,
    /// Empty outside of any.
    container: String,
    pod: String,
    namespace: String,
    /// Connections that the record stands for.
    times: u64,
    /// The time under which `/activity` has it.
    #[schema(value_type = String, format = DateTime)]
    recorded: Time,
    /// Number of its record in the ledger.
    seq: u64,
}

impl From<&Acted> for ActedOut {
    fn from(a: &Acted) -> Self {
        Self {
            kind: a.kind,
            process: a.process.clone(),
            pid: a.pid,
            parent: a.parent.clone(),
            user: a.user.clone(),
            container: a.container.clone(),
            pod: a.pod.clone(),
            namespace: a.namespace.clone(),
            times: a.times,
            recorded: a.recorded,
            seq: a.seq,
        }
    }
}

impl From<&Found> for FoundOut {
    fn from(f: &Found) -> Self {
        Self {
            id: f.id.clone(),
            time: f.time,
            rule: f.rule.clone(),
            node: f.node.clone(),
            output: f.output.clone(),
            decision: f.decision,
            suppressed: f.suppressed,
            file: f.file.clone(),
            acted: f.acted.as_ref().map(ActedOut::from),
        }
    }
}

/// How many there are, and the newest of them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SampleOut {
    count: u64,
    rows: Vec<FoundOut>,
}

impl From<&Sample> for SampleOut {
    fn from(s: &Sample) -> Self {
        Self { count: s.count, rows: s.rows.iter().map(FoundOut::from).collect() }
    }
}

/// The period that a body names, cut to what the caller may see; the last `days` when it names none.
pub(super) fn period(who: &Who, from: Option<&str>, to: Option<&str>, now: Time, days: u64) -> ApiResult<Period> {
    let given = |name: &'static str, text: Option<&str>| text.map(|text| query::time(name, text)).transpose();
    let to = given("to", to)?.unwrap_or(now);
    let from = given("from", from)?.unwrap_or(Time(to.0.saturating_sub(days * super::DAY)));
    if from >= to {
        return Err(crate::ApiError::bad("bad_filter", "`from` is not before `to`").param("from"));
    }
    let mut params = Params::default();
    params.filter.period = Period::new(from, to);
    Ok(who.limit(params)?.filter.period)
}

/// Days of a period that are shown: the last 100 at most.
pub(super) struct Days {
    first: u64,
    len: usize,
}

impl Days {
    pub(super) fn of(period: Period) -> Self {
        let last = period.to.0.saturating_sub(1) / super::DAY;
        let first = period.from.day().max(last.saturating_sub(99)).min(last);
        Self { first, len: usize::try_from(last - first + 1).unwrap_or(100) }
    }

    /// The first one.
    pub(super) fn first(&self) -> Time {
        Time(self.first.saturating_mul(super::DAY))
    }

    pub(super) fn empty(&self) -> Vec<u64> {
        vec![0; self.len]
    }

    pub(super) fn add(&self, days: &mut [u64], day: Time, n: u64) {
        let at = day.day().checked_sub(self.first).and_then(|d| usize::try_from(d).ok());
        if let Some(slot) = at.and_then(|at| days.get_mut(at)) {
            *slot += n;
        }
    }
}
