//! How one source fares.

use std::collections::BTreeMap;

use avouch_finding::{Losses, Observation, SourceState, Time, Watching};

use super::lateness::Lateness;
use super::options::{AuditLimits, AuditSource};
use super::taken::Tally;

/// How a source stands now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditState {
    /// Nothing ever came.
    Never,
    /// It delivers in time.
    Delivers,
    /// It delivers, but later than the limit.
    Late,
    /// It delivered, and nothing came for longer than the limit.
    Silent,
    /// It cannot be read.
    Failing,
}

/// What is known of a source, for those who ask now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditStatus {
    /// Cluster or account.
    pub node: String,
    /// Cluster it belongs to.
    pub cluster: String,
    /// Name of the source.
    pub source: &'static str,
    /// How it stands.
    pub state: AuditState,
    /// Why, where it does not deliver; what there is to complain of, where it does.
    pub reason: String,
    /// When something last came.
    pub heard: Option<Time>,
    /// Time of the newest record.
    pub newest: Option<Time>,
    /// Greatest lateness of the last stretch in which records came, ns.
    pub late_ns: u64,
    /// Records judged since the run began.
    pub events: u64,
    /// Detections since then.
    pub detections: u64,
    /// Events lost since then.
    pub lost: u64,
    /// Records that came again.
    pub duplicates: u64,
}

/// Counters of the stretch under way.
#[derive(Clone, Debug, Default)]
struct Stretch {
    events: u64,
    detections: u64,
    late: Lateness,
    lost: u64,
    by_cause: BTreeMap<String, u64>,
    gaps: Vec<String>,
}

/// Sentences of one observation, at most.
const MAX_GAPS: usize = 8;

/// One source.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    source: AuditSource,
    since: Time,
    from: Time,
    heard: Option<Time>,
    newest: Option<Time>,
    fault: Option<String>,
    /// Of the last stretch with records.
    late: Lateness,
    events: u64,
    detections: u64,
    lost: u64,
    duplicates: u64,
    stretch: Stretch,
}

impl Standing {
    pub(super) fn new(source: AuditSource, since: Time) -> Self {
        Self {
            source,
            since,
            from: since,
            heard: None,
            newest: None,
            fault: None,
            late: Lateness::default(),
            events: 0,
            detections: 0,
            lost: 0,
            duplicates: 0,
            stretch: Stretch::default(),
        }
    }

    /// Something came that says that the source is alive.
    pub(super) fn heard(&mut self, at: Time) {
        self.heard = self.heard.max(Some(at));
    }

    pub(super) fn fault(&mut self, why: Option<String>) {
        self.fault = why;
    }

    pub(super) fn add(&mut self, tally: &Tally, received: Time) {
        if tally.records + tally.duplicates > 0 {
            self.heard(received);
        }
        if tally.records > 0 {
            self.newest = self.newest.max(Some(tally.newest));
        }
        self.events += tally.records;
        self.detections += tally.detections;
        self.duplicates += tally.duplicates;
        self.stretch.events += tally.records;
        self.stretch.detections += tally.detections;
        self.stretch.late.merge(&tally.late);
        for (cause, n) in &tally.lost {
            self.lose(cause, *n);
        }
        for (cause, n) in &tally.parts {
            *self.stretch.by_cause.entry((*cause).to_owned()).or_default() += n;
        }
    }

    /// Whole events were lost.
    pub(super) fn lose(&mut self, cause: &str, events: u64) {
        self.lost += events;
        self.stretch.lost += events;
        *self.stretch.by_cause.entry(cause.to_owned()).or_default() += events;
    }

    /// Something to say with the next observation.
    pub(super) fn complain(&mut self, text: String) {
        if self.stretch.gaps.len() < MAX_GAPS && !self.stretch.gaps.contains(&text) {
            self.stretch.gaps.push(text);
        }
    }

    fn judge(&self, now: Time, limits: &AuditLimits) -> (AuditState, String) {
        let silence = limits.silence(self.source.format);
        match (&self.fault, self.heard) {
            (Some(why), _) => (AuditState::Failing, why.clone()),
            // Times, not how long ago: what does not change merges into one stretch.
            (None, None) => (AuditState::Never, format!("no event ever came; waiting since {}", self.since)),
            (None, Some(heard)) if now.0.saturating_sub(heard.0) > silence => {
                (AuditState::Silent, format!("no event since {heard}"))
            }
            (None, Some(_)) => {
                let late = if self.stretch.events > 0 { &self.stretch.late } else { &self.late };
                let complaints = late.complaints(limits.late(self.source.format));
                let state = if complaints.is_empty() { AuditState::Delivers } else { AuditState::Late };
                (state, complaints.join("; "))
            }
        }
    }

    pub(super) fn status(&self, now: Time, limits: &AuditLimits) -> AuditStatus {
        let (state, reason) = self.judge(now, limits);
        AuditStatus {
            node: self.source.node.clone(),
            cluster: self.source.cluster.clone(),
            source: self.source.format.source().name(),
            state,
            reason,
            heard: self.heard,
            newest: self.newest,
            late_ns: if self.stretch.events > 0 { self.stretch.late.most } else { self.late.most },
            events: self.events,
            detections: self.detections,
            lost: self.lost,
            duplicates: self.duplicates,
        }
    }

    /// Length of the stretch under way.
    pub(super) fn stretch_ns(&self, now: Time) -> u64 {
        now.0.saturating_sub(self.from.0)
    }

    /// Ends the stretch under way; `None` when the clock did not move on.
    pub(super) fn observe(&mut self, now: Time, limits: &AuditLimits, run: &str, rules: &str) -> Option<Observation> {
        if now <= self.from {
            return None;
        }
        let (state, reason) = self.judge(now, limits);
        let stretch = std::mem::take(&mut self.stretch);
        let mut gaps = stretch.gaps;
        if stretch.events > 0 {
            gaps.extend(stretch.late.complaints(limits.late(self.source.format)));
            self.late = stretch.late;
        }
        let down = matches!(state, AuditState::Never | AuditState::Silent | AuditState::Failing);
        let state = SourceState {
            state: if down { Watching::Down } else { Watching::Delivers },
            events: stretch.events,
            reason: if down { reason } else { String::new() },
        };
        Some(Observation {
            from: std::mem::replace(&mut self.from, now),
            to: now,
            node: self.source.node.clone(),
            cluster: self.source.cluster.clone(),
            run: run.to_owned(),
            rules: rules.to_owned(),
            sources: BTreeMap::from([(self.source.format.source().name().to_owned(), state)]),
            events: stretch.events,
            detections: stretch.detections,
            lost: Losses { events: stretch.lost, by_cause: stretch.by_cause },
            gaps,
            ..Observation::default()
        })
    }
}
