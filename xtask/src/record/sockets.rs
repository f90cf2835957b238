//! Ends of sockets, from the kernel's tables under /proc/PID/net.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use avouch_event::{FdKind, L4Proto};

/// What the kernel's tables say about one socket.
#[derive(Debug, PartialEq)]
pub(super) enum Socket {
    Inet { local: (IpAddr, u16), remote: (IpAddr, u16), proto: L4Proto, listening: bool },
    Unix { path: Vec<u8> },
}

impl Socket {
    /// The socket behind descriptor `fd` of `tid`, when it is one and is in a table.
    pub(super) fn of_fd(tid: i64, fd: i64) -> Option<Self> {
        let target = fs::read_link(format!("/proc/{tid}/fd/{fd}")).ok()?;
        Self::of_link(tid, target.to_str()?)
    }

    /// The socket that `/proc/tid/fd` shows as `link`.
    pub(super) fn of_link(tid: i64, link: &str) -> Option<Self> {
        let inode: u64 = link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()?;
        let table = |name: &str| fs::read_to_string(format!("/proc/{tid}/net/{name}")).unwrap_or_default();
        for (name, proto) in
            [("tcp", L4Proto::Tcp), ("udp", L4Proto::Udp), ("tcp6", L4Proto::Tcp), ("udp6", L4Proto::Udp)]
        {
            if let Some(socket) = inet_row(&table(name), inode, proto) {
                return Some(socket);
            }
        }
        unix_row(&table("unix"), inode)
    }

    /// The `SOCKTUPLE` encoding of what goes out: our end first.
    pub(super) fn outbound(&self) -> Vec<u8> {
        self.tuple(false)
    }

    /// The `SOCKTUPLE` encoding of what comes in: the peer's end first.
    pub(super) fn inbound(&self) -> Vec<u8> {
        self.tuple(true)
    }

    fn tuple(&self, inbound: bool) -> Vec<u8> {
        match self {
            Self::Inet { local, remote, .. } => {
                let mut out = vec![if local.0.is_ipv4() { 2 } else { 10 }];
                for (ip, port) in if inbound { [remote, local] } else { [local, remote] } {
                    match ip {
                        IpAddr::V4(ip) => out.extend_from_slice(&ip.octets()),
                        IpAddr::V6(ip) => out.extend_from_slice(&ip.octets()),
                    }
                    out.extend_from_slice(&port.to_le_bytes());
                }
                out
            }
            Self::Unix { path } => {
                // The kernel addresses of the two ends cannot be seen from outside.
                let mut out = vec![1];
                out.extend_from_slice(&[0; 16]);
                out.extend_from_slice(path);
                out.push(0);
                out
            }
        }
    }

    /// As an entry of the descriptor list.
    pub(super) fn kind(&self) -> FdKind<'_> {
        match self {
            Self::Inet { local, proto, listening: true, .. } => FdKind::ServerSocket { local: *local, proto: *proto },
            Self::Inet { local, remote, proto, .. } => FdKind::Socket { source: *local, dest: *remote, proto: *proto },
            Self::Unix { path } => FdKind::Unix { source: 0, dest: 0, name: path },
        }
    }
}

fn inet_row(table: &str, inode: u64, proto: L4Proto) -> Option<Socket> {
    const LISTEN: &str = "0A";
    table.lines().skip(1).find_map(|line| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        if words.get(9)?.parse() != Ok(inode) {
            return None;
        }
        Some(Socket::Inet {
            local: endpoint(words.get(1)?)?,
            remote: endpoint(words.get(2)?)?,
            proto,
            listening: words.get(3) == Some(&LISTEN),
        })
    })
}

/// `0100007F:1F90`: the address as native words in hexadecimal, the port as a number.
fn endpoint(text: &str) -> Option<(IpAddr, u16)> {
    let (ip, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let mut octets = Vec::new();
    for i in (0..ip.len()).step_by(8) {
        octets.extend_from_slice(&u32::from_str_radix(ip.get(i..i + 8)?, 16).ok()?.to_le_bytes());
    }
    if let Ok(v4) = <[u8; 4]>::try_from(octets.as_slice()) {
        return Some((Ipv4Addr::from(v4).into(), port));
    }
    Some((Ipv6Addr::from(<[u8; 16]>::try_from(octets.as_slice()).ok()?).into(), port))
}

fn unix_row(table: &str, inode: u64) -> Option<Socket> {
    table.lines().skip(1).find_map(|line| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        (words.get(6)?.parse() == Ok(inode))
            .then(|| Socket::Unix { path: words.get(7).unwrap_or(&"").as_bytes().to_vec() })
    })
}

/// The `SOCKADDR` encoding of a kernel `sockaddr`; empty for families that captures do not carry.
pub(super) fn sockaddr(raw: &[u8]) -> Vec<u8> {
    let Some((family, rest)) = raw.split_first_chunk::<2>() else { return Vec::new() };
    let swapped_port = || rest.get(..2).map(|p| [p[1], p[0]]);
    match u16::from_le_bytes(*family) {
        1 => [&[1], unix_path(raw).as_slice(), &[0]].concat(),
        2 => match (rest.get(2..6), swapped_port()) {
            (Some(ip), Some(port)) => [&[2], ip, &port].concat(),
            _ => Vec::new(),
        },
        10 => match (rest.get(6..22), swapped_port()) {
            (Some(ip), Some(port)) => [&[10], ip, &port].concat(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Path of a kernel `sockaddr_un`. Abstract names begin with a NUL, which /proc and captures show as `@`.
pub(super) fn unix_path(raw: &[u8]) -> Vec<u8> {
    let mut name = raw.get(2..).unwrap_or_default().to_vec();
    if name.first() == Some(&0) && name.len() > 1 {
        name[0] = b'@';
    }
    let end = name.iter().position(|b| *b == 0).unwrap_or(name.len());
    name.truncate(end);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    const TCP: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
        0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1 0 100 0 0 10 0\n";

    #[test]
    fn rows_are_found_by_inode() {
        let Some(socket) = inet_row(TCP, 4242, L4Proto::Tcp) else { panic!("no row") };
        assert_eq!(
            socket,
            Socket::Inet {
                local: ("127.0.0.1".parse().unwrap(), 8080),
                remote: ("0.0.0.0".parse().unwrap(), 0),
                proto: L4Proto::Tcp,
                listening: true
            }
        );
        assert_eq!(socket.outbound(), [2, 127, 0, 0, 1, 0x90, 0x1f, 0, 0, 0, 0, 0, 0]);
        assert_eq!(socket.inbound(), [2, 0, 0, 0, 0, 0, 0, 127, 0, 0, 1, 0x90, 0x1f]);
        assert_eq!(inet_row(TCP, 7, L4Proto::Tcp), None);
    }

    #[test]
    fn addresses_carry_host_order_ports() {
        assert_eq!(sockaddr(&[2, 0, 0x1f, 0x90, 127, 0, 0, 1, 0, 0]), [2, 127, 0, 0, 1, 0x90, 0x1f]);
        assert_eq!(sockaddr(b"\x01\0/run/x\0\0"), b"\x01/run/x\0");
        assert_eq!(sockaddr(b"\x01\0\0abc"), b"\x01@abc\0");
        assert_eq!(sockaddr(&[16]), [0; 0]);
    }
}
