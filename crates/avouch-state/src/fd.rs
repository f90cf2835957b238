//! One open descriptor.

use std::net::IpAddr;

use avouch_event::L4Proto;

/// What a descriptor refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "names are the kernel's own")]
pub enum FdType {
    /// Nothing known, as for a descriptor of a call that failed half-way.
    #[default]
    Unknown,
    File,
    Directory,
    Ipv4,
    /// Listening v4 socket.
    Ipv4Server,
    Ipv6,
    /// Listening v6 socket.
    Ipv6Server,
    Unix,
    Fifo,
    Event,
    Signalfd,
    Eventpoll,
    Inotify,
    Timerfd,
    Netlink,
    Bpf,
    Userfaultfd,
    IoUring,
    Memfd,
    Pidfd,
    Unsupported,
}

impl FdType {
    /// Whether this is an internet socket, listening or not.
    #[must_use]
    pub fn is_inet(self) -> bool {
        matches!(self, Self::Ipv4 | Self::Ipv4Server | Self::Ipv6 | Self::Ipv6Server)
    }

    /// Whether this is any socket.
    #[must_use]
    pub fn is_socket(self) -> bool {
        self.is_inet() || matches!(self, Self::Unix | Self::Netlink)
    }
}

/// The ends of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub enum SockEnds {
    /// No address known, or not a socket.
    #[default]
    None,
    /// Both ends of an internet socket: client side first once the role is known.
    Inet {
        /// Address and port the connection comes from.
        source: (IpAddr, u16),
        /// Address and port it goes to.
        dest: (IpAddr, u16),
    },
    /// A socket bound to an address.
    Server {
        /// Address and port bound.
        local: (IpAddr, u16),
    },
    /// Kernel addresses of a unix socket's ends.
    Unix {
        /// Address of the connecting end.
        source: u64,
        /// Address of the other end.
        dest: u64,
    },
}

/// On which side of a connection the process stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Role {
    /// Not known; then client and server addresses are absent.
    #[default]
    None,
    /// The process called `connect` or sent first.
    Client,
    /// The process accepted or is bound.
    Server,
}

/// Path as the call gave it, before it was made absolute.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum RawName {
    /// Not opened by a call that was seen.
    #[default]
    Unknown,
    /// The same bytes as the name.
    SameAsName,
    /// Other bytes.
    Other(Box<[u8]>),
}

/// One open descriptor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fd {
    /// What it refers to.
    pub ty: FdType,
    /// On which side of the connection the process stands.
    pub role: Role,
    /// Data flowed, or `connect` (also one still in progress) or `accept` succeeded.
    pub connected: bool,
    /// Transport protocol of a socket.
    pub proto: L4Proto,
    /// Overlayfs: the file lies in the upper (writable) layer.
    pub upper_layer: bool,
    /// Overlayfs: the file lies in a lower (image) layer.
    pub lower_layer: bool,
    /// Closes when the process executes another program.
    pub cloexec: bool,
    /// Open flags of the capture format (not the kernel's numbers).
    pub open_flags: u32,
    /// Device, 0 when unknown.
    pub dev: u32,
    /// Inode, 0 when unknown.
    pub ino: u64,
    /// Addresses of a socket.
    pub ends: SockEnds,
    /// Path, connection text or other name (`fd.name`).
    pub name: Vec<u8>,
    /// Path as the call gave it.
    pub raw: RawName,
    /// Pid that a pidfd refers to, 0 otherwise.
    pub target_pid: i64,
}

impl Fd {
    /// A descriptor of type `ty` called `name`.
    #[must_use]
    pub fn new(ty: FdType, name: &[u8]) -> Self {
        Self { ty, name: name.into(), ..Self::default() }
    }

    /// Path as the call gave it (`fd.nameraw`); empty when no call was seen or it took no path.
    #[must_use]
    pub fn raw_name(&self) -> &[u8] {
        match &self.raw {
            RawName::Unknown => &[],
            RawName::SameAsName => &self.name,
            RawName::Other(raw) => raw,
        }
    }

    /// Client end of an internet socket; `None` when the role is unknown or the socket only listens.
    #[must_use]
    pub fn client(&self) -> Option<(IpAddr, u16)> {
        match self.ends {
            SockEnds::Inet { source, .. } if self.role != Role::None => Some(source),
            _ => None,
        }
    }

    /// Server end of an internet socket, which for a listening one is its own address.
    #[must_use]
    pub fn server(&self) -> Option<(IpAddr, u16)> {
        match self.ends {
            SockEnds::Inet { dest, .. } if self.role != Role::None => Some(dest),
            SockEnds::Server { local } => Some(local),
            _ => None,
        }
    }

    /// Whether the process stands on the server side.
    #[must_use]
    pub fn is_role_server(&self) -> bool {
        self.role == Role::Server
    }
}
