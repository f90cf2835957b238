//! Fields of an event as a call: type, category, parameters, return value.

use avouch_event::{
    ArgSpec, Category, EventFlags, EventType, FieldArg, FieldRef, FieldType, FieldType as T, ParamFormat, ParamType,
    Print, Value, syscalls, types,
};

use super::ctx::{Ctx, flag, int, is_signed, text, uint, word};
use super::names::PARAM_NAMES;
use super::native;
use super::param::{self, AT_FDCWD, until_nul};
use super::row::{Class, Row};
use crate::{Fd, FdType};

const C: Class = Class("evt (syscall)");
const SECOND: u64 = 1_000_000_000;

/// Name of the call in a generic event. Where the writer had no code for it, the kernel's own number tells.
fn generic_name(c: &Ctx<'_>) -> &'static str {
    let code = c.event.params.u16(0).unwrap_or(0);
    let native = c.event.params.u16(1).filter(|_| code == 0).and_then(native::name);
    native.or_else(|| Some(syscalls::SYSCALLS.get(usize::from(code))?.name)).unwrap_or("unknown")
}

fn type_name<'e>(c: &Ctx<'e>) -> &'e [u8] {
    match c.event.ty {
        types::GENERIC_E | types::GENERIC_X => generic_name(c).as_bytes(),
        types::ASYNCEVENT_E => c.event.params.get(1).map_or(&b""[..], until_nul),
        ty => ty.name().as_bytes(),
    }
}

fn category(c: &Ctx<'_>) -> Category {
    c.event.ty.info().map_or(Category::Unknown, |i| i.category)
}

fn is_io_category(c: &Ctx<'_>) -> bool {
    matches!(category(c), Category::IoRead | Category::IoWrite | Category::IoOther)
}

fn category_name(c: &Ctx<'_>) -> &'static str {
    match category(c) {
        Category::Unknown => "unknown",
        Category::Other => "other",
        Category::File => "file",
        Category::Net => "net",
        Category::Ipc => "IPC",
        Category::Memory => "memory",
        Category::Process => "process",
        Category::Sleep => "sleep",
        Category::System => "system",
        Category::Signal => "signal",
        Category::User => "user",
        Category::Time => "time",
        Category::Wait => "wait",
        Category::Scheduler => "scheduler",
        Category::Internal => "internal",
        Category::IoRead | Category::IoWrite | Category::IoOther => match c.fd().map(|f| f.ty) {
            Some(FdType::File | FdType::Directory) => "file",
            Some(FdType::Ipv4 | FdType::Ipv6 | FdType::Ipv4Server | FdType::Ipv6Server) => "net",
            Some(FdType::Fifo | FdType::Unix | FdType::Event | FdType::Signalfd | FdType::Inotify) => "ipc",
            _ => "unknown",
        },
    }
}

/// Whether the call opens a file by name.
fn is_open(ty: EventType) -> bool {
    matches!(ty, types::OPEN_X | types::OPENAT_2_X | types::OPENAT2_X | types::OPEN_BY_HANDLE_AT_X)
}

fn is_accept_or_connect(ty: EventType) -> bool {
    matches!(ty, types::ACCEPT_5_X | types::ACCEPT4_6_X | types::CONNECT_X)
}

fn is_file(fd: &Fd) -> bool {
    matches!(fd.ty, FdType::File | FdType::Directory)
}

fn is_net(fd: &Fd) -> bool {
    fd.ty.is_inet() || fd.ty == FdType::Unix
}

/// 1 for a failed call, 0 for one that succeeded.
fn failures<'e>(c: &Ctx<'e>) -> Option<Value<'e>> {
    uint(u64::from(c.ret()? < 0))
}

/// Bits of the capture format's open flags (not the kernel's); a test holds them against the flag table.
mod open {
    pub(super) const READ: u32 = 1;
    pub(super) const WRITE: u32 = 1 << 1;
    pub(super) const CREATE: u32 = 1 << 2;
    pub(super) const TMPFILE: u32 = 1 << 13;
    pub(super) const CREATED: u32 = 1 << 14;
}

/// Any of the three execute bits of a file mode.
const ANY_EXEC: u32 = 0o111;

