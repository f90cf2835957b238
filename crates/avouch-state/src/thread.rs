//! One thread of the machine, and what its group shares.

use std::sync::Arc;

use avouch_event::EventBuf;

use crate::containers::ContainerRef;
use crate::fd_table::FdTable;
use crate::text::{Cmdline, Text};

/// Handle of a thread; good until the next event is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ThreadRef(pub(crate) u32);

/// Capability sets, one bit a capability.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "names are the kernel's own")]
pub struct Caps {
    pub inheritable: u64,
    pub permitted: u64,
    pub effective: u64,
}

/// What is known of the executable's file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct ExeFile {
    pub ino: u64,
    /// Inode change time, ns since the epoch, 0 when unknown.
    pub ctime: u64,
    /// Modification time, ns since the epoch, 0 when unknown.
    pub mtime: u64,
    pub writable: bool,
    pub upper_layer: bool,
    pub lower_layer: bool,
    pub from_memfd: bool,
}

/// Bits of [`Thread::flags`], the capture format's clone flags.
pub mod clone_flags {
    /// The thread shares its leader's descriptors.
    pub const FILES: u32 = 1;
    /// A new pid namespace.
    pub const NEWPID: u32 = 1 << 6;
    /// The new process is a sibling of its caller.
    pub const PARENT: u32 = 1 << 8;
    /// A new thread rather than a new process.
    pub const THREAD: u32 = 1 << 13;
    /// The child's event came before its parent's.
    pub const INVERTED: u32 = 1 << 16;
    /// A new user namespace.
    pub const NEWUSER: u32 = 1 << 20;
    /// The parent waits until the child executes or exits.
    pub const VFORK: u32 = 1 << 27;
    /// The child lives in another pid namespace than the caller.
    pub const CHILD_IN_PIDNS: u32 = 1 << 29;
    /// The thread leads its group, whatever its numbers say.
    pub const IS_MAIN_THREAD: u32 = 1 << 30;
}

/// One thread. Ids are -1 when unknown.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "names are the kernel's own")]
pub struct Thread {
    pub tid: i64,
    pub pid: i64,
    /// Thread id of the parent; 0 when it has none.
    pub ptid: i64,
    pub sid: i64,
    /// Process group in the thread's pid namespace.
    pub vpgid: i64,
    pub pgid: i64,
    pub vtid: i64,
    pub vpid: i64,
    /// Name and arguments.
    pub cmdline: Cmdline,
    /// argv\[0\].
    pub exe: Text,
    pub exepath: Text,
    /// NUL-separated; on the leader, see [`crate::State::env`].
    pub env: Text,
    /// Ends with `/`; on the leader, see [`crate::State::cwd`].
    pub cwd: Text,
    /// NUL-separated `subsystem=path`.
    pub cgroups: Text,
    pub root: Text,
    /// Clone flags of the capture format.
    pub flags: u32,
    pub uid: u32,
    pub gid: u32,
    /// `u32::MAX` when unset.
    pub loginuid: u32,
    pub tty: u32,
    pub fdlimit: i64,
    /// kB, as `vmrss` and `vmswap`.
    pub vmsize: u32,
    pub vmrss: u32,
    pub vmswap: u32,
    pub pfmajor: u64,
    pub pfminor: u64,
    pub caps: Caps,
    pub exe_file: ExeFile,
    /// When it was cloned, ns since the epoch; 0 when it was there before the first event.
    pub clone_ts: u64,
    /// When it last executed a program, ns since the epoch; 0 when never seen.
    pub exec_ts: u64,
    /// Start of its pid namespace's first process, ns since the epoch; 0 when unknown.
    pub pidns_init_start_ts: u64,
    pub container: ContainerRef,
    /// It exited; it stays while others of its group live.
    pub dead: bool,
    /// Made for an event of a thread that nothing introduced: hardly anything is known.
    pub placeholder: bool,
    /// CPU ns used before the last context switch, and in all.
    pub exectime: u64,
    pub total_exectime: u64,
    /// Share of one CPU in the last interval, from `procinfo` events.
    pub cpu_user: f64,
    pub cpu_system: f64,
    /// Descriptors; on the leader, see [`crate::State::fds_of`].
    pub(crate) fds: Arc<FdTable>,
    /// Stored enter event, whose parameters another thread cannot have changed after the check.
    pub(crate) enter: Option<Box<EventBuf>>,
    /// `enter` still waits for its exit.
    pub(crate) enter_valid: bool,
    pub(crate) links: Links,
    /// It has its place in group and family.
    pub(crate) linked: bool,
    /// Time of its last event, ns since the epoch.
    pub(crate) last_access: u64,
}

