//! What is collected whatever the rules say.

use avouch_event::{EventType, Interest, Want, types};

/// What the state needs so that fields of later events are right: who lives, where a process stands, whom it acts as.
///
/// Failed calls change nothing. Not here, and why:
/// - The table of descriptors (open, close, dup, socket, bind, connect, accept, pipe, fcntl ...). A sensor tells what a
///   descriptor is right before each call that works on it, in hidden events, where [`Want::FD_FACTS`] asks for that. Only
///   fields about a process's other descriptors need the table: then [`descriptors`] is added.
/// - Limits and sizes of memory (prlimit, brk, mmap, munmap): told anew with each clone and exec.
/// - `prctl`: who takes over orphans is told with each exit, and names set so are not kept.
#[must_use]
pub fn state() -> Interest {
    const LIFE: [EventType; 7] = [
        types::CLONE_20_X,
        types::FORK_20_X,
        types::VFORK_20_X,
        types::CLONE3_X,
        types::EXECVE_19_X,
        types::EXECVEAT_X,
        types::PROCEXIT_1_E,
    ];
    const IDENTITY: [EventType; 10] = [
        types::SETUID_X,
        types::SETREUID_X,
        types::SETRESUID_X,
        types::SETGID_X,
        types::SETREGID_X,
        types::SETRESGID_X,
        types::SETSID_X,
        types::CAPSET_X,
        types::SETNS_X,
        types::UNSHARE_X,
    ];
    let mut all = Interest::default();
    let want = Want::SUCCESSES.union(Want::STATE);
    for ty in LIFE.into_iter().chain(IDENTITY).chain([types::CHDIR_X, types::CHROOT_X]) {
        all.add(ty, want);
    }
    // Where it goes is told by a descriptor alone.
    all.add(types::FCHDIR_X, want.union(Want::FD_FACTS));
    all
}

/// What keeps the table of descriptors right from event to event.
#[must_use]
pub fn descriptors() -> Interest {
    const TYPES: [EventType; 34] = [
        types::OPEN_X,
        types::OPENAT_2_X,
        types::OPENAT2_X,
        types::CREAT_X,
        types::OPEN_BY_HANDLE_AT_X,
        types::CLOSE_X,
        types::CLOSE_RANGE_X,
        types::DUP_1_X,
        types::DUP2_X,
        types::DUP3_X,
        types::FCNTL_X,
        types::PIDFD_GETFD_X,
        types::PIDFD_OPEN_X,
        types::SOCKET_X,
        types::SOCKETPAIR_X,
        types::BIND_X,
        types::CONNECT_X,
        types::ACCEPT_5_X,
        types::ACCEPT4_6_X,
        types::PIPE_X,
        types::PIPE2_X,
        types::EVENTFD_X,
        types::EVENTFD2_X,
        types::SIGNALFD_X,
        types::SIGNALFD4_X,
        types::TIMERFD_CREATE_X,
        types::INOTIFY_INIT_X,
        types::INOTIFY_INIT1_X,
        types::EPOLL_CREATE_X,
        types::EPOLL_CREATE1_X,
        types::BPF_2_X,
        types::USERFAULTFD_X,
        types::IO_URING_SETUP_X,
        types::MEMFD_CREATE_X,
    ];
    let mut all = Interest::default();
    for ty in TYPES {
        all.add(ty, Want::SUCCESSES.union(Want::STATE));
    }
    all
}

/// What the records of commands, connections and file changes are made from: calls that took effect.
///
/// A connection being made (`EINPROGRESS`) is of the class of successes: a sensor tells classes so, although the call
/// returns a negative number.
#[must_use]
pub fn activity() -> Interest {
    const COMMANDS: [EventType; 2] = [types::EXECVE_19_X, types::EXECVEAT_X];
    const CONNECTIONS: [EventType; 4] = [types::ACCEPT_5_X, types::ACCEPT4_6_X, types::LISTEN_X, types::BIND_X];
    const OPENS: [EventType; 4] = [types::OPEN_X, types::OPENAT_2_X, types::OPENAT2_X, types::CREAT_X];
    const CHANGES: [EventType; 14] = [
        types::RENAME_X,
        types::UNLINK_2_X,
        types::LINK_2_X,
        types::LINKAT_2_X,
        types::RENAMEAT_X,
        types::RENAMEAT2_X,
        types::SYMLINK_X,
        types::MKDIR_2_X,
        types::RMDIR_2_X,
        types::CHMOD_X,
        types::CHOWN_X,
        types::LCHOWN_X,
        types::MOUNT_X,
        types::UMOUNT2_X,
    ];
    const CHANGES_BELOW: [EventType; 8] = [
        types::UNLINKAT_2_X,
        types::SYMLINKAT_X,
        types::MKDIRAT_X,
        types::FCHMODAT_X,
        types::FCHOWNAT_X,
        types::FCHMOD_X,
        types::FCHOWN_X,
        types::UMOUNT_1_X,
    ];
    let mut all = Interest::default();
    let mut add = |list: &[EventType], want: Want| list.iter().for_each(|ty| all.add(*ty, want));
    add(&COMMANDS, Want::SUCCESSES);
    add(&CONNECTIONS, Want::SUCCESSES.union(Want::FD_FACTS));
    // Connections that were tried tell of scans and of services that are gone.
    add(&[types::CONNECT_X], Want::SUCCESSES.union(Want::FAILURES).union(Want::FD_FACTS));
    add(&OPENS, Want::WRITES.union(Want::FD_FACTS));
    add(&CHANGES, Want::SUCCESSES);
    add(&CHANGES_BELOW, Want::SUCCESSES.union(Want::FD_FACTS));
    all
}