fn open_flags(c: &Ctx<'_>) -> Option<u32> {
    let at = match c.event.ty {
        types::OPENAT_2_X | types::OPENAT2_X => 3,
        types::OPEN_X | types::OPEN_BY_HANDLE_AT_X => 2,
        _ => return None,
    };
    Some(c.event.params.u32(at).unwrap_or(0))
}

fn is_open_with(c: &Ctx<'_>, bits: u32) -> bool {
    open_flags(c).is_some_and(|f| f & bits != 0)
}

fn is_open_exec(c: &Ctx<'_>) -> bool {
    let mode_at = match c.event.ty {
        types::CREAT_X => 2,
        types::OPEN_BY_HANDLE_AT_X => return false,
        ty if is_open(ty) => {
            if !is_open_with(c, open::CREATE | open::TMPFILE) {
                return false;
            }
            if ty == types::OPEN_X { 3 } else { 4 }
        }
        _ => return false,
    };
    c.event.params.u32(mode_at).is_some_and(|mode| mode & ANY_EXEC != 0)
}

fn is_open_create(c: &Ctx<'_>) -> bool {
    let temporary = is_open_with(c, open::TMPFILE) && c.ret().is_some_and(|r| r >= 0);
    is_open_with(c, open::CREATED) || temporary
}

fn args<'e>(c: &Ctx<'e>) -> Option<Value<'e>> {
    let mut out = c.compose();
    if c.event.ty == types::GENERIC_X {
        // They serve the reader, not the user.
        return out.value();
    }
    let names = c.event.ty.info().map_or(&[][..], |i| i.params);
    for (i, info) in names.iter().enumerate().take(c.event.params.len()) {
        let Some(rendered) = param::render(c, i) else { break };
        if i > 0 {
            out.push(b" ");
        }
        out.push(info.name.as_bytes()).push(b"=").push(rendered.text);
        if !rendered.resolved.is_empty() {
            out.push(b"(").push(rendered.resolved).push(b")");
        }
    }
    out.value()
}

/// Where the parameter that a field's argument names stands in this event.
fn param_index(c: &Ctx<'_>, field: &FieldRef) -> Option<usize> {
    let at = match field.arg {
        FieldArg::Index(n) => usize::try_from(n).ok()?,
        _ => PARAM_NAMES.index(c.event.ty, field.code)?,
    };
    (at < c.event.params.len()).then_some(at)
}

fn arg<'e>(c: &Ctx<'e>, field: &FieldRef) -> Option<Value<'e>> {
    text(param::render(c, param_index(c, field)?)?.best())
}

fn arg_by_name<'e>(c: &Ctx<'e>, name: &str) -> Option<&'e [u8]> {
    let at = c.event.ty.info()?.params.iter().position(|p| p.name == name)?;
    c.event.params.get(at)
}

/// Type of the field `evt.rawarg.X` for a parameter of type `ty`.
pub(super) fn raw_type(ty: ParamType) -> FieldType {
    use ParamType as P;
    match ty {
        P::Int8 => T::Int8,
        P::Int16 => T::Int16,
        P::Int32 | P::Fd32 | P::Pid32 => T::Int32,
        P::Int64 | P::Fd | P::Pid | P::Errno => T::Int64,
        P::Uint8 | P::Flags8 | P::Enumflags8 | P::Sigtype => T::Uint8,
        P::Uint16 | P::Flags16 | P::Enumflags16 | P::Syscallid => T::Uint16,
        P::Uint32 | P::Flags32 | P::Enumflags32 | P::Mode | P::Sigset => T::Uint32,
        P::Uint64 => T::Uint64,
        P::Port => T::Port,
        P::Bool => T::Bool,
        P::Reltime => T::Reltime,
        P::Abstime => T::Abstime,
        P::Double => T::Double,
        P::Ipv4addr | P::Ipv6addr => T::Ipaddr,
        P::Charbuf => T::Charbuf,
        P::Fspath | P::Fsrelpath => T::Fspath,
        P::Bytebuf => T::Bytebuf,
        P::Uid | P::Gid | P::Sockaddr | P::Socktuple | P::Fdlist | P::Dyn | P::Charbufarray | P::CharbufPairArray => {
            T::Opaque
        }
    }
}

