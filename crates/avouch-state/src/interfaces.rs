//! Addresses of the machine's own interfaces.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use avouch_event::{InterfaceAddr, InterfaceEntry};

/// One address of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Interface name.
    pub name: Box<[u8]>,
    /// Address, mask and broadcast.
    pub addr: InterfaceAddr,
    /// Bits per second, 0 when unknown.
    pub link_speed: u64,
}

/// All addresses of the machine.
#[derive(Clone, Debug, Default)]
pub struct Interfaces {
    list: Vec<Interface>,
}

impl Interfaces {
    /// Every address, in the order they were told.
    #[must_use]
    pub fn list(&self) -> &[Interface] {
        &self.list
    }

    pub(crate) fn add(&mut self, entry: &InterfaceEntry<'_>) {
        self.list.push(Interface { name: entry.name.into(), addr: entry.addr, link_speed: entry.link_speed });
    }

    /// Whether `ip` is an address of this machine. v6 compares the first 64 bits only, as upstream does.
    #[must_use]
    pub fn is_local(&self, ip: IpAddr) -> bool {
        match ip {
            IpAddr::V4(_) => self.list.iter().any(|i| i.addr.addr == ip),
            IpAddr::V6(ip) => self.list.iter().any(|i| match i.addr.addr {
                IpAddr::V6(own) => own.segments()[..4] == ip.segments()[..4],
                IpAddr::V4(_) => false,
            }),
        }
    }

    /// The own address that traffic to `peer` would leave from: `peer` itself when it is ours, else the one in its
    /// subnet, else the first that is not loopback.
    #[must_use]
    pub fn infer(&self, peer: IpAddr) -> Option<IpAddr> {
        let mut same_family = self.list.iter().filter(|i| i.addr.addr.is_ipv4() == peer.is_ipv4());
        let exact = |i: &&Interface| i.addr.addr == peer;
        let same_net = |i: &&Interface| masked(i.addr.addr, i.addr.mask) == masked(peer, i.addr.mask);
        let loopback = |i: &Interface| {
            i.addr.addr == IpAddr::V4(Ipv4Addr::LOCALHOST) || i.addr.addr == IpAddr::V6(Ipv6Addr::LOCALHOST)
        };
        let found = same_family
            .clone()
            .find(exact)
            .or_else(|| same_family.clone().find(same_net))
            .or_else(|| same_family.find(|i| !loopback(i)));
        found.map(|i| i.addr.addr)
    }
}

fn masked(ip: IpAddr, mask: IpAddr) -> Option<u128> {
    match (ip, mask) {
        (IpAddr::V4(ip), IpAddr::V4(mask)) => Some(u128::from(u32::from(ip) & u32::from(mask))),
        // Upstream takes every v6 network for one of 64 bits.
        (IpAddr::V6(ip), _) => Some(u128::from(ip) >> 64),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(addrs: &[(&str, &str)]) -> Interfaces {
        let mut all = Interfaces::default();
        for (a, m) in addrs {
            let (addr, mask) = (a.parse().unwrap(), m.parse().unwrap());
            all.add(&InterfaceEntry {
                name: b"eth0",
                addr: InterfaceAddr { addr, mask, broadcast: addr },
                link_speed: 0,
            });
        }
        all
    }

    #[test]
    fn missing_end_is_the_own_address_nearest_to_the_peer() {
        let all = with(&[("127.0.0.1", "255.0.0.0"), ("10.0.0.5", "255.255.255.0"), ("192.168.1.2", "255.255.0.0")]);
        assert_eq!(all.infer("10.0.0.5".parse().unwrap()), "10.0.0.5".parse().ok());
        assert_eq!(all.infer("192.168.9.9".parse().unwrap()), "192.168.1.2".parse().ok());
        assert_eq!(all.infer("8.8.8.8".parse().unwrap()), "10.0.0.5".parse().ok());
    }

    #[test]
    fn v6_is_local_by_its_first_half() {
        let all = with(&[("2001:db8::1", "ffff:ffff:ffff:ffff::")]);
        assert!(all.is_local("2001:db8::99".parse().unwrap()));
        assert!(!all.is_local("2001:db8:0:1::1".parse().unwrap()));
    }
}
