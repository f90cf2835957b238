//! What was asked, answered, and not.

use std::sync::atomic::{AtomicU64, Ordering};

/// Why a container stays unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownReason {
    /// The id cannot be that of a container.
    BadId,
    /// Nothing that could know it is there: no socket, no file.
    NoRuntime,
    /// Every runtime that is there says that it has no such container.
    NotFound,
    /// A runtime that might know it gave no answer, or none that could be used.
    Failed,
    /// Several containers go by this name.
    Ambiguous,
    /// Its metadata is longer than the state takes, even without its lists.
    TooLong,
}

impl UnknownReason {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::BadId, Self::NoRuntime, Self::NotFound, Self::Failed, Self::Ambiguous, Self::TooLong];
}

/// Numbers since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Queries taken.
    pub asked: u64,
    /// Queries for a container that was being asked for already; one answer serves them all.
    pub merged: u64,
    /// Containers told of, asked for or not.
    pub answered: u64,
    /// Of these, how many needed more than one round of calls.
    pub late: u64,
    /// Of these, how many are known by a bare bundle or a pod's object only, without what the runtime would tell.
    pub partial: u64,
    /// Containers that stay unknown, in the order of [`UnknownReason::ALL`].
    pub unknown: [u64; UnknownReason::ALL.len()],
    /// Queries, changes, answers or pods dropped because a queue or table was full.
    pub overflow: u64,
    /// Answers of runtimes or of the cluster that could not be used.
    pub bad_answers: u64,
    /// How often a stream of events broke.
    pub breaks: u64,
    /// Labels, variables and mounts left out to keep the limits.
    pub left_out: u64,
}

impl Counters {
    /// How many stay unknown for a reason.
    #[must_use]
    pub fn unknown_for(&self, reason: UnknownReason) -> u64 {
        self.unknown.get(reason as usize).copied().unwrap_or(0)
    }
}

/// The same numbers while they grow.
#[derive(Default)]
pub(crate) struct Tallies {
    asked: AtomicU64,
    merged: AtomicU64,
    answered: AtomicU64,
    late: AtomicU64,
    partial: AtomicU64,
    unknown: [AtomicU64; UnknownReason::ALL.len()],
    overflow: AtomicU64,
    bad_answers: AtomicU64,
    breaks: AtomicU64,
    left_out: AtomicU64,
}

fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Ordering::Relaxed);
}

impl Tallies {
    pub(crate) fn asked(&self) {
        add(&self.asked, 1);
    }

    pub(crate) fn merged(&self) {
        add(&self.merged, 1);
    }

    pub(crate) fn answered(&self, late: bool, partial: bool, left_out: u64) {
        add(&self.answered, 1);
        add(&self.late, u64::from(late));
        add(&self.partial, u64::from(partial));
        add(&self.left_out, left_out);
    }

    pub(crate) fn unknown(&self, reason: UnknownReason) {
        if let Some(counter) = self.unknown.get(reason as usize) {
            add(counter, 1);
        }
    }

    pub(crate) fn overflow(&self) {
        add(&self.overflow, 1);
    }

    pub(crate) fn bad_answer(&self) {
        add(&self.bad_answers, 1);
    }

    pub(crate) fn stream_broke(&self) {
        add(&self.breaks, 1);
    }

    pub(crate) fn read(&self) -> Counters {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counters {
            asked: of(&self.asked),
            merged: of(&self.merged),
            answered: of(&self.answered),
            late: of(&self.late),
            partial: of(&self.partial),
            unknown: self.unknown.each_ref().map(of),
            overflow: of(&self.overflow),
            bad_answers: of(&self.bad_answers),
            breaks: of(&self.breaks),
            left_out: of(&self.left_out),
        }
    }
}
