//! What the agent may do once it watches: only what watching needs.

use std::collections::HashSet;

use anyhow::Context;
use caps::errors::CapsError;
use caps::{CapSet, Capability};

/// What watching needs for as long as it goes on: settings for the kernel programs, and /proc of other processes.
const WATCHING: [Capability; 4] =
    [Capability::CAP_BPF, Capability::CAP_PERFMON, Capability::CAP_SYS_PTRACE, Capability::CAP_DAC_READ_SEARCH];

/// What responses need besides: signals to processes of others, cgroups of containers, answers to fanotify.
const RESPONDING: [Capability; 4] =
    [Capability::CAP_KILL, Capability::CAP_DAC_OVERRIDE, Capability::CAP_SYS_ADMIN, Capability::CAP_NET_ADMIN];

/// What the thread that answers fanotify needs: the file systems of new containers, and processes and files of others.
const ANSWERING: [Capability; 3] =
    [Capability::CAP_SYS_ADMIN, Capability::CAP_SYS_PTRACE, Capability::CAP_DAC_READ_SEARCH];

/// Gives up every capability that is not needed from now on, for this thread and those that it starts later. What was
/// not held before is not asked for.
///
/// # Errors
/// When the kernel refuses.
pub(crate) fn give_up(responding: bool) -> anyhow::Result<()> {
    let needed = WATCHING.into_iter().chain(RESPONDING.into_iter().filter(|_| responding));
    keep(&needed.collect()).context("failed to give up capabilities")
}

/// The same for the thread that answers fanotify. Where the kernel refuses that, it has refused the whole agent before.
pub(crate) fn keep_for_answering() {
    keep(&ANSWERING.into_iter().collect()).ok();
}

fn keep(needed: &HashSet<Capability>) -> Result<(), CapsError> {
    let held = caps::read(None, CapSet::Permitted)?;
    let kept: HashSet<Capability> = held.intersection(needed).copied().collect();
    // The bounding set can be lowered only while we still may.
    let bounding = caps::read(None, CapSet::Bounding)?;
    if held.contains(&Capability::CAP_SETPCAP) {
        for capability in bounding.difference(&kept) {
            caps::drop(None, CapSet::Bounding, *capability)?;
        }
    }
    caps::clear(None, CapSet::Inheritable)?;
    caps::set(None, CapSet::Effective, &kept)?;
    caps::set(None, CapSet::Permitted, &kept)
}
