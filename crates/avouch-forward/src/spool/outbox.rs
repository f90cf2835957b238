//! The end of the queue that is read: batches, and what the server acknowledged.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use avouch_finding::Time;

use super::files::Lane;
use super::{Shared, SpoolError};
use crate::wire::{Sender, write_header};

/// What goes into a batch at most. One fact goes however large it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Most {
    /// Facts.
    pub facts: usize,
    /// Bytes, not compressed.
    pub bytes: usize,
}

impl Default for Most {
    fn default() -> Self {
        Self { facts: 1_000, bytes: 1 << 20 }
    }
}

/// Facts of one run, ready to be sent.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Who sends them.
    pub sender: Sender,
    /// Number of the first.
    pub first: u64,
    /// Number of the last.
    pub last: u64,
    /// How many.
    pub facts: usize,
    /// When the first was put into the queue.
    pub oldest: Time,
    /// The text that [`crate::Batch::decode`] reads.
    pub body: Vec<u8>,
    ordinal: u64,
    /// Nothing is added to the run any more.
    pub(crate) ended: bool,
}

/// How much waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Facts that wait.
    pub waiting: u64,
    /// Bytes of the queue.
    pub bytes: u64,
    /// Facts dropped since it was opened; facts tell of them.
    pub dropped: u64,
    /// Nothing is added any more.
    pub closed: bool,
}

/// The end of the queue that is read. See [`super::Spool`].
#[derive(Debug)]
pub struct Outbox(pub(super) Arc<Shared>);

impl Outbox {
    /// The facts that are to be sent next, in order; `None` when nothing waits. What was given out stays first until it is acknowledged.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn next(&mut self, most: Most) -> Result<Option<Outgoing>, SpoolError> {
        let queue = &mut *self.0.lock();
        queue.in_flight = None;
        let Some(run) = queue.front()? else { return Ok(None) };
        let (sender, ordinal) = (run.sender.clone(), run.ordinal);
        let mut rows = Lane::ALL.map(|lane| queue.row(lane));
        let [activity, facts] = &mut rows;
        let mut heads = [activity.next(queue)?, facts.next(queue)?];
        let (mut lines, mut count, mut first, mut last, mut oldest) = (Vec::new(), 0, 0, 0, Time(u64::MAX));
        loop {
            let taken = match heads {
                [Some((a, _)), Some((f, _))] => usize::from(f < a),
                [Some(_), None] => 0,
                [None, Some(_)] => 1,
                [None, None] => break,
            };
            let Some((seq, at)) = heads[taken] else { break };
            let row = &mut rows[taken];
            if count >= most.facts || (count > 0 && lines.len() + row.payload.len() >= most.bytes) {
                break;
            }
            lines.extend_from_slice(&row.payload);
            lines.push(b'\n');
            first = if count == 0 { seq } else { first };
            (count, last, oldest) = (count + 1, seq, oldest.min(Time(at)));
            heads[taken] = row.next(queue)?;
        }
        if count == 0 {
            return Ok(None);
        }
        let mut body = Vec::with_capacity(lines.len() + 512);
        write_header(&mut body, &sender, count).map_err(SpoolError::Json)?;
        body.append(&mut lines);
        queue.in_flight = Some((ordinal, first, last));
        let ended = queue.closed || queue.runs.len() > 1;
        Ok(Some(Outgoing { sender, first, last, facts: count, oldest, body, ordinal, ended }))
    }

    /// The server has everything of the run of `sent` up to number `seq`: it can be forgotten. Returns how many facts were waiting among
    /// them.
    ///
    /// # Errors
    /// When a file cannot be written or removed.
    pub fn acknowledge(&mut self, sent: &Outgoing, seq: u64) -> Result<u64, SpoolError> {
        let queue = &mut *self.0.lock();
        queue.in_flight = None;
        queue.acknowledge(sent.ordinal, seq)
    }

    /// Last number that the run of `sent` has in the queue, or had.
    pub(crate) fn last_of(&self, sent: &Outgoing) -> u64 {
        let queue = self.0.lock();
        queue.runs.iter().find(|run| run.ordinal == sent.ordinal).map_or(sent.last, |run| run.last)
    }

    /// How much waits.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let queue = self.0.lock();
        Standing { waiting: queue.waiting, bytes: queue.bytes, dropped: queue.dropped, closed: queue.closed }
    }

    /// Waits until something is to be sent, nothing is added any more, somebody calls [`Wake::wake`], or so long.
    pub fn wait(&self, longest: Duration) {
        let queue = self.0.lock();
        if queue.waiting == 0 && !queue.closed {
            drop(self.0.wake.wait_timeout(queue, longest).unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Something that ends a wait from another thread.
    #[must_use]
    pub fn waker(&self) -> Wake {
        Wake(Arc::clone(&self.0))
    }
}

/// See [`Outbox::waker`].
#[derive(Clone, Debug)]
pub struct Wake(Arc<Shared>);

impl Wake {
    /// Ends a wait.
    pub fn wake(&self) {
        self.0.wake.notify_all();
    }
}
