//! Composes events from a finished call, its thread's memory and /proc.

use std::fs;
use std::os::unix::fs::MetadataExt;

use avouch_event::{EventBuf, EventType, types};
use avouch_procfs::{Facts, Socket, flags as open_flags, socket_of};

use super::calls::{self, Param};
use super::facts;
use super::flags;
use super::memory::{Memory, SNAPLEN};
use super::sockets::{inbound, outbound, sockaddr, unix_path};

/// A system call at its end, its thread standing still.
pub(super) struct Call {
    pub(super) tid: i64,
    pub(super) number: u64,
    pub(super) args: [u64; 6],
    pub(super) ret: i64,
    /// Ns since the epoch.
    pub(super) timestamp: u64,
    /// The file name given to `execve`, read at the start of the call: at its end that memory is gone.
    pub(super) exec_name: Option<Vec<u8>>,
}

/// What a call became.
pub(super) enum Composed {
    Event(EventBuf),
    /// The recorder has no row for it.
    NotRecorded,
}

/// The event of a finished call.
pub(super) fn event(call: &Call) -> Composed {
    let name = calls::name(call.number).unwrap_or("");
    let mut buf = match name {
        "execve" => exec(types::EXECVE_19_X, call),
        "execveat" => exec(types::EXECVEAT_X, call),
        "clone" => process(types::CLONE_20_X, call.tid, call.ret, call.args[0]),
        "clone3" => process(types::CLONE3_X, call.tid, call.ret, clone3_flags(call)),
        "fork" => process(types::FORK_20_X, call.tid, call.ret, 0),
        "vfork" => process(types::VFORK_20_X, call.tid, call.ret, 0),
        _ => match calls::ROWS.iter().find(|row| row.name == name) {
            Some(row) => from_row(row, call),
            None => return Composed::NotRecorded,
        },
    };
    (buf.timestamp, buf.tid, buf.cpu) = (call.timestamp, call.tid, facts::cpu(call.tid));
    Composed::Event(buf)
}

/// Flags of a `clone` family call.
pub(super) fn clone_flags(call: &Call) -> u64 {
    match calls::name(call.number) {
        Some("clone") => call.args[0],
        Some("clone3") => clone3_flags(call),
        _ => 0,
    }
}

fn clone3_flags(call: &Call) -> u64 {
    Memory::of(call.tid).word(call.args[0])
}

/// The child's side of the `clone` family call `number`, at the child's first stop.
pub(super) fn child(number: u64, tid: i64, kernel_flags: u64, timestamp: u64) -> EventBuf {
    let event = match calls::name(number) {
        Some("fork") => types::FORK_20_X,
        Some("vfork") => types::VFORK_20_X,
        Some("clone3") => types::CLONE3_X,
        _ => types::CLONE_20_X,
    };
    let mut buf = process(event, tid, 0, kernel_flags);
    (buf.timestamp, buf.tid, buf.cpu) = (timestamp, tid, facts::cpu(tid));
    buf
}

/// The end of a thread, with the kernel's wait status.
pub(super) fn exit(tid: i64, status: i64, timestamp: u64) -> EventBuf {
    let low = status & 0x7f;
    let mut buf = EventBuf::new(types::PROCEXIT_1_E);
    // Who will reap the children is decided after this point, and stays absent.
    buf.push_i64(status)
        .push_i64(status >> 8 & 0xff)
        .push_u8(u8::try_from(low).unwrap_or(0))
        .push_u8(u8::from(status & 0x80 != 0))
        .push(&[]);
    (buf.timestamp, buf.tid, buf.cpu) = (timestamp, tid, facts::cpu(tid));
    buf
}

/// Parameters 1 to 14 of the `clone` and `execve` families.
fn common(buf: &mut EventBuf, facts: &Facts) {
    buf.push_charbuf(&facts.exe).push(&facts.args).push_i64(facts.tid).push_i64(facts.pid).push_i64(facts.ptid);
    // Drivers leave the working directory to the state, which follows chdir.
    buf.push_charbuf(b"").push_i64(facts.fdlimit).push_u64(facts.pfmajor).push_u64(facts.pfminor);
    buf.push_u32(facts.vmsize).push_u32(facts.vmrss).push_u32(facts.vmswap);
    buf.push_charbuf(&facts.comm).push(&facts.cgroups);
}

