//! Descriptor lists: one block a process.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use avouch_event::{FdEntry, FdKind, Item, L4Proto};

use super::Found;
use crate::cursor::Cursor;
use crate::error::EntryFault;

/// Numbers of descriptor types.
pub(crate) mod kind {
    pub(crate) const FILE: u8 = 1;
    pub(crate) const DIRECTORY: u8 = 2;
    pub(crate) const IPV4: u8 = 3;
    pub(crate) const IPV6: u8 = 4;
    pub(crate) const IPV4_SERVER: u8 = 5;
    pub(crate) const IPV6_SERVER: u8 = 6;
    pub(crate) const FIFO: u8 = 7;
    pub(crate) const UNIX: u8 = 8;
    pub(crate) const EVENT: u8 = 9;
    pub(crate) const UNSUPPORTED: u8 = 10;
    pub(crate) const SIGNALFD: u8 = 11;
    pub(crate) const EVENTPOLL: u8 = 12;
    pub(crate) const INOTIFY: u8 = 13;
    pub(crate) const TIMERFD: u8 = 14;
    pub(crate) const NETLINK: u8 = 15;
    pub(crate) const FILE_V2: u8 = 16;
    pub(crate) const BPF: u8 = 17;
    pub(crate) const USERFAULTFD: u8 = 18;
    pub(crate) const IO_URING: u8 = 19;
    pub(crate) const MEMFD: u8 = 20;
    pub(crate) const PIDFD: u8 = 21;
}

pub(super) fn entry(tid: i64, sized: bool, rest: &[u8]) -> Found<'_> {
    let (mut c, size) = if sized {
        match Cursor::new(rest).sized(true) {
            Ok((c, size)) => (c, Some(size)),
            Err(e) => return Found::Bad(e, None),
        }
    } else {
        (Cursor::new(rest), None)
    };
    match fields(&mut c, sized) {
        Ok(fd) => Found::Entry(Item::Fd(tid, fd), size.unwrap_or(rest.len() - c.remaining())),
        Err(e) => Found::Bad(e, size),
    }
}

fn fields<'a>(c: &mut Cursor<'a>, sized: bool) -> Result<FdEntry<'a>, EntryFault> {
    let (fd, ino) = (c.i64()?, c.u64()?);
    let number = c.u8()?;
    let kind = match number {
        kind::FILE => FdKind::File { name: c.str()?, open_flags: 0, dev: 0 },
        kind::FILE_V2 => {
            let open_flags = c.u32()?;
            let name = c.str()?;
            let dev = if sized && c.remaining() >= 4 { c.u32()? } else { 0 };
            FdKind::File { name, open_flags, dev }
        }
        kind::IPV4 => {
            let (source, dest) = (v4(c)?, v4(c)?);
            FdKind::Socket { source: (source, c.u16()?), dest: (dest, c.u16()?), proto: proto(c)? }
        }
        kind::IPV6 => {
            let (source, dest) = (v6(c)?, v6(c)?);
            FdKind::Socket { source: (source, c.u16()?), dest: (dest, c.u16()?), proto: proto(c)? }
        }
        kind::IPV4_SERVER => FdKind::ServerSocket { local: (v4(c)?, c.u16()?), proto: proto(c)? },
        kind::IPV6_SERVER => FdKind::ServerSocket { local: (v6(c)?, c.u16()?), proto: proto(c)? },
        kind::UNIX => FdKind::Unix { source: c.u64()?, dest: c.u64()?, name: c.str()? },
        kind::DIRECTORY => FdKind::Directory { name: c.str()? },
        kind::FIFO => FdKind::Fifo { name: c.str()? },
        kind::UNSUPPORTED => FdKind::Unsupported { name: c.str()? },
        kind::EVENT => FdKind::Event { name: c.str()? },
        kind::SIGNALFD => FdKind::Signalfd { name: c.str()? },
        kind::EVENTPOLL => FdKind::Eventpoll { name: c.str()? },
        kind::INOTIFY => FdKind::Inotify { name: c.str()? },
        kind::TIMERFD => FdKind::Timerfd { name: c.str()? },
        kind::NETLINK => FdKind::Netlink { name: c.str()? },
        kind::BPF => FdKind::Bpf { name: c.str()? },
        kind::USERFAULTFD => FdKind::Userfaultfd { name: c.str()? },
        kind::IO_URING => FdKind::IoUring { name: c.str()? },
        kind::MEMFD => FdKind::Memfd { name: c.str()? },
        kind::PIDFD => FdKind::Pidfd { name: c.str()? },
        // A type that is newer than this reader, or none (0): known to be open, no more.
        _ if sized => FdKind::Unsupported { name: b"" },
        _ => return Err(EntryFault::Kind(u16::from(number))),
    };
    Ok(FdEntry { fd, ino, kind })
}

/// Address bytes stand in network order.
fn v4(c: &mut Cursor<'_>) -> Result<IpAddr, EntryFault> {
    Ok(IpAddr::V4(Ipv4Addr::from(c.array::<4>()?)))
}

fn v6(c: &mut Cursor<'_>) -> Result<IpAddr, EntryFault> {
    Ok(IpAddr::V6(Ipv6Addr::from(c.array::<16>()?)))
}

fn proto(c: &mut Cursor<'_>) -> Result<L4Proto, EntryFault> {
    Ok(L4Proto::from_code(c.u8()?))
}
