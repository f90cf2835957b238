//! The table of system calls: which event each becomes, and where its parameters come from.
//!
//! To add a call is to add a row to one of the lists below. What the kernel must fetch for it follows from its parameters
//! ([`Row::ops`]), as does how its record is read ([`crate::decode`]).

mod files;
mod network;
mod processes;
mod system;

use avouch_event::{EventFlags, EventType, Want};

use crate::abi::{Op, OpKind};

/// Where one parameter comes from. Numbers are positions of the call's arguments.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Param {
    /// The return value, eight bytes.
    Ret,
    /// The return value, four bytes.
    RetU32,
    /// A descriptor argument.
    Fd(u8),
    /// A directory descriptor for the relative path that follows.
    DirFd(u8),
    /// A process id argument.
    Pid(u8),
    I32(u8),
    U8(u8),
    U16(u8),
    U32(u8),
    U64(u8),
    /// What is not told.
    Absent,
    /// A constant, four bytes.
    Zero32,
    /// A number as the variable type's first form.
    Dyn(u8),
    /// Socket type without the flags that ride on it.
    SockType(u8),
    /// Second argument of `prctl` where the option (first) takes a name, or where it takes a number.
    PrctlText,
    PrctlNumber,
    /// Text at the pointer.
    Path(u8),
    /// `open` flags, with facts of the file that was opened.
    Open(u8),
    /// Fields of the `open_how` at the pointer.
    HowFlags(u8),
    HowMode(u8),
    HowResolve(u8),
    /// Capabilities after the call: inheritable, permitted, effective (0, 1, 2).
    Caps(u8),
    /// Mode (second) when the `open` flags (first) create a file, else 0.
    Mode(u8, u8),
    /// `O_` bits without access mode, so many bytes wide.
    File(u8, u8),
    /// `CLONE_` bits.
    CloneFlags(u8),
    /// Renumbered bits, four bytes.
    Bits(u8, fn(u64) -> u32),
    /// Renumbered value, so many bytes wide.
    OneOf(u8, fn(u64) -> u64, u8),
    /// Bits whose numbers are the same in captures, under a mask.
    Code(u8, u32),
    /// Device and inode of the new descriptor.
    Dev,
    Ino,
    /// Layer of a file made by `creat`.
    CreatLayer,
    /// Bytes at the pointer, as many as the call returned.
    Data(u8),
    /// Bytes at the pointer (first), as many as the argument says (second): what was sent.
    Send(u8, u8),
    /// Bytes of an `iovec` (pointer, count), as many as the call returned.
    Iov(u8, u8),
    /// Bytes of the message at the pointer.
    MsgData(u8),
    /// Both ends of a socket descriptor, ours first: the direction of what is sent.
    Outbound(u8),
    /// As [`Self::Outbound`], the far end from the address at the pointer where the socket is not connected.
    OutboundTo(u8, u8, u8),
    /// As [`Self::Outbound`], the far end from the message at the pointer.
    OutboundMsg(u8, u8),
    /// Both ends of a socket descriptor, the peer's first: the direction of what is received.
    Inbound(u8),
    /// As [`Self::Inbound`], the far end from the address that the kernel wrote at the pointer.
    InboundFrom(u8, u8),
    /// As [`Self::Inbound`], the far end from the message at the pointer.
    InboundMsg(u8, u8),
    /// Both ends of the returned descriptor, the peer's first.
    Accepted,
    /// Of the queue of the listening descriptor: share in percent, length, limit.
    QueuePct(u8),
    QueueLen(u8),
    QueueMax(u8),
    /// Address at the pointer (first), with its length (second).
    Sockaddr(u8, u8),
    /// Descriptors written by `pipe` and `socketpair` at the pointer.
    FirstFd(u8),
    SecondFd(u8),
    /// The process whole: executions, which have another encoding than calls.
    Task,
    /// Word `n` of four bytes of the structure of so many bytes at the pointer.
    Word(u8, u8, u8),
}

/// One call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) event: EventType,
    pub(crate) params: &'static [Param],
}

const fn row(name: &'static str, event: EventType, params: &'static [Param]) -> Row {
    Row { name, event, params }
}

/// All rows.
pub(crate) fn rows() -> impl Iterator<Item = &'static Row> {
    [files::ROWS, network::ROWS, processes::ROWS, system::ROWS].into_iter().flatten()
}

/// The row of the call `name`.
pub(crate) fn by_name(name: &str) -> Option<&'static Row> {
    rows().find(|r| r.name == name)
}

/// Number of the return value among the arguments that the kernel hands over.
pub(crate) const RET: u8 = 6;

