//! The one way in: items change the tables. One file a family of events.

mod anon;
mod clone;
mod exec;
mod exit;
mod facts;
mod files;
mod ids;
mod iter;
mod network;
mod plan;
mod snapshot;
#[cfg(test)]
mod tests;

use avouch_event::{Event, Item, Params, types};

use crate::State;
use crate::current::Current;
use crate::text::Cmdline;
use crate::thread::{Thread, ThreadRef};

pub(crate) use exit::Exited;
pub(crate) use files::O_CLOEXEC;
pub(crate) use plan::Plans;
use plan::{FdUse, ThreadUse};

/// What the next event finds gone, so that the event which removed it still sees it.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// Thread, and who takes its children: above 0 when the kernel said so.
    thread: Option<(i64, i64)>,
    /// Whose table, and which descriptor.
    fd: Option<(ThreadRef, i64)>,
}

impl State {
    /// Takes in one item. Never fails: what cannot be applied is counted.
    pub fn apply(&mut self, item: &Item<'_>) {
        match item {
            Item::Event(event) => self.apply_event(event),
            Item::Reset => self.reset(),
            Item::Machine(m) => self.add_machine(m),
            Item::Process(p) => self.add_process(p),
            Item::Fd(tid, fd) => self.add_snapshot_fd(*tid, fd),
            Item::Interface(i) => self.add_interface(i),
            Item::User(u) => self.add_user(u),
            Item::Group(g) => self.add_group(g),
            Item::SnapshotEnd => self.end_snapshot(),
        }
    }

    /// Forgets everything but the limits.
    fn reset(&mut self) {
        *self = Self {
            limits: self.limits.clone(),
            counters: self.counters,
            plans: std::mem::take(&mut self.plans),
            ..Self::default()
        };
    }

    /// Takes in one event.
    pub fn apply_event(&mut self, e: &Event<'_>) {
        if !self.unlinked.is_empty() {
            self.end_snapshot();
        }
        self.apply_pending();
        self.begin(e);
        self.dispatch(e);
    }

    pub(crate) fn apply_pending(&mut self) {
        if let Some((owner, fd)) = self.pending.fd.take() {
            self.remove_fd(owner, fd);
        }
        if let Some((tid, reaper)) = self.pending.thread.take()
            && let Some(gone) = self.find_ref(tid)
        {
            let reaper = if reaper > 0 { self.find_ref(reaper) } else { None };
            self.remove_thread_for(gone, reaper);
        }
    }

    /// Finds out thread, descriptor and error of the event.
    fn begin(&mut self, e: &Event<'_>) {
        let plan = self.plans.of(e.ty);
        let before = &self.current;
        self.current = Current {
            thread: None,
            fd: None,
            fd_owner: None,
            error: 0,
            name_changed: false,
            enter_used: false,
            prev_ts: before.shown_ts,
            shown_ts: if e.hidden { before.shown_ts } else { Some(e.timestamp) },
            first_ts: before.first_ts.or_else(|| plan.begins.then_some(e.timestamp)),
        };
        let thread = match plan.thread {
            ThreadUse::Known | ThreadUse::Introduced => self.find_ref(e.tid),
            ThreadUse::Any => self.find_ref(e.tid).or_else(|| self.add_placeholder(e.tid)),
        };
        if plan.returns {
            let ret = e.params.i64(0).unwrap_or(0);
            self.current.error = if ret < 0 { u32::try_from(ret.unsigned_abs()).unwrap_or(u32::MAX) } else { 0 };
        }
        self.current.thread = thread;
        let Some(thread) = thread else {
            self.counters.unknown_threads += u64::from(e.tid >= 0 && plan.thread != ThreadUse::Introduced);
            return;
        };
        let Some(t) = self.at_mut(thread) else { return };
        t.last_access = e.timestamp;
        let leads = t.is_main();
        if t.enter_valid && plan.exit {
            // Any exit ends the call that was entered. A successful execveat exits as execve.
            t.enter_valid = false;
            let stored = t.enter.as_ref().map_or(0, |b| b.ty.0);
            self.current.enter_used =
                stored + 1 == e.ty.0 || (stored == types::EXECVEAT_E.0 && e.ty == types::EXECVE_19_X);
        }
        self.last = thread.0;
        let param = match plan.fd {
            FdUse::None => return,
            FdUse::Makes => {
                self.current.fd = Some(-1);
                return;
            }
            FdUse::Param(i) => i,
        };
        let number = fd_number(&e.params, param).unwrap_or(-1);
        self.current.fd = Some(number);
        self.current.fd_owner = if leads { Some(thread) } else { self.fd_root(thread) };
        if number >= 0 && self.current_fd().is_none() {
            self.counters.unknown_fds += 1;
        }
    }

