//! What a descriptor is, as the hidden events that tell it (`ITER_TASK_FILE_*`).

use avouch_event::{EventBuf, types};
use zerocopy::FromBytes;

use super::{Part, Record, start};
use crate::abi::{FdFacts, SockFacts, fd};
use crate::{flags, paths};

const S_IFMT: u32 = 0o170_000;
const S_IFDIR: u32 = 0o040_000;
const S_IFREG: u32 = 0o100_000;
const S_IFIFO: u32 = 0o010_000;
const S_IFCHR: u32 = 0o020_000;
const S_IFBLK: u32 = 0o060_000;

const AF_UNIX: u16 = 1;
const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;
const AF_NETLINK: u16 = 16;

/// Fills `buf` with what a file's descriptor is; false when there is nothing to tell (no such descriptor, or no path was asked for).
pub(super) fn tell_file(
    record: &Record<'_>,
    p: &Part<'_>,
    path: Option<Part<'_>>,
    buf: &mut EventBuf,
    scratch: &mut Vec<u8>,
) -> bool {
    let (Ok((facts, _)), Some(path)) = (FdFacts::read_from_prefix(p.bytes), path) else { return false };
    if facts.flags & fd::MISSING != 0 {
        return false;
    }
    paths::from_components(path.bytes, scratch);
    let number = facts.fd.to_le_bytes();
    match facts.mode & S_IFMT {
        S_IFDIR => {
            start(buf, record, types::ITER_TASK_FILE_DIRECTORY_E);
            buf.push(&number).push_charbuf(scratch).push_u64(facts.ino);
        }
        S_IFIFO if !scratch.starts_with(b"/") || scratch.as_slice() == b"/" => {
            start(buf, record, types::ITER_TASK_FILE_PIPE_E);
            buf.push(&number).push_charbuf(format!("pipe:[{}]", facts.ino).as_bytes()).push_u64(facts.ino);
        }
        S_IFREG if scratch.starts_with(b"memfd:") => {
            start(buf, record, types::ITER_TASK_FILE_MEMFD_E);
            scratch.insert(0, b'/');
            buf.push(&number).push_charbuf(scratch).push_u64(facts.ino);
        }
        // Anonymous inodes have no type bits, or (since Linux 6.16) those of a file; they hang in no tree.
        0 | S_IFREG if !scratch.starts_with(b"/") => {
            start(buf, record, types::ITER_TASK_FILE_ANON_INODE_E);
            buf.push(&number).push_u8(anon_kind(scratch)).push_charbuf(scratch).push_u64(facts.ino);
        }
        S_IFREG | S_IFCHR | S_IFBLK | S_IFIFO => {
            start(buf, record, types::ITER_TASK_FILE_REGULAR_E);
            buf.push(&number).push_charbuf(scratch).push_u32(file_flags(&facts)).push_u32(0).push_u64(facts.ino);
        }
        _ => return false,
    }
    true
}

/// Open flags as captures number them, with the layer of an overlay.
pub(super) fn file_flags(facts: &FdFacts) -> u32 {
    const UPPER: u32 = 1 << 15;
    const LOWER: u32 = 1 << 16;
    const CREATED: u32 = 1 << 14;
    let bit = |theirs, ours| if facts.flags & theirs != 0 { ours } else { 0 };
    flags::open(u64::from(facts.open_flags)) | bit(fd::UPPER, UPPER) | bit(fd::LOWER, LOWER) | bit(fd::CREATED, CREATED)
}

/// Number of the anonymous inode's kind among the capture's `anon_inode_fd_types`; 0 is none of them.
fn anon_kind(name: &[u8]) -> u8 {
    let table = avouch_event::flags::FlagTable::by_name("anon_inode_fd_types");
    let name = name.strip_prefix(b"/").unwrap_or(name);
    let name = name.strip_prefix(b"[").and_then(|n| n.strip_suffix(b"]")).unwrap_or(name);
    let wanted = format!("ANON_INODE_FD_TYPE_{}", String::from_utf8_lossy(name).to_uppercase().replace('-', "_"));
    table.and_then(|t| t.value(&wanted)).and_then(|n| u8::try_from(n).ok()).unwrap_or(0)
}

/// Fills `buf` with what a socket's descriptor is, unless it is the one that the call `made`. The call that connects it is told
/// after this, so `connecting` says of both ends nothing yet.
pub(super) fn tell_socket(
    record: &Record<'_>,
    p: &Part<'_>,
    made: Option<i64>,
    connecting: bool,
    buf: &mut EventBuf,
) -> bool {
    let Ok((mut s, _)) = SockFacts::read_from_prefix(p.bytes) else { return false };
    if made == Some(i64::from(s.fd)) {
        return false;
    }
    if connecting {
        (s.local, s.local_port, s.remote, s.remote_port) = ([0; 16], 0, [0; 16], 0);
        (s.local_path, s.remote_path) = ([0; 112], [0; 112]);
    }
    let number = s.fd.to_le_bytes();
    let (ty, proto) = (s.ty, s.protocol);
    match s.family {
        AF_INET => {
            start(buf, record, types::ITER_TASK_FILE_SOCKET_INET_E);
            buf.push(&number).push_u16(ty).push_u16(proto);
            buf.push(&s.local[..4]).push_u16(s.local_port).push(&s.remote[..4]).push_u16(s.remote_port).push_u64(s.ino);
        }
        AF_INET6 => {
            start(buf, record, types::ITER_TASK_FILE_SOCKET_INET6_E);
            buf.push(&number).push_u16(ty).push_u16(proto);
            buf.push(&s.local).push_u16(s.local_port).push(&s.remote).push_u16(s.remote_port).push_u64(s.ino);
        }
        AF_UNIX => {
            start(buf, record, types::ITER_TASK_FILE_SOCKET_UNIX_E);
            let path = if s.local_path.iter().any(|b| *b != 0) { &s.local_path } else { &s.remote_path };
            buf.push(&number).push_u16(ty).push_u16(proto).push_u64(s.sock).push_charbuf(&paths::unix_name(path));
            buf.push_u64(s.ino);
        }
        AF_NETLINK => {
            start(buf, record, types::ITER_TASK_FILE_SOCKET_NETLINK_E);
            buf.push(&number).push_u16(ty).push_u16(proto).push_u64(s.ino);
        }
        _ => return false,
    }
    true
}
