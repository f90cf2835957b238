//! Fields of the paths that a file system call names.

use avouch_event::{EventType, Value, types};

use super::ctx::{Ctx, text};
use super::param::until_nul;
use super::row::{Class, Row};

const C: Class = Class("fs.path");

/// Where a call's path stands.
#[derive(Clone, Copy)]
enum From {
    /// In the parameter of that name.
    Param(&'static str),
    /// In the descriptor's name.
    Fd,
}

/// Which of the paths.
#[derive(Clone, Copy)]
enum Which {
    Name,
    Source,
    Target,
}

fn place(ty: EventType, which: Which) -> Option<From> {
    let (name, source, target) = match ty {
        types::MKDIR_2_X
        | types::MKDIRAT_X
        | types::RMDIR_2_X
        | types::UNLINK_2_X
        | types::CHOWN_X
        | types::LCHOWN_X => ("path", "", ""),
        types::UNLINKAT_2_X | types::OPEN_X | types::OPENAT_2_X | types::OPENAT2_X => ("name", "", ""),
        types::UMOUNT_X | types::UMOUNT_1_X | types::UMOUNT2_X => ("name", "", ""),
        types::CHMOD_X | types::FCHMODAT_X => ("filename", "", ""),
        types::FCHOWNAT_X => ("pathname", "", ""),
        types::QUOTACTL_X => ("special", "", ""),
        types::FCHMOD_X | types::FCHOWN_X => return matches!(which, Which::Name).then_some(From::Fd),
        types::RENAME_X | types::RENAMEAT_X | types::RENAMEAT2_X => ("", "oldpath", "newpath"),
        // The new name is what the call makes, the old one what it points to.
        types::LINK_2_X | types::LINKAT_2_X => ("", "newpath", "oldpath"),
        types::SYMLINK_X | types::SYMLINKAT_X => ("", "linkpath", "target"),
        types::MOUNT_X => ("", "dev", "dir"),
        _ => return None,
    };
    let name = match which {
        Which::Name => name,
        Which::Source => source,
        Which::Target => target,
    };
    (!name.is_empty()).then_some(From::Param(name))
}

/// Whether the call succeeded. The peer asks opens only whether their descriptor is -1, which an error never is.
fn succeeded(c: &Ctx<'_>) -> bool {
    match c.event.ty {
        types::OPEN_X | types::OPENAT_2_X | types::OPENAT2_X => c.event.params.i64(0).is_some_and(|fd| fd != -1),
        _ => c.event.params.i64(0) == Some(0),
    }
}

fn raw<'e>(c: &Ctx<'e>, which: Which) -> Option<&'e [u8]> {
    let from = place(c.event.ty, which)?;
    if !succeeded(c) {
        return None;
    }
    match from {
        From::Fd => Some(&c.fd()?.name),
        From::Param(name) => {
            let at = c.event.ty.info()?.params.iter().position(|p| p.name == name)?;
            Some(c.event.params.get(at).map_or(&b"<NA>"[..], until_nul))
        }
    }
}

/// The path below the current directory, unless it is absolute. The peer leaves an absolute one as it is.
fn full<'e>(c: &Ctx<'e>, which: Which) -> Option<Value<'e>> {
    let raw = raw(c, which)?;
    if raw.first() == Some(&b'/') {
        return text(raw);
    }
    let cwd = c.state.cwd(c.thread()?);
    text(c.join(cwd, raw))
}

pub(super) const ROWS: &[Row] = &[
    C.text("fs.path.name", "Absolute path that a call on one path works on, if it succeeded.", |c, _| {
        full(c, Which::Name)
    }),
    C.text("fs.path.nameraw", "The path of `fs.path.name` as the call gave it.", |c, _| text(raw(c, Which::Name)?)),
    C.text("fs.path.source", "Absolute source path of a call on two: old name, new link, mounted device.", |c, _| {
        full(c, Which::Source)
    }),
    C.text("fs.path.sourceraw", "The path of `fs.path.source` as the call gave it.", |c, _| {
        text(raw(c, Which::Source)?)
    }),
    C.text(
        "fs.path.target",
        "Absolute target path of a call on two: new name, what a link points to, mount point.",
        |c, _| full(c, Which::Target),
    ),
    C.text("fs.path.targetraw", "The path of `fs.path.target` as the call gave it.", |c, _| {
        text(raw(c, Which::Target)?)
    }),
];
