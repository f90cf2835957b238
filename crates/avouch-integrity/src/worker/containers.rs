//! What new containers hold at the watched places: the state before their first change.

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use super::{Worker, now_ns};
use crate::change::Seen;
use crate::known::Key;
use crate::read::{self, Root};
use crate::walk::Walk;

/// Steps made before changes are served again.
const STEPS: usize = 64;

/// Bytes that a step counts for, so that many small files are throttled too.
const LOOK: u64 = 4 << 10;

/// Paths that are read of one container: what is beyond is told as unknown when it changes.
const PATHS: usize = 2_048;

/// A container on its way through.
#[derive(Debug)]
pub(super) struct NewContainer {
    id: Arc<str>,
    root: Arc<OwnedFd>,
    walk: Walk,
    paths: usize,
}

impl Worker {
    pub(super) fn new_container(&mut self, id: Arc<str>, root: Arc<OwnedFd>) {
        // Such a file system may let the thread wait for ever.
        if read::served_by_process(&root) {
            return;
        }
        let walk = Walk::of_container(&self.watch, Arc::clone(&root));
        self.containers.push_back(NewContainer { id, root, walk, paths: 0 });
    }

    /// Some steps through the container that waits longest, as far as the throttle lets it.
    pub(super) fn go_on_in_containers(&mut self) {
        let Some(mut container) = self.containers.pop_front() else { return };
        for _ in 0..STEPS {
            if self.throttle.free_at() > Instant::now() + Duration::from_millis(10) {
                break;
            }
            self.throttle.charge(LOOK, Instant::now());
            let step = self.meter.reading(|| container.walk.step(&self.watch));
            match step {
                Some(Some(path)) if container.paths < PATHS => {
                    container.paths += 1;
                    self.read_beforehand(&container, path);
                }
                Some(None) => {}
                Some(Some(_)) | None => {
                    self.meter.containers.fetch_add(1, Relaxed);
                    return;
                }
            }
        }
        self.containers.push_front(container);
    }

    fn read_beforehand(&mut self, container: &NewContainer, path: PathBuf) {
        let key = Key { container: Arc::clone(&container.id), path };
        // What changes right now is read when it has settled; its state before is gone.
        if self.pending.holds(&key) || self.known.get(&key).is_some() {
            return;
        }
        if let Seen::File(state) = self.read(Root::Container(&container.root), &key.path) {
            self.remember(key, state, now_ns());
        }
    }
}
