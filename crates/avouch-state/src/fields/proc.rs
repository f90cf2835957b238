//! Fields of the process that acted, its parent and its ancestors.

use avouch_event::{ArgSpec, FieldArg, FieldRef, FieldType as T, Print, Shape, Value};

use super::ctx::{Ctx, flag, int, text, uint};
use super::row::{Class, Row};
use crate::{Thread, split_nul};

const C: Class = Class("process");

/// How far up the environment of ancestors is searched.
const ENV_LEVELS: usize = 20;

/// Ids beyond 32 bits are made up by sources that cannot tell real ones.
fn shown_id<'e>(id: i64) -> Option<Value<'e>> {
    (-1..=i64::from(u32::MAX)).contains(&id).then_some(Value::Int(id))
}

fn nonzero<'e>(n: u64) -> Option<Value<'e>> {
    (n != 0).then_some(Value::Uint(n))
}

/// Ancestor named by the index, the process itself without.
fn ancestor<'e>(c: &Ctx<'e>, field: &FieldRef) -> Option<&'e Thread> {
    let thread = c.thread()?;
    match field.arg {
        FieldArg::Index(n) => c.state.ancestor(thread, usize::try_from(n).ok()?),
        _ => c.state.main_thread(thread),
    }
}

/// One value an ancestor, or the one of the indexed ancestor.
fn lineage<'e>(c: &Ctx<'e>, field: &FieldRef, pick: impl Fn(&'e Thread) -> Option<Value<'e>>) -> Option<Value<'e>> {
    if field.shape == Shape::Scalar {
        return pick(ancestor(c, field)?);
    }
    c.state.main_thread(c.thread()?)?;
    Some(c.list(c.state.ancestors(c.thread()?).filter_map(pick)))
}

/// Texts of all ancestors, by blanks; as the peer does, no blank is put while nothing stands before it.
fn joined<'e>(c: &Ctx<'e>, pick: impl Fn(&'e Thread) -> &'e [u8]) -> Option<Value<'e>> {
    let mut out = c.compose();
    for ancestor in c.state.ancestors(c.thread()?) {
        if out.len() > 0 {
            out.push(b" ");
        }
        out.push(pick(ancestor));
    }
    if out.len() == 0 { None } else { out.value() }
}

/// What an output shows of a field over all ancestors.
fn lineage_output<'e>(c: &Ctx<'e>, field: &FieldRef, pick: impl Fn(&'e Thread) -> &'e [u8]) -> Option<Value<'e>> {
    if field.shape == Shape::Scalar { text(pick(ancestor(c, field)?)) } else { joined(c, pick) }
}

/// The leader of the thread's session or process group. On the machine itself that is whom the id names; in a pid
/// namespace the oldest of the ancestors that share it.
fn leader<'e>(c: &Ctx<'e>, thread: &'e Thread, id: fn(&Thread) -> i64) -> Option<&'e Thread> {
    let wanted = id(thread);
    if wanted < 0 {
        // The capture is too old to say.
        return None;
    }
    let named = if thread.in_pid_namespace() { None } else { c.state.find(wanted) };
    named.or_else(|| c.state.ancestors(thread).take_while(|t| id(t) == wanted).last())
}

fn leader_text<'e>(c: &Ctx<'e>, id: fn(&Thread) -> i64, pick: fn(&Thread) -> &[u8]) -> Option<Value<'e>> {
    text(leader(c, c.thread()?, id).map_or(b"", pick))
}

fn sid(t: &Thread) -> i64 {
    t.sid
}

fn vpgid(t: &Thread) -> i64 {
    t.vpgid
}

fn pgid(t: &Thread) -> i64 {
    t.pgid
}

fn comm(t: &Thread) -> &[u8] {
    t.comm()
}

fn exe(t: &Thread) -> &[u8] {
    &t.exe
}

fn exepath(t: &Thread) -> &[u8] {
    &t.exepath
}

fn cmdline(t: &Thread) -> &[u8] {
    t.cmdline.line()
}

fn joined_args(t: &Thread) -> &[u8] {
    t.cmdline.joined_args()
}

fn args<'e>(c: &Ctx<'e>, field: &FieldRef) -> Option<Value<'e>> {
    let thread = c.thread()?;
    match field.arg {
        FieldArg::Index(n) => text(thread.cmdline.arg(usize::try_from(n).ok()?)?),
        _ => text(thread.cmdline.joined_args()),
    }
}

