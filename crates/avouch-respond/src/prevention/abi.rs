//! What the kernel programs and user space agree on: `bpf/report.h` and `bpf/connect.bpf.c` in Rust.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::policy::{Destination, Item, Mode, PORT_RANGES, PreventionPolicy, Scope};

const NAME_LEN: usize = 128;
const PATH_LEN: usize = 256;

/// Keys of the section `prevention`, in the order of `enum item`.
pub(super) const ITEMS: [&str; 4] =
    ["exec_not_from_image", "exec_from_memory", "forbidden_binaries", "forbidden_destinations"];
/// Position of the last, the only one that is not about programs.
pub(super) const DESTINATION: u8 = 3;
/// `MODE_DENY`.
const DENY: u8 = 2;
/// Keys of the map `lost`, as in `enum loss`.
pub(super) const LOSS_REPORTS: u32 = 0;
pub(super) const LOSS_UNJUDGED: u32 = 1;

/// `struct settings`.
#[derive(Debug, Clone, Copy, IntoBytes, FromBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct Settings {
    mode: [u8; 4],
    scope: [u8; 4],
    pub(super) own_tgid: u32,
    pub(super) host_root_dev: u32,
    pub(super) within_cgroup: u32,
}

impl Settings {
    pub(super) fn new(p: &PreventionPolicy, own_tgid: u32, host_root: (u32, u32), within_cgroup: bool) -> Self {
        let items = [p.exec_not_from_image, p.exec_from_memory, p.forbidden_binaries, p.forbidden_destinations];
        let mode = |i: Item| match i.mode {
            Mode::Off => 0,
            Mode::Observe => 1,
            Mode::Deny => DENY,
        };
        Self {
            mode: items.map(mode),
            scope: items.map(|i| u8::from(i.scope == Scope::All)),
            own_tgid,
            // The kernel keeps 20 bits for the minor number.
            host_root_dev: host_root.0 << 20 | host_root.1,
            within_cgroup: u32::from(within_cgroup),
        }
    }
}

/// `struct report`.
#[derive(Debug, Clone, FromBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(super) struct Report {
    pub(super) time_boot_ns: u64,
    pub(super) start_boot_ns: u64,
    pub(super) tgid: u32,
    pub(super) item: u8,
    mode: u8,
    ip_version: u8,
    protocol: u8,
    port: u16,
    path_len: u16,
    addr: [u8; 16],
    comm: [u8; 16],
    cgroup: [[u8; NAME_LEN]; 4],
    path: [u8; PATH_LEN],
    // The structure's alignment is that of its times.
    pad: [u8; 4],
}

fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&b| b == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

impl Report {
    pub(super) fn denied(&self) -> bool {
        self.mode == DENY
    }

    pub(super) fn comm(&self) -> String {
        text(&self.comm)
    }

    /// Names of its cgroups, without the roots.
    pub(super) fn cgroups(&self) -> Vec<String> {
        self.cgroup.iter().map(|c| text(c)).filter(|n| !n.is_empty() && n != "/").collect()
    }

    /// The program's path, or the destination.
    pub(super) fn object(&self) -> String {
        if self.item == DESTINATION {
            let [a, b, c, d, ..] = self.addr;
            let addr: IpAddr =
                if self.ip_version == 4 { Ipv4Addr::new(a, b, c, d).into() } else { Ipv6Addr::from(self.addr).into() };
            let protocol = match self.protocol {
                6 => "tcp".to_owned(),
                17 => "udp".to_owned(),
                other => format!("protocol {other}"),
            };
            return format!("{protocol} {}", std::net::SocketAddr::new(addr, self.port));
        }
        let bytes = &self.path[..usize::from(self.path_len).min(PATH_LEN)];
        let mut names: Vec<&[u8]> = bytes.split(|&b| b == 0).filter(|n| !n.is_empty()).collect();
        names.reverse();
        // A memfd's only name is no path.
        let memfd = names.len() == 1 && names[0].starts_with(b"memfd:");
        let joined = String::from_utf8_lossy(&names.join(&b'/')).into_owned();
        if memfd { joined } else { format!("/{joined}") }
    }
}

/// `struct path_key` of a path.
pub(super) fn path_key(path: &str) -> Vec<u8> {
    let mut key = vec![b'/'];
    for name in path.rsplit('/').filter(|n| !n.is_empty()) {
        key.extend_from_slice(name.as_bytes());
        key.push(0);
    }
    key.resize(PATH_LEN, 0);
    key
}

/// `struct path_key` of a name alone.
pub(super) fn name_key(name: &str) -> Vec<u8> {
    let mut key = name.as_bytes().to_vec();
    key.resize(PATH_LEN, 0);
    key
}

/// `struct key4` or `struct key6`, and `struct ports`, of a network among all of the policy.
pub(super) fn network_entry(one: &Destination, all: &[Destination]) -> (Vec<u8>, Vec<u8>) {
    let mut key = u32::from(one.prefix).to_ne_bytes().to_vec();
    match one.network {
        IpAddr::V4(a) => key.extend(a.octets()),
        IpAddr::V6(a) => key.extend(a.octets()),
    }
    // A look-up finds the narrowest network only: it takes over the ports of those around it.
    let ranges: Vec<(u16, u16)> =
        all.iter().filter(|d| d.contains(one)).flat_map(|d| d.ports.clone()).take(PORT_RANGES).collect();
    let mut value = u32::try_from(ranges.len()).unwrap_or_default().to_ne_bytes().to_vec();
    for (low, high) in ranges {
        value.extend(low.to_ne_bytes());
        value.extend(high.to_ne_bytes());
    }
    value.resize(4 + 4 * PORT_RANGES, 0);
    (key, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_the_programs_build() {
        assert!(path_key("/usr/bin/nc").starts_with(b"/nc\0bin\0usr\0\0"));
        assert!(name_key("nc").starts_with(b"nc\0"));
        assert_eq!((path_key("/a").len(), name_key("a").len()), (PATH_LEN, PATH_LEN));
        assert_ne!(path_key("/nc"), name_key("nc"));
    }

    #[test]
    fn the_narrow_network_takes_over_the_ports_around_it() {
        let net = |a: &str, prefix, ports| Destination { network: a.parse().unwrap(), prefix, ports };
        let all =
            [net("10.0.0.0", 8, vec![(22, 22)]), net("10.1.0.0", 16, vec![(80, 90)]), net("fd00::", 8, vec![(1, 2)])];
        let (key, value) = network_entry(&all[1], &all);
        assert_eq!(key, [16, 0, 0, 0, 10, 1, 0, 0]);
        assert_eq!(value[..12], [2, 0, 0, 0, 22, 0, 22, 0, 80, 0, 90, 0]);
        assert_eq!(network_entry(&all[0], &all).1[0], 1);
        assert_eq!(network_entry(&all[2], &all).0.len(), 20);
    }
}
