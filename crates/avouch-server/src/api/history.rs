//! What questions to history answer, as the API shows it: samples of findings, and differences of rules.

use avouch_backtest::{Found, RuleChange, RuleDiff, Sample, What};
use avouch_finding::Time;
use avouch_store::Period;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Who;
use crate::error::ApiResult;
use crate::query::{self, Params};

/// A finding, or a detection of a replay.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FoundOut {
    /// Id of the stored finding; `null` for a detection that was only replayed.
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

/// What a change of rules makes of the detections of one rule.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RuleChangeOut {
    rule: String,
    /// `added`, `removed`, `changed` or `same`.
    #[schema(value_type = String)]
    what: &'static str,
    before: u64,
    /// As far as is certain; `unknown` ones may come to them.
    after: u64,
    gained: SampleOut,
    lost: SampleOut,
    /// Stored findings of which it cannot be said.
    unknown: u64,
    /// Of `before`, how many were replayed, which is exact.
    replayed: u64,
}

impl From<&RuleChange> for RuleChangeOut {
    fn from(c: &RuleChange) -> Self {
        let what = match c.what {
            What::Added => "added",
            What::Removed => "removed",
            What::Changed => "changed",
            What::Same => "same",
        };
        Self {
            rule: c.rule.clone(),
            what,
            before: c.before,
            after: c.after,
            gained: (&c.gained).into(),
            lost: (&c.lost).into(),
            unknown: c.unknown,
            replayed: c.replayed,
        }
    }
}

/// What was read, and what there was not.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ReadOut {
    captures: u64,
    archives: u64,
    /// Events of recordings.
    events: u64,
    /// Stored findings looked at.
    findings: u64,
    #[schema(value_type = String, format = DateTime)]
    from: Time,
    #[schema(value_type = String, format = DateTime)]
    to: Time,
    /// What is missing, in sentences.
    missing: Vec<String>,
}

/// What other rules would have found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RuleDiffOut {
    /// Findings that somebody called true and that would be no more.
    lost_true: SampleOut,
    /// Known true findings of which it cannot be said.
    unknown_true: SampleOut,
    /// Rules that differ, or whose detections do, then the others.
    rules: Vec<RuleChangeOut>,
    /// Stored findings of which it cannot be said.
    unknown: u64,
    read: ReadOut,
}

impl From<&RuleDiff> for RuleDiffOut {
    fn from(d: &RuleDiff) -> Self {
        let read = ReadOut {
            captures: d.read.captures,
            archives: d.read.archives,
            events: d.read.events,
            findings: d.read.findings,
            from: d.read.from,
            to: d.read.to,
            missing: d.read.missing.clone(),
        };
        Self {
            lost_true: (&d.lost_true).into(),
            unknown_true: (&d.unknown_true).into(),
            rules: d.rules.iter().map(RuleChangeOut::from).collect(),
            unknown: d.unknown,
            read,
        }
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
