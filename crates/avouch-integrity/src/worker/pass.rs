//! A look at every watched path: the first reads them all, later ones only those whose inode tells of a change.

use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use super::{Gone, Worker, now_ns};
use crate::change::{Baseline, Found, Record, Seen};
use crate::file::{ContentChanged, FileKind, FileState, NotHashed};
use crate::known::Key;
use crate::pending::rfc3339;
use crate::read::{self, Root};
use crate::walk::Walk;

/// Steps made before changes are served again.
const STEPS: usize = 64;

/// Bytes that a look at a path counts for, so that many small files are throttled too.
const LOOK: u64 = 4 << 10;

/// One look at everything.
#[derive(Debug)]
pub(super) struct Pass {
    walk: Walk,
    first: bool,
    /// Paths that could not be looked at.
    unread: u64,
    not_hashed: u64,
}

/// Lets so many bytes a second pass.
#[derive(Debug)]
pub(super) struct Throttle {
    per_second: u64,
    free_at: Instant,
}

impl Throttle {
    pub(super) fn new(per_second: u64, now: Instant) -> Self {
        Self { per_second: per_second.max(1), free_at: now }
    }

    pub(super) fn charge(&mut self, bytes: u64, now: Instant) {
        let ns = u128::from(bytes) * 1_000_000_000 / u128::from(self.per_second);
        let day = Duration::from_secs(86_400);
        self.free_at = self.free_at.max(now) + u64::try_from(ns).map_or(day, Duration::from_nanos).min(day);
    }

    pub(super) fn free_at(&self) -> Instant {
        self.free_at
    }
}

impl Worker {
    pub(super) fn begin_pass(&mut self) {
        self.meter.sweep_wanted.store(false, Relaxed);
        self.walks += 1;
        self.pass = Some(Pass { walk: Walk::new(&self.watch), first: self.walks == 1, unread: 0, not_hashed: 0 });
    }

    /// Some steps of the look that goes on, as far as the throttle lets it.
    pub(super) fn go_on(&mut self) -> Result<(), Gone> {
        let Some(mut pass) = self.pass.take() else { return Ok(()) };
        for _ in 0..STEPS {
            // What is a few ms ahead is let pass: the thread then wakes a hundred times a second at most.
            if self.throttle.free_at() > Instant::now() + Duration::from_millis(10) {
                break;
            }
            match pass.walk.step(&self.watch) {
                Some(Some(path)) => self.visit(path, &mut pass),
                Some(None) => {}
                None => return self.end_pass(&pass),
            }
        }
        self.pass = Some(pass);
        Ok(())
    }

    fn visit(&mut self, path: PathBuf, pass: &mut Pass) {
        self.throttle.charge(LOOK, Instant::now());
        let key = Key { container: "".into(), path };
        let walk = self.walks;
        let waiting = self.pending.holds(&key);
        let known = self.known.get_mut(&key).map(|entry| {
            let seen = entry.walk == walk;
            entry.walk = walk;
            (entry.state.clone(), entry.read_at, seen)
        });
        if waiting || matches!(known, Some((_, _, true))) {
            return;
        }
        let looked = match self.meter.reading(|| read::look(Root::Host, &key.path)) {
            Seen::File(state) => state,
            Seen::Absent => return,
            Seen::Saved(_) | Seen::Unknown(_) => {
                pass.unread += 1;
                return;
            }
        };
        match known {
            None if pass.first && !self.saved_whole => {
                if let Some(state) = self.read_anew(&key, pass) {
                    self.remember(key, state, now_ns());
                }
            }
            None if pass.first => self.suspect(key, Found::ChangedWhileNotWatching),
            // What found no room before finds none now, and was counted.
            None if self.known.is_full() => {}
            None => self.suspect(key, Found::Sweep),
            // The digest is read anew: who may change a file may also set its times back.
            Some((saved, 0, _)) => self.compare(key, &saved, pass),
            // A folder's times change with the files in it; there is nothing to read.
            Some((before, ..)) if same_folder(&before, &looked) => {
                self.remember(key, looked, now_ns());
            }
            Some((before, ..)) => {
                if !looked.same_inode_facts(&before) || before.not_hashed == Some(NotHashed::Changing) {
                    self.suspect(key, Found::Sweep);
                }
            }
        }
    }

    /// What finds no room is left for another look, which follows soon.
    fn suspect(&mut self, key: Key, found: Found) {
        if !self.pending.suspect(key, found, Instant::now()) {
            self.meter.sweep_wanted.store(true, Relaxed);
        }
    }

    /// Compares a file with what an earlier run saved.
    fn compare(&mut self, key: Key, saved: &FileState, pass: &mut Pass) {
        let Some(state) = self.read_anew(&key, pass) else { return };
        let unknown = matches!(state.content_changed(saved), ContentChanged::Unknown(_));
        let differs = state.differs_from(saved).iter().any(|aspect| aspect.weighs());
        if differs || (unknown && !state.same_inode_facts(saved)) {
            self.suspect(key, Found::ChangedWhileNotWatching);
        } else {
            self.remember(key, state, now_ns());
        }
    }

    fn read_anew(&mut self, key: &Key, pass: &mut Pass) -> Option<FileState> {
        match self.read(Root::Host, &key.path) {
            Seen::File(state) => {
                pass.not_hashed += u64::from(state.not_hashed.is_some());
                Some(state)
            }
            Seen::Absent => None,
            Seen::Saved(_) | Seen::Unknown(_) => {
                pass.unread += 1;
                None
            }
        }
    }

    fn end_pass(&mut self, pass: &Pass) -> Result<(), Gone> {
        let gone: Vec<_> = self
            .known
            .of_host()
            .filter(|(_, entry)| entry.walk != self.walks)
            .map(|(path, entry)| (path.clone(), entry.read_at))
            .collect();
        let now = Instant::now();
        for (path, read_at) in gone {
            if read::look(Root::Host, &path) == Seen::Absent {
                let found = if read_at == 0 { Found::ChangedWhileNotWatching } else { Found::Sweep };
                self.suspect(Key { container: "".into(), path }, found);
            }
        }
        self.last_walk = now;
        self.next_walk = now + Duration::from_secs(self.config.sweep_seconds.max(1));
        let not_kept = self.meter.not_kept.load(Relaxed);
        self.whole = pass.walk.unread == 0 && pass.unread == 0 && not_kept == 0;
        if !pass.first {
            self.meter.sweeps.fetch_add(1, Relaxed);
            return Ok(());
        }
        self.baseline_done = true;
        self.save();
        self.meter.baseline_done.store(true, Relaxed);
        let load_failed = self.load_failed.take();
        self.tell(Record::IntegrityBaseline(Baseline {
            time: rfc3339(now_ns()),
            files: self.known.len() as u64,
            bytes: self.meter.bytes.load(Relaxed),
            not_hashed: pass.not_hashed,
            not_kept,
            folders_unread: pass.walk.unread,
            compared: self.saved_whole,
            load_failed,
        }))
    }
}

fn same_folder(before: &FileState, now: &FileState) -> bool {
    now.kind == FileKind::Directory && !now.differs_from(before).iter().any(|aspect| aspect.weighs())
}
