//! Programs asked about before they are opened for running: fanotify's permission events.
//!
//! The kernel holds a program until it is answered. So the thread that answers does nothing that can wait for another
//! process, has a deadline for reading files, and lets through what it cannot judge, counted. When it ends, however it ends,
//! the kernel lets everything through. Only an agent that is stopped (SIGSTOP, a debugger) holds programs for as long as that
//! lasts; where the kernel has a security module, this layer is not used.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::fcntl::AT_FDCWD;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::fanotify::{
    EventFFlags, Fanotify, FanotifyEvent, FanotifyResponse, InitFlags, MarkFlags, MaskFlags, Response,
};

use super::file::{self, Digests, Unknown};
use super::{Filesystems, abi::ITEMS};
use crate::act::{Act, ActMode, Mechanism, Target, What};
use crate::policy::{Item, Mode, PreventionPolicy, Scope};
use crate::process;

/// Longest time that a program is held for reading its file.
const DEADLINE: Duration = Duration::from_millis(500);
/// Acts that wait to be taken; more are counted.
const WAITING: usize = 4096;
/// Kinds of file systems from which programs run. Others hold none, or are the kernel's own.
const KINDS: &[&str] =
    &["overlay", "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "zfs", "tmpfs", "squashfs", "erofs", "bcachefs"];

/// Why fanotify is not there.
#[derive(Debug, thiserror::Error)]
pub(super) enum FanotifyError {
    #[error("failed to {operation}: {source}")]
    Call { operation: &'static str, source: nix::Error },
    #[error("failed to start the thread that answers: {0}")]
    Thread(std::io::Error),
    #[error("no file system could be watched")]
    NothingToWatch,
}

fn call(operation: &'static str) -> impl FnOnce(nix::Error) -> FanotifyError {
    move |source| FanotifyError::Call { operation, source }
}

/// What went by without a judgement.
#[derive(Debug, Default)]
struct Counts {
    unjudged: AtomicU64,
    lost: AtomicU64,
}

/// The running watch.
pub(super) struct Watch {
    acts: Receiver<Act>,
    counts: Arc<Counts>,
    stop: Arc<EventFd>,
    thread: Option<JoinHandle<()>>,
}

/// What is watched, and by which rules.
pub(super) struct Rules {
    pub(super) policy: PreventionPolicy,
    pub(super) cgroup: Option<(PathBuf, PathBuf)>,
    pub(super) filesystems: Filesystems,
    pub(super) host_root: (u32, u32),
}

impl Watch {
    /// Calls `in_thread` first in the thread that answers.
    pub(super) fn start(rules: Rules, in_thread: fn()) -> Result<Self, FanotifyError> {
        let init = InitFlags::FAN_CLASS_CONTENT | InitFlags::FAN_CLOEXEC | InitFlags::FAN_NONBLOCK;
        let group = Fanotify::init(init, EventFFlags::O_RDONLY | EventFFlags::O_CLOEXEC | EventFFlags::O_LARGEFILE)
            .map_err(call("open fanotify"))?;
        let stop =
            EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK).map_err(call("open an eventfd"))?;
        let (stop, counts) = (Arc::new(stop), Arc::new(Counts::default()));
        let (send, acts) = sync_channel(WAITING);
        // Before the first look at the mounts, or one that comes meanwhile is never seen.
        let mounts = File::open("/proc/1/mountinfo").ok();
        let mut answerer =
            Answerer { group, rules, send, counts: Arc::clone(&counts), digests: Digests::default(), mounts };
        answerer.mark()?;
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("exec-permission".to_owned())
            .spawn(move || {
                in_thread();
                answerer.run(&stopped);
            })
            .map_err(FanotifyError::Thread)?;
        Ok(Self { acts, counts, stop, thread: Some(thread) })
    }

    /// Takes what has been denied or observed.
    pub(super) fn take(&self) -> Vec<Act> {
        self.acts.try_iter().collect()
    }

    /// Acts that found no room, and programs that ran because they could not be judged.
    pub(super) fn lost_and_unjudged(&self) -> (u64, u64) {
        (self.counts.lost.load(Ordering::Relaxed), self.counts.unjudged.load(Ordering::Relaxed))
    }

    /// Whether questions are still answered.
    pub(super) fn running(&self) -> bool {
        self.thread.as_ref().is_some_and(|t| !t.is_finished())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if self.stop.write(1).is_ok()
            && let Some(thread) = self.thread.take()
        {
            // A thread that panicked has closed its group as well, which is all that is waited for.
            drop(thread.join());
        }
    }
}

struct Answerer {
    group: Fanotify,
    rules: Rules,
    send: SyncSender<Act>,
    counts: Arc<Counts>,
    digests: Digests,
    /// Tells of each change of mounts since it was opened: a new container brings a new overlay.
    mounts: Option<File>,
}

impl Answerer {
    /// Watches every file system that programs may run from.
    fn mark(&self) -> Result<(), FanotifyError> {
        let flags = MarkFlags::FAN_MARK_ADD | MarkFlags::FAN_MARK_FILESYSTEM;
        let add =
            |group: &Fanotify, path: &Path| group.mark(flags, MaskFlags::FAN_OPEN_EXEC_PERM, AT_FDCWD, Some(path));
        if let Filesystems::Of(paths) = &self.rules.filesystems {
            return paths.iter().try_for_each(|p| add(&self.group, p).map_err(call("watch a file system")));
        }
        let everywhere = self.everywhere();
        let wanted = |kind: &str| KINDS.contains(&kind) && (everywhere || kind == "overlay");
        // Everything anew each time: a device number of an overlay that went is given to the next one.
        let mut marked = BTreeSet::new();
        for mount in process::mounts(1).unwrap_or_default() {
            if marked.contains(&mount.dev) || !wanted(&mount.kind) {
                continue;
            }
            // What cannot be watched is left to the kernel program that stands behind this layer.
            if file::on_host(&mount.point).iter().any(|p| add(&self.group, p).is_ok()) {
                marked.insert(mount.dev);
            }
        }
        if marked.is_empty() && everywhere { Err(FanotifyError::NothingToWatch) } else { Ok(()) }
    }

    /// Whether file systems outside of overlays matter: containers run programs from volumes, which are such.
    fn everywhere(&self) -> bool {
        self.rules.policy.forbidden_binaries.mode != Mode::Off
    }

    fn run(&mut self, stop: &EventFd) {
        loop {
            let mut fds =
                vec![PollFd::new(self.group.as_fd(), PollFlags::POLLIN), PollFd::new(stop.as_fd(), PollFlags::POLLIN)];
            fds.extend(self.mounts.as_ref().map(|m| PollFd::new(m.as_fd(), PollFlags::POLLPRI)));
            if poll(&mut fds, PollTimeout::NONE).is_err_and(|e| e != nix::Error::EINTR) {
                return;
            }
            let happened = |at: usize| fds.get(at).and_then(PollFd::revents).is_some_and(|e| !e.is_empty());
            let (stopped, changed) = (happened(1), happened(2));
            if stopped {
                return;
            }
            if changed && self.mark().is_err() {
                self.counts.unjudged.fetch_add(1, Ordering::Relaxed);
            }
            match self.group.read_events() {
                Ok(events) => events.iter().for_each(|e| self.answer(e)),
                Err(nix::Error::EAGAIN | nix::Error::EINTR) => {}
                Err(_) => {
                    // The kernel could not make a descriptor for an event; it has let that program through.
                    self.counts.unjudged.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    fn answer(&mut self, event: &FanotifyEvent) {
        let Some(fd) = event.fd() else {
            // The queue ran over: the kernel let through what it could not ask about.
            self.counts.unjudged.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let pid = u32::try_from(event.pid()).unwrap_or_default();
        let found = if pid == std::process::id() { Ok(None) } else { self.judge(fd, pid) };
        let mode = match &found {
            Ok(Some((_, mode))) => *mode,
            Ok(None) => Mode::Off,
            Err(Unknown) => {
                self.counts.unjudged.fetch_add(1, Ordering::Relaxed);
                Mode::Off
            }
        };
        // The process waits: it is described while it is still there, and answered before the record is handed on.
        let act = found.ok().flatten().map(|(item, mode)| act(fd, pid, item, mode));
        let response = if mode == Mode::Deny { Response::FAN_DENY } else { Response::FAN_ALLOW };
        if self.group.write_response(FanotifyResponse::new(fd, response)).is_err() {
            self.counts.unjudged.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(act) = act
            && self.send.try_send(act).is_err()
        {
            self.counts.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The strictest rule that the file breaks.
    fn judge(&mut self, fd: BorrowedFd<'_>, pid: u32) -> Result<Option<(&'static str, Mode)>, Unknown> {
        if let Some((directory, mount)) = &self.rules.cgroup
            && !file::in_cgroup(pid, directory, mount)?
        {
            return Ok(None);
        }
        let forbidden = self.rules.policy.forbidden_binaries;
        // Names first: who asks is dearer to find out, and a digest dearer still.
        if forbidden.mode != Mode::Off
            && ((self.listed(fd, pid)? && self.in_scope(forbidden, pid)?)
                || (!self.rules.policy.sha256.is_empty()
                    && self.in_scope(forbidden, pid)?
                    && self.forbidden_content(fd)?))
        {
            return Ok(Some((ITEMS[2], forbidden.mode)));
        }
        let dropped = self.rules.policy.exec_not_from_image;
        if dropped.mode != Mode::Off && file::upper_layer(fd, pid)? && self.in_scope(dropped, pid)? {
            return Ok(Some((ITEMS[0], dropped.mode)));
        }
        Ok(None)
    }

    fn in_scope(&self, item: Item, pid: u32) -> Result<bool, Unknown> {
        match item.scope {
            Scope::All => Ok(true),
            Scope::Containers => file::in_container(pid, self.rules.host_root),
        }
    }

    fn listed(&self, fd: BorrowedFd<'_>, pid: u32) -> Result<bool, Unknown> {
        let path = file::path_of(fd, pid)?;
        let policy = &self.rules.policy;
        let text = path.to_string_lossy();
        let name = path.file_name().map(|n| n.to_string_lossy());
        Ok(policy.paths.iter().any(|p| *p == text) || name.is_some_and(|name| policy.names.iter().any(|n| *n == name)))
    }

    fn forbidden_content(&mut self, fd: BorrowedFd<'_>) -> Result<bool, Unknown> {
        let digest = self.digests.of(fd, Instant::now() + DEADLINE)?;
        Ok(self.rules.policy.sha256.contains(&digest))
    }
}

fn act(fd: BorrowedFd<'_>, pid: u32, item: &str, mode: Mode) -> Act {
    let cgroups: Vec<String> = process::cgroups(pid).unwrap_or_default().into_iter().map(|(_, path)| path).collect();
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (container_id, cgroups) = super::container_of(cgroups);
    Act {
        time_ns: u64::try_from(time.as_nanos()).unwrap_or(u64::MAX),
        what: What::DenyExec,
        mode: if mode == Mode::Deny { ActMode::Performed } else { ActMode::DryRun },
        mechanism: Mechanism::Fanotify,
        target: Target {
            pid,
            start_ticks: process::start_ticks(pid).ok(),
            exe: process::exe(pid).unwrap_or_default(),
            container_id,
            pod: None,
            cgroups,
        },
        rule: item.to_owned(),
        event: None,
        object: file::path_of(fd, pid).ok().map(|p| p.to_string_lossy().into_owned()),
    }
}
