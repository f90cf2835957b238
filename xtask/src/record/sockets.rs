//! Sockets as event parameters.

use std::net::IpAddr;

use avouch_procfs::Socket;

/// The `SOCKTUPLE` encoding of what goes out: our end first.
pub(super) fn outbound(socket: &Socket) -> Vec<u8> {
    tuple(socket, false)
}

/// The `SOCKTUPLE` encoding of what comes in: the peer's end first.
pub(super) fn inbound(socket: &Socket) -> Vec<u8> {
    tuple(socket, true)
}

fn tuple(socket: &Socket, inbound: bool) -> Vec<u8> {
    match socket {
        Socket::Inet { local, remote, .. } => {
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
        Socket::Unix { path } => {
            // The kernel addresses of the two ends cannot be seen from outside.
            let mut out = vec![1];
            out.extend_from_slice(&[0; 16]);
            out.extend_from_slice(path);
            out.push(0);
            out
        }
        Socket::Netlink => Vec::new(),
    }
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
    use avouch_event::L4Proto;

    use super::*;

    #[test]
    fn tuples_begin_with_who_sends() {
        let socket = Socket::Inet {
            local: ("127.0.0.1".parse().unwrap(), 8080),
            remote: ("0.0.0.0".parse().unwrap(), 0),
            proto: L4Proto::Tcp,
            listening: true,
        };
        assert_eq!(outbound(&socket), [2, 127, 0, 0, 1, 0x90, 0x1f, 0, 0, 0, 0, 0, 0]);
        assert_eq!(inbound(&socket), [2, 0, 0, 0, 0, 0, 0, 127, 0, 0, 1, 0x90, 0x1f]);
    }

    #[test]
    fn addresses_carry_host_order_ports() {
        assert_eq!(sockaddr(&[2, 0, 0x1f, 0x90, 127, 0, 0, 1, 0, 0]), [2, 127, 0, 0, 1, 0x90, 0x1f]);
        assert_eq!(sockaddr(b"\x01\0/run/x\0\0"), b"\x01/run/x\0");
        assert_eq!(sockaddr(b"\x01\0\0abc"), b"\x01@abc\0");
        assert_eq!(sockaddr(&[16]), [0; 0]);
    }
}
