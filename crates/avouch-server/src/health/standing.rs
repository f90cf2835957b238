//! How nodes and sources stand now, with reasons. Pure.

use std::collections::{BTreeMap, VecDeque};

use avouch_finding::{Time, Watching};
use avouch_pipeline::live::audit::{AuditState, AuditStatus, DigestCounts};
use serde::Serialize;
use utoipa::ToSchema;

use super::board::{Board, Node, RECENT, SECOND, Source, Subject};
use super::rule_sets::RuleSetHealth;
use crate::agent_rules::Wanted;

/// A source of system calls without any event for so long is odd: something runs on every machine.
const QUIET: u64 = 300 * SECOND;
/// How long a source may take to begin.
const STARTING: u64 = 30 * SECOND;
/// A clock that is ahead by more is said.
const AHEAD: u64 = 2 * SECOND;
/// How long it is said that a clock was set.
const JUMPED: u64 = 3_600 * SECOND;
/// How long it is said that what a digest vouches for was changed.
const CHANGED: u64 = 86_400 * SECOND;
/// A node that was silent for longer is no alarm any more.
const FORGET: u64 = 86_400 * SECOND;
/// The source that always has something to tell.
const MACHINE: &str = "syscall";

/// How something stands; the later, the worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// It is watched.
    Ok,
    /// It began a moment ago.
    Starting,
    /// It is watched, but what it tells comes late.
    Late,
    /// It is watched, and events are lost.
    Losing,
    /// It is watched, and files that digests vouch for are not what was delivered.
    Changed,
    /// It ended as it should, and does not watch.
    Stopped,
    /// Nothing comes, although something should.
    Silent,
    /// It says that it cannot watch.
    Failing,
    /// It was to be watched, and nothing ever came.
    Never,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Starting => "starting",
            Self::Late => "late",
            Self::Losing => "losing",
            Self::Changed => "changed",
            Self::Stopped => "stopped",
            Self::Silent => "silent",
            Self::Failing => "failing",
            Self::Never => "never",
        }
    }

    /// Whether what happens is seen, late or not wholly.
    pub(crate) fn is_watched(self) -> bool {
        match self {
            Self::Ok | Self::Late | Self::Losing | Self::Changed => true,
            Self::Starting | Self::Stopped | Self::Silent | Self::Failing | Self::Never => false,
        }
    }
}

/// Everything, now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    /// By node.
    pub nodes: Vec<NodeHealth>,
    /// By node and source.
    pub sources: Vec<SourceHealth>,
    /// Why not everything is watched; empty when it is.
    pub reasons: Vec<String>,
    /// Nodes that were silent for more than a day.
    pub forgotten: u64,
    /// Nodes that take their rules from this server and do not run, or not wholly, what it has for them.
    pub agents_behind: usize,
}

/// A machine, cluster or account.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct NodeHealth {
    pub node: String,
    pub cluster: String,
    pub state: State,
    /// Why it is not `ok`; empty when it is.
    pub reason: String,
    /// What does not keep it from watching and has to be looked at.
    pub warnings: Vec<String>,
    /// The server judges it itself: a cluster's audit log, a cloud account.
    pub own: bool,
    pub run: String,
    pub version: String,
    pub kernel: String,
    /// When something last came of it, by the server's clock; absent when that was before the server began, or never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub heard: Option<Time>,
    /// Up to when it was watched, by its own clock.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub watched_to: Option<Time>,
    /// Digest of the rules that run.
    pub rules_digest: String,
    /// The server's rule set; `null` for an agent with rules of its own.
    pub rule_set: Option<RuleSetHealth>,
    /// Events since the server began.
    pub events: u64,
    pub detections: u64,
    /// Whole events that were lost since the server began.
    pub lost: u64,
    /// By cause, parts of events included.
    pub lost_by_cause: BTreeMap<String, u64>,
    /// Lost in the last ten minutes.
    pub lost_lately: u64,
    /// Seconds by which its clock is ahead of the server's at least. That it is behind cannot be told from a slow way.
    pub ahead_s: f64,
}

