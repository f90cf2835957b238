//! How one source fares.

use std::collections::{BTreeMap, VecDeque};

use avouch_finding::{DigestCheck, Gap, Losses, Observation, SignatureState, SourceState, Time, Watching};

use super::lateness::{self, Lateness};
use super::minutes::Minutes;
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
    /// It delivers, but something that it once said never came, as was learned a short while ago.
    Missing,
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
    /// Events lost since then, or missing of a time that was over: at least so many.
    pub lost: u64,
    /// Records that came again.
    pub duplicates: u64,
    /// Digests that were checked since the run began.
    pub digests: DigestCounts,
}

/// Digests of CloudTrail's by what their signatures are worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DigestCounts {
    /// A key verified it.
    pub verified: u64,
    /// There was no key for it, or no signature.
    pub not_verified: u64,
    /// It was not made with the key that it names.
    pub failed: u64,
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
/// How long it is said that something is missing, ns; as long as the server says it of losses.
const RECENT: u64 = 600_000_000_000;
/// How many of what is missing are remembered for that.
const MISSING: usize = 256;
/// Late minutes are told in this distance, ns: a source that is late all the time must not fill the ledger.
const LATE_EVERY: u64 = 60_000_000_000;

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
    digests: DigestCounts,
    /// When something was found missing.
    missing: VecDeque<Time>,
    stretch: Stretch,
    silence: u64,
    late_limit: u64,
    /// A silence that is told as a gap, and goes on.
    silent: bool,
    /// Minutes that were late and are not told yet, and when some were told.
    late_minutes: Minutes,
    late_told: Time,
    owed: Vec<Gap>,
}

impl Standing {
    pub(super) fn new(source: AuditSource, since: Time, limits: &AuditLimits) -> Self {
        Self {
            silence: limits.silence(source.format),
            late_limit: limits.late(source.format),
            silent: false,
            late_minutes: Minutes::default(),
            late_told: since,
            owed: Vec::new(),
            digests: DigestCounts::default(),
            missing: VecDeque::new(),
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
        // A silence that ended before anybody looked.
        self.note_silence(at);
        self.silent = false;
        self.heard = self.heard.max(Some(at));
    }

    /// Silence that lasts for too long was none of watching from its begin, and not only from when it was noticed.
    fn note_silence(&mut self, now: Time) {
        let Some(heard) = self.heard.filter(|heard| now.0.saturating_sub(heard.0) > self.silence && !self.silent)
        else {
            return;
        };
        self.silent = true;
        let reason = format!("no event since {heard}");
        self.owed.push(self.gap(heard, now, false, reason));
    }

    fn gap(&self, from: Time, to: Time, partial: bool, reason: String) -> Gap {
        let source = self.source.format.source().name().to_owned();
        Gap { from, to, node: self.source.node.clone(), source, partial, reason }
    }

    /// What was learned of time that is over, since it was asked for last; everything, where it is asked for the `last` time.
    pub(super) fn gaps(&mut self, now: Time, last: bool) -> impl Iterator<Item = Gap> + use<> {
        self.note_late(now, last);
        std::mem::take(&mut self.owed).into_iter()
    }

    fn note_late(&mut self, now: Time, last: bool) {
        let due = last || now < self.late_told || now.0.saturating_sub(self.late_told.0) >= LATE_EVERY;
        if self.late_minutes.is_empty() || !due {
            return;
        }
        self.late_told = now;
        let reason = lateness::reason(self.late_limit);
        for (from, to) in std::mem::take(&mut self.late_minutes).stretches() {
            self.owed.push(self.gap(from, to, true, reason.clone()));
        }
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
        self.late_minutes.merge(&tally.late.minutes);
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

    /// Something of a time that is over is missing. That is told as a gap of that time; the stretch under way lost nothing, and only says
    /// what it found.
    pub(super) fn miss(&mut self, cause: &str, text: &str, now: Time) {
        self.lost += 1;
        *self.stretch.by_cause.entry(cause.to_owned()).or_default() += 1;
        self.complain(text.to_owned());
        if self.missing.len() == MISSING {
            self.missing.pop_front();
        }
        self.missing.push_back(now);
    }

    /// A digest was checked.
    pub(super) fn digest(&mut self, check: &DigestCheck) {
        match check.signature {
            SignatureState::Verified => self.digests.verified += 1,
            SignatureState::NotVerified => self.digests.not_verified += 1,
            SignatureState::Failed => self.digests.failed += 1,
        }
    }

    /// How many things were found missing lately.
    fn missing_lately(&self, now: Time) -> usize {
        self.missing.iter().filter(|at| now.0.saturating_sub(at.0) < RECENT).count()
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
                match (self.missing_lately(now), complaints.is_empty()) {
                    (0, true) => (AuditState::Delivers, String::new()),
                    (0, false) => (AuditState::Late, complaints.join("; ")),
                    (n, _) => (AuditState::Missing, format!("found in the last 10 min: {n} files missing or changed")),
                }
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
            digests: self.digests,
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
        if state == AuditState::Silent {
            self.note_silence(now);
        }
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
            lost: stretch.lost,
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
