//! Process lists, versions 1 to 9.

use avouch_event::{Item, ProcessEntry};

use super::Found;
use crate::cursor::Cursor;
use crate::error::EntryFault;

/// Bytes of the newest layout's tail before `pidns_init_start_ts` and `tty` were put in front of it.
const OLD_TAIL: usize = 29;

pub(super) fn entry(version: u8, rest: &[u8]) -> Found<'_> {
    if version >= 9 {
        let (mut c, size) = match Cursor::new(rest).sized(true) {
            Ok(x) => x,
            Err(e) => return Found::Bad(e, None),
        };
        match fields(version, &mut c) {
            Ok(mut p) => {
                tail(&mut p, &mut c);
                Found::Entry(Item::Process(p), size)
            }
            Err(e) => Found::Bad(e, Some(size)),
        }
    } else {
        let mut c = Cursor::new(rest);
        match fields(version, &mut c) {
            Ok(p) => Found::Entry(Item::Process(p), rest.len() - c.remaining()),
            Err(e) => Found::Bad(e, None),
        }
    }
}

fn fields<'a>(version: u8, c: &mut Cursor<'a>) -> Result<ProcessEntry<'a>, EntryFault> {
    let mut p = ProcessEntry { tid: c.i64()?, pid: c.i64()?, ptid: c.i64()?, ..ProcessEntry::default() };
    if version >= 6 {
        p.sid = c.i64()?;
    }
    if version >= 8 {
        p.vpgid = c.i64()?;
    }
    (p.comm, p.exe) = (c.str()?, c.str()?);
    if version >= 7 {
        p.exepath = c.str()?;
    }
    (p.args, p.cwd) = (c.str()?, c.str()?);
    p.fdlimit = c.i64()?;
    (p.flags, p.uid, p.gid) = (c.u32()?, c.u32()?, c.u32()?);
    if version >= 2 {
        (p.vmsize, p.vmrss, p.vmswap) = (c.u32()?, c.u32()?, c.u32()?);
        (p.pfmajor, p.pfminor) = (c.u64()?, c.u64()?);
    }
    if version >= 3 {
        p.env = c.str()?;
    }
    if version >= 4 {
        (p.vtid, p.vpid) = (c.i64()?, c.i64()?);
        p.cgroups = c.str()?;
    }
    if version >= 5 {
        p.root = c.str()?;
    }
    Ok(p)
}

/// Reads fields that were appended over the years, as far as the entry goes.
fn tail(p: &mut ProcessEntry<'_>, c: &mut Cursor<'_>) {
    let old = c.remaining() <= OLD_TAIL;
    let mut more = || -> Result<(), EntryFault> {
        if !old {
            p.pidns_init_start_ts = c.u64()?;
            p.tty = c.u32()?;
        }
        p.loginuid = c.u32()?;
        p.exe_writable = c.u8()? != 0;
        p.cap_inheritable = c.u64()?;
        p.cap_permitted = c.u64()?;
        p.cap_effective = c.u64()?;
        p.exe_upper_layer = c.u8()? != 0;
        p.exe_ino = c.u64()?;
        p.exe_ino_ctime = c.u64()?;
        p.exe_ino_mtime = c.u64()?;
        p.exe_from_memfd = c.u8()? != 0;
        p.exe_lower_layer = c.u8()? != 0;
        p.pgid = c.i64()?;
        Ok(())
    };
    // Where the entry ends is where its writer's knowledge ended: the rest keeps its defaults.
    match more() {
        Ok(()) | Err(_) => {}
    }
}
