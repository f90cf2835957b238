//! A process executes another program.

use std::sync::Arc;

use avouch_event::{Event, types};

use super::clone::exepath;
use crate::cgroup;
use crate::path;
use crate::state::State;
use crate::text::Cmdline;
use crate::thread::{ThreadRef, clone_flags};

/// Bits of the `flags` parameter.
pub(super) mod exe_flags {
    pub(in super::super) const WRITABLE: u32 = 1;
    pub(in super::super) const UPPER_LAYER: u32 = 2;
    pub(in super::super) const FROM_MEMFD: u32 = 4;
    pub(in super::super) const LOWER_LAYER: u32 = 8;
}

/// Flag of execveat, in the capture format: an empty path means the descriptor itself.
const AT_EMPTY_PATH: u32 = 1;
/// Mark in [`crate::Thread::flags`]: the program changed.
const NAME_CHANGED: u32 = 1 << 17;

impl State {
    pub(super) fn on_exec(&mut self, e: &Event<'_>) {
        let p = &e.params;
        if p.i64(0).is_none_or(|r| r < 0) {
            return;
        }
        let Some(thread) = self.current.thread else { return };
        self.resurrect(thread);
        self.remove_other_threads(thread);

        let exe = self.cut(p.charbuf(1).unwrap_or(b""));
        let args = self.cut(p.get(2).unwrap_or(b""));
        let comm = p.charbuf(13).map_or(exe, |comm| self.cut(comm));
        let cgroups = self.cut(p.get(14).unwrap_or(b""));
        let renamed = cgroup::normalised(cgroups);
        let cgroups = renamed.as_deref().unwrap_or(cgroups);
        let env = p.get(15).map(|env| self.cut(env));
        let path = self.exec_path(e);
        let invalid = self.at(thread).is_some_and(|t| t.is_invalid());
        if invalid {
            self.patch_placeholder(thread, e);
        }
        let has_cgroups = p.get(14).is_some();
        let moved = has_cgroups && self.at(thread).is_some_and(|t| *t.cgroups != *cgroups);
        let container = moved.then(|| self.container_of(cgroups, e.timestamp));
        let Some(t) = self.at_mut(thread) else { return };
        t.exec_ts = e.timestamp;
        t.placeholder = false;
        t.exe.set(exe);
        if !t.cmdline.is(comm, args) {
            t.cmdline = Cmdline::new(comm, args);
        }
        if let Some(path) = path {
            t.exepath = exepath(&path);
        }
        if let Some(env) = env {
            t.env.set(env);
        }
        if moved {
            t.cgroups.set(cgroups);
        }
        t.pfmajor = p.u64(8).unwrap_or(t.pfmajor);
        t.pfminor = p.u64(9).unwrap_or(t.pfminor);
        t.vmsize = p.u32(10).unwrap_or(t.vmsize);
        t.vmrss = p.u32(11).unwrap_or(t.vmrss);
        t.vmswap = p.u32(12).unwrap_or(t.vmswap);
        t.fdlimit = p.i64(7).unwrap_or(t.fdlimit);
        t.tty = p.u32(16).unwrap_or(t.tty);
        t.vpgid = p.i64(17).unwrap_or(t.vpgid);
        t.pgid = p.i64(28).unwrap_or(-1);
        t.loginuid = p.u32(18).unwrap_or(t.loginuid);
        t.uid = p.u32(26).unwrap_or(t.uid);
        t.gid = p.u32(29).unwrap_or(t.gid);
        if let Some(flags) = p.u32(19) {
            t.exe_file.writable = flags & exe_flags::WRITABLE != 0;
            t.exe_file.upper_layer = flags & exe_flags::UPPER_LAYER != 0;
            t.exe_file.lower_layer = flags & exe_flags::LOWER_LAYER != 0;
            t.exe_file.from_memfd = flags & exe_flags::FROM_MEMFD != 0;
        }
        t.caps.inheritable = p.u64(20).unwrap_or(t.caps.inheritable);
        t.caps.permitted = p.u64(21).unwrap_or(t.caps.permitted);
        t.caps.effective = p.u64(22).unwrap_or(t.caps.effective);
        t.exe_file.ino = p.u64(23).unwrap_or(t.exe_file.ino);
        t.exe_file.ctime = p.u64(24).unwrap_or(t.exe_file.ctime);
        t.exe_file.mtime = p.u64(25).unwrap_or(t.exe_file.mtime);
        t.flags = NAME_CHANGED | t.flags & (clone_flags::INVERTED | clone_flags::IS_MAIN_THREAD);
        if let Some(container) = container {
            self.set_container(thread, container);
        }
        self.drop_cloexec(thread);
    }

