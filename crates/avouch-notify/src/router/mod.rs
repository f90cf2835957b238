//! Which findings are told to whom, and when: a pure machine. It has no clock and does nothing itself; whoever drives it gives
//! the time and sends what comes out.
//!
//! Invariants: a finding that an acceptance suppressed is never told. Every other finding that a route takes is counted in
//! exactly one first message of each of its channels, or in a receipt that says why not. What is kept is bounded.
//!
//! It can end at any moment and go on elsewhere: what changes is given as rows ([`Router::changes`]) that whoever drives it
//! keeps before a message goes out.

mod batch;
mod change;
mod group;
mod incident;
mod limit;
mod saved;
mod send;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use avouch_finding::{Delivery, Time};
use serde::{Deserialize, Serialize};

use group::{Group, Next};
use incident::Incidents;
use limit::Limit;
use saved::Row;

use crate::config::{Config, Length, Route};
use crate::message::{Message, Noted, Reason, is_test};

pub use saved::{Change, Saved};
pub(crate) use send::{digest, receipt};

/// Findings of one message that are kept whole; more are counted.
pub const MAX_FINDINGS: usize = 1000;
/// Findings of a reminder, an escalation, or a summary that are kept whole.
const MAX_KEPT: usize = 50;
/// Groups; findings that would begin one more share one for each route.
const MAX_GROUPS: usize = 10_000;
/// Findings that wait in all groups together.
const MAX_WAITING: usize = 50_000;
/// Ids by which one group can be acknowledged.
const MAX_IDS: usize = 1000;
/// What is late is told in sum: it waits so long at least, and is silent so long at least.
const LATE_WAIT: Length = Length::seconds(30);
const LATE_INTERVAL: Length = Length::seconds(300);

/// A message and the channel for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// Name of the channel.
    pub channel: String,
    /// The message.
    pub message: Arc<Message>,
}

/// What is to be done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// To be sent.
    pub send: Vec<Outgoing>,
    /// Of what is not sent.
    pub receipts: Vec<Delivery>,
}

/// What became of findings before any channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// An acceptance suppressed them.
    pub suppressed: u64,
    /// No route fits.
    pub unrouted: u64,
    /// At least one route took them.
    pub routed: u64,
    /// Of those, how many were old when they came, and are told in sum.
    pub late: u64,
    /// Incidents of which channels are no longer told what became of them: too many are open.
    pub given_up: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Key {
    route: usize,
    test: bool,
    /// The group of all that is late.
    late: bool,
    values: Vec<String>,
}

/// The configuration, and its routes for what is late.
#[derive(Debug)]
struct Plan {
    config: Arc<Config>,
    late: Vec<Route>,
}

impl Plan {
    fn new(config: Arc<Config>) -> Self {
        let slow = |route: &Route| Route {
            group_wait: route.group_wait.max(LATE_WAIT),
            group_interval: route.group_interval.max(LATE_INTERVAL),
            ..route.clone()
        };
        Self { late: config.routes.iter().map(slow).collect(), config }
    }

    fn route(&self, key: &Key) -> Option<&Route> {
        if key.late { &self.late } else { &self.config.routes }.get(key.route)
    }

    fn console(&self) -> Option<Arc<str>> {
        self.config.console.as_ref().map(|link| Arc::from(link.text()))
    }
}

/// The machine.
#[derive(Debug)]
pub struct Router {
    plan: Arc<Plan>,
    /// Nanoseconds; what is older when it comes is late.
    late: Option<u64>,
    groups: BTreeMap<Key, Group>,
    /// Groups by the ids of findings that they told of.
    open: BTreeMap<String, BTreeSet<Key>>,
    limits: BTreeMap<String, Limit>,
    /// Messages by id and channel that were handed out, and of which no receipt is known.
    sent: BTreeMap<(String, String), Arc<Message>>,
    incidents: Incidents,
    /// What is to be done whatever the time is.
    ready: Step,
    /// Rows that are not as they were kept last.
    changed: BTreeSet<Row>,
    /// Records of the ledger up to this one were taken.
    position: u64,
    /// When it, or the one before it, was kept last.
    alive: Time,
    /// It was restored and has not begun to tell: until then `alive` is of the one before.
    restored: bool,
    waiting: usize,
    /// When there is something to do next: looking at all groups for it would cost as much as there are groups, each time.
    next: Option<Time>,
    messages: u64,
    taken: Taken,
}

