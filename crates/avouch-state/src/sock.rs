//! Socket addresses and tuples: from event bytes to addresses, and to text.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::fd::SockEnds;

/// Address families, with Linux' numbers.
pub(crate) mod family {
    pub(crate) const UNIX: u8 = 1;
    pub(crate) const INET: u8 = 2;
    pub(crate) const INET6: u8 = 10;
    pub(crate) const NETLINK: u8 = 16;
}

/// An address that `bind` or `connect` was given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SockAddr<'a> {
    /// Internet address and port.
    Inet(IpAddr, u16),
    /// Path of a unix socket.
    Unix(&'a [u8]),
}

/// Both ends of a socket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SockTuple<'a> {
    /// Internet addresses and ports.
    Inet {
        /// Where it comes from.
        source: (IpAddr, u16),
        /// Where it goes to.
        dest: (IpAddr, u16),
    },
    /// Kernel addresses of a unix socket's ends, and its path.
    Unix {
        /// Connecting end.
        source: u64,
        /// Other end.
        dest: u64,
        /// Path, may be empty.
        path: &'a [u8],
    },
}

impl<'a> SockAddr<'a> {
    /// Reads a SOCKADDR parameter; `None` for other families and short ones.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (family, rest) = bytes.split_first()?;
        match *family {
            family::INET => v4_port(rest).map(|((ip, port), _)| Self::Inet(ip, port)),
            family::INET6 => v6_port(rest).map(|((ip, port), _)| Self::Inet(ip, port)),
            family::UNIX => Some(Self::Unix(until_nul(rest))),
            _ => None,
        }
    }
}

impl<'a> SockTuple<'a> {
    /// Reads a SOCKTUPLE parameter; `None` for other families and short ones.
    #[must_use]
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (family, rest) = bytes.split_first()?;
        match *family {
            family::INET => {
                let (source, rest) = v4_port(rest)?;
                let (dest, _) = v4_port(rest)?;
                Some(Self::Inet { source, dest })
            }
            family::INET6 => {
                let (source, rest) = v6_port(rest)?;
                let (dest, _) = v6_port(rest)?;
                Some(Self::Inet { source, dest })
            }
            family::UNIX => {
                let (source, rest) = rest.split_first_chunk::<8>()?;
                let (dest, rest) = rest.split_first_chunk::<8>()?;
                let (source, dest) = (u64::from_le_bytes(*source), u64::from_le_bytes(*dest));
                Some(Self::Unix { source, dest, path: until_nul(rest) })
            }
            _ => None,
        }
    }

    /// The ends; a v6 pair that are both v4 in disguise becomes v4.
    #[must_use]
    pub fn ends(&self) -> SockEnds {
        match *self {
            Self::Inet { source, dest } => {
                let (source, dest) = unmapped_pair(source, dest);
                SockEnds::Inet { source, dest }
            }
            Self::Unix { source, dest, .. } => SockEnds::Unix { source, dest },
        }
    }
}

/// Both ends as v4 when both are v4-mapped v6 addresses.
pub(crate) fn unmapped_pair(source: (IpAddr, u16), dest: (IpAddr, u16)) -> ((IpAddr, u16), (IpAddr, u16)) {
    match (mapped(source.0), mapped(dest.0)) {
        (Some(s), Some(d)) => ((s, source.1), (d, dest.1)),
        _ => (source, dest),
    }
}

/// The v4 address behind a v4-mapped v6 one.
pub(crate) fn mapped(ip: IpAddr) -> Option<IpAddr> {
    match ip {
        IpAddr::V6(ip) => ip.to_ipv4_mapped().map(IpAddr::V4),
        IpAddr::V4(_) => None,
    }
}

fn v4_port(bytes: &[u8]) -> Option<((IpAddr, u16), &[u8])> {
    let (ip, rest) = bytes.split_first_chunk::<4>()?;
    let (port, rest) = rest.split_first_chunk::<2>()?;
    Some(((Ipv4Addr::from(*ip).into(), u16::from_le_bytes(*port)), rest))
}

fn v6_port(bytes: &[u8]) -> Option<((IpAddr, u16), &[u8])> {
    let (ip, rest) = bytes.split_first_chunk::<16>()?;
    let (port, rest) = rest.split_first_chunk::<2>()?;
    Some(((Ipv6Addr::from(*ip).into(), u16::from_le_bytes(*port)), rest))
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|b| *b == 0).next().unwrap_or(bytes)
}

/// An address as the C library prints it: as Rust does, but for v6 addresses that embed a v4 one (`::1.2.3.4`).
#[derive(Clone, Copy, Debug)]
pub struct IpText(pub IpAddr);

impl fmt::Display for IpText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V6(ip) => match ip.segments() {
                [0, 0, 0, 0, 0, 0, high, _] if high != 0 => {
                    let [.., a, b, c, d] = ip.octets();
                    write!(f, "::{}", Ipv4Addr::new(a, b, c, d))
                }
                _ => write!(f, "{ip}"),
            },
            IpAddr::V4(ip) => write!(f, "{ip}"),
        }
    }
}

/// Name of a socket with these ends; empty for none.
pub(crate) fn name(ends: &SockEnds, path: &[u8]) -> Vec<u8> {
    let mut out = match ends {
        SockEnds::None => String::new(),
        SockEnds::Inet { source: (s, sp), dest: (d, dp) } => {
            format!("{}:{sp}->{}:{dp}", IpText(*s), IpText(*d))
        }
        SockEnds::Server { local: (ip, port) } => format!("{}:{port}", IpText(*ip)),
        SockEnds::Unix { source, dest } if path.is_empty() => format!("{source:x}->{dest:x}"),
        SockEnds::Unix { source, dest } => format!("{source:x}->{dest:x} "),
    }
    .into_bytes();
    out.extend_from_slice(path);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tuples_read_and_print() {
        let v4 = [2, 10, 0, 0, 1, 0x39, 0x30, 8, 8, 8, 8, 53, 0];
        let t = SockTuple::parse(&v4).unwrap();
        assert_eq!(&*name(&t.ends(), b""), b"10.0.0.1:12345->8.8.8.8:53");
        for n in 0..v4.len() {
            assert_eq!(SockTuple::parse(&v4[..n]), None);
        }
        let mut unix = vec![1];
        unix.extend([0, 0, 0, 0, 0, 0, 0, 0, 0xcd, 0xab, 0, 0, 0, 0, 0, 0]);
        unix.extend(b"/run/x\0junk");
        let t = SockTuple::parse(&unix).unwrap();
        let SockTuple::Unix { path, .. } = t else { panic!("{t:?}") };
        assert_eq!(&*name(&t.ends(), path), b"0->abcd /run/x");
    }

    #[test]
    fn disguised_v4_becomes_v4() {
        let m = |s: &str| (s.parse().unwrap(), 1);
        let t = SockTuple::Inet { source: m("::ffff:1.2.3.4"), dest: m("::ffff:5.6.7.8") };
        assert_eq!(&*name(&t.ends(), b""), b"1.2.3.4:1->5.6.7.8:1");
        let t = SockTuple::Inet { source: m("::ffff:1.2.3.4"), dest: m("::1") };
        assert_eq!(&*name(&t.ends(), b""), b"::ffff:1.2.3.4:1->::1:1");
    }

    #[test]
    fn v6_prints_as_in_c() {
        let text = |s: &str| IpText(s.parse().unwrap()).to_string();
        assert_eq!(text("::1.2.3.4"), "::1.2.3.4");
        assert_eq!(text("::5"), "::5");
        assert_eq!(text("2001:db8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");
    }
}
