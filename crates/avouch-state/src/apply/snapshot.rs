//! Facts that stand before the first event.

use std::net::IpAddr;
use std::sync::Arc;

use avouch_event::{FdEntry, FdKind, GroupEntry, InterfaceEntry, L4Proto, MachineInfo, ProcessEntry, UserEntry};
use rustc_hash::FxHashSet;

use crate::fd::{Fd, FdType, Role, SockEnds};
use crate::state::{Machine, State};
use crate::text::{Cmdline, Text};
use crate::thread::{Caps, ExeFile, Thread, ThreadRef};
use crate::users::{Group, User};
use crate::{cgroup, path, sock};

/// Bits that the driver adds to open flags: the file lies in an overlay's upper or lower layer.
pub(super) const UPPER_LAYER: u32 = 1 << 15;
/// See [`UPPER_LAYER`].
pub(super) const LOWER_LAYER: u32 = 1 << 16;

impl State {
    pub(super) fn add_machine(&mut self, m: &MachineInfo<'_>) {
        self.machine = Machine {
            cpus: m.cpus,
            memory_bytes: m.memory_bytes,
            max_pid: m.max_pid,
            hostname: self.cut(m.hostname).into(),
            boot_time: m.boot_time,
        };
    }

    pub(super) fn add_process(&mut self, p: &ProcessEntry<'_>) {
        let thread = self.thread_from(p, 0);
        if let Some(added) = self.add_unlinked(thread) {
            self.unlinked.push(added);
        }
    }

    /// The thread that an entry tells of, without descriptors and without its place in group and family.
    pub(super) fn thread_from(&mut self, p: &ProcessEntry<'_>, now: u64) -> Thread {
        let leads = p.tid == p.pid;
        let cgroups = self.cut(p.cgroups);
        let renamed = cgroup::normalised(cgroups);
        let cgroups = renamed.as_deref().unwrap_or(cgroups);
        let container = self.container_of(cgroups, now);
        let mut cwd = Vec::new();
        if leads {
            path::join_into(b"", p.cwd, &mut cwd);
            if !cwd.ends_with(b"/") {
                cwd.push(b'/');
            }
        }
        Thread {
            pid: p.pid,
            ptid: p.ptid,
            sid: p.sid,
            vpgid: p.vpgid,
            pgid: p.pgid,
            vtid: p.vtid,
            vpid: p.vpid,
            cmdline: Cmdline::new(self.cut(p.comm), self.cut(p.args)),
            exe: Text::new(self.cut(p.exe)),
            exepath: Text::new(without_deleted(self.cut(p.exepath))),
            env: if leads { Text::new(self.cut(p.env)) } else { Text::default() },
            cwd: Text::new(&cwd),
            cgroups: Text::new(cgroups),
            root: Text::new(self.cut(p.root)),
            flags: p.flags,
            uid: p.uid,
            gid: p.gid,
            loginuid: p.loginuid,
            tty: p.tty,
            fdlimit: p.fdlimit,
            vmsize: p.vmsize,
            vmrss: p.vmrss,
            vmswap: p.vmswap,
            pfmajor: p.pfmajor,
            pfminor: p.pfminor,
            caps: Caps { inheritable: p.cap_inheritable, permitted: p.cap_permitted, effective: p.cap_effective },
            exe_file: ExeFile {
                ino: p.exe_ino,
                ctime: p.exe_ino_ctime,
                mtime: p.exe_ino_mtime,
                writable: p.exe_writable,
                upper_layer: p.exe_upper_layer,
                lower_layer: p.exe_lower_layer,
                from_memfd: p.exe_from_memfd,
            },
            pidns_init_start_ts: p.pidns_init_start_ts,
            container,
            ..Thread::new(p.tid)
        }
    }

    pub(super) fn add_snapshot_fd(&mut self, tid: i64, entry: &FdEntry<'_>) {
        let Some(thread) = self.find_ref(tid) else {
            self.counters.unknown_threads += 1;
            return;
        };
        let owner = self.fd_root(thread).unwrap_or(thread);
        let fd = self.fd_from(entry);
        self.insert_fd(owner, entry.fd, Arc::new(fd));
    }

    /// The descriptor that an entry tells of.
    pub(super) fn fd_from(&mut self, entry: &FdEntry<'_>) -> Fd {
        Fd { ino: entry.ino, ..self.fd_of_kind(&entry.kind) }
    }

