//! Files and descriptors: open, close, dup, directories.

use std::sync::Arc;

use avouch_event::{Event, types};

use super::snapshot::set_layers;
use crate::fd::{Fd, FdType, RawName};
use crate::path;
use crate::state::State;
use crate::text::Text;
use crate::thread::ThreadRef;

/// Descriptors kept to be used again, and the longest name that one of them may have room for.
const SPARE_FDS: usize = 64;
const SPARE_NAME: usize = 256;

/// "The current directory" in place of a directory descriptor.
const AT_FDCWD: i64 = -100;
/// Open flags, with the capture format's numbers.
mod open_flags {
    pub(super) const DIRECTORY: u32 = 1 << 10;
    pub(super) const CLOEXEC: u32 = 1 << 12;
    /// Bits from here up are added by the driver on exit.
    pub(super) const DRIVER: u32 = !((1 << 14) - 1);
    pub(super) const UPPER_LAYER: u32 = super::super::snapshot::UPPER_LAYER;
    pub(super) const LOWER_LAYER: u32 = super::super::snapshot::LOWER_LAYER;
}
/// Open flag: the descriptor closes when the process executes another program.
pub(crate) const O_CLOEXEC: u32 = open_flags::CLOEXEC;

/// Where the parameters of the open calls stand.
struct OpenShape {
    dirfd: Option<usize>,
    name: usize,
    flags: Option<usize>,
    dev: usize,
    ino: usize,
    /// The same in the enter event.
    enter_dirfd: Option<usize>,
    enter_name: usize,
    enter_flags: Option<usize>,
}

const OPEN: OpenShape = OpenShape {
    dirfd: None,
    name: 1,
    flags: Some(2),
    dev: 4,
    ino: 5,
    enter_dirfd: None,
    enter_name: 0,
    enter_flags: Some(1),
};
const CREAT: OpenShape = OpenShape { flags: None, dev: 3, ino: 4, enter_flags: None, ..OPEN };
const OPENAT: OpenShape = OpenShape {
    dirfd: Some(1),
    name: 2,
    flags: Some(3),
    dev: 5,
    ino: 6,
    enter_dirfd: Some(0),
    enter_name: 1,
    enter_flags: Some(2),
};
const OPENAT2: OpenShape = OpenShape { dev: 6, ino: 7, ..OPENAT };
const BY_HANDLE: OpenShape = OpenShape { name: 3, ..OPEN };

impl State {
    /// Puts a descriptor into a table; false when there is no room.
    pub(super) fn insert_fd(&mut self, owner: ThreadRef, number: i64, fd: Arc<Fd>) -> bool {
        let Some(Some(t)) = self.slots.get_mut(owner.0 as usize) else { return false };
        let full = t.fds.len() >= self.limits.fds_per_process || self.fd_count >= self.limits.fds;
        if full && t.fds.get(number).is_none() {
            self.counters.dropped_fds += 1;
            return false;
        }
        let old = Arc::make_mut(&mut t.fds).insert(number, fd);
        self.fd_count += usize::from(old.is_none());
        self.spare(old);
        true
    }

    pub(super) fn remove_fd(&mut self, owner: ThreadRef, number: i64) {
        let Some(Some(t)) = self.slots.get_mut(owner.0 as usize) else { return };
        if t.fds.get(number).is_some() {
            let old = Arc::make_mut(&mut t.fds).remove(number);
            self.fd_count = self.fd_count.saturating_sub(usize::from(old.is_some()));
            self.spare(old);
        }
    }

    /// Keeps a descriptor that left a table, to be used again, if no other table holds it. Few are kept, and none with a
    /// long name, so that what is kept stays small.
    fn spare(&mut self, old: Option<Arc<Fd>>) {
        if let Some(old) = old
            && self.spare.len() < SPARE_FDS
            && old.name.capacity() <= SPARE_NAME
            && Arc::strong_count(&old) == 1
        {
            self.spare.push(old);
        }
    }

    /// The event made descriptor `number`, which becomes the event's own.
    pub(super) fn new_fd(&mut self, number: i64, fd: Fd) {
        let named = !fd.name.is_empty();
        self.new_shared_fd(number, Arc::new(fd));
        self.current.name_changed = named && self.current.fd_owner.is_some();
    }

    pub(super) fn new_shared_fd(&mut self, number: i64, fd: Arc<Fd>) {
        self.current.fd = Some(number);
        self.current.fd_owner = None;
        let Some(owner) = self.current.thread.and_then(|t| self.fd_root(t)) else { return };
        // The number was closed by the event before, if it was open: a close still pending must not hit the new one.
        if self.insert_fd(owner, number, fd) {
            self.current.fd_owner = Some(owner);
        }
    }

    /// The event's descriptor, to change.
    pub(super) fn current_fd_mut(&mut self) -> Option<&mut Fd> {
        let (owner, number) = (self.current.fd_owner?, self.current.fd?);
        let table = &mut self.slots.get_mut(owner.0 as usize)?.as_deref_mut()?.fds;
        table.get(number)?;
        Arc::make_mut(table).get_mut(number)
    }

