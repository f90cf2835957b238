//! Fields of the descriptors that a `poll` waits for.

use std::net::IpAddr;

use avouch_event::{Print, Value, types};

use super::compose::{Compose, Ip};
use super::ctx::Ctx;
use super::param::fdlist_entries;
use super::row::{Class, Row};
use crate::{Fd, SockEnds};

const C: Class = Class("fdlist");

/// Every polled descriptor's part of the text, by commas; absent when no one has a part.
fn each<'e>(c: &Ctx<'e>, part: impl Fn(&mut Compose<'e>, i64, Option<&'e Fd>) -> Option<()>) -> Option<Value<'e>> {
    let at = match c.event.ty {
        types::POLL_X | types::PPOLL_X => 1,
        types::POLL_E | types::PPOLL_E => 0,
        _ => return None,
    };
    c.thread()?;
    let list = c.event.params.get(at)?;
    let mut out = c.compose();
    for (n, _) in fdlist_entries(list) {
        let before = out.len();
        if before > 0 {
            out.push(b",");
        }
        if part(&mut out, n, c.open_fd(n)).is_none() {
            out.truncate(before);
        }
    }
    if out.len() == 0 { None } else { out.value() }
}

type End = (IpAddr, u16);

fn client(fd: Option<&Fd>) -> Option<End> {
    match fd?.ends {
        SockEnds::Inet { source, .. } => Some(source),
        _ => None,
    }
}

fn server(fd: Option<&Fd>) -> Option<End> {
    match fd?.ends {
        SockEnds::Inet { dest, .. } => Some(dest),
        SockEnds::Server { local } => Some(local),
        _ => None,
    }
}

fn ips<'e>(c: &Ctx<'e>, end: fn(Option<&Fd>) -> Option<End>) -> Option<Value<'e>> {
    each(c, |out, _, fd| {
        out.fmt(format_args!("{}", Ip(end(fd)?.0)));
        Some(())
    })
}

fn ports<'e>(c: &Ctx<'e>, end: fn(Option<&Fd>) -> Option<End>) -> Option<Value<'e>> {
    each(c, |out, _, fd| {
        out.fmt(format_args!("{}", end(fd)?.1));
        Some(())
    })
}

pub(super) const ROWS: &[Row] = &[
    C.text("fdlist.nums", "Numbers of the polled descriptors, by commas.", |c, _| {
        each(c, |out, n, _| {
            out.fmt(format_args!("{n}"));
            Some(())
        })
    }),
    C.text("fdlist.names", "Names of the polled descriptors, by commas.", |c, _| {
        each(c, |out, _, fd| {
            out.push(fd.map(|f| &*f.name).filter(|n| !n.is_empty()).unwrap_or(b"<NA>"));
            Some(())
        })
    }),
    C.text("fdlist.cips", "Client addresses of the polled connections, by commas.", |c, _| ips(c, client)),
    C.text("fdlist.sips", "Server addresses of the polled sockets, by commas.", |c, _| ips(c, server)),
    C.text("fdlist.cports", "Client ports of the polled connections, by commas.", |c, _| ports(c, client))
        .print(Print::Dec),
    C.text("fdlist.sports", "Server ports of the polled sockets, by commas.", |c, _| ports(c, server))
        .print(Print::Dec),
];
