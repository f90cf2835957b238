//! What set an act off, and the record of it.

use std::fmt;

use serde::Serialize;

/// A pod of Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pod {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid, where known.
    pub uid: Option<String>,
}

/// A detection, as far as a response needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// The rule that matched.
    pub rule: String,
    /// Number of the event it matched on.
    pub event: u64,
    /// Time of the event, nanoseconds since 1970.
    pub time_ns: u64,
    /// The process (thread group) that acted, in our pid namespace.
    pub pid: u32,
    /// When that process started, in clock ticks since boot: field 22 of `/proc/PID/stat`. Without it no signal is sent, as
    /// the number may belong to another process by now.
    pub start_ticks: Option<u64>,
    /// Path of its executable, empty when unknown.
    pub exe: String,
    /// The container it runs in.
    pub container_id: Option<String>,
    /// That container's name.
    pub container_name: Option<String>,
    /// The pod it belongs to.
    pub pod: Option<Pod>,
}

/// Clock ticks since boot, as `/proc/PID/stat` has them, of nanoseconds since boot, as the kernel sensor has them.
#[must_use]
pub fn ticks_of_boot_ns(ns: u64) -> u64 {
    // The kernel shows user space 100 ticks a second on every architecture, whatever its own timer does.
    ns / 10_000_000
}

/// What was done, or would have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The process was sent SIGKILL.
    Kill,
    /// The process was sent SIGSTOP.
    Stop,
    /// All processes of the container were frozen.
    Pause,
    /// The pod was labelled.
    Quarantine,
    /// A program was kept from running.
    DenyExec,
    /// A connection or datagram was kept from leaving.
    DenyConnect,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kill => "kill the process",
            Self::Stop => "stop the process",
            Self::Pause => "pause the container",
            Self::Quarantine => "label the pod",
            Self::DenyExec => "deny the program",
            Self::DenyConnect => "deny the connection to",
        })
    }
}

/// How it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum ActMode {
    /// It was done.
    Performed,
    /// It would have been done; nothing was.
    DryRun,
    /// It was not done, on purpose.
    Refused {
        /// Why.
        reason: String,
    },
    /// It was tried and did not succeed.
    Failed {
        /// What went wrong.
        error: String,
    },
    /// It was held back: as many as allowed were done within the last minute.
    RateLimited,
}

/// By what means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mechanism {
    /// A signal through a pidfd.
    Signal,
    /// The cgroup freezer.
    Freezer,
    /// A BPF program of the kernel's security modules.
    Lsm,
    /// A permission event of fanotify.
    Fanotify,
    /// SIGKILL within execve, before the first instruction.
    KillAtExec,
    /// A BPF program on a cgroup's connects and datagrams.
    CgroupConnect,
    /// The Kubernetes API.
    Kubernetes,
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Signal => "a signal",
            Self::Freezer => "the cgroup freezer",
            Self::Lsm => "a security module (BPF LSM)",
            Self::Fanotify => "fanotify",
            Self::KillAtExec => "SIGKILL at exec",
            Self::CgroupConnect => "the connects of a cgroup",
            Self::Kubernetes => "the Kubernetes API",
        })
    }
}

/// On what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Target {
    /// The process, in our pid namespace.
    pub pid: u32,
    /// When it started, in clock ticks since boot.
    pub start_ticks: Option<u64>,
    /// Path of its executable, empty when unknown. For a denied program: of the process's file before the exec, or its name.
    pub exe: String,
    /// The container it runs in.
    pub container_id: Option<String>,
    /// The pod it belongs to.
    pub pod: Option<Pod>,
    /// Names of the cgroups that the kernel gave, where a container's id could not be read from them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cgroups: Vec<String>,
}

/// The record of an act: a fact for the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Act {
    /// When, nanoseconds since 1970.
    pub time_ns: u64,
    /// What.
    pub what: What,
    /// How it went.
    #[serde(flatten)]
    pub mode: ActMode,
    /// By what means.
    pub mechanism: Mechanism,
    /// On what.
    pub target: Target,
    /// The rule that set it off, or the key of the policy's section `prevention`.
    pub rule: String,
    /// The event that set it off; none for prevention, which needs no event.
    pub event: Option<u64>,
    /// The file or destination that was denied, the cgroup that was frozen, the labels that were set.
    pub object: Option<String>,
}
