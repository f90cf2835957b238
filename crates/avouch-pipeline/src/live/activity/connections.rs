//! Connections, condensed: one record a minute for one program, one address and one way.

use std::collections::BTreeMap;
use std::net::IpAddr;

use avouch_event::{Event, EventType, L4Proto, types};
use avouch_state::{ContainerRef, FdType, Role, SockAddr, SockEnds, State};
use rustc_hash::FxHashMap;

use super::super::records::{Connection, Record, Who, rfc3339};
use super::super::who::{exe, who};

/// The events that tell of connections.
pub(super) const TYPES: [EventType; 4] = [types::CONNECT_X, types::ACCEPT_5_X, types::ACCEPT4_6_X, types::LISTEN_X];

/// Whether a connection was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    Yes,
    /// Not one that activity tells of: a unix socket, or a descriptor of which nothing is known.
    NotMeant,
    NoRoom,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    exe: String,
    container: ContainerRef,
    direction: &'static str,
    proto: &'static str,
    address: IpAddr,
    port: u16,
}

#[derive(Clone, Debug)]
struct Condensed {
    first: u64,
    last: u64,
    local: bool,
    count: u64,
    results: BTreeMap<String, u64>,
    call: &'static str,
    family: &'static str,
    /// Of the first one: the own end's address, and the client's port.
    own: Option<IpAddr>,
    client_port: u16,
    who: Who,
}

pub(super) struct Connections {
    room: usize,
    by_key: FxHashMap<Key, Condensed>,
}

impl Connections {
    pub(super) fn new(room: usize) -> Self {
        Self { room, by_key: FxHashMap::default() }
    }

    pub(super) fn event(&mut self, event: &Event<'_>, state: &State) -> Kept {
        let (Some(thread), Some(fd)) = (state.thread(), state.current_fd()) else { return Kept::NotMeant };
        // An accept that failed made nothing.
        let direction = match event.ty {
            types::CONNECT_X => "out",
            types::LISTEN_X => "listen",
            _ if event.params.i64(0).is_some_and(|fd| fd >= 0) => "in",
            _ => return Kept::NotMeant,
        };
        let (address, port) = match (fd.ends, direction) {
            // What failed left the socket as it was: only the call itself says where to.
            _ if direction == "out" && failed(event) => match event.params.get(3).and_then(SockAddr::parse) {
                Some(SockAddr::Inet(ip, port)) => (ip.to_canonical(), port),
                _ => return Kept::NotMeant,
            },
            (SockEnds::Inet { source, .. }, "in") => (source.0, 0),
            (SockEnds::Inet { dest, .. }, _) => dest,
            (SockEnds::Server { local }, _) => local,
            _ => return Kept::NotMeant,
        };
        let key = Key {
            exe: exe(thread),
            container: thread.container,
            direction,
            proto: proto(fd.proto),
            address,
            // Ports of clients are drawn by chance: which of ours was reached is what matters.
            port: match (fd.ends, direction) {
                (SockEnds::Inet { dest, .. }, "in") => dest.1,
                _ => port,
            },
        };
        if self.by_key.len() >= self.room && !self.by_key.contains_key(&key) {
            return Kept::NoRoom;
        }
        let (own, client_port) = match (fd.ends, direction) {
            _ if fd.role == Role::None => (None, 0),
            (SockEnds::Inet { source, dest }, "in") => (Some(dest.0), source.1),
            (SockEnds::Inet { source, .. }, _) => (Some(source.0), source.1),
            _ => (None, 0),
        };
        let local = address.is_loopback() || state.is_local(thread, address);
        let entry = self.by_key.entry(key).or_insert_with(|| Condensed {
            first: event.timestamp,
            last: event.timestamp,
            local,
            count: 0,
            results: BTreeMap::new(),
            call: event.ty.name(),
            family: if matches!(fd.ty, FdType::Ipv6 | FdType::Ipv6Server) { "ipv6" } else { "ipv4" },
            own,
            client_port,
            who: who(state, thread),
        });
        entry.last = event.timestamp;
        entry.count += 1;
        *entry.results.entry(result(event)).or_default() += 1;
        Kept::Yes
    }

    /// Writes and forgets all, in order of time.
    pub(super) fn flush(&mut self, now: u64, emit: &mut dyn FnMut(Record)) {
        let mut all: Vec<(Key, Condensed)> = self.by_key.drain().collect();
        all.sort_by(|(a, x), (b, y)| (x.first, a.address, a.port, &a.exe).cmp(&(y.first, b.address, b.port, &b.exe)));
        for (key, c) in all {
            emit(Record::Connection(Box::new(Connection {
                time: rfc3339(now),
                direction: key.direction,
                protocol: key.proto,
                address: key.address.to_string(),
                port: key.port,
                local: c.local,
                first: rfc3339(c.first),
                last: rfc3339(c.last),
                count: c.count,
                results: c.results,
                call: c.call,
                family: c.family,
                own_address: c.own.map(|own| own.to_string()).unwrap_or_default(),
                client_port: c.client_port,
                who: c.who,
            })));
        }
    }
}

const EINPROGRESS: i64 = 115;

/// Whether the call failed; a connection that is being made did not.
fn failed(event: &Event<'_>) -> bool {
    event.params.i64(0).is_some_and(|n| n < 0 && n != -EINPROGRESS)
}

/// `ok`, `in_progress` for a connection that does not wait, or the error's number.
fn result(event: &Event<'_>) -> String {
    match event.params.i64(0).unwrap_or(0) {
        n if n >= 0 => "ok".to_owned(),
        n if n == -EINPROGRESS => "in_progress".to_owned(),
        n => format!("errno {}", n.unsigned_abs()),
    }
}

fn proto(proto: L4Proto) -> &'static str {
    match proto {
        L4Proto::Tcp => "tcp",
        L4Proto::Udp => "udp",
        L4Proto::Icmp => "icmp",
        L4Proto::Raw => "raw",
        L4Proto::Unknown | L4Proto::Na => "unknown",
    }
}