    fn dispatch(&mut self, e: &Event<'_>) {
        match e.ty {
            // The most frequent first.
            types::READ_X | types::PREAD_X | types::READV_X | types::PREADV_X => self.on_io(e, None),
            types::WRITE_X | types::PWRITE_X | types::WRITEV_X | types::PWRITEV_X => self.on_io(e, None),
            types::CLOSE_X => self.on_close(e),
            types::OPEN_X | types::CREAT_X | types::OPENAT_2_X | types::OPENAT2_X | types::OPEN_BY_HANDLE_AT_X => {
                self.on_open(e)
            }
            types::OPEN_E
            | types::CREAT_E
            | types::OPENAT_2_E
            | types::OPENAT2_E
            | types::CONNECT_E
            | types::EXECVE_19_E
            | types::EXECVEAT_E => self.on_enter(e),
            types::CLOSE_RANGE_X => self.on_close_range(e),
            types::DUP_1_X | types::DUP2_X | types::DUP3_X => self.on_dup(e),
            types::FCNTL_X => self.on_fcntl(e),
            types::PIDFD_GETFD_X => self.on_pidfd_getfd(e),
            types::CHDIR_X | types::GETCWD_X | types::FCHDIR_X => self.on_chdir(e),
            types::CHROOT_X => self.on_chroot(e),

            types::SOCKET_X => self.on_socket(e),
            types::BIND_X => self.on_bind(e),
            types::CONNECT_X => self.on_connect(e),
            types::ACCEPT_5_X | types::ACCEPT4_6_X => self.on_accept(e),
            types::RECVFROM_X => self.on_io(e, Some((2, network::Way::In))),
            types::RECVMSG_X => self.on_io(e, Some((3, network::Way::In))),
            types::RECV_X | types::RECVMMSG_X => self.on_io(e, Some((4, network::Way::In))),
            types::SEND_X | types::SENDTO_X | types::SENDMSG_X | types::SENDMMSG_X => {
                self.on_io(e, Some((4, network::Way::Out)));
            }
            types::SOCKETPAIR_X => self.on_socketpair(e),

            types::PIPE_X | types::PIPE2_X => self.on_pipe(e),
            types::EVENTFD_X
            | types::EVENTFD2_X
            | types::SIGNALFD_X
            | types::SIGNALFD4_X
            | types::TIMERFD_CREATE_X
            | types::INOTIFY_INIT_X
            | types::INOTIFY_INIT1_X
            | types::EPOLL_CREATE_X
            | types::EPOLL_CREATE1_X
            | types::BPF_2_X
            | types::USERFAULTFD_X
            | types::IO_URING_SETUP_X
            | types::MEMFD_CREATE_X
            | types::PIDFD_OPEN_X => self.on_anonymous(e),

            types::CLONE_20_X | types::FORK_20_X | types::VFORK_20_X | types::CLONE3_X => self.on_clone(e),
            types::EXECVE_19_X | types::EXECVEAT_X => self.on_exec(e),
            types::PROCEXIT_1_E => self.on_exit(e),

            types::SETUID_X
            | types::SETREUID_X
            | types::SETRESUID_X
            | types::SETGID_X
            | types::SETREGID_X
            | types::SETRESGID_X => self.on_setid(e),
            types::SETSID_X => self.on_setsid(e),
            types::CAPSET_X => self.on_capset(e),
            types::UNSHARE_X | types::SETNS_X => self.on_namespace(e),
            types::PRCTL_X => self.on_prctl(e),
            types::GETRLIMIT_X | types::SETRLIMIT_X | types::PRLIMIT_X => self.on_rlimit(e),
            types::BRK_4_X | types::MMAP_X | types::MMAP2_X | types::MUNMAP_X => self.on_memory(e),
            types::SCHEDSWITCH_6_E => self.on_switch(e),

            types::ITER_TASK_E => self.on_task(e),
            types::ITER_TASK_FILE_PIPE_E
            | types::ITER_TASK_FILE_MEMFD_E
            | types::ITER_TASK_FILE_REGULAR_E
            | types::ITER_TASK_FILE_DIRECTORY_E
            | types::ITER_TASK_FILE_SOCKET_INET_E
            | types::ITER_TASK_FILE_SOCKET_INET6_E
            | types::ITER_TASK_FILE_SOCKET_UNIX_E
            | types::ITER_TASK_FILE_SOCKET_NETLINK_E
            | types::ITER_TASK_FILE_ANON_INODE_E => self.on_task_file(e),

            types::USER_ADDED_E | types::USER_DELETED_E => self.on_user(e),
            types::GROUP_ADDED_E | types::GROUP_DELETED_E => self.on_group(e),
            types::CONTAINER_JSON_2_E => self.on_container_json(e),
            types::ASYNCEVENT_E => self.on_async(e),
            _ => {}
        }
    }

