//! Facts told in the midst of events: what a thread is, and what one of its descriptors refers to.
//!
//! A live sensor tells them, hidden, before a call on something that the state may not have seen being made. They have the
//! effect of the same fact in a snapshot, but for what is known already: that came from the call itself and knows more
//! (close-on-exec, the path as it was given, which end serves).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use avouch_event::{Event, FdEntry, FdKind, L4Proto, Params, ProcessEntry, types};

use super::exec::exe_flags;
use super::network::l4_proto;
use super::snapshot::settle;
use crate::fd::{Fd, FdType, SockEnds};
use crate::sock;
use crate::state::State;
use crate::thread::{Thread, ThreadRef, clone_flags};

/// Processes looked at upwards for who listens on a socket's port: a listener is inherited from near.
const LISTENER_DEPTH: usize = 8;

/// Starts of one pid namespace differ by no more than this, in ns: /proc tells them by hundredths of a second.
const PIDNS_START_NS: u64 = 20_000_000;

/// Where the parameters of the task event stand.
mod at {
    pub(super) const PPID: usize = 0;
    pub(super) const PGID: usize = 1;
    pub(super) const VPGID: usize = 2;
    pub(super) const SID: usize = 3;
    pub(super) const COMM: usize = 4;
    pub(super) const ARGV: usize = 5;
    pub(super) const EXEPATH: usize = 6;
    pub(super) const EXE_FLAGS: usize = 7;
    pub(super) const ENV: usize = 8;
    pub(super) const CWD: usize = 9;
    pub(super) const FDLIMIT: usize = 10;
    pub(super) const EUID: usize = 11;
    pub(super) const EGID: usize = 12;
    pub(super) const CAP_PERMITTED: usize = 13;
    pub(super) const CAP_EFFECTIVE: usize = 14;
    pub(super) const CAP_INHERITABLE: usize = 15;
    pub(super) const EXE_INO: usize = 16;
    pub(super) const EXE_CTIME: usize = 17;
    pub(super) const EXE_MTIME: usize = 18;
    pub(super) const VM_SIZE: usize = 19;
    pub(super) const VM_RSS: usize = 20;
    pub(super) const VM_SWAP: usize = 21;
    pub(super) const PF_MAJOR: usize = 22;
    pub(super) const PF_MINOR: usize = 23;
    pub(super) const VTGID: usize = 24;
    pub(super) const VPID: usize = 25;
    pub(super) const PIDNS_START: usize = 26;
    pub(super) const CGROUPS: usize = 27;
    pub(super) const ROOT: usize = 28;
    pub(super) const TTY: usize = 30;
    pub(super) const LOGINUID: usize = 31;
}

impl State {
    pub(super) fn on_task(&mut self, e: &Event<'_>) {
        let p = &e.params;
        let known = self.find_ref(e.tid);
        let vpid = p.i32(at::VPID).map_or(e.tid, i64::from);
        let vtgid = p.i32(at::VTGID).map_or(vpid, i64::from);
        let start = p.u64(at::PIDNS_START).filter(|_| vpid != e.tid);
        let pidns_start = self.machine.boot_time.wrapping_add(start.unwrap_or(0));
        let Some(pid) = self.process_of(e.tid, vtgid, vpid, pidns_start) else {
            self.counters.malformed_events += 1;
            return;
        };
        let entry = entry(p, e.tid, pid);
        let entry = ProcessEntry { vtid: vpid, vpid: vtgid, pidns_init_start_ts: pidns_start, ..entry };
        let mut thread = self.thread_from(&entry, e.timestamp);
        thread.last_access = e.timestamp;
        self.current.thread = match known {
            Some(old) if self.at(old).is_some_and(|t| t.is_invalid() || t.pid == pid) => {
                self.refresh(old, thread, p);
                Some(old)
            }
            other => {
                // The exit of an earlier thread of that number was missed.
                if let Some(old) = other {
                    self.remove_thread(old);
                }
                self.add_thread(thread)
            }
        };
    }