fn aargs<'e>(c: &Ctx<'e>, field: &FieldRef) -> Option<Value<'e>> {
    match field.arg {
        FieldArg::Index(_) => text(joined_args(ancestor(c, field)?)),
        _ => joined(c, joined_args),
    }
}

/// Value of a variable, blanks around it dropped.
fn env_value<'e>(env: &'e [u8], name: &str) -> Option<&'e [u8]> {
    let value = split_nul(env).find_map(|v| v.strip_prefix(name.as_bytes())?.strip_prefix(b"="))?;
    let start = value.iter().position(|b| *b != b' ').unwrap_or(value.len());
    let end = value.iter().rposition(|b| *b != b' ').map_or(start, |p| p + 1);
    value.get(start..end)
}

fn whole_env<'e>(c: &Ctx<'e>, thread: &'e Thread) -> Option<Value<'e>> {
    let mut out = c.compose();
    out.join(split_nul(c.state.env(thread)));
    out.value()
}

fn env<'e>(c: &Ctx<'e>, field: &FieldRef) -> Option<Value<'e>> {
    let thread = c.thread()?;
    match &field.arg {
        FieldArg::Key(name) => text(env_value(c.state.env(thread), name).unwrap_or(b"")),
        _ => whole_env(c, thread),
    }
}

fn aenv<'e>(c: &Ctx<'e>, field: &FieldRef) -> Option<Value<'e>> {
    let thread = c.thread()?;
    match &field.arg {
        FieldArg::Key(name) => {
            let mut values = c.state.ancestors(thread).take(ENV_LEVELS).filter_map(|t| env_value(c.state.env(t), name));
            text(values.find(|v| !v.is_empty()).unwrap_or(b""))
        }
        FieldArg::Index(0) => whole_env(c, thread),
        FieldArg::Index(_) => whole_env(c, ancestor(c, field)?),
        FieldArg::None => lineage(c, field, |t| whole_env(c, t)),
    }
}

fn aenv_output<'e>(c: &Ctx<'e>, field: &FieldRef) -> Option<Value<'e>> {
    if field.arg == FieldArg::None { whole_env(c, c.thread()?) } else { aenv(c, field) }
}

fn since<'e>(c: &Ctx<'e>, clone_ts: u64) -> Option<Value<'e>> {
    (clone_ts != 0).then(|| Value::Uint(c.event.timestamp.wrapping_sub(clone_ts)))
}

fn login_shell<'e>(c: &Ctx<'e>) -> Option<Value<'e>> {
    let thread = c.thread()?;
    let main = c.state.main_thread(thread)?;
    let shells = std::iter::once(main).chain(c.state.ancestors(thread)).filter(|t| t.comm().ends_with(b"sh"));
    int(shells.last()?.pid)
}

#[expect(clippy::cast_precision_loss, reason = "a percentage of small numbers")]
fn fd_usage(open: usize, limit: i64) -> f64 {
    if limit > 0 { open as f64 * 100.0 / limit as f64 } else { 0.0 }
}

fn fd_count(c: &Ctx<'_>) -> Option<usize> {
    let thread = c.thread()?;
    // The peer counts through the group's leader, and a thread of which only the number is known has none.
    let table = c.state.fds_of(thread).filter(|_| !thread.is_invalid());
    Some(table.map_or(0, crate::FdTable::len))
}

fn std_type<'e>(c: &Ctx<'e>, n: i64) -> Option<Value<'e>> {
    text(super::fd::type_word(c.open_fd(n)?.ty).as_bytes())
}

fn std_name<'e>(c: &Ctx<'e>, n: i64) -> Option<Value<'e>> {
    text(&c.open_fd(n)?.name)
}

/// A field over all ancestors, or one of them by index.
const fn ancestors(name: &'static str, doc: &'static str, read: super::row::ReadFn, output: super::row::ReadFn) -> Row {
    C.text(name, doc, read).shape(Shape::Ancestors).arg(ArgSpec::OptionalIndex).left_only().output(output)
}

