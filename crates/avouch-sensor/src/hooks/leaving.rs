//! Programs that are to go from functions. The kernel takes about a tenth of a second for each, during which it must be certain that
//! nobody runs them any more; the ring has to be read meanwhile.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use super::each::Hook;

/// What waits, by the number of the call, and what has gone.
#[derive(Debug, Default)]
struct Queue {
    hooks: BTreeMap<u16, Hook>,
    /// Runs that the kernel left out of programs that have gone.
    missed: u64,
}

/// Takes programs away in a thread of its own.
#[derive(Debug, Default)]
pub(super) struct Leaving {
    queue: Arc<Mutex<Queue>>,
    thread: Option<JoinHandle<()>>,
}

/// A panic in between leaves a queue that is as good as any.
fn locked(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

fn detach(queue: &Mutex<Queue>) {
    loop {
        let mut waiting = locked(queue);
        let Some((_, hook)) = waiting.hooks.pop_first() else { return };
        waiting.missed += hook.missed();
        drop(waiting);
        drop(hook);
    }
}

impl Leaving {
    /// Has these go.
    pub(super) fn push(&mut self, hooks: impl IntoIterator<Item = (u16, Hook)>) {
        locked(&self.queue).hooks.extend(hooks);
        let queue = Arc::clone(&self.queue);
        let before = self.thread.take();
        let work = move || {
            // It takes what was just put there, or has found nothing any more.
            drop(before.map(JoinHandle::join));
            detach(&queue);
        };
        self.thread = thread::Builder::new().name("detach".to_owned()).spawn(work).ok();
        if self.thread.is_none() {
            detach(&self.queue);
        }
    }

    /// What stood on the call's function and has not gone yet: it stays.
    pub(super) fn reprieve(&self, call: u16) -> Option<Hook> {
        locked(&self.queue).hooks.remove(&call)
    }

    /// Runs that the kernel left out.
    pub(super) fn missed(&self) -> u64 {
        let queue = locked(&self.queue);
        queue.missed + queue.hooks.values().map(Hook::missed).sum::<u64>()
    }
}
