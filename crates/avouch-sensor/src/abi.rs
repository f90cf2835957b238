//! What the kernel programs and user space agree on: `bpf/abi.h` in Rust. A test compares sizes and numbers with the header.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// System call numbers that are looked at: `0..SYSCALLS`.
pub(crate) const SYSCALLS: usize = 512;
/// Fetches of one call.
pub(crate) const OPS: usize = 8;
/// Prefixes of paths that the kernel holds.
pub(crate) const PREFIXES: usize = 4096;
/// Bytes of a path that the kernel looks at before it lets an open for reading through.
pub(crate) const PREFIX_MAX: usize = 128;
/// In a call's byte of what is wanted: those that succeed are counted, whether they are told or not.
pub(crate) const WANT_COUNT: u8 = 128;

/// Columns of the kernel's loss counters.
pub(crate) const LOSSES: usize = 8;

/// Kinds of records.
pub(crate) mod record {
    pub(crate) const SYSCALL: u16 = 1;
    pub(crate) const EXEC: u16 = 2;
    pub(crate) const FORK: u16 = 3;
    pub(crate) const EXIT: u16 = 4;
}

/// Kinds of parts.
pub(crate) mod part {
    pub(crate) const STR: u16 = 1;
    pub(crate) const BUF: u16 = 2;
    pub(crate) const MEM: u16 = 5;
    pub(crate) const SOCKADDR: u16 = 6;
    pub(crate) const SOCK: u16 = 7;
    pub(crate) const FD: u16 = 8;
    pub(crate) const PATH: u16 = 9;
    pub(crate) const CAPS: u16 = 11;
    pub(crate) const TASK: u16 = 12;
    pub(crate) const ARGS: u16 = 13;
    pub(crate) const ENV: u16 = 14;
    pub(crate) const EXE: u16 = 15;
    pub(crate) const CGROUP: u16 = 16;
    pub(crate) const CGROUP2: u16 = 17;
    /// Bit of a part's flags: memory could not be read.
    pub(crate) const FAULT: u16 = 2;
}

/// What is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum OpKind {
    /// Text at the pointer.
    Str = 1,
    /// Bytes at the pointer, as many as `len` says.
    Buf = 2,
    /// Bytes of an iovec, `len` says of how many entries.
    Iov = 3,
    /// Name of a msghdr, and its data when wanted.
    Msg = 4,
    /// `len` bytes at the pointer.
    Mem = 5,
    /// Address at the pointer, `len` says how long.
    SockAddr = 6,
    /// What the descriptor is, its path included.
    Fd = 8,
    /// What the descriptor is, without a path.
    File = 9,
    /// What the directory descriptor is, unless it says "current".
    DirFd = 10,
    /// Capabilities of the process.
    Caps = 11,
    /// The process whole.
    Task = 12,
    /// Address that the kernel wrote at the pointer, at most 28 bytes.
    PeerAddr = 13,
}

/// One fetch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, IntoBytes, Immutable)]
#[repr(C)]
pub(crate) struct Op {
    pub(crate) kind: u8,
    pub(crate) arg: u8,
    pub(crate) len: u8,
    pub(crate) want: u8,
}

/// What is fetched for a call, and how its class is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, IntoBytes, Immutable)]
#[repr(C)]
pub(crate) struct Plan {
    pub(crate) open_class: u8,
    pub(crate) ops: u8,
    pub(crate) pad: [u8; 6],
    pub(crate) op: [Op; OPS],
}

/// A key of the trie of paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoBytes, Immutable)]
#[repr(C)]
pub(crate) struct Prefix {
    pub(crate) bits: u32,
    pub(crate) path: [u8; PREFIX_MAX],
}

/// Head of every record.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct RecordHead {
    pub(crate) len: u32,
    pub(crate) kind: u16,
    pub(crate) nr: u16,
    pub(crate) boot_ns: u64,
    pub(crate) tgid: u32,
    pub(crate) tid: u32,
    pub(crate) cpu: u16,
    pub(crate) parts: u16,
    pub(crate) pad: u32,
    /// Six arguments, the return value, and a zero.
    pub(crate) args: [u64; 8],
}

