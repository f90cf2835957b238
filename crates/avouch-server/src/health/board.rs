//! What is known of each node, from the facts as they come. Pure: facts and times go in.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use avouch_coverage::Stretch;
use avouch_finding::{Estate, Fact, Gap, Observation, SignatureState, Start, Time, Watching};
use avouch_pipeline::live::audit::{AuditStatus, tells_of_change};

use super::counts::Counts;
use super::rule_sets::Told;
use crate::agent_rules::Wanted;

/// Nodes that are kept at most; more are counted.
pub(super) const NODES: usize = 10_000;
/// Gaps that are kept of a node.
const GAPS: usize = 16;
/// How far back losses are remembered, and how many stretches of them.
pub(super) const RECENT: u64 = 600 * SECOND;
const LOSSES: usize = 256;
/// Run names of servers begin so.
const SERVER: &str = "server-";

pub(super) const SECOND: u64 = 1_000_000_000;

/// Who is watched. A cluster or account, which a server judges itself, may have the name of a machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Subject {
    pub name: String,
    /// A server judges it itself.
    pub own: bool,
}

impl Subject {
    /// A machine with an agent.
    pub(super) fn agent(name: &str) -> Self {
        Self { name: name.to_owned(), own: false }
    }

    /// Whom a run is of.
    pub(super) fn of(name: &str, run: &str) -> Self {
        Self { name: name.to_owned(), own: run.starts_with(SERVER) }
    }
}

/// All nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Board {
    /// When the server began to listen: silence before that is its own.
    pub(super) begun: Time,
    pub(super) nodes: BTreeMap<Subject, Node>,
    /// The last list of nodes of each cluster.
    pub(super) estates: BTreeMap<String, Estate>,
    /// How sources that this server judges itself stand, by node and source.
    pub(super) audit: BTreeMap<(String, String), AuditStatus>,
    /// Runs that read recordings: what they observe is not now.
    replays: BTreeSet<String>,
    /// Gaps that are to be recorded.
    pub(super) owed: Vec<Gap>,
    /// What was found changed of files that digests vouch for, by node and source: when, and what.
    pub(super) changed: BTreeMap<(String, String), VecDeque<(Time, String)>>,
    /// Nodes that found no room.
    pub(super) beyond: u64,
    /// What runs told of their rules before they told that they began.
    pub(super) early: BTreeMap<Subject, Told>,
    /// The rule set that agents are to run.
    pub(super) wanted: Option<Wanted>,
    /// What came since the server began.
    pub(crate) counts: Counts,
}

/// One machine, cluster or account.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    pub cluster: String,
    pub run: String,
    pub version: String,
    pub kernel: String,
    pub missing: Vec<String>,
    /// Begin of the run, as far as it is known.
    pub begun: Option<Time>,
    /// The run ended as it should: when and why.
    pub stopped: Option<(Time, String)>,
    /// When something was last heard of it, by the server's clock; `None` when that was before the server began.
    pub heard: Option<Time>,
    /// End of the last observation, by the node's clock.
    pub watched: Option<Time>,
    /// Length of the last observation in ns.
    pub every: u64,
    /// Digest of the rules that run.
    pub rules: String,
    /// Why newer rules were not taken.
    pub refused: Option<String>,
    /// Digest of the server's rule set that runs; empty for rules of its own.
    pub set: String,
    /// Digest of the server's set that `refused` is about.
    pub refused_set: String,
    /// When its clock was last set, and by how much, in ns.
    pub jumped: Option<(Time, i64)>,
    /// By how much its clock is ahead of the server's at least, in ns.
    pub ahead: u64,
    pub sources: BTreeMap<String, Source>,
    /// What it says it does not watch.
    pub lacks: Vec<String>,
    /// As in [`Source`], of all sources.
    pub losses: VecDeque<(Time, u64)>,
    pub gaps: VecDeque<Gap>,
    /// Up to when its silence is recorded.
    pub told: Option<Time>,
    /// Since the server began.
    pub events: u64,
    pub detections: u64,
    pub lost: u64,
    pub lost_by_cause: BTreeMap<String, u64>,
}

/// One source of a node.
#[derive(Clone, Debug, Default)]
pub(super) struct Source {
    pub state: Watching,
    pub reason: String,
    /// Whole events of it that were lost since the server began.
    pub lost: u64,
    /// End and number of events of stretches in which some of it were lost.
    pub losses: VecDeque<(Time, u64)>,
    /// Begin of the first observation that asked for it.
    pub since: Time,
    /// End of the last observation in which it gave an event.
    pub last_event: Option<Time>,
    /// Since the server began.
    pub events: u64,
    /// Events of the last observation.
    pub last: u64,
}

