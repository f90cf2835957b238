//! Ends of sockets, from the kernel's tables under /proc/PID/net.

use std::collections::hash_map::Entry;
use std::ffi::CStr;
use std::net::IpAddr;

use avouch_event::{FdKind, L4Proto};
use rustc_hash::{FxHashMap, FxHashSet};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Mode, OFlags, openat};

use crate::options::{Counts, Missing, Options};
use crate::{files, parse};

/// Internet tables of a network namespace.
const TABLES: [(&CStr, L4Proto); 8] = [
    (c"net/tcp", L4Proto::Tcp),
    (c"net/tcp6", L4Proto::Tcp),
    (c"net/udp", L4Proto::Udp),
    (c"net/udp6", L4Proto::Udp),
    (c"net/raw", L4Proto::Raw),
    (c"net/raw6", L4Proto::Raw),
    (c"net/icmp", L4Proto::Icmp),
    (c"net/icmp6", L4Proto::Icmp),
];

/// What the kernel's tables say about one socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Socket {
    /// v4 or v6.
    Inet {
        /// Own end.
        local: (IpAddr, u16),
        /// The peer's end; all zeros when there is no peer.
        remote: (IpAddr, u16),
        /// Transport.
        proto: L4Proto,
        /// The state of a listening TCP socket.
        listening: bool,
    },
    /// The kernel's addresses of both ends cannot be seen from outside.
    Unix {
        /// Path or `@` and an abstract name; empty when not bound.
        path: Vec<u8>,
    },
    /// To the kernel.
    Netlink,
}

impl Socket {
    /// As an entry of the descriptor list.
    #[must_use]
    pub fn kind(&self) -> FdKind<'_> {
        match self {
            Self::Inet { local, remote, proto, listening } => {
                // A datagram socket that is bound and has no peer takes from anyone, as a listening one does.
                let takes_all = *proto == L4Proto::Udp && local.1 != 0 && remote.1 == 0 && remote.0.is_unspecified();
                if *listening || takes_all {
                    FdKind::ServerSocket { local: *local, proto: *proto }
                } else {
                    FdKind::Socket { source: *local, dest: *remote, proto: *proto }
                }
            }
            Self::Unix { path } => FdKind::Unix { source: 0, dest: 0, name: path },
            Self::Netlink => FdKind::Netlink { name: b"" },
        }
    }
}

/// Sockets by inode, of all network namespaces seen during one scan.
#[derive(Debug, Default)]
pub(crate) struct Sockets {
    by_inode: FxHashMap<u64, Socket>,
    namespaces: FxHashSet<Vec<u8>>,
    link: Vec<u8>,
    buf: Vec<u8>,
}

impl Sockets {
    /// Forgets all, and gives the memory back: a busy machine has many.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The socket numbered `inode`, looked up in the tables of the namespace of the process whose folder is `dir`. A process
    /// may also hold sockets of a namespace it left; those are found when another process lives there.
    pub(crate) fn find(
        &mut self,
        dir: &OwnedFd,
        inode: u64,
        options: &Options,
        counts: &mut Counts,
    ) -> Option<&Socket> {
        if !self.by_inode.contains_key(&inode) {
            // Without permission for the link, the tables of one process stand for all.
            if files::link(dir, c"ns/net", &mut self.link).is_err() {
                self.link.clear();
            }
            if !self.namespaces.contains(&self.link) {
                self.namespaces.insert(self.link.clone());
                self.load(dir, options, counts);
            }
        }
        self.by_inode.get(&inode)
    }

    fn load(&mut self, dir: &OwnedFd, options: &Options, counts: &mut Counts) {
        let limit = options.sockets;
        for (name, proto) in TABLES {
            let sockets = &mut self.by_inode;
            table(dir, name, &mut self.buf, counts, |line, counts| {
                let Some(row) = parse::inet_row(line).filter(|r| r.inode != 0) else { return };
                let (local, remote) = (row.local, row.remote);
                let listening = proto == L4Proto::Tcp && row.listening;
                add(sockets, row.inode, || Socket::Inet { local, remote, proto, listening }, limit, counts);
            });
        }
        let sockets = &mut self.by_inode;
        table(dir, c"net/unix", &mut self.buf, counts, |line, counts| {
            let Some(row) = parse::unix_row(line) else { return };
            add(sockets, row.inode, || Socket::Unix { path: row.path.to_vec() }, limit, counts);
        });
        table(dir, c"net/netlink", &mut self.buf, counts, |line, counts| {
            let Some(inode) = parse::netlink_inode(line).filter(|i| *i != 0) else { return };
            add(sockets, inode, || Socket::Netlink, limit, counts);
        });
    }
}

/// The first line with an inode counts: a path with a line break in it may look like another line.
fn add(
    sockets: &mut FxHashMap<u64, Socket>,
    inode: u64,
    socket: impl FnOnce() -> Socket,
    limit: usize,
    counts: &mut Counts,
) {
    let full = sockets.len() >= limit;
    match sockets.entry(inode) {
        Entry::Occupied(_) => {}
        Entry::Vacant(_) if full => counts.over_sockets += 1,
        Entry::Vacant(free) => {
            free.insert(socket());
        }
    }
}

/// Hands out the lines of a table. A kernel without the protocol has none, which is no fault.
fn table(
    dir: impl AsFd,
    name: &CStr,
    buf: &mut Vec<u8>,
    counts: &mut Counts,
    mut take: impl FnMut(&[u8], &mut Counts),
) {
    let file = openat(dir, name, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
    match file.and_then(|file| files::each_line(file, buf, |line| take(line, counts))) {
        Ok(too_long) => counts.unreadable += too_long,
        Err(e) if Missing::from(e) == Missing::Gone => {}
        Err(rustix::io::Errno::INVAL) => {} // The process has no network namespace any more.
        Err(e) => counts.missing(e.into()),
    }
}

/// Inode in the link of a descriptor, when that is a socket.
pub(crate) fn inode_in(link: &[u8]) -> Option<u64> {
    parse::uint(link.strip_prefix(b"socket:[")?.strip_suffix(b"]")?)
}

/// The socket behind descriptor `fd` of `tid` as the tables have it now, for those who ask once in a while.
#[must_use]
pub fn socket_of(tid: i64, fd: i64) -> Option<Socket> {
    let options = Options::default();
    let proc = files::folder_at(&*options.proc).ok()?;
    let dir = files::folder(proc, rustix::path::DecInt::new(tid)).ok()?;
    let mut link = Vec::new();
    files::link(files::folder(&dir, c"fd").ok()?, rustix::path::DecInt::new(fd), &mut link).ok()?;
    let mut sockets = Sockets::default();
    sockets.find(&dir, inode_in(&link)?, &options, &mut Counts::default()).cloned()
}
