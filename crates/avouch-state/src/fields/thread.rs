//! Fields of the thread that acted.

use avouch_event::{ArgSpec, FieldArg, FieldRef, FieldType as T, Print, Value, types};

use super::ctx::{Ctx, flag, int, text, uint};
use super::names::CAPABILITIES;
use super::row::{Class, Row};

const C: Class = Class("process");

fn capabilities<'e>(c: &Ctx<'e>, set: u64) -> Option<Value<'e>> {
    let names = CAPABILITIES.iter().enumerate().filter(|(bit, _)| set >> bit & 1 == 1);
    let mut out = c.compose();
    out.join(names.map(|(_, name)| name));
    out.value()
}

fn cgroup<'e>(c: &Ctx<'e>, field: &FieldRef) -> Option<Value<'e>> {
    let FieldArg::Key(name) = &field.arg else { return None };
    let find = |entry: &'e [u8]| entry.strip_prefix(name.as_bytes())?.strip_prefix(b"=");
    text(c.thread()?.cgroup_entries().find_map(find)?)
}

/// Memory counts only for the thread that leads.
fn of_main<'e>(c: &Ctx<'e>, n: fn(&crate::Thread) -> u64) -> Option<Value<'e>> {
    let thread = c.thread()?;
    uint(if thread.is_main() { n(thread) } else { 0 })
}

fn zero<'e>(_: &Ctx<'e>, _: &FieldRef) -> Option<Value<'e>> {
    uint(0u64)
}

fn cpu<'e>(c: &Ctx<'e>, share: fn(&crate::Thread) -> f64) -> Option<Value<'e>> {
    let thread = c.thread().filter(|_| c.event.ty == types::PROCINFO_E)?;
    Some(Value::Double(share(thread)))
}

fn no_cpu<'e>(c: &Ctx<'e>, _: &FieldRef) -> Option<Value<'e>> {
    cpu(c, |_| 0.0)
}

pub(super) const ROWS: &[Row] = &[
    C.text("thread.cap_permitted", "Capabilities that the thread may use, by blanks.", |c, _| {
        capabilities(c, c.thread()?.caps.permitted)
    }),
    C.text("thread.cap_inheritable", "Capabilities that a program it executes may keep, by blanks.", |c, _| {
        capabilities(c, c.thread()?.caps.inheritable)
    }),
    C.text("thread.cap_effective", "Capabilities that the thread uses, by blanks.", |c, _| {
        capabilities(c, c.thread()?.caps.effective)
    }),
    C.field("thread.pfmajor", T::Uint64, "Page faults so far that needed input.", |c, _| uint(c.thread()?.pfmajor))
        .print(Print::Dec),
    C.field("thread.pfminor", T::Uint64, "Page faults so far that needed none.", |c, _| uint(c.thread()?.pfminor))
        .print(Print::Dec),
    C.field("thread.tid", T::Int64, "Thread id.", |c, _| {
        int(Some(c.event.tid).filter(|id| (-1..=i64::from(u32::MAX)).contains(id))?)
    }),
    C.flag("thread.ismain", "Whether the thread leads its process.", |c, _| flag(c.thread()?.is_main())),
    C.field("thread.vtid", T::Int64, "Thread id inside its pid namespace.", |c, _| {
        int(Some(c.thread()?.vtid).filter(|id| *id != -1)?)
    }),
    C.text("thread.nametid", "`proc.name` and thread id, one after the other.", |c, _| {
        let mut out = c.compose();
        out.push(c.thread()?.comm()).fmt(format_args!("{}", c.event.tid));
        out.value()
    })
    .hidden(),
    C.field(
        "thread.exectime",
        T::Reltime,
        "CPU time in ns up to this context switch; 0 in outputs, where the peer asks twice for one event.",
        |c, _| {
            let is_switch = matches!(c.event.ty, types::SCHEDSWITCH_1_E | types::SCHEDSWITCH_6_E);
            uint(if is_switch { c.thread().map_or(0, |t| t.exectime) } else { 0 })
        },
    )
    .output(zero)
    .print(Print::Dec),
    C.field("thread.totexectime", T::Reltime, "Sum of `thread.exectime`; 0 in outputs.", |c, _| {
        uint(c.thread()?.total_exectime)
    })
    .output(|c, _| c.thread().and_then(|_| uint(0u64)))
    .print(Print::Dec),
    C.text("thread.cgroups", "All cgroups, `subsystem=path`, by blanks.", |c, _| {
        let mut out = c.compose();
        out.join(c.thread()?.cgroup_entries());
        if out.len() == 0 { None } else { out.value() }
    }),
    C.text("thread.cgroup", "Path of the cgroup of the subsystem named after the dot.", cgroup)
        .arg(ArgSpec::RequiredSuffix),
    C.field("thread.cpu", T::Double, "Share of a CPU since the last `procinfo` event; 0 in outputs.", |c, _| {
        cpu(c, |t| t.cpu_user + t.cpu_system)
    })
    .output(no_cpu),
    C.field("thread.cpu.user", T::Double, "`thread.cpu` outside the kernel.", |c, _| cpu(c, |t| t.cpu_user))
        .output(no_cpu),
    C.field("thread.cpu.system", T::Double, "`thread.cpu` inside the kernel.", |c, _| cpu(c, |t| t.cpu_system))
        .output(no_cpu),
    C.field("thread.vmsize", T::Uint64, "Virtual memory in kB of a leading thread, else 0.", |c, _| {
        of_main(c, |t| u64::from(t.vmsize))
    })
    .print(Print::Dec),
    C.field("thread.vmrss", T::Uint64, "Resident memory in kB of a leading thread, else 0.", |c, _| {
        of_main(c, |t| u64::from(t.vmrss))
    })
    .print(Print::Dec),
    C.field("thread.vmsize.b", T::Uint64, "`thread.vmsize` in bytes.", |c, _| {
        of_main(c, |t| u64::from(t.vmsize) * 1024)
    })
    .print(Print::Dec)
    .hidden(),
    C.field("thread.vmrss.b", T::Uint64, "`thread.vmrss` in bytes.", |c, _| of_main(c, |t| u64::from(t.vmrss) * 1024))
        .print(Print::Dec)
        .hidden(),
];
