//! The tables and how to read them. What changes them stands in `apply/`.

use std::net::IpAddr;
use std::sync::Arc;

use avouch_event::Event;
use rustc_hash::FxHashMap;

use crate::containers::{Container, ContainerRef, Containers};
use crate::current::Current;
use crate::fd::Fd;
use crate::fd_table::FdTable;
use crate::interfaces::Interfaces;
use crate::limits::{Counters, Limits};
use crate::thread::{Group, Thread, ThreadRef};
use crate::users::{self, PerContainer, User};

/// Generations looked at upwards. Real ones number some dozens; a chain made to be long must not cost its length on every
/// event.
pub(crate) const MAX_DEPTH: usize = 1024;

/// Machine facts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Machine {
    pub cpus: u32,
    pub memory_bytes: u64,
    pub max_pid: u64,
    pub hostname: Box<[u8]>,
    /// Boot time, ns since the epoch; 0 when unknown.
    pub boot_time: u64,
}

/// Threads, descriptors, users, groups, interfaces and containers of one machine.
#[derive(Debug, Default)]
pub struct State {
    pub(crate) limits: Limits,
    pub(crate) counters: Counters,
    pub(crate) machine: Machine,
    pub(crate) slots: Vec<Option<Box<Thread>>>,
    pub(crate) free: Vec<u32>,
    pub(crate) by_tid: FxHashMap<i64, u32>,
    pub(crate) groups: FxHashMap<i64, Group>,
    pub(crate) users: PerContainer<User>,
    pub(crate) user_groups: PerContainer<users::Group>,
    pub(crate) interfaces: Interfaces,
    pub(crate) containers: Containers,
    pub(crate) current: Current,
    /// Descriptors in all tables, shared ones counted once for each table.
    pub(crate) fd_count: usize,
    /// Slot of the thread that acted last.
    pub(crate) last: u32,
    /// Where the search for a thread to evict goes on.
    pub(crate) hand: usize,
    /// What the next event finds gone.
    pub(crate) pending: crate::apply::Pending,
    pub(crate) exited: crate::apply::Exited,
    /// Threads of the snapshot that wait for their parents.
    pub(crate) unlinked: Vec<ThreadRef>,
    pub(crate) plans: crate::apply::Plans,
    /// Reused to compose paths.
    pub(crate) scratch: Vec<u8>,
    /// Descriptors that nobody holds any more, to be made others: opening a file takes no memory then.
    pub(crate) spare: Vec<Arc<Fd>>,
}

impl State {
    /// An empty state.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// What was lost or odd since the last reset.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Facts of the machine.
    #[must_use]
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// What was worked out about the event applied last.
    #[must_use]
    pub fn current(&self) -> &Current {
        &self.current
    }

    /// The thread that acted in the event applied last. A placeholder counts: see [`Thread::is_invalid`].
    #[must_use]
    pub fn thread(&self) -> Option<&Thread> {
        self.at(self.current.thread?)
    }

    /// The descriptor that the event applied last works on, as it is after that event (a closed one included).
    #[must_use]
    pub fn current_fd(&self) -> Option<&Fd> {
        self.at(self.current.fd_owner?)?.fds.get(self.current.fd?)
    }

    /// The thread behind a handle.
    #[must_use]
    pub fn at(&self, thread: ThreadRef) -> Option<&Thread> {
        self.slots.get(thread.0 as usize)?.as_deref()
    }

    /// The thread numbered `tid`.
    #[must_use]
    pub fn find(&self, tid: i64) -> Option<&Thread> {
        self.at(self.find_ref(tid)?)
    }

    /// More often than not it is the thread of the event before.
    pub(crate) fn find_ref(&self, tid: i64) -> Option<ThreadRef> {
        let last = ThreadRef(self.last);
        if self.at(last).is_some_and(|t| t.tid == tid) {
            return Some(last);
        }
        self.by_tid.get(&tid).map(|i| ThreadRef(*i))
    }

    /// How many threads are known.
    #[must_use]
    pub fn thread_count(&self) -> usize {
        self.by_tid.len()
    }

    /// All threads, in no order that means anything, but the same in every run.
    pub fn threads(&self) -> impl Iterator<Item = &Thread> {
        self.slots.iter().flatten().map(|t| &**t)
    }

    /// Leader of the thread's group: the thread itself if it leads; `None` when the leader is unknown.
    #[must_use]
    pub fn main_thread<'s>(&'s self, thread: &'s Thread) -> Option<&'s Thread> {
        if thread.is_main() { Some(thread) } else { self.find(thread.pid).filter(|_| !thread.is_invalid()) }
    }

    /// The thread that `thread.ptid` names.
    #[must_use]
    pub fn parent(&self, thread: &Thread) -> Option<&Thread> {
        self.find(thread.ptid)
    }

