//! What another rule set would have found in the past, against the one that is loaded.

mod activity;
mod entry;
mod tally;

use std::collections::BTreeSet;
use std::path::PathBuf;

use avouch_finding::Time;
use avouch_pipeline::RuleSet;
use avouch_store::Period;
use serde::Serialize;

use crate::activity::{About, ActivityRead};
use crate::findings::{Findings, Sample};
use crate::known::RuleVersions;
use crate::replayed::Replayed;
use crate::{Result, Watch};
use tally::Tally;

/// ns in a day.
const DAY: u64 = 86_400_000_000_000;

/// What is looked at.
pub struct History<'a> {
    /// Stored findings; without them only recordings are looked at.
    pub findings: Option<Findings<'a>>,
    /// Captures and audit archives: files, and folders of them. Their events count by the times that they have.
    pub recordings: &'a [PathBuf],
}

/// How it is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Lost and gained detections of a rule that are shown.
    pub rows: usize,
    /// Whether the findings of other rules are asked what the changed rules would have said of their events. It takes a pass over all
    /// findings of the sources of changed rules, instead of one over the findings of these rules.
    pub gains: bool,
    /// Records of activity that are judged at most, the newest first; 0 for none. Their number has no part in memory, but in time.
    pub activity: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { rows: 100, gains: true, activity: 5_000_000 }
    }
}

/// What became of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// It runs in the new set alone.
    Added,
    /// It runs in the old set alone.
    Removed,
    /// It asks something else.
    Changed,
    /// It asks the same.
    Same,
}

/// What a change makes of the detections of one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleChange {
    /// Its name.
    pub rule: String,
    /// What became of it.
    pub what: What,
    /// Detections under the old rules: stored findings, and what recordings give beyond them.
    pub before: u64,
    /// Detections under the new rules as far as is certain; `unknown` ones may come to them.
    pub after: u64,
    /// New ones.
    pub gained: Sample,
    /// Those that would be no more.
    pub lost: Sample,
    /// Stored findings of which it cannot be said, because fields that the new condition asks were not recorded.
    pub unknown: u64,
    /// Of `before`, how many were replayed from recordings, which is exact.
    pub replayed: u64,
    /// What stored activity says of a rule over system calls that was added or changed; `None` where none was judged.
    pub activity: Option<ActivityChange>,
    /// By day with any, for a rule that is not [`What::Same`].
    pub days: Vec<Day>,
}

/// Detections of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Day {
    /// Its begin, UTC.
    pub day: Time,
    /// Under the old rules.
    pub before: u64,
    /// Under the new ones, as far as is certain.
    pub after: u64,
    /// Findings and records of activity of which it cannot be said.
    pub unknown: u64,
}

/// What stored activity says of a rule. Connections of a minute are one record, and count once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ActivityChange {
    /// The events that the rule is about, those that activity keeps first.
    pub about: Vec<About>,
    /// Of [`RuleChange::gained`], records that it would newly fire on.
    pub gained: u64,
    /// Records on which it would fire, and would have fired before, though it has no finding of them: it was not loaded there then, or another
    /// rule came first.
    pub already: u64,
    /// Records on which it would fire, and of which it cannot be said whether the old one would.
    pub unknown_before: u64,
    /// Records of which it cannot be said whether it would fire.
    pub unknown: Sample,
    /// Fields that were missing there, with the number of records, the most frequent first.
    pub missing: Vec<(String, u64)>,
    /// Stored findings of which only the activity at their time could tell what becomes of them.
    pub settled: u64,
}

/// What was read, and what there was not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Read {
    /// Captures replayed.
    pub captures: u64,
    /// Audit archives replayed.
    pub archives: u64,
    /// Events of recordings.
    pub events: u64,
    /// Stored findings looked at.
    pub findings: u64,
    /// The period asked for.
    pub from: Time,
    /// Its end.
    pub to: Time,
    /// What is missing, in sentences: days without a recording, dropped findings, files that could not be read.
    pub missing: Vec<String>,
}