impl Node {
    /// It is judged by a server itself: there is no agent that could be silent.
    pub(super) fn is_own(&self) -> bool {
        self.run.starts_with(SERVER)
    }

    fn gap(&mut self, gap: &Gap) {
        if self.gaps.len() == GAPS {
            self.gaps.pop_front();
        }
        self.gaps.push_back(gap.clone());
    }
}

/// Remembers a loss.
fn note(losses: &mut VecDeque<(Time, u64)>, to: Time, lost: u64) {
    if lost == 0 {
        return;
    }
    if losses.len() == LOSSES {
        losses.pop_front();
    }
    losses.push_back((to, lost));
}

impl Board {
    /// Nothing known yet.
    pub(crate) fn new(begun: Time) -> Self {
        Self { begun, ..Self::default() }
    }

    /// A board without nodes that goes on counting.
    pub(super) fn emptied(&self) -> Self {
        let (begun, counts, owed, audit) = (self.begun, self.counts.clone(), self.owed.clone(), self.audit.clone());
        let (early, wanted) = (self.early.clone(), self.wanted.clone());
        Self { begun, counts, owed, audit, early, wanted, ..Self::default() }
    }

    /// Nodes that were never watched in the time looked back at are forgotten.
    pub(super) fn keep_watched(&mut self) {
        self.nodes.retain(|_, node| node.watched.is_some());
    }

    /// Counts, and when nodes were heard, of a board of the same server.
    pub(super) fn take_counts(&mut self, known: &Self) {
        for (name, old) in &known.nodes {
            let Some(node) = self.nodes.get_mut(name) else { continue };
            (node.events, node.detections, node.lost) = (old.events, old.detections, old.lost);
            node.lost_by_cause.clone_from(&old.lost_by_cause);
            node.heard = old.heard;
            node.ahead = old.ahead;
            for (name, old) in &old.sources {
                if let Some(source) = node.sources.get_mut(name) {
                    (source.events, source.lost) = (old.events, old.lost);
                }
            }
        }
    }

    /// A fact that was recorded. `heard` is the time at which it came, or `None` for one from the store.
    pub(crate) fn apply(&mut self, fact: &Fact, heard: Option<Time>) {
        if heard.is_some() {
            self.counts.fact(fact);
        }
        if let Some(now) = heard {
            self.checked(fact, now);
        }
        match fact {
            Fact::Start(start) => self.start(start, heard),
            Fact::Stop(stop) => {
                let of = Subject::of(&stop.node, &stop.run);
                if let Some(node) = self.nodes.get_mut(&of).filter(|n| n.run == stop.run) {
                    node.stopped = Some((stop.time, stop.reason.clone()));
                }
            }
            Fact::Rules(loaded) => self.rules(loaded),
            Fact::Observation(observation) => self.observation(observation, heard),
            Fact::Gap(gap) => self.gap(gap),
            Fact::Estate(estate) => {
                let known = self.estates.get(&estate.cluster).is_some_and(|e| e.time > estate.time);
                if !known {
                    self.estates.insert(estate.cluster.clone(), estate.as_ref().clone());
                }
            }
            _ => {}
        }
    }

    /// An agent sent something, whatever it is. `newest` is the time of its last fact.
    pub(crate) fn heard(&mut self, name: &str, version: &str, newest: Option<Time>, now: Time) {
        let Some(node) = self.nodes.get_mut(&Subject::agent(name)) else { return };
        node.heard = Some(now);
        if !version.is_empty() && node.version != version {
            version.clone_into(&mut node.version);
        }
        node.ahead = newest.map_or(node.ahead, |newest| newest.0.saturating_sub(now.0));
    }

    /// How sources stand that this server judges itself.
    pub(crate) fn audit(&mut self, statuses: Vec<AuditStatus>) {
        let key = |s: AuditStatus| ((s.node.clone(), s.source.to_owned()), s);
        self.audit = statuses.into_iter().map(key).collect();
    }

    fn node(&mut self, of: &Subject) -> Option<&mut Node> {
        if !self.nodes.contains_key(of) && self.nodes.len() >= NODES {
            self.beyond += 1;
            return None;
        }
        Some(self.nodes.entry(of.clone()).or_default())
    }

