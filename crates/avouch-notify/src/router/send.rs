//! Messages, handed out within the limits of channels, and receipts of those that are not.

use std::sync::Arc;

use avouch_finding::{Delivered, Delivery, Time};
use sha2::{Digest as _, Sha256};

use super::batch::Batch;
use super::saved::Row;
use super::{Key, MAX_KEPT, Outgoing, Router, Step};
use crate::config::{PassOn, Route};
use crate::message::{Act, Message, Reason, is_test};

impl Router {
    #[expect(clippy::too_many_arguments, reason = "one private step, of which each part has another source")]
    pub(super) fn emit(
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
            self.changed.insert(Row::Limit(name.clone()));
            let limit = self.limits.entry(name.clone()).or_default();
            if limit.admit(rate, now) {
                let held = limit.take().count;
                let message = if held == 0 {
                    Arc::clone(&message)
                } else {
                    Arc::new(Message { held_back: held, ..Message::clone(&message) })
                };
                self.hand_out(name, message, step);
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

    /// From here on the message counts as owed, until a receipt says how it ended.
    pub(super) fn hand_out(&mut self, channel: &str, message: Arc<Message>, step: &mut Step) {
        let known = self.channel(channel);
        let follows = known.is_some_and(|c| c.passes_on(PassOn::Acknowledge) || c.passes_on(PassOn::Close));
        if follows && message.act.is_none() {
            let (changed, given_up) = self.incidents.told(&message, channel);
            self.taken.given_up += given_up;
            self.changed.extend(changed.into_iter().map(Row::Incident));
        }
        let (id, channel) = (message.id.clone(), channel.to_owned());
        self.changed.insert(Row::Message(id.clone(), channel.clone()));
        self.sent.insert((id, channel.clone()), Arc::clone(&message));
        step.send.push(Outgoing { channel, message });
    }

    /// A message could not be handed to its channel: its findings are told of later, as what a limit held back is. Of a channel
    /// that was removed, of a reminder, and of what tells of an act, the receipt is the end.
    pub fn held_back(&mut self, now: Time, outgoing: &Outgoing, why: &str) -> Delivery {
        let message = &outgoing.message;
        self.settled(&message.id, &outgoing.channel);
        if self.channel(&outgoing.channel).is_none() || message.reason == Reason::Reminder || message.act.is_some() {
            return self.not_sent(now, &outgoing.channel, message, why);
        }
        let batch = Batch {
            findings: message.findings.clone(),
            count: message.count + if message.reason == Reason::HeldBack { 0 } else { message.held_back },
            first: message.first,
            last: message.last,
            severity: message.severity,
        };
        let rate = self.channel(&outgoing.channel).and_then(|c| c.at_most);
        self.changed.insert(Row::Limit(outgoing.channel.clone()));
        let limit = self.limits.entry(outgoing.channel.clone()).or_default();
        limit.hold(&batch, now, MAX_KEPT);
        let next = limit.due(rate);
        self.next = self.next.into_iter().chain(next).min();
        self.not_sent(now, &outgoing.channel, message, why)
    }

    pub(super) fn not_sent(&self, now: Time, channel: &str, message: &Message, why: &str) -> Delivery {
        let means = self.channel(channel).map_or("", |c| c.to.means());
        receipt(now, channel, means, message, Delivered::HeldBack, 0, why)
    }

    pub(super) fn of_group(&mut self, now: Time, key: &Key, route: &Route, reason: Reason, batch: Batch) -> Message {
        let mut parts = vec![route.name.as_str(), if key.test { "test" } else { "" }];
        parts.extend(key.late.then_some("late"));
        parts.extend(key.values.iter().map(String::as_str));
        let total = self.groups.get(key).map_or(batch.count, |group| group.total);
        let mut message = self.message(now, digest(&parts), reason, batch);
        message.route.clone_from(&route.name);
        message.total = total.max(message.count);
        message.labels = route.group_by.iter().copied().zip(key.values.iter().cloned()).collect();
        message.test = key.test;
        message
    }

    fn fresh_id(&mut self, group: &str, now: Time) -> String {
        self.messages += 1;
        digest(&[group, &now.0.to_string(), &self.messages.to_string()])
    }

    /// Somebody acknowledged a finding or decided about it: whatever was told together with it is not told again, and channels
    /// that know of such acts are told of it, past their limits.
    pub fn acted(&mut self, now: Time, act: Act) {
        self.acknowledged(&act.finding);
        for (group, told) in self.incidents.acted(&act) {
            self.changed.insert(Row::Incident(group.clone()));
            let Some((reason, incident)) = told else { continue };
            let what = if reason == Reason::Closed { PassOn::Close } else { PassOn::Acknowledge };
            let passes = |name: &&String| self.channel(name).is_some_and(|channel| channel.passes_on(what));
            let channels: Vec<String> = incident.channels.iter().filter(passes).cloned().collect();
            let id = self.fresh_id(&group, now);
            let mut message = incident.message(id, group, reason, act.clone(), now);
            message.console = self.plan.console();
            let (message, mut ready) = (Arc::new(message), std::mem::take(&mut self.ready));
            channels.iter().for_each(|name| self.hand_out(name, Arc::clone(&message), &mut ready));
            self.ready = ready;
        }
    }

    pub(super) fn message(&mut self, now: Time, group: String, reason: Reason, batch: Batch) -> Message {
        let id = self.fresh_id(&group, now);
        let test = !batch.findings.is_empty() && batch.findings.iter().all(|f| is_test(f));
        Message {
            id,
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
            console: self.plan.console(),
            test,
            act: None,
        }
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
        message: message.id.clone(),
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
