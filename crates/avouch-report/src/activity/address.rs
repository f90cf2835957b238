//! Where an address stands, as far as the address alone tells it.

use std::net::IpAddr;

/// How far away an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// A public address: outside of the entity's networks, as far as addresses tell.
    Outside,
    /// Link-local; 169.254.169.254 among them, where clouds keep the identity of a machine.
    LinkLocal,
    /// A private address: RFC 1918, RFC 6598, unique local.
    Private,
    /// The machine itself.
    Machine,
    /// Many at once, or none: multicast, broadcast, unspecified.
    Many,
    /// No address that can be read.
    Unknown,
}

impl Reach {
    /// Of an address as it is recorded; `local` when the sensor knew it for one of the machine's own.
    #[must_use]
    pub fn of(address: &str, local: bool) -> Self {
        let Ok(address) = address.parse::<IpAddr>() else { return Self::Unknown };
        let address = address.to_canonical();
        if local || address.is_loopback() {
            return Self::Machine;
        }
        let private = match address {
            IpAddr::V4(v4) => {
                let [a, b, ..] = v4.octets();
                if v4.is_link_local() {
                    return Self::LinkLocal;
                }
                if v4.is_broadcast() {
                    return Self::Many;
                }
                // 100.64.0.0/10: behind a carrier's or a cloud's translation (RFC 6598).
                v4.is_private() || (a == 100 && (64..128).contains(&b))
            }
            IpAddr::V6(v6) => {
                let first = v6.segments()[0];
                if first & 0xffc0 == 0xfe80 {
                    return Self::LinkLocal;
                }
                first & 0xfe00 == 0xfc00
            }
        };
        if address.is_multicast() || address.is_unspecified() {
            Self::Many
        } else if private {
            Self::Private
        } else {
            Self::Outside
        }
    }

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Outside => "outside",
            Self::LinkLocal => "link-local",
            Self::Private => "private",
            Self::Machine => "machine",
            Self::Many => "multicast or none",
            Self::Unknown => "unreadable",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart_by_the_registries_ranges() {
        for (address, reach) in [
            ("203.0.113.9", Reach::Outside),
            ("2001:db8::1", Reach::Outside),
            ("10.0.0.1", Reach::Private),
            ("172.31.255.255", Reach::Private),
            ("172.32.0.0", Reach::Outside),
            ("100.64.0.1", Reach::Private),
            ("100.128.0.1", Reach::Outside),
            ("fd00::1", Reach::Private),
            ("::ffff:10.1.2.3", Reach::Private),
            ("169.254.169.254", Reach::LinkLocal),
            ("fe80::1", Reach::LinkLocal),
            ("127.0.0.53", Reach::Machine),
            ("::1", Reach::Machine),
            ("224.0.0.251", Reach::Many),
            ("0.0.0.0", Reach::Many),
            ("not an address", Reach::Unknown),
        ] {
            assert_eq!(Reach::of(address, false), reach, "{address}");
        }
        assert_eq!(Reach::of("203.0.113.9", true), Reach::Machine, "one of its own");
    }
}
