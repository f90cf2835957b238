//! Fields of the descriptor that an event works on.

use std::net::IpAddr;

use avouch_event::{ArgSpec, FieldArg, FieldRef, FieldType as T, L4Proto, Print, Shape, Value, types};

use super::compose::fold_slashes;
use super::ctx::{Ctx, flag, int, text, uint, word};
use super::param::{self, AT_FDCWD, until_nul};
use super::row::{Class, Row};
use crate::{Fd, FdType, Role, SockEnds, Thread};

const C: Class = Class("fd");

/// One character for a type of descriptor.
pub(super) fn type_char(ty: FdType) -> &'static [u8] {
    match ty {
        FdType::File => b"f",
        FdType::Ipv4 | FdType::Ipv4Server => b"4",
        FdType::Ipv6 | FdType::Ipv6Server => b"6",
        FdType::Directory => b"d",
        FdType::Fifo => b"p",
        FdType::Unix | FdType::Userfaultfd => b"u",
        FdType::Event => b"e",
        FdType::Unknown => b"o",
        FdType::Unsupported => b"X",
        FdType::Signalfd => b"s",
        FdType::Eventpoll => b"l",
        FdType::Inotify => b"i",
        FdType::Timerfd => b"t",
        FdType::Netlink => b"n",
        FdType::Bpf => b"b",
        FdType::IoUring => b"r",
        FdType::Memfd => b"m",
        FdType::Pidfd => b"P",
    }
}

/// One word for a type of descriptor.
pub(super) fn type_word(ty: FdType) -> &'static str {
    match ty {
        FdType::File => "file",
        FdType::Directory => "directory",
        FdType::Ipv4 | FdType::Ipv4Server => "ipv4",
        FdType::Ipv6 | FdType::Ipv6Server => "ipv6",
        FdType::Unix => "unix",
        FdType::Fifo => "pipe",
        FdType::Event => "event",
        FdType::Signalfd => "signalfd",
        FdType::Eventpoll => "eventpoll",
        FdType::Inotify => "inotify",
        FdType::Timerfd => "timerfd",
        FdType::Netlink => "netlink",
        FdType::Bpf => "bpf",
        FdType::Userfaultfd => "userfaultfd",
        FdType::IoUring => "io_uring",
        FdType::Memfd => "memfd",
        FdType::Pidfd => "pidfd",
        FdType::Unsupported | FdType::Unknown => "<NA>",
    }
}

/// Transport protocol; unknown for a connection of which the sides are unknown, unless it is raw.
pub(super) fn proto(fd: &Fd) -> L4Proto {
    match fd.ty {
        FdType::Ipv4Server | FdType::Ipv6Server => fd.proto,
        FdType::Ipv4 | FdType::Ipv6 if fd.role != Role::None || fd.proto == L4Proto::Raw => fd.proto,
        _ => L4Proto::Na,
    }
}

/// The descriptor, when the event's call has to do with one.
fn fd<'e>(c: &Ctx<'e>) -> Option<&'e Fd> {
    if c.is_fd_event() { c.fd() } else { None }
}

/// The acting thread, when the event's call has to do with a descriptor.
fn thread<'e>(c: &Ctx<'e>) -> Option<&'e Thread> {
    if c.is_fd_event() { c.thread() } else { None }
}

fn number(c: &Ctx<'_>) -> i64 {
    c.state.current().fd_num().unwrap_or(-1)
}

/// Ends of a connection: client, then server. Needs to be known which is which.
fn ends(fd: &Fd) -> Option<((IpAddr, u16), (IpAddr, u16))> {
    match fd.ends {
        SockEnds::Inet { source, dest } if fd.role != Role::None => Some((source, dest)),
        _ => None,
    }
}

/// Ends of a connection: local, then remote.
fn local_remote(c: &Ctx<'_>) -> Option<((IpAddr, u16), (IpAddr, u16))> {
    let (client, server) = ends(fd(c)?)?;
    Some(if c.state.is_local(c.thread()?, client.0) { (client, server) } else { (server, client) })
}

/// Both ends, or the one that listens, whichever side they are on.
fn both<'e>(c: &Ctx<'e>, pick: impl Fn((IpAddr, u16)) -> Value<'e>) -> Option<Value<'e>> {
    match fd(c)?.ends {
        SockEnds::Inet { source, dest } => Some(c.list([pick(source), pick(dest)])),
        SockEnds::Server { local } => Some(c.list([pick(local)])),
        SockEnds::None | SockEnds::Unix { .. } => None,
    }
}

fn both_ips<'e>(c: &Ctx<'e>, _: &FieldRef) -> Option<Value<'e>> {
    both(c, |(ip, _)| Value::Ip(ip))
}

