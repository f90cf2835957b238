//! Parameters as text: `evt.args`, `evt.arg`, and the names that failed calls leave behind.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use avouch_event::{ParamExtra, ParamFormat, ParamInfo, ParamType, TimeStyle, Value, syscalls, time_text};

use super::compose::{Compose, Ip, Seconds, dotted, printable};
use super::ctx::Ctx;
use super::fd::{proto, type_char};
use super::names;
use crate::{ContainerRef, Fd};

/// The capture format's "relative to the current directory".
pub(super) const AT_FDCWD: i64 = -100;

/// A parameter as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rendered<'e> {
    /// The value itself.
    pub(super) text: &'e [u8],
    /// What it stands for (name of an error, of a user, an absolute path); empty for nothing.
    pub(super) resolved: &'e [u8],
}

impl<'e> Rendered<'e> {
    /// What it stands for, if anything.
    pub(super) fn best(&self) -> &'e [u8] {
        if self.resolved.is_empty() { self.text } else { self.resolved }
    }
}

/// Renders parameter `i` of the event; `None` when its schema has none there.
pub(super) fn render<'e>(c: &Ctx<'e>, i: usize) -> Option<Rendered<'e>> {
    let info = c.event.ty.info()?.params.get(i)?;
    let Some(bytes) = c.event.params.get(i) else {
        let text: &[u8] = match info.ty {
            ParamType::Bytebuf | ParamType::Socktuple | ParamType::Fdlist | ParamType::Dyn => b"NULL",
            _ => b"<NA>",
        };
        return Some(Rendered { text, resolved: b"" });
    };
    let (ty, bytes) = variant(info, bytes);
    let mut text = c.compose();
    let resolved = one(c, i, info, ty, bytes, &mut text);
    Some(Rendered { text: text.done(), resolved })
}

/// The type and bytes of a value that may carry its own type.
fn variant<'e>(info: &ParamInfo, bytes: &'e [u8]) -> (ParamType, &'e [u8]) {
    let (ParamType::Dyn, ParamExtra::Dynamic(set)) = (info.ty, info.extra) else {
        return (info.ty, bytes);
    };
    let variants: &[ParamType] = match set {
        "sockopt_dynamic_param" => {
            &[ParamType::Bytebuf, ParamType::Errno, ParamType::Uint32, ParamType::Uint64, ParamType::Reltime]
        }
        "ptrace_dynamic_param" => &[ParamType::Uint64, ParamType::Sigtype],
        "bpf_dynamic_param" => &[ParamType::Fd, ParamType::Errno],
        "keyctl_dynamic_param" => &[ParamType::Int64, ParamType::Charbuf],
        _ => &[],
    };
    match bytes.split_first() {
        Some((kind, rest)) => variants.get(usize::from(*kind)).map_or((info.ty, bytes), |ty| (*ty, rest)),
        None => (info.ty, bytes),
    }
}

fn le<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.first_chunk::<N>().copied()
}

/// Bytes before the first NUL.
pub(super) fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|b| *b == 0).next().unwrap_or(bytes)
}

/// An integer of up to eight bytes, as the two views of its bits, by the type's width and sign.
fn integer(ty: ParamType, b: &[u8]) -> Option<(i64, u64)> {
    use ParamType as T;
    let signed = |v: i64| (v, v.cast_unsigned());
    let unsigned = |v: u64| (v.cast_signed(), v);
    Some(match ty {
        T::Int8 => signed(i64::from(i8::from_le_bytes(le(b)?))),
        T::Int16 => signed(i64::from(i16::from_le_bytes(le(b)?))),
        T::Int32 | T::Fd32 | T::Pid32 => signed(i64::from(i32::from_le_bytes(le(b)?))),
        T::Int64 | T::Fd | T::Pid | T::Errno => signed(i64::from_le_bytes(le(b)?)),
        T::Uint8 | T::Flags8 | T::Enumflags8 | T::Sigtype => unsigned(u64::from(u8::from_le_bytes(le(b)?))),
        T::Uint16 | T::Flags16 | T::Enumflags16 | T::Syscallid | T::Port => {
            unsigned(u64::from(u16::from_le_bytes(le(b)?)))
        }
        T::Uint32 | T::Flags32 | T::Enumflags32 | T::Mode | T::Uid | T::Gid | T::Bool | T::Sigset => {
            unsigned(u64::from(u32::from_le_bytes(le(b)?)))
        }
        T::Uint64 | T::Reltime | T::Abstime => unsigned(u64::from_le_bytes(le(b)?)),
        _ => return None,
    })
}

