//! Changes of files: opened to write, made, renamed, linked, removed, mode or owner changed.

use std::hash::BuildHasher;

use avouch_event::{Event, EventType, types};
use avouch_state::{FdType, State, Thread, path};
use rustc_hash::FxHashSet;
use serde_json::{Map, Value as Json, json};

use super::super::records::{FileChange, Who, rfc3339};

/// Open flags of the capture format.
const O_WRONLY: u32 = 1 << 1;
const O_CREATED: u32 = 1 << 14;
const O_TRUNC: u32 = 1 << 8;

/// Directory descriptor that means the current directory, with and without the sign that four bytes lose.
const AT_CWD: i64 = -100;

/// Where an event tells a path.
#[derive(Clone, Copy)]
enum Place {
    /// As parameter, relative to the current directory.
    Path(usize),
    /// As parameter, relative to the directory that another parameter names.
    At(usize, usize),
    /// As descriptor.
    Fd(usize),
}

/// An event that changes files; its parameter 0 is the result.
struct Row {
    ty: EventType,
    action: &'static str,
    path: Place,
    to: Option<Place>,
    /// Names of number parameters that are told.
    detail: &'static [(&'static str, usize)],
}

const fn row(ty: EventType, action: &'static str, path: Place) -> Row {
    Row { ty, action, path, to: None, detail: &[] }
}

const fn moved(ty: EventType, action: &'static str, path: Place, to: Place) -> Row {
    Row { ty, action, path, to: Some(to), detail: &[] }
}

const fn with(row: Row, detail: &'static [(&'static str, usize)]) -> Row {
    Row { detail, ..row }
}

use Place::{At, Fd, Path};

const ROWS: &[Row] = &[
    moved(types::RENAME_X, "rename", Path(1), Path(2)),
    moved(types::RENAMEAT_X, "rename", At(1, 2), At(3, 4)),
    moved(types::RENAMEAT2_X, "rename", At(1, 2), At(3, 4)),
    row(types::UNLINK_2_X, "remove", Path(1)),
    row(types::UNLINKAT_2_X, "remove", At(1, 2)),
    row(types::RMDIR_2_X, "remove", Path(1)),
    moved(types::LINK_2_X, "link", Path(1), Path(2)),
    moved(types::LINKAT_2_X, "link", At(1, 2), At(3, 4)),
    moved(types::SYMLINK_X, "symlink", Path(1), Path(2)),
    moved(types::SYMLINKAT_X, "symlink", Path(1), At(2, 3)),
    row(types::MKDIR_2_X, "directory", Path(1)),
    row(types::MKDIRAT_X, "directory", At(1, 2)),
    row(types::MOUNT_X, "mount", Path(2)),
    row(types::UMOUNT_1_X, "unmount", Path(1)),
    row(types::UMOUNT2_X, "unmount", Path(1)),
    with(row(types::MKNOD_X, "device", Path(1)), &[("mode", 2), ("device", 3)]),
    with(row(types::MKNODAT_X, "device", At(1, 2)), &[("mode", 3), ("device", 4)]),
    with(row(types::CHMOD_X, "mode", Path(1)), &[("mode", 2)]),
    with(row(types::FCHMOD_X, "mode", Fd(1)), &[("mode", 2)]),
    with(row(types::FCHMODAT_X, "mode", At(1, 2)), &[("mode", 3)]),
    with(row(types::CHOWN_X, "owner", Path(1)), &[("uid", 2), ("gid", 3)]),
    with(row(types::LCHOWN_X, "owner", Path(1)), &[("uid", 2), ("gid", 3)]),
    with(row(types::FCHOWN_X, "owner", Fd(1)), &[("uid", 2), ("gid", 3)]),
    with(row(types::FCHOWNAT_X, "owner", At(1, 2)), &[("uid", 3), ("gid", 4)]),
];

const OPENS: [EventType; 5] =
    [types::OPEN_X, types::CREAT_X, types::OPENAT_2_X, types::OPENAT2_X, types::OPEN_BY_HANDLE_AT_X];

/// How a call told of a change: what may differ from one such change to the next.
#[derive(Debug, Default, PartialEq, Eq)]
struct Call {
    name: &'static str,
    /// Paths as given, where they differ.
    given: Option<Vec<u8>>,
    to_given: Option<Vec<u8>>,
    /// Flags of the capture format, and the descriptor, of an open.
    flags: Option<u32>,
    fd: Option<i64>,
}

/// A change, before it is a record.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::live) struct Change {
    pub(in crate::live) action: &'static str,
    pub(in crate::live) path: Vec<u8>,
    pub(in crate::live) to: Option<Vec<u8>>,
    detail: Vec<(&'static str, u64)>,
    call: Call,
}

impl Change {
    pub(super) fn record(self, timestamp: u64, who: Who) -> FileChange {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut detail: Map<String, Json> = Map::new();
        for (name, n) in self.detail {
            // Modes are read in base eight everywhere.
            let value = if name == "mode" { json!(format!("{n:#o}")) } else { json!(n) };
            detail.insert(name.to_owned(), value);
        }
        detail.extend(self.call.flags.map(|flags| ("flags".to_owned(), json!(flags))));
        detail.extend(self.call.fd.map(|fd| ("fd".to_owned(), json!(fd))));
        FileChange {
            time: rfc3339(timestamp),
            action: self.action,
            path: text(&self.path),
            to: self.to.map(|to| text(&to)),
            detail,
            call: self.call.name,
            given: self.call.given.map(|given| text(&given)),
            to_given: self.call.to_given.map(|given| text(&given)),
            who,
        }
    }
}

