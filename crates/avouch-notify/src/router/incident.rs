//! What was told to channels that know of acknowledging and closing, until people have decided about all of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use avouch_finding::{Severity, Time};
use serde::{Deserialize, Serialize};

use super::batch::{fill, numbers, numbers_of};
use crate::config::Label;
use crate::message::{Act, Deed, Message, Noted, Reason};

/// Incidents that are followed; the one that was told of longest ago goes for a new one.
const MOST: usize = 10_000;
/// Findings of one incident whose decisions are followed. One that has more is acknowledged, and never closed by us.
const FINDINGS: usize = 200;
/// Findings of all incidents together.
const ALL_FINDINGS: usize = 50_000;
/// After a week nobody is told any more what became of an incident.
const REMEMBER: u64 = 7 * 86_400 * 1_000_000_000;

/// What channels know as one thing: the messages of a group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Incident {
    pub(super) channels: BTreeSet<String>,
    route: String,
    labels: Vec<(Label, String)>,
    test: bool,
    #[serde(with = "numbers")]
    findings: Vec<Arc<Noted>>,
    /// Numbers of findings about which somebody decided.
    decided: BTreeSet<u64>,
    /// Findings that are not followed.
    more: u64,
    severity: Severity,
    first: Time,
    last: Time,
    acknowledged: bool,
    told: Time,
}

impl Incident {
    fn told(&mut self, message: &Message, channel: &str, room: usize) {
        let fresh = self.findings.is_empty() && self.more == 0;
        if fresh {
            self.first = message.first;
            self.route.clone_from(&message.route);
            self.labels.clone_from(&message.labels);
            self.test = message.test;
        }
        self.first = self.first.min(message.first);
        self.last = self.last.max(message.last);
        self.severity = self.severity.max(message.severity);
        self.told = message.time;
        let known: BTreeSet<u64> = self.findings.iter().map(|f| f.seq).collect();
        let new: Vec<_> = message.findings.iter().filter(|f| !known.contains(&f.seq)).cloned().collect();
        self.channels.insert(channel.to_owned());
        // Each channel of a message tells the same, and a reminder what was told before.
        if !fresh && new.is_empty() {
            return;
        }
        let news = !matches!(message.reason, Reason::Reminder | Reason::Escalation);
        let room = FINDINGS.saturating_sub(self.findings.len()).min(room);
        self.more += new.len().saturating_sub(room) as u64;
        if fresh || news {
            self.more += message.more(message.findings.len());
        }
        self.acknowledged = false;
        self.findings.extend(new.into_iter().take(room));
    }

    fn all_decided(&self) -> bool {
        self.more == 0 && self.findings.iter().all(|f| self.decided.contains(&f.seq))
    }
}

/// All of them, by the id of their group.
#[derive(Debug, Default)]
pub(super) struct Incidents {
    all: BTreeMap<String, Incident>,
    by_finding: BTreeMap<String, BTreeSet<String>>,
    followed: usize,
}

impl Incidents {
    /// A channel is told; the ids of incidents that changed, and how many of them were given up for it.
    pub(super) fn told(&mut self, message: &Message, channel: &str) -> (Vec<String>, u64) {
        let (mut changed, mut given_up) = (vec![message.group.clone()], 0);
        if !self.all.contains_key(&message.group) {
            let old = message.time.0.saturating_sub(REMEMBER);
            let over: Vec<String> =
                self.all.iter().filter(|(_, i)| i.told.0 < old).map(|(group, _)| group.clone()).collect();
            changed.extend(over.iter().cloned());
            over.iter().for_each(|group| drop(self.remove(group)));
            if self.all.len() >= MOST
                && let Some(oldest) = self.all.iter().min_by_key(|(_, i)| i.told).map(|(group, _)| group.clone())
            {
                self.remove(&oldest);
                changed.push(oldest);
                given_up += 1;
            }
        }
        let room = ALL_FINDINGS.saturating_sub(self.followed);
        let incident = self.all.entry(message.group.clone()).or_default();
        let before = incident.findings.len();
        incident.told(message, channel, room);
        for finding in incident.findings.iter().skip(before) {
            self.by_finding.entry(finding.id.clone()).or_default().insert(message.group.clone());
            self.followed += 1;
        }
        (changed, given_up)
    }

    /// Somebody did something about a finding: the incidents that it belongs to, and what their channels are told of it.
    pub(super) fn acted(&mut self, act: &Act) -> Vec<(String, Option<(Reason, Incident)>)> {
        let mut out = Vec::new();
        for group in self.by_finding.get(&act.finding).cloned().unwrap_or_default() {
            let Some(incident) = self.all.get_mut(&group) else { continue };
            if matches!(act.deed, Deed::Decided(_)) {
                let decided = incident.findings.iter().filter(|f| f.id == act.finding).map(|f| f.seq);
                incident.decided.extend(decided.collect::<Vec<_>>());
            }
            if incident.all_decided() {
                let closed = self.remove(&group).map(|incident| (Reason::Closed, incident));
                out.push((group, closed));
            } else {
                let news = !std::mem::replace(&mut incident.acknowledged, true);
                let told = news.then(|| (Reason::Acknowledged, incident.clone()));
                out.push((group, told));
            }
        }
        out
    }

    fn remove(&mut self, group: &str) -> Option<Incident> {
        let incident = self.all.remove(group)?;
        for finding in &incident.findings {
            if let Some(groups) = self.by_finding.get_mut(&finding.id) {
                groups.remove(group);
                if groups.is_empty() {
                    self.by_finding.remove(&finding.id);
                }
            }
        }
        self.followed = self.followed.saturating_sub(incident.findings.len());
        Some(incident)
    }

    /// As it is now.
    pub(super) fn get(&self, group: &str) -> Option<&Incident> {
        self.all.get(group)
    }

    /// Goes on with one that was kept.
    pub(super) fn restore(&mut self, group: String, mut incident: Incident, found: &BTreeMap<u64, Arc<Noted>>) {
        let before = incident.findings.len();
        fill(&mut incident.findings, found);
        // Nobody can decide any more about what the ledger does not have.
        incident.more += (before - incident.findings.len()) as u64;
        for finding in &incident.findings {
            self.by_finding.entry(finding.id.clone()).or_default().insert(group.clone());
        }
        self.followed += incident.findings.len();
        self.all.insert(group, incident);
    }
}

impl Incident {
    pub(super) fn numbers(&self, into: &mut BTreeSet<u64>) {
        numbers_of(&self.findings, into);
    }

    /// What its channels are told.
    pub(super) fn message(self, id: String, group: String, reason: Reason, act: Act, now: Time) -> Message {
        let count = self.findings.len() as u64 + self.more;
        Message {
            id,
            group,
            route: self.route,
            reason,
            time: now,
            severity: self.severity,
            count,
            total: count,
            first: self.first,
            last: self.last,
            labels: self.labels,
            findings: self.findings,
            held_back: 0,
            console: None,
            test: self.test,
            act: Some(act),
        }
    }
}
