//! What is known of system call events before they are read: for each class, the values that fields can have.

use avouch_engine::{Known, SourceFacts, Values};
use avouch_event::{
    Category, Event, EventFlags, EventInfo, EventType, FieldArg, FieldRef, FieldType, ParamExtra, ParamInfo, ParamType,
    ReadPaths, SourceCategory, Want, types,
};

/// The connection is being made. Counts as a success, as far as classes go.
const EINPROGRESS: i64 = -115;

/// Bits of the capture format's open flags.
mod open {
    pub(super) const READ: u32 = 1;
    pub(super) const CREATE: u32 = 1 << 2;
    pub(super) const TRUNC: u32 = 1 << 8;
    pub(super) const TMPFILE: u32 = 1 << 13;
    pub(super) const CREATED: u32 = 1 << 14;
    pub(super) const WRITE: u32 = 1 << 1;
    pub(super) const WRITES: u32 = WRITE | CREATE | TRUNC | TMPFILE | CREATED;
}

/// Facts of the source of system calls, live or recorded.
pub(super) struct SyscallFacts;

/// What a call's return value is, as far as its event tells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Returns {
    /// Success or an error.
    Result,
    /// The event does not tell, or it is no call.
    Untold,
}

fn returns(info: &EventInfo) -> Returns {
    let tells = info.params.first().is_some_and(|p| matches!(p.name, "res" | "fd"));
    if tells { Returns::Result } else { Returns::Untold }
}

/// Whether the source gives events of this type at all. Others are made in user space, or only stand in old captures.
fn is_collected(info: &EventInfo) -> bool {
    let gone = EventFlags::UNUSED.0 | EventFlags::OLD_VERSION.0;
    let call = info.source == SourceCategory::Syscall && EventType(info.number).is_exit();
    info.flags.0 & gone == 0 && (call || info.source == SourceCategory::Tracepoint)
}

/// Opens whose event tells the flags.
fn tells_open_flags(ty: EventType) -> bool {
    matches!(ty, types::OPEN_X | types::OPENAT_2_X | types::OPENAT2_X | types::OPEN_BY_HANDLE_AT_X)
}

/// Opens that always write.
fn creates(ty: EventType) -> bool {
    ty == types::CREAT_X
}

fn opens(ty: EventType) -> bool {
    tells_open_flags(ty) || creates(ty)
}

/// Calls that may return `EINPROGRESS`: those that can begin a connection, and requests to a device or file system that
/// works on. Of no other call it is known.
fn may_be_in_progress(ty: EventType) -> bool {
    matches!(ty, types::CONNECT_X | types::SENDTO_X | types::SENDMSG_X | types::SENDMMSG_X | types::IOCTL_3_X)
}

/// The class of an event as the sensor tells classes: by the return value, and for opens by the flags. `None` for events
/// that a sensor never gives, among them those that lack their return value.
#[must_use]
pub fn class_of(event: &Event<'_>) -> Option<Want> {
    let info = event.ty.info().filter(|i| is_collected(i))?;
    if returns(info) == Returns::Untold {
        return Some(SyscallFacts.classes(event.ty).first().copied().unwrap_or_default());
    }
    let result = event.params.i64(0).or_else(|| event.params.i32(0).map(i64::from))?;
    if result < 0 && result != EINPROGRESS {
        return Some(Want::FAILURES);
    }
    let flags_at = match event.ty {
        types::OPEN_X | types::OPEN_BY_HANDLE_AT_X => 2,
        types::OPENAT_2_X | types::OPENAT2_X => 3,
        ty if creates(ty) => return Some(Want::WRITES),
        _ => return Some(Want::SUCCESSES),
    };
    let flags = event.params.u32(flags_at)?;
    let reads = flags & open::READ != 0 && flags & open::WRITES == 0;
    Some(if reads { Want::READS } else { Want::WRITES })
}

impl SourceFacts for SyscallFacts {
    fn classes(&self, ty: EventType) -> &'static [Want] {
        const ALL: Want = Want::SUCCESSES.union(Want::FAILURES);
        let Some(info) = ty.info().filter(|i| is_collected(i)) else { return &[] };
        match returns(info) {
            Returns::Untold if info.source == SourceCategory::Syscall => &[ALL],
            Returns::Untold => &[Want::SUCCESSES],
            Returns::Result if tells_open_flags(ty) => &[Want::READS, Want::WRITES, Want::FAILURES],
            Returns::Result if creates(ty) => &[Want::WRITES, Want::FAILURES],
            Returns::Result => &[Want::SUCCESSES, Want::FAILURES],
        }
    }

    fn known(&self, name: &str, field: &FieldRef, ty: EventType, class: Want) -> Known {
        let Some(info) = ty.info() else { return Known::NOTHING };
        match name.split_once('.') {
            Some(("fd", _)) => of_descriptor(name, info, class),
            Some(("evt", "is_open_read" | "is_open_write" | "is_open_create" | "is_open_exec")) => {
                of_open(name, ty, class)
            }
            Some(("evt", _)) => of_event(name, field, info, class),
            _ => Known::NOTHING,
        }
    }

    fn parts(&self, name: &str, field: &FieldRef, ty: EventType) -> Want {
        ty.info().map_or(Want::NONE, |info| parts(name, field, info))
    }

    fn path_head<'h>(&self, name: &str, _: &FieldRef, ty: EventType, head: &'h [u8]) -> Option<&'h [u8]> {
        // Each reads as the absolute path of the call, or as a beginning of it. Odd bytes may be shown as other odd ones.
        let of_state = ["fd.name", "fd.nameraw", "fd.directory", "evt.abspath"];
        let of_event = ["fs.path.name", "fs.path.nameraw", "evt.arg.name", "evt.rawarg.name"];
        let is_path = ReadPaths::TYPES.contains(&ty) && (of_state.contains(&name) || of_event.contains(&name));
        // The state gives this for every path that is opened from a very long directory.
        let stands_for_another = head.len() > 1 && (head.starts_with(TOO_LONG) || TOO_LONG.starts_with(head));
        (is_path && !stands_for_another).then_some(head)
    }
}

