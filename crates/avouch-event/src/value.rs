//! What a field reads as.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A field's value. Text and bytes are borrowed from the event, the state, or the event's [`crate::Arena`].
///
/// There is no "absent" variant: readers return `Option<Value>`, and `None` is the language's *absent*.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Text or path. Bytes, because file names need not be UTF-8.
    Str(&'a [u8]),
    /// Raw bytes, which print with dots for what cannot be printed.
    Bytes(&'a [u8]),
    /// Signed number.
    Int(i64),
    /// Unsigned number, and times in ns.
    Uint(u64),
    /// Boolean.
    Bool(bool),
    /// Floating point, printed with one decimal.
    Double(f64),
    /// Address; also what network fields (`fd.snet`) read as.
    Ip(IpAddr),
    /// Several values: a list field, all ancestors, both endpoints. [`crate::Shape`] of the field says which.
    List(&'a [Value<'a>]),
}

/// A CIDR block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IpNet {
    addr: IpAddr,
    prefix: u8,
}

impl IpNet {
    /// Makes a block; `None` when the prefix is longer than the address. Host bits are cleared.
    #[must_use]
    pub fn new(addr: IpAddr, prefix: u8) -> Option<Self> {
        let addr = match addr {
            IpAddr::V4(a) if prefix <= 32 => {
                let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from(u32::from(a) & mask))
            }
            IpAddr::V6(a) if prefix <= 128 => {
                let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from(u128::from(a) & mask))
            }
            _ => return None,
        };
        Some(Self { addr, prefix })
    }

    /// Whether `ip` lies in the block. A v4 address is never inside a v6 block.
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        Self::new(ip, self.prefix).is_some_and(|n| n.addr == self.addr)
    }
}

impl std::fmt::Display for IpNet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.addr, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn net_contains_by_prefix() {
        let net = IpNet::new("10.1.2.3".parse().unwrap(), 8).unwrap();
        assert!(net.contains("10.255.0.1".parse().unwrap()));
        assert!(!net.contains("11.0.0.1".parse().unwrap()));
        assert!(!net.contains("::ffff:10.0.0.1".parse().unwrap()));
        assert!(IpNet::new("0.0.0.0".parse().unwrap(), 0).unwrap().contains("255.1.1.1".parse().unwrap()));
        assert!(IpNet::new("10.0.0.0".parse().unwrap(), 33).is_none());
    }
}
