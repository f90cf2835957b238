//! The difference that other rules make, as the API shows it.

use avouch_backtest::{Day, RuleChange, RuleDiff, What};
use avouch_finding::Time;
use avouch_store::Period;
use serde::Serialize;
use utoipa::ToSchema;

use super::activity::{ActivityChangeOut, ActivityReadOut};
use super::noise::NoiseOut;
use crate::api::history::SampleOut;

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
    /// What stored activity says of a rule over system calls that was added or changed; `null` where none was judged.
    activity: Option<ActivityChangeOut>,
    /// By day with any, for a rule that differs.
    days: Vec<DayOut>,
    /// Whether people can look at that many; `null` for a rule that asks the same or is gone.
    noise: Option<NoiseOut>,
}

/// Detections of a day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DayOut {
    /// Its begin, UTC.
    #[schema(value_type = String, format = DateTime)]
    day: Time,
    before: u64,
    after: u64,
    /// Findings and records of activity of which it cannot be said.
    unknown: u64,
}

impl From<&Day> for DayOut {
    fn from(d: &Day) -> Self {
        Self { day: d.day, before: d.before, after: d.after, unknown: d.unknown }
    }
}

impl RuleChangeOut {
    fn of(c: &RuleChange, diff: &RuleDiff, period: Period) -> Self {
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
            activity: c.activity.as_ref().map(ActivityChangeOut::from),
            days: c.days.iter().map(DayOut::from).collect(),
            noise: NoiseOut::of(c, &diff.activity, period),
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
    activity: ActivityReadOut,
}

impl RuleDiffOut {
    /// Of a back-test over `period`.
    pub(super) fn of(d: &RuleDiff, period: Period) -> Self {
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
            rules: d.rules.iter().map(|rule| RuleChangeOut::of(rule, d, period)).collect(),
            unknown: d.unknown,
            read,
            activity: (&d.activity).into(),
        }
    }
}