    fn start(&mut self, start: &Start, heard: Option<Time>) {
        if start.replay {
            self.replays.insert(start.run.clone());
            return;
        }
        let of = Subject::of(&start.node, &start.run);
        let Some(node) = self.node(&of) else { return };
        if node.begun.is_some_and(|begun| begun > start.time) {
            return;
        }
        node.cluster.clone_from(&start.cluster);
        node.version.clone_from(&start.version);
        node.kernel.clone_from(&start.kernel);
        node.missing.clone_from(&start.missing);
        node.begun = Some(start.time);
        node.stopped = None;
        node.heard = heard.or(node.heard);
        self.runs(&of, &start.run);
    }

    fn observation(&mut self, seen: &Observation, heard: Option<Time>) {
        if self.replays.contains(&seen.run) {
            return;
        }
        let of = Subject::of(&seen.node, &seen.run);
        let Some(node) = self.node(&of) else { return };
        node.heard = heard.or(node.heard);
        if node.watched.is_some_and(|to| seen.to <= to) {
            // Of an earlier run, or known.
            return;
        }
        let before = (node.watched, node.run != seen.run);
        self.runs(&of, &seen.run);
        let Some(node) = self.nodes.get_mut(&of) else { return };
        node.watched = Some(seen.to);
        node.every = seen.to.0.saturating_sub(seen.from.0);
        node.cluster.clone_from(&seen.cluster);
        node.rules.clone_from(&seen.rules);
        node.lacks.clone_from(&seen.gaps);
        if let Some(jump) = seen.clock_jump_ns {
            node.jumped = Some((seen.to, jump));
        }
        note(&mut node.losses, seen.to, seen.lost.events);
        let stretch = Stretch::from(seen);
        let count = |n: u64| if heard.is_some() { n } else { 0 };
        node.events += count(seen.events);
        node.detections += count(seen.detections);
        node.lost += count(seen.lost.events);
        for (cause, n) in &seen.lost.by_cause {
            *node.lost_by_cause.entry(cause.clone()).or_default() += count(*n);
        }
        node.sources.retain(|name, _| seen.sources.contains_key(name));
        for (name, state) in &seen.sources {
            let new = || Source { since: seen.from, ..Source::default() };
            let source = node.sources.entry(name.clone()).or_insert_with(new);
            source.state = state.state;
            source.reason.clone_from(&state.reason);
            source.last = state.events;
            source.events += count(state.events);
            let lost = stretch.lost_of(name);
            source.lost += count(lost);
            note(&mut source.losses, seen.to, lost);
            if state.events > 0 {
                source.last_event = Some(seen.to);
            }
        }
        let stopped = node.stopped.take();
        let owed = super::silence::returned(node, seen, before, stopped.as_ref());
        self.owed.extend(owed.filter(|_| heard.is_some()));
    }

    /// A gap names no run: it is of whoever has the name, as it is where time is counted.
    fn gap(&mut self, gap: &Gap) {
        for own in [false, true] {
            let Some(node) = self.nodes.get_mut(&Subject { name: gap.node.clone(), own }) else { continue };
            // A silence that was told before the server was started anew.
            if gap.source.is_empty() && node.watched.is_some_and(|to| gap.from <= to && to < gap.to) {
                node.told = node.told.max(Some(gap.to));
            }
            node.gap(gap);
        }
    }

    /// Notes what a fact, recorded at `at`, says of files that are not what a digest vouches for.
    pub(super) fn checked(&mut self, fact: &Fact, at: Time) {
        let (node, source, text) = match fact {
            Fact::Digest(check) if check.signature == SignatureState::Failed => {
                (&check.node, &check.source, format!("digest `{}` cannot be trusted: {}", check.name, check.reason))
            }
            Fact::Gap(gap) if tells_of_change(gap) => (&gap.node, &gap.source, gap.reason.clone()),
            _ => return,
        };
        let key = (node.clone(), source.clone());
        if !self.changed.contains_key(&key) && self.changed.len() >= NODES {
            self.beyond += 1;
            return;
        }
        let changed = self.changed.entry(key).or_default();
        if changed.len() == LOSSES {
            changed.pop_front();
        }
        changed.push_back((at, text));
    }

    /// Whether a list of nodes says that it is gone.
    pub(super) fn has_left(&self, name: &str, node: &Node) -> bool {
        self.estates.get(&node.cluster).is_some_and(|estate| {
            let watched_since = node.watched.is_some_and(|to| to > estate.time);
            !watched_since && !node.is_own() && !estate.nodes.iter().any(|n| n == name)
        })
    }
}