fn process(event: EventType, tid: i64, ret: i64, kernel_flags: u64) -> EventBuf {
    const NEWPID: u64 = 0x2000_0000;
    const CHILD_IN_PIDNS: u32 = 0x2000_0000;
    let facts = Facts::of(tid).unwrap_or_default();
    let mut flags = flags::clone(kernel_flags);
    if facts.nested || kernel_flags & NEWPID != 0 || children_in_other_pidns(tid) {
        flags |= CHILD_IN_PIDNS;
    }
    let mut buf = EventBuf::new(event);
    buf.push_i64(ret);
    common(&mut buf, &facts);
    buf.push_u32(flags).push_u32(facts.uid).push_u32(facts.gid).push_i64(facts.vtid).push_i64(facts.vpid);
    buf
}

fn children_in_other_pidns(tid: i64) -> bool {
    let ns = |name: &str| fs::read_link(format!("/proc/{tid}/ns/{name}")).ok();
    matches!((ns("pid"), ns("pid_for_children")), (Some(own), Some(children)) if own != children)
}

fn exec(event: EventType, call: &Call) -> EventBuf {
    let facts = Facts::of(call.tid).unwrap_or_default();
    let mut buf = EventBuf::new(event);
    buf.push_i64(call.ret);
    common(&mut buf, &facts);
    buf.push(&facts.env).push_u32(facts.tty).push_i64(facts.vpgid).push_u32(facts.loginuid);
    buf.push_u32(facts.exe_file.flags()).push_u64(facts.caps[0]).push_u64(facts.caps[1]).push_u64(facts.caps[2]);
    buf.push_u64(facts.exe_file.ino).push_u64(facts.exe_file.ctime).push_u64(facts.exe_file.mtime);
    buf.push_u32(facts.uid).push_charbuf(&facts.exepath).push_i64(facts.pgid).push_u32(facts.gid);
    if event == types::EXECVE_19_X {
        match &call.exec_name {
            Some(name) => buf.push_charbuf(name),
            None => buf.push(&[]),
        };
    }
    buf
}

fn from_row(row: &calls::Row, call: &Call) -> EventBuf {
    let memory = Memory::of(call.tid);
    let mut buf = EventBuf::new(row.event);
    for param in row.params {
        push(&mut buf, *param, call, &memory);
    }
    // A shorter list would tell a reader that an older schema was meant.
    for _ in row.params.len()..row.event.info().map_or(0, |i| i.params.len()) {
        buf.push(&[]);
    }
    buf
}

