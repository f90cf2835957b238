//! Which findings are told to whom, and when: a pure machine. It has no clock and does nothing itself; whoever drives it gives
//! the time and sends what comes out.
//!
//! Invariants: a finding that an acceptance suppressed is never told. Every other finding that a route takes is counted in
//! exactly one first message of each of its channels, or in a receipt that says why not. What is kept is bounded.

mod batch;
mod group;
mod limit;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use avouch_finding::{Delivered, Delivery, Finding, Time};
use sha2::{Digest as _, Sha256};

use batch::Batch;
use group::{Group, Next};
use limit::Limit;

use crate::config::{Config, Route};
use crate::message::{Message, Reason, is_test};

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
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    route: usize,
    test: bool,
    values: Vec<String>,
}

/// The machine.
#[derive(Debug)]
pub struct Router {
    config: Arc<Config>,
    console: Option<Arc<str>>,
    groups: BTreeMap<Key, Group>,
    /// Groups by the ids of findings that they told of.
    open: BTreeMap<String, BTreeSet<Key>>,
    limits: BTreeMap<String, Limit>,
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
        let console = config.console.as_ref().map(|link| Arc::from(link.text()));
        Self {
            config,
            console,
            groups: BTreeMap::new(),
            open: BTreeMap::new(),
            limits: BTreeMap::new(),
            waiting: 0,
            next: None,
            messages: 0,
            taken: Taken::default(),
        }
    }

    /// What became of findings so far.
    #[must_use]
    pub fn taken(&self) -> Taken {
        self.taken
    }

    /// Takes findings in. [`Router::due`] tells what follows.
    pub fn take(&mut self, now: Time, findings: &[Finding]) {
        let config = Arc::clone(&self.config);
        for finding in findings {
            if finding.suppressed.is_some() {
                self.taken.suppressed += 1;
                continue;
            }
            let mut shared = None;
            for (number, route) in config.routes.iter().enumerate().filter(|(_, route)| route.matcher.fits(finding)) {
                let finding = shared.get_or_insert_with(|| Arc::new(finding.clone()));
                self.add(now, number, route, finding);
                if !route.goes_on {
                    break;
                }
            }
            match shared {
                Some(_) => self.taken.routed += 1,
                None => self.taken.unrouted += 1,
            }
        }
    }

    fn add(&mut self, now: Time, number: usize, route: &Route, finding: &Arc<Finding>) {
        let values = route.group_by.iter().map(|label| label.of(finding)).collect();
        let mut key = Key { route: number, test: is_test(finding), values };
        if self.groups.len() >= MAX_GROUPS && !self.groups.contains_key(&key) {
            key.values = Vec::new();
        }
        let room = self.waiting < MAX_WAITING;
        let group = self.groups.entry(key).or_default();
        let before = group.pending.findings.len();
        group.pending.add(finding, room && before < MAX_FINDINGS);
        self.waiting += group.pending.findings.len() - before;
        group.new_finding(route, now);
        let next = group.next(route).map(|(at, _)| at);
        self.next = self.next.into_iter().chain(next).min();
    }

    /// Somebody acknowledged a finding: whatever was told together with it is not told again.
    pub fn acknowledged(&mut self, finding: &str) {
        for key in self.open.remove(finding).unwrap_or_default() {
            if let Some(group) = self.groups.get_mut(&key) {
                let ids = group.acknowledge();
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
        self.next
    }

    fn earliest(&self) -> Option<Time> {
        let groups = self
            .groups
            .iter()
            .filter_map(|(key, group)| group.next(self.config.routes.get(key.route)?).map(|(at, _)| at));
        let limits = self.limits.iter().filter_map(|(name, limit)| limit.due(self.channel(name)?.at_most));
        groups.chain(limits).min()
    }

    fn channel(&self, name: &str) -> Option<&crate::config::Channel> {
        self.config.channels.iter().find(|c| c.name == name)
    }

    /// What is to be done now.
    pub fn due(&mut self, now: Time) -> Step {
        let mut step = Step::default();
        if self.next.is_none_or(|next| next > now) {
            return step;
        }
        let config = Arc::clone(&self.config);
        let is_due = |(key, group): (&Key, &Group)| {
            let next = config.routes.get(key.route).and_then(|route| group.next(route));
            next.filter(|(at, _)| *at <= now).map(|_| key.clone())
        };
        let keys: Vec<Key> = self.groups.iter().filter_map(is_due).collect();
        for key in keys {
            let Some(route) = config.routes.get(key.route) else { continue };
            // Each turn moves what is next, or ends the group; the bound is for lengths of nothing.
            for _ in 0..=route.escalate.len() + 3 {
                let next = self.groups.get(&key).and_then(|group| group.next(route)).filter(|(at, _)| *at <= now);
                let Some((_, next)) = next else { break };
                self.turn(now, &key, route, next, &mut step);
            }
        }
        for channel in &config.channels {
            let Some(limit) = self.limits.get_mut(&channel.name) else { continue };
            if limit.due(channel.at_most).is_some_and(|at| at <= now) && limit.admit(channel.at_most, now) {
                let batch = limit.take();
                let id = digest(&["held back", &channel.name]);
                let held = batch.count;
                let mut message = self.message(now, id, Reason::HeldBack, batch);
                message.total = held;
                message.held_back = held;
                step.send.push(Outgoing { channel: channel.name.clone(), message: Arc::new(message) });
            }
        }
        self.next = self.earliest();
        step
    }

    fn turn(&mut self, now: Time, key: &Key, route: &Route, next: Next, step: &mut Step) {
        let Some(group) = self.groups.get_mut(key) else { return };
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
                let reason = if group.quiet_said { Reason::Quiet } else { Reason::New };
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

    #[expect(clippy::too_many_arguments, reason = "one private step, of which each part has another source")]
    fn emit(
        &mut self,
        now: Time,
        key: &Key,
        route: &Route,
        reason: Reason,
        batch: Batch,
        channels: &[String],
        step: &mut Step,
    ) {
        let message = Arc::new(self.of_group(now, key, route, reason, batch.clone()));
        for name in channels {
            let rate = self.channel(name).and_then(|c| c.at_most);
            let limit = self.limits.entry(name.clone()).or_default();
            if limit.admit(rate, now) {
                let held = limit.take().count;
                let message = if held == 0 {
                    Arc::clone(&message)
                } else {
                    Arc::new(Message { held_back: held, ..Message::clone(&message) })
                };
                step.send.push(Outgoing { channel: name.clone(), message });
            } else {
                // A reminder that is not sent is a receipt; its findings were told, and are no news of a summary.
                if reason != Reason::Reminder {
                    limit.hold(&batch, now, MAX_KEPT);
                }
                let why = rate.map_or(String::new(), |r| format!("limit of {} messages in {}", r.messages, r.per));
                step.receipts.push(self.not_sent(now, name, &message, &why));
            }
        }
    }

    /// A message could not be handed to its channel: its findings are told of later, as what a limit held back is.
    pub fn held_back(&mut self, now: Time, outgoing: &Outgoing, why: &str) -> Delivery {
        let message = &outgoing.message;
        let batch = Batch {
            findings: message.findings.clone(),
            count: message.count + if message.reason == Reason::HeldBack { 0 } else { message.held_back },
            first: message.first,
            last: message.last,
            severity: message.severity,
        };
        let rate = self.channel(&outgoing.channel).and_then(|c| c.at_most);
        let limit = self.limits.entry(outgoing.channel.clone()).or_default();
        limit.hold(&batch, now, MAX_KEPT);
        let next = limit.due(rate);
        self.next = self.next.into_iter().chain(next).min();
        self.not_sent(now, &outgoing.channel, message, why)
    }

    fn not_sent(&self, now: Time, channel: &str, message: &Message, why: &str) -> Delivery {
        let means = self.channel(channel).map_or("", |c| c.to.means());
        receipt(now, channel, means, message, Delivered::HeldBack, 0, why)
    }

    fn of_group(&mut self, now: Time, key: &Key, route: &Route, reason: Reason, batch: Batch) -> Message {
        let mut parts = vec![route.name.as_str(), if key.test { "test" } else { "" }];
        parts.extend(key.values.iter().map(String::as_str));
        let total = self.groups.get(key).map_or(batch.count, |group| group.total);
        let mut message = self.message(now, digest(&parts), reason, batch);
        message.route.clone_from(&route.name);
        message.total = total.max(message.count);
        message.labels = route.group_by.iter().map(|label| label.name()).zip(key.values.iter().cloned()).collect();
        message.test = key.test;
        message
    }

    fn message(&mut self, now: Time, group: String, reason: Reason, batch: Batch) -> Message {
        self.messages += 1;
        let test = !batch.findings.is_empty() && batch.findings.iter().all(|f| is_test(f));
        Message {
            id: digest(&[&group, &now.0.to_string(), &self.messages.to_string()]),
            group,
            route: String::new(),
            reason,
            time: now,
            severity: batch.severity,
            count: batch.count,
            total: batch.count,
            first: batch.first,
            last: batch.last,
            labels: Vec::new(),
            findings: batch.findings,
            held_back: 0,
            console: self.console.clone(),
            test,
        }
    }

    /// Everything that waits is told at once, whatever it waits for: nothing remembers it after a stop.
    pub fn flush(&mut self, now: Time) -> Step {
        self.flush_routes(now, |_| true)
    }

    fn flush_routes(&mut self, now: Time, which: impl Fn(usize) -> bool) -> Step {
        let mut step = Step::default();
        let config = Arc::clone(&self.config);
        let waits = |(key, group): (&Key, &Group)| (which(key.route) && group.pending.count > 0).then(|| key.clone());
        let keys: Vec<Key> = self.groups.iter().filter_map(waits).collect();
        for key in keys {
            let Some(route) = config.routes.get(key.route) else { continue };
            let loud = Route { quiet: Vec::new(), ..route.clone() };
            self.turn(now, &key, &loud, Next::Tell, &mut step);
        }
        self.next = self.earliest();
        step
    }

    /// Goes on with another configuration. Groups of routes that stay as they are stay; what waits in others is told now.
    pub fn reconfigure(&mut self, now: Time, config: Arc<Config>) -> Step {
        let old = Arc::clone(&self.config);
        let place = |number: usize| {
            let route = old.routes.get(number)?;
            config.routes.iter().position(|r| r == route)
        };
        let step = self.flush_routes(now, |number| place(number).is_none());
        let moved = |key: Key| place(key.route).map(|route| Key { route, ..key });
        self.groups =
            std::mem::take(&mut self.groups).into_iter().filter_map(|(key, g)| Some((moved(key)?, g))).collect();
        let keep = |keys: BTreeSet<Key>| keys.into_iter().filter_map(moved).collect::<BTreeSet<_>>();
        self.open = std::mem::take(&mut self.open).into_iter().map(|(id, keys)| (id, keep(keys))).collect();
        self.open.retain(|_, keys| !keys.is_empty());
        self.waiting = self.groups.values().map(|g| g.pending.findings.len()).sum();
        self.limits.retain(|name, _| config.channels.iter().any(|c| c.name == *name));
        self.console = config.console.as_ref().map(|link| Arc::from(link.text()));
        self.config = config;
        self.next = self.earliest();
        step
    }
}

/// The receipt of a message.
pub(crate) fn receipt(
    time: Time,
    channel: &str,
    means: &str,
    message: &Message,
    state: Delivered,
    attempts: u64,
    answer: &str,
) -> Delivery {
    Delivery {
        time,
        channel: channel.to_owned(),
        means: means.to_owned(),
        state,
        findings: message.findings.iter().map(|f| f.id.clone()).collect(),
        count: message.count,
        attempts,
        route: message.route.clone(),
        reason: message.reason.name().to_owned(),
        answer: answer.to_owned(),
    }
}

/// 32 hex digits of the parts, each ended by a zero byte.
pub(crate) fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
        hash.update([0]);
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
