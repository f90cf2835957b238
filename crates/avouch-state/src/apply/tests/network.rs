//! Sockets: roles, names, both ends.

use std::net::IpAddr;

use avouch_event::{EventBuf, FdEntry, FdKind, InterfaceAddr, InterfaceEntry, Item, L4Proto, types};

use super::Machine;
use crate::{FdType, Role};

fn ip(s: &str) -> IpAddr {
    s.parse().unwrap()
}

fn addr(s: &str, port: u16) -> Vec<u8> {
    let mut out = vec![];
    match ip(s) {
        IpAddr::V4(a) => {
            out.push(2);
            out.extend(a.octets());
        }
        IpAddr::V6(a) => {
            out.push(10);
            out.extend(a.octets());
        }
    }
    out.extend(port.to_le_bytes());
    out
}

fn tuple(source: (&str, u16), dest: (&str, u16)) -> Vec<u8> {
    let mut out = addr(source.0, source.1);
    out.extend(&addr(dest.0, dest.1)[1..]);
    out
}

impl Machine {
    fn socket(&mut self, fd: i64, domain: u32, ty: u32) {
        self.event(10, types::SOCKET_X, |e| {
            e.push_i64(fd).push_u32(domain).push_u32(ty).push_u32(0).push_u32(0);
        });
    }

    fn connect(&mut self, fd: i64, ret: i64, tuple: &[u8], told: &[u8]) {
        self.event(10, types::CONNECT_X, |e| {
            e.push_i64(ret).push(tuple).push_i64(fd).push(told);
        });
    }

    fn sendto(&mut self, fd: i64, tuple: &[u8]) {
        self.event(10, types::SENDTO_X, |e| {
            e.push_i64(1).push(b"x").push_i64(fd).push_u32(1).push(tuple);
        });
    }

    fn recvfrom(&mut self, fd: i64, tuple: &[u8]) {
        self.event(10, types::RECVFROM_X, |e| {
            e.push_i64(1).push(b"x").push(tuple).push_i64(fd).push_u32(1);
        });
    }
}

#[test]
fn connect_makes_a_client() {
    let mut m = Machine::new();
    m.socket(3, 2, 1);
    let fd = m.state.current_fd().unwrap();
    assert_eq!((fd.ty, fd.proto, fd.role, fd.name.is_empty()), (FdType::Ipv4, L4Proto::Tcp, Role::None, true));
    assert!(!m.state.current().name_changed());
    m.connect(3, -115, &tuple(("10.0.0.5", 4000), ("8.8.8.8", 53)), b"");
    let fd = m.state.current_fd().unwrap();
    assert_eq!((&*fd.name, fd.role, fd.connected), (&b"10.0.0.5:4000->8.8.8.8:53"[..], Role::Client, true));
    assert_eq!((fd.client(), fd.server()), (Some((ip("10.0.0.5"), 4000)), Some((ip("8.8.8.8"), 53))));
    assert!(m.state.current().name_changed());
}

#[test]
fn refused_connect_changes_nothing() {
    let mut m = Machine::new();
    m.socket(3, 2, 1);
    m.connect(3, -111, &tuple(("10.0.0.5", 4000), ("8.8.8.8", 53)), b"");
    let fd = m.state.current_fd().unwrap();
    assert_eq!((fd.name.is_empty(), fd.connected), (true, false));
}

#[test]
fn address_asked_for_wins_where_the_kernel_may_have_read_it_late() {
    let mut m = Machine::new();
    m.socket(3, 2, 1);
    let enter = |e: &mut EventBuf| {
        e.push_i64(3).push(&addr("6.6.6.6", 66));
    };
    m.event(10, types::CONNECT_E, enter);
    m.connect(3, 0, &tuple(("10.0.0.5", 1), ("8.8.8.8", 53)), &addr("8.8.8.8", 53));
    assert_eq!(m.current_name().as_deref(), Some("10.0.0.5:1->6.6.6.6:66"));
    m.event(10, types::CONNECT_E, enter);
    m.connect(3, 0, &tuple(("10.0.0.5", 1), ("8.8.8.8", 53)), &addr("9.9.9.9", 53));
    assert_eq!(m.current_name().as_deref(), Some("10.0.0.5:1->8.8.8.8:53"));
    m.event(10, types::CONNECT_E, enter);
    m.connect(3, 0, b"", b"");
    let fd = m.state.current_fd().unwrap();
    assert_eq!(fd.server(), Some((ip("6.6.6.6"), 66)));
}

#[test]
fn bind_and_accept_serve() {
    let mut m = Machine::new();
    m.socket(3, 10, 1);
    m.event(10, types::BIND_X, |e| {
        e.push_i64(0).push(&addr("::ffff:0.0.0.0", 80)).push_i64(3);
    });
    let fd = m.state.current_fd().unwrap();
    assert_eq!((fd.ty, &*fd.name, fd.role), (FdType::Ipv4Server, &b"0.0.0.0:80"[..], Role::Server));
    assert_eq!((fd.client(), fd.server()), (None, Some((ip("0.0.0.0"), 80))));
    m.event(10, types::ACCEPT4_6_X, |e| {
        e.push_i64(4).push(&tuple(("1.2.3.4", 999), ("10.0.0.5", 80)));
    });
    let fd = m.state.current_fd().unwrap();
    assert_eq!((m.state.current().fd_num(), &*fd.name), (Some(4), &b"1.2.3.4:999->10.0.0.5:80"[..]));
    assert_eq!((fd.role, fd.connected, fd.proto), (Role::Server, true, L4Proto::Tcp));
}

