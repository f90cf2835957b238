//! What the agent may do once it watches: only what watching needs.

use std::collections::HashSet;

use anyhow::Context;
use caps::{CapSet, Capability};

/// What watching needs for as long as it goes on: settings for the kernel programs, and /proc of other processes.
const WATCHING: [Capability; 4] =
    [Capability::CAP_BPF, Capability::CAP_PERFMON, Capability::CAP_SYS_PTRACE, Capability::CAP_DAC_READ_SEARCH];

/// What responses need besides: signals to processes of others, cgroups of containers, answers to fanotify.
const RESPONDING: [Capability; 4] =
    [Capability::CAP_KILL, Capability::CAP_DAC_OVERRIDE, Capability::CAP_SYS_ADMIN, Capability::CAP_NET_ADMIN];

/// Gives up every capability that is not needed from now on, for this thread and those that it starts later. What was
/// not held before is not asked for.
///
/// # Errors
/// When the kernel refuses.
pub(crate) fn give_up(responding: bool) -> anyhow::Result<()> {
    let needed: HashSet<Capability> =
        WATCHING.into_iter().chain(RESPONDING.into_iter().filter(|_| responding)).collect();
    let failed = "failed to give up capabilities";
    let held = caps::read(None, CapSet::Permitted).context(failed)?;
    let kept: HashSet<Capability> = held.intersection(&needed).copied().collect();
    // The bounding set can be lowered only while we still may.
    let bounding = caps::read(None, CapSet::Bounding).context(failed)?;
    if held.contains(&Capability::CAP_SETPCAP) {
        for capability in bounding.difference(&kept) {
            caps::drop(None, CapSet::Bounding, *capability).context(failed)?;
        }
    }
    caps::clear(None, CapSet::Inheritable).context(failed)?;
    caps::set(None, CapSet::Effective, &kept).context(failed)?;
    caps::set(None, CapSet::Permitted, &kept).context(failed)
}