    /// A thread of which only the number is known.
    pub(crate) fn add_placeholder(&mut self, tid: i64) -> Option<ThreadRef> {
        self.counters.placeholder_threads += 1;
        let na = crate::text::Text::new(b"<NA>");
        let cmdline = Cmdline::new(b"<NA>", b"");
        self.add_unlinked(Thread { cmdline, exe: na, placeholder: true, fdlimit: 0, ..Thread::new(tid) })
    }

    /// Texts longer than the limit are cut, and counted.
    pub(crate) fn cut<'a>(&mut self, text: &'a [u8]) -> &'a [u8] {
        match text.get(..self.limits.text) {
            Some(head) if head.len() < text.len() => {
                self.counters.cut_texts += 1;
                head
            }
            _ => text,
        }
    }

    /// Where the thread lives by its cgroups.
    pub(crate) fn container_of(&mut self, cgroups: &[u8], now: u64) -> crate::ContainerRef {
        let host = crate::ContainerRef::HOST;
        let Some(found) = crate::cgroup::find(cgroups) else { return host };
        let limit = self.limits.containers;
        match self.containers.intern(found.id, found.full_id, found.ty, now, limit) {
            Some(c) => c,
            None => {
                self.counters.dropped_containers += 1;
                host
            }
        }
    }

    /// Stores an enter event until the exit of the same call.
    fn on_enter(&mut self, e: &Event<'_>) {
        // Old captures have enter events without parameters, except for those two.
        let bare_is_fine = e.ty == types::EXECVEAT_E || e.ty == types::CONNECT_E;
        if e.params.get(0).is_none() && !bare_is_fine {
            return;
        }
        let Some(t) = self.current.thread.and_then(|t| self.at_mut(t)) else { return };
        t.enter_valid = true;
        match &mut t.enter {
            Some(buf) => buf.copy_from(e),
            None => t.enter = Some(Box::new(avouch_event::EventBuf::from_event(e))),
        }
    }
}

/// A descriptor parameter; four bytes wide in a few events, and then still -1 for none.
fn fd_number(params: &Params<'_>, i: u8) -> Option<i64> {
    params.i64(usize::from(i)).or_else(|| params.i32(usize::from(i)).map(i64::from))
}
