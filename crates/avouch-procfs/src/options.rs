//! How much is read, and what was left out.

use std::io;
use std::path::PathBuf;

use rustix::io::Errno;
use thiserror::Error;

/// How much is read. The limits bound memory and time on a hostile machine; what passes one is counted.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where procfs is mounted: `/proc`, or elsewhere when the machine's is mounted into a container.
    pub proc: PathBuf,
    /// Where the machine's own file system begins: for `etc/passwd` and `etc/group`.
    pub root: PathBuf,
    /// Threads, leaders included.
    pub threads: usize,
    /// Descriptors of one process.
    pub fds_per_process: usize,
    /// Descriptors in all.
    pub fds: usize,
    /// Bytes of arguments, environment and cgroups, each.
    pub list_bytes: usize,
    /// Bytes of a file that is read whole (`status`, `mountinfo`, `passwd`).
    pub file_bytes: usize,
    /// Sockets remembered during a scan.
    pub sockets: usize,
    /// Mounts of one namespace.
    pub mounts: usize,
    /// Users, and groups, of one file.
    pub users: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            proc: PathBuf::from("/proc"),
            root: PathBuf::from("/"),
            threads: 262_144,
            fds_per_process: 65_536,
            fds: 1_048_576,
            // As in the capture format.
            list_bytes: 4096,
            file_bytes: 4 << 20,
            sockets: 1_048_576,
            mounts: 65_536,
            users: 65_536,
        }
    }
}

/// What was read, and what was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Processes told.
    pub processes: u64,
    /// Threads told that do not lead a process.
    pub threads: u64,
    /// Descriptors told.
    pub fds: u64,
    /// Processes and threads that went away while they were read, which is normal.
    pub vanished: u64,
    /// Processes and threads of which something may not be read.
    pub denied: u64,
    /// Files that could not be read, or not be understood, for another reason.
    pub unreadable: u64,
    /// Threads beyond the limit.
    pub over_threads: u64,
    /// Descriptors beyond the limits.
    pub over_fds: u64,
    /// Sockets beyond the limit.
    pub over_sockets: u64,
    /// Users, groups and mounts beyond the limits.
    pub over_entries: u64,
    /// Files and lists cut at their limit of bytes.
    pub cut: u64,
    /// Socket descriptors whose socket no table names (not bound, of a family without a table, or younger than the table).
    pub unknown_sockets: u64,
}

/// Why nothing can be read at all.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProcfsError {
    /// There is no procfs to read.
    #[error("failed to open procfs at `{}`", path.display())]
    Open {
        /// Where it should be.
        path: PathBuf,
        /// Why it could not be opened.
        source: io::Error,
    },
    /// What stands there is not procfs.
    #[error("`{}` is not a procfs", path.display())]
    NotProcfs {
        /// Where it should be.
        path: PathBuf,
    },
}

/// Why a read gave nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// The process is gone, or has no such file.
    Gone,
    /// No permission.
    Denied,
    /// Anything else.
    Unreadable,
}

impl From<Errno> for Missing {
    fn from(e: Errno) -> Self {
        match e {
            Errno::SRCH | Errno::NOENT => Self::Gone,
            Errno::ACCESS | Errno::PERM => Self::Denied,
            _ => Self::Unreadable,
        }
    }
}

impl Counts {
    /// Both together.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            processes: self.processes + other.processes,
            threads: self.threads + other.threads,
            fds: self.fds + other.fds,
            vanished: self.vanished + other.vanished,
            denied: self.denied + other.denied,
            unreadable: self.unreadable + other.unreadable,
            over_threads: self.over_threads + other.over_threads,
            over_fds: self.over_fds + other.over_fds,
            over_sockets: self.over_sockets + other.over_sockets,
            over_entries: self.over_entries + other.over_entries,
            cut: self.cut + other.cut,
            unknown_sockets: self.unknown_sockets + other.unknown_sockets,
        }
    }

    pub(crate) fn missing(&mut self, why: Missing) {
        match why {
            Missing::Gone => self.vanished += 1,
            Missing::Denied => self.denied += 1,
            Missing::Unreadable => self.unreadable += 1,
        }
    }
}