fn both_ports<'e>(c: &Ctx<'e>, _: &FieldRef) -> Option<Value<'e>> {
    both(c, |(_, port)| Value::Uint(u64::from(port)))
}

fn nothing<'e>(_: &Ctx<'e>, _: &FieldRef) -> Option<Value<'e>> {
    None
}

fn client_ip<'e>(c: &Ctx<'e>, _: &FieldRef) -> Option<Value<'e>> {
    Some(Value::Ip(fd(c)?.client()?.0))
}

fn server_ip<'e>(c: &Ctx<'e>, _: &FieldRef) -> Option<Value<'e>> {
    let fd = fd(c)?;
    // A listening address too needs a role here, unlike its port.
    if fd.role == Role::None { None } else { Some(Value::Ip(fd.server()?.0)) }
}

fn local_ip<'e>(c: &Ctx<'e>, _: &FieldRef) -> Option<Value<'e>> {
    Some(Value::Ip(local_remote(c)?.0.0))
}

fn remote_ip<'e>(c: &Ctx<'e>, _: &FieldRef) -> Option<Value<'e>> {
    Some(Value::Ip(local_remote(c)?.1.0))
}

fn client_net<'e>(c: &Ctx<'e>, f: &FieldRef) -> Option<Value<'e>> {
    client_ip(c, f).and_then(|_| word("<IPNET>"))
}

fn server_net<'e>(c: &Ctx<'e>, f: &FieldRef) -> Option<Value<'e>> {
    server_ip(c, f).and_then(|_| word("<IPNET>"))
}

fn local_net<'e>(c: &Ctx<'e>, f: &FieldRef) -> Option<Value<'e>> {
    local_ip(c, f).and_then(|_| word("<IPNET>"))
}

fn remote_net<'e>(c: &Ctx<'e>, f: &FieldRef) -> Option<Value<'e>> {
    remote_ip(c, f).and_then(|_| word("<IPNET>"))
}

/// A port as text; service names are not looked up.
fn port_text<'e>(c: &Ctx<'e>, port: u16) -> Option<Value<'e>> {
    let mut out = c.compose();
    out.fmt(format_args!("{port}"));
    out.value()
}

/// What the event itself says of a file or connection that it opened, or failed to: the path or the ends.
fn from_event<'e>(c: &Ctx<'e>, raw: bool) -> Option<&'e [u8]> {
    let ty = c.event.ty;
    if ty.0 & 1 == 0 {
        return None;
    }
    match ty {
        types::OPEN_X | types::CREAT_X | types::ACCEPT_5_X | types::ACCEPT4_6_X | types::CONNECT_X => {
            Some(param::render(c, 1)?.best())
        }
        types::OPENAT_2_X | types::OPENAT2_X => {
            let name = c.event.params.get(2).map_or(&b"<NA>"[..], until_nul);
            if raw {
                return Some(name);
            }
            let dirfd = c.event.params.i64(1).unwrap_or(0);
            Some(c.join(dir(c, dirfd, name), name))
        }
        types::OPEN_BY_HANDLE_AT_X => Some(c.event.params.get(3).map_or(&b"<NA>"[..], until_nul)),
        _ => Some(b""),
    }
}

/// The directory that `name` is relative to.
fn dir<'e>(c: &Ctx<'e>, dirfd: i64, name: &[u8]) -> &'e [u8] {
    if name.first() == Some(&b'/') {
        return b"";
    }
    let Some(thread) = c.thread() else { return b"<UNKNOWN>" };
    if dirfd == AT_FDCWD {
        return c.state.cwd(thread);
    }
    let Some(fd) = c.open_fd(dirfd) else { return b"<UNKNOWN>" };
    let mut out = c.compose();
    out.push(&fd.name).push(b"/");
    out.done()
}

fn name<'e>(c: &Ctx<'e>) -> Option<&'e [u8]> {
    thread(c)?;
    match c.fd() {
        // A failed connect left the socket as it was; newer captures tell where it wanted to go.
        Some(fd) if c.event.ty == types::CONNECT_X && c.ret().is_some_and(|r| r < 0) => {
            let family = c.event.params.u8(3).unwrap_or(0);
            if family == 0 { Some(&fd.name) } else { Some(param::render(c, 3)?.best()) }
        }
        Some(fd) => Some(&fd.name),
        None => from_event(c, false),
    }
}

fn directory_of(path: &[u8]) -> &[u8] {
    match memchr::memrchr(b'/', path) {
        None | Some(0) => b"/",
        Some(at) if at + 1 == path.len() => path,
        Some(at) => path.get(..at).unwrap_or(path),
    }
}

fn directory<'e>(c: &Ctx<'e>) -> Option<&'e [u8]> {
    thread(c)?;
    match c.fd() {
        None => from_event(c, false).map(directory_of),
        Some(fd) if fd.ty == FdType::File => Some(directory_of(&fd.name)),
        Some(fd) if fd.ty == FdType::Directory => Some(&fd.name),
        Some(_) => None,
    }
}

