//! The state told as the items that stand before a capture's first event, so that a slice of a capture can begin anywhere.

use avouch_event::{
    Event, EventBuf, FdEntry, FdKind, GroupEntry, InterfaceEntry, Item, MachineInfo, ProcessEntry, UserEntry, types,
};

use crate::State;
use crate::fd::{Fd, FdType, SockEnds};
use crate::thread::Thread;

impl State {
    /// Tells the state, as it stands before the next event, to `emit`: machine, interfaces, users and groups, processes with
    /// their descriptors, the end of the facts, and then hidden events for what only events can tell (containers and their
    /// users).
    ///
    /// What the capture format cannot say is lost: when a thread was cloned, which end of a v6 socket serves, a path as it
    /// was given, who is dead but not gone.
    ///
    /// # Errors
    /// The first error of `emit`, which ends it.
    pub fn snapshot<E>(&mut self, mut emit: impl FnMut(&Item<'_>) -> Result<(), E>) -> Result<(), E> {
        self.apply_pending();
        let m = &self.machine;
        emit(&Item::Machine(MachineInfo {
            cpus: m.cpus,
            memory_bytes: m.memory_bytes,
            max_pid: m.max_pid,
            hostname: &m.hostname,
            boot_time: m.boot_time,
        }))?;
        for i in self.interfaces.list() {
            emit(&Item::Interface(InterfaceEntry { name: &i.name, addr: i.addr, link_speed: i.link_speed }))?;
        }
        for (_, u) in self.users.iter().filter(|(container, _)| container.is_empty()) {
            let (name, home, shell) = (&*u.name, &*u.home, &*u.shell);
            emit(&Item::User(UserEntry { uid: u.uid, gid: u.gid, name, home, shell, container_id: b"" }))?;
        }
        for (_, g) in self.user_groups.iter().filter(|(container, _)| container.is_empty()) {
            emit(&Item::Group(GroupEntry { gid: g.gid, name: &g.name, container_id: b"" }))?;
        }
        let mut args = Vec::new();
        for t in self.threads() {
            args.clear();
            for arg in t.cmdline.args() {
                args.extend_from_slice(arg);
                args.push(0);
            }
            emit(&Item::Process(self.process_entry(t, &args)))?;
        }
        for t in self.threads() {
            for (number, fd) in t.fds.iter() {
                emit(&Item::Fd(t.tid, FdEntry { fd: number, ino: fd.ino, kind: kind_of(fd) }))?;
            }
        }
        emit(&Item::SnapshotEnd)?;
        self.tell_containers(emit)
    }

    fn process_entry<'a>(&'a self, t: &'a Thread, args: &'a [u8]) -> ProcessEntry<'a> {
        ProcessEntry {
            tid: t.tid,
            pid: t.pid,
            ptid: t.ptid,
            sid: t.sid,
            vpgid: t.vpgid,
            pgid: t.pgid,
            comm: t.comm(),
            exe: &t.exe,
            exepath: &t.exepath,
            args,
            cwd: self.cwd(t),
            fdlimit: t.fdlimit,
            flags: t.flags,
            uid: t.uid,
            gid: t.gid,
            vmsize: t.vmsize,
            vmrss: t.vmrss,
            vmswap: t.vmswap,
            pfmajor: t.pfmajor,
            pfminor: t.pfminor,
            env: self.env(t),
            vtid: t.vtid,
            vpid: t.vpid,
            cgroups: &t.cgroups,
            root: &t.root,
            pidns_init_start_ts: t.pidns_init_start_ts,
            tty: t.tty,
            loginuid: t.loginuid,
            exe_writable: t.exe_file.writable,
            cap_inheritable: t.caps.inheritable,
            cap_permitted: t.caps.permitted,
            cap_effective: t.caps.effective,
            exe_upper_layer: t.exe_file.upper_layer,
            exe_lower_layer: t.exe_file.lower_layer,
            exe_from_memfd: t.exe_file.from_memfd,
            exe_ino: t.exe_file.ino,
            exe_ino_ctime: t.exe_file.ctime,
            exe_ino_mtime: t.exe_file.mtime,
        }
    }

    fn tell_containers<E>(&self, mut emit: impl FnMut(&Item<'_>) -> Result<(), E>) -> Result<(), E> {
        let now = self.current.shown_ts.unwrap_or(0);
        let mut buf = EventBuf::new(types::CONTAINER_JSON_2_E);
        (buf.hidden, buf.timestamp) = (true, now);
        let mut tell = |buf: &EventBuf| {
            let event: Event<'_> = buf.event();
            emit(&Item::Event(event))
        };
        for c in self.containers.iter() {
            let Some(meta) = &c.meta else { continue };
            buf.clear(types::CONTAINER_JSON_2_E);
            buf.push_charbuf(meta.json.as_bytes());
            tell(&buf)?;
        }
        for (container, u) in self.users.iter().filter(|(container, _)| !container.is_empty()) {
            buf.clear(types::USER_ADDED_E);
            buf.push_u32(u.uid).push_u32(u.gid);
            buf.push_charbuf(&u.name).push_charbuf(&u.home).push_charbuf(&u.shell).push_charbuf(container);
            tell(&buf)?;
        }
        for (container, g) in self.user_groups.iter().filter(|(container, _)| !container.is_empty()) {
            buf.clear(types::GROUP_ADDED_E);
            buf.push_u32(g.gid).push_charbuf(&g.name).push_charbuf(container);
            tell(&buf)?;
        }
        Ok(())
    }
}

fn kind_of(fd: &Fd) -> FdKind<'_> {
    let name = &*fd.name;
    match (fd.ty, fd.ends) {
        (_, SockEnds::Inet { source, dest }) => FdKind::Socket { source, dest, proto: fd.proto },
        (_, SockEnds::Server { local }) => FdKind::ServerSocket { local, proto: fd.proto },
        (FdType::Unix, SockEnds::Unix { source, dest }) => FdKind::Unix { source, dest, name },
        (FdType::Unix, _) => FdKind::Unix { source: 0, dest: 0, name },
        (FdType::File, _) => FdKind::File { name, open_flags: open_flags(fd), dev: fd.dev },
        (FdType::Directory, _) => FdKind::Directory { name },
        (FdType::Fifo, _) => FdKind::Fifo { name },
        (FdType::Event, _) => FdKind::Event { name },
        (FdType::Signalfd, _) => FdKind::Signalfd { name },
        (FdType::Eventpoll, _) => FdKind::Eventpoll { name },
        (FdType::Inotify, _) => FdKind::Inotify { name },
        (FdType::Timerfd, _) => FdKind::Timerfd { name },
        (FdType::Netlink, _) => FdKind::Netlink { name },
        (FdType::Bpf, _) => FdKind::Bpf { name },
        (FdType::Userfaultfd, _) => FdKind::Userfaultfd { name },
        (FdType::IoUring, _) => FdKind::IoUring { name },
        (FdType::Memfd, _) => FdKind::Memfd { name },
        (FdType::Pidfd, _) => FdKind::Pidfd { name },
        _ => FdKind::Unsupported { name },
    }
}

/// Open flags with the close-on-exec bit as it is now, which `fcntl` and `dup` may have changed.
fn open_flags(fd: &Fd) -> u32 {
    let bit = crate::apply::O_CLOEXEC;
    if fd.cloexec { fd.open_flags | bit } else { fd.open_flags & !bit }
}
