//! Changed files: opened for writing, renamed, removed, and so on.

use avouch_finding::FileChange;
use serde_json::Value as Json;

use super::{OF_ENDS, OF_PATHS, Teller};

/// Bits of the capture format's open flags.
mod open {
    pub(super) const READ: u64 = 1;
    pub(super) const WRITE: u64 = 1 << 1;
    pub(super) const TMPFILE: u64 = 1 << 13;
    pub(super) const CREATED: u64 = 1 << 14;
}

/// Which path of a record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Path,
    To,
}

/// A path that a call names.
#[derive(Clone, Copy)]
struct PathOf {
    /// Its parameter; empty for one that a descriptor names.
    arg: &'static str,
    which: Which,
    /// The field that shows it; empty for none.
    field: &'static str,
    /// It is relative to a directory that another parameter names.
    at: bool,
}

/// A call that changes files.
struct Call {
    name: &'static str,
    /// Descriptors have to do with it, whose fields are not told.
    descriptor: bool,
    paths: &'static [PathOf],
}

const NAME: &str = "fs.path.name";
const SOURCE: &str = "fs.path.source";
const TARGET: &str = "fs.path.target";

const fn path(arg: &'static str, which: Which, field: &'static str) -> PathOf {
    PathOf { arg, which, field, at: false }
}

const fn at(arg: &'static str, which: Which, field: &'static str) -> PathOf {
    PathOf { arg, which, field, at: true }
}

const fn call(name: &'static str, paths: &'static [PathOf]) -> Call {
    Call { name, descriptor: false, paths }
}

const fn with_descriptor(name: &'static str, paths: &'static [PathOf]) -> Call {
    Call { name, descriptor: true, paths }
}

use Which::{Path, To};

/// As the tables of `avouch-state` `fields/fs_path.rs` and of the events have them.
const CALLS: &[Call] = &[
    call("rename", &[path("oldpath", Path, SOURCE), path("newpath", To, TARGET)]),
    call("renameat", &[at("oldpath", Path, SOURCE), at("newpath", To, TARGET)]),
    call("renameat2", &[at("oldpath", Path, SOURCE), at("newpath", To, TARGET)]),
    call("unlink", &[path("path", Path, NAME)]),
    with_descriptor("unlinkat", &[at("name", Path, NAME)]),
    call("rmdir", &[path("path", Path, NAME)]),
    // The new name is what the call makes, the old one what it points to.
    call("link", &[path("oldpath", Path, TARGET), path("newpath", To, SOURCE)]),
    call("linkat", &[at("oldpath", Path, TARGET), at("newpath", To, SOURCE)]),
    call("symlink", &[path("target", Path, TARGET), path("linkpath", To, SOURCE)]),
    with_descriptor("symlinkat", &[path("target", Path, TARGET), at("linkpath", To, SOURCE)]),
    call("mkdir", &[path("path", Path, NAME)]),
    with_descriptor("mkdirat", &[at("path", Path, NAME)]),
    call("mount", &[path("dir", Path, TARGET)]),
    call("umount", &[path("name", Path, NAME)]),
    call("umount2", &[path("name", Path, NAME)]),
    call("mknod", &[path("path", Path, "")]),
    with_descriptor("mknodat", &[at("path", Path, "")]),
    call("chmod", &[path("filename", Path, NAME)]),
    with_descriptor("fchmod", &[path("", Path, NAME)]),
    with_descriptor("fchmodat", &[at("filename", Path, NAME)]),
    call("chown", &[path("path", Path, NAME)]),
    call("lchown", &[path("path", Path, NAME)]),
    with_descriptor("fchown", &[path("", Path, NAME)]),
    with_descriptor("fchownat", &[at("pathname", Path, NAME)]),
];

/// Calls that open files.
const OPENS: [&str; 5] = ["open", "creat", "openat", "openat2", "open_by_handle_at"];

/// Names of the calls that may be behind a changed file.
pub(crate) fn calls() -> impl Iterator<Item = &'static str> {
    OPENS.into_iter().chain(CALLS.iter().map(|call| call.name))
}

/// Names of the calls that open files.
pub(crate) fn opens() -> &'static [&'static str] {
    &OPENS
}

