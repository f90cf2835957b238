//! Births: clone, fork, vfork, clone3.

use avouch_event::{Event, Params, types};

use super::snapshot::without_deleted;
use crate::cgroup;
use crate::state::State;
use crate::text::{Cmdline, Text};
use crate::thread::{Thread, ThreadRef, clone_flags};

/// A thread cloned longer ago than this, in ns, is a leftover whose exit was missed.
const STALE_NS: u64 = 2_000_000_000;

/// Where the parameters of the clone events stand.
mod at {
    pub(super) const EXE: usize = 1;
    pub(super) const ARGS: usize = 2;
    pub(super) const PID: usize = 4;
    pub(super) const PTID: usize = 5;
    pub(super) const FDLIMIT: usize = 7;
    pub(super) const COMM: usize = 13;
    pub(super) const CGROUPS: usize = 14;
    pub(super) const FLAGS: usize = 15;
    pub(super) const UID: usize = 16;
    pub(super) const GID: usize = 17;
    pub(super) const VTID: usize = 18;
    pub(super) const VPID: usize = 19;
    pub(super) const PIDNS_START: usize = 20;
}

impl State {
    pub(super) fn on_clone(&mut self, e: &Event<'_>) {
        match e.params.i64(0) {
            Some(0) => self.clone_in_child(e),
            Some(child) if child > 0 => self.clone_in_parent(e, child),
            _ => {}
        }
    }

    fn clone_in_parent(&mut self, e: &Event<'_>, child_tid: i64) {
        let p = &e.params;
        let Some(caller) = self.find_ref(e.tid).or_else(|| self.add_placeholder(e.tid)) else { return };
        self.current.thread = Some(caller);
        let known = self.at(caller).is_some_and(|t| !t.is_invalid());
        if !known {
            self.revive(caller, p.i64(at::PID), p.i64(at::PTID), p.i64(at::VTID), p.i64(at::VPID));
            self.refresh_names(caller, p);
        }

        let flags = p.u32(at::FLAGS).unwrap_or(0);
        let Some(parent) = self.at(caller) else { return };
        let elsewhere = clone_flags::CHILD_IN_PIDNS | clone_flags::NEWPID | clone_flags::PARENT;
        let vfork = e.ty == types::VFORK_20_X || flags & clone_flags::VFORK != 0;
        if flags & elsewhere != 0 || vfork || parent.tid != parent.vtid {
            // The child knows its numbers better, or has gone on by now: its own event tells.
            return;
        }
        if let Some(old) = self.find_ref(child_tid) {
            let inverted = self.at(old).is_some_and(|t| t.flags & clone_flags::INVERTED != 0);
            if inverted {
                return;
            }
            // The exit of an earlier thread of that number was missed.
            self.remove_thread(old);
        }
        if self.exited.recently(child_tid, e.timestamp) {
            // The child's exit overtook this event: it must not come back to life.
            return;
        }
        let mut child = self.heir(e, caller, known, child_tid, flags);
        let Some(parent) = self.at(caller) else { return };
        if flags & clone_flags::THREAD != 0 {
            (child.pid, child.ptid) = (parent.pid, parent.ptid);
        } else {
            (child.pid, child.ptid) = (child_tid, parent.tid);
        }
        (child.vtid, child.vpid) = (child.tid, child.pid);
        child.pidns_init_start_ts = self.machine.boot_time;
        self.add_thread(child);
    }

    fn clone_in_child(&mut self, e: &Event<'_>) {
        let p = &e.params;
        if let Some(old) = self.find_ref(e.tid) {
            let recent =
                self.at(old).is_some_and(|t| t.clone_ts != 0 && e.timestamp.wrapping_sub(t.clone_ts) < STALE_NS);
            if recent {
                self.current.thread = Some(old);
                return;
            }
            self.remove_thread(old);
        }
        self.current.thread = None;
        let flags = p.u32(at::FLAGS).unwrap_or(0);
        let pid = p.i64(at::PID).unwrap_or(e.tid);
        let ptid = p.i64(at::PTID).unwrap_or(0);
        let leads = flags & clone_flags::THREAD == 0;
        let source = if leads { ptid } else { pid };
        let Some(source) = self.find_ref(source).or_else(|| self.add_placeholder(source)) else { return };
        let known = self.at(source).is_some_and(|t| !t.is_invalid());
        if !known && !leads {
            // The leader is what its thread is; of an unknown parent nothing can be told.
            let vpid = p.i64(at::VPID);
            self.revive(source, Some(pid), Some(ptid), vpid, vpid);
            self.refresh_names(source, p);
        }
        let mut child = self.heir(e, source, known, e.tid, flags | clone_flags::INVERTED);
        (child.pid, child.ptid) = (pid, ptid);
        child.vtid = p.i64(at::VTID).unwrap_or(e.tid);
        child.vpid = p.i64(at::VPID).unwrap_or(-1);
        let inside = flags & (clone_flags::CHILD_IN_PIDNS | clone_flags::NEWPID) != 0 || child.tid != child.vtid;
        child.pidns_init_start_ts = match p.u64(at::PIDNS_START) {
            Some(since_boot) if inside => self.machine.boot_time.wrapping_add(since_boot),
            None if inside => 0,
            _ => self.machine.boot_time,
        };
        self.current.thread = self.add_thread(child);
    }