fn rawarg<'e>(c: &Ctx<'e>, field: &FieldRef) -> Option<Value<'e>> {
    let at = param_index(c, field)?;
    let info = c.event.ty.info()?.params.get(at)?;
    let bytes = match c.event.params.get(at) {
        Some(bytes) => bytes,
        // A null text is the text that stands for null.
        None if matches!(raw_type(info.ty), T::Charbuf | T::Fspath) => b"<NA>",
        None => return None,
    };
    param::raw(info.ty, bytes, is_signed(field.ty))
}

/// As [`rawarg`], in the radix of the parameter's schema.
fn rawarg_output<'e>(c: &Ctx<'e>, field: &FieldRef) -> Option<Value<'e>> {
    let value = rawarg(c, field)?;
    let info = c.event.ty.info()?.params.get(param_index(c, field)?)?;
    let (signed, unsigned) = match value {
        Value::Int(n) => (n, n.cast_unsigned()),
        Value::Uint(n) => (n.cast_signed(), n),
        other => return Some(other),
    };
    if !matches!(info.format, ParamFormat::Hex | ParamFormat::Oct) {
        return Some(value);
    }
    let mut out = c.compose();
    param::number(&mut out, info.format, info.ty, signed, unsigned);
    out.value()
}

/// Names of the parameters that hold a directory and a path below it.
fn at_params(ty: EventType, target: bool) -> Option<(&'static str, &'static str)> {
    Some(match ty {
        types::RENAMEAT_X | types::RENAMEAT2_X if target => ("newdirfd", "newpath"),
        types::RENAMEAT_X | types::RENAMEAT2_X => ("olddirfd", "oldpath"),
        types::SYMLINKAT_X => ("linkdirfd", "linkpath"),
        types::OPENAT_2_X | types::OPENAT2_X => ("dirfd", "name"),
        types::LINKAT_2_X if target => ("newdir", "newpath"),
        types::LINKAT_2_X => ("olddir", "oldpath"),
        types::UNLINKAT_2_X => ("dirfd", "name"),
        types::MKDIRAT_X => ("dirfd", "path"),
        types::FCHMODAT_X => ("dirfd", "filename"),
        types::FCHOWNAT_X => ("dirfd", "pathname"),
        _ => return None,
    })
}

fn abspath<'e>(c: &Ctx<'e>, field: &FieldRef) -> Option<Value<'e>> {
    let thread = c.thread()?;
    if c.event.ty == types::OPEN_BY_HANDLE_AT_X {
        let path = c.event.params.get(3).map_or(&b"<NA>"[..], until_nul);
        return if c.ret()? > 0 { text(c.join(b"", path)) } else { None };
    }
    let (dir, path) = at_params(c.event.ty, field.code == ABSPATH_DST)?;
    let dirfd = i64::from_le_bytes(arg_by_name(c, dir)?.first_chunk().copied()?);
    let path = until_nul(arg_by_name(c, path)?);
    let base = if dirfd == AT_FDCWD {
        c.state.cwd(thread)
    } else {
        match c.open_fd(dirfd) {
            Some(fd) => {
                let mut base = c.compose();
                base.push(&fd.name).push(b"/");
                base.done()
            }
            None => b"<UNKNOWN>/",
        }
    };
    text(c.join(base, path))
}

/// Code of `evt.abspath.src` and of the bare field.
pub(super) const ABSPATH_SRC: u32 = 1;
/// Code of `evt.abspath.dst`.
pub(super) const ABSPATH_DST: u32 = 2;

/// Bytes that the call read or wrote, as far as captured.
pub(super) fn data<'e>(c: &Ctx<'e>) -> Option<&'e [u8]> {
    arg_by_name(c, "data")
}

fn buflen<'e>(c: &Ctx<'e>, is: impl Fn(&Fd) -> bool, ok: bool) -> Option<Value<'e>> {
    let ret = c.ret().filter(|r| *r >= 0)?;
    (ok && c.fd().is_some_and(is)).then_some(())?;
    uint(ret.cast_unsigned())
}

fn reads(c: &Ctx<'_>) -> bool {
    category(c) == Category::IoRead
}

fn writes(c: &Ctx<'_>) -> bool {
    category(c) == Category::IoWrite
}

fn any(_: &Fd) -> bool {
    true
}

fn plain_file(fd: &Fd) -> bool {
    fd.ty == FdType::File
}

fn inet(fd: &Fd) -> bool {
    fd.ty.is_inet()
}