/// One source of a node.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SourceHealth {
    pub source: String,
    pub node: String,
    pub cluster: String,
    /// As of the node: a machine and a cluster may have the same name.
    pub own: bool,
    /// As of the node.
    pub run: String,
    pub state: State,
    /// Why it is not `ok`; empty when it is.
    pub reason: String,
    /// End of the last stretch in which an event came.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_event: Option<Time>,
    /// How old what comes is, in seconds: of an agent, since the end of its last observation; of audit records, the greatest lateness of
    /// the last ones, and absent as long as none came.
    pub lag_s: Option<f64>,
    /// Events since the server began.
    pub events: u64,
    /// Whole events of it that were lost since the server began. What no source is named for counts for each of its node.
    pub drops: u64,
    /// Of these, lost in the last ten minutes.
    pub drops_lately: u64,
    pub rules_digest: String,
    pub version: String,
    /// Digests of log files that were checked since the server began; absent where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digests: Option<Digests>,
}

/// Digests of CloudTrail's log file validation, by what their signatures are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Digests {
    /// A key that was given verified the signature.
    pub verified: u64,
    /// There was no key for it, or no signature: it may be good or not.
    pub not_verified: u64,
    /// The signature is not what its key would have made.
    pub failed: u64,
}

impl Digests {
    fn of(counts: DigestCounts) -> Option<Self> {
        let DigestCounts { verified, not_verified, failed } = counts;
        (counts != DigestCounts::default()).then_some(Self { verified, not_verified, failed })
    }
}

impl Board {
    /// How everything stands.
    pub(crate) fn standing(&self, now: Time) -> Standing {
        let mut out = Standing::default();
        let common = self.common_rules();
        for (of, node) in &self.nodes {
            let (name, is_own) = (&of.name, of.own);
            if self.has_left(name, node) {
                continue;
            }
            let silent_for = now.0.saturating_sub(node.watched.or(node.begun).map_or(0, |t| t.0));
            if silent_for > FORGET && node.is_silent(self.begun, now) {
                out.forgotten += 1;
                continue;
            }
            let (state, reason) = node.standing(self.begun, now, is_own && self.is_judged(name));
            let mut worst = (state, reason.clone());
            for (source_name, source) in &node.sources {
                // What holds for the node holds for its sources.
                let audit = self.audit.get(&(name.clone(), source_name.clone())).filter(|_| is_own);
                let (mut own, mut why) = match audit {
                    Some(status) => judged(status),
                    None => source.standing(source_name, node, now),
                };
                let lost = lately(&source.losses, now);
                if own < State::Losing && lost > 0 {
                    (own, why) = (State::Losing, format!("{lost} events were lost in the last 10 min"));
                }
                if own == State::Ok || state > State::Losing {
                    (own, why) = (state, reason.clone());
                }
                if let Some(changed) = self.changed_lately(name, source_name, now).filter(|_| is_own) {
                    // It delivers, and what it delivers may have been written by somebody else.
                    why = if own >= State::Losing { format!("{why}; {changed}") } else { changed };
                    own = own.max(State::Changed);
                }
                if own > worst.0 {
                    worst = (own, why.clone());
                }
                if own != State::Ok {
                    out.reasons.push(format!("{source_name} of {name}: {why}"));
                }
                let digests = audit.and_then(|status| Digests::of(status.digests));
                let mut health = node.source(name, source_name, source, own, why, now);
                if let Some(status) = audit {
                    // Its observations are the server's own: how old they are says nothing of the source.
                    health.lag_s = status.heard.map(|_| rounded(status.late_ns));
                }
                out.sources.push(SourceHealth { digests, ..health });
            }
            // Losses of a source that is not asked for any more.
            let lost = lately(&node.losses, now);
            if worst.0 < State::Losing && lost > 0 {
                worst = (State::Losing, format!("{lost} events were lost in the last 10 min"));
            }
            if node.sources.is_empty() && state != State::Ok {
                out.reasons.push(format!("{name}: {reason}"));
            }
            let wanted = self.wanted.as_ref();
            let warnings = node.warnings(common.get(node.cluster.as_str()).copied(), wanted, now);
            let mut health = node.health(name, worst.0, worst.1, warnings, wanted, now);
            if is_own {
                // Of a cluster or account something was heard when records came, not when the server told that none did.
                let statuses = self.audit.iter().filter(|((of, _), _)| of == name);
                health.heard = statuses.filter_map(|(_, status)| status.heard).max();
            }
            // One that was stopped runs no rules at all.
            let behind = health.rule_set.as_ref().is_some_and(|set| set.behind_since.is_some());
            out.agents_behind += usize::from(behind && state != State::Stopped);
            out.nodes.push(health);
        }
        self.never(&mut out);
        if self.beyond > 0 {
            out.reasons.push(format!("{} observations are of nodes beyond the limit of nodes", self.beyond));
        }
        if out.nodes.is_empty() {
            out.reasons.push("nothing is watched: no agent and no audit source has sent anything yet".to_owned());
        }
        out
    }

