//! Socket addresses and tuples in the capture's encoding.

use zerocopy::FromBytes;

use super::Record;
use crate::abi::{SockFacts, part};
use crate::paths;

const UNIX: u16 = 1;
const INET: u16 = 2;
const INET6: u16 = 10;

/// One end of an internet connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct End<'a> {
    ip: &'a [u8],
    port: u16,
}

/// The facts of descriptor `fd`, when it is a socket.
pub(super) fn facts(record: &Record<'_>, fd: i32) -> Option<SockFacts> {
    record
        .all(part::SOCK)
        .filter_map(|p| SockFacts::read_from_prefix(p.bytes).ok())
        .map(|(s, _)| s)
        .find(|s| s.fd == fd)
}

/// The `SOCKADDR` encoding of a kernel `sockaddr`, into `out`; nothing for families that captures do not carry.
pub(super) fn sockaddr(raw: &[u8], out: &mut Vec<u8>) {
    out.clear();
    if let Some(family @ (INET | INET6)) = family(raw)
        && let Some(end) = end_of(raw)
    {
        out.push(if family == INET { 2 } else { 10 });
        push_end(end, out);
    } else if family(raw) == Some(UNIX) {
        out.push(1);
        out.extend_from_slice(&paths::unix_name(raw.get(2..).unwrap_or_default()));
        out.push(0);
    }
}

fn family(raw: &[u8]) -> Option<u16> {
    raw.first_chunk::<2>().map(|f| u16::from_le_bytes(*f))
}

/// Address and port of a kernel `sockaddr_in` or `sockaddr_in6`.
pub(super) fn end_of(raw: &[u8]) -> Option<End<'_>> {
    let port = raw.get(2..4)?.first_chunk::<2>().map(|p| u16::from_be_bytes(*p))?;
    let ip = match family(raw)? {
        INET => raw.get(4..8)?,
        INET6 => raw.get(8..24)?,
        _ => return None,
    };
    Some(End { ip, port })
}

fn push_end(end: End<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(end.ip);
    out.extend_from_slice(&end.port.to_le_bytes());
}

/// Which end stands first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Ours.
    Out,
    /// The peer's.
    In,
}

/// The `SOCKTUPLE` encoding, into `out`. `far` is the peer as the call named it, for sockets that are not connected; `path` the
/// unix address that the call named.
pub(super) fn tuple(s: &SockFacts, way: Way, far: Option<End<'_>>, path: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let width = match s.family {
        INET => 4,
        INET6 => 16,
        UNIX => return unix(s, way, path, out),
        _ => return,
    };
    let local = End { ip: s.local.get(..width).unwrap_or_default(), port: s.local_port };
    let mut remote = End { ip: s.remote.get(..width).unwrap_or_default(), port: s.remote_port };
    if let Some(far) = far.filter(|f| f.ip.len() == width)
        && remote.port == 0
    {
        remote = far;
    }
    out.push(if s.family == INET { 2 } else { 10 });
    let (first, second) = if way == Way::Out { (local, remote) } else { (remote, local) };
    push_end(first, out);
    push_end(second, out);
}

fn unix(s: &SockFacts, way: Way, path: &[u8], out: &mut Vec<u8>) {
    out.push(1);
    let (first, second) = if way == Way::Out { (s.sock, s.peer) } else { (s.peer, s.sock) };
    out.extend_from_slice(&first.to_le_bytes());
    out.extend_from_slice(&second.to_le_bytes());
    let bound = |p: &[u8; 112]| p.iter().any(|b| *b != 0).then(|| paths::unix_name(p));
    // The end that serves has the name; a client has none, as a rule.
    let named = bound(&s.remote_path).or_else(|| bound(&s.local_path)).unwrap_or_else(|| path.to_vec());
    out.extend_from_slice(&named);
    out.push(0);
}
