//! Facts as hidden events, for when they are told in the midst of others.

use std::net::IpAddr;

use avouch_event::{Event, EventBuf, EventType, FdEntry, FdKind, Item, L4Proto, ProcessEntry, types};

/// Turns the items of [`crate::Procfs::process`] into the events that tell the same between other events: a capture has no
/// place for items after its first event, and a replay must learn what the live run learnt.
#[derive(Debug)]
pub struct TaskFacts {
    buf: EventBuf,
    boot_time: u64,
}

impl TaskFacts {
    /// `boot_time` is that of the machine item that was told ([`crate::Procfs::boot_time`]).
    #[must_use]
    pub fn new(boot_time: u64) -> Self {
        Self { buf: EventBuf::new(types::ITER_TASK_E), boot_time }
    }

    /// The event that tells what `item` tells; `None` for items that are no facts of a task.
    pub fn event(&mut self, item: &Item<'_>, timestamp: u64) -> Option<Event<'_>> {
        let tid = match item {
            Item::Process(p) => {
                self.task(p);
                p.tid
            }
            Item::Fd(tid, fd) => {
                self.file(fd)?;
                *tid
            }
            _ => return None,
        };
        (self.buf.tid, self.buf.timestamp, self.buf.hidden) = (tid, timestamp, true);
        Some(self.buf.event())
    }

    fn task(&mut self, p: &ProcessEntry<'_>) {
        let e = &mut self.buf;
        e.clear(types::ITER_TASK_E);
        push_id(e, p.ptid);
        push_id(e, p.pgid);
        push_id(e, p.vpgid);
        push_id(e, p.sid);
        push_text(e, p.comm);
        let argv = if p.exe.is_empty() && p.args.is_empty() { Vec::new() } else { [p.exe, b"\0", p.args].concat() };
        e.push(&argv);
        push_text(e, p.exepath);
        let exe_flags = u32::from(p.exe_writable)
            | u32::from(p.exe_upper_layer) << 1
            | u32::from(p.exe_from_memfd) << 2
            | u32::from(p.exe_lower_layer) << 3;
        e.push_u32(exe_flags).push(p.env);
        push_text(e, p.cwd);
        e.push_i64(p.fdlimit).push_u32(p.uid).push_u32(p.gid);
        e.push_u64(p.cap_permitted).push_u64(p.cap_effective).push_u64(p.cap_inheritable);
        e.push_u64(p.exe_ino).push_u64(p.exe_ino_ctime).push_u64(p.exe_ino_mtime);
        e.push_u32(p.vmsize).push_u32(p.vmrss).push_u32(p.vmswap).push_u64(p.pfmajor).push_u64(p.pfminor);
        push_id(e, p.vpid);
        push_id(e, p.vtid);
        match p.pidns_init_start_ts.checked_sub(self.boot_time) {
            Some(since_boot) => e.push_u64(since_boot),
            None => e.push(&[]),
        };
        e.push(p.cgroups);
        push_text(e, p.root);
        // An entry does not hold when the task started.
        e.push(&[]).push_u32(p.tty).push_u32(p.loginuid);
    }

    /// `None` when the number or the addresses have no place in an event.
    fn file(&mut self, entry: &FdEntry<'_>) -> Option<()> {
        let fd = i32::try_from(entry.fd).ok()?.to_le_bytes();
        let e = &mut self.buf;
        let mut plain = |ty: EventType, name: &[u8]| {
            e.clear(ty);
            e.push(&fd);
            push_text(e, name);
            e.push_u64(entry.ino);
            Some(())
        };
        match entry.kind {
            FdKind::Fifo { name } => plain(types::ITER_TASK_FILE_PIPE_E, name),
            FdKind::Memfd { name } => plain(types::ITER_TASK_FILE_MEMFD_E, name),
            FdKind::Directory { name } => plain(types::ITER_TASK_FILE_DIRECTORY_E, name),
            FdKind::File { name, open_flags, .. } => {
                e.clear(types::ITER_TASK_FILE_REGULAR_E);
                e.push(&fd);
                push_text(e, name);
                e.push_u32(open_flags).push(&[]).push_u64(entry.ino);
                Some(())
            }
            FdKind::Netlink { .. } => {
                e.clear(types::ITER_TASK_FILE_SOCKET_NETLINK_E);
                e.push(&fd).push(&[]).push(&[]).push_u64(entry.ino);
                Some(())
            }
            FdKind::Unix { source, name, .. } => {
                e.clear(types::ITER_TASK_FILE_SOCKET_UNIX_E);
                e.push(&fd).push(&[]).push(&[]).push_u64(source);
                push_text(e, name);
                e.push_u64(entry.ino);
                Some(())
            }
            FdKind::Socket { source, dest, proto } => socket(e, &fd, source, dest, proto, entry.ino),
            FdKind::ServerSocket { local, proto } => {
                let any = if local.0.is_ipv4() { IpAddr::from([0; 4]) } else { IpAddr::from([0; 16]) };
                socket(e, &fd, local, (any, 0), proto, entry.ino)
            }
            FdKind::Event { name } => anonymous(e, &fd, 1, name, entry.ino),
            FdKind::Eventpoll { name } => anonymous(e, &fd, 2, name, entry.ino),
            FdKind::Inotify { name } => anonymous(e, &fd, 3, name, entry.ino),
            FdKind::Signalfd { name } => anonymous(e, &fd, 4, name, entry.ino),
            FdKind::Timerfd { name } => anonymous(e, &fd, 5, name, entry.ino),
            FdKind::IoUring { name } => anonymous(e, &fd, 6, name, entry.ino),
            FdKind::Userfaultfd { name } => anonymous(e, &fd, 7, name, entry.ino),
            FdKind::Pidfd { name } => anonymous(e, &fd, 8, name, entry.ino),
            // Maps, programs and links are one kind to an item.
            FdKind::Bpf { name } => anonymous(e, &fd, 9, name, entry.ino),
            FdKind::Unsupported { name } => anonymous(e, &fd, 0, name, entry.ino),
        }
    }
}

/// Unknown ids and ids too large for the event are absent.
fn push_id(e: &mut EventBuf, id: i64) {
    match i32::try_from(id) {
        Ok(id) if id >= 0 => e.push(&id.to_le_bytes()),
        _ => e.push(&[]),
    };
}

fn push_text(e: &mut EventBuf, text: &[u8]) {
    if text.is_empty() {
        e.push(&[]);
    } else {
        e.push_charbuf(text);
    }
}

/// By the numbers of `anon_inode_fd_types`.
fn anonymous(e: &mut EventBuf, fd: &[u8], ty: u8, name: &[u8], ino: u64) -> Option<()> {
    e.clear(types::ITER_TASK_FILE_ANON_INODE_E);
    e.push(fd).push_u8(ty);
    push_text(e, name);
    e.push_u64(ino);
    Some(())
}

fn socket(
    e: &mut EventBuf,
    fd: &[u8],
    local: (IpAddr, u16),
    remote: (IpAddr, u16),
    proto: L4Proto,
    ino: u64,
) -> Option<()> {
    // Type and protocol as `socket` takes them.
    let (ty, number) = match proto {
        L4Proto::Tcp => (1, 6),
        L4Proto::Udp => (2, 17),
        L4Proto::Icmp => (2, 1),
        L4Proto::Raw => (3, 255),
        L4Proto::Unknown | L4Proto::Na => (0, 0),
    };
    match (local.0, remote.0) {
        (IpAddr::V4(l), IpAddr::V4(r)) => {
            e.clear(types::ITER_TASK_FILE_SOCKET_INET_E);
            e.push(fd).push_u16(ty).push_u16(number);
            e.push(&l.octets()).push_u16(local.1).push(&r.octets()).push_u16(remote.1);
        }
        (IpAddr::V6(l), IpAddr::V6(r)) => {
            e.clear(types::ITER_TASK_FILE_SOCKET_INET6_E);
            e.push(fd).push_u16(ty).push_u16(number);
            e.push(&l.octets()).push_u16(local.1).push(&r.octets()).push_u16(remote.1);
        }
        _ => return None,
    }
    e.push_u64(ino);
    Some(())
}