impl Router {
    /// A machine that knows of no finding.
    #[must_use]
    pub fn new(config: Arc<Config>) -> Self {
        Self {
            plan: Arc::new(Plan::new(config)),
            late: None,
            groups: BTreeMap::new(),
            open: BTreeMap::new(),
            limits: BTreeMap::new(),
            sent: BTreeMap::new(),
            incidents: Incidents::default(),
            ready: Step::default(),
            changed: BTreeSet::from([Row::Config]),
            position: 0,
            alive: Time(0),
            restored: false,
            waiting: 0,
            next: None,
            messages: 0,
            taken: Taken::default(),
        }
    }

    /// Findings that are older than this when they come are told in sum, one message a route, at most every five minutes.
    #[must_use]
    pub fn sums_up_after(mut self, late: Duration) -> Self {
        self.late = Some(u64::try_from(late.as_nanos()).unwrap_or(u64::MAX));
        self
    }

    /// The configuration in force.
    #[must_use]
    pub fn config(&self) -> &Arc<Config> {
        &self.plan.config
    }

    /// Records of the ledger up to this one were taken.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Records of the ledger up to this one were taken.
    pub fn reached(&mut self, seq: u64) {
        self.position = self.position.max(seq);
    }

    /// What became of findings so far.
    #[must_use]
    pub fn taken(&self) -> Taken {
        self.taken
    }

    /// Takes findings in. [`Router::due`] tells what follows.
    pub fn take(&mut self, now: Time, findings: &[Noted]) {
        let plan = Arc::clone(&self.plan);
        let oldest = self.late.map_or(0, |late| now.0.saturating_sub(late));
        for finding in findings {
            if finding.suppressed.is_some() {
                self.taken.suppressed += 1;
                continue;
            }
            let (mut shared, late) = (None, finding.time.0 < oldest);
            for (number, route) in plan.config.routes.iter().enumerate().filter(|(_, r)| r.matcher.fits(finding)) {
                let finding = shared.get_or_insert_with(|| Arc::new(finding.clone()));
                self.add(now, number, route, finding, late);
                if !route.goes_on {
                    break;
                }
            }
            match shared {
                Some(_) => {
                    self.taken.routed += 1;
                    self.taken.late += u64::from(late);
                }
                None => self.taken.unrouted += 1,
            }
        }
    }

    fn add(&mut self, now: Time, number: usize, route: &Route, finding: &Arc<Noted>, late: bool) {
        let values = if late { Vec::new() } else { route.group_by.iter().map(|label| label.of(finding)).collect() };
        let mut key = Key { route: number, test: is_test(finding), late, values };
        if self.groups.len() >= MAX_GROUPS && !self.groups.contains_key(&key) {
            key.values = Vec::new();
        }
        let room = self.waiting < MAX_WAITING;
        self.changed.insert(Row::Group(key.clone()));
        let plan = Arc::clone(&self.plan);
        let route = plan.route(&key).unwrap_or(route);
        let group = self.groups.entry(key).or_default();
        let before = group.pending.findings.len();
        group.pending.add(finding, room && before < MAX_FINDINGS);
        self.waiting += group.pending.findings.len() - before;
        group.new_findings(1, route, now);
        let next = group.next(route).map(|(at, _)| at);
        self.next = self.next.into_iter().chain(next).min();
    }

    fn acknowledged(&mut self, finding: &str) {
        for key in self.open.remove(finding).unwrap_or_default() {
            if let Some(group) = self.groups.get_mut(&key) {
                let ids = group.acknowledge();
                self.changed.insert(Row::Group(key.clone()));
                self.close(&key, &ids);
            }
        }
        self.next = self.earliest();
    }

    fn close(&mut self, key: &Key, ids: &[String]) {
        for id in ids {
            if let Some(keys) = self.open.get_mut(id) {
                keys.remove(key);
                if keys.is_empty() {
                    self.open.remove(id);
                }
            }
        }
    }

    /// When there is something to do next.
    #[must_use]
    pub fn next_due(&self) -> Option<Time> {
        if self.ready == Step::default() { self.next } else { Some(Time(0)) }
    }