    pub(super) fn on_open(&mut self, e: &Event<'_>) {
        let shape = match e.ty {
            types::OPEN_X => &OPEN,
            types::CREAT_X => &CREAT,
            types::OPENAT_2_X => &OPENAT,
            types::OPENAT2_X => &OPENAT2,
            _ => &BY_HANDLE,
        };
        let Some(number) = e.params.i64(0).filter(|n| *n >= 0) else { return };
        let mut shared = self.spare.pop().unwrap_or_default();
        let fd = Arc::make_mut(&mut shared);
        if self.opened(e, shape, fd).is_none() {
            return self.spare(Some(shared));
        }
        let named = !fd.name.is_empty();
        self.new_shared_fd(number, shared);
        self.current.name_changed = named && self.current.fd_owner.is_some();
    }

    /// Makes `fd`, which may be anything, what the call opened. `None` when the thread is not known.
    fn opened(&self, e: &Event<'_>, shape: &OpenShape, fd: &mut Fd) -> Option<()> {
        let p = &e.params;
        let mut name = p.charbuf(shape.name).unwrap_or(b"<NA>");
        let mut flags = shape.flags.and_then(|i| p.u32(i)).unwrap_or(0);
        let mut dirfd = shape.dirfd.and_then(|i| p.i64(i));
        if let Some(enter) = self.stored_enter()
            && let Some(first) = enter.params.charbuf(shape.enter_name).filter(|n| *n != b"<NA>")
        {
            name = first;
            if let Some(i) = shape.enter_flags {
                flags = enter.params.u32(i).unwrap_or(0) | (flags & open_flags::DRIVER);
            }
            if let Some(i) = shape.enter_dirfd {
                dirfd = enter.params.i64(i);
            }
        }
        if e.ty == types::CREAT_X {
            let bits = p.u16(5).unwrap_or(0);
            flags |= match bits & 3 {
                0 => 0,
                2 => open_flags::LOWER_LAYER,
                _ => open_flags::UPPER_LAYER,
            };
        }
        let name = name.get(..self.limits.text).unwrap_or(name);
        let thread = self.thread()?;
        let mut full = std::mem::take(&mut fd.name);
        match shape.dirfd {
            Some(_) => match dirfd {
                Some(dirfd) => self.join_dirfd(thread, dirfd, name, &mut full),
                None => path::join_into(b"", name, &mut full),
            },
            None if e.ty == types::OPEN_BY_HANDLE_AT_X => path::join_into(b"", name, &mut full),
            None => path::join_into(self.cwd(thread), name, &mut full),
        }
        *fd = Fd {
            ty: if flags & open_flags::DIRECTORY != 0 { FdType::Directory } else { FdType::File },
            open_flags: flags,
            cloexec: flags & open_flags::CLOEXEC != 0,
            dev: p.u32(shape.dev).unwrap_or(0),
            ino: p.u64(shape.ino).unwrap_or(0),
            raw: if name == full.as_slice() { RawName::SameAsName } else { RawName::Other(name.into()) },
            name: full,
            ..Fd::default()
        };
        set_layers(fd);
        Some(())
    }

    /// Makes `name`, which is relative to descriptor `dirfd`, absolute.
    fn join_dirfd(&self, thread: &crate::Thread, dirfd: i64, name: &[u8], full: &mut Vec<u8>) {
        if name.first() == Some(&b'/') {
            path::join_into(b"", name, full);
        } else if dirfd == AT_FDCWD {
            path::join_into(self.cwd(thread), name, full);
        } else {
            match self.fd(thread, dirfd) {
                None => path::join_into(b"<UNKNOWN>", name, full),
                Some(dir) if dir.name.is_empty() || dir.name.ends_with(b"/") => {
                    path::join_into(&dir.name, name, full);
                }
                Some(dir) => {
                    let mut base = dir.name.to_vec();
                    base.push(b'/');
                    path::join_into(&base, name, full);
                }
            }
        }
    }

    /// Absolute form of `name`, relative to descriptor `dirfd` (-100 is the current directory) of the event's thread.
    #[must_use]
    pub fn resolve(&self, thread: &crate::Thread, dirfd: i64, name: &[u8]) -> Vec<u8> {
        let mut full = Vec::new();
        self.join_dirfd(thread, dirfd, name, &mut full);
        full
    }

    pub(super) fn on_close(&mut self, e: &Event<'_>) {
        if e.params.i64(0).is_some_and(|r| r >= 0)
            && let (Some(owner), Some(number)) = (self.current.fd_owner, self.current.fd)
        {
            self.pending.fd = Some((owner, number));
        }
    }

