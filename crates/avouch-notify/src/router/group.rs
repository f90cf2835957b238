//! A group of findings, and what it waits for.

use avouch_finding::Time;
use serde::{Deserialize, Serialize};

use super::batch::Batch;
use crate::config::{Length, Route};

/// A group is told again for so long at most.
const REMEMBER: Length = Length::seconds(7 * 86_400);

/// What a group does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Next {
    /// Tells of what is new.
    Tell,
    /// Tells the next step of the escalation.
    Escalate,
    /// Tells again.
    Remind,
    /// Is over.
    Forget,
}

/// Findings of one route that have its labels in common.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Group {
    /// Nobody was told of these.
    pub(super) pending: Batch,
    /// These were told and not acknowledged.
    pub(super) told: Batch,
    /// Ids by which they are acknowledged.
    pub(super) ids: Vec<String>,
    pub(super) total: u64,
    due: Option<Time>,
    sent: Option<Time>,
    escalate: Option<Time>,
    step: usize,
    remind: Option<Time>,
    remind_until: Time,
    /// A receipt says that quiet hours hold back what is pending.
    pub(super) quiet_said: bool,
}

impl Group {
    /// There is something new, which is told in time.
    pub(super) fn new_findings(&mut self, count: u64, route: &Route, now: Time) {
        self.total += count;
        let at = match self.sent {
            None => route.group_wait.after(now),
            Some(sent) => route.group_interval.after(sent).max(now),
        };
        // In quiet hours what is pending was put off; a finding that is told all the same takes it along.
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }

    /// What is next, and when.
    pub(super) fn next(&self, route: &Route) -> Option<(Time, Next)> {
        let step = route.escalate.get(self.step).filter(|_| self.told.count > 0);
        let waits = self.due.is_some() || self.remind.is_some() || (self.escalate.is_some() && step.is_some());
        let forget = self.sent.filter(|_| !waits).map(|sent| route.group_interval.after(sent));
        [
            self.due.map(|at| (at, Next::Tell)),
            self.escalate.and_then(|from| Some((step?.after.after(from), Next::Escalate))),
            self.remind.map(|at| (at, Next::Remind)),
            forget.map(|at| (at, Next::Forget)),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Nobody could be told for so long: clocks that run from the last message stood still.
    pub(super) fn stood_still(&mut self, ns: u64) {
        for clock in [&mut self.escalate, &mut self.remind].into_iter().flatten() {
            clock.0 = clock.0.saturating_add(ns);
        }
    }

    /// What was pending is told with another group.
    pub(super) fn give_up_pending(&mut self) -> Batch {
        self.due = None;
        self.quiet_said = false;
        std::mem::take(&mut self.pending)
    }

    /// Quiet hours put off what was next.
    pub(super) fn put_off(&mut self, next: Next, until: Time, route: &Route) {
        match next {
            Next::Tell => self.due = Some(until),
            Next::Remind => self.remind = Some(until),
            Next::Escalate => {
                // The clock of the escalation stands still: later steps keep their distance.
                let after = route.escalate.get(self.step).map_or(Length::seconds(0), |s| s.after);
                let length = after.after(Time(0)).0;
                self.escalate = Some(Time(until.0.saturating_sub(length)));
            }
            Next::Forget => {}
        }
    }

    /// What was pending is told.
    pub(super) fn tell(&mut self, route: &Route, now: Time, kept: usize) -> Batch {
        let mut batch = std::mem::take(&mut self.pending);
        batch.sort();
        self.told.absorb(&batch, kept);
        self.due = None;
        self.sent = Some(now);
        self.quiet_said = false;
        if self.escalate.is_none() && !route.escalate.is_empty() {
            self.escalate = Some(now);
            self.step = 0;
        }
        self.remind_until = REMEMBER.after(now);
        self.reminded(route, now);
        batch
    }

    pub(super) fn reminded(&mut self, route: &Route, now: Time) {
        let next = route.repeat.map(|every| every.after(now));
        self.remind = next.filter(|at| *at > now && *at <= self.remind_until);
    }

    /// A step of the escalation was told; its number.
    pub(super) fn escalated(&mut self, route: &Route) -> usize {
        let step = self.step;
        self.step += 1;
        if self.step >= route.escalate.len() {
            self.escalate = None;
        }
        step
    }

    /// Somebody looked: what was told is done with.
    pub(super) fn acknowledge(&mut self) -> Vec<String> {
        self.told = Batch::default();
        self.escalate = None;
        self.remind = None;
        std::mem::take(&mut self.ids)
    }
}