impl Row {
    /// What the kernel fetches for this call.
    pub(crate) fn ops(&self) -> Vec<Op> {
        let mut ops: Vec<Op> = Vec::new();
        let mut add = |kind: OpKind, arg: u8, len: u8, want: Want| {
            let op = Op { kind: kind as u8, arg, len, want: (want.0 & 0xff) as u8 };
            if !ops.iter().any(|o| (o.kind, o.arg) == (op.kind, op.arg)) {
                ops.push(op);
            }
        };
        let uses_fd = self.event.has(EventFlags::USES_FD);
        for param in self.params {
            match *param {
                Param::Fd(i) if uses_fd && !self.has_ends_of(i) => add(OpKind::Fd, i, 0, Want::FD_FACTS),
                Param::DirFd(i) => add(OpKind::DirFd, i, 0, Want::NONE),
                Param::Path(i) => add(OpKind::Str, i, 0, Want::NONE),
                Param::PrctlText => add(OpKind::Str, 1, 0, Want::NONE),
                Param::HowFlags(i) | Param::HowMode(i) | Param::HowResolve(i) => add(OpKind::Mem, i, 24, Want::NONE),
                Param::Caps(_) => add(OpKind::Caps, 7, 0, Want::NONE),
                Param::Dev | Param::Ino | Param::CreatLayer => add(OpKind::File, RET, 0, Want::NONE),
                Param::Data(i) => add(OpKind::Buf, i, RET, Want::DATA),
                Param::Send(i, len) => add(OpKind::Buf, i, len, Want::DATA),
                Param::Iov(i, count) => add(OpKind::Iov, i, count, Want::DATA),
                Param::MsgData(i) => add(OpKind::Msg, i, 0, Want::NONE),
                Param::Outbound(i) | Param::Inbound(i) => add(OpKind::File, i, 0, Want::NONE),
                Param::OutboundTo(i, addr, len) => {
                    add(OpKind::File, i, 0, Want::NONE);
                    add(OpKind::SockAddr, addr, len, Want::NONE);
                }
                Param::InboundFrom(i, addr) => {
                    add(OpKind::File, i, 0, Want::NONE);
                    add(OpKind::PeerAddr, addr, 0, Want::NONE);
                }
                Param::OutboundMsg(i, msg) | Param::InboundMsg(i, msg) => {
                    add(OpKind::File, i, 0, Want::NONE);
                    add(OpKind::Msg, msg, 0, Want::NONE);
                }
                Param::Accepted => add(OpKind::File, RET, 0, Want::NONE),
                Param::QueuePct(i) | Param::QueueLen(i) | Param::QueueMax(i) => add(OpKind::File, i, 0, Want::NONE),
                Param::Sockaddr(i, len) => add(OpKind::SockAddr, i, len, Want::NONE),
                Param::FirstFd(i) | Param::SecondFd(i) => add(OpKind::Mem, i, 8, Want::NONE),
                Param::Task => add(OpKind::Task, 7, 0, Want::NONE),
                Param::Word(i, _, bytes) => add(OpKind::Mem, i, bytes, Want::NONE),
                _ => {}
            }
        }
        ops
    }

    /// Whether the ends of descriptor argument `i` are fetched anyway: they say what it is.
    fn has_ends_of(&self, i: u8) -> bool {
        self.params.iter().any(|p| match *p {
            Param::Outbound(n)
            | Param::OutboundTo(n, ..)
            | Param::OutboundMsg(n, _)
            | Param::Inbound(n)
            | Param::InboundFrom(n, _)
            | Param::InboundMsg(n, _) => n == i,
            _ => false,
        })
    }

    /// How the kernel tells reading from writing for this call: a number of `bpf/abi.h`.
    pub(crate) fn open_class(&self) -> u8 {
        match self.name {
            "open" => 1,
            "openat" => 2,
            "creat" => 3,
            "open_by_handle_at" => 4,
            "openat2" => 5,
            _ => 0,
        }
    }
}

/// Names of system calls by number, from the kernel's own tables (`unistd_64.h`, `asm-generic/unistd.h`).
pub(crate) fn names() -> impl Iterator<Item = (u16, &'static str)> {
    #[cfg(target_arch = "x86_64")]
    const NAMES: &str = include_str!("../../tables/x86_64.tsv");
    #[cfg(target_arch = "aarch64")]
    const NAMES: &str = include_str!("../../tables/aarch64.tsv");
    NAMES.lines().filter_map(|line| {
        let (number, name) = line.split_once('\t')?;
        Some((number.parse().ok()?, name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::OPS;

    #[test]
    fn rows_fit_the_event_table_and_the_plan() {
        let mut seen = std::collections::BTreeSet::new();
        for row in rows() {
            let info = row.event.info().unwrap();
            assert!(row.params.len() <= info.params.len(), "{}", row.name);
            assert!(row.event.is_exit(), "{}", row.name);
            assert!(row.ops().len() <= OPS, "{} fetches {}", row.name, row.ops().len());
            assert!(seen.insert(row.name), "{} twice", row.name);
        }
    }

    #[test]
    fn numbers_follow_the_kernel() {
        let of = |wanted: &str| names().find(|(_, n)| *n == wanted).map(|(n, _)| n);
        assert_eq!(of("openat2"), Some(437));
        assert_eq!(of("no_such_call"), None);
    }
}
