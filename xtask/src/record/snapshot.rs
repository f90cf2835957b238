//! What was there before the first event: processes, descriptors, users, groups, interfaces, containers.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;

use anyhow::{Context, Result};
use avouch_event::{
    EventBuf, FdEntry, FdKind, GroupEntry, InterfaceAddr, InterfaceEntry, Item, MachineInfo, UserEntry, types,
};
use nix::ifaddrs::getifaddrs;
use nix::sys::socket::SockaddrStorage;

use super::containers;
use super::facts::Facts;
use super::flags;
use super::sockets::Socket;

/// Facts gathered while all threads stood still.
pub(super) struct Snapshot {
    machine: Machine,
    threads: Vec<Facts>,
    fds: Vec<(i64, OpenFd)>,
    users: String,
    groups: String,
    interfaces: Vec<(String, InterfaceAddr)>,
    containers: Vec<EventBuf>,
}

struct Machine {
    hostname: Vec<u8>,
    cpus: u32,
    memory_bytes: u64,
    max_pid: u64,
    boot_time: u64,
}

struct OpenFd {
    fd: i64,
    ino: u64,
    dev: u32,
    flags: u32,
    directory: bool,
    link: Vec<u8>,
    socket: Option<Socket>,
}

impl Snapshot {
    /// Reads /proc for `tids`, and this machine's user and group files; `inspect` is the text of `podman inspect`.
    ///
    /// # Errors
    /// When /proc is not readable, or `inspect` is not what podman writes.
    pub(super) fn take(tids: &[i32], inspect: Option<&str>, timestamp: u64) -> Result<Self> {
        let mut threads = Vec::new();
        let mut fds = Vec::new();
        for tid in tids {
            let facts = Facts::read(i64::from(*tid))?;
            if facts.tid == facts.pid {
                fds.extend(open_fds(facts.pid).into_iter().map(|fd| (facts.pid, fd)));
            }
            threads.push(facts);
        }
        let mut containers = Vec::new();
        for json in inspect.map(containers::from_podman_inspect).transpose()?.unwrap_or_default() {
            let mut event = EventBuf::new(types::ASYNCEVENT_E);
            event.timestamp = timestamp;
            event.push_u32(0).push_charbuf(b"container").push_charbuf(json.as_bytes());
            containers.push(event);
        }
        Ok(Self {
            machine: Machine::read()?,
            threads,
            fds,
            users: fs::read_to_string("/etc/passwd").unwrap_or_default(),
            groups: fs::read_to_string("/etc/group").unwrap_or_default(),
            interfaces: interfaces()?,
            containers,
        })
    }

    /// All facts in the order of a capture, then the containers as events.
    pub(super) fn items(&self) -> Vec<Item<'_>> {
        let machine = MachineInfo {
            cpus: self.machine.cpus,
            memory_bytes: self.machine.memory_bytes,
            max_pid: self.machine.max_pid,
            hostname: &self.machine.hostname,
            boot_time: self.machine.boot_time,
        };
        let mut items = vec![Item::Reset, Item::Machine(machine)];
        items.extend(self.threads.iter().map(|t| Item::Process(t.entry())));
        items.extend(self.fds.iter().map(|(pid, fd)| Item::Fd(*pid, fd.entry())));
        items.extend(
            self.interfaces.iter().map(|(name, addr)| {
                Item::Interface(InterfaceEntry { name: name.as_bytes(), addr: *addr, link_speed: 0 })
            }),
        );
        items.extend(self.users.lines().filter_map(user).map(Item::User));
        items.extend(self.groups.lines().filter_map(group).map(Item::Group));
        items.push(Item::SnapshotEnd);
        items.extend(self.containers.iter().map(|c| Item::Event(c.event())));
        items
    }
}

fn user(line: &str) -> Option<UserEntry<'_>> {
    let f: Vec<&str> = line.split(':').collect();
    Some(UserEntry {
        uid: f.get(2)?.parse().ok()?,
        gid: f.get(3)?.parse().ok()?,
        name: f.first()?.as_bytes(),
        home: f.get(5)?.as_bytes(),
        shell: f.get(6)?.as_bytes(),
        container_id: b"",
    })
}

