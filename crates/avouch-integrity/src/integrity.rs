//! The caller's side: never waits for a disk.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use rustix::fs::{AtFlags, Mode, OFlags};

use crate::change::{Change, Place, Record, UnknownState};
use crate::counts::{Counts, Meter};
use crate::pending::View;
use crate::watch::Watch;
use crate::worker::{Told, Worker};
use crate::{Config, IntegrityError};

/// Records that wait to be taken; the worker then waits, and what comes meanwhile is counted as overflow.
const RECORDS: usize = 256;

/// Containers whose roots are held open at one time.
const ROOTS: usize = 64;

/// Ancestors kept of who did something.
const ANCESTORS: usize = 16;

/// How long the worker may take to read what still waits when it is to stop.
const STOP: Duration = Duration::from_secs(10);

/// See the crate.
#[derive(Debug)]
pub struct Integrity {
    watch: Watch,
    told: SyncSender<Told>,
    records: Receiver<Record>,
    meter: Arc<Meter>,
    /// Held by the changes that wait; a container with none left is not held.
    roots: Vec<(String, Weak<OwnedFd>)>,
    /// Device and inode of this machine's root.
    own_root: Option<(u64, u64)>,
}

impl Integrity {
    /// Begins to watch. `saved` is the file of the baseline that outlives this run: it is compared with what is found now
    /// when it is there, and written anew from time to time.
    pub fn start(config: &Config, saved: Option<PathBuf>) -> Result<Self, IntegrityError> {
        let watch = Watch::new(config)?;
        let (told, changes) = sync_channel(config.queue.max(1));
        let (out, records) = sync_channel(RECORDS);
        let meter = Arc::new(Meter::new());
        let worker = Worker::new(config.clone(), watch.clone(), saved, Arc::clone(&meter), out);
        std::thread::Builder::new()
            .name("integrity".to_owned())
            .spawn(move || worker.run(&changes))
            .map_err(|source| IntegrityError::StartThread { source })?;
        let own_root = root_of(Path::new("/")).ok().and_then(|root| inode(&root));
        Ok(Self { watch, told, records, meter, roots: Vec::new(), own_root })
    }

    /// Whether changes of this path matter. Fast; asked for every event that changes a file.
    #[must_use]
    pub fn watched(&self, path: &Path) -> bool {
        self.watch.watched(path)
    }

    /// Takes a change. Paths that are not watched are ignored; of a rename either name may be watched.
    pub fn changed(&mut self, mut change: Change) {
        if !self.watched(&change.path) && !change.to.as_deref().is_some_and(|to| self.watched(to)) {
            return;
        }
        if change.who.ancestors.len() > ANCESTORS {
            Arc::make_mut(&mut change.who).ancestors.truncate(ANCESTORS);
        }
        // The root is taken now: the process is often gone when the file is read.
        let view = match &change.place {
            Place::Host => View::Host,
            Place::Container { id, pids } => View::Container(self.root(&id.clone(), &pids.clone())),
        };
        match self.told.try_send(Told::Change { change: Box::new(change), view }) {
            Ok(()) => self.meter.changes.fetch_add(1, Relaxed),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.meter.sweep_wanted.store(true, Relaxed);
                self.meter.overflow.fetch_add(1, Relaxed)
            }
        };
    }

    /// Reads what a container that was not seen before holds at the watched places, but for programs and libraries, so that
    /// its first change has a state before it. Of `pids` any may be gone. Whether it is settled: if not, there was no room
    /// or no process left, and it may be told again.
    pub fn container(&mut self, id: &str, pids: &[i32]) -> bool {
        self.roots.retain(|(_, root)| root.strong_count() > 0);
        // The other half is for changes, which do not come twice.
        if self.roots.len() >= ROOTS / 2 {
            return false;
        }
        match self.root(id, pids) {
            Ok(root) => self.told.try_send(Told::Container { id: id.into(), root }).is_ok(),
            Err(UnknownState::NotInContainer) => true,
            Err(_) => false,
        }
    }

    /// The next record, when there is one.
    pub fn poll(&mut self) -> Option<Record> {
        self.records.try_recv().ok()
    }

    /// What was done and lost so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.meter.counts()
    }

    /// Reads what still waits at once, saves the baseline, and gives the last records. Waits ten seconds at most.
    #[must_use]
    pub fn stop(self) -> Vec<Record> {
        let Self { told, records, .. } = self;
        drop(told);
        let until = Instant::now() + STOP;
        let mut out = Vec::new();
        // The end of the worker closes the channel.
        while let Ok(record) = records.recv_timeout(until.saturating_duration_since(Instant::now())) {
            out.push(record);
        }
        out
    }

    fn root(&mut self, id: &str, pids: &[i32]) -> Result<Arc<OwnedFd>, UnknownState> {
        self.roots.retain(|(_, root)| root.strong_count() > 0);
        if let Some(root) = self.roots.iter().find(|(i, _)| i == id).and_then(|(_, root)| root.upgrade()) {
            return Ok(root);
        }
        if self.roots.len() >= ROOTS {
            return Err(UnknownState::TooManyContainers);
        }
        let mut why = UnknownState::ContainerGone;
        for pid in pids {
            let Ok(root) = root_of(&PathBuf::from(format!("/proc/{pid}/root"))) else { continue };
            if inode(&root) == self.own_root {
                why = UnknownState::NotInContainer;
                continue;
            }
            let root = Arc::new(root);
            self.roots.push((id.to_owned(), Arc::downgrade(&root)));
            return Ok(root);
        }
        Err(why)
    }
}

fn root_of(path: &Path) -> rustix::io::Result<OwnedFd> {
    rustix::fs::open(path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

fn inode(root: &OwnedFd) -> Option<(u64, u64)> {
    rustix::fs::statat(root, c"", AtFlags::EMPTY_PATH).ok().map(|s| (s.st_dev, s.st_ino))
}
