//! Processes and who they are: identities, namespaces, signals, tracing. Births and executions have hooks of their own.

use avouch_event::types;

use super::Param::{
    Absent, Caps, CloneFlags, Code, DirFd, Dyn, Fd, OneOf, Path, Pid, PrctlNumber, PrctlText, Ret, RetU32, Task, U8,
    U32, U64,
};
use super::{Row, row};
use crate::flags;

/// See [`super::rows`].
pub(super) const ROWS: &[Row] = &[
    // Those that fail; what succeeds is told by the hook.
    row("execve", types::EXECVE_19_X, &[Path(0), Task]),
    row("execveat", types::EXECVEAT_X, &[Path(1), Task]),
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
    row("tkill", types::TKILL_X, &[Ret, Pid(0), U8(1)]),
    row("tgkill", types::TGKILL_X, &[Ret, Pid(0), Pid(1), U8(2)]),
    row("unshare", types::UNSHARE_X, &[Ret, CloneFlags(0)]),
    row("setns", types::SETNS_X, &[Ret, DirFd(0), CloneFlags(1)]),
    row("ptrace", types::PTRACE_X, &[Ret, Dyn(2), Dyn(3), OneOf(0, flags::ptrace, 2), Pid(1)]),
    row("process_vm_readv", types::PROCESS_VM_READV_X, &[Ret, Pid(0), Absent]),
    row("process_vm_writev", types::PROCESS_VM_WRITEV_X, &[Ret, Pid(0), Absent]),
    row("prctl", types::PRCTL_X, &[Ret, U32(0), PrctlText, PrctlNumber]),
    row("capset", types::CAPSET_X, &[Ret, Caps(0), Caps(1), Caps(2)]),
    row("seccomp", types::SECCOMP_X, &[Ret, U64(0), U64(1)]),
    row("pidfd_open", types::PIDFD_OPEN_X, &[Ret, Pid(0), Code(1, 0x800)]),
    row("pidfd_getfd", types::PIDFD_GETFD_X, &[Ret, Fd(0), Fd(1), U32(2)]),
    row("keyctl", types::KEYCTL_X, &[Ret, U32(0), Absent, Absent, Absent, Absent]),
    row("memfd_create", types::MEMFD_CREATE_X, &[Ret, Path(0), Code(1, 0x7)]),
];
