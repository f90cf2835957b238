//! Another configuration, an end, and a start after one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use avouch_finding::Time;

use super::batch::fill;
use super::group::{Group, Next};
use super::saved::{Row, Saved};
use super::{Key, MAX_FINDINGS, Outgoing, Plan, Router, Step};
use crate::config::{Config, Route};
use crate::message::Noted;

impl Router {
    /// Before a stop, what waits for others of its group is told at once. What quiet hours hold back, and the clocks of reminders
    /// and escalations, stay as they are: a router that goes on from here ([`Router::restore`]) has them.
    pub fn flush(&mut self, now: Time) -> Step {
        self.flush_routes(now, |_| true, false)
    }

    fn flush_routes(&mut self, now: Time, which: impl Fn(usize) -> bool, loud: bool) -> Step {
        let mut step = Step::default();
        let plan = Arc::clone(&self.plan);
        let waits = |(key, group): (&Key, &Group)| (which(key.route) && group.pending.count > 0).then(|| key.clone());
        let keys: Vec<Key> = self.groups.iter().filter_map(waits).collect();
        for key in keys {
            let Some(route) = plan.route(&key) else { continue };
            if loud {
                let loud = Route { quiet: Vec::new(), ..route.clone() };
                self.turn(now, &key, &loud, Next::Tell, &mut step);
            } else {
                self.turn(now, &key, route, Next::Tell, &mut step);
            }
        }
        self.next = self.earliest();
        step
    }

    /// Goes on with another configuration. Groups of routes that stay as they are stay; what waits in others is told now.
    pub fn reconfigure(&mut self, now: Time, config: Arc<Config>) -> Step {
        let old = Arc::clone(&self.plan.config);
        if old == config {
            return Step::default();
        }
        let place = |number: usize| {
            let route = old.routes.get(number)?;
            config.routes.iter().position(|r| r == route)
        };
        let step = self.flush_routes(now, |number| place(number).is_none(), true);
        self.touch_all();
        let moved = |key: Key| place(key.route).map(|route| Key { route, ..key });
        self.groups =
            std::mem::take(&mut self.groups).into_iter().filter_map(|(key, g)| Some((moved(key)?, g))).collect();
        let keep = |keys: BTreeSet<Key>| keys.into_iter().filter_map(moved).collect::<BTreeSet<_>>();
        self.open = std::mem::take(&mut self.open).into_iter().map(|(id, keys)| (id, keep(keys))).collect();
        self.open.retain(|_, keys| !keys.is_empty());
        self.waiting = self.groups.values().map(|g| g.pending.findings.len()).sum();
        self.limits.retain(|name, _| config.channels.iter().any(|c| c.name == *name));
        self.plan = Arc::new(Plan::new(config));
        self.touch_all();
        self.next = self.earliest();
        step
    }

    /// What a router has still to do that was kept when another ended, in good order or not. `found` are findings of the ledger,
    /// by number; those that are not among them stay counted. Then comes what was recorded since ([`Router::position`]), and
    /// [`Router::resume`].
    #[must_use]
    pub fn restore(mut self, saved: Saved, found: &BTreeMap<u64, Arc<Noted>>, now: Time) -> Self {
        let config = Arc::clone(&self.plan.config);
        self.position = saved.position;
        (self.alive, self.restored) = (saved.alive, true);
        if let Some(old) = saved.config {
            self.plan = Arc::new(Plan::new(Arc::new(old)));
        }
        for (key, mut group) in saved.groups {
            fill(&mut group.pending.findings, found);
            fill(&mut group.told.findings, found);
            self.waiting += group.pending.findings.len();
            for id in &group.ids {
                self.open.entry(id.clone()).or_default().insert(key.clone());
            }
            self.groups.insert(key, group);
        }
        for (channel, mut limit) in saved.limits {
            fill(&mut limit.held.findings, found);
            self.limits.insert(channel, limit);
        }
        for (group, incident) in saved.incidents {
            self.incidents.restore(group, incident, found);
        }
        for (channel, mut message) in saved.messages {
            fill(&mut message.findings, found);
            message.console = self.plan.console();
            self.sent.insert((message.id.clone(), channel), Arc::new(message));
        }
        // What that sends waits with the other messages.
        self.ready.receipts = self.reconfigure(now, config).receipts;
        self.next = self.earliest();
        self
    }

    /// Begins to tell, once everything that was recorded was taken: gives the messages of which no receipt is known.
    ///
    /// After an outage that was longer than what makes a finding late, what waited since before is told in sum, and clocks of
    /// reminders and escalations go on as if it had not been.
    pub fn resume(&mut self, now: Time) -> Step {
        let mut step = Step { receipts: std::mem::take(&mut self.ready).receipts, ..Step::default() };
        let outage = now.0.saturating_sub(self.alive.0);
        let long = self.late.filter(|late| outage > *late && self.alive.0 > 0);
        (self.alive, self.restored) = (now, false);
        for ((_, channel), message) in self.sent.clone() {
            let outgoing = Outgoing { channel, message };
            let news = outgoing.message.act.is_none();
            let old = news && long.is_some_and(|late| outgoing.message.last.0 < now.0.saturating_sub(late));
            if old {
                step.receipts.push(self.held_back(
                    now,
                    &outgoing,
                    "it waited for avouch to run again, and is told in sum",
                ));
            } else {
                step.send.push(outgoing);
            }
        }
        if let Some(late) = long {
            let keys: Vec<Key> = self.groups.keys().cloned().collect();
            for key in keys {
                self.after_outage(now, key, outage, late);
            }
        }
        self.next = self.earliest();
        step
    }

    fn after_outage(&mut self, now: Time, key: Key, outage: u64, late: u64) {
        let plan = Arc::clone(&self.plan);
        let Some(group) = self.groups.get_mut(&key) else { return };
        group.stood_still(outage);
        self.changed.insert(Row::Group(key.clone()));
        if key.late || group.pending.count == 0 || group.pending.last.0 >= now.0.saturating_sub(late) {
            return;
        }
        let batch = group.give_up_pending();
        self.taken.late += batch.count;
        let sum = Key { late: true, values: Vec::new(), ..key };
        let Some(route) = plan.route(&sum) else { return };
        let group = self.groups.entry(sum.clone()).or_default();
        group.pending.absorb(&batch, MAX_FINDINGS);
        group.new_findings(batch.count, route, now);
        self.changed.insert(Row::Group(sum));
        self.waiting = self.groups.values().map(|g| g.pending.findings.len()).sum();
    }

    /// A receipt of the ledger says how it ended with a message.
    pub fn settled(&mut self, message: &str, channel: &str) {
        let key = (message.to_owned(), channel.to_owned());
        if self.sent.remove(&key).is_some() {
            self.changed.insert(Row::Message(key.0, key.1));
        }
    }
}
