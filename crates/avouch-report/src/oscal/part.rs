//! What a part of a control's time comes to, in the two words that others know and in the numbers behind them.

use avouch_coverage::Totals;

use crate::controls::{ControlPart, ControlResult, Outcome};
use crate::deviations::Deviation;
use crate::input::Results;

/// A part of a control's time with its outcome.
#[derive(Debug)]
pub(crate) struct Judged<'r> {
    /// Id of the control.
    pub(crate) id: &'r str,
    /// Its place among the parts of the control, from 1.
    pub(crate) n: usize,
    pub(crate) part: &'r ControlPart<'r>,
    pub(crate) outcome: Outcome,
    /// Deviations of the register that name the control and lie in the part.
    pub(crate) deviations: Vec<&'r Deviation>,
    pub(crate) totals: Totals,
}

impl<'r> Judged<'r> {
    /// Every part of every control, in order.
    pub(crate) fn all(r: &Results<'r>) -> Vec<Self> {
        let of = |result: &'r ControlResult<'r>| {
            let deviations = r.deviations;
            result.parts.iter().enumerate().map(move |(i, part)| Self::new(result.id, i + 1, part, deviations))
        };
        r.controls.iter().flat_map(of).collect()
    }

    fn new(id: &'r str, n: usize, part: &'r ControlPart<'r>, deviations: &'r [Deviation]) -> Self {
        let inside = |d: &&Deviation| {
            d.controls.iter().any(|c| c.eq_ignore_ascii_case(id))
                && d.span.from < part.span.to
                && (d.span.to > part.span.from || d.span.from >= part.span.from)
        };
        Self {
            id,
            n,
            part,
            outcome: Outcome::of(std::slice::from_ref(part)),
            deviations: deviations.iter().filter(inside).collect(),
            totals: part.coverage.totals(),
        }
    }

    /// Watched all the time, nothing failed, nothing open, and no deviation names it: the one thing that counts as a pass.
    pub(crate) fn satisfied(&self) -> bool {
        self.outcome == Outcome::NoDeviation && self.deviations.is_empty()
    }

    /// Something is known to have failed, not merely unknown.
    pub(crate) fn failed(&self) -> bool {
        self.outcome == Outcome::Deviations || (self.outcome == Outcome::NoDeviation && !self.satisfied())
    }

    /// The outcome in words.
    pub(crate) fn words(&self) -> &'static str {
        if self.failed() { Outcome::Deviations.words() } else { self.outcome.words() }
    }

    /// Numbers behind the outcome, by name. Shares are parts in a million; those of what is good are rounded down, of what is
    /// not up, so that nothing is rounded away. A share of nothing is left out.
    pub(crate) fn numbers(&self) -> Vec<(&'static str, u64)> {
        let (t, line, c) = (self.totals, &self.part.line, &self.part.counts);
        let judged = line.pass_ns + line.fail_ns + line.unknown_ns;
        let shares = [
            ("observed-ppm", floor(t.observed, t.expected)),
            ("lossy-ppm", ceil(t.lossy, t.expected)),
            ("unobserved-ppm", ceil(t.unobserved, t.expected)),
            ("pass-ppm", floor(line.pass_ns, judged)),
            ("fail-ppm", ceil(line.fail_ns, judged)),
            ("unknown-ppm", ceil(line.unknown_ns, judged)),
        ];
        let late = |of: fn(&crate::controls::Late) -> u64| self.part.late.values().map(of).sum::<u64>();
        let counts = [
            ("subjects", self.part.coverage.subjects.len() as u64),
            ("gaps", self.part.coverage.gaps.len() as u64),
            ("rules", self.part.rules.len() as u64),
            ("deviations", self.deviations.len() as u64),
            ("findings", c.all),
            ("findings-suppressed", c.suppressed),
            ("findings-true", c.true_),
            ("findings-benign", c.benign),
            ("findings-test", c.test),
            ("findings-undecided", c.undecided),
            ("findings-unseen", c.unseen),
            ("findings-tainted", c.tainted),
            ("late-looks", late(|l| l.look)),
            ("late-decisions", late(|l| l.decision)),
        ];
        shares.into_iter().filter_map(|(name, share)| Some((name, share?))).chain(counts).collect()
    }

    /// What the outcome stands on, in sentences.
    pub(crate) fn reason(&self) -> String {
        let coverage = match floor(self.totals.observed, self.totals.expected) {
            Some(ppm) => format!(
                "{}.{:04} % of the time to be watched was watched, with {} gaps.",
                ppm / 10_000,
                ppm % 10_000,
                self.part.coverage.gaps.len()
            ),
            None => "Nothing was to be watched for it.".to_owned(),
        };
        let c = &self.part.counts;
        let found = format!(
            "{} findings: {} true, {} benign, {} test, {} undecided, {} suppressed.",
            c.all, c.true_, c.benign, c.test, c.undecided, c.suppressed
        );
        let register = match self.deviations.as_slice() {
            [] => "No deviation in the register names the control.".to_owned(),
            some => {
                let ids: Vec<&str> = some.iter().map(|d| d.id.as_str()).collect();
                format!("Deviations in the register: {}.", ids.join(", "))
            }
        };
        let silent = match self.part.missing_sources.as_slice() {
            [] => String::new(),
            some => format!(" Nothing was heard of: {}.", some.join(", ")),
        };
        match self.outcome {
            Outcome::NotCovered => {
                format!("The control names no evidence that avouch makes; this says nothing about it. {register}")
            }
            Outcome::NoEvidence => format!(
                "Nothing in the period tells of the control; absence of data is not a pass. {coverage} {register}{silent}"
            ),
            _ => format!("{coverage} {found} {register}{silent}"),
        }
    }
}

/// Parts in a million, rounded down.
fn floor(part: u128, all: u128) -> Option<u64> {
    (all > 0).then(|| u64::try_from(part * 1_000_000 / all).unwrap_or(u64::MAX))
}

/// Parts in a million, rounded up.
fn ceil(part: u128, all: u128) -> Option<u64> {
    (all > 0).then(|| u64::try_from((part * 1_000_000).div_ceil(all)).unwrap_or(u64::MAX))
}
