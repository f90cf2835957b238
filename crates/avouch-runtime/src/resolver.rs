//! The front: questions in, answers out, neither of which ever waits.

use std::io;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use avouch_event::{EventBuf, types};
use tokio::sync::mpsc::{Sender, channel};

use crate::counters::{Counters, Tallies, UnknownReason};
use crate::kubernetes::Pod;
use crate::metadata::RuntimeKind;
use crate::settings::Config;
use crate::worker::{Ask, Shared, work};

/// Threads for files, which may wait for a disk.
const FILE_THREADS: usize = 4;
/// How long the end may take.
const SHUTDOWN: Duration = Duration::from_millis(200);

/// Which container is asked for, and what is known of it already.
#[derive(Clone, Debug)]
pub struct ContainerQuery {
    /// Id as the state has it: twelve digits, or the name where names are free.
    pub id: String,
    /// The whole id.
    pub full_id: String,
    /// A cgroup path that named it.
    pub cgroup_path: String,
    /// One of its processes.
    pub pid: Option<u32>,
    /// The runtime whose paths look like this one.
    pub guessed: RuntimeKind,
}

impl ContainerQuery {
    /// containerd's namespace, which its paths begin with.
    pub(crate) fn namespace(&self) -> Option<&str> {
        let parent = self.cgroup_path.strip_suffix(self.full_id.as_str())?.strip_suffix('/')?;
        parent.rsplit('/').next().filter(|name| may_be_id(name))
    }
}

/// Whether a text may be the id of a container; it becomes part of paths and URLs.
pub(crate) fn may_be_id(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
    !text.starts_with('.') && (1..=128).contains(&text.len()) && text.bytes().all(plain)
}

/// Whether a question was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// An answer will come.
    Queued,
    /// The queue is full; the question is dropped and counted.
    Full,
}

/// What is told.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A container's metadata, as the text that the state reads.
    Known {
        /// Id as the state has it.
        id: String,
        /// The whole id.
        full_id: String,
        /// The text.
        json: String,
        /// Whether it comes from a bare bundle or a pod's object only.
        partial: bool,
    },
    /// A container that was asked for and stays unknown.
    Unknown {
        /// Id as the state has it.
        id: String,
        /// The whole id.
        full_id: String,
        /// Why.
        reason: UnknownReason,
    },
    /// A container that its runtime removed.
    Removed {
        /// Id as the state has it.
        id: String,
        /// The text for the state.
        json: String,
    },
    /// A pod of this node came or changed.
    Pod(Arc<Pod>),
    /// A pod of this node went.
    PodGone(Arc<Pod>),
}

impl Answer {
    /// The event that tells the state; `None` when the answer says nothing of a container's metadata.
    #[must_use]
    pub fn event(&self, timestamp: u64) -> Option<EventBuf> {
        let (name, json) = match self {
            Self::Known { json, .. } => ("container", json),
            Self::Removed { json, .. } => ("container_removed", json),
            Self::Unknown { .. } | Self::Pod(_) | Self::PodGone(_) => return None,
        };
        let mut event = EventBuf::new(types::ASYNCEVENT_E);
        event.timestamp = timestamp;
        event.push_u32(0).push_charbuf(name.as_bytes()).push_charbuf(json.as_bytes());
        Some(event)
    }
}

/// Whether a source can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It was not asked yet.
    NotAsked,
    /// Nothing listens there.
    NotThere,
    /// It answers.
    Answers,
    /// It is there and does not answer as it should.
    Fails(String),
}

/// Asks runtimes for containers on a thread of its own. Dropping it ends the thread.
pub struct Resolver {
    asks: Option<Sender<Ask>>,
    answers: Receiver<Answer>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Resolver {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives no thread or no event queue.
    pub fn start(config: Config) -> io::Result<Self> {
        let (asks, asked) = channel(config.queue.max(1));
        let (answer, answers) = sync_channel(config.answers.max(1));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .max_blocking_threads(FILE_THREADS)
            .build()?;
        let shared = Arc::new(Shared::new(config, answer));
        let of_thread = Arc::clone(&shared);
        let thread = thread::Builder::new().name("avouch-runtime".to_owned()).spawn(move || {
            runtime.block_on(work(of_thread, asked));
            runtime.shutdown_timeout(SHUTDOWN);
        })?;
        Ok(Self { asks: Some(asks), answers, shared, thread: Some(thread) })
    }

    /// Takes a question; never waits.
    pub fn ask(&self, query: ContainerQuery) -> Asked {
        let ask = Ask { query, since: Instant::now(), announced: false };
        match self.asks.as_ref().map(|asks| asks.try_send(ask)) {
            Some(Ok(())) => {
                self.tallies().asked();
                Asked::Queued
            }
            _ => {
                self.tallies().overflow();
                Asked::Full
            }
        }
    }

    /// Gives the answers that are there to `take`; never waits. Says how many.
    pub fn poll(&self, take: &mut impl FnMut(Answer)) -> usize {
        // Not more than fit into the queue, so that a busy thread cannot hold the caller.
        let answers = self.answers.try_iter().take(self.shared.config.answers);
        answers.map(take).count()
    }

    /// Numbers since the start.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.tallies().read()
    }

    /// Every source by name, and whether it can be reached.
    #[must_use]
    pub fn sources(&self) -> Vec<(String, Reach)> {
        locked(&self.shared.reach).clone()
    }

    fn tallies(&self) -> &Tallies {
        &self.shared.tallies
    }
}

/// What a lock holds; a panic of another holder leaves lists that still read.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Resolver {
    fn drop(&mut self) {
        self.asks = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed; there is nobody left to tell.
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_reach_out_of_a_folder_are_none() {
        for good in ["ct1", "a.b_c-d", &"ab".repeat(32)] {
            assert!(may_be_id(good), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "../a", "a b", "a\n", "ä", "a?b", "%2e", &"a".repeat(129)] {
            assert!(!may_be_id(bad), "{bad}");
        }
    }

    #[test]
    fn the_namespace_stands_before_the_name() {
        let query = |path: &str| ContainerQuery {
            id: "ct1".into(),
            full_id: "ct1".into(),
            cgroup_path: path.into(),
            pid: None,
            guessed: RuntimeKind::Containerd,
        };
        assert_eq!(query("/default/ct1").namespace(), Some("default"));
        assert_eq!(query("/ct1").namespace(), None);
        assert_eq!(query("/a b/ct1").namespace(), None);
        assert_eq!(query("/default/ct2").namespace(), None);
    }
}
