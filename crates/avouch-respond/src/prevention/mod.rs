//! Denying programs and connections before they take effect, by the strongest layer that the kernel offers.
//!
//! For programs: a security module (the exec fails with "operation not permitted"); where the kernel has none, fanotify
//! (the same, but for files that could not be judged in time) and behind it SIGKILL within execve, before the program's first
//! instruction. For destinations: programs on the connects and datagrams of a cgroup. What each layer cannot see:
//!
//! - SIGKILL at exec: binaries named by content. Of a script it judges the interpreter and the script itself, but for one that a
//!   process with some hundred open files of its own starts, or an interpreter that is handed the open file (binfmt_misc): such
//!   are counted as unjudged;
//! - fanotify: memory files, and overlays that were mounted a moment ago; it judges only what is denied;
//! - connects: raw sockets, and packets of connections that were open before.
//!
//! A multi-call binary such as busybox is one file: forbidding `nc` does not match it.

mod abi;
mod bpf;
mod fanotify;
mod file;
mod layers;

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::time::{ClockId, clock_gettime};

use crate::act::{Act, ActMode, Mechanism, Target, What, ticks_of_boot_ns};
use crate::policy::{Item, Mode, Policy, PreventionPolicy};
use crate::process;
use abi::{DESTINATION, ITEMS, Report};
use bpf::BpfLayer;
pub use layers::{Layer, LayerReport, LayerState};

/// Which file systems fanotify watches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Filesystems {
    /// All that programs may run from, those of new containers included.
    #[default]
    All,
    /// Those that hold these paths.
    Of(Vec<PathBuf>),
}

/// How far prevention reaches. The default is the whole machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// A directory of the cgroup hierarchy of version 2: only processes in and below it are judged.
    pub cgroup: Option<PathBuf>,
    /// Which file systems fanotify watches.
    pub filesystems: Filesystems,
}

/// What prevention did not see or could not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PreventionLosses {
    /// Acts whose record found no room.
    pub lost: u64,
    /// Programs that were let through because nobody could tell what they are: fanotify in time, or SIGKILL at exec of scripts.
    pub unjudged: u64,
    /// The thread that answers fanotify has ended: nothing is denied by it any more.
    pub fanotify_ended: bool,
}

/// Running prevention. It ends when this goes.
pub struct Prevention {
    layers: Vec<BpfLayer>,
    fanotify: Option<fanotify::Watch>,
}

fn on(item: Item) -> bool {
    item.mode != Mode::Off
}

fn state<T, E: std::fmt::Display>(result: Result<T, E>, keep: impl FnOnce(T)) -> LayerState {
    match result {
        Ok(layer) => {
            keep(layer);
            LayerState::Active
        }
        Err(e) => LayerState::Unavailable { why: e.to_string(), stand_ins: Vec::new(), uncovered: Vec::new() },
    }
}

impl Prevention {
    /// Starts what the policy asks for, and says what became of each layer. Nothing here fails as a whole: a layer that is
    /// missing is said to be.
    #[must_use]
    pub fn start(policy: &Policy, reach: &Reach) -> (Self, Vec<LayerReport>) {
        Self::start_with(policy, reach, || ())
    }