    /// What a new thread has from `source`: its parent, or the leader of its group.
    fn heir(&mut self, e: &Event<'_>, source: ThreadRef, known: bool, tid: i64, flags: u32) -> Thread {
        let p = &e.params;
        let leads = flags & clone_flags::THREAD == 0;
        let mut child = Thread::new(tid);
        child.flags = if leads { flags } else { flags | clone_flags::FILES };
        child.clone_ts = e.timestamp;
        child.last_access = e.timestamp;
        child.fdlimit = p.i64(at::FDLIMIT).unwrap_or(-1);
        child.uid = p.u32(at::UID).unwrap_or(u32::MAX);
        child.gid = p.u32(at::GID).unwrap_or(u32::MAX);
        child.pfmajor = p.u64(8).unwrap_or(0);
        child.pfminor = p.u64(9).unwrap_or(0);
        child.vmsize = p.u32(10).unwrap_or(0);
        child.vmrss = p.u32(11).unwrap_or(0);
        child.vmswap = p.u32(12).unwrap_or(0);
        let exe = self.cut(p.charbuf(at::EXE).unwrap_or(b""));
        let (comm, args) = (self.comm(p, exe), self.cut(p.get(at::ARGS).unwrap_or(b"")));
        let cgroups = self.cut(p.get(at::CGROUPS).unwrap_or(b""));
        let renamed = cgroup::normalised(cgroups);
        let cgroups = renamed.as_deref().unwrap_or(cgroups);
        if leads && known {
            child.fds = self.copy_fds(source);
            if let Some(s) = self.at(source) {
                child.cwd = match self.main_thread(s) {
                    Some(main) => main.cwd.clone(),
                    None => Text::new(b"./"),
                };
                child.env = self.main_thread(s).map(|m| m.env.clone()).unwrap_or_default();
            }
        }
        match self.at(source) {
            // A fork has its parent's name and arguments: one copy serves both.
            Some(s) if *s.exe == *exe && s.cmdline.is(comm, args) => {
                (child.exe, child.cmdline) = (s.exe.clone(), s.cmdline.clone());
            }
            _ => (child.exe, child.cmdline) = (Text::new(exe), Cmdline::new(comm, args)),
        }
        if let Some(s) = self.at(source) {
            child.root = s.root.clone();
            child.exepath = s.exepath.clone();
            (child.sid, child.vpgid, child.pgid, child.tty) = (s.sid, s.vpgid, s.pgid, s.tty);
            (child.loginuid, child.caps, child.exe_file) = (s.loginuid, s.caps, s.exe_file);
            if !leads {
                child.exec_ts = s.exec_ts;
            }
        }
        match self.at(source) {
            Some(s) if *s.cgroups == *cgroups => (child.cgroups, child.container) = (s.cgroups.clone(), s.container),
            _ => {
                child.cgroups = Text::new(cgroups);
                child.container = self.container_of(cgroups, e.timestamp);
            }
        }
        child
    }

    /// A placeholder becomes a thread of which a little is known.
    fn revive(&mut self, thread: ThreadRef, pid: Option<i64>, ptid: Option<i64>, vtid: Option<i64>, vpid: Option<i64>) {
        let Some(t) = self.at_mut(thread) else { return };
        t.pid = pid.unwrap_or(t.tid);
        t.ptid = ptid.unwrap_or(0);
        t.vtid = vtid.unwrap_or(t.tid);
        t.vpid = vpid.unwrap_or(-1);
        self.link(thread);
    }

    /// The event tells the name and arguments of a thread that was unknown.
    fn refresh_names(&mut self, thread: ThreadRef, p: &Params<'_>) {
        let exe = self.cut(p.charbuf(at::EXE).unwrap_or(b""));
        let (comm, args) = (self.comm(p, exe), self.cut(p.get(at::ARGS).unwrap_or(b"")));
        let Some(t) = self.at_mut(thread) else { return };
        t.exe.set(exe);
        t.cmdline = Cmdline::new(comm, args);
    }

    /// Old captures tell no task name: then argv\[0\] stands for it.
    fn comm<'a>(&mut self, p: &Params<'a>, exe: &'a [u8]) -> &'a [u8] {
        p.charbuf(at::COMM).map_or(exe, |comm| self.cut(comm))
    }
}

/// Path of an executable without the kernel's mark that its file is gone.
pub(super) fn exepath(path: &[u8]) -> Text {
    Text::new(without_deleted(path))
}
