//! The table of recorded calls: which event each becomes, and where its parameters come from.
//!
//! To record one more call, add a row. Parameter order is that of `avouch-event`'s event table. What has no row (memory,
//! waiting, signals, socket options) is counted and not recorded: no rule of ours asks for it, and it would be half of
//! the file.

use avouch_event::{EventType, types};

use self::Param::{
    Absent, Accepted, Bits, Caps, CloneFlags, Code, Data, Dev, Dyn, Fd, File, FirstFd, HowFlags, HowMode, HowResolve,
    I32, Inbound, Ino, Iov, Mode, OneOf, Open, Outbound, Path, Pid, PipeIno, PrctlNumber, PrctlText, Ret, RetU32,
    SecondFd, Send, SockType, Sockaddr, U8, U32, U64,
};
use super::flags::{EPOLL_CREATE, FCHOWNAT, FCNTL, Names, PTRACE};

/// Where one parameter comes from. Numbers are positions of the call's arguments.
#[derive(Clone, Copy, Debug)]
pub(super) enum Param {
    /// The return value, eight bytes.
    Ret,
    /// A descriptor argument.
    Fd(usize),
    /// A process id argument.
    Pid(usize),
    I32(usize),
    U8(usize),
    U32(usize),
    U64(usize),
    /// The return value, four bytes.
    RetU32,
    /// What cannot be seen from outside the kernel.
    Absent,
    /// A number as the variable type's first form.
    Dyn(usize),
    /// Socket type without the flags that ride on it.
    SockType(usize),
    /// Second argument of `prctl` where the option (first) takes a name, or where it takes a number.
    PrctlText,
    PrctlNumber,
    /// Text at the pointer.
    Path(usize),
    /// `open` flags.
    Open(usize),
    /// Fields of the `open_how` at the pointer.
    HowFlags(usize),
    HowMode(usize),
    HowResolve(usize),
    /// Capabilities after the call: inheritable, permitted, effective (0, 1, 2).
    Caps(usize),
    /// Mode (second) when the `open` flags (first) create a file, else 0.
    Mode(usize, usize),
    /// `O_` bits without access mode, so many bytes wide.
    File(usize, usize),
    /// `CLONE_` bits.
    CloneFlags(usize),
    /// Renumbered bits, four bytes.
    Bits(usize, &'static str, Names),
    /// Renumbered value, so many bytes wide.
    OneOf(usize, &'static str, Names, usize),
    /// Bits whose numbers are the same in captures, under a mask.
    Code(usize, u32),
    /// Device and inode of the new descriptor.
    Dev,
    Ino,
    /// Bytes at the pointer, as many as the call returned.
    Data(usize),
    /// Bytes at the pointer (first), as many as the argument says (second): what was sent.
    Send(usize, usize),
    /// Bytes of an `iovec` (pointer, count), as many as the call returned.
    Iov(usize, usize),
    /// Both ends of a socket descriptor, ours first: the direction of what is sent.
    Outbound(usize),
    /// Both ends of a socket descriptor, the peer's first: the direction of what is received.
    Inbound(usize),
    /// Both ends of the returned descriptor, the peer's first.
    Accepted,
    /// Address at the pointer (first), with its length (second).
    Sockaddr(usize, usize),
    /// Descriptors written by `pipe` and `socketpair` at the pointer.
    FirstFd(usize),
    SecondFd(usize),
    PipeIno(usize),
}

/// One recorded call.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) event: EventType,
    pub(super) params: &'static [Param],
}

const fn row(name: &'static str, event: EventType, params: &'static [Param]) -> Row {
    Row { name, event, params }
}

/// All rows but the `clone` and `execve` families, which tell of processes.
pub(super) const ROWS: &[Row] = &[
    // Files.
    row("open", types::OPEN_X, &[Ret, Path(0), Open(1), Mode(1, 2), Dev, Ino]),
    row("creat", types::CREAT_X, &[Ret, Path(0), U32(1), Dev, Ino]),
    row("openat", types::OPENAT_2_X, &[Ret, Fd(0), Path(1), Open(2), Mode(2, 3), Dev, Ino]),
    row("openat2", types::OPENAT2_X, &[Ret, Fd(0), Path(1), HowFlags(2), HowMode(2), HowResolve(2), Dev, Ino]),
    row("close", types::CLOSE_X, &[Ret, Fd(0)]),
    row("close_range", types::CLOSE_RANGE_X, &[Ret, U32(0), U32(1), Code(2, 0x6)]),
    row("read", types::READ_X, &[Ret, Data(1), Fd(0), U32(2)]),
    row("write", types::WRITE_X, &[Ret, Data(1), Fd(0), U32(2)]),
    row("pread64", types::PREAD_X, &[Ret, Data(1), Fd(0), U32(2), U64(3)]),
    row("pwrite64", types::PWRITE_X, &[Ret, Data(1), Fd(0), U32(2), U64(3)]),
    row("writev", types::WRITEV_X, &[Ret, Iov(1, 2), Fd(0), Ret]),
    row("lseek", types::LSEEK_X, &[Ret, Fd(0), U64(1), U8(2)]),
    row("fcntl", types::FCNTL_X, &[Ret, Fd(0), OneOf(1, "fcntl_commands", FCNTL, 1), U64(2)]),
    row("flock", types::FLOCK_X, &[Ret, Fd(0), Code(1, 0xf)]),
    row("ioctl", types::IOCTL_3_X, &[Ret, Fd(0), U64(1), U64(2)]),
    row("dup", types::DUP_1_X, &[Ret, Fd(0)]),
    row("dup2", types::DUP2_X, &[Ret, Fd(0), Fd(1)]),
    row("dup3", types::DUP3_X, &[Ret, Fd(0), Fd(1), File(2, 4)]),
    row("stat", types::STAT_X, &[Ret, Path(0)]),
    row("lstat", types::LSTAT_X, &[Ret, Path(0)]),
    row("fstat", types::FSTAT_X, &[Ret, Fd(0)]),
    row("newfstatat", types::NEWFSTATAT_X, &[Ret, Fd(0), Path(1), Code(3, 0x1900)]),
    row("access", types::ACCESS_X, &[Ret, Path(0), Code(1, 0x7)]),
    row("getdents64", types::GETDENTS64_X, &[Ret, Fd(0)]),
    row("getcwd", types::GETCWD_X, &[Ret, Path(0)]),
    row("chdir", types::CHDIR_X, &[Ret, Path(0)]),
    row("fchdir", types::FCHDIR_X, &[Ret, Fd(0)]),
    row("chroot", types::CHROOT_X, &[Ret, Path(0)]),
    row("mkdir", types::MKDIR_2_X, &[Ret, Path(0), U32(1)]),
    row("mkdirat", types::MKDIRAT_X, &[Ret, Fd(0), Path(1), U32(2)]),
    row("rmdir", types::RMDIR_2_X, &[Ret, Path(0)]),
    row("unlink", types::UNLINK_2_X, &[Ret, Path(0)]),
    row("unlinkat", types::UNLINKAT_2_X, &[Ret, Fd(0), Path(1), Code(2, 0x200)]),
    row("rename", types::RENAME_X, &[Ret, Path(0), Path(1)]),
    row("renameat", types::RENAMEAT_X, &[Ret, Fd(0), Path(1), Fd(2), Path(3)]),
    row("renameat2", types::RENAMEAT2_X, &[Ret, Fd(0), Path(1), Fd(2), Path(3), Code(4, 0x7)]),
    row("link", types::LINK_2_X, &[Ret, Path(0), Path(1)]),
    row("linkat", types::LINKAT_2_X, &[Ret, Fd(0), Path(1), Fd(2), Path(3), Code(4, 0x1400)]),
    row("symlink", types::SYMLINK_X, &[Ret, Path(0), Path(1)]),
    row("symlinkat", types::SYMLINKAT_X, &[Ret, Path(0), Fd(1), Path(2)]),
    row("chmod", types::CHMOD_X, &[Ret, Path(0), Code(1, 0o7777)]),
    row("fchmod", types::FCHMOD_X, &[Ret, Fd(0), Code(1, 0o7777)]),
    row("fchmodat", types::FCHMODAT_X, &[Ret, Fd(0), Path(1), Code(2, 0o7777)]),
    row("chown", types::CHOWN_X, &[Ret, Path(0), U32(1), U32(2)]),
    row("lchown", types::LCHOWN_X, &[Ret, Path(0), U32(1), U32(2)]),
    row("fchown", types::FCHOWN_X, &[Ret, Fd(0), U32(1), U32(2)]),
    row("fchownat", types::FCHOWNAT_X, &[Ret, Fd(0), Path(1), U32(2), U32(3), Bits(4, "fchownat_flags", FCHOWNAT)]),
    row("mount", types::MOUNT_X, &[Ret, Path(0), Path(1), Path(2), U32(3)]),
    row("umount2", types::UMOUNT2_X, &[Ret, Path(0), Code(1, 0xf)]),
    row("memfd_create", types::MEMFD_CREATE_X, &[Ret, Path(0), Code(1, 0x7)]),
    row("pipe", types::PIPE_X, &[Ret, FirstFd(0), SecondFd(0), PipeIno(0)]),
    row("pipe2", types::PIPE2_X, &[Ret, FirstFd(0), SecondFd(0), PipeIno(0), File(1, 4)]),
    row("eventfd2", types::EVENTFD2_X, &[Ret, File(1, 2), U64(0)]),
    row("inotify_init1", types::INOTIFY_INIT1_X, &[Ret, File(0, 2)]),
    row("epoll_create1", types::EPOLL_CREATE1_X, &[Ret, Bits(0, "epoll_create1_flags", EPOLL_CREATE)]),
    // Network.
    row("socket", types::SOCKET_X, &[Ret, U32(0), SockType(1), U32(2), File(1, 4)]),
    row("bind", types::BIND_X, &[Ret, Sockaddr(1, 2), Fd(0)]),
    row("connect", types::CONNECT_X, &[Ret, Outbound(0), Fd(0), Sockaddr(1, 2)]),
    row("listen", types::LISTEN_X, &[Ret, Fd(0), I32(1)]),
    row("accept", types::ACCEPT_5_X, &[Ret, Accepted]),
    row("accept4", types::ACCEPT4_6_X, &[Ret, Accepted]),
    row("shutdown", types::SHUTDOWN_X, &[Ret, Fd(0), U8(1)]),
    row("sendto", types::SENDTO_X, &[Ret, Send(1, 2), Fd(0), U32(2), Outbound(0)]),
    row("recvfrom", types::RECVFROM_X, &[Ret, Data(1), Inbound(0), Fd(0), U32(2)]),
    row("getsockname", types::GETSOCKNAME_X, &[]),
    row("getpeername", types::GETPEERNAME_X, &[]),
    row(
        "socketpair",
        types::SOCKETPAIR_X,
        &[Ret, FirstFd(3), SecondFd(3), Absent, Absent, U32(0), SockType(1), U32(2)],
    ),
    // Processes and identities.
    row("setuid", types::SETUID_X, &[Ret, U32(0)]),
    row("setgid", types::SETGID_X, &[Ret, U32(0)]),
    row("setresuid", types::SETRESUID_X, &[Ret, U32(0), U32(1), U32(2)]),
    row("setresgid", types::SETRESGID_X, &[Ret, U32(0), U32(1), U32(2)]),
    row("setreuid", types::SETREUID_X, &[Ret, U32(0), U32(1)]),
    row("setregid", types::SETREGID_X, &[Ret, U32(0), U32(1)]),
    row("getuid", types::GETUID_X, &[RetU32]),
    row("geteuid", types::GETEUID_X, &[RetU32]),
    row("getgid", types::GETGID_X, &[RetU32]),
    row("getegid", types::GETEGID_X, &[RetU32]),
    row("setsid", types::SETSID_X, &[Ret]),
    row("setpgid", types::SETPGID_X, &[Ret, Pid(0), Pid(1)]),
    row("kill", types::KILL_X, &[Ret, Pid(0), U8(1)]),
    row("tgkill", types::TGKILL_X, &[Ret, Pid(0), Pid(1), U8(2)]),
    row("unshare", types::UNSHARE_X, &[Ret, CloneFlags(0)]),
    row("setns", types::SETNS_X, &[Ret, Fd(0), CloneFlags(1)]),
    row("ptrace", types::PTRACE_X, &[Ret, Dyn(2), Dyn(3), OneOf(0, "ptrace_requests", PTRACE, 2), Pid(1)]),
    row("prctl", types::PRCTL_X, &[Ret, U32(0), PrctlText, PrctlNumber]),
    row("capset", types::CAPSET_X, &[Ret, Caps(0), Caps(1), Caps(2)]),
    row("seccomp", types::SECCOMP_X, &[Ret, U64(0), U64(1)]),
];

/// Names of system calls by number (x86-64, from the kernel's `unistd_64.h`).
pub(super) fn name(number: u64) -> Option<&'static str> {
    const NAMES: &str = include_str!("../../tables/x86_64.tsv");
    static TABLE: std::sync::OnceLock<Vec<&'static str>> = std::sync::OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let mut table = Vec::new();
        for line in NAMES.lines() {
            let Some((number, name)) = line.split_once('\t') else { continue };
            let number: usize = number.parse().unwrap_or(0);
            table.resize(table.len().max(number + 1), "");
            table[number] = name;
        }
        table
    });
    table.get(usize::try_from(number).ok()?).copied().filter(|n| !n.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_do_not_exceed_the_event_table() {
        for row in ROWS {
            let info = row.event.info().unwrap();
            assert!(row.params.len() <= info.params.len(), "{}", row.name);
            assert!(row.event.is_exit(), "{}", row.name);
        }
    }

    #[test]
    fn names_follow_the_kernel() {
        assert_eq!((name(0), name(257), name(9999)), (Some("read"), Some("openat"), None));
    }
}