/// What the state gives in place of a path that is too long.
const TOO_LONG: &[u8] = b"/DIR_TOO_LONG/FILENAME_TOO_LONG";

const fn flag(flag: bool) -> Known {
    Known::always(Values::Flag(flag))
}

fn result_is_told(info: &EventInfo) -> bool {
    returns(info) == Returns::Result && EventType(info.number) != types::GENERIC_X
}

/// The generic event reads as neither failed nor not.
fn untold(info: &EventInfo) -> Known {
    if EventType(info.number) == types::GENERIC_X { Known::ABSENT } else { Known::NOTHING }
}

/// What the call returned.
fn result(info: &EventInfo, class: Want) -> Known {
    let in_progress = may_be_in_progress(EventType(info.number));
    if !result_is_told(info) {
        return untold(info);
    }
    Known::always(Values::Numbers(match (class == Want::FAILURES, in_progress) {
        (true, false) => &[(i64::MIN, -1)],
        (true, true) => &[(i64::MIN, EINPROGRESS - 1), (EINPROGRESS + 1, -1)],
        (false, false) => &[(0, i64::MAX)],
        (false, true) => &[(EINPROGRESS, EINPROGRESS), (0, i64::MAX)],
    }))
}

fn of_event(name: &str, field: &FieldRef, info: &EventInfo, class: Want) -> Known {
    let ty = EventType(info.number);
    let has = |f| info.flags.contains(f);
    let in_progress = may_be_in_progress(ty);
    let failed = class == Want::FAILURES;
    match name {
        "evt.dir" => Known::always(Values::Texts(if ty.is_exit() { &["<"] } else { &[">"] })),
        "evt.source" => Known::always(Values::Texts(&["syscall"])),
        "evt.category" => category(info.category),
        "evt.is_async" => flag(false),
        "evt.is_wait" => flag(has(EventFlags::WAITS)),
        "evt.is_io" => flag(has(EventFlags::READS_FROM_FD) || has(EventFlags::WRITES_TO_FD)),
        "evt.is_io_read" => flag(has(EventFlags::READS_FROM_FD)),
        "evt.is_io_write" => flag(has(EventFlags::WRITES_TO_FD)),
        "evt.rawres" => result(info, class),
        "evt.failed" | "evt.res" if !result_is_told(info) => untold(info),
        "evt.failed" if failed => flag(true),
        "evt.failed" if !in_progress => flag(false),
        "evt.res" => Known::always(match (failed, in_progress) {
            (true, false) => Values::TextsBut(&["SUCCESS"]),
            (true, true) => Values::TextsBut(&["SUCCESS", "EINPROGRESS"]),
            (false, false) => Values::Texts(&["SUCCESS"]),
            (false, true) => Values::Texts(&["SUCCESS", "EINPROGRESS"]),
        }),
        _ if name.starts_with("evt.arg.") || name.starts_with("evt.rawarg.") => {
            let Some((at, param)) = param(field, info) else { return Known::ABSENT };
            let signed = matches!(param.ty, ParamType::Errno | ParamType::Fd | ParamType::Pid | ParamType::Int64);
            let raw = name.starts_with("evt.rawarg.");
            if raw && at == 0 && signed && field.ty == FieldType::Int64 {
                result(info, class)
            } else if !raw && at == 0 && class == Want::FAILURES && result_is_told(info) {
                // The name or number of an error, whatever its form.
                Known::maybe(Values::TextsBut(&["0"]))
            } else {
                Known::NOTHING
            }
        }
        _ => Known::NOTHING,
    }
}

/// The parameter that `evt.arg.NAME` means in such an event.
fn param<'i>(field: &FieldRef, info: &'i EventInfo) -> Option<(usize, &'i ParamInfo)> {
    let FieldArg::Key(name) = &field.arg else { return None };
    info.params.iter().enumerate().find(|(_, p)| *p.name == **name)
}

