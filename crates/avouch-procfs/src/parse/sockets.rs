//! `/proc/PID/net/{tcp,udp,raw,icmp}`, their v6 forms, `unix` and `netlink`, a line at a time.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::bytes::{hex, uint, words};

/// A line of an internet table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InetRow {
    /// Inode of the socket; 0 when no descriptor refers to it any more.
    pub inode: u64,
    /// Own end.
    pub local: (IpAddr, u16),
    /// The peer's end, all zeros for none.
    pub remote: (IpAddr, u16),
    /// The TCP state for listening.
    pub listening: bool,
}

/// A line of the unix table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnixRow<'a> {
    /// Inode of the socket.
    pub inode: u64,
    /// Path, or `@` and an abstract name; empty when it was never bound. The process that bound it chose these bytes.
    pub path: &'a [u8],
}

/// Reads a line; `None` for the heading and what is not a line.
#[must_use]
pub fn inet_row(line: &[u8]) -> Option<InetRow> {
    const LISTEN: &[u8] = b"0A";
    let mut w = words(line);
    let (local, remote) = (endpoint(w.nth(1)?)?, endpoint(w.next()?)?);
    let listening = w.next()? == LISTEN;
    Some(InetRow { inode: uint(w.nth(5)?)?, local, remote, listening })
}

/// `0100007F:1F90`: the address as native words in hexadecimal, the port as a number.
fn endpoint(text: &[u8]) -> Option<(IpAddr, u16)> {
    let colon = text.iter().position(|b| *b == b':')?;
    let (ip, port) = (text.get(..colon)?, text.get(colon + 1..)?);
    let port = u16::try_from(hex(port)?).ok()?;
    let word = |i: usize| Some(u32::try_from(hex(ip.get(i * 8..i * 8 + 8)?)?).ok()?.to_ne_bytes());
    match ip.len() {
        8 => Some((Ipv4Addr::from(word(0)?).into(), port)),
        32 => {
            let mut octets = [0; 16];
            for (i, chunk) in octets.as_chunks_mut::<4>().0.iter_mut().enumerate() {
                *chunk = word(i)?;
            }
            Some((Ipv6Addr::from(octets).into(), port))
        }
        _ => None,
    }
}

/// Reads a line; `None` for the heading and what is not a line.
#[must_use]
pub fn unix_row(line: &[u8]) -> Option<UnixRow<'_>> {
    let inode = words(line).nth(6)?;
    // The path is what is left of the line, blanks included.
    let end = inode.as_ptr().addr() - line.as_ptr().addr() + inode.len();
    let path = line.get(end + 1..).unwrap_or(b"");
    Some(UnixRow { inode: uint(inode)?, path })
}

/// Inode in a line of the netlink table; `None` for the heading and what is not a line.
#[must_use]
pub fn netlink_inode(line: &[u8]) -> Option<u64> {
    words(line).nth(9).and_then(uint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internet_rows() {
        let line =
            b"  0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1 0";
        let row = inet_row(line).unwrap();
        assert_eq!((row.inode, row.listening), (4242, true));
        assert_eq!((row.local, row.remote.1), (("127.0.0.1".parse().unwrap(), 8080), 0));
        let line =
            b"  1: 00000000000000000000000001000000:0050 0000000000000000FFFF00000100007F:0051 01 0:0 0:0 0 0 0 7 1";
        let row = inet_row(line).unwrap();
        assert_eq!((row.local.0, row.remote.0), ("::1".parse().unwrap(), "::ffff:127.0.0.1".parse().unwrap()));
        assert_eq!(inet_row(b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when"), None);
    }

    #[test]
    fn unix_paths_may_hold_blanks() {
        let line = b"0000000000000000: 00000002 00000000 00010000 0001 01 2345 /run/my socket";
        assert_eq!(unix_row(line), Some(UnixRow { inode: 2345, path: b"/run/my socket" }));
        let line = b"0000000000000000: 00000002 00000000 00000000 0001 01  2345";
        assert_eq!(unix_row(line), Some(UnixRow { inode: 2345, path: b"" }));
        assert_eq!(unix_row(b"Num       RefCount Protocol Flags    Type St Inode Path"), None);
    }

    #[test]
    fn netlink_rows() {
        assert_eq!(netlink_inode(b"00000000 0   1234 00000000 0 0 0 2 0 99"), Some(99));
        assert_eq!(netlink_inode(b"sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode"), None);
    }
}
