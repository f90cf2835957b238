//! Sockets: made, bound, connected, and named by the traffic on them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use avouch_event::{Event, L4Proto};

use crate::fd::{Fd, FdType, Role, SockEnds};
use crate::sock::{self, SockAddr, SockTuple, family};
use crate::state::State;

/// Which way the data of a call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Towards the process.
    In,
    /// From the process.
    Out,
}

/// Address that `connect` was entered with.
enum Asked {
    Inet((IpAddr, u16)),
    Unix(Box<[u8]>),
}

impl From<SockAddr<'_>> for Asked {
    fn from(addr: SockAddr<'_>) -> Self {
        match addr {
            SockAddr::Inet(ip, port) => Self::Inet((ip, port)),
            SockAddr::Unix(path) => Self::Unix(path.into()),
        }
    }
}

/// The connection is being made: as good as made.
const EINPROGRESS: i64 = -115;

impl State {
    pub(super) fn on_socket(&mut self, e: &Event<'_>) {
        const CLOEXEC: u32 = 0o2_000_000;
        let p = &e.params;
        let Some(number) = p.i64(0).filter(|n| *n >= 0) else { return };
        let (domain, ty, protocol) = (p.u32(1).unwrap_or(0), p.u32(2).unwrap_or(0), p.u32(3).unwrap_or(0));
        let any = |ip: IpAddr| SockEnds::Inet { source: (ip, 0), dest: (ip, 0) };
        let (kind, ends) = match u8::try_from(domain) {
            Ok(family::UNIX) => (FdType::Unix, SockEnds::Unix { source: 0, dest: 0 }),
            Ok(family::INET) => (FdType::Ipv4, any(Ipv4Addr::UNSPECIFIED.into())),
            Ok(family::INET6) => (FdType::Ipv6, any(Ipv6Addr::UNSPECIFIED.into())),
            Ok(family::NETLINK) => (FdType::Netlink, SockEnds::None),
            _ => (FdType::Unknown, SockEnds::None),
        };
        let proto = if kind.is_inet() { l4_proto(ty, protocol) } else { L4Proto::Unknown };
        self.new_fd(number, Fd { ends, proto, cloexec: ty & CLOEXEC != 0, ..Fd::new(kind, b"") });
    }

    pub(super) fn on_bind(&mut self, e: &Event<'_>) {
        if e.params.i64(0).is_none_or(|r| r < 0) {
            return;
        }
        let Some(addr) = e.params.get(1).and_then(SockAddr::parse) else { return };
        let path = if let SockAddr::Unix(path) = addr { self.cut(path) } else { b"" };
        let Some(fd) = self.current_fd_mut() else { return };
        let name = match addr {
            SockAddr::Inet(ip, port) => {
                let ip = sock::mapped(ip).unwrap_or(ip);
                let name = sock::name(&SockEnds::Server { local: (ip, port) }, b"");
                if port > 0 {
                    fd.ty = if ip.is_ipv4() { FdType::Ipv4Server } else { FdType::Ipv6Server };
                    fd.ends = SockEnds::Server { local: (ip, port) };
                    fd.role = Role::Server;
                }
                name
            }
            SockAddr::Unix(_) => path.into(),
        };
        self.rename(name);
    }

    /// Gives the event's descriptor a name, and notes whether it is another.
    fn rename(&mut self, name: Vec<u8>) {
        let Some(fd) = self.current_fd_mut() else { return };
        if fd.name != name {
            fd.name = name;
            self.current.name_changed = true;
        }
    }

    pub(super) fn on_connect(&mut self, e: &Event<'_>) {
        let ret = e.params.i64(0).unwrap_or(-1);
        if (ret < 0 && ret != EINPROGRESS) || self.current_fd().is_none() {
            return;
        }
        if let Some(fd) = self.current_fd_mut() {
            fd.connected = true;
        }
        let asked = self.stored_enter().and_then(|enter| SockAddr::parse(enter.params.get(1)?).map(Asked::from));
        match e.params.get(1).and_then(SockTuple::parse) {
            Some(tuple) => self.connected(&tuple, e.params.get(3).and_then(SockAddr::parse), asked),
            // TCP fast open tells no tuple: where to is known, where from is not.
            None => {
                if let Some(Asked::Inet(dest)) = asked {
                    self.connected_to(dest);
                }
            }
        }
    }