/// Intrusive family tree: handles of neighbours, `NONE` where there is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Links {
    pub(crate) parent: u32,
    pub(crate) first_child: u32,
    pub(crate) next: u32,
    pub(crate) prev: u32,
}

/// No neighbour.
pub(crate) const NONE: u32 = u32::MAX;

impl Default for Links {
    fn default() -> Self {
        Self { parent: NONE, first_child: NONE, next: NONE, prev: NONE }
    }
}

impl Thread {
    pub(crate) fn new(tid: i64) -> Self {
        Self {
            tid,
            pid: -1,
            ptid: -1,
            sid: -1,
            vpgid: -1,
            pgid: -1,
            vtid: -1,
            vpid: -1,
            cmdline: Cmdline::default(),
            exe: Text::default(),
            exepath: Text::default(),
            env: Text::default(),
            cwd: Text::default(),
            cgroups: Text::default(),
            root: Text::default(),
            flags: 0,
            uid: u32::MAX,
            gid: u32::MAX,
            loginuid: u32::MAX,
            tty: 0,
            fdlimit: -1,
            vmsize: 0,
            vmrss: 0,
            vmswap: 0,
            pfmajor: 0,
            pfminor: 0,
            caps: Caps::default(),
            exe_file: ExeFile::default(),
            clone_ts: 0,
            exec_ts: 0,
            pidns_init_start_ts: 0,
            container: ContainerRef::HOST,
            dead: false,
            placeholder: false,
            exectime: 0,
            total_exectime: 0,
            cpu_user: 0.0,
            cpu_system: 0.0,
            fds: Arc::default(),
            enter: None,
            enter_valid: false,
            links: Links::default(),
            linked: false,
            last_access: 0,
        }
    }

    /// The kernel's task name.
    #[must_use]
    pub fn comm(&self) -> &[u8] {
        self.cmdline.comm()
    }

    /// Whether nothing but the number is known: `pid < 0`.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        self.pid < 0
    }

    /// Whether it leads its group.
    #[must_use]
    pub fn is_main(&self) -> bool {
        self.tid == self.pid || self.flags & clone_flags::IS_MAIN_THREAD != 0
    }

    /// Whether it lives in another pid namespace than the machine's.
    #[must_use]
    pub fn in_pid_namespace(&self) -> bool {
        self.flags & clone_flags::CHILD_IN_PIDNS != 0 || self.tid != self.vtid
    }

    /// Pieces of the environment, `NAME=value` each; see [`crate::State::env`] for a thread's process.
    pub fn env_vars(&self) -> impl Iterator<Item = &[u8]> {
        crate::text::split_nul(&self.env)
    }

    /// Cgroups, `subsystem=path` each.
    pub fn cgroup_entries(&self) -> impl Iterator<Item = &[u8]> {
        crate::text::split_nul(&self.cgroups)
    }
}

/// What the threads of a process have in common beyond their leader.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    /// Handles of its threads, in the order they came.
    pub(crate) threads: Vec<u32>,
    /// How many of them live.
    pub(crate) alive: u32,
    /// Orphans below it become its children.
    pub(crate) reaper: bool,
}