impl Teller<'_> {
    pub(super) fn file(&mut self, f: &FileChange) {
        self.call(&f.call);
        self.who(&f.who);
        if matches!(f.action.as_str(), "write" | "create") {
            self.opened(f);
            return;
        }
        self.returned(0);
        self.opens_nothing();
        let Some(call) = CALLS.iter().find(|call| call.name == f.call) else { return };
        if !call.descriptor {
            self.no_descriptor();
        }
        self.no_path_args(|arg| call.paths.iter().any(|p| p.arg == arg));
        // What was mounted is not told.
        let shown =
            |field: &str| call.paths.iter().any(|p| p.field == field) || (call.name == "mount" && field == SOURCE);
        for field in OF_PATHS.iter().filter(|field| !shown(field)) {
            self.absent(&[*field]);
        }
        for path in call.paths {
            self.path(f, call, path);
        }
    }

    fn path(&mut self, f: &FileChange, call: &Call, of: &PathOf) {
        let (full, given) = match of.which {
            Which::Path => (Some(f.path.as_str()), f.given.as_deref()),
            Which::To => (f.to.as_deref(), f.to_given.as_deref()),
        };
        let Some(full) = full else { return };
        let is_text = of.arg == "target";
        // What a rule sees is the path as given when that is absolute, and else below the current directory, whatever directory the call
        // named besides.
        let shown = match given {
            None => full,
            Some(given) if given.starts_with('/') => given,
            Some(_) if of.at => "",
            Some(_) => full,
        };
        if !of.field.is_empty() && shown.starts_with('/') {
            self.text(of.field, shown);
        }
        // Parameters show with what cannot be printed left out.
        let plain = !full.contains(char::is_control);
        if plain && (is_text || full.starts_with('/')) {
            self.arg(of.arg, full);
        }
        // The descriptor that is changed is a file's, a directory's, or another's.
        if of.arg.is_empty() && call.descriptor {
            self.text("fd.name", full);
        }
    }

    fn arg(&mut self, name: &str, value: &str) {
        let field = match name {
            "oldpath" => "evt.arg.oldpath",
            "newpath" => "evt.arg.newpath",
            "linkpath" => "evt.arg.linkpath",
            "target" => "evt.arg.target",
            "path" => "evt.arg.path",
            "name" => "evt.arg.name",
            "dir" => "evt.arg.dir",
            "filename" => "evt.arg.filename",
            "pathname" => "evt.arg.pathname",
            _ => return,
        };
        self.text(field, value);
    }

    /// A file opened to write, or made.
    fn opened(&mut self, f: &FileChange) {
        self.absent(&["fs.path.source", "fs.path.target", "fd.sockfamily"]);
        self.no_path_args(|arg| matches!(arg, "name" | "path"));
        self.absent(OF_ENDS);
        self.text("fd.type", "file");
        self.text("fd.typechar", "f");
        self.text("fd.l4proto", "<NA>");
        self.flag("fd.is_server", false);
        self.text("fd.name", &f.path);
        let (directory, name) = match f.path.rsplit_once('/') {
            None => ("/", "/"),
            // A path that ends in a slash is its own directory, and its own name.
            Some((_, "")) => (f.path.as_str(), f.path.as_str()),
            Some(("", name)) => ("/", name),
            Some((directory, name)) => (directory, name),
        };
        // Of the root itself the directory is the root, too.
        self.text("fd.directory", if f.path == "/" { "/" } else { directory });
        self.text("fd.filename", name);
        self.text("evt.res", "SUCCESS");
        self.flag("evt.failed", false);
        let number = |key: &str| f.detail.get(key).and_then(Json::as_u64);
        if let Some(fd) = number("fd").and_then(|fd| i64::try_from(fd).ok()) {
            self.int("fd.num", fd);
            self.int("evt.rawres", fd);
        }
        // `creat` has no flags, and counts for rules as neither.
        let flags = if f.call == "creat" { Some(0) } else { number("flags") };
        let Some(flags) = flags else { return };
        self.flag("evt.is_open_read", flags & open::READ != 0);
        self.flag("evt.is_open_write", flags & open::WRITE != 0);
        self.flag("evt.is_open_create", flags & (open::CREATED | open::TMPFILE) != 0);
    }
}
