//! The scan: all processes, and one again.

use avouch_event::Item;
use rustix::fd::OwnedFd;
use rustix::fs::{PROC_SUPER_MAGIC, fstatfs};
use rustix::path::DecInt;

use crate::descriptors::Descriptors;
use crate::facts::{Caches, Facts};
use crate::machine;
use crate::options::{Counts, Missing, Options, ProcfsError};
use crate::parse::Mount;
use crate::{files, overlay, users};

/// A mounted procfs, and the buffers to read it with.
#[derive(Debug)]
pub struct Procfs {
    options: Options,
    proc: OwnedFd,
    counts: Counts,
    caches: Caches,
    descriptors: Descriptors,
    leader: Facts,
    thread: Facts,
    tasks: Vec<i32>,
}

impl Procfs {
    /// Opens the procfs that `options` names.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(options: Options) -> Result<Self, ProcfsError> {
        let path = || options.proc.clone();
        let opened = files::folder_at(&*options.proc).and_then(|dir| Ok((fstatfs(&dir)?.f_type, dir)));
        let (magic, proc) = opened.map_err(|e| ProcfsError::Open { path: path(), source: e.into() })?;
        if magic != PROC_SUPER_MAGIC {
            return Err(ProcfsError::NotProcfs { path: path() });
        }
        Ok(Self {
            options,
            proc,
            counts: Counts::default(),
            caches: Caches::new(),
            descriptors: Descriptors::default(),
            leader: Facts::default(),
            thread: Facts::default(),
            tasks: Vec::new(),
        })
    }

    /// What was read and left out since it was opened.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// When the machine was booted, ns since the epoch, by the clocks as they stood when this was opened. Facts that count
    /// from the boot are told with it.
    #[must_use]
    pub fn boot_time(&self) -> u64 {
        self.caches.pidns.boot_time
    }

    /// Tells everything: machine, interfaces, users and groups, each process with its threads and descriptors, and the end
    /// of the facts. Returns the counts of this scan.
    pub fn scan(&mut self, emit: &mut dyn FnMut(&Item<'_>)) -> Counts {
        let before = std::mem::take(&mut self.counts);
        self.forget();
        self.machine(emit);
        let mut pids = Vec::new();
        match files::numbers(&self.proc, &mut self.caches.buf, &mut pids, self.options.threads) {
            Ok(over) => self.counts.over_threads += over,
            Err(e) => self.counts.missing(e.into()),
        }
        for pid in pids {
            if self.full() {
                self.counts.over_threads += 1;
                continue;
            }
            match self.tell_process(i64::from(pid), emit) {
                Ok(dir) => self.tell_descriptors(&dir, i64::from(pid), emit),
                Err(why) => self.counts.missing(why),
            }
        }
        emit(&Item::SnapshotEnd);
        self.forget();
        let counts = self.counts;
        self.counts = before.plus(&counts);
        counts
    }

    /// Tells the machine, its interfaces, and its users and groups.
    pub fn machine(&mut self, emit: &mut dyn FnMut(&Item<'_>)) {
        machine::tell(&self.proc, self.caches.pidns.boot_time, emit);
        machine::tell_interfaces(&mut self.counts, emit);
        match machine::root_of(rustix::fs::CWD, &*self.options.root) {
            Ok(root) => users::tell(root, b"", &mut self.caches.buf, &self.options, &mut self.counts, emit),
            Err(e) => self.counts.missing(e.into()),
        }
    }

    /// Tells the process that thread `tid` belongs to: its leader, all its threads, and with `fds` its descriptors. Returns
    /// its number; `None` when it is gone or cannot be read, which is counted.
    pub fn process(&mut self, tid: i64, fds: bool, emit: &mut dyn FnMut(&Item<'_>)) -> Option<i64> {
        // Limits are those of one call.
        let before = std::mem::take(&mut self.counts);
        self.forget();
        let told = self.process_of(tid).and_then(|pid| Ok((pid, self.tell_process(pid, emit)?)));
        let pid = match told {
            Ok((pid, dir)) => {
                if fds {
                    self.tell_descriptors(&dir, pid, emit);
                }
                Some(pid)
            }
            Err(why) => {
                self.counts.missing(why);
                None
            }
        };
        self.forget();
        self.counts = before.plus(&self.counts);
        pid
    }

    /// Facts of one thread and nothing else; `None` when it is gone or cannot be read, which is counted.
    pub fn facts(&mut self, tid: i64) -> Option<&Facts> {
        self.forget();
        let dir = files::folder(&self.proc, DecInt::new(tid)).map_err(Missing::from);
        let read = dir.and_then(|dir| self.leader.read(&dir, tid, &self.options, &mut self.caches, &mut self.counts));
        match read {
            Ok(()) => Some(&self.leader),
            Err(why) => {
                self.counts.missing(why);
                None
            }
        }
    }

    /// Mounts that process `pid` sees; `None` when it is gone or cannot be read, which is counted.
    pub fn mounts(&mut self, pid: i64) -> Option<Vec<Mount>> {
        match files::folder(&self.proc, DecInt::new(pid)) {
            Ok(dir) => {
                let mounts = overlay::mounts(&dir, &mut self.caches.buf, &self.options, &mut self.counts);
                (!mounts.is_empty()).then_some(mounts)
            }
            Err(e) => {
                self.counts.missing(e.into());
                None
            }
        }
    }

    /// Tells users and groups of the container that process `pid` lives in, from the files below its root.
    pub fn container_users(&mut self, pid: i64, container_id: &[u8], emit: &mut dyn FnMut(&Item<'_>)) {
        let root = files::folder(&self.proc, DecInt::new(pid)).and_then(|dir| machine::root_of(dir, c"root"));
        match root {
            Ok(root) => users::tell(root, container_id, &mut self.caches.buf, &self.options, &mut self.counts, emit),
            Err(e) => self.counts.missing(e.into()),
        }
    }

    /// What is only true for as long as nothing changes.
    fn forget(&mut self) {
        self.caches.overlays.clear();
        self.caches.pidns.clear();
        self.descriptors.sockets.clear();
    }

    fn full(&self) -> bool {
        self.counts.processes + self.counts.threads >= self.options.threads as u64
    }

    /// The process of a thread. The folder of a thread that does not lead is there for those who know its number.
    fn process_of(&mut self, tid: i64) -> Result<i64, Missing> {
        let dir = files::folder(&self.proc, DecInt::new(tid))?;
        files::whole(&dir, c"status", &mut self.caches.buf, self.options.file_bytes)?;
        crate::parse::status(&self.caches.buf).map(|s| s.tgid).ok_or(Missing::Unreadable)
    }

    /// Tells leader and threads, and hands back the folder.
    fn tell_process(&mut self, pid: i64, emit: &mut dyn FnMut(&Item<'_>)) -> Result<OwnedFd, Missing> {
        let dir = files::folder(&self.proc, DecInt::new(pid))?;
        self.leader.read(&dir, pid, &self.options, &mut self.caches, &mut self.counts)?;
        self.counts.processes += 1;
        emit(&Item::Process(self.leader.entry()));
        if self.leader.threads > 1 {
            self.tell_threads(&dir, pid, emit);
        }
        Ok(dir)
    }

    fn tell_threads(&mut self, dir: &OwnedFd, pid: i64, emit: &mut dyn FnMut(&Item<'_>)) {
        let Ok(tasks) = files::folder(dir, c"task") else { return };
        let mut list = std::mem::take(&mut self.tasks);
        match files::numbers(&tasks, &mut self.caches.buf, &mut list, self.options.threads) {
            Ok(over) => self.counts.over_threads += over,
            Err(e) => self.counts.missing(e.into()),
        }
        for tid in list.iter().map(|tid| i64::from(*tid)).filter(|tid| *tid != pid) {
            if self.full() {
                self.counts.over_threads += 1;
                continue;
            }
            let buf = &mut self.caches.buf;
            let read = files::folder(&tasks, DecInt::new(tid))
                .map_err(Missing::from)
                .and_then(|dir| self.thread.read_thread(&dir, tid, &self.leader, &self.options, buf));
            match read {
                Ok(()) => {
                    self.counts.threads += 1;
                    emit(&Item::Process(self.thread.entry()));
                }
                Err(why) => self.counts.missing(why),
            }
        }
        self.tasks = list;
    }

    fn tell_descriptors(&mut self, dir: &OwnedFd, pid: i64, emit: &mut dyn FnMut(&Item<'_>)) {
        if !self.leader.kernel {
            self.descriptors.tell(dir, pid, &self.options, &mut self.counts, emit);
        }
    }
}