pub(super) const ROWS: &[Row] = &[
    C.text("proc.exe", "First argument (argv[0]), which the caller may choose freely.", |c, _| text(exe(c.thread()?))),
    C.text("proc.pexe", "`proc.exe` of the parent.", |c, _| text(exe(c.parent()?))),
    ancestors(
        "proc.aexe",
        "`proc.exe` of ancestor n; without a number, a condition asks all of them.",
        |c, f| lineage(c, f, |t| text(exe(t))),
        |c, f| lineage_output(c, f, exe),
    ),
    C.text("proc.exepath", "Full path of the executable, as the kernel resolved it.", |c, _| text(exepath(c.thread()?))),
    C.text("proc.pexepath", "`proc.exepath` of the parent.", |c, _| text(exepath(c.parent()?))),
    ancestors(
        "proc.aexepath",
        "`proc.exepath` of ancestor n; without a number, a condition asks all of them.",
        |c, f| lineage(c, f, |t| text(exepath(t))),
        |c, f| lineage_output(c, f, exepath),
    ),
    C.text("proc.name", "Name of the task (comm), at most 15 characters.", |c, _| text(comm(c.thread()?))),
    C.text("proc.pname", "`proc.name` of the parent.", |c, _| text(comm(c.parent()?))),
    ancestors(
        "proc.aname",
        "`proc.name` of ancestor n (0 is the process itself); without a number, a condition asks all of them.",
        |c, f| lineage(c, f, |t| text(comm(t))),
        |c, f| lineage_output(c, f, comm),
    ),
    C.text("proc.args", "Arguments after argv[0], by blanks; with a number, one of them.", args).arg(ArgSpec::OptionalIndex),
    C.text("proc.aargs", "`proc.args` of ancestor n; without a number, those of all of them by blanks.", aargs)
        .arg(ArgSpec::OptionalIndex),
    C.text("proc.cmdline", "`proc.name` and the arguments, by blanks.", |c, _| text(cmdline(c.thread()?))),
    C.text("proc.pcmdline", "`proc.cmdline` of the parent.", |c, _| text(cmdline(c.parent()?))),
    ancestors(
        "proc.acmdline",
        "`proc.cmdline` of ancestor n; without a number, a condition asks all of them.",
        |c, f| lineage(c, f, |t| text(cmdline(t))),
        |c, f| lineage_output(c, f, cmdline),
    ),
    C.field("proc.cmdnargs", T::Uint64, "How many arguments follow argv[0].", |c, _| {
        uint(u64::try_from(c.thread()?.cmdline.arg_count()).ok()?)
    })
    .print(Print::Dec),
    C.field("proc.cmdlenargs", T::Uint64, "Bytes of all arguments after argv[0].", |c, _| {
        uint(u64::try_from(c.thread()?.cmdline.args().map(<[u8]>::len).sum::<usize>()).ok()?)
    })
    .print(Print::Dec),
    C.text("proc.exeline", "`proc.exe` and the arguments, by blanks.", |c, _| {
        let thread = c.thread()?;
        let mut out = c.compose();
        out.push(exe(thread)).push(b" ").push(joined_args(thread));
        out.value()
    }),
    C.text("proc.env", "Value of a variable of the environment; without a name, all of it by blanks.", env)
        .arg(ArgSpec::OptionalKey),
    C.text(
        "proc.aenv",
        "Value of a variable in the nearest ancestor that has it; with a number, that ancestor's environment.",
        aenv,
    )
    .shape(Shape::Ancestors)
    .arg(ArgSpec::OptionalKeyOrIndex)
    .left_only()
    .output(aenv_output),
    C.text("proc.cwd", "Current directory, with a slash at the end.", |c, _| text(c.state.cwd(c.thread()?))),
    C.field("proc.loginshellid", T::Int64, "Pid of the topmost ancestor of which the name ends in `sh`.", |c, _| {
        login_shell(c)
    }),
    C.field("proc.tty", T::Uint32, "Number of the controlling terminal, 0 for none.", |c, _| uint(c.thread()?.tty)),
    C.field("proc.pid", T::Int64, "Process id.", |c, _| shown_id(c.thread()?.pid)),
    C.field("proc.ppid", T::Int64, "Process id of the parent.", |c, _| shown_id(c.parent()?.pid)),
    C.field(
        "proc.apid",
        T::Int64,
        "Process id of ancestor n; without a number, a condition asks all of them and an output shows the process's own.",
        |c, f| lineage(c, f, |t| shown_id(t.pid)),
    )
    .shape(Shape::Ancestors)
    .arg(ArgSpec::OptionalIndex)
    .left_only()
    .output(|c, f| shown_id(ancestor(c, f)?.pid)),
    C.field("proc.vpid", T::Int64, "Process id inside its pid namespace.", |c, _| {
        int(Some(c.thread()?.vpid).filter(|id| *id != -1)?)
    }),
    C.field("proc.pvpid", T::Int64, "`proc.vpid` of the parent.", |c, _| int(c.parent()?.vpid)),
    C.field("proc.sid", T::Int64, "Session id.", |c, _| int(c.thread()?.sid)),
    C.text("proc.sname", "`proc.name` of the session's leader.", |c, _| leader_text(c, sid, comm)),
    C.text("proc.sid.exe", "`proc.exe` of the session's leader.", |c, _| leader_text(c, sid, exe)),
    C.text("proc.sid.exepath", "`proc.exepath` of the session's leader.", |c, _| leader_text(c, sid, exepath)),
    C.field("proc.vpgid", T::Int64, "Process group id inside its pid namespace.", |c, _| int(c.thread()?.vpgid)),
    C.text("proc.vpgid.name", "`proc.name` of the process group's leader.", |c, _| leader_text(c, vpgid, comm)),
    C.text("proc.vpgid.exe", "`proc.exe` of the process group's leader.", |c, _| leader_text(c, vpgid, exe)),
    C.text("proc.vpgid.exepath", "`proc.exepath` of the process group's leader.", |c, _| {
        leader_text(c, vpgid, exepath)
    }),
    C.field("proc.pgid", T::Int64, "Process group id.", |c, _| int(c.thread()?.pgid)),
    C.text("proc.pgid.name", "`proc.name` of the leader of `proc.pgid`.", |c, _| leader_text(c, pgid, comm)),
    C.text("proc.pgid.exe", "`proc.exe` of the leader of `proc.pgid`.", |c, _| leader_text(c, pgid, exe)),
    C.text("proc.pgid.exepath", "`proc.exepath` of the leader of `proc.pgid`.", |c, _| leader_text(c, pgid, exepath)),
    C.field("proc.duration", T::Reltime, "Time in ns since the process was cloned, absent when that was not seen.", |c, _| {
        since(c, c.thread()?.clone_ts)
    })
    .print(Print::Dec),
    C.field("proc.ppid.duration", T::Reltime, "Time in ns since the parent was cloned, absent when that was not seen.", |c, _| {
        since(c, c.parent()?.clone_ts)
    })
    .print(Print::Dec),
    C.field("proc.pid.ts", T::Reltime, "When the process was cloned, ns since the epoch.", |c, _| {
        nonzero(c.thread()?.clone_ts)
    })
    .print(Print::Dec),
    C.field("proc.ppid.ts", T::Reltime, "When the parent was cloned, ns since the epoch, 0 when that was not seen.", |c, _| {
        uint(c.parent()?.clone_ts)
    })
    .print(Print::Dec),
    C.flag("proc.is_exe_writable", "Whether who ran the executable may write it.", |c, _| {
        flag(c.thread()?.exe_file.writable)
    }),
    C.flag("proc.is_exe_upper_layer", "Whether the executable lies in the upper, writable layer of an overlay.", |c, _| {
        flag(c.thread()?.exe_file.upper_layer)
    }),
    C.flag("proc.is_exe_lower_layer", "Whether the executable lies in a lower layer (of the image) of an overlay.", |c, _| {
        flag(c.thread()?.exe_file.lower_layer)
    }),
    C.flag("proc.is_exe_from_memfd", "Whether the executable lay in memory only.", |c, _| {
        flag(c.thread()?.exe_file.from_memfd)
    }),
    C.flag("proc.is_sid_leader", "Whether the process leads its session.", |c, _| {
        flag(c.thread()?.sid == c.thread()?.vpid)
    }),
    C.flag("proc.is_vpgid_leader", "Whether the process leads its process group.", |c, _| {
        flag(c.thread()?.vpgid == c.thread()?.vpid)
    }),
    C.flag("proc.is_pgid_leader", "Whether `proc.pgid` is the process's own id.", |c, _| {
        flag(c.thread()?.pgid == c.thread()?.pid)
    }),
    C.field("proc.exe_ino", T::Int64, "Inode of the executable.", |c, _| {
        int(Some(c.thread()?.exe_file.ino).filter(|n| *n != 0)?.cast_signed())
    })
    .print(Print::Dec),
    C.field("proc.exe_ino.ctime", T::Abstime, "When the executable's inode changed, ns since the epoch.", |c, _| {
        nonzero(c.thread()?.exe_file.ctime)
    })
    .print(Print::Dec),
    C.field("proc.exe_ino.mtime", T::Abstime, "When the executable's content changed, ns since the epoch.", |c, _| {
        nonzero(c.thread()?.exe_file.mtime)
    })
    .print(Print::Dec),
    C.field(
        "proc.exe_ino.ctime_duration_proc_start",
        T::Abstime,
        "Time in ns from the inode change to the clone of the process that executes it.",
        |c, _| {
            let t = c.thread()?;
            nonzero(between(t.exe_file.ctime, t.clone_ts)?)
        },
    )
    .print(Print::Dec),
    C.field(
        "proc.exe_ino.ctime_duration_pidns_start",
        T::Abstime,
        "Time in ns from the start of the pid namespace to the executable's inode change.",
        |c, _| {
            let t = c.thread()?;
            nonzero(between(t.pidns_init_start_ts, t.exe_file.ctime)?)
        },
    )
    .print(Print::Dec),
    C.field("proc.pidns_init_start_ts", T::Uint64, "Start of the pid namespace's first process, ns since the epoch.", |c, _| {
        nonzero(c.thread()?.pidns_init_start_ts)
    })
    .print(Print::Dec),
    C.field("proc.fdopencount", T::Uint64, "How many descriptors are open.", |c, _| {
        uint(u64::try_from(fd_count(c)?).ok()?)
    })
    .print(Print::Dec),
    C.field("proc.fdlimit", T::Int64, "How many descriptors may be open (soft limit).", |c, _| int(c.thread()?.fdlimit))
        .print(Print::Dec),
    C.field("proc.fdusage", T::Double, "Open descriptors as a percentage of the limit.", |c, _| {
        Some(Value::Double(fd_usage(fd_count(c)?, c.thread()?.fdlimit)))
    }),
    C.field("proc.vmsize", T::Uint64, "Virtual memory, kB.", |c, _| uint(c.thread()?.vmsize)).print(Print::Dec),
    C.field("proc.vmrss", T::Uint64, "Resident memory, kB.", |c, _| uint(c.thread()?.vmrss)).print(Print::Dec),
    C.field("proc.vmswap", T::Uint64, "Swapped memory, kB.", |c, _| uint(c.thread()?.vmswap)).print(Print::Dec),
    C.field("proc.nthreads", T::Uint64, "How many threads live in the process.", |c, _| {
        uint(c.state.live_threads(c.thread()?))
    })
    .print(Print::Dec),
    C.field("proc.nchilds", T::Uint64, "How many threads beside the leader live in the process.", |c, _| {
        let thread = c.thread()?;
        let leader = c.state.main_thread(thread).is_some_and(|main| !main.dead);
        uint(c.state.live_threads(thread).saturating_sub(u32::from(leader)))
    })
    .print(Print::Dec),
    C.text("proc.stdin.type", "`fd.type` of descriptor 0.", |c, _| std_type(c, 0)),
    C.text("proc.stdout.type", "`fd.type` of descriptor 1.", |c, _| std_type(c, 1)),
    C.text("proc.stderr.type", "`fd.type` of descriptor 2.", |c, _| std_type(c, 2)),
    C.text("proc.stdin.name", "`fd.name` of descriptor 0.", |c, _| std_name(c, 0)),
    C.text("proc.stdout.name", "`fd.name` of descriptor 1.", |c, _| std_name(c, 1)),
    C.text("proc.stderr.name", "`fd.name` of descriptor 2.", |c, _| std_name(c, 2)),
];

/// Time from `from` to `to`; `None` when one is unknown or they are the wrong way round.
fn between(from: u64, to: u64) -> Option<u64> {
    if from == 0 { None } else { to.checked_sub(from) }
}