    pub(super) fn on_close_range(&mut self, e: &Event<'_>) {
        const CLOEXEC: u32 = 4;
        if e.params.i64(0) != Some(0) {
            return;
        }
        let (Some(first), Some(last)) = (e.params.u32(1), e.params.u32(2)) else { return };
        let range = i64::from(first)..=i64::from(last);
        let mark = e.params.u32(3).unwrap_or(0) & CLOEXEC != 0;
        let Some(owner) = self.current.thread.and_then(|t| self.fd_root(t)) else { return };
        let Some(Some(t)) = self.slots.get_mut(owner.0 as usize) else { return };
        if !t.fds.iter().any(|(n, _)| range.contains(&n)) {
            return;
        }
        let table = Arc::make_mut(&mut t.fds);
        if mark {
            let numbers: Vec<i64> = table.iter().map(|(n, _)| n).filter(|n| range.contains(n)).collect();
            for n in numbers {
                if let Some(fd) = table.get_mut(n) {
                    fd.cloexec = true;
                }
            }
        } else {
            let gone = table.remove_if(|n, _| range.contains(&n));
            self.fd_count = self.fd_count.saturating_sub(gone);
        }
    }

    pub(super) fn on_dup(&mut self, e: &Event<'_>) {
        let Some(new) = e.params.i64(0).filter(|n| *n >= 0) else { return };
        let cloexec = e.ty == types::DUP3_X && e.params.u32(3).unwrap_or(0) & O_CLOEXEC != 0;
        self.duplicate(new, cloexec);
    }

    /// Copies the event's descriptor to `new`.
    fn duplicate(&mut self, new: i64, cloexec: bool) {
        let (Some(owner), Some(old)) = (self.current.fd_owner, self.current.fd) else { return };
        let Some(fd) = self.at(owner).and_then(|t| t.fds.get_shared(old)) else { return };
        let mut fd = Arc::clone(fd);
        if fd.cloexec != cloexec {
            Arc::make_mut(&mut fd).cloexec = cloexec;
        }
        self.new_shared_fd(new, fd);
    }

    pub(super) fn on_fcntl(&mut self, e: &Event<'_>) {
        const DUPFD: u8 = 1;
        const SETFD: u8 = 3;
        const DUPFD_CLOEXEC: u8 = 0x1a;
        let Some(ret) = e.params.i64(0).filter(|n| *n >= 0) else { return };
        match e.params.u8(2) {
            Some(cmd @ (DUPFD | DUPFD_CLOEXEC)) => self.duplicate(ret, cmd == DUPFD_CLOEXEC),
            Some(SETFD) => {
                if let (Some(arg), Some(fd)) = (e.params.u64(3), self.current_fd_mut()) {
                    fd.cloexec = arg & 1 != 0;
                }
            }
            _ => {}
        }
    }

    pub(super) fn on_pidfd_getfd(&mut self, e: &Event<'_>) {
        let (Some(new), Some(pidfd), Some(target)) = (e.params.i64(0), e.params.i64(1), e.params.i64(2)) else {
            return;
        };
        let Some(thread) = self.thread().filter(|_| new >= 0) else { return };
        let Some(pid) = self.fd(thread, pidfd).filter(|f| f.ty == FdType::Pidfd).map(|f| f.target_pid) else { return };
        let Some(other) = self.find(pid).and_then(|t| self.fds_of(t)?.get_shared(target)) else { return };
        let mut fd = Arc::clone(other);
        // The kernel sets close-on-exec on what `pidfd_getfd` returns.
        Arc::make_mut(&mut fd).cloexec = true;
        self.new_shared_fd(new, fd);
    }

    pub(super) fn on_chdir(&mut self, e: &Event<'_>) {
        if e.params.i64(0).is_none_or(|r| r < 0) {
            return;
        }
        let Some(main) = self.current.thread.and_then(|t| self.main_ref(t)) else { return };
        let mut cwd = std::mem::take(&mut self.scratch);
        let known = match e.ty {
            types::FCHDIR_X => self.current_fd().map(|fd| &*fd.name),
            _ => Some(e.params.charbuf(1).unwrap_or(b"<NA>")),
        };
        if let (Some(to), Some(t)) = (known, self.at(main)) {
            path::join_into(&t.cwd, to, &mut cwd);
            if !cwd.ends_with(b"/") {
                cwd.push(b'/');
            }
            if let Some(t) = self.at_mut(main) {
                t.cwd.set(&cwd);
            }
        }
        self.scratch = cwd;
    }

    pub(super) fn on_chroot(&mut self, e: &Event<'_>) {
        if e.params.i64(0).is_none_or(|r| r < 0) {
            return;
        }
        let Some(thread) = self.current.thread else { return };
        let Some(to) = e.params.charbuf(1) else { return };
        let Some(t) = self.at(thread) else { return };
        let root = path::join(self.cwd(t), to);
        let cgroups = t.cgroups.clone();
        let container = self.container_of(&cgroups, e.timestamp);
        self.set_container(thread, container);
        if let Some(t) = self.at_mut(thread) {
            t.root = Text::new(&root);
        }
    }
}
