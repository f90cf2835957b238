//! Births, executions and deaths.

use avouch_event::{EventBuf, EventType, types};
use zerocopy::FromBytes;

use super::{BadRecord, Record, start};
use crate::abi::{TaskFacts, part, task};
use crate::{flags, paths};

/// A successful execution.
pub(super) fn exec(record: &Record<'_>, buf: &mut EventBuf, scratch: &mut Vec<u8>) -> Result<(), BadRecord> {
    let facts = facts(record)?;
    start(buf, record, types::EXECVE_19_X);
    fill_exec(record, &facts, 0, buf, scratch);
    Ok(())
}

/// An execution that failed: the process is what it was.
pub(super) fn failed_exec(
    record: &Record<'_>,
    ty: EventType,
    buf: &mut EventBuf,
    scratch: &mut Vec<u8>,
) -> Result<(), BadRecord> {
    let facts = facts(record)?;
    start(buf, record, ty);
    fill_exec(record, &facts, record.ret(), buf, scratch);
    Ok(())
}

/// A birth, told as the child's side of `clone`.
pub(super) fn fork(record: &Record<'_>, buf: &mut EventBuf, scratch: &mut Vec<u8>) -> Result<(), BadRecord> {
    let facts = facts(record)?;
    start(buf, record, types::CLONE_20_X);
    buf.tid = i64::from(facts.tid);
    buf.push_i64(0);
    common(record, &facts, buf, scratch);
    buf.push_u32(clone_flags(&facts)).push_u32(facts.uid).push_u32(facts.gid);
    buf.push_i64(i64::from(facts.vtid)).push_i64(i64::from(facts.vtgid)).push_u64(facts.pidns_start_ns);
    Ok(())
}

/// A death, with the kernel's wait status.
pub(super) fn exit(record: &Record<'_>, buf: &mut EventBuf) {
    let status = record.arg(0);
    let signal = status & 0x7f;
    start(buf, record, types::PROCEXIT_1_E);
    // Who will reap the children is decided after this point, and stays absent.
    buf.push_u64(status)
        .push_u64(status >> 8 & 0xff)
        .push_u8((signal & 0x7f) as u8)
        .push_u8(u8::from(status & 0x80 != 0))
        .push(&[]);
}

fn facts(record: &Record<'_>) -> Result<TaskFacts, BadRecord> {
    let (facts, _) = TaskFacts::read_from_prefix(record.bytes(part::TASK)).map_err(|_| BadRecord)?;
    Ok(facts)
}

/// Parameters 1 to 14, which births and executions share.
fn common(record: &Record<'_>, t: &TaskFacts, buf: &mut EventBuf, scratch: &mut Vec<u8>) {
    let argv = record.bytes(part::ARGS);
    let end = argv.iter().position(|b| *b == 0).unwrap_or(argv.len());
    let (exe, args) = argv.split_at(end);
    let comm_end = t.comm.iter().position(|b| *b == 0).unwrap_or(t.comm.len());
    // A kernel thread has no arguments: its name stands for them.
    let comm = t.comm.get(..comm_end).unwrap_or_default();
    buf.push_charbuf(if argv.is_empty() { comm } else { exe }).push(args.get(1..).unwrap_or_default());
    buf.push_i64(i64::from(t.tid)).push_i64(i64::from(t.tgid)).push_i64(i64::from(t.ptgid));
    // The working directory is left to the state, which follows chdir.
    buf.push_charbuf(b"").push_u64(t.fdlimit.min(i64::MAX.cast_unsigned())).push_u64(t.maj_flt).push_u64(t.min_flt);
    buf.push_u32(t.vm_size_kb).push_u32(t.vm_rss_kb).push_u32(t.vm_swap_kb);
    buf.push_charbuf(comm);
    cgroups(record, scratch);
    buf.push(scratch);
}

/// `subsystem=path` of the memory controller (or what stood in for it), and of the unified tree where it says more.
fn cgroups(record: &Record<'_>, out: &mut Vec<u8>) {
    let mut path = Vec::new();
    let mut all = Vec::new();
    let (first, second) = (record.bytes(part::CGROUP), record.bytes(part::CGROUP2));
    for (name, components) in [(&b"memory="[..], first), (b"=", second)] {
        if name == b"=" && (components.is_empty() || components == first) {
            continue;
        }
        paths::from_components(components, &mut path);
        all.extend_from_slice(name);
        all.extend_from_slice(&path);
        all.push(0);
    }
    *out = all;
}

fn fill_exec(record: &Record<'_>, t: &TaskFacts, ret: i64, buf: &mut EventBuf, scratch: &mut Vec<u8>) {
    buf.push_i64(ret);
    common(record, t, buf, scratch);
    buf.push(record.bytes(part::ENV)).push_u32(t.tty).push_i64(i64::from(t.vpgid)).push_u32(t.loginuid);
    buf.push_u32(exec_flags(t)).push_u64(t.cap_inheritable).push_u64(t.cap_permitted).push_u64(t.cap_effective);
    buf.push_u64(t.exe_ino).push_u64(t.exe_ctime).push_u64(t.exe_mtime).push_u32(t.uid);
    paths::from_components(record.bytes(part::EXE), scratch);
    buf.push_charbuf(scratch).push_i64(i64::from(t.pgid)).push_u32(t.gid);
    if buf.ty == types::EXECVE_19_X {
        let name = record.bytes(part::STR);
        let end = name.iter().position(|b| *b == 0).unwrap_or(name.len());
        buf.push_charbuf(name.get(..end).unwrap_or_default());
    }
}

/// The capture's `execve_flags`.
fn exec_flags(t: &TaskFacts) -> u32 {
    u32::from(writable(t))
        | u32::from(t.flags & task::UPPER != 0) << 1
        | u32::from(t.flags & task::MEMFD != 0) << 2
        | u32::from(t.flags & task::LOWER != 0) << 3
}

/// Whether the process may write its own executable, by mode, owner and the capability that overrides them.
fn writable(t: &TaskFacts) -> bool {
    const CAP_DAC_OVERRIDE: u64 = 1 << 1;
    let mode = t.exe_mode;
    t.cap_effective & CAP_DAC_OVERRIDE != 0
        || (t.exe_uid == t.fsuid && mode & 0o200 != 0)
        || (t.exe_gid == t.fsgid && mode & 0o020 != 0)
        || mode & 0o002 != 0
}

/// The `clone` flags that can be seen in what child and parent share: the hook is not told the call's own.
fn clone_flags(t: &TaskFacts) -> u32 {
    const VM: u64 = 0x100;
    const FS: u64 = 0x200;
    const FILES: u64 = 0x400;
    const THREAD: u64 = 0x1_0000;
    const CHILD_IN_PIDNS: u32 = 0x2000_0000;
    let bit = |theirs: u32, ours: u64| if t.flags & theirs != 0 { ours } else { 0 };
    let thread = if t.tid == t.tgid { 0 } else { THREAD };
    let kernel = bit(task::SAME_MM, VM) | bit(task::SAME_FS, FS) | bit(task::SAME_FILES, FILES) | thread;
    let nested = t.pid_level > 0 || t.flags & task::CHILD_PIDNS != 0;
    flags::clone(kernel) | if nested { CHILD_IN_PIDNS } else { 0 }
}
