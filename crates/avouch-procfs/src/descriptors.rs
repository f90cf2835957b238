//! Open descriptors of one process.

use avouch_event::{FdEntry, FdKind, Item};
use rustix::fd::{AsFd, OwnedFd};
use rustix::path::DecInt;

use crate::facts::look;
use crate::options::{Counts, Missing, Options};
use crate::sockets::{Sockets, inode_in};
use crate::{files, flags, parse};

/// Bits of a mode that tell the kind of file.
const KIND: u16 = 0o170_000;
const FOLDER: u16 = 0o040_000;
const FIFO: u16 = 0o010_000;

/// Buffers kept from one process to the next, and the sockets.
#[derive(Debug, Default)]
pub(crate) struct Descriptors {
    pub(crate) sockets: Sockets,
    numbers: Vec<i32>,
    link: Vec<u8>,
    buf: Vec<u8>,
    name: Vec<u8>,
}

impl Descriptors {
    /// Tells the descriptors of process `pid`, whose folder is `dir`. A descriptor that was closed meanwhile is none.
    pub(crate) fn tell(
        &mut self,
        dir: &OwnedFd,
        pid: i64,
        options: &Options,
        counts: &mut Counts,
        emit: &mut dyn FnMut(&Item<'_>),
    ) {
        let room = options.fds.saturating_sub(usize::try_from(counts.fds).unwrap_or(usize::MAX));
        let limit = options.fds_per_process.min(room);
        let listed = files::folder(dir, c"fd")
            .and_then(|fds| Ok((files::numbers(&fds, &mut self.buf, &mut self.numbers, limit)?, fds)));
        let (over, fds) = match listed {
            Ok(listed) => listed,
            // The process itself is counted where it is told.
            Err(e) => {
                let why = Missing::from(e);
                if why != Missing::Gone {
                    counts.missing(why);
                }
                return;
            }
        };
        counts.over_fds += over;
        let mut infos = None;
        let numbers = std::mem::take(&mut self.numbers);
        for number in numbers.iter().copied() {
            if files::link(&fds, DecInt::new(number), &mut self.link).is_ok() {
                counts.fds += 1;
                let entry = self.entry(dir, &fds, &mut infos, number, options, counts);
                emit(&Item::Fd(pid, entry));
            }
        }
        self.numbers = numbers;
    }

    fn entry(
        &mut self,
        dir: &OwnedFd,
        fds: &OwnedFd,
        infos: &mut Option<OwnedFd>,
        number: i32,
        options: &Options,
        counts: &mut Counts,
    ) -> FdEntry<'_> {
        let fd = i64::from(number);
        let name = self.link.as_slice();
        if let Some(ino) = inode_in(name) {
            let kind = match self.sockets.find(dir, ino, options, counts) {
                Some(socket) => socket.kind(),
                None => {
                    counts.unknown_sockets += 1;
                    FdKind::Unsupported { name }
                }
            };
            return FdEntry { fd, ino, kind };
        }
        if let Some(kind) = nameless(name) {
            return FdEntry { fd, ino: 0, kind };
        }
        if let Some(ino) = numbered(name, b"pipe:[") {
            return FdEntry { fd, ino, kind: FdKind::Fifo { name } };
        }
        if name == b"anon_inode:[pidfd]" || name.starts_with(b"pidfd:[") {
            info(dir, infos, number, &mut self.buf);
            self.name.clear();
            self.name.extend_from_slice(b"/proc/");
            let pid = parse::lines(&self.buf).find_map(|l| l.strip_prefix(b"Pid:"));
            self.name.extend_from_slice(pid.and_then(|p| parse::words(p).next()).unwrap_or(b"-1"));
            return FdEntry { fd, ino: 0, kind: FdKind::Pidfd { name: &self.name } };
        }
        if !name.starts_with(b"/") {
            return FdEntry { fd, ino: 0, kind: FdKind::Unsupported { name } };
        }
        let (ino, dev, mode) = match look(fds, DecInt::new(number)) {
            Ok(f) => (f.stx_ino, kernel_dev(f.stx_dev_major, f.stx_dev_minor), f.stx_mode & KIND),
            Err(_) => (0, 0, 0),
        };
        let kind = match mode {
            _ if name.starts_with(b"/memfd:") => FdKind::Memfd { name },
            FOLDER => FdKind::Directory { name },
            FIFO => FdKind::Fifo { name },
            _ => {
                info(dir, infos, number, &mut self.buf);
                let raw = parse::lines(&self.buf).find_map(|l| l.strip_prefix(b"flags:"));
                let raw = raw.and_then(|f| parse::octal(parse::words(f).next()?));
                FdKind::File { name, open_flags: raw.map_or(0, flags::open), dev }
            }
        };
        FdEntry { fd, ino, kind }
    }
}

/// Reads `fdinfo` of a descriptor; the buffer is empty when it cannot be read.
fn info(dir: &OwnedFd, infos: &mut Option<OwnedFd>, number: i32, buf: &mut Vec<u8>) {
    buf.clear();
    if infos.is_none() {
        *infos = files::folder(dir, c"fdinfo").ok();
    }
    if let Some(infos) = infos
        && files::whole(infos.as_fd(), DecInt::new(number), buf, 1 << 16).is_err()
    {
        buf.clear();
    }
}

/// Descriptors that are told by the text of their link alone.
fn nameless(name: &[u8]) -> Option<FdKind<'_>> {
    Some(match name {
        b"anon_inode:[eventpoll]" => FdKind::Eventpoll { name },
        b"anon_inode:[eventfd]" => FdKind::Event { name },
        b"anon_inode:[signalfd]" => FdKind::Signalfd { name },
        b"anon_inode:[timerfd]" => FdKind::Timerfd { name },
        b"anon_inode:inotify" => FdKind::Inotify { name },
        b"anon_inode:[io_uring]" => FdKind::IoUring { name },
        b"anon_inode:[userfaultfd]" => FdKind::Userfaultfd { name },
        _ if name.starts_with(b"anon_inode:bpf") || name.starts_with(b"anon_inode:[bpf") => FdKind::Bpf { name },
        _ => return None,
    })
}

fn numbered(link: &[u8], before: &[u8]) -> Option<u64> {
    parse::uint(link.strip_prefix(before)?.strip_suffix(b"]")?)
}

/// A device number as the kernel tells it to drivers: the lower 32 bits of the C library's.
fn kernel_dev(major: u32, minor: u32) -> u32 {
    (minor & 0xff) | (major & 0xfff) << 8 | (minor & !0xff) << 12
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_as_the_c_library_makes_them() {
        assert_eq!(u64::from(kernel_dev(259, 3)), rustix::fs::makedev(259, 3));
        assert_eq!(u64::from(kernel_dev(8, 300)), rustix::fs::makedev(8, 300));
    }
}