/// Head of every part; its content is padded to eight bytes.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct PartHead {
    pub(crate) kind: u16,
    pub(crate) flags: u16,
    pub(crate) len: u32,
}

/// A task.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct TaskFacts {
    pub(crate) start_boot_ns: u64,
    pub(crate) fdlimit: u64,
    pub(crate) min_flt: u64,
    pub(crate) maj_flt: u64,
    pub(crate) cap_inheritable: u64,
    pub(crate) cap_permitted: u64,
    pub(crate) cap_effective: u64,
    pub(crate) exe_ino: u64,
    pub(crate) exe_ctime: u64,
    pub(crate) exe_mtime: u64,
    pub(crate) pidns_start_ns: u64,
    pub(crate) tid: u32,
    pub(crate) tgid: u32,
    pub(crate) ptgid: u32,
    pub(crate) ptid: u32,
    pub(crate) pgid: u32,
    pub(crate) vpgid: u32,
    pub(crate) sid: u32,
    pub(crate) vtid: u32,
    pub(crate) vtgid: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) loginuid: u32,
    pub(crate) tty: u32,
    pub(crate) vm_size_kb: u32,
    pub(crate) vm_rss_kb: u32,
    pub(crate) vm_swap_kb: u32,
    pub(crate) exe_mode: u32,
    pub(crate) exe_uid: u32,
    pub(crate) exe_gid: u32,
    pub(crate) fsuid: u32,
    pub(crate) fsgid: u32,
    pub(crate) flags: u32,
    pub(crate) pid_level: u32,
    pub(crate) pad: u32,
    pub(crate) comm: [u8; 16],
}

/// Bits of [`TaskFacts::flags`].
pub(crate) mod task {
    pub(crate) const UPPER: u32 = 1;
    pub(crate) const LOWER: u32 = 2;
    pub(crate) const MEMFD: u32 = 4;
    pub(crate) const SAME_MM: u32 = 8;
    pub(crate) const SAME_FS: u32 = 16;
    pub(crate) const SAME_FILES: u32 = 32;
    pub(crate) const CHILD_PIDNS: u32 = 64;
}

/// A descriptor that is no socket.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct FdFacts {
    pub(crate) ino: u64,
    pub(crate) fd: i32,
    pub(crate) mode: u32,
    /// The kernel's own open flags.
    pub(crate) open_flags: u32,
    /// The kernel's own device number: major above 20 bits of minor.
    pub(crate) dev: u32,
    pub(crate) flags: u32,
    pub(crate) pad: u32,
}

/// Bits of [`FdFacts::flags`].
pub(crate) mod fd {
    pub(crate) const UPPER: u32 = 1;
    pub(crate) const LOWER: u32 = 2;
    pub(crate) const MISSING: u32 = 4;
    /// The call made the file.
    pub(crate) const CREATED: u32 = 8;
}

/// A socket.
#[derive(Clone, Copy, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub(crate) struct SockFacts {
    pub(crate) sock: u64,
    pub(crate) peer: u64,
    pub(crate) ino: u64,
    pub(crate) fd: i32,
    pub(crate) family: u16,
    pub(crate) ty: u16,
    pub(crate) protocol: u16,
    pub(crate) local_port: u16,
    pub(crate) remote_port: u16,
    pub(crate) state: u16,
    pub(crate) local: [u8; 16],
    pub(crate) remote: [u8; 16],
    pub(crate) backlog: u32,
    pub(crate) max_backlog: u32,
    pub(crate) local_path: [u8; 112],
    pub(crate) remote_path: [u8; 112],
}