    fn earliest(&self) -> Option<Time> {
        let groups = self.groups.iter().filter_map(|(key, group)| group.next(self.plan.route(key)?).map(|(at, _)| at));
        let limits = self.limits.iter().filter_map(|(name, limit)| limit.due(self.channel(name)?.at_most));
        groups.chain(limits).min()
    }

    fn channel(&self, name: &str) -> Option<&crate::config::Channel> {
        self.plan.config.channels.iter().find(|c| c.name == name)
    }

    /// What is to be done now.
    pub fn due(&mut self, now: Time) -> Step {
        let mut step = std::mem::take(&mut self.ready);
        if self.next.is_none_or(|next| next > now) {
            return step;
        }
        let plan = Arc::clone(&self.plan);
        let is_due = |(key, group): (&Key, &Group)| {
            let next = plan.route(key).and_then(|route| group.next(route));
            next.filter(|(at, _)| *at <= now).map(|_| key.clone())
        };
        let keys: Vec<Key> = self.groups.iter().filter_map(is_due).collect();
        for key in keys {
            let Some(route) = plan.route(&key) else { continue };
            // Each turn moves what is next, or ends the group; the bound is for lengths of nothing.
            for _ in 0..=route.escalate.len() + 3 {
                let next = self.groups.get(&key).and_then(|group| group.next(route)).filter(|(at, _)| *at <= now);
                let Some((_, next)) = next else { break };
                self.turn(now, &key, route, next, &mut step);
            }
        }
        for channel in &plan.config.channels {
            let Some(limit) = self.limits.get_mut(&channel.name) else { continue };
            if limit.due(channel.at_most).is_some_and(|at| at <= now) && limit.admit(channel.at_most, now) {
                let batch = limit.take();
                self.changed.insert(Row::Limit(channel.name.clone()));
                let id = digest(&["held back", &channel.name]);
                let held = batch.count;
                let mut message = self.message(now, id, Reason::HeldBack, batch);
                message.total = held;
                message.held_back = held;
                self.hand_out(&channel.name, Arc::new(message), &mut step);
            }
        }
        self.next = self.earliest();
        step
    }

    fn turn(&mut self, now: Time, key: &Key, route: &Route, next: Next, step: &mut Step) {
        let Some(group) = self.groups.get_mut(key) else { return };
        self.changed.insert(Row::Group(key.clone()));
        let severity = if next == Next::Tell { group.pending.severity } else { group.told.severity };
        let quiet = route.quiet.iter().filter_map(|q| q.until(now, severity)).max();
        if let Some(until) = quiet.filter(|_| next != Next::Forget) {
            let said = next == Next::Tell && std::mem::replace(&mut group.quiet_said, true);
            group.put_off(next, until, route);
            if next == Next::Tell && !said {
                let batch = group.pending.clone();
                let message = self.of_group(now, key, route, Reason::New, batch);
                let why = format!("quiet hours until {until}");
                step.receipts.extend(route.channels.iter().map(|c| self.not_sent(now, c, &message, &why)));
            }
            return;
        }
        match next {
            Next::Tell => {
                let reason = match (group.quiet_said, key.late) {
                    (true, _) => Reason::Quiet,
                    (false, true) => Reason::Late,
                    (false, false) => Reason::New,
                };
                self.waiting = self.waiting.saturating_sub(group.pending.findings.len());
                let batch = group.tell(route, now, MAX_KEPT);
                let room = MAX_IDS.saturating_sub(group.ids.len());
                let ids: Vec<String> = batch.findings.iter().take(room).map(|f| f.id.clone()).collect();
                group.ids.extend(ids.iter().cloned());
                for id in ids {
                    self.open.entry(id).or_default().insert(key.clone());
                }
                self.emit(now, key, route, reason, batch, &route.channels, step);
            }
            Next::Remind => {
                group.reminded(route, now);
                let batch = group.told.clone();
                self.emit(now, key, route, Reason::Reminder, batch, &route.channels, step);
            }
            Next::Escalate => {
                let number = group.escalated(route);
                let batch = group.told.clone();
                if let Some(to) = route.escalate.get(number) {
                    self.emit(now, key, route, Reason::Escalation, batch, &to.channels, step);
                }
            }
            Next::Forget => {
                let ids = self.groups.remove(key).map(|group| group.ids).unwrap_or_default();
                self.close(key, &ids);
            }
        }
    }
}
