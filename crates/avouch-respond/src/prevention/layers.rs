//! Which layers stand, and what stands in for one that does not.

use std::fmt;

use super::on;
use crate::policy::{Item, Mode, PreventionPolicy};

/// A way of denying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// BPF programs among the kernel's security modules.
    Lsm,
    /// Permission events.
    Fanotify,
    /// SIGKILL within execve.
    KillAtExec,
    /// BPF programs on a cgroup's connects and datagrams.
    CgroupConnect,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lsm => "a security module (BPF LSM)",
            Self::Fanotify => "fanotify",
            Self::KillAtExec => "SIGKILL at exec",
            Self::CgroupConnect => "the connects of a cgroup",
        })
    }
}

/// Whether a layer stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LayerState {
    /// It does.
    Active,
    /// It does not.
    Unavailable {
        /// For this reason.
        why: String,
        /// Layers that do what it would have done, or a part of that.
        stand_ins: Vec<Layer>,
        /// What of the policy nothing does in its place: a gap.
        uncovered: Vec<&'static str>,
    },
    /// The policy, or a stronger layer, leaves nothing for it to do.
    NotNeeded,
}

/// What became of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerReport {
    /// Which.
    pub layer: Layer,
    /// Whether it stands.
    pub state: LayerState,
}

impl LayerReport {
    /// What is missing, in a sentence: why, what stands in for it, and what nothing does.
    #[must_use]
    pub fn missing(&self) -> Option<String> {
        let LayerState::Unavailable { why, stand_ins, uncovered } = &self.state else { return None };
        let names: Vec<String> = stand_ins.iter().map(Layer::to_string).collect();
        let instead = match names.as_slice() {
            [] => "nothing stands in for it".to_owned(),
            [one] => format!("{one} stands in for it"),
            more => format!("{} stand in for it", more.join(" and ")),
        };
        let rest = if uncovered.is_empty() || stand_ins.is_empty() {
            String::new()
        } else {
            format!(", but not for {}", uncovered.join(" and "))
        };
        Some(format!("no prevention by {}: {why}; {instead}{rest}", self.layer))
    }
}

/// A part of a policy about programs: its name, whether the policy asks for it, and the layers that can do it.
type Part = (&'static str, bool, Vec<Layer>);

fn parts(rules: &PreventionPolicy) -> [Part; 4] {
    use Layer::{Fanotify, KillAtExec, Lsm};
    // Fanotify denies; what is only to be observed is left to the programs in the kernel.
    let files =
        |item: Item| if item.mode == Mode::Deny { vec![Lsm, Fanotify, KillAtExec] } else { vec![Lsm, KillAtExec] };
    let binaries = rules.forbidden_binaries;
    let listed = !(rules.paths.is_empty() && rules.names.is_empty());
    [
        ("exec of files not from the image", on(rules.exec_not_from_image), files(rules.exec_not_from_image)),
        ("exec from memory", on(rules.exec_from_memory), vec![Lsm, KillAtExec]),
        ("binaries forbidden by path or name", on(binaries) && listed, files(binaries)),
        ("binaries forbidden by content", on(binaries) && !rules.sha256.is_empty(), vec![Fanotify]),
    ]
}

/// Completes the reports of layers that are missing.
pub(super) fn tell_stand_ins(reports: &mut [LayerReport], rules: &PreventionPolicy) {
    let active: Vec<Layer> = reports.iter().filter(|r| r.state == LayerState::Active).map(|r| r.layer).collect();
    let parts = parts(rules);
    for report in reports {
        let layer = report.layer;
        let LayerState::Unavailable { stand_ins, uncovered, .. } = &mut report.state else { continue };
        for (name, _, able) in parts.iter().filter(|(_, asked, able)| *asked && able.contains(&layer)) {
            let instead: Vec<Layer> = able.iter().copied().filter(|l| active.contains(l)).collect();
            if instead.is_empty() {
                uncovered.push(name);
            }
            for other in instead {
                if !stand_ins.contains(&other) {
                    stand_ins.push(other);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    fn missing(policy: &str, active: &[Layer], absent: &[Layer]) -> Vec<String> {
        let rules = Policy::parse("p", &format!("prevention:\n{policy}")).unwrap().prevention;
        let absent = absent.iter().map(|&layer| {
            let (why, stand_ins, uncovered) = ("why".to_owned(), Vec::new(), Vec::new());
            LayerReport { layer, state: LayerState::Unavailable { why, stand_ins, uncovered } }
        });
        let active = active.iter().map(|&layer| LayerReport { layer, state: LayerState::Active });
        let mut reports: Vec<LayerReport> = absent.chain(active).collect();
        tell_stand_ins(&mut reports, &rules);
        reports.iter().filter_map(LayerReport::missing).collect()
    }

    #[test]
    fn a_missing_layer_is_told_with_what_stands_in_for_it() {
        use Layer::{CgroupConnect, Fanotify, KillAtExec, Lsm};
        let deny = "  exec_not_from_image: {mode: deny}\n  exec_from_memory: {mode: deny}";
        assert_eq!(
            missing(deny, &[Fanotify, KillAtExec], &[Lsm]),
            ["no prevention by a security module (BPF LSM): why; fanotify and SIGKILL at exec stand in for it"]
        );
        assert_eq!(
            missing(deny, &[Fanotify], &[Lsm, KillAtExec]),
            [
                "no prevention by a security module (BPF LSM): why; fanotify stands in for it, but not for exec from memory",
                "no prevention by SIGKILL at exec: why; fanotify stands in for it, but not for exec from memory",
            ]
        );
        let observe = "  exec_not_from_image: {mode: observe}";
        assert_eq!(
            missing(observe, &[Fanotify], &[Lsm]),
            ["no prevention by a security module (BPF LSM): why; nothing stands in for it"]
        );
        let content = format!("  forbidden_binaries: {{mode: deny, names: [nc], sha256: ['{}']}}", "0".repeat(64));
        assert_eq!(
            missing(&content, &[KillAtExec], &[Fanotify]),
            [
                "no prevention by fanotify: why; SIGKILL at exec stands in for it, but not for binaries forbidden by content"
            ]
        );
        let connect = "  forbidden_destinations: {mode: deny, destinations: [{cidr: 10.0.0.0/8}]}";
        assert_eq!(
            missing(connect, &[KillAtExec], &[CgroupConnect]),
            ["no prevention by the connects of a cgroup: why; nothing stands in for it"]
        );
    }
}