fn file_name<'e>(c: &Ctx<'e>) -> Option<Value<'e>> {
    let fd = fd(c).filter(|f| f.ty == FdType::File)?;
    text(match memchr::memrchr(b'/', &fd.name) {
        None => b"/",
        Some(at) if at + 1 == fd.name.len() => &fd.name,
        Some(at) => fd.name.get(at + 1..).unwrap_or(&fd.name),
    })
}

fn in_container<'e>(c: &Ctx<'e>, what: &[u8]) -> Option<Value<'e>> {
    let id = c.state.containers().id(c.thread()?.container);
    let mut out = c.compose();
    out.push(id).push(b":").push(what);
    out.value()
}

fn types<'e>(c: &Ctx<'e>, field: &FieldRef) -> Option<Value<'e>> {
    let thread = thread(c)?;
    if let FieldArg::Index(n) = field.arg {
        return word(type_word(c.open_fd(i64::from(n))?.ty));
    }
    let mut seen = bumpalo::collections::Vec::new_in(c.arena);
    for (_, fd) in c.state.fds_of(thread)?.iter() {
        let value = Value::Str(type_word(fd.ty).as_bytes());
        if !seen.contains(&value) {
            seen.push(value);
        }
    }
    if seen.is_empty() { None } else { Some(Value::List(seen.into_bump_slice())) }
}

const NO_DNS: &str = "would need the name service as it was when the event happened";