    fn fd_of_kind(&mut self, kind: &FdKind<'_>) -> Fd {
        let (ty, name) = match *kind {
            FdKind::File { name, open_flags, dev } => {
                let mut fd = Fd::new(FdType::File, self.cut(name));
                (fd.open_flags, fd.dev) = (open_flags, dev);
                fd.cloexec = open_flags & super::files::O_CLOEXEC != 0;
                set_layers(&mut fd);
                return fd;
            }
            FdKind::Socket { source, dest, proto } => {
                let (source, dest) = sock::unmapped_pair(source, dest);
                let ends = SockEnds::Inet { source, dest };
                let ty = if source.0.is_ipv4() { FdType::Ipv4 } else { FdType::Ipv6 };
                let connected = proto == L4Proto::Tcp;
                return Fd { ends, proto, connected, name: sock::name(&ends, b""), ..Fd::new(ty, b"") };
            }
            FdKind::ServerSocket { local, proto } => {
                let ends = SockEnds::Server { local };
                let ty = if local.0.is_ipv4() { FdType::Ipv4Server } else { FdType::Ipv6Server };
                return Fd { ends, proto, role: Role::Server, name: sock::name(&ends, b""), ..Fd::new(ty, b"") };
            }
            FdKind::Unix { source, dest, name } => {
                let role = if name.is_empty() { Role::Client } else { Role::Server };
                let ends = SockEnds::Unix { source, dest };
                return Fd { ends, role, ..Fd::new(FdType::Unix, self.cut(name)) };
            }
            FdKind::Directory { name } => (FdType::Directory, name),
            FdKind::Fifo { name } => (FdType::Fifo, name),
            FdKind::Unsupported { name } => (FdType::Unsupported, name),
            FdKind::Event { name } => (FdType::Event, name),
            FdKind::Signalfd { name } => (FdType::Signalfd, name),
            FdKind::Eventpoll { name } => (FdType::Eventpoll, name),
            FdKind::Inotify { name } => (FdType::Inotify, name),
            FdKind::Timerfd { name } => (FdType::Timerfd, name),
            FdKind::Netlink { name } => (FdType::Netlink, name),
            FdKind::Bpf { name } => (FdType::Bpf, name),
            FdKind::Userfaultfd { name } => (FdType::Userfaultfd, name),
            FdKind::IoUring { name } => (FdType::IoUring, name),
            FdKind::Memfd { name } => (FdType::Memfd, name),
            FdKind::Pidfd { name } => {
                let pid = name.strip_prefix(b"/proc/").and_then(|p| std::str::from_utf8(p).ok()?.parse().ok());
                return Fd { target_pid: pid.unwrap_or(0), ..Fd::new(FdType::Pidfd, self.cut(name)) };
            }
        };
        Fd::new(ty, self.cut(name))
    }

    pub(super) fn add_interface(&mut self, i: &InterfaceEntry<'_>) {
        if self.interfaces.list().len() < self.limits.interfaces {
            self.interfaces.add(i);
        } else {
            self.counters.dropped_entries += 1;
        }
    }

    pub(super) fn add_user(&mut self, u: &UserEntry<'_>) {
        let user = User {
            uid: u.uid,
            gid: u.gid,
            name: self.cut(u.name).into(),
            home: self.cut(u.home).into(),
            shell: self.cut(u.shell).into(),
        };
        if !self.users.insert(u.container_id, u.uid, user, self.limits.users) {
            self.counters.dropped_entries += 1;
        }
    }

    pub(super) fn add_group(&mut self, g: &GroupEntry<'_>) {
        let group = Group { gid: g.gid, name: self.cut(g.name).into() };
        if !self.user_groups.insert(g.container_id, g.gid, group, self.limits.users) {
            self.counters.dropped_entries += 1;
        }
    }

    /// All facts are there: families and groups are linked, and sockets learn who serves.
    pub(super) fn end_snapshot(&mut self) {
        for thread in std::mem::take(&mut self.unlinked) {
            self.link(thread);
        }
        let listening = self.listening_ports();
        for slot in 0..u32::try_from(self.slots.len()).unwrap_or(u32::MAX) {
            self.fix_sockets(ThreadRef(slot), &listening);
        }
    }

    fn listening_ports(&self) -> FxHashSet<u16> {
        let fds = self.slots.iter().flatten().flat_map(|t| t.fds.iter());
        fds.filter_map(|(_, fd)| match fd.ends {
            SockEnds::Server { local } => Some(local.1),
            _ => None,
        })
        .collect()
    }

    fn fix_sockets(&mut self, thread: ThreadRef, listening: &FxHashSet<u16>) {
        let Some(Some(t)) = self.slots.get_mut(thread.0 as usize) else { return };
        let sockets: Vec<i64> = t
            .fds
            .iter()
            .filter(|(_, fd)| matches!(fd.ends, SockEnds::Inet { .. }) && fd.role == Role::None)
            .map(|(n, _)| n)
            .collect();
        if sockets.is_empty() {
            return;
        }
        let table = Arc::make_mut(&mut t.fds);
        for n in sockets {
            let Some(fd) = table.get_mut(n) else { continue };
            settle(&self.interfaces, fd, |port| listening.contains(&port));
        }
    }
}

/// Works out what a socket's ends alone do not tell: own addresses, and which end serves. `serves` knows the ports that are
/// listened on.
pub(super) fn settle(interfaces: &crate::Interfaces, fd: &mut Fd, serves: impl Fn(u16) -> bool) {
    interfaces.fill(&mut fd.ends);
    let SockEnds::Inet { source, dest } = fd.ends else { return };
    // v6 sockets keep no role, as upstream leaves them.
    if fd.ty == FdType::Ipv4 {
        if serves(source.1) {
            fd.ends = SockEnds::Inet { source: dest, dest: source };
            fd.role = Role::Server;
        } else {
            fd.role = Role::Client;
        }
    }
    fd.name = sock::name(&fd.ends, b"");
}

impl crate::Interfaces {
    /// Fills an end of a socket that is "any address" with the own address that serves the other end.
    pub(super) fn fill(&self, ends: &mut SockEnds) {
        let SockEnds::Inet { source, dest } = ends else { return };
        let any = |ip: IpAddr| ip.is_unspecified();
        let (empty, peer) = match (any(source.0), any(dest.0)) {
            (true, _) => (source, dest),
            (false, true) => (dest, source),
            _ => return,
        };
        // A socket does not talk to itself.
        if let Some(own) = self.infer(peer.0).filter(|own| *own != peer.0 || empty.1 != peer.1) {
            empty.0 = own;
        }
    }
}

/// The kernel's mark on the path of a program whose file is gone.
pub(super) fn without_deleted(path: &[u8]) -> &[u8] {
    path.strip_suffix(b" (deleted)").unwrap_or(path)
}

pub(super) fn set_layers(fd: &mut Fd) {
    fd.upper_layer = fd.open_flags & UPPER_LAYER != 0;
    fd.lower_layer = fd.open_flags & LOWER_LAYER != 0;
}