    /// The process of a thread by its numbers in its own pid namespace, which is all the event tells. `None` for a thread of
    /// a container whose leader is unknown.
    fn process_of(&self, tid: i64, vtgid: i64, vpid: i64, pidns_start: u64) -> Option<i64> {
        if vtgid == vpid {
            return Some(tid);
        }
        let known = self.find(tid).filter(|t| !t.is_invalid() && t.vpid == vtgid);
        if let Some(known) = known {
            return Some(known.pid);
        }
        if vpid == tid {
            return Some(vtgid);
        }
        let apart = |t: &Thread| t.pidns_init_start_ts.abs_diff(pidns_start);
        let leads = |t: &&Thread| t.is_main() && t.vtid == vtgid && t.tid != vtgid && apart(t) < PIDNS_START_NS;
        self.threads().filter(leads).min_by_key(|t| apart(t)).map(|t| t.pid)
    }

    /// Replaces what is known of `thread` by `new`; what the event leaves out, and what belongs to the thread's history,
    /// stays.
    fn refresh(&mut self, thread: ThreadRef, mut new: Thread, told: &Params<'_>) {
        let Some(old) = self.at_mut(thread) else { return };
        if !old.is_invalid() {
            keep_untold(old, &mut new, told);
        }
        let (container, ptid) = (new.container, new.ptid);
        *old = Thread {
            container: old.container,
            ptid: old.ptid,
            flags: old.flags | new.flags,
            clone_ts: old.clone_ts,
            exec_ts: old.exec_ts,
            dead: old.dead,
            exectime: old.exectime,
            total_exectime: old.total_exectime,
            cpu_user: old.cpu_user,
            cpu_system: old.cpu_system,
            fds: std::mem::take(&mut old.fds),
            enter: old.enter.take(),
            enter_valid: old.enter_valid,
            links: old.links,
            linked: old.linked,
            ..new
        };
        self.set_container(thread, container);
        self.set_parent(thread, ptid);
    }

    pub(super) fn on_task_file(&mut self, e: &Event<'_>) {
        let Some(thread) = self.current.thread else { return };
        let Some((entry, connected)) = descriptor(e) else {
            self.counters.malformed_events += 1;
            return;
        };
        let mut fd = self.fd_from(&entry);
        fd.connected &= connected;
        let owner = self.fd_root(thread).unwrap_or(thread);
        match fd.ends {
            SockEnds::Inet { .. } if connected => {
                settle(&self.interfaces, &mut fd, |port| self.listens_near(owner, port));
            }
            // A socket that was only made has no name yet, as after the call that makes it.
            SockEnds::Inet { .. } => fd.name.clear(),
            _ => {}
        }
        self.tell_fd(owner, entry.fd, fd);
    }

    /// Whether the process or one near above it has a socket that is bound to `port`.
    fn listens_near(&self, owner: ThreadRef, port: u16) -> bool {
        let Some(t) = self.at(owner) else { return false };
        let bound = |fd: &Fd| matches!(fd.ends, SockEnds::Server { local } if local.1 == port);
        let own = std::iter::once(t).chain(self.ancestors(t).take(LISTENER_DEPTH));
        port != 0 && own.flat_map(|t| t.fds.iter()).any(|(_, fd)| bound(fd))
    }

    /// Enters a descriptor, unless it is the one that is known.
    fn tell_fd(&mut self, owner: ThreadRef, number: i64, mut fd: Fd) {
        if let Some(old) = self.at(owner).and_then(|t| t.fds.get(number)) {
            if is_told_by(&fd, old) {
                if old.ino == 0 && fd.ino != 0 {
                    let filled = Fd { ino: fd.ino, ..old.clone() };
                    self.insert_fd(owner, number, Arc::new(filled));
                }
                return;
            }
            let same_file = old.ino != 0 && old.ino == fd.ino;
            // A socket call does not tell the inode, and later calls may not have been collected.
            let same_socket = (old.ino == 0 || old.ino == fd.ino) && old.ty.is_inet() && fd.ty.is_inet();
            fd.cloexec |= (same_file || same_socket) && old.cloexec;
        }
        self.insert_fd(owner, number, Arc::new(fd));
    }
}

