//! What a source yields: events, and the facts that stand before them (processes, descriptors, users, interfaces).
//!
//! A capture's metadata blocks and a live agent's start-up scan are both told as items, so that the state has one way in.

use std::net::IpAddr;

use crate::event::Event;

/// One step of a source.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "an item lives for one step and is never stored")]
pub enum Item<'a> {
    /// A new capture starts: forget everything.
    Reset,
    /// The machine the events come from.
    Machine(MachineInfo<'a>),
    /// A process or thread that was there before the first event.
    Process(ProcessEntry<'a>),
    /// A descriptor that thread `tid` had open before the first event.
    Fd(i64, FdEntry<'a>),
    /// An address of a network interface.
    Interface(InterfaceEntry<'a>),
    /// A user of the machine.
    User(UserEntry<'a>),
    /// A group of the machine.
    Group(GroupEntry<'a>),
    /// The facts are complete; events follow.
    SnapshotEnd,
    /// Something happened.
    Event(Event<'a>),
}

/// Facts of a machine.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct MachineInfo<'a> {
    pub cpus: u32,
    pub memory_bytes: u64,
    pub max_pid: u64,
    pub hostname: &'a [u8],
    /// Boot time, ns since the epoch; 0 when the capture does not hold it.
    pub boot_time: u64,
}

/// One entry of a process list. Fields that the capture is too old to hold have the defaults named here.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "names are the kernel's own")]
pub struct ProcessEntry<'a> {
    pub tid: i64,
    pub pid: i64,
    /// Parent *process* id.
    pub ptid: i64,
    /// -1 when unknown, as are `vpgid`, `pgid`, `vtid`, `vpid`.
    pub sid: i64,
    pub vpgid: i64,
    pub pgid: i64,
    pub comm: &'a [u8],
    /// argv\[0\].
    pub exe: &'a [u8],
    pub exepath: &'a [u8],
    /// argv\[1..\], NUL-separated; the last NUL may be missing.
    pub args: &'a [u8],
    pub cwd: &'a [u8],
    pub fdlimit: i64,
    pub flags: u32,
    pub uid: u32,
    pub gid: u32,
    /// kB.
    pub vmsize: u32,
    pub vmrss: u32,
    pub vmswap: u32,
    pub pfmajor: u64,
    pub pfminor: u64,
    /// NUL-separated `NAME=value`.
    pub env: &'a [u8],
    pub vtid: i64,
    pub vpid: i64,
    /// NUL-separated `subsystem=path`.
    pub cgroups: &'a [u8],
    pub root: &'a [u8],
    pub pidns_init_start_ts: u64,
    pub tty: u32,
    /// `u32::MAX` when unset or unknown.
    pub loginuid: u32,
    pub exe_writable: bool,
    pub cap_inheritable: u64,
    pub cap_permitted: u64,
    pub cap_effective: u64,
    pub exe_upper_layer: bool,
    pub exe_lower_layer: bool,
    pub exe_from_memfd: bool,
    pub exe_ino: u64,
    pub exe_ino_ctime: u64,
    pub exe_ino_mtime: u64,
}

impl Default for ProcessEntry<'_> {
    fn default() -> Self {
        Self {
            tid: 0,
            pid: 0,
            ptid: 0,
            sid: -1,
            vpgid: -1,
            pgid: -1,
            comm: b"",
            exe: b"",
            exepath: b"",
            args: b"",
            cwd: b"",
            fdlimit: 0,
            flags: 0,
            uid: 0,
            gid: 0,
            vmsize: 0,
            vmrss: 0,
            vmswap: 0,
            pfmajor: 0,
            pfminor: 0,
            env: b"",
            vtid: -1,
            vpid: -1,
            cgroups: b"",
            root: b"",
            pidns_init_start_ts: 0,
            tty: 0,
            loginuid: u32::MAX,
            exe_writable: false,
            cap_inheritable: 0,
            cap_permitted: 0,
            cap_effective: 0,
            exe_upper_layer: false,
            exe_lower_layer: false,
            exe_from_memfd: false,
            exe_ino: 0,
            exe_ino_ctime: 0,
            exe_ino_mtime: 0,
        }
    }
}

/// One open descriptor.
#[derive(Clone, Debug)]
pub struct FdEntry<'a> {
    /// Descriptor number.
    pub fd: i64,
    /// Inode, 0 when unknown.
    pub ino: u64,
    /// What it is.
    pub kind: FdKind<'a>,
}

/// What a descriptor refers to.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "names are the kernel's own")]
pub enum FdKind<'a> {
    File {
        name: &'a [u8],
        open_flags: u32,
        dev: u32,
    },
    Directory {
        name: &'a [u8],
    },
    Fifo {
        name: &'a [u8],
    },
    Unsupported {
        name: &'a [u8],
    },
    Event {
        name: &'a [u8],
    },
    Signalfd {
        name: &'a [u8],
    },
    Eventpoll {
        name: &'a [u8],
    },
    Inotify {
        name: &'a [u8],
    },
    Timerfd {
        name: &'a [u8],
    },
    Netlink {
        name: &'a [u8],
    },
    Bpf {
        name: &'a [u8],
    },
    Userfaultfd {
        name: &'a [u8],
    },
    IoUring {
        name: &'a [u8],
    },
    Memfd {
        name: &'a [u8],
    },
    Pidfd {
        name: &'a [u8],
    },
    /// A connected or unconnected IP socket, v4 or v6 by its addresses.
    Socket {
        source: (IpAddr, u16),
        dest: (IpAddr, u16),
        proto: L4Proto,
    },
    /// A listening IP socket.
    ServerSocket {
        local: (IpAddr, u16),
        proto: L4Proto,
    },
    /// Kernel addresses of both ends, and the path.
    Unix {
        source: u64,
        dest: u64,
        name: &'a [u8],
    },
}

/// Transport protocol, with the capture format's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "self-explanatory")]
pub enum L4Proto {
    #[default]
    Unknown = 0,
    Na = 1,
    Tcp = 2,
    Udp = 3,
    Icmp = 4,
    Raw = 5,
}

impl L4Proto {
    /// From the capture format's number; anything else is unknown.
    #[must_use]
    pub fn from_code(code: u8) -> Self {
        [Self::Unknown, Self::Na, Self::Tcp, Self::Udp, Self::Icmp, Self::Raw]
            .get(usize::from(code))
            .copied()
            .unwrap_or_default()
    }
}

/// One address of an interface.
#[derive(Clone, Debug)]
pub struct InterfaceEntry<'a> {
    /// Interface name.
    pub name: &'a [u8],
    /// Address with mask and broadcast.
    pub addr: InterfaceAddr,
    /// Bits per second, 0 when unknown.
    pub link_speed: u64,
}

/// Address, mask and broadcast of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct InterfaceAddr {
    pub addr: IpAddr,
    pub mask: IpAddr,
    pub broadcast: IpAddr,
}

/// A user of the machine (container id empty) or of a container.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct UserEntry<'a> {
    pub uid: u32,
    pub gid: u32,
    pub name: &'a [u8],
    pub home: &'a [u8],
    pub shell: &'a [u8],
    pub container_id: &'a [u8],
}

/// A group of the machine (container id empty) or of a container.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct GroupEntry<'a> {
    pub gid: u32,
    pub name: &'a [u8],
    pub container_id: &'a [u8],
}