pub(super) const ROWS: &[Row] = &[
    C.field("fd.num", T::Int64, "Number of the descriptor, -1 for none.", |c, _| {
        thread(c)?;
        int(number(c))
    }),
    C.text("fd.type", "Type in a word: file, directory, ipv4, ipv6, unix, pipe, event ..., or <NA>.", |c, _| {
        word(type_word(fd(c)?.ty))
    })
    .print(Print::Dec),
    C.text("fd.typechar", "Type in a character: f file, d directory, 4, 6, u unix, p pipe, e event ...", |c, _| {
        thread(c)?;
        text(c.fd().map_or(type_char(FdType::Unknown), |f| type_char(f.ty)))
    })
    .print(Print::Dec),
    C.text("fd.name", "Path of a file, both ends of a connection, or other name.", |c, _| text(name(c)?)),
    C.text("fd.directory", "Directory of a file; a directory's own path.", |c, _| text(directory(c)?)),
    C.text("fd.filename", "Last part of a file's path.", |c, _| file_name(c)),
    C.field("fd.ip", T::Ipaddr, "Address of either end, for conditions.", both_ips)
        .shape(Shape::Endpoints)
        .filter_only()
        .output(nothing),
    C.field("fd.cip", T::Ipaddr, "Address of the client.", client_ip),
    C.field("fd.sip", T::Ipaddr, "Address of the server.", server_ip),
    C.field("fd.lip", T::Ipaddr, "Address of the end on this machine.", local_ip),
    C.field("fd.rip", T::Ipaddr, "Address of the other end.", remote_ip),
    C.field("fd.port", T::Port, "Port of either end, for conditions.", both_ports)
        .shape(Shape::Endpoints)
        .print(Print::Dec)
        .filter_only()
        .output(nothing),
    C.field("fd.cport", T::Port, "Port of the client.", |c, _| uint(fd(c)?.client()?.1)).print(Print::Dec),
    C.field("fd.sport", T::Port, "Port of the server.", |c, _| uint(fd(c)?.server()?.1)).print(Print::Dec),
    C.field("fd.lport", T::Port, "Port of the end on this machine.", |c, _| uint(local_remote(c)?.0.1))
        .print(Print::Dec),
    C.field("fd.rport", T::Port, "Port of the other end.", |c, _| uint(local_remote(c)?.1.1)).print(Print::Dec),
    C.text("fd.l4proto", "tcp, udp, icmp, raw or <NA>.", |c, _| {
        word(match proto(fd(c)?) {
            L4Proto::Tcp => "tcp",
            L4Proto::Udp => "udp",
            L4Proto::Icmp => "icmp",
            L4Proto::Raw => "raw",
            L4Proto::Unknown | L4Proto::Na => "<NA>",
        })
    }),
    C.text("fd.sockfamily", "`ip` or `unix`; absent for what is no such socket.", |c, _| match fd(c)?.ty {
        ty if ty.is_inet() => word("ip"),
        FdType::Unix => word("unix"),
        _ => None,
    }),
    C.flag("fd.is_server", "Whether the socket listens, or is connected to an address of this machine.", |c, _| {
        let fd = fd(c)?;
        flag(match fd.ends {
            SockEnds::Server { .. } => true,
            SockEnds::Inet { dest, .. } => c.thread().is_some_and(|t| c.state.is_local(t, dest.0)),
            SockEnds::None | SockEnds::Unix { .. } => false,
        })
    }),
    C.text("fd.uid", "Thread id and descriptor number, one after the other.", |c, _| {
        let mut out = c.compose();
        out.fmt(format_args!("{}{}", thread(c)?.tid, number(c)));
        out.value()
    }),
    C.text("fd.containername", "Container id, colon, `fd.name`.", |c, _| in_container(c, name(c)?)),
    C.text("fd.containerdirectory", "Container id, colon, `fd.directory`.", |c, _| in_container(c, directory(c)?)),
    C.field("fd.proto", T::Port, "Port of either end, by number or service name, for conditions.", both_ports)
        .shape(Shape::Endpoints)
        .filter_only()
        .output(nothing),
    C.text("fd.cproto", "Port of the client, as text; empty for a connection without ports.", |c, _| {
        let fd = fd(c).filter(|f| f.role != Role::None)?;
        fd.client().map_or_else(|| text(b""), |(_, port)| port_text(c, port))
    }),
    C.text("fd.sproto", "Port of the server, as text.", |c, _| match fd(c)?.ends {
        SockEnds::Server { .. } => text(b""),
        _ => port_text(c, ends(fd(c)?)?.1.1),
    }),
    C.text("fd.lproto", "Port of the end on this machine, as text.", |c, _| port_text(c, local_remote(c)?.0.1)),
    C.text("fd.rproto", "Port of the other end, as text.", |c, _| port_text(c, local_remote(c)?.1.1)),
    C.field("fd.net", T::Ipnet, "Whether either end lies in a network, for conditions.", both_ips)
        .shape(Shape::Endpoints)
        .filter_only()
        .output(nothing),
    C.field("fd.cnet", T::Ipnet, "Whether the client lies in a network, for conditions.", client_ip)
        .filter_only()
        .output(client_net),
    C.field("fd.snet", T::Ipnet, "Whether the server lies in a network, for conditions.", server_ip)
        .filter_only()
        .output(server_net),
    C.field("fd.lnet", T::Ipnet, "Whether this machine's end lies in a network, for conditions.", local_ip)
        .filter_only()
        .output(local_net),
    C.field("fd.rnet", T::Ipnet, "Whether the other end lies in a network, for conditions.", remote_ip)
        .filter_only()
        .output(remote_net),
    C.flag("fd.connected", "Whether the socket is connected.", |c, _| flag(fd(c)?.connected)),
    C.flag("fd.name_changed", "Whether this event changed the descriptor's name.", |c, _| {
        fd(c)?;
        flag(c.state.current().name_changed())
    }),
    C.never("fd.cip.name", T::Charbuf, "Host name of the client.", NO_DNS).left_only(),
    C.never("fd.sip.name", T::Charbuf, "Host name of the server.", NO_DNS).left_only(),
    C.never("fd.lip.name", T::Charbuf, "Host name of the end on this machine.", NO_DNS).left_only(),
    C.never("fd.rip.name", T::Charbuf, "Host name of the other end.", NO_DNS).left_only(),
    C.field("fd.dev", T::Int32, "Device number of the file.", |c, _| int(fd(c)?.dev.cast_signed())).print(Print::Hex),
    C.field("fd.dev.major", T::Int32, "Major part of the device number.", |c, _| int((fd(c)?.dev & 0x000f_ff00) >> 8))
        .print(Print::Dec),
    C.field("fd.dev.minor", T::Int32, "Minor part of the device number.", |c, _| {
        let dev = fd(c)?.dev;
        int(dev & 0xff | dev >> 12 & 0x000f_ff00)
    })
    .print(Print::Dec),
    C.field("fd.ino", T::Int64, "Inode of the file.", |c, _| int(fd(c)?.ino.cast_signed())).print(Print::Dec),
    C.text("fd.nameraw", "Path as the call gave it, repeated slashes folded.", |c, _| {
        thread(c)?;
        let raw = match c.fd() {
            Some(fd) => fd.raw_name(),
            None => from_event(c, true)?,
        };
        text(fold_slashes(raw, c.arena))
    }),
    C.text("fd.types", "Types of all open descriptors, each once; with a number, the type of that one.", types)
        .shape(Shape::List)
        .arg(ArgSpec::OptionalIndex)
        .print(Print::Dec)
        .no_rhs(),
    C.flag("fd.is_upper_layer", "Whether the file lies in the upper, writable layer of an overlay.", |c, _| {
        flag(fd(c)?.upper_layer)
    }),
    C.flag("fd.is_lower_layer", "Whether the file lies in a lower layer (of the image) of an overlay.", |c, _| {
        flag(fd(c)?.lower_layer)
    }),
];