/// Whether `old` already says what the fact `new` says.
fn is_told_by(new: &Fd, old: &Fd) -> bool {
    if old.ino != 0 && new.ino != 0 && old.ino != new.ino {
        return false;
    }
    let same_ino = old.ino != 0 && old.ino == new.ino;
    match (new.ty, old.ty) {
        (a, b) if a.is_inet() && b.is_inet() => {
            (new.proto == old.proto || new.proto == L4Proto::Unknown) && ends_told_by(&new.ends, &old.ends)
        }
        (FdType::Unix, FdType::Unix) => same_ino || new.name == old.name || ends_told_by(&new.ends, &old.ends),
        (FdType::Fifo, FdType::Fifo) => same_ino || new.name == old.name,
        (FdType::Memfd, FdType::Memfd) => memfd_name(&new.name) == memfd_name(&old.name),
        // The same file keeps the name it was opened by.
        (a, b) if is_path(a) && is_path(b) => same_ino || (a == b && new.name == old.name),
        (a, b) => a == b && !is_path(a),
    }
}

/// Files that have an inode of their own. What else there is shares one.
fn is_path(ty: FdType) -> bool {
    matches!(ty, FdType::File | FdType::Directory | FdType::Fifo)
}

/// Whether `old` holds at least what `new` says of the ends of a socket.
fn ends_told_by(new: &SockEnds, old: &SockEnds) -> bool {
    match (*new, *old) {
        (SockEnds::Inet { source: a, dest: b }, SockEnds::Inet { source: c, dest: d }) => {
            (a, b) == (c, d) || (a, b) == (d, c) || (a.1 == 0 && b.1 == 0)
        }
        (SockEnds::Server { local: a }, SockEnds::Server { local: b }) => a.1 == b.1,
        // Whom a datagram socket spoke with last is more than where it is bound.
        (SockEnds::Server { local }, SockEnds::Inet { source, dest }) => local.1 == source.1 || local.1 == dest.1,
        (SockEnds::Inet { source, dest }, SockEnds::Server { .. }) => source.1 == 0 && dest.1 == 0,
        (SockEnds::Unix { source: new, .. }, SockEnds::Unix { source, dest }) => {
            new != 0 && (new == source || new == dest)
        }
        (new, _) => new == SockEnds::None,
    }
}

/// Name that the file in memory was made with.
fn memfd_name(path: &[u8]) -> &[u8] {
    let name = path.strip_prefix(b"/").unwrap_or(path);
    super::snapshot::without_deleted(name.strip_prefix(b"memfd:").unwrap_or(name))
}