/// Bytes of an integer type, so that a negative number prints in its own width.
fn width(ty: ParamType) -> u32 {
    use ParamType as T;
    match ty {
        T::Int8 => 8,
        T::Int16 => 16,
        T::Int32 | T::Fd32 | T::Pid32 => 32,
        _ => 64,
    }
}

/// A number in the radix its schema asks for.
pub(super) fn number(out: &mut Compose<'_>, format: ParamFormat, ty: ParamType, signed: i64, unsigned: u64) {
    let cut = if width(ty) == 64 { unsigned } else { unsigned & ((1 << width(ty)) - 1) };
    match format {
        ParamFormat::Hex => out.fmt(format_args!("{cut:X}")),
        // As C's `%#o`: a zero in front tells that it is octal.
        ParamFormat::Oct if cut != 0 => out.fmt(format_args!("0{cut:o}")),
        ParamFormat::Oct => out.push(b"0"),
        ParamFormat::Dec | ParamFormat::Na => out.fmt(format_args!("{signed}")),
    };
}

/// Writes the text of one value and gives what it stands for.
fn one<'e>(c: &Ctx<'e>, i: usize, info: &ParamInfo, ty: ParamType, bytes: &'e [u8], out: &mut Compose<'e>) -> &'e [u8] {
    use ParamType as T;
    match ty {
        T::Charbuf => {
            out.push(until_nul(bytes));
            return b"";
        }
        T::Fspath | T::Fsrelpath => return fs_path(c, info, until_nul(bytes), out),
        T::Bytebuf | T::Charbufarray | T::CharbufPairArray => {
            out.push(dotted(bytes, c.arena));
            return b"";
        }
        T::Sockaddr => {
            sockaddr(bytes, c, out);
            return b"";
        }
        T::Socktuple => {
            socktuple(bytes, c, out);
            return b"";
        }
        T::Fdlist => {
            fdlist(c, bytes, out);
            return b"";
        }
        T::Ipv4addr | T::Ipv6addr => {
            match (le::<16>(bytes), le::<4>(bytes)) {
                (Some(v6), _) => out.fmt(format_args!("{}", Ip(Ipv6Addr::from(v6).into()))),
                (None, Some(v4)) => out.fmt(format_args!("{}", Ipv4Addr::from(v4))),
                (None, None) => out.push(b"<NA>"),
            };
            return b"";
        }
        T::Double => {
            let value = le(bytes).map_or(0.0, f64::from_le_bytes);
            out.fmt(format_args!("{value:.1}"));
            return b"";
        }
        T::Dyn => {
            out.push(b"INVALID DYNAMIC PARAMETER");
            return b"";
        }
        _ => {}
    }
    let Some((signed, unsigned)) = integer(ty, bytes) else {
        out.push(b"<NA>");
        return b"";
    };
    match ty {
        T::Fd | T::Fd32 => {
            out.fmt(format_args!("{signed}"));
            fd_name(c, signed)
        }
        T::Pid | T::Pid32 => {
            out.fmt(format_args!("{signed}"));
            c.state.find(signed).map_or(b"", |t| t.comm())
        }
        T::Errno => {
            out.fmt(format_args!("{signed}"));
            if signed < 0 { names::errno(signed).map_or(b"", str::as_bytes) } else { b"" }
        }
        T::Syscallid => match syscalls::SYSCALLS.get(usize::try_from(unsigned).unwrap_or(usize::MAX)) {
            Some(call) => {
                out.fmt(format_args!("{unsigned}"));
                call.name.as_bytes()
            }
            None => {
                out.push(b"<unknown syscall>");
                b""
            }
        },
        T::Sigtype => {
            out.fmt(format_args!("{unsigned}"));
            u8::try_from(unsigned).ok().and_then(names::signal).map_or(b"", str::as_bytes)
        }
        T::Sigset => {
            let set = (1..=32u8).filter(|s| unsigned >> (s - 1) & 1 == 1);
            out.join(set.filter_map(names::signal));
            b""
        }
        T::Reltime if unsigned == u64::MAX => {
            out.push(b"none");
            b""
        }
        T::Reltime => {
            out.fmt(format_args!("{unsigned}"));
            let mut text = c.compose();
            text.fmt(format_args!("{}s", Seconds(unsigned)));
            text.done()
        }
        T::Abstime => {
            let (sign, offset) = (if c.utc_offset < 0 { '-' } else { '+' }, c.utc_offset.unsigned_abs() / 60);
            let when = time_text(unsigned, TimeStyle::DateTime, c.utc_offset);
            out.fmt(format_args!("{when} {sign}{:02}{:02}", offset / 60, offset % 60));
            b""
        }
        T::Flags8 | T::Flags16 | T::Flags32 => {
            out.fmt(format_args!("{unsigned}"));
            flag_names(c, info, unsigned)
        }
        T::Enumflags8 | T::Enumflags16 | T::Enumflags32 => {
            out.fmt(format_args!("{unsigned}"));
            enum_names(c, info, unsigned)
        }
        T::Mode => {
            number(out, info.format, ty, signed, unsigned);
            flag_names(c, info, unsigned)
        }
        T::Uid | T::Gid if unsigned == u64::from(u32::MAX) => {
            out.push(b"-1");
            b"<NONE>"
        }
        T::Uid | T::Gid => {
            out.fmt(format_args!("{unsigned}"));
            let id = u32::try_from(unsigned).unwrap_or(u32::MAX);
            let container = c.thread().map(|t| t.container);
            let name = container.and_then(|of| owner_name(c, ty, of, id));
            name.map_or(b"<NA>", |n| printable(n, c.arena))
        }
        T::Bool => {
            out.push(if unsigned == 0 { b"false" } else { b"true" });
            b""
        }
        _ => {
            let _ = i;
            number(out, info.format, ty, signed, unsigned);
            b""
        }
    }
}

