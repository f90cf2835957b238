//! Reads one file as it is now, and never waits for anybody: only regular files are opened to be read, links are not
//! followed at the end, and inside a container's root no link leads out of it.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::Errno;
use sha2::Digest as _;

use crate::change::{Seen, UnknownState};
use crate::file::{FileKind, FileState, NotHashed, Sha256};

/// Times that a file which changes while it is read is read anew.
const TRIES: usize = 3;

/// `FUSE_SUPER_MAGIC` of the kernel's `linux/magic.h`.
const FUSE: u64 = 0x6573_5546;

/// Where a path is looked up.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Root<'a> {
    /// This machine.
    Host,
    /// The root of a container.
    Container(&'a OwnedFd),
}

/// The file with its digest, and the bytes that were read for it.
pub(crate) fn read(root: Root<'_>, path: &Path, max_bytes: u64) -> (Seen, u64) {
    let mut bytes = 0;
    let mut last = Seen::Absent;
    for _ in 0..TRIES {
        let handle = match open(root, path) {
            Ok(handle) => handle,
            Err(seen) => return (seen, bytes),
        };
        let mut state = match state(&handle) {
            Ok(state) => state,
            Err(errno) => return (Seen::Unknown(UnknownState::Errno(errno.raw_os_error())), bytes),
        };
        if state.kind != FileKind::Regular {
            return (Seen::File(state), bytes);
        }
        match hash(&handle, &state, max_bytes, &mut bytes) {
            Ok(digest) => state.sha256 = Some(digest),
            Err(NotHashed::Changing) => {
                state.not_hashed = Some(NotHashed::Changing);
                last = Seen::File(state);
                continue;
            }
            Err(reason) => state.not_hashed = Some(reason),
        }
        // The name may belong to another file by now; then that one is meant.
        let still = open(root, path).ok().and_then(|h| self::state(&h).ok());
        if still.is_some_and(|now| (now.ino, now.dev) == (state.ino, state.dev)) {
            return (Seen::File(state), bytes);
        }
        state.sha256 = None;
        state.not_hashed = Some(NotHashed::Changing);
        last = Seen::File(state);
    }
    (last, bytes)
}

/// The file without its content.
pub(crate) fn look(root: Root<'_>, path: &Path) -> Seen {
    match open(root, path) {
        Ok(handle) => match state(&handle) {
            Ok(state) => Seen::File(state),
            Err(errno) => Seen::Unknown(UnknownState::Errno(errno.raw_os_error())),
        },
        Err(seen) => seen,
    }
}

/// Names in a folder of a container, in no order. Folders of volumes are not opened: what they hold is not the container's.
pub(crate) fn names(
    root: &OwnedFd,
    path: &Path,
) -> std::io::Result<impl Iterator<Item = std::io::Result<OsString>> + use<>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let inside = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS | ResolveFlags::NO_XDEV;
    let folder = rustix::fs::openat2(root, path, flags, Mode::empty(), inside)?;
    let entries = Dir::new(folder)?.map(|entry| {
        let entry = entry?;
        Ok(OsStr::from_bytes(entry.file_name().to_bytes()).to_owned())
    });
    Ok(entries.filter(|name| !matches!(name, Ok(name) if name == "." || name == "..")))
}

/// Whether a process serves this file system: it may let its readers wait for ever.
pub(crate) fn served_by_process(handle: &OwnedFd) -> bool {
    rustix::fs::fstatfs(handle).is_ok_and(|system| u64::try_from(system.f_type) == Ok(FUSE))
}

/// A handle that names the file and cannot read it: opening a pipe or a device this way has no effect on it.
fn open(root: Root<'_>, path: &Path) -> Result<OwnedFd, Seen> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened = match root {
        Root::Host => rustix::fs::open(path, flags, Mode::empty()),
        Root::Container(root) => {
            let inside = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
            rustix::fs::openat2(root, path, flags, Mode::empty(), inside)
        }
    };
    opened.map_err(|errno| match errno {
        Errno::NOENT | Errno::NOTDIR => Seen::Absent,
        errno => Seen::Unknown(UnknownState::Errno(errno.raw_os_error())),
    })
}

fn state(handle: &OwnedFd) -> Result<FileState, Errno> {
    let stat = rustix::fs::statat(handle, c"", AtFlags::EMPTY_PATH)?;
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => FileKind::Regular,
        FileType::Directory => FileKind::Directory,
        FileType::Symlink => FileKind::Symlink,
        FileType::Fifo => FileKind::Fifo,
        FileType::Socket => FileKind::Socket,
        FileType::CharacterDevice => FileKind::CharDevice,
        FileType::BlockDevice => FileKind::BlockDevice,
        FileType::Unknown => FileKind::Other,
    };
    let target = match kind {
        FileKind::Symlink => {
            let target = rustix::fs::readlinkat(handle, c"", Vec::new())?;
            Some(target.to_string_lossy().into_owned())
        }
        _ => None,
    };
    let (mtime, ctime) = times(&stat);
    Ok(FileState {
        kind,
        sha256: None,
        not_hashed: None,
        size: u64::try_from(stat.st_size).unwrap_or(0),
        mode: stat.st_mode & 0o7777,
        uid: stat.st_uid,
        gid: stat.st_gid,
        mtime,
        ctime,
        ino: stat.st_ino,
        dev: stat.st_dev,
        target,
    })
}

fn times(stat: &Stat) -> (i64, i64) {
    let ns =
        |seconds: i64, ns: u64| seconds.saturating_mul(1_000_000_000).saturating_add(i64::try_from(ns).unwrap_or(0));
    (ns(stat.st_mtime, stat.st_mtime_nsec), ns(stat.st_ctime, stat.st_ctime_nsec))
}

fn hash(handle: &OwnedFd, before: &FileState, max_bytes: u64, bytes: &mut u64) -> Result<Sha256, NotHashed> {
    if before.size > max_bytes {
        return Err(NotHashed::TooLarge);
    }
    if served_by_process(handle) {
        return Err(NotHashed::ServedByProcess);
    }
    let mut file = File::from(reopen(handle)?);
    let mut digest = sha2::Sha256::new();
    let mut buffer = vec![0; 128 << 10];
    let mut read: u64 = 0;
    loop {
        let n = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => return Err(NotHashed::ReadFailed),
        };
        read += n as u64;
        *bytes += n as u64;
        // It grows faster than it is read, or a file system lies about the size.
        if read > max_bytes {
            return Err(NotHashed::TooLarge);
        }
        digest.update(buffer.get(..n).unwrap_or_default());
    }
    let after = state(handle).map_err(|_| NotHashed::ReadFailed)?;
    let moment = |s: &FileState| (s.size, s.mtime, s.ctime);
    if moment(before) != moment(&after) {
        return Err(NotHashed::Changing);
    }
    Ok(Sha256(digest.finalize().into()))
}

/// The same file, to be read. It leaves the time of the last access alone where the kernel allows that.
fn reopen(handle: &OwnedFd) -> Result<OwnedFd, NotHashed> {
    let path = format!("/proc/self/fd/{}", handle.as_fd().as_raw_fd());
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let quiet = rustix::fs::open(&path, flags | OFlags::NOATIME, Mode::empty());
    let opened = match quiet {
        Err(Errno::PERM) => rustix::fs::open(&path, flags, Mode::empty()),
        other => other,
    };
    opened.map_err(|errno| match errno {
        Errno::ACCESS | Errno::PERM => NotHashed::Denied,
        _ => NotHashed::ReadFailed,
    })
}