/// What the task event tells of thread `tid` of process `pid`.
fn entry<'a>(p: &Params<'a>, tid: i64, pid: i64) -> ProcessEntry<'a> {
    let id = |i| p.i32(i).map_or(-1, i64::from);
    let text = |i| p.charbuf(i).unwrap_or(b"");
    let list = |i| p.get(i).unwrap_or(b"");
    let argv = list(at::ARGV);
    let exe_len = argv.iter().position(|b| *b == 0).unwrap_or(argv.len());
    let (exe, args) = argv.split_at(exe_len);
    let exe_file = p.u32(at::EXE_FLAGS).unwrap_or(0);
    ProcessEntry {
        tid,
        pid,
        ptid: id(at::PPID),
        sid: id(at::SID),
        vpgid: id(at::VPGID),
        pgid: id(at::PGID),
        comm: text(at::COMM),
        exe,
        exepath: text(at::EXEPATH),
        args: args.get(1..).unwrap_or(b""),
        cwd: text(at::CWD),
        fdlimit: p.i64(at::FDLIMIT).unwrap_or(-1),
        flags: if tid == pid { 0 } else { clone_flags::THREAD | clone_flags::FILES },
        uid: p.u32(at::EUID).unwrap_or(u32::MAX),
        gid: p.u32(at::EGID).unwrap_or(u32::MAX),
        vmsize: p.u32(at::VM_SIZE).unwrap_or(0),
        vmrss: p.u32(at::VM_RSS).unwrap_or(0),
        vmswap: p.u32(at::VM_SWAP).unwrap_or(0),
        pfmajor: p.u64(at::PF_MAJOR).unwrap_or(0),
        pfminor: p.u64(at::PF_MINOR).unwrap_or(0),
        env: list(at::ENV),
        cgroups: list(at::CGROUPS),
        root: text(at::ROOT),
        tty: p.u32(at::TTY).unwrap_or(0),
        loginuid: p.u32(at::LOGINUID).unwrap_or(u32::MAX),
        exe_writable: exe_file & exe_flags::WRITABLE != 0,
        cap_inheritable: p.u64(at::CAP_INHERITABLE).unwrap_or(0),
        cap_permitted: p.u64(at::CAP_PERMITTED).unwrap_or(0),
        cap_effective: p.u64(at::CAP_EFFECTIVE).unwrap_or(0),
        exe_upper_layer: exe_file & exe_flags::UPPER_LAYER != 0,
        exe_lower_layer: exe_file & exe_flags::LOWER_LAYER != 0,
        exe_from_memfd: exe_file & exe_flags::FROM_MEMFD != 0,
        exe_ino: p.u64(at::EXE_INO).unwrap_or(0),
        exe_ino_ctime: p.u64(at::EXE_CTIME).unwrap_or(0),
        exe_ino_mtime: p.u64(at::EXE_MTIME).unwrap_or(0),
        ..ProcessEntry::default()
    }
}

/// Gives `new` what the event does not tell.
fn keep_untold(old: &Thread, new: &mut Thread, told: &Params<'_>) {
    let untold = |i| told.get(i).is_none();
    macro_rules! keep {
        ($($param:expr => $($field:ident).+),+ $(,)?) => {
            $(if untold($param) { new.$($field).+ = old.$($field).+.clone(); })+
        };
    }
    keep! {
        at::PPID => ptid,
        at::PGID => pgid,
        at::VPGID => vpgid,
        at::SID => sid,
        at::ARGV => exe,
        at::EXEPATH => exepath,
        at::ENV => env,
        at::CWD => cwd,
        at::FDLIMIT => fdlimit,
        at::EUID => uid,
        at::EGID => gid,
        at::CAP_PERMITTED => caps.permitted,
        at::CAP_EFFECTIVE => caps.effective,
        at::CAP_INHERITABLE => caps.inheritable,
        at::EXE_INO => exe_file.ino,
        at::EXE_CTIME => exe_file.ctime,
        at::EXE_MTIME => exe_file.mtime,
        at::EXE_FLAGS => exe_file.writable,
        at::EXE_FLAGS => exe_file.upper_layer,
        at::EXE_FLAGS => exe_file.lower_layer,
        at::EXE_FLAGS => exe_file.from_memfd,
        at::VM_SIZE => vmsize,
        at::VM_RSS => vmrss,
        at::VM_SWAP => vmswap,
        at::PF_MAJOR => pfmajor,
        at::PF_MINOR => pfminor,
        at::PIDNS_START => pidns_init_start_ts,
        at::CGROUPS => cgroups,
        at::CGROUPS => container,
        at::ROOT => root,
        at::TTY => tty,
        at::LOGINUID => loginuid,
    }
    if untold(at::COMM) || untold(at::ARGV) {
        new.cmdline = old.cmdline.clone();
    }
}