/// Columns of the kernel's loss counters.
pub(crate) mod loss {
    pub(crate) const RING_FULL: usize = 0;
    pub(crate) const UNREADABLE: usize = 1;
    pub(crate) const TRUNCATED: usize = 2;
    /// 32-bit calls on a 64-bit kernel; at the tracepoint of all calls as far as their numbers are those of calls that are wanted.
    pub(crate) const COMPAT: usize = 3;
    /// 32-bit programs that were started.
    pub(crate) const COMPAT_EXEC: usize = 4;
    /// Rings of io_uring that were set up.
    pub(crate) const URING: usize = 5;
    /// Calls that came while another of the CPU was being put together.
    pub(crate) const BUSY: usize = 6;
}

#[cfg(test)]
mod tests {
    use std::mem::size_of;

    use super::*;

    const HEADER: &str = include_str!("../bpf/abi.h");

    /// Bytes of the C structure `name`, counted from its declarations (no padding: every structure is laid out by hand).
    fn c_size(name: &str) -> usize {
        let body = HEADER.split_once(&format!("struct {name} {{")).unwrap().1.split_once("\n};").unwrap().0;
        let mut size = 0;
        for line in body.lines().map(str::trim).filter(|l| l.ends_with(';')) {
            let (ty, field) = line.trim_end_matches(';').rsplit_once(' ').unwrap();
            let one = match ty {
                "__u8" | "char" => 1,
                "__u16" => 2,
                "__u32" | "__s32" => 4,
                "__u64" => 8,
                "struct op" => c_size("op"),
                other => panic!("{other}"),
            };
            let count = field.split_once('[').map_or(1, |(_, n)| match n.trim_end_matches(']') {
                "OPS" => OPS,
                "PREFIX_MAX" => PREFIX_MAX,
                n => n.parse().unwrap(),
            });
            size += one * count;
        }
        size
    }

    #[test]
    fn structures_have_the_header_s_sizes() {
        assert_eq!(size_of::<RecordHead>(), c_size("record"));
        assert_eq!(size_of::<PartHead>(), c_size("part"));
        assert_eq!(size_of::<TaskFacts>(), c_size("task_facts"));
        assert_eq!(size_of::<FdFacts>(), c_size("fd_facts"));
        assert_eq!(size_of::<SockFacts>(), c_size("sock_facts"));
        assert_eq!(size_of::<Plan>(), c_size("plan"));
        assert_eq!(size_of::<Prefix>(), c_size("prefix"));
    }

    #[test]
    fn numbers_are_the_header_s() {
        let number = |name: &str| -> u64 {
            let line = HEADER.lines().find_map(|l| {
                let l = l.trim().trim_start_matches("#define ");
                let rest = l.strip_prefix(name)?;
                rest.starts_with([' ', '=']).then_some(rest)
            });
            line.unwrap().trim_matches([' ', '=', ',']).parse().unwrap()
        };
        assert_eq!(number("SYSCALLS"), SYSCALLS as u64);
        assert_eq!(number("LOSSES"), LOSSES as u64);
        assert_eq!(number("PREFIX_MAX"), PREFIX_MAX as u64);
        assert_eq!(number("PREFIXES"), PREFIXES as u64);
        assert_eq!(number("RECORD_EXIT"), u64::from(record::EXIT));
        assert_eq!(number("PART_CGROUP2"), u64::from(part::CGROUP2));
        assert_eq!(number("PART_TASK"), u64::from(part::TASK));
        assert_eq!(number("OP_PEERADDR"), OpKind::PeerAddr as u64);
        assert_eq!(number("OP_FD"), OpKind::Fd as u64);
        assert_eq!(number("TASK_CHILD_PIDNS"), u64::from(task::CHILD_PIDNS));
        assert_eq!(number("FD_MISSING"), u64::from(fd::MISSING));
        assert_eq!(number("LOSS_TRUNCATED"), loss::TRUNCATED as u64);
        assert_eq!(number("LOSS_COMPAT_EXEC"), loss::COMPAT_EXEC as u64);
        assert_eq!(number("LOSS_URING"), loss::URING as u64);
        assert_eq!(number("LOSS_BUSY"), loss::BUSY as u64);
        assert_eq!(number("WANT_COUNT"), u64::from(WANT_COUNT));
    }
}