fn owner_name<'e>(c: &Ctx<'e>, ty: ParamType, container: ContainerRef, id: u32) -> Option<&'e [u8]> {
    if ty == ParamType::Uid {
        c.state.user(container, id).map(|u| &*u.name)
    } else {
        c.state.group(container, id).map(|g| &*g.name)
    }
}

/// Bits by name: the whole value when the table has it, else greedily in table order.
fn flag_names<'e>(c: &Ctx<'e>, info: &ParamInfo, value: u64) -> &'e [u8] {
    let ParamExtra::Flags(table) = info.extra else { return b"" };
    let mut left = value;
    let mut out = c.compose();
    let mut add = |name: &str| {
        if out.len() > 0 {
            out.push(b"|");
        }
        out.push(name.as_bytes());
    };
    for (bits, name) in table.entries {
        if *bits == value {
            add(name);
            break;
        }
        if *bits != 0 && left != 0 && left & bits == *bits {
            add(name);
            left &= !bits;
        }
    }
    out.done()
}

/// All names of one value.
fn enum_names<'e>(c: &Ctx<'e>, info: &ParamInfo, value: u64) -> &'e [u8] {
    let ParamExtra::Flags(table) = info.extra else { return b"" };
    let mut out = c.compose();
    for (_, name) in table.entries.iter().filter(|(v, _)| *v == value) {
        if out.len() > 0 {
            out.push(b"|");
        }
        out.push(name.as_bytes());
    }
    out.done()
}