    /// A secondary thread executed after its leader died: it takes the leader's number and place.
    fn resurrect(&mut self, thread: ThreadRef) {
        let Some(t) = self.at_mut(thread) else { return };
        if !std::mem::replace(&mut t.dead, false) {
            return;
        }
        let pid = t.pid;
        if let Some(g) = self.groups.get_mut(&pid) {
            g.alive += 1;
        }
    }

    fn remove_other_threads(&mut self, thread: ThreadRef) {
        let Some(t) = self.at(thread).filter(|t| !t.is_invalid()) else { return };
        let Some(group) = self.groups.get(&t.pid).filter(|g| g.threads.len() > 1) else { return };
        let others: Vec<u32> = group.threads.iter().copied().filter(|i| *i != thread.0).collect();
        for other in others {
            let other = ThreadRef(other);
            if self.at(other).is_some_and(|o| !o.is_main()) {
                self.remove_thread(other);
            }
        }
    }

    /// The event tells a placeholder who it is.
    fn patch_placeholder(&mut self, thread: ThreadRef, e: &Event<'_>) {
        let p = &e.params;
        let Some(t) = self.at_mut(thread) else { return };
        t.pid = p.i64(4).unwrap_or(t.tid);
        t.ptid = p.i64(5).unwrap_or(0);
        if t.flags & clone_flags::CHILD_IN_PIDNS == 0 {
            (t.vtid, t.vpid) = (t.tid, t.pid);
        }
        self.link(thread);
    }

    /// Path of the program: as the kernel resolved it, or from the stored enter event; `None` leaves the old one.
    fn exec_path(&mut self, e: &Event<'_>) -> Option<Vec<u8>> {
        if let Some(path) = e.params.charbuf(27) {
            return Some(self.cut(path).to_vec());
        }
        let enter = self.stored_enter()?;
        let thread = self.thread()?;
        if enter.ty == types::EXECVEAT_E {
            let dirfd = enter.params.i64(0).unwrap_or(-100);
            let name = enter.params.charbuf(1).unwrap_or(b"<NA>");
            let by_fd = enter.params.u32(2).unwrap_or(0) & AT_EMPTY_PATH != 0;
            let dir = self.fd(thread, dirfd);
            return Some(match dir {
                _ if !by_fd && name == b"<NA>" => b"<NA>".to_vec(),
                // The descriptor itself is the program.
                Some(dir) if by_fd => path::join(b"", &dir.name),
                None if dirfd != -100 && !name.starts_with(b"/") => b"<NA>".to_vec(),
                _ => self.resolve(thread, dirfd, name),
            });
        }
        match enter.params.charbuf(0) {
            None | Some(b"<NA>") => Some(b"<NA>".to_vec()),
            Some(name) => Some(path::join(self.cwd(thread), name)),
        }
    }

    fn drop_cloexec(&mut self, thread: ThreadRef) {
        let Some(owner) = self.main_ref(thread) else { return };
        let Some(Some(t)) = self.slots.get_mut(owner.0 as usize) else { return };
        if t.fds.iter().any(|(_, fd)| fd.cloexec) {
            let gone = Arc::make_mut(&mut t.fds).remove_if(|_, fd| fd.cloexec);
            self.fd_count = self.fd_count.saturating_sub(gone);
        }
    }
}