fn result<'e>(c: &Ctx<'e>) -> Option<Value<'e>> {
    if c.ret()? >= 0 {
        return word("SUCCESS");
    }
    text(param::render(c, 0)?.best())
}

/// Where programs send what the system log shall keep.
const DEV_LOG: &[u8] = b"/dev/log";

/// Whether the call writes to the system log's socket.
pub(super) fn is_syslog(c: &Ctx<'_>) -> bool {
    c.has(EventFlags::WRITES_TO_FD) && c.fd().is_some_and(|f| f.name.windows(DEV_LOG.len()).any(|w| w == DEV_LOG))
}

fn delta(c: &Ctx<'_>) -> u64 {
    c.state.current().previous_timestamp().map_or(0, |before| c.event.timestamp.wrapping_sub(before))
}

/// Distance from a time in whole ms, rounded up: what `evt.around[T] = D` compares with D.
fn distance<'e>(c: &Ctx<'e>, field: &FieldRef) -> Option<Value<'e>> {
    let FieldArg::Key(time) = &field.arg else { return None };
    let time: u64 = time.parse().ok()?;
    uint(c.event.timestamp.abs_diff(time).div_ceil(1_000_000))
}

fn zero<'e>(_: &Ctx<'e>, _: &FieldRef) -> Option<Value<'e>> {
    uint(0u64)
}

/// A part `key: value` of the `;`-separated description in an infrastructure event.
fn infra<'e>(c: &Ctx<'e>, key: &str) -> Option<Value<'e>> {
    if c.event.ty != types::INFRASTRUCTURE_EVENT_E {
        return None;
    }
    let parts = c.event.params.charbuf(2)?.split(|b| *b == b';').map(<[u8]>::trim_ascii);
    let part = parts.into_iter().find(|p| p.starts_with(key.as_bytes()))?;
    text(part.split(|b| *b == b':').nth(1)?.trim_ascii())
}

const GONE: &str = "Always 0: events no longer tell when a call began.";