fn push(buf: &mut EventBuf, param: Param, call: &Call, memory: &Memory) {
    let arg = |i: usize| call.args.get(i).copied().unwrap_or(0);
    // Registers are eight bytes wide; the kernel itself looks at the lower half of what it takes as an int.
    let low = |i: usize| (arg(i) & 0xffff_ffff) as u32;
    let int = |i: usize| low(i).cast_signed();
    let returned = usize::try_from(call.ret).unwrap_or(0).min(SNAPLEN);
    match param {
        Param::Ret => buf.push_i64(call.ret),
        Param::RetU32 => buf.push_u32((call.ret & 0xffff_ffff) as u32),
        Param::Fd(i) | Param::Pid(i) => buf.push_i64(i64::from(int(i))),
        Param::I32(i) | Param::U32(i) => buf.push_u32(low(i)),
        Param::U8(i) => buf.push_u8((arg(i) & 0xff) as u8),
        Param::U64(i) => buf.push_u64(arg(i)),
        Param::Absent => buf.push(&[]),
        Param::Dyn(i) => buf.push(&[&[0], arg(i).to_le_bytes().as_slice()].concat()),
        Param::SockType(i) => buf.push_u32(low(i) & 0xf),
        Param::PrctlText => match (arg(0), memory.text(arg(1))) {
            (PR_SET_NAME, Some(name)) => buf.push_charbuf(&name),
            _ => buf.push(&[]),
        },
        Param::PrctlNumber => match arg(0) {
            PR_SET_NAME => buf.push(&[]),
            _ => buf.push_u64(arg(1)),
        },
        Param::Path(i) => match memory.text(arg(i)) {
            Some(text) => buf.push_charbuf(&text),
            None => buf.push(&[]),
        },
        Param::Open(i) => buf.push_u32(open_flags::open(arg(i))),
        Param::Mode(flags, mode) => {
            const O_CREAT: u64 = 0o100;
            const TMPFILE: u64 = 0o20_000_000;
            buf.push_u32(if arg(flags) & (O_CREAT | TMPFILE) == 0 { 0 } else { low(mode) })
        }
        Param::File(i, width) => buf.push(&open_flags::file_bits(arg(i)).to_le_bytes()[..width]),
        Param::CloneFlags(i) => buf.push_u32(flags::clone(arg(i))),
        Param::Bits(i, table, names) => buf.push_u32(flags::bits(table, names, arg(i))),
        Param::OneOf(i, table, names, width) => {
            buf.push(&flags::one_of(table, names, u64::from(low(i))).to_le_bytes()[..width])
        }
        Param::Code(i, mask) => buf.push_u32(low(i) & mask),
        Param::Dev => buf.push_u32((new_file(call).map_or(0, |m| m.dev()) & 0xffff_ffff) as u32),
        Param::Ino => buf.push_u64(new_file(call).map_or(0, |m| m.ino())),
        Param::Data(i) => buf.push(&memory.bytes(arg(i), returned)),
        Param::Send(i, len) => {
            let len = usize::try_from(arg(len)).unwrap_or(0);
            buf.push(&memory.bytes(arg(i), len.min(SNAPLEN)))
        }
        Param::Iov(i, count) => buf.push(&memory.gather(arg(i), arg(count), returned)),
        Param::Outbound(i) => {
            let mut socket = socket_of(call.tid, i64::from(int(i)));
            if let Some(Socket::Unix { path }) = &mut socket
                && calls::name(call.number) == Some("connect")
            {
                // A connecting unix socket has no path of its own: what names the connection is the address.
                *path = unix_path(&memory.bytes(arg(1), 110));
            }
            buf.push(&socket.map(|s| outbound(&s)).unwrap_or_default())
        }
        Param::Inbound(i) => {
            let socket = socket_of(call.tid, i64::from(int(i)));
            buf.push(&socket.map(|s| inbound(&s)).unwrap_or_default())
        }
        Param::Accepted => buf.push(&socket_of(call.tid, call.ret).map(|s| inbound(&s)).unwrap_or_default()),
        Param::HowFlags(i) => buf.push_u32(open_flags::open(memory.word(arg(i)))),
        Param::HowMode(i) => buf.push_u32((memory.word(arg(i).wrapping_add(8)) & 0xffff_ffff) as u32),
        Param::HowResolve(i) => {
            buf.push_u32(flags::bits("openat2_flags", flags::RESOLVE, memory.word(arg(i).wrapping_add(16))))
        }
        Param::Caps(i) => buf.push_u64(facts::caps(call.tid)[i.min(2)]),
        Param::Sockaddr(i, len) => {
            let len = usize::try_from(arg(len)).unwrap_or(0).min(128);
            buf.push(&sockaddr(&memory.bytes(arg(i), len)))
        }
        Param::FirstFd(i) => buf.push_i64(i64::from(memory.int(arg(i)))),
        Param::SecondFd(i) => buf.push_i64(i64::from(memory.int(arg(i).wrapping_add(4)))),
        Param::PipeIno(i) => {
            let fd = memory.int(arg(i));
            let meta = fs::metadata(format!("/proc/{}/fd/{fd}", call.tid));
            buf.push_u64(meta.map_or(0, |m| m.ino()))
        }
    };
}

const PR_SET_NAME: u64 = 15;

/// The file behind the descriptor that the call returned.
fn new_file(call: &Call) -> Option<fs::Metadata> {
    if call.ret < 0 {
        return None;
    }
    fs::metadata(format!("/proc/{}/fd/{}", call.tid, call.ret)).ok()
}