/// `<f>/etc/passwd`, `<4t>10.0.0.1:5->10.0.0.2:80`, the name of an error, `AT_FDCWD`.
fn fd_name<'e>(c: &Ctx<'e>, n: i64) -> &'e [u8] {
    if c.thread().is_none() {
        return b"";
    }
    if n == AT_FDCWD {
        return b"AT_FDCWD";
    }
    if n < 0 {
        return names::errno(n).map_or(b"", str::as_bytes);
    }
    let Some(fd) = c.open_fd(n) else { return b"" };
    let mut out = c.compose();
    out.push(b"<").push(type_char(fd.ty)).push(proto_char(fd)).push(b">").push(printable(&fd.name, c.arena));
    out.done()
}

fn proto_char(fd: &Fd) -> &'static [u8] {
    use avouch_event::L4Proto;
    if !fd.ty.is_inet() {
        return b"";
    }
    match proto(fd) {
        L4Proto::Tcp => b"t",
        L4Proto::Udp => b"u",
        L4Proto::Icmp => b"i",
        L4Proto::Raw => b"r",
        L4Proto::Unknown | L4Proto::Na => b"",
    }
}

/// Writes the path as given and gives the absolute one, when that differs.
fn fs_path<'e>(c: &Ctx<'e>, info: &ParamInfo, raw: &'e [u8], out: &mut Compose<'e>) -> &'e [u8] {
    let shown = printable(raw, c.arena);
    out.push(shown);
    let Some(thread) = c.thread() else { return b"" };
    if raw == b"<NA>" || raw == b"(NULL)" {
        return b"";
    }
    let dirfd = match info.extra {
        ParamExtra::DirFd(at) => c.event.params.i64(usize::from(at)).unwrap_or(AT_FDCWD),
        _ => AT_FDCWD,
    };
    let base = if dirfd == AT_FDCWD { c.state.cwd(thread) } else { dir_path(c, dirfd) };
    let full = printable(c.join(base, raw), c.arena);
    if full == shown { b"" } else { full }
}

/// Path of an open directory with a final slash; empty when the descriptor is unknown.
fn dir_path<'e>(c: &Ctx<'e>, dirfd: i64) -> &'e [u8] {
    let Some(fd) = c.open_fd(dirfd) else { return b"" };
    let mut out = c.compose();
    out.push(&fd.name).push(b"/");
    out.done()
}

fn sockaddr<'e>(b: &'e [u8], c: &Ctx<'e>, out: &mut Compose<'e>) {
    match b.first() {
        // What the conversion of an old event puts where the address is not known.
        Some(0) => {
            out.push(b"<NA>");
        }
        Some(1) => {
            out.push(printable(until_nul(b.get(1..).unwrap_or(&[])), c.arena));
        }
        Some(2) => match end4(b, 1) {
            Some((ip, port)) if b.len() == 7 => {
                out.fmt(format_args!("{ip}:{port}"));
            }
            _ => {
                out.push(b"INVALID IPv4");
            }
        },
        Some(10) => match end6(b, 1) {
            Some((ip, port)) if b.len() == 19 => {
                out.fmt(format_args!("{}:{port}", Ip(ip)));
            }
            _ => {
                out.push(b"INVALID IPv6");
            }
        },
        other => {
            out.fmt(format_args!("family {}", other.copied().unwrap_or(0).cast_signed()));
        }
    }
}

