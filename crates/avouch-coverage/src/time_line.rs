//! Pass, fail and unknown over time.

use std::collections::BTreeMap;

use avouch_finding::Time;

use crate::cover::Coverage;
use crate::spans::{Span, Spans};
use crate::watched::Period;

const DAY: u64 = 86_400_000_000_000;

/// What findings say of a subject for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It failed: a finding was what its rule says, until it was dealt with; or nobody looked at one in time.
    Fails,
    /// There is a finding of which nobody has said yet what it is.
    Open,
}

/// A mark on a subject for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Marked {
    pub node: String,
    pub source: String,
    pub span: Span,
    pub mark: Mark,
}

/// State of a subject on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Watched, and nothing failed.
    Pass,
    /// Not watched for more of the day than the control lets be.
    Unknown,
    /// Something failed in it.
    Fail,
    /// It was not to be watched on that day.
    NotExpected,
}

/// A day of a control: numbers of subjects by state, and time by state in ns. Days are UTC; the first and the last may be cut by the
/// period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Day {
    pub from: Time,
    pub pass: u64,
    pub unknown: u64,
    pub fail: u64,
    pub not_expected: u64,
    pub pass_ns: u128,
    pub unknown_ns: u128,
    pub fail_ns: u128,
}

impl Day {
    /// The worst that some subject had; `NotExpected` when none was to be watched.
    #[must_use]
    pub fn worst(&self) -> State {
        if self.fail > 0 {
            State::Fail
        } else if self.unknown > 0 {
            State::Unknown
        } else if self.pass > 0 {
            State::Pass
        } else {
            State::NotExpected
        }
    }
}

/// A control over a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimeLine {
    /// Days in order.
    pub days: Vec<Day>,
    /// Time in ns that subjects passed.
    pub pass_ns: u128,
    /// Time in ns for which nothing is known.
    pub unknown_ns: u128,
    /// Time in ns that subjects failed, known or not by other means.
    pub fail_ns: u128,
    /// The longest failure.
    pub longest_failure: Option<Span>,
}

/// Joins coverage and what findings say.
///
/// A failure counts where it happened, watched or not: it was seen. Of the rest, what was watched without a loss and has no open
/// finding passes, and all else is unknown. On a day a subject with a failure fails; one that passed for at least `least` parts
/// in a million of the time expected on that day passes; any other is unknown.
#[must_use]
pub fn time_line(period: Period, coverage: &Coverage, marks: &[Marked], least: u32) -> TimeLine {
    let mut out = TimeLine::default();
    let mut from = period.from;
    while from < period.to {
        let next = Time((from.0 / DAY + 1).saturating_mul(DAY)).min(period.to);
        out.days.push(Day { from, ..Day::default() });
        from = next;
    }
    let mut by_subject: BTreeMap<(&str, &str), Vec<&[Marked]>> = BTreeMap::new();
    for of_one in marks.chunk_by(|a, b| a.node == b.node && a.source == b.source) {
        if let Some(first) = of_one.first() {
            by_subject.entry((&first.node, &first.source)).or_default().push(of_one);
        }
    }
    for subject in &coverage.subjects {
        let own = by_subject.get(&(subject.node.as_str(), subject.source.as_str())).map(Vec::as_slice);
        let marked = |mark: Mark| {
            let own = own.unwrap_or_default().iter().copied().flatten();
            Spans::new(own.filter(|m| m.mark == mark).map(|m| m.span.and(period))).and(&subject.expected)
        };
        let fails = marked(Mark::Fails);
        let pass = subject.observed.without(&fails).without(&marked(Mark::Open));
        let unknown = subject.expected.without(&fails).without(&pass);
        for n in 0..out.days.len() {
            let to = out.days.get(n + 1).map_or(period.to, |d| d.from);
            let Some(day) = out.days.get_mut(n) else { continue };
            let span = Span::new(day.from, to);
            let part = |spans: &Spans| u128::from(spans.ns_within(span));
            let (p, u, f) = (part(&pass), part(&unknown), part(&fails));
            day.pass_ns += p;
            day.unknown_ns += u;
            day.fail_ns += f;
            let all = p + u + f;
            if all == 0 {
                day.not_expected += 1;
            } else if f > 0 {
                day.fail += 1;
            } else if p * 1_000_000 >= all * u128::from(least) && p > 0 {
                day.pass += 1;
            } else {
                day.unknown += 1;
            }
        }
        out.pass_ns += u128::from(pass.ns());
        out.unknown_ns += u128::from(unknown.ns());
        out.fail_ns += u128::from(fails.ns());
        let longest = fails.iter().max_by_key(|s| s.ns());
        out.longest_failure = out.longest_failure.into_iter().chain(longest).max_by_key(|s| s.ns());
    }
    out
}
