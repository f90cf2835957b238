//! Facts of the machine, and its interfaces.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use avouch_event::{InterfaceAddr, InterfaceEntry, Item, MachineInfo};
use nix::ifaddrs::getifaddrs;
use nix::sys::socket::SockaddrStorage;
use rustix::fd::AsFd;
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::time::{ClockId, clock_gettime};

use crate::options::{Counts, Missing};
use crate::{files, parse};

/// When the machine was booted, ns since the epoch, by the clocks as they stand now.
#[must_use]
pub fn boot_time() -> u64 {
    let ns = |clock| {
        let t = clock_gettime(clock);
        i128::from(t.tv_sec) * 1_000_000_000 + i128::from(t.tv_nsec)
    };
    u64::try_from(ns(ClockId::Realtime) - ns(ClockId::Boottime)).unwrap_or(0)
}

/// Controllers of cgroup version 2; empty where only version 1 is mounted.
pub(crate) fn controllers() -> Vec<u8> {
    let mut buf = Vec::new();
    for path in [c"/sys/fs/cgroup/cgroup.controllers", c"/sys/fs/cgroup/unified/cgroup.controllers"] {
        if files::whole(CWD, path, &mut buf, 4096).is_ok() {
            return buf;
        }
    }
    Vec::new()
}

/// Tells the machine's facts. What cannot be read is 0.
pub(crate) fn tell(proc: impl AsFd, boot_time: u64, emit: &mut dyn FnMut(&Item<'_>)) {
    let mut buf = Vec::new();
    let cpus = match files::whole(CWD, c"/sys/devices/system/cpu/online", &mut buf, 4096) {
        Ok(_) => cpus(&buf),
        Err(_) => 0,
    };
    let max_pid = match files::whole(proc, c"sys/kernel/pid_max", &mut buf, 4096) {
        Ok(_) => parse::words(&buf).next().and_then(parse::uint).unwrap_or(0),
        Err(_) => 0,
    };
    let memory = rustix::system::sysinfo();
    let unit = u64::from(memory.mem_unit.max(1));
    let names = rustix::system::uname();
    emit(&Item::Machine(MachineInfo {
        cpus,
        #[allow(clippy::useless_conversion, reason = "narrower on 32-bit machines")]
        memory_bytes: u64::from(memory.totalram).saturating_mul(unit),
        max_pid,
        hostname: names.nodename().to_bytes(),
        boot_time,
    }));
}

/// How many are in a list as `0-3,8`.
fn cpus(list: &[u8]) -> u32 {
    let range = |part: &[u8]| {
        let mut ends = part.splitn(2, |b| *b == b'-').map(parse::uint);
        let first = ends.next()??;
        let last = ends.next().unwrap_or(Some(first))?;
        Some(last.checked_sub(first)? + 1)
    };
    let list = parse::words(list).next().unwrap_or(b"");
    let all = list.split(|b| *b == b',').filter_map(range).fold(0u64, u64::saturating_add);
    u32::try_from(all).unwrap_or(u32::MAX)
}

/// Tells each address of each interface. The speed of the link is not looked up.
pub(crate) fn tell_interfaces(counts: &mut Counts, emit: &mut dyn FnMut(&Item<'_>)) {
    let ip = |a: Option<SockaddrStorage>| -> Option<IpAddr> {
        let a = a?;
        a.as_sockaddr_in().map(|a| a.ip().into()).or_else(|| a.as_sockaddr_in6().map(|a| a.ip().into()))
    };
    let Ok(interfaces) = getifaddrs() else {
        counts.missing(Missing::Unreadable);
        return;
    };
    for interface in interfaces {
        let Some(addr) = ip(interface.address) else { continue };
        let none: IpAddr = if addr.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let (mask, broadcast) = (ip(interface.netmask).unwrap_or(none), ip(interface.broadcast).unwrap_or(none));
        let addr = InterfaceAddr { addr, mask, broadcast };
        emit(&Item::Interface(InterfaceEntry { name: interface.interface_name.as_bytes(), addr, link_speed: 0 }));
    }
}

/// Reads a file of the machine or of a container below `root`. False when there is none.
pub(crate) fn file_below(
    root: impl AsFd,
    path: &std::ffi::CStr,
    buf: &mut Vec<u8>,
    limit: usize,
    counts: &mut Counts,
) -> bool {
    let read = files::inside(root, path, OFlags::RDONLY).and_then(|file| {
        let mode = crate::facts::look_at(&file)?.stx_mode;
        // A device in its place might never end.
        if mode & 0o170_000 != 0o100_000 {
            return Err(rustix::io::Errno::INVAL);
        }
        files::to_end(file, buf, limit)
    });
    match read {
        Ok(cut) => counts.cut += u64::from(cut),
        // A container need not have it.
        Err(rustix::io::Errno::NOENT | rustix::io::Errno::SRCH) => return false,
        Err(e) => {
            counts.missing(e.into());
            return false;
        }
    }
    true
}

/// Opens the folder where a file system begins.
pub(crate) fn root_of(dir: impl AsFd, path: impl rustix::path::Arg) -> Result<rustix::fd::OwnedFd, rustix::io::Errno> {
    openat(dir, path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_processors_are_counted() {
        assert_eq!(
            (cpus(b"0-3,8\n"), cpus(b"0\n"), cpus(b""), cpus(b"5-2"), cpus(b"0-99999999999")),
            (5, 1, 0, 0, u32::MAX)
        );
    }

    #[test]
    fn boot_was_before_now() {
        let now = clock_gettime(ClockId::Realtime).tv_sec;
        let boot = i64::try_from(boot_time() / 1_000_000_000).unwrap();
        assert!(boot > 0 && boot <= now);
    }
}