    /// The same; `in_thread` is called first in the thread that answers fanotify, for it to give up what it may do besides:
    /// it needs CAP_SYS_ADMIN for the file systems of new containers, and CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH to look at
    /// processes and files of others.
    #[must_use]
    pub fn start_with(policy: &Policy, reach: &Reach, in_thread: fn()) -> (Self, Vec<LayerReport>) {
        let rules = policy.prevention.clone().under(policy.dry_run);
        let cgroup = reach.cgroup.as_deref();
        let mut layers = Vec::new();
        let mut watch = None;

        let listed = on(rules.forbidden_binaries) && !(rules.paths.is_empty() && rules.names.is_empty());
        let programs = on(rules.exec_not_from_image) || on(rules.exec_from_memory) || listed;
        let (mut lsm, mut kill) = (LayerState::NotNeeded, LayerState::NotNeeded);
        if programs {
            lsm = state(BpfLayer::lsm(&rules, cgroup), |l| layers.push(l));
            if lsm != LayerState::Active {
                kill = state(BpfLayer::kill(&rules, cgroup), |l| layers.push(l));
            }
        }
        let mut fanotify = LayerState::NotNeeded;
        let asked = fanotify_part(&rules, programs && lsm != LayerState::Active);
        if on(asked.exec_not_from_image) || on(asked.forbidden_binaries) {
            fanotify = state(watch_files(asked, reach, in_thread), |w| watch = Some(w));
        }
        let mut connect = LayerState::NotNeeded;
        if on(rules.forbidden_destinations) && !rules.destinations.is_empty() {
            connect = state(BpfLayer::connect(&rules, cgroup), |l| layers.push(l));
        }
        let states = [
            (Layer::Lsm, lsm),
            (Layer::Fanotify, fanotify),
            (Layer::KillAtExec, kill),
            (Layer::CgroupConnect, connect),
        ];
        let mut reports: Vec<LayerReport> =
            states.into_iter().map(|(layer, state)| LayerReport { layer, state }).collect();
        layers::tell_stand_ins(&mut reports, &rules);
        (Self { layers, fanotify: watch }, reports)
    }

    /// Takes what was denied or observed since the last call. To be called a few times a second: records wait in rings.
    #[must_use]
    pub fn poll(&mut self) -> Vec<Act> {
        let mut acts: Vec<Act> = self.fanotify.iter().flat_map(fanotify::Watch::take).collect();
        let boot = boot_time();
        for layer in &self.layers {
            acts.extend(layer.take().iter().map(|r| act(r, layer.mechanism, boot)));
        }
        acts.sort_by_key(|a| a.time_ns);
        acts
    }

    /// What was not seen or could not be said, since the start.
    #[must_use]
    pub fn losses(&self) -> PreventionLosses {
        let of_fanotify = self.fanotify.iter().map(fanotify::Watch::lost_and_unjudged);
        let all = of_fanotify.chain(self.layers.iter().map(BpfLayer::lost_and_unjudged));
        let (lost, unjudged) = all.fold((0, 0), |(lost, unjudged), (l, u)| (lost + l, unjudged + u));
        PreventionLosses { lost, unjudged, fanotify_ended: self.fanotify.as_ref().is_some_and(|w| !w.running()) }
    }
}

/// What is left for fanotify: denials that no security module makes, and binaries named by content, which only it can read.
fn fanotify_part(rules: &PreventionPolicy, deny: bool) -> PreventionPolicy {
    let mut part = rules.clone();
    part.exec_from_memory.mode = Mode::Off;
    part.forbidden_destinations.mode = Mode::Off;
    if !deny || part.exec_not_from_image.mode != Mode::Deny {
        part.exec_not_from_image.mode = Mode::Off;
    }
    if !deny || part.forbidden_binaries.mode != Mode::Deny {
        part.paths.clear();
        part.names.clear();
    }
    if part.paths.is_empty() && part.names.is_empty() && part.sha256.is_empty() {
        part.forbidden_binaries.mode = Mode::Off;
    }
    part
}

fn watch_files(policy: PreventionPolicy, reach: &Reach, in_thread: fn()) -> Result<fanotify::Watch, String> {
    let host_root = bpf::host_root().map_err(|e| e.to_string())?;
    let mounts =
        process::mounts(std::process::id()).map_err(|e| format!("failed to read `/proc/self/mountinfo`: {e}"))?;
    let cgroup = match &reach.cgroup {
        Some(directory) => {
            Some((directory.clone(), process::cgroup_mount(&mounts, None).ok_or("no cgroup of version 2 is mounted")?))
        }
        None => None,
    };
    let rules = fanotify::Rules { policy, cgroup, filesystems: reach.filesystems.clone(), host_root };
    fanotify::Watch::start(rules, in_thread).map_err(|e| e.to_string())
}