    /// What was found changed of the files of a source in the last day, in words; `None` when nothing was.
    fn changed_lately(&self, node: &str, source: &str, now: Time) -> Option<String> {
        let changed = self.changed.get(&(node.to_owned(), source.to_owned()))?;
        let lately = || changed.iter().filter(|(at, _)| now.0.saturating_sub(at.0) < CHANGED);
        let (at, text) = lately().max_by_key(|(at, _)| *at)?;
        let others = match lately().count() {
            1 => String::new(),
            n => format!(", the last of {n} in a day"),
        };
        Some(format!("files may have been changed: {text} (found at {at}{others})"))
    }

    /// A source of it is judged by this server.
    fn is_judged(&self, name: &str) -> bool {
        self.audit.keys().any(|(node, _)| node == name)
    }

    /// Nodes of a list that nothing was ever heard of.
    fn never(&self, out: &mut Standing) {
        for estate in self.estates.values() {
            for name in estate.nodes.iter().filter(|name| !self.nodes.contains_key(&Subject::agent(name))) {
                let reason = format!("it is in the list of nodes since {}, and nothing ever came", estate.time);
                out.reasons.push(format!("{name}: {reason}"));
                let node = Node { cluster: estate.cluster.clone(), ..Node::default() };
                out.nodes.push(node.health(name, State::Never, reason, Vec::new(), None, estate.time));
            }
        }
    }

    /// By cluster, the rules that most agents run, and how many do.
    fn common_rules(&self) -> BTreeMap<&str, (&str, usize)> {
        let mut counts: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
        for node in self.nodes.values().filter(|n| !n.is_own() && !n.rules.is_empty()) {
            *counts.entry(&node.cluster).or_default().entry(&node.rules).or_default() += 1;
        }
        let most = counts.into_iter().filter_map(|(c, rules)| Some((c, rules.into_iter().max_by_key(|(_, n)| *n)?)));
        most.collect()
    }
}

impl Node {
    fn standing(&self, begun: Time, now: Time, judged: bool) -> (State, String) {
        let silent = self.is_silent(begun, now);
        if let Some((at, why)) = &self.stopped {
            return (State::Stopped, format!("the agent was stopped at {at}: {why}"));
        }
        let heard = self.last_heard(begun);
        let seconds = now.0.saturating_sub(heard.0) / SECOND;
        if silent && !self.is_own() {
            return (State::Silent, format!("nothing was heard of its agent for {seconds} s, since {heard}"));
        }
        if self.heard.is_none() && !self.is_own() {
            return (State::Starting, format!("nothing was heard of its agent since the server began at {begun}"));
        }
        if self.is_own() && !judged && silent {
            let to = self.watched.unwrap_or_default();
            return (State::Stopped, format!("this server does not judge it any more; it was watched up to {to}"));
        }
        if self.watched.is_none() && self.begun.is_some_and(|at| now.0.saturating_sub(at.0) < STARTING) {
            return (State::Starting, "its agent began a moment ago".to_owned());
        }
        let lag = now.0.saturating_sub(self.watched.map_or(0, |t| t.0));
        if lag > self.patience() && !self.is_own() {
            let text = match self.watched {
                Some(to) => format!("what it sends is {} s old: it was last watched up to {to}", lag / SECOND),
                None => "it sends no observation".to_owned(),
            };
            return (State::Late, text);
        }
        (State::Ok, String::new())
    }