#[test]
fn datagrams_name_their_socket_client_first() {
    let mut m = Machine::new();
    m.socket(3, 2, 2);
    m.sendto(3, &tuple(("10.0.0.5", 5000), ("8.8.8.8", 53)));
    assert_eq!(m.current_name().as_deref(), Some("10.0.0.5:5000->8.8.8.8:53"));
    assert!(m.state.current().name_changed());
    m.recvfrom(3, &tuple(("8.8.8.8", 53), ("10.0.0.5", 5000)));
    assert_eq!(m.current_name().as_deref(), Some("10.0.0.5:5000->8.8.8.8:53"));
    assert!(!m.state.current().name_changed());
    m.sendto(3, &tuple(("10.0.0.5", 5000), ("9.9.9.9", 53)));
    assert_eq!(m.current_name().as_deref(), Some("10.0.0.5:5000->9.9.9.9:53"));
}

#[test]
fn who_receives_first_serves() {
    let mut m = Machine::new();
    m.socket(3, 2, 2);
    m.recvfrom(3, &tuple(("1.1.1.1", 7), ("10.0.0.5", 5000)));
    let fd = m.state.current_fd().unwrap();
    assert_eq!((fd.role, fd.server()), (Role::Server, Some((ip("10.0.0.5"), 5000))));
    m.sendto(3, &tuple(("10.0.0.5", 5000), ("1.1.1.1", 7)));
    assert_eq!(m.current_name().as_deref(), Some("1.1.1.1:7->10.0.0.5:5000"));
}

#[test]
fn sending_on_an_unknown_descriptor_makes_a_udp_socket() {
    let mut m = Machine::new();
    m.sendto(8, &tuple(("10.0.0.5", 5000), ("8.8.8.8", 53)));
    let fd = m.state.current_fd().unwrap();
    assert_eq!((fd.ty, fd.proto, fd.role, fd.connected), (FdType::Ipv4, L4Proto::Udp, Role::Client, true));
}

#[test]
fn unix_sockets_are_named_by_kernel_addresses_and_path() {
    let mut m = Machine::new();
    m.socket(3, 1, 1);
    let mut t = vec![1];
    t.extend(0xabc_u64.to_le_bytes());
    t.extend(0xdef_u64.to_le_bytes());
    t.extend(b"/run/x\0");
    m.connect(3, 0, &t, b"");
    assert_eq!(m.current_name().as_deref(), Some("abc->def /run/x"));
    m.event(10, types::SOCKETPAIR_X, |e| {
        e.push_i64(0).push_i64(5).push_i64(6).push_u64(1).push_u64(2).push_u32(1).push_u32(1).push_u32(0);
    });
    assert_eq!((m.fd_name(10, 5), m.fd_name(10, 6)), (Some(String::new()), Some(String::new())));
}

#[test]
fn sockets_of_the_snapshot_learn_who_serves() {
    let mut m = Machine::new();
    let eth0 = InterfaceAddr { addr: ip("10.0.0.5"), mask: ip("255.255.255.0"), broadcast: ip("10.0.0.255") };
    let mut fd = |n, kind| m.state.apply(&Item::Fd(10, FdEntry { fd: n, ino: 0, kind }));
    let socket = |source, dest| FdKind::Socket { source, dest, proto: L4Proto::Tcp };
    fd(3, FdKind::ServerSocket { local: (ip("::"), 22), proto: L4Proto::Tcp });
    fd(4, socket((ip("10.0.0.5"), 22), (ip("10.0.0.9"), 4000)));
    fd(5, socket((ip("0.0.0.0"), 4001), (ip("10.0.0.9"), 80)));
    fd(6, socket((ip("::ffff:10.0.0.5"), 4002), (ip("::ffff:1.1.1.1"), 80)));
    fd(7, socket((ip("2001:db8::1"), 22), (ip("2001:db8::2"), 4000)));
    m.state.apply(&Item::Interface(InterfaceEntry { name: b"eth0", addr: eth0, link_speed: 0 }));
    m.state.apply(&Item::SnapshotEnd);
    let name = |n| m.fd_name(10, n).unwrap();
    assert_eq!(name(3), ":::22");
    assert_eq!(name(4), "10.0.0.9:4000->10.0.0.5:22");
    assert_eq!(name(5), "10.0.0.5:4001->10.0.0.9:80");
    assert_eq!(name(6), "10.0.0.5:4002->1.1.1.1:80");
    let role = |n| m.state.fd(m.thread(10), n).unwrap().role;
    assert_eq!([role(4), role(5), role(6), role(7)], [Role::Server, Role::Client, Role::Client, Role::None]);
}