fn group(line: &str) -> Option<GroupEntry<'_>> {
    let f: Vec<&str> = line.split(':').collect();
    Some(GroupEntry { gid: f.get(2)?.parse().ok()?, name: f.first()?.as_bytes(), container_id: b"" })
}

impl Machine {
    fn read() -> Result<Self> {
        let text = |path: &str| fs::read_to_string(path).with_context(|| format!("failed to read {path}"));
        let number = |text: &str, key: &str| -> u64 {
            let line = text.lines().find_map(|l| l.strip_prefix(key));
            line.and_then(|l| l.split_ascii_whitespace().next()?.parse().ok()).unwrap_or(0)
        };
        let stat = text("/proc/stat")?;
        let cpus = stat.lines().filter(|l| l.starts_with("cpu") && !l.starts_with("cpu ")).count();
        Ok(Self {
            hostname: text("/proc/sys/kernel/hostname")?.trim().as_bytes().to_vec(),
            cpus: u32::try_from(cpus).unwrap_or(0),
            memory_bytes: number(&text("/proc/meminfo")?, "MemTotal:") * 1024,
            max_pid: number(&text("/proc/sys/kernel/pid_max")?, ""),
            boot_time: number(&stat, "btime") * 1_000_000_000,
        })
    }
}

fn open_fds(pid: i64) -> Vec<OpenFd> {
    let mut out = Vec::new();
    for entry in fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten() {
        let Some(fd) = entry.file_name().to_str().and_then(|n| n.parse().ok()) else { continue };
        let Ok(link) = fs::read_link(entry.path()) else { continue };
        let meta = fs::metadata(entry.path()).ok();
        let info = fs::read_to_string(format!("/proc/{pid}/fdinfo/{fd}")).unwrap_or_default();
        let raw = info.lines().find_map(|l| l.strip_prefix("flags:")).unwrap_or_default();
        out.push(OpenFd {
            fd,
            ino: meta.as_ref().map_or(0, MetadataExt::ino),
            dev: (meta.as_ref().map_or(0, MetadataExt::dev) & 0xffff_ffff) as u32,
            flags: flags::open(u64::from_str_radix(raw.trim(), 8).unwrap_or(0)),
            directory: meta.is_some_and(|m| m.is_dir()),
            socket: link.to_str().and_then(|l| Socket::of_link(pid, l)),
            link: link.as_os_str().as_bytes().to_vec(),
        });
    }
    out.sort_by_key(|fd| fd.fd);
    out
}

impl OpenFd {
    fn entry(&self) -> FdEntry<'_> {
        let name = self.link.as_slice();
        let kind = match (&self.socket, name) {
            (Some(socket), _) => socket.kind(),
            (_, n) if n.starts_with(b"pipe:") => FdKind::Fifo { name },
            (_, b"anon_inode:[eventpoll]") => FdKind::Eventpoll { name },
            (_, b"anon_inode:[eventfd]") => FdKind::Event { name },
            (_, b"anon_inode:[signalfd]") => FdKind::Signalfd { name },
            (_, b"anon_inode:[timerfd]") => FdKind::Timerfd { name },
            (_, b"anon_inode:inotify") => FdKind::Inotify { name },
            (_, n) if !n.starts_with(b"/") => FdKind::Unsupported { name },
            (_, n) if n.starts_with(b"/memfd:") => FdKind::Memfd { name },
            _ if self.directory => FdKind::Directory { name },
            _ => FdKind::File { name, open_flags: self.flags, dev: self.dev },
        };
        FdEntry { fd: self.fd, ino: self.ino, kind }
    }
}

fn interfaces() -> Result<Vec<(String, InterfaceAddr)>> {
    let ip = |a: Option<SockaddrStorage>| -> Option<IpAddr> {
        let a = a?;
        a.as_sockaddr_in().map(|a| a.ip().into()).or_else(|| a.as_sockaddr_in6().map(|a| a.ip().into()))
    };
    let mut out = Vec::new();
    for interface in getifaddrs().context("failed to list interfaces")? {
        let Some(addr) = ip(interface.address) else { continue };
        let none: IpAddr = if addr.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let mask = ip(interface.netmask).unwrap_or(none);
        let broadcast = ip(interface.broadcast).unwrap_or(none);
        out.push((interface.interface_name, InterfaceAddr { addr, mask, broadcast }));
    }
    Ok(out)
}