    fn connected_to(&mut self, dest: (IpAddr, u16)) {
        let dest = (sock::mapped(dest.0).unwrap_or(dest.0), dest.1);
        let Some(fd) = self.current_fd_mut() else { return };
        let any: IpAddr = if dest.0.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let source = match fd.ends {
            SockEnds::Inet { source, .. } if source.0.is_ipv4() == dest.0.is_ipv4() => source,
            _ => (any, 0),
        };
        fd.ty = if dest.0.is_ipv4() { FdType::Ipv4 } else { FdType::Ipv6 };
        fd.ends = SockEnds::Inet { source, dest };
    }

    /// `told` is what user memory held on exit, `asked` what it held on entry. Where the kernel's own tuple says the same
    /// as `told` it may have been copied from there, and `asked` is what cannot have been changed since.
    fn connected(&mut self, tuple: &SockTuple<'_>, told: Option<SockAddr<'_>>, asked: Option<Asked>) {
        let Some(fd) = self.current_fd_mut() else { return };
        let name = match *tuple {
            SockTuple::Inet { source, mut dest } => {
                if let Some(Asked::Inet(asked)) = asked
                    && told == Some(SockAddr::Inet(dest.0, dest.1))
                {
                    dest = asked;
                }
                let mut ends = SockTuple::Inet { source, dest }.ends();
                if let SockEnds::Inet { source, dest } = ends {
                    fd.ty = if source.0.is_ipv4() { FdType::Ipv4 } else { FdType::Ipv6 };
                    if fd.role == Role::Server && fd.proto == L4Proto::Udp {
                        ends = SockEnds::Inet { source: dest, dest: source };
                    }
                }
                fd.ends = ends;
                sock::name(&ends, b"")
            }
            SockTuple::Unix { path, .. } => {
                if fd.ty != FdType::Unix {
                    return;
                }
                fd.ends = tuple.ends();
                match &asked {
                    Some(Asked::Unix(asked)) if told == Some(SockAddr::Unix(path)) => sock::name(&fd.ends, asked),
                    _ => sock::name(&fd.ends, path),
                }
            }
        };
        if fd.role == Role::None {
            fd.role = Role::Client;
        }
        self.rename(name);
    }

    pub(super) fn on_accept(&mut self, e: &Event<'_>) {
        let Some(number) = e.params.i64(0).filter(|n| *n >= 0) else { return };
        self.current.fd = Some(number);
        let Some(tuple) = e.params.get(1).and_then(SockTuple::parse) else { return };
        let ends = tuple.ends();
        let (ty, proto, path) = match (ends, tuple) {
            (SockEnds::Inet { source, .. }, _) if source.0.is_ipv4() => (FdType::Ipv4, L4Proto::Tcp, &b""[..]),
            (SockEnds::Inet { .. }, _) => (FdType::Ipv6, L4Proto::Tcp, &b""[..]),
            (_, SockTuple::Unix { path, .. }) => (FdType::Unix, L4Proto::Unknown, path),
            _ => return,
        };
        let name = sock::name(&ends, self.cut(path));
        self.new_fd(number, Fd { ends, proto, name, role: Role::Server, connected: true, ..Fd::new(ty, b"") });
    }

    pub(super) fn on_socketpair(&mut self, e: &Event<'_>) {
        let p = &e.params;
        if p.i64(0).is_none_or(|r| r < 0) {
            return;
        }
        let (Some(one), Some(two)) = (p.i64(1), p.i64(2)) else {
            self.counters.malformed_events += 1;
            return;
        };
        let ends = SockEnds::Unix { source: p.u64(3).unwrap_or(0), dest: p.u64(4).unwrap_or(0) };
        let fd = Fd { ends, ..Fd::new(FdType::Unix, b"") };
        self.new_fd(one, fd.clone());
        self.new_fd(two, fd);
    }

    /// Reads and writes. `tuple` is the parameter that may hold the socket's addresses.
    pub(super) fn on_io(&mut self, e: &Event<'_>, tuple: Option<(usize, Way)>) {
        if e.params.i64(0).is_none_or(|r| r < 0) {
            return;
        }
        if self.current_fd().is_none() {
            match tuple {
                Some((i, Way::Out)) => self.infer_udp(e, i),
                _ => return,
            }
        }
        let Some(fd) = self.current_fd() else { return };
        if !fd.ty.is_socket() {
            return;
        }
        if let Some((i, way)) = tuple
            && (fd.name.is_empty() || !(fd.ty.is_inet() && fd.proto == L4Proto::Tcp))
            && let Some(tuple) = e.params.get(i).and_then(SockTuple::parse)
        {
            self.learn_tuple(&tuple, way);
        }
        let plain = |fd: &Fd| matches!(fd.ty, FdType::Ipv4 | FdType::Ipv6) && !fd.connected;
        if self.current_fd().is_some_and(plain)
            && let Some(fd) = self.current_fd_mut()
        {
            fd.connected = true;
        }
    }

