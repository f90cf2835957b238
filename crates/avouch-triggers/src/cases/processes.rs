//! Rules on who starts what, as whom, from where, and what a process does to another or to the kernel.

use super::HOST;
use crate::case::Move::{
    AttachToChild, Drop, JoinOwnNamespace, LoadBpfProgram, Run, RunFromMemory, SetUser, TraceMe, TryBpfMap, TryPeek,
};
use crate::case::{Case, Program};

/// A user that Debian and busybox images have, not root: `daemon`.
const DAEMON: u32 = 1;

pub(super) const CASES: &[Case] = &[
    Case::fires(
        "BPF Program Not Profiled",
        "program loaded",
        HOST,
        "loader",
        Program::new("/usr/bin/loader", &[LoadBpfProgram]),
    ),
    Case::silent("BPF Program Not Profiled", "map made", HOST, Program::new("/usr/bin/loader", &[TryBpfMap])),
    Case::silent(
        "BPF Program Not Profiled",
        "profiled program",
        HOST,
        Program::new("/usr/sbin/bpftool", &[LoadBpfProgram]),
    ),
    Case::fires(
        "Change thread namespace",
        "unknown program",
        HOST,
        "joiner",
        Program::new("/usr/bin/joiner", &[JoinOwnNamespace]),
    ),
    Case::silent("Change thread namespace", "nsenter", HOST, Program::new("/usr/bin/nsenter", &[JoinOwnNamespace])),
    Case::fires(
        "DB program spawned process",
        "id",
        HOST,
        "id",
        Program::new("/usr/bin/postgres", &[Run(Program::applet("/bin/id", &[]))]),
    ),
    Case::silent(
        "DB program spawned process",
        "itself",
        HOST,
        Program::new("/usr/bin/postgres", &[Run(Program::new("/usr/bin/postgres", &[]))]),
    ),
    Case::fires(
        "Execution from /dev/shm",
        "dropped program",
        HOST,
        "dropped",
        Program::new("/usr/bin/worker", &[Drop("/dev/shm/dropped"), Run(Program::dropped("/dev/shm/dropped"))]),
    ),
    Case::silent(
        "Execution from /dev/shm",
        "from elsewhere",
        HOST,
        Program::new("/usr/bin/worker", &[Drop("/tmp/dropped"), Run(Program::dropped("/tmp/dropped"))]),
    ),
    // A program run from a descriptor is called by the descriptor's number.
    Case::fires(
        "Fileless execution via memfd_create",
        "from memory",
        HOST,
        "9",
        Program::new("/usr/bin/worker", &[RunFromMemory]),
    ),
    Case::silent(
        "Fileless execution via memfd_create",
        "from a file",
        HOST,
        Program::new("/usr/bin/worker", &[Drop("/tmp/dropped"), Run(Program::dropped("/tmp/dropped"))]),
    ),
    Case::fires(
        "Non sudo setuid",
        "another program",
        HOST,
        "changer",
        Program::new("/usr/bin/worker", &[Run(Program::new("/usr/bin/changer", &[SetUser(DAEMON)]).user(DAEMON))]),
    ),
    Case::silent("Non sudo setuid", "root stays root", HOST, Program::new("/usr/bin/changer", &[SetUser(0)])),
    Case::fires(
        "PTRACE anti-debug attempt",
        "asks to be traced",
        HOST,
        "traced",
        Program::new("/usr/bin/worker", &[Run(Program::new("/usr/bin/traced", &[TraceMe]))]),
    ),
    Case::silent(
        "PTRACE anti-debug attempt",
        "traces another",
        HOST,
        Program::new("/usr/bin/debugger", &[AttachToChild]),
    ),
    Case::fires(
        "PTRACE attached to process",
        "traces another",
        HOST,
        "debugger",
        Program::new("/usr/bin/debugger", &[AttachToChild]),
    ),
    Case::silent("PTRACE attached to process", "peeks only", HOST, Program::new("/usr/bin/debugger", &[TryPeek])),
    Case::fires(
        "Run shell untrusted",
        "web server",
        HOST,
        "sh",
        Program::new("/usr/sbin/nginx", &[Run(Program::applet("/bin/sh", &["-c", "exit 0"]))]),
    ),
    Case::silent(
        "Run shell untrusted",
        "known command",
        HOST,
        Program::new("/usr/sbin/nginx", &[Run(Program::applet("/bin/sh", &["-c", "whoami"]))]),
    ),
    Case::silent(
        "Run shell untrusted",
        "other program",
        HOST,
        Program::new("/usr/bin/worker", &[Run(Program::applet("/bin/sh", &["-c", "exit 0"]))]),
    ),
    Case::fires(
        "System user interactive",
        "daemon below sshd",
        HOST,
        "id",
        Program::new("/usr/sbin/sshd", &[Run(Program::applet("/bin/id", &[]).user(DAEMON))]),
    ),
    Case::silent(
        "System user interactive",
        "root below sshd",
        HOST,
        Program::new("/usr/sbin/sshd", &[Run(Program::applet("/bin/id", &[]))]),
    ),
];
