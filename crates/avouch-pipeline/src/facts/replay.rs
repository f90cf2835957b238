//! What a replay read, as facts: recorded time counts as watched where the recording covers it.

use std::collections::BTreeMap;

use avouch_audit::Source;
use avouch_finding::{Fact, InputRead, Observation, SourceState, Start, Stop, Time, Watching};

use super::{FindingContext, Origin, alert_options, finding, rules_loaded};
use crate::alert::{self, AlertOptions};
use crate::judge::{Detection, EventReader, Judged};
use crate::live::RulesDigest;
use crate::ruleset::{RuleSet, SYSCALL};

/// What is known of an input before it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in `InputRead`")]
pub struct InputIdentity {
    pub name: String,
    pub sha256: String,
    pub bytes: u64,
    pub moved: Moved,
}

/// How the times of a recording become those of its facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// By so many ns; 0 when its clock was right.
    By(i64),
    /// So that its first event happens at this time, in ns since the epoch.
    ToBegin(u64),
}

impl Default for Moved {
    fn default() -> Self {
        Self::By(0)
    }
}

/// First and last event of a source, and how many.
#[derive(Clone, Copy, Debug)]
struct Seen {
    first: u64,
    last: u64,
    events: u64,
}

/// Gathers the facts of one input. Feed it every judged event and detection.
#[derive(Debug)]
pub struct ReplayFacts {
    origin: Origin,
    identity: InputIdentity,
    digest: String,
    options: AlertOptions,
    seen: BTreeMap<&'static str, Seen>,
    detections: u64,
}

impl ReplayFacts {
    /// Nothing read yet.
    #[must_use]
    pub fn new(rules: &RuleSet, origin: Origin, identity: InputIdentity) -> Self {
        Self {
            options: alert_options(&origin.node),
            digest: RulesDigest::of(rules).0,
            origin,
            identity,
            seen: BTreeMap::new(),
            detections: 0,
        }
    }

    /// By how much times are moved, in ns; 0 as long as no event was seen.
    #[must_use]
    pub fn moved_ns(&self) -> i64 {
        match self.identity.moved {
            Moved::By(ns) => ns,
            Moved::ToBegin(_) => 0,
        }
    }

    fn moved(&self, ns: u64) -> Time {
        Time(ns.saturating_add_signed(self.moved_ns()))
    }

    /// An event was judged.
    pub fn judged(&mut self, event: &Judged<'_>) {
        let source = match event.reader {
            EventReader::Syscall(_) => SYSCALL,
            EventReader::Record(reader) => Source::name(reader.source()),
        };
        let ts = event.event.timestamp;
        if let Moved::ToBegin(at) = self.identity.moved {
            let by = i128::from(at) - i128::from(ts);
            self.identity.moved = Moved::By(i64::try_from(by).unwrap_or_default());
        }
        let seen = self.seen.entry(source).or_insert(Seen { first: ts, last: ts, events: 0 });
        seen.first = seen.first.min(ts);
        seen.last = seen.last.max(ts);
        seen.events += 1;
    }

    /// The finding of a detection; `acceptance` names what covers it.
    pub fn detection(&mut self, detection: &Detection<'_>, acceptance: Option<String>) -> Fact {
        self.detections += 1;
        let context = FindingContext {
            rules: &self.digest,
            time: self.moved(detection.event.timestamp),
            event: detection.event.num,
            acceptance,
            ..FindingContext::default()
        };
        finding(&alert::json(detection, &self.options), &self.origin, &context).into()
    }

    /// What to tell once the input is read: start, rules, what was watched, the input itself, stop. `now` is the time of the
    /// reading; `skipped` counts what could not be read; `broken` says why it was not read to its end.
    ///
    /// A source was watched from its first to its last event, which belongs to the stretch; nothing is said of before and after.
    #[must_use]
    pub fn finish(self, rules: &RuleSet, now: Time, skipped: BTreeMap<String, u64>, broken: Option<&str>) -> Vec<Fact> {
        let first = self.seen.values().map(|s| s.first).min().map(|ns| self.moved(ns));
        let last = self.seen.values().map(|s| s.last).max().map(|ns| self.moved(ns));
        let (node, run) = (&self.origin.node, &self.origin.run);
        let begin = first.unwrap_or(now);
        let mut out: Vec<Fact> = vec![
            Start {
                time: begin,
                node: node.clone(),
                cluster: self.origin.cluster.clone(),
                run: run.clone(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                replay: true,
                ..Start::default()
            }
            .into(),
            rules_loaded(rules, &self.origin, begin).into(),
        ];
        for (source, seen) in &self.seen {
            let state = SourceState { state: Watching::Delivers, events: seen.events, ..SourceState::default() };
            let observation = Observation {
                from: self.moved(seen.first),
                to: Time(self.moved(seen.last).0.saturating_add(1)),
                node: node.clone(),
                cluster: self.origin.cluster.clone(),
                run: run.clone(),
                rules: self.digest.clone(),
                sources: BTreeMap::from([((*source).to_owned(), state)]),
                events: seen.events,
                // Detections are not told apart by source; they are counted with the first.
                detections: if out.len() == 2 { self.detections } else { 0 },
                ..Observation::default()
            };
            out.push(observation.into());
        }
        out.push(
            InputRead {
                time: now,
                node: node.clone(),
                run: run.clone(),
                name: self.identity.name.clone(),
                sha256: self.identity.sha256.clone(),
                bytes: self.identity.bytes,
                events: self.seen.iter().map(|(source, seen)| ((*source).to_owned(), seen.events)).collect(),
                skipped,
                moved_ns: self.moved_ns(),
                first,
                last,
            }
            .into(),
        );
        out.push(
            Stop {
                time: last.unwrap_or(now),
                node: node.clone(),
                run: run.clone(),
                reason: broken.map_or_else(|| "read to its end".to_owned(), |why| format!("read in part: {why}")),
                events: self.seen.values().map(|s| s.events).sum(),
                detections: self.detections,
                lost_events: 0,
            }
            .into(),
        );
        out
    }
}