    /// Data was sent on a descriptor nobody saw made: it must be a datagram socket.
    fn infer_udp(&mut self, e: &Event<'_>, tuple: usize) {
        let Some(tuple @ SockTuple::Inet { .. }) = e.params.get(tuple).and_then(SockTuple::parse) else { return };
        let Some(number) = self.current.fd.filter(|n| *n >= 0) else { return };
        let ends = tuple.ends();
        let ty = match ends {
            SockEnds::Inet { source, .. } if source.0.is_ipv4() => FdType::Ipv4,
            _ => FdType::Ipv6,
        };
        self.new_fd(number, Fd { proto: L4Proto::Udp, ..Fd::new(ty, b"") });
    }

    /// The event tells the addresses of its socket.
    fn learn_tuple(&mut self, tuple: &SockTuple<'_>, way: Way) {
        let mut ends = tuple.ends();
        let path = if let SockTuple::Unix { path, .. } = tuple { *path } else { b"" };
        self.interfaces.fill(&mut ends);
        let serves = self.has_v4_server(&ends);
        let Some(fd) = self.current_fd() else { return };
        let mut role = fd.role;
        if let SockEnds::Inet { source, dest } = ends {
            if role == Role::None {
                role = guess_role(source.0, way, serves);
            }
            // A tuple tells the sender first; the client must come first.
            if (way == Way::In) == (role == Role::Client) {
                ends = SockEnds::Inet { source: dest, dest: source };
            }
        }
        if fd.ends == ends && fd.role == role && !fd.name.is_empty() {
            return;
        }
        let name = sock::name(&ends, self.cut(path));
        let Some(fd) = self.current_fd_mut() else { return };
        fd.ty = match ends {
            SockEnds::Inet { source, .. } if source.0.is_ipv4() => FdType::Ipv4,
            SockEnds::Inet { .. } => FdType::Ipv6,
            _ => FdType::Unix,
        };
        // A TCP socket's addresses do not change under way: what is not known must be datagrams.
        if fd.ty != FdType::Unix && fd.proto == L4Proto::Unknown {
            fd.proto = L4Proto::Udp;
        }
        (fd.role, fd.ends) = (role, ends);
        self.rename(name);
    }

    /// Whether the process has a v4 socket bound to the destination's port.
    fn has_v4_server(&self, ends: &SockEnds) -> bool {
        let SockEnds::Inet { dest, .. } = *ends else { return false };
        // Only v6 sockets without a role are judged by it.
        if dest.0.is_ipv4() || self.current_fd().is_none_or(|fd| fd.role != Role::None) {
            return false;
        }
        let Some(fds) = self.thread().and_then(|t| self.fds_of(t)) else { return false };
        fds.iter().any(|(_, fd)| {
            fd.ty == FdType::Ipv4Server && matches!(fd.ends, SockEnds::Server { local } if local.1 == dest.1)
        })
    }
}

/// Role of a datagram socket that was neither bound nor connected. For v4 upstream ends up with the direction: who
/// receives first serves. For v6 it asks whether the process is bound to the port.
fn guess_role(source: IpAddr, way: Way, serves: bool) -> Role {
    match (source, way) {
        (IpAddr::V4(_), Way::In) => Role::Server,
        (IpAddr::V4(_), Way::Out) => Role::Client,
        (IpAddr::V6(_), _) if serves => Role::Server,
        (IpAddr::V6(_), _) => Role::Client,
    }
}

/// Transport protocol from what `socket` was given.
pub(super) fn l4_proto(ty: u32, protocol: u32) -> L4Proto {
    let (stream, dgram, raw) = (ty & 0xff == 1, ty & 0xff == 2, ty & 0xff == 3);
    match protocol {
        6 | 17 | 1 if raw => L4Proto::Raw,
        6 => L4Proto::Tcp,
        17 => L4Proto::Udp,
        1 => L4Proto::Icmp,
        255 => L4Proto::Raw,
        0 if stream => L4Proto::Tcp,
        0 if dgram => L4Proto::Udp,
        _ if raw => L4Proto::Raw,
        _ => L4Proto::Unknown,
    }
}