/// Changes of this minute, to tell each once.
pub(super) struct Files {
    room: usize,
    seen: FxHashSet<u64>,
    hasher: rustc_hash::FxBuildHasher,
}

/// The events that tell of changes.
pub(in crate::live) fn types() -> impl Iterator<Item = EventType> {
    OPENS.into_iter().chain(ROWS.iter().map(|row| row.ty))
}

impl Files {
    pub(super) fn new(room: usize) -> Self {
        Self { room, seen: FxHashSet::default(), hasher: rustc_hash::FxBuildHasher }
    }

    /// Whether this is the first time in this minute that process `pid` does this. With no room left, everything is.
    pub(super) fn is_new(&mut self, change: &Change, pid: i64) -> bool {
        // Two changes with the same number would be told once; of 8,192 in 2^64 none have.
        let what = (change.action, &change.path, &change.to, &change.detail);
        let number = self.hasher.hash_one((what, pid));
        if self.seen.contains(&number) {
            return false;
        }
        if self.seen.len() < self.room {
            self.seen.insert(number);
        }
        true
    }

    pub(super) fn forget(&mut self) {
        self.seen.clear();
    }
}

/// The change that an event tells, and the thread that made it.
pub(in crate::live) fn change<'s>(event: &Event<'_>, state: &'s State) -> Option<(Change, &'s Thread)> {
    if OPENS.contains(&event.ty) {
        return opened(event, state);
    }
    let row = ROWS.iter().find(|row| row.ty == event.ty)?;
    if event.params.i64(0) != Some(0) {
        return None;
    }
    let thread = state.thread()?;
    // The target of a symbolic link is text, whatever it names.
    let path = match row.path {
        Place::Path(i) if row.action == "symlink" => event.params.charbuf(i)?.to_vec(),
        place => resolve(event, state, thread, place)?,
    };
    let to = match row.to {
        Some(place) => Some(resolve(event, state, thread, place)?),
        None => None,
    };
    let given = |place: Place, full: &[u8]| match place {
        Place::Fd(_) => None,
        Place::Path(i) | Place::At(_, i) => event.params.charbuf(i).filter(|given| *given != full).map(<[u8]>::to_vec),
    };
    let call = Call {
        name: event.ty.name(),
        given: given(row.path, &path),
        to_given: row.to.zip(to.as_deref()).and_then(|(place, to)| given(place, to)),
        ..Call::default()
    };
    let number = |i: usize| event.params.u64(i).or_else(|| event.params.u32(i).map(u64::from));
    let detail = row.detail.iter().filter_map(|(name, i)| Some((*name, number(*i)?))).collect();
    Some((Change { action: row.action, path, to, detail, call }, thread))
}

fn opened<'s>(event: &Event<'_>, state: &'s State) -> Option<(Change, &'s Thread)> {
    if event.params.i64(0)? < 0 {
        return None;
    }
    let (thread, fd) = (state.thread()?, state.current_fd()?);
    let flags = fd.open_flags;
    let created = flags & O_CREATED != 0 || event.ty == types::CREAT_X;
    // Devices and other files of the kernel (`/dev/null`, `/proc/...`) are opened to write all the time and keep nothing.
    let kept = fd.ty == FdType::File && ![&b"/dev/"[..], b"/proc/", b"/sys/"].iter().any(|p| fd.name.starts_with(p));
    if !kept || !(created || flags & (O_WRONLY | O_TRUNC) != 0) {
        return None;
    }
    let action = if created { "create" } else { "write" };
    let flags_at = match event.ty {
        types::OPENAT_2_X | types::OPENAT2_X => Some(3),
        types::OPEN_X | types::OPEN_BY_HANDLE_AT_X => Some(2),
        _ => None,
    };
    let call = Call {
        name: event.ty.name(),
        flags: flags_at.and_then(|at| event.params.u32(at)),
        fd: event.params.i64(0),
        ..Call::default()
    };
    Some((Change { action, path: fd.name.to_vec(), to: None, detail: Vec::new(), call }, thread))
}

fn resolve(event: &Event<'_>, state: &State, thread: &Thread, place: Place) -> Option<Vec<u8>> {
    match place {
        Place::Path(i) => Some(path::join(state.cwd(thread), event.params.charbuf(i)?)),
        Place::Fd(i) => Some(state.fd(thread, event.params.i64(i)?)?.name.to_vec()),
        Place::At(dir, i) => {
            let name = event.params.charbuf(i)?;
            let dir = event.params.i64(dir).unwrap_or(AT_CWD);
            if dir == AT_CWD || name.starts_with(b"/") {
                return Some(path::join(state.cwd(thread), name));
            }
            // What is relative to a directory that nobody saw is told as it was given.
            let Some(base) = state.fd(thread, dir) else { return Some(name.to_vec()) };
            let mut base = base.name.to_vec();
            base.push(b'/');
            Some(path::join(&base, name))
        }
    }
}