/// Nanoseconds since 1970 at which the machine's boot clock was zero.
fn boot_time() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let up = clock_gettime(ClockId::CLOCK_BOOTTIME).map(Duration::from).unwrap_or_default();
    u64::try_from(now.saturating_sub(up).as_nanos()).unwrap_or(u64::MAX)
}

fn act(report: &Report, mechanism: Mechanism, boot: u64) -> Act {
    let (container_id, cgroups) = container_of(report.cgroups());
    // A killed program is gone; one that was only kept from an exec, or observed, still says what it is.
    let start = ticks_of_boot_ns(report.start_boot_ns);
    let alive = process::start_ticks(report.tgid).is_ok_and(|s| s == start);
    let exe = if alive { process::exe(report.tgid).ok() } else { None };
    Act {
        time_ns: boot.saturating_add(report.time_boot_ns),
        what: if report.item == DESTINATION { What::DenyConnect } else { What::DenyExec },
        mode: if report.denied() { ActMode::Performed } else { ActMode::DryRun },
        mechanism,
        target: Target {
            pid: report.tgid,
            start_ticks: Some(start),
            exe: exe.unwrap_or_else(|| report.comm()),
            container_id,
            pod: None,
            cgroups,
        },
        rule: ITEMS.get(usize::from(report.item)).copied().unwrap_or("unknown").to_owned(),
        event: None,
        object: Some(report.object()),
    }
}

/// The container's id, where a cgroup's name has one of 64 hexadecimal digits; else the names, for the caller to look up.
fn container_of(mut cgroups: Vec<String>) -> (Option<String>, Vec<String>) {
    // The innermost: what is around a container may itself carry such a number.
    let mut runs = cgroups.iter().flat_map(|name| name.rsplit(|c: char| !c.is_ascii_hexdigit()));
    if let Some(id) = runs.find(|run| run.len() == 64) {
        return (Some(id.to_owned()), Vec::new());
    }
    cgroups.sort();
    cgroups.dedup();
    (None, cgroups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_containers_id_is_read_from_the_names_of_its_cgroups() {
        let id = "0123456789abcdef".repeat(4);
        let pod = "f".repeat(64);
        let named = |names: &[&str]| container_of(names.iter().map(|n| (*n).to_owned()).collect());
        for name in [id.clone(), format!("cri-containerd-{id}.scope"), format!("/kubepods/{pod}/libpod-{id}/container")]
        {
            assert_eq!(named(&["user.slice", &name]), (Some(id.clone()), Vec::new()), "{name}");
        }
        assert_eq!(named(&["b", "a", "b"]), (None, vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(named(&[&id[..63]]).0, None);
    }

    #[test]
    fn fanotify_is_left_what_no_stronger_layer_does() {
        let rules = |text: &str| Policy::parse("p", &format!("prevention:\n{text}")).unwrap().prevention;
        let both = rules("  exec_not_from_image: {mode: deny}\n  forbidden_binaries: {mode: deny, names: [nc]}");
        let part = fanotify_part(&both, true);
        assert!(on(part.exec_not_from_image) && on(part.forbidden_binaries));
        let part = fanotify_part(&both, false);
        assert!(!on(part.exec_not_from_image) && !on(part.forbidden_binaries));
        let observed =
            rules("  exec_not_from_image: {mode: observe}\n  forbidden_binaries: {mode: observe, names: [nc]}");
        let part = fanotify_part(&observed, true);
        assert!(!on(part.exec_not_from_image) && !on(part.forbidden_binaries));
        let digest = "0".repeat(64);
        let content = rules(&format!("  forbidden_binaries: {{mode: observe, names: [nc], sha256: ['{digest}']}}"));
        let part = fanotify_part(&content, false);
        assert!(on(part.forbidden_binaries) && part.names.is_empty() && part.sha256.len() == 1);
    }
}