/// The descriptor that the event tells of, and whether it is a socket with a peer.
fn descriptor<'a>(e: &Event<'a>) -> Option<(FdEntry<'a>, bool)> {
    let p = &e.params;
    let fd = i64::from(p.i32(0).filter(|n| *n >= 0)?);
    let path = p.charbuf(1).unwrap_or(b"");
    let plain = |ino, kind| Some((FdEntry { fd, ino: p.u64(ino).unwrap_or(0), kind }, false));
    match e.ty {
        types::ITER_TASK_FILE_PIPE_E => plain(2, FdKind::Fifo { name: path }),
        types::ITER_TASK_FILE_MEMFD_E => plain(2, FdKind::Memfd { name: path }),
        types::ITER_TASK_FILE_DIRECTORY_E => plain(2, FdKind::Directory { name: path }),
        types::ITER_TASK_FILE_REGULAR_E => {
            plain(4, FdKind::File { name: path, open_flags: p.u32(2).unwrap_or(0), dev: 0 })
        }
        types::ITER_TASK_FILE_ANON_INODE_E => plain(3, anonymous(p.u8(1).unwrap_or(0), p.charbuf(2).unwrap_or(b""))),
        types::ITER_TASK_FILE_SOCKET_NETLINK_E => plain(3, FdKind::Netlink { name: b"" }),
        types::ITER_TASK_FILE_SOCKET_UNIX_E => {
            let name = p.charbuf(4).unwrap_or(b"");
            plain(5, FdKind::Unix { source: p.u64(3).unwrap_or(0), dest: 0, name })
        }
        types::ITER_TASK_FILE_SOCKET_INET_E => {
            let address = |i| p.get(i)?.first_chunk::<4>().map(|b| IpAddr::from(Ipv4Addr::from(*b)));
            let any = Ipv4Addr::UNSPECIFIED.into();
            Some(socket(fd, p, address(3).unwrap_or(any), address(5).unwrap_or(any)))
        }
        types::ITER_TASK_FILE_SOCKET_INET6_E => {
            let address = |i| p.get(i)?.first_chunk::<16>().map(|b| IpAddr::from(Ipv6Addr::from(*b)));
            let any = Ipv6Addr::UNSPECIFIED.into();
            Some(socket(fd, p, address(3).unwrap_or(any), address(5).unwrap_or(any)))
        }
        _ => None,
    }
}

/// A socket without a peer is a server when it is bound to a port.
fn socket<'a>(fd: i64, p: &Params<'_>, local: IpAddr, remote: IpAddr) -> (FdEntry<'a>, bool) {
    let word = |i| p.u16(i).unwrap_or(0);
    let (local_port, remote_port) = (word(4), word(6));
    let proto = l4_proto(u32::from(word(1)), u32::from(word(2)));
    let connected = remote_port != 0 || !remote.is_unspecified();
    // Raw and ping sockets have no ports: what stands there is the protocol's number or the like.
    let ports = !matches!(proto, L4Proto::Raw | L4Proto::Icmp);
    let kind = if connected || local_port == 0 || !ports {
        FdKind::Socket { source: (local, local_port), dest: (remote, remote_port), proto }
    } else {
        FdKind::ServerSocket { local: (sock::mapped(local).unwrap_or(local), local_port), proto }
    };
    (FdEntry { fd, ino: p.u64(7).unwrap_or(0), kind }, connected)
}

/// By the numbers of `anon_inode_fd_types`. One that has no type of its own (perf events, and what the sensor does not
/// know) is unsupported, as in a snapshot.
fn anonymous(ty: u8, name: &[u8]) -> FdKind<'_> {
    match ty {
        1 => FdKind::Event { name },
        2 => FdKind::Eventpoll { name },
        3 => FdKind::Inotify { name },
        4 => FdKind::Signalfd { name },
        5 => FdKind::Timerfd { name },
        6 => FdKind::IoUring { name },
        7 => FdKind::Userfaultfd { name },
        8 => FdKind::Pidfd { name },
        9..=12 => FdKind::Bpf { name },
        _ => FdKind::Unsupported { name },
    }
}