/// What another rule set would have found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleDiff {
    /// Findings that somebody called true and that the new rules would not have made, the newest first.
    pub lost_true: Sample,
    /// Known true findings of which it cannot be said.
    pub unknown_true: Sample,
    /// Rules that differ or whose detections do, then the others; by name.
    pub rules: Vec<RuleChange>,
    /// Stored findings of which it cannot be said.
    pub unknown: u64,
    /// What was read.
    pub read: Read,
    /// Which activity was judged.
    pub activity: ActivityRead,
}

/// Asks history what `new` would have found in `period`, against `old`, the loaded rules.
///
/// Where a recording holds the event of a stored finding (same rule, same time), what its replay gives counts. Otherwise the new condition
/// is judged on the finding's recorded fields, given that the old one held when the rule was the same when it was found.
/// Stored findings do not tell what no rule found: gains there are only those at events of which another rule had a finding. Stored activity
/// tells more, as far as it goes: rules over system calls that were added or changed are judged on every record of it.
///
/// # Errors
/// When the store or ledger cannot be read, or somebody asked to stop. A recording that cannot be read is told in [`Read::missing`].
pub fn backtest(
    old: &RuleSet,
    new: &RuleSet,
    history: &mut History<'_>,
    period: Period,
    options: Options,
    watch: &mut Watch<'_>,
) -> Result<RuleDiff> {
    let mut replayed = Replayed::read(history.recordings, old, new, period, watch)?;
    let mut tally = Tally::new(old, new, options);
    let mut activity = ActivityRead::default();
    let mut read = Read { from: period.from, to: period.to, ..Read::default() };
    if let Some(findings) = &mut history.findings {
        let known = RuleVersions::of(old, findings.store)?;
        tally.look_at_replayed(&mut replayed);
        tally.unchanged(findings, period)?;
        if let Some(filter) = tally.filter(period, options.gains) {
            let of = findings.store.count(&filter)?;
            let passed = findings.each(&filter, Some(of), watch, &mut |row, body| {
                tally.finding(row, body, &known, &mut replayed);
                Ok(())
            })?;
            read.findings = passed.findings;
            if passed.no_record > 0 {
                let text = format!("the fields of {} findings: the ledger has no record of them", passed.no_record);
                replayed.missing.push(text);
            }
        }
        activity = tally.activity(findings.store, period, options, &known, &replayed, watch)?;
        for dropped in findings.store.freshness(period)?.dropped {
            if dropped.what == "findings" {
                let (from, to) = (dropped.period.from, dropped.period.to);
                replayed.missing.push(format!(
                    "{} findings from {from} to {to} that retention dropped from the store",
                    dropped.rows
                ));
            }
        }
    } else {
        replayed.missing.push("stored findings were not looked at".to_owned());
    }
    tally.recordings(&mut replayed, old, new, period, watch)?;
    read.captures = replayed.captures;
    read.archives = replayed.archives;
    read.events = replayed.events;
    read.missing = std::mem::take(&mut replayed.missing);
    read.missing.extend(not_recorded(&replayed.stretches, period));
    Ok(tally.finish(read, activity))
}

/// Days of a period without a recording, as a sentence.
fn not_recorded(stretches: &[(u64, u64)], period: Period) -> Option<String> {
    let Some(last) = stretches.iter().map(|(_, last)| *last).max() else {
        return Some("recordings: what neither a rule found nor activity tells cannot be known without one".to_owned());
    };
    let first = stretches.iter().map(|(first, _)| *first).min().unwrap_or(last);
    // An open period is as long as what was recorded.
    let from = if period.from.0 == 0 { first } else { period.from.0 } / DAY;
    let to = if period.to.0 == u64::MAX { last } else { period.to.0.saturating_sub(1) } / DAY;
    let mut days: BTreeSet<u64> = BTreeSet::new();
    for (first, last) in stretches {
        days.extend((first / DAY).max(from)..=(last / DAY).min(to));
    }
    let all = to.saturating_sub(from).saturating_add(1);
    let with = u64::try_from(days.len()).unwrap_or(u64::MAX);
    (with < all).then(|| {
        format!(
            "recordings of {} of {all} days: on these only what some rule found or activity tells is known",
            all - with
        )
    })
}