fn socktuple<'e>(b: &'e [u8], c: &Ctx<'e>, out: &mut Compose<'e>) {
    match b.first() {
        Some(1) => {
            let at = |i: usize| b.get(i..).and_then(le::<8>).map_or(0, u64::from_le_bytes);
            let name = printable(until_nul(b.get(17..).unwrap_or(&[])), c.arena);
            out.fmt(format_args!("{:x}->{:x} ", at(1), at(9))).push(name);
        }
        Some(2) => match (end4(b, 1), end4(b, 7)) {
            (Some((sip, sport)), Some((dip, dport))) if b.len() == 13 => {
                out.fmt(format_args!("{sip}:{sport}->{dip}:{dport}"));
            }
            _ => {
                out.push(b"INVALID IPv4");
            }
        },
        Some(10) => match (end6(b, 1), end6(b, 19)) {
            (Some((IpAddr::V6(sip), sport)), Some((IpAddr::V6(dip), dport))) if b.len() == 37 => {
                // Mapped addresses print as v4 when both ends are.
                if let (Some(s), Some(d)) = (sip.to_ipv4_mapped(), dip.to_ipv4_mapped()) {
                    out.fmt(format_args!("{s}:{sport}->{d}:{dport}"));
                } else {
                    out.fmt(format_args!("{}:{sport}->{}:{dport}", Ip(sip.into()), Ip(dip.into())));
                }
            }
            _ => {
                out.push(b"INVALID IPv6");
            }
        },
        other => {
            out.fmt(format_args!("family {}", other.copied().unwrap_or(0).cast_signed()));
        }
    }
}

/// v4 address and port at `at`.
fn end4(b: &[u8], at: usize) -> Option<(Ipv4Addr, u16)> {
    let rest = b.get(at..)?;
    Some((Ipv4Addr::from(le::<4>(rest)?), u16::from_le_bytes(le(rest.get(4..)?)?)))
}

/// v6 address and port at `at`.
fn end6(b: &[u8], at: usize) -> Option<(IpAddr, u16)> {
    let rest = b.get(at..)?;
    Some((Ipv6Addr::from(le::<16>(rest)?).into(), u16::from_le_bytes(le(rest.get(16..)?)?)))
}

/// Entries of a poll list: number and events.
pub(super) fn fdlist_entries(bytes: &[u8]) -> impl Iterator<Item = (i64, u16)> {
    let count = le(bytes).map_or(0, u16::from_le_bytes);
    let entries = bytes.get(2..).unwrap_or(&[]).chunks_exact(10).take(usize::from(count));
    entries.filter_map(|e| Some((i64::from_le_bytes(le(e)?), u16::from_le_bytes(le(e.get(8..)?)?))))
}

fn fdlist<'e>(c: &Ctx<'e>, bytes: &[u8], out: &mut Compose<'e>) {
    if c.thread().is_none() {
        return;
    }
    for (i, (fd, events)) in fdlist_entries(bytes).enumerate() {
        if i > 0 {
            out.push(b" ");
        }
        let ty = c.open_fd(fd).map_or(&b"?"[..], |f| type_char(f.ty));
        // The events are signed sixteen bits upstream, and print widened.
        let events = i32::from(events.cast_signed()).cast_unsigned();
        out.fmt(format_args!("{}:", fd.cast_unsigned())).push(ty).fmt(format_args!("{events:x}"));
    }
}

/// The value in its own type; `signed` says how the field that reads it is typed.
pub(super) fn raw(ty: ParamType, bytes: &[u8], signed: bool) -> Option<Value<'_>> {
    use ParamType as T;
    Some(match ty {
        T::Charbuf | T::Fspath | T::Fsrelpath => Value::Str(until_nul(bytes)),
        T::Double => Value::Double(f64::from_le_bytes(le(bytes)?)),
        T::Ipv4addr => Value::Ip(IpAddr::from(le::<4>(bytes)?)),
        T::Ipv6addr => Value::Ip(IpAddr::from(le::<16>(bytes)?)),
        T::Bool => Value::Bool(bytes.iter().any(|b| *b != 0)),
        _ => match integer(ty, bytes) {
            Some((n, _)) if signed => Value::Int(n),
            Some((_, n)) => Value::Uint(n),
            None => Value::Bytes(bytes),
        },
    })
}
