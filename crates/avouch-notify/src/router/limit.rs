//! So many messages in so long, and what was held back because of it.

use std::collections::VecDeque;

use avouch_finding::Time;
use serde::{Deserialize, Serialize};

use super::batch::Batch;
use crate::config::{Length, Rate};

/// When what was held back for another reason than a rate (a full queue) is told of.
const OTHERWISE: Length = Length::seconds(60);

/// The limit of one channel.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Limit {
    sent: VecDeque<Time>,
    /// What was held back since the last message.
    pub(super) held: Batch,
    held_since: Option<Time>,
}

impl Limit {
    /// When the next message may go.
    fn free(&self, rate: Option<Rate>) -> Option<Time> {
        let rate = rate?;
        let over = self.sent.len().checked_sub(usize::from(rate.messages))?;
        self.sent.get(over).map(|oldest| rate.per.after(*oldest))
    }

    /// Whether a message may go now; if so it counts.
    pub(super) fn admit(&mut self, rate: Option<Rate>, now: Time) -> bool {
        let Some(rate) = rate else { return true };
        while self.sent.front().is_some_and(|t| rate.per.after(*t) <= now) {
            self.sent.pop_front();
        }
        if self.free(Some(rate)).is_some_and(|at| at > now) {
            return false;
        }
        self.sent.push_back(now);
        true
    }

    /// Holds findings back.
    pub(super) fn hold(&mut self, batch: &Batch, now: Time, most: usize) {
        self.held_since.get_or_insert(now);
        self.held.absorb(batch, most);
    }

    /// When what was held back is told of, if nothing else is sent before.
    pub(super) fn due(&self, rate: Option<Rate>) -> Option<Time> {
        let since = self.held_since?;
        Some(self.free(rate).unwrap_or_else(|| OTHERWISE.after(since)))
    }

    /// What was held back; from now on nothing is.
    pub(super) fn take(&mut self) -> Batch {
        self.held_since = None;
        std::mem::take(&mut self.held)
    }
}