/// Reads and writes are told apart by what their descriptor is.
fn category(category: Category) -> Known {
    Known::always(Values::Texts(match category {
        Category::File => &["file"],
        Category::Net => &["net"],
        Category::Ipc => &["IPC"],
        Category::Memory => &["memory"],
        Category::Process => &["process"],
        Category::Sleep => &["sleep"],
        Category::System => &["system"],
        Category::Signal => &["signal"],
        Category::User => &["user"],
        Category::Time => &["time"],
        Category::IoRead | Category::IoWrite | Category::IoOther => &["file", "net", "ipc", "unknown"],
        _ => return Known::NOTHING,
    }))
}

fn of_open(name: &str, ty: EventType, class: Want) -> Known {
    if !opens(ty) {
        return flag(false);
    }
    match (name, class) {
        // `creat` has no flags to tell from.
        ("evt.is_open_read" | "evt.is_open_write" | "evt.is_open_create", _) if creates(ty) => flag(false),
        ("evt.is_open_exec", _) if ty == types::OPEN_BY_HANDLE_AT_X => flag(false),
        ("evt.is_open_read", Want::READS) => flag(true),
        (_, Want::READS) => flag(false),
        _ => Known::NOTHING,
    }
}

fn of_descriptor(name: &str, info: &EventInfo, class: Want) -> Known {
    let any = EventFlags::CREATES_FD.0 | EventFlags::USES_FD.0 | EventFlags::DESTROYS_FD.0;
    if info.flags.0 & any == 0 {
        return Known::ABSENT;
    }
    let ty = EventType(info.number);
    let makes = info.flags.contains(EventFlags::CREATES_FD) && !info.flags.contains(EventFlags::USES_FD);
    // The thread, and all that is read through it, may be unknown.
    match (name, class) {
        ("fd.num", Want::FAILURES) if makes && result_is_told(info) => Known::maybe(Values::Numbers(&[(-1, -1)])),
        // No descriptor, no type: a failed open is one of its own kind, not `f`.
        ("fd.typechar", Want::FAILURES) if makes && result_is_told(info) => Known::maybe(Values::Texts(&["o"])),
        ("fd.num", _) if opens(ty) || matches!(ty, types::ACCEPT_5_X | types::ACCEPT4_6_X | types::SOCKET_X) => {
            Known::maybe(Values::Numbers(&[(0, i64::MAX)]))
        }
        _ => Known::NOTHING,
    }
}

/// Whether the parameter is a descriptor that was there before the call, or a path below one.
fn is_descriptor(at: usize, param: &ParamInfo) -> bool {
    let number = matches!(param.ty, ParamType::Fd | ParamType::Fd32 | ParamType::Fdlist);
    (number && !(at == 0 && matches!(param.name, "res" | "fd"))) || matches!(param.extra, ParamExtra::DirFd(_))
}

/// Arguments of a program are bytes too, but every event of a new process has them.
fn is_data(param: &ParamInfo) -> bool {
    param.ty == ParamType::Bytebuf && param.name != "args"
}

fn parts(name: &str, field: &FieldRef, info: &EventInfo) -> Want {
    let ty = EventType(info.number);
    let accepts = matches!(ty, types::ACCEPT_5_X | types::ACCEPT4_6_X);
    let on_descriptor = accepts || info.params.iter().enumerate().any(|(i, p)| is_descriptor(i, p));
    let facts = if on_descriptor { Want::FD_FACTS } else { Want::NONE };
    let data = if info.params.iter().any(is_data) { Want::DATA } else { Want::NONE };
    let is_io = matches!(info.category, Category::IoRead | Category::IoWrite | Category::IoOther);
    match name {
        "evt.buffer" => data,
        "evt.args" | "evt.info" => facts.union(data),
        "evt.category" | "evt.is_syslog" if is_io => facts,
        "evt.abspath" | "evt.abspath.src" | "evt.abspath.dst" => facts,
        "evt.count.error.file" | "evt.count.error.net" | "evt.count.error.other" => facts,
        _ if name.starts_with("evt.buflen") && is_io => facts,
        _ if name.starts_with("evt.arg[") => facts.union(data),
        _ if name.starts_with("evt.arg.") || name.starts_with("evt.rawarg.") => match param(field, info) {
            Some((_, p)) if is_data(p) => Want::DATA,
            Some((at, p)) if is_descriptor(at, p) && name.starts_with("evt.arg.") => Want::FD_FACTS,
            _ => Want::NONE,
        },
        // Of a process's other descriptors no event tells.
        _ if name.starts_with("fd.types") || name.starts_with("proc.std") => Want::STATE,
        _ if name.starts_with("fd.") || name.starts_with("fdlist.") => facts,
        _ if name.starts_with("fs.path.") && matches!(ty, types::FCHMOD_X | types::FCHOWN_X) => facts,
        _ if name.starts_with("syslog.") && info.flags.contains(EventFlags::WRITES_TO_FD) => facts.union(data),
        _ => Want::NONE,
    }
}