    fn warnings(&self, common: Option<(&str, usize)>, wanted: Option<&Wanted>, now: Time) -> Vec<String> {
        let mut out = Vec::new();
        if let Some((rules, nodes)) = common.filter(|(rules, _)| *rules != self.rules && !self.is_own()) {
            let (own, other) = (short(&self.rules), short(rules));
            out.push(format!("it runs other rules ({own}) than {nodes} nodes of its cluster ({other})"));
        }
        out.extend(self.rules_warning(wanted, now));
        if self.ahead > AHEAD {
            out.push(format!("its clock is at least {} s ahead of the server's", self.ahead / SECOND));
        }
        if let Some((at, by)) = self.jumped.filter(|(at, _)| now.0.saturating_sub(at.0) < JUMPED) {
            out.push(format!("its clock was set by {:.3} s at {at}", seconds(by)));
        }
        // What a machine lacks is told at the start and with each observation.
        for text in self.missing.iter().chain(&self.lacks) {
            if !out.contains(text) {
                out.push(text.clone());
            }
        }
        out
    }

    fn source(&self, name: &str, source: &str, of: &Source, state: State, reason: String, now: Time) -> SourceHealth {
        SourceHealth {
            source: source.to_owned(),
            node: name.to_owned(),
            cluster: self.cluster.clone(),
            own: self.is_own(),
            run: self.run.clone(),
            state,
            reason,
            last_event: of.last_event,
            lag_s: self.watched.map(|to| rounded(now.0.saturating_sub(to.0))),
            events: of.events,
            drops: of.lost,
            drops_lately: lately(&of.losses, now),
            rules_digest: self.rules.clone(),
            version: self.version.clone(),
            digests: None,
        }
    }

    fn health(
        &self,
        name: &str,
        state: State,
        reason: String,
        warnings: Vec<String>,
        wanted: Option<&Wanted>,
        now: Time,
    ) -> NodeHealth {
        NodeHealth {
            node: name.to_owned(),
            cluster: self.cluster.clone(),
            state,
            reason,
            warnings,
            own: self.is_own(),
            run: self.run.clone(),
            version: self.version.clone(),
            kernel: self.kernel.clone(),
            heard: self.heard,
            watched_to: self.watched,
            rules_digest: self.rules.clone(),
            rule_set: self.rule_set(wanted),
            events: self.events,
            detections: self.detections,
            lost: self.lost,
            lost_by_cause: self.lost_by_cause.iter().filter(|(_, n)| **n > 0).map(|(c, n)| (c.clone(), *n)).collect(),
            lost_lately: lately(&self.losses, now),
            ahead_s: rounded(self.ahead),
        }
    }
}

/// How a source stands that this server judges itself.
fn judged(status: &AuditStatus) -> (State, String) {
    let state = match status.state {
        AuditState::Never => State::Never,
        AuditState::Delivers => State::Ok,
        AuditState::Late => State::Late,
        AuditState::Missing => State::Losing,
        AuditState::Silent => State::Silent,
        AuditState::Failing => State::Failing,
    };
    (state, if state == State::Ok { String::new() } else { status.reason.clone() })
}

impl Source {
    fn standing(&self, name: &str, node: &Node, now: Time) -> (State, String) {
        if self.state == Watching::Down {
            let silent = self.reason.starts_with("no event");
            let text = if self.reason.is_empty() { "it is down".to_owned() } else { self.reason.clone() };
            return (if silent { State::Silent } else { State::Failing }, text);
        }
        let quiet_since = self.last_event.unwrap_or(self.since);
        // What comes late is late, and not silent.
        let quiet = node.watched.unwrap_or(now).0.saturating_sub(quiet_since.0);
        if name == MACHINE && !node.is_own() && quiet > QUIET {
            return (
                State::Silent,
                format!("no event from {name} for {} min, since {quiet_since}", quiet / (60 * SECOND)),
            );
        }
        if self.last_event.is_none() && name == MACHINE && quiet < STARTING {
            return (State::Starting, "it began a moment ago, and no event came yet".to_owned());
        }
        (State::Ok, String::new())
    }
}

/// Events that were lost in the last ten minutes.
fn lately(losses: &VecDeque<(Time, u64)>, now: Time) -> u64 {
    let from = now.0.saturating_sub(RECENT);
    losses.iter().filter(|(at, _)| at.0 >= from).map(|(_, n)| n).sum()
}

/// A digest for a sentence.
pub(super) fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn seconds(ns: i64) -> f64 {
    ns as f64 / 1e9
}

/// Seconds to the tenth.
#[expect(clippy::cast_precision_loss, reason = "for people")]
fn rounded(ns: u64) -> f64 {
    (ns as f64 / 1e8).round() / 10.0
}

#[cfg(test)]
#[path = "standing_tests.rs"]
mod tests;