pub(super) const ROWS: &[Row] = &[
    C.field("evt.latency", T::Reltime, GONE, zero).print(Print::Dec).deprecated(),
    C.field("evt.latency.s", T::Reltime, GONE, zero).print(Print::Dec).deprecated(),
    C.field("evt.latency.ns", T::Reltime, GONE, zero).output(|c, _| c.padded(0)).print(Print::Dec).deprecated(),
    C.field("evt.latency.quantized", T::Uint64, GONE, zero).print(Print::Dec).deprecated().hidden(),
    C.text("evt.latency.human", "Always `0ns`: events no longer tell when a call began.", |_, _| word("0ns"))
        .deprecated(),
    C.field(
        "evt.deltatime",
        T::Reltime,
        "Time in ns since the event before; 0 in outputs, where the peer asks twice for one event.",
        |c, _| uint(delta(c)),
    )
    .output(zero)
    .print(Print::Dec),
    C.field("evt.deltatime.s", T::Reltime, "Whole seconds of `evt.deltatime`.", |c, _| uint(delta(c) / SECOND))
        .output(zero)
        .print(Print::Dec),
    C.field("evt.deltatime.ns", T::Reltime, "Nanoseconds of `evt.deltatime` beyond the whole second.", |c, _| {
        uint(delta(c) % SECOND)
    })
    .output(|c, _| c.padded(0))
    .print(Print::Dec),
    C.text("evt.outputtime", "Time of day, for outputs.", |c, _| {
        if c.json {
            return uint(c.event.timestamp);
        }
        let mut out = c.compose();
        let style = avouch_event::TimeStyle::Clock;
        out.fmt(format_args!("{}", avouch_event::time_text(c.event.timestamp, style, c.utc_offset)));
        out.value()
    })
    .print_only(),
    C.text("evt.dir", "`<` for the exit of a call, `>` for an enter and for events that stand alone.", |c, _| {
        word(if c.event.ty.0 & 1 == 1 { "<" } else { ">" })
    }),
    C.text("evt.type", "Name of the call or of the event (`openat`).", |c, _| text(type_name(c))),
    C.field("evt.type.is", T::Uint32, "1 when the event is of the type named after the dot, else 0.", |c, f| {
        let is = match &f.arg {
            FieldArg::Key(name) => type_name(c) == name.as_bytes(),
            _ => u32::from(c.event.ty.0) == f.code,
        };
        uint(u64::from(is))
    })
    .arg(ArgSpec::RequiredSuffix),
    C.text("syscall.type", "As `evt.type`, absent for events that are no system call.", |c, _| {
        if c.is_syscall() { text(type_name(c)) } else { None }
    }),
    C.text(
        "evt.category",
        "Kind of call: file, net, IPC, memory, process ...; reads and writes by their descriptor.",
        |c, _| word(category_name(c)),
    ),
    C.field("evt.cpu", T::Int16, "Number of the CPU on which it happened.", |c, _| int(c.event.cpu)),
    C.text("evt.args", "All parameters, `name=value`, with what a value stands for in parentheses.", |c, _| args(c)),
    C.text(
        "evt.arg",
        "One parameter, by name or place, as text: flags by name, errors by name, paths made absolute.",
        arg,
    )
    .arg(ArgSpec::Param { index: true }),
    C.field("evt.rawarg", T::Dyn, "One parameter, by name, in its own type.", rawarg)
        .arg(ArgSpec::Param { index: false })
        .output(rawarg_output)
        .left_only(),
    C.text("evt.info", "The same as `evt.args`.", |c, _| args(c)),
    C.field("evt.buffer", T::Bytebuf, "Bytes read or written, as far as captured.", |c, _| data(c).map(Value::Bytes)),
    C.field("evt.buflen", T::Uint64, "Bytes that a call read or wrote.", |c, _| buflen(c, any, is_io_category(c)))
        .print(Print::Dec),
    C.text("evt.res", "`SUCCESS`, or the name of the error.", |c, _| result(c)),
    C.field("evt.rawres", T::Int64, "Return value; negative for an error.", |c, _| int(c.ret()?)).print(Print::Dec),
    C.flag("evt.failed", "Whether the call failed.", |c, _| flag(c.ret()? < 0)),
    C.flag("evt.is_io", "Whether the call reads or writes a descriptor.", |c, _| {
        flag(c.has(EventFlags::READS_FROM_FD) || c.has(EventFlags::WRITES_TO_FD))
    }),
    C.flag("evt.is_io_read", "Whether the call reads from a descriptor.", |c, _| {
        flag(c.has(EventFlags::READS_FROM_FD))
    }),
    C.flag("evt.is_io_write", "Whether the call writes to a descriptor.", |c, _| flag(c.has(EventFlags::WRITES_TO_FD))),
    C.text("evt.io_dir", "`read` or `write`; absent for other calls.", |c, _| {
        if c.has(EventFlags::WRITES_TO_FD) {
            word("write")
        } else if c.has(EventFlags::READS_FROM_FD) {
            word("read")
        } else {
            None
        }
    }),
    C.flag("evt.is_wait", "Whether the call waits for something.", |c, _| flag(c.has(EventFlags::WAITS))),
    C.field("evt.wait_latency", T::Reltime, GONE, zero).print(Print::Dec).deprecated(),
    C.flag("evt.is_syslog", "Whether the call writes to the system log (/dev/log).", |c, _| flag(is_syslog(c))),
    C.field("evt.count", T::Uint32, "Always 1, to add up.", |_, _| uint(1u64)).print(Print::Dec),
    C.field("evt.count.error", T::Uint32, "1 for a failed call, 0 for one that succeeded.", |c, _| failures(c))
        .print(Print::Dec),
    C.field("evt.count.error.file", T::Uint32, "`evt.count.error` of calls on files and of opens.", |c, _| {
        let ours = c.fd().map_or(is_open(c.event.ty) || c.event.ty == types::CREAT_X, is_file);
        ours.then(|| failures(c)).flatten()
    })
    .print(Print::Dec),
    C.field("evt.count.error.net", T::Uint32, "`evt.count.error` of calls on sockets, accept and connect.", |c, _| {
        let ours = c.fd().map_or(is_accept_or_connect(c.event.ty), is_net);
        ours.then(|| failures(c)).flatten()
    })
    .print(Print::Dec),
    C.field("evt.count.error.memory", T::Uint32, "`evt.count.error` of memory calls.", |c, _| {
        (category(c) == Category::Memory).then(|| failures(c)).flatten()
    })
    .print(Print::Dec),
    C.field("evt.count.error.other", T::Uint32, "`evt.count.error` of all other calls.", |c, _| {
        let ty = c.event.ty;
        let named = is_open(ty) || ty == types::CREAT_X || is_accept_or_connect(ty) || category(c) == Category::Memory;
        let ours = c.fd().map_or(!named, |f| !is_file(f) && !is_net(f));
        ours.then(|| failures(c)).flatten()
    })
    .print(Print::Dec),
    C.field("evt.count.exit", T::Uint32, "1 for the exit of a call.", |c, _| {
        if c.event.ty.0 & 1 == 1 { uint(1u64) } else { None }
    })
    .print(Print::Dec),
    C.field("evt.count.procinfo", T::Uint32, "1 for periodic facts of a process.", |c, _| {
        uint(u64::from(c.event.ty == types::PROCINFO_E && c.thread().is_some_and(crate::Thread::is_main)))
    })
    .print(Print::Dec)
    .hidden(),
    C.field("evt.count.threadinfo", T::Uint32, "1 for periodic facts of a thread.", |c, _| {
        uint(u64::from(c.event.ty == types::PROCINFO_E))
    })
    .print(Print::Dec)
    .hidden(),
    C.text(
        "evt.abspath",
        "Absolute path of a call that takes a directory and a path; `.src` or `.dst` picks one of two.",
        abspath,
    )
    .arg(ArgSpec::OptionalSrcDst),
    C.field("evt.buflen.in", T::Uint64, "Bytes read.", |c, _| buflen(c, any, reads(c))).print(Print::Dec).hidden(),
    C.field("evt.buflen.out", T::Uint64, "Bytes written.", |c, _| buflen(c, any, writes(c))).print(Print::Dec).hidden(),
    C.field("evt.buflen.file", T::Uint64, "Bytes read from or written to a file.", |c, _| {
        buflen(c, plain_file, is_io_category(c))
    })
    .print(Print::Dec)
    .hidden(),
    C.field("evt.buflen.file.in", T::Uint64, "Bytes read from a file.", |c, _| buflen(c, plain_file, reads(c)))
        .print(Print::Dec)
        .hidden(),
    C.field("evt.buflen.file.out", T::Uint64, "Bytes written to a file.", |c, _| buflen(c, plain_file, writes(c)))
        .print(Print::Dec)
        .hidden(),
    C.field("evt.buflen.net", T::Uint64, "Bytes received or sent over the network.", |c, _| {
        buflen(c, inet, is_io_category(c))
    })
    .print(Print::Dec)
    .hidden(),
    C.field("evt.buflen.net.in", T::Uint64, "Bytes received over the network.", |c, _| buflen(c, inet, reads(c)))
        .print(Print::Dec)
        .hidden(),
    C.field("evt.buflen.net.out", T::Uint64, "Bytes sent over the network.", |c, _| buflen(c, inet, writes(c)))
        .print(Print::Dec)
        .hidden(),
    C.flag("evt.is_open_read", "Whether the call opens a file for reading.", |c, _| flag(is_open_with(c, open::READ))),
    C.flag("evt.is_open_write", "Whether the call opens a file for writing.", |c, _| {
        flag(is_open_with(c, open::WRITE))
    }),
    C.field("evt.around", T::Uint64, "`evt.around[T] = D` holds within D ms of T, ns since the epoch.", distance)
        .arg(ArgSpec::RequiredKey)
        .print(Print::Dec)
        .filter_only()
        .output(|_, _| None),
    C.text("evt.infra.docker.name", "Event name in an old infrastructure event.", |c, _| infra(c, "Event")).hidden(),
    C.text("evt.infra.docker.container.id", "Container id in an old infrastructure event.", |c, _| infra(c, "ID"))
        .hidden(),
    C.text("evt.infra.docker.container.name", "Container name in an old infrastructure event.", |c, _| {
        infra(c, "name")
    })
    .hidden(),
    C.text("evt.infra.docker.container.image", "Image in an old infrastructure event.", |c, _| infra(c, "Image"))
        .hidden(),
    C.flag("evt.is_open_exec", "Whether the call makes a file that someone may execute.", |c, _| flag(is_open_exec(c))),
    C.flag("evt.is_open_create", "Whether the call made a new file.", |c, _| flag(is_open_create(c))),
];