    /// Leaders of the parent process, its parent, and so on; stops at an unknown one, at loops, and after
    /// 1024 generations.
    #[must_use]
    pub fn ancestors<'s>(&'s self, thread: &'s Thread) -> Ancestors<'s> {
        let start = self.main_thread(thread);
        Ancestors { state: self, slow: start, fast: start, left: MAX_DEPTH }
    }

    /// Ancestor `n` of the thread's process: 0 is the process itself.
    #[must_use]
    pub fn ancestor<'s>(&'s self, thread: &'s Thread, n: usize) -> Option<&'s Thread> {
        match n.checked_sub(1) {
            None => self.main_thread(thread),
            Some(before) => self.ancestors(thread).nth(before),
        }
    }

    /// How many threads of the group live (`proc.nthreads`); 0 when the group is unknown.
    #[must_use]
    pub fn live_threads(&self, thread: &Thread) -> u32 {
        self.groups.get(&thread.pid).map_or(0, |g| g.alive)
    }

    /// Descriptors the thread can use.
    #[must_use]
    pub fn fds_of<'s>(&'s self, thread: &'s Thread) -> Option<&'s FdTable> {
        let owner = if thread.is_invalid() { Some(thread) } else { self.main_thread(thread) };
        owner.map(|main| &*main.fds)
    }

    /// Descriptor `n` of the thread.
    #[must_use]
    pub fn fd<'s>(&'s self, thread: &'s Thread, n: i64) -> Option<&'s Fd> {
        self.fds_of(thread)?.get(n)
    }

    /// Current directory of the thread's process, ending with `/`; `./` when unknown.
    #[must_use]
    pub fn cwd<'s>(&'s self, thread: &'s Thread) -> &'s [u8] {
        self.main_thread(thread).map_or(b"./", |main| &main.cwd)
    }

    /// Environment of the thread's process, NUL-separated.
    #[must_use]
    pub fn env<'s>(&'s self, thread: &'s Thread) -> &'s [u8] {
        self.main_thread(thread).map_or(b"", |main| &main.env)
    }

    /// User numbered `uid`, as the container that `thread` lives in (or the machine) knows it.
    #[must_use]
    pub fn user(&self, container: ContainerRef, uid: u32) -> Option<&User> {
        self.users.get(self.containers.id(container), uid)
    }

    /// Group numbered `gid`, as the container (or the machine) knows it.
    #[must_use]
    pub fn group(&self, container: ContainerRef, gid: u32) -> Option<&users::Group> {
        self.user_groups.get(self.containers.id(container), gid)
    }

    /// The container that `thread` lives in; the machine's own entry (empty id) for none.
    #[must_use]
    pub fn container(&self, thread: &Thread) -> Option<&Container> {
        self.containers.get(thread.container)
    }

    /// All containers.
    #[must_use]
    pub fn containers(&self) -> &Containers {
        &self.containers
    }

    /// Addresses of the machine's interfaces.
    #[must_use]
    pub fn interfaces(&self) -> &Interfaces {
        &self.interfaces
    }

    /// Whether `ip` is the machine's or the known address of the container that `thread` lives in.
    #[must_use]
    pub fn is_local(&self, thread: &Thread, ip: IpAddr) -> bool {
        let own = self.container(thread).and_then(|c| c.meta.as_ref()?.ip);
        own == Some(ip) || self.interfaces.is_local(ip)
    }

    /// The enter event stored for the current exit event, whose parameters cannot have been changed after the check.
    #[must_use]
    pub fn stored_enter(&self) -> Option<Event<'_>> {
        if !self.current.enter_used {
            return None;
        }
        Some(self.thread()?.enter.as_ref()?.event())
    }
}

/// See [`State::ancestors`].
#[derive(Clone, Debug)]
pub struct Ancestors<'s> {
    state: &'s State,
    slow: Option<&'s Thread>,
    /// Runs twice as fast, and meets `slow` when the chain bites its tail.
    fast: Option<&'s Thread>,
    left: usize,
}

impl<'s> Ancestors<'s> {
    fn up(&self, t: &'s Thread) -> Option<&'s Thread> {
        let parent = self.state.parent(t)?;
        if parent.tid == t.tid { None } else { self.state.main_thread(parent) }
    }
}

impl<'s> Iterator for Ancestors<'s> {
    type Item = &'s Thread;

    fn next(&mut self) -> Option<&'s Thread> {
        self.left = self.left.checked_sub(1)?;
        let next = self.up(self.slow?);
        self.slow = next;
        for _ in 0..2 {
            self.fast = self.fast.and_then(|f| self.up(f));
        }
        if let (Some(s), Some(f)) = (self.slow, self.fast)
            && s.tid == f.tid
        {
            self.slow = None;
        }
        next
    }
}
