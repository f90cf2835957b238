//! What may be done, and when: what the user's file means once read.

mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Deserialize;

use crate::act::What;
use crate::pattern::Pattern;

pub use read::PolicyError;

/// Port ranges that one network may have, with those of the networks around it: what the kernel program looks through.
pub const PORT_RANGES: usize = 16;
/// Networks, and forbidden binaries of each kind, that a policy may name: the size of the kernel's tables.
pub const ENTRIES: usize = 1024;
/// Bytes of a path or name that the kernel program compares.
pub const PATH_BYTES: usize = 250;

/// All that may be done. The default does nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The master switch, on by default: while on, nothing is done or denied, only recorded.
    pub dry_run: bool,
    /// Acts within a minute, over all rules. More are held back and recorded.
    pub max_acts_per_minute: u32,
    /// On what no act is performed.
    pub protect: Protect,
    /// Which rules have a response.
    pub rules: Vec<RuleAction>,
    /// What is kept from happening.
    pub prevention: PreventionPolicy,
}

impl Policy {
    /// Responses to rules that fit none of these names, as the policy writes them: nothing sets them off.
    #[must_use]
    pub fn idle(&self, names: &[&str]) -> Vec<String> {
        let idle = self.rules.iter().filter(|r| !names.iter().any(|name| r.rule.matches(name)));
        idle.map(|r| r.rule.to_string()).collect()
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            dry_run: true,
            max_acts_per_minute: 10,
            protect: Protect::default(),
            rules: Vec::new(),
            prevention: PreventionPolicy::default(),
        }
    }
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// SIGKILL to the process.
    Kill,
    /// SIGSTOP to the process.
    Stop,
    /// Freeze the container.
    Pause,
    /// Label the pod, for a network policy or a scheduler to act on.
    Quarantine {
        /// The labels that are set.
        labels: BTreeMap<String, String>,
    },
}

impl Action {
    /// Its name in records.
    #[must_use]
    pub fn what(&self) -> What {
        match self {
            Self::Kill => What::Kill,
            Self::Stop => What::Stop,
            Self::Pause => What::Pause,
            Self::Quarantine { .. } => What::Quarantine,
        }
    }
}

/// The response to the rules that a pattern names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleAction {
    /// Names of rules.
    pub rule: Pattern,
    /// The response.
    pub action: Action,
    /// Only recorded, whatever the master switch says.
    pub dry_run: bool,
    /// Acts of this entry within a minute.
    pub max_acts_per_minute: Option<u32>,
}

/// On what no act is performed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protect {
    /// Executables, by name or by path: the user's own, everywhere. Those in [`PROTECTED_ON_HOST`] come on top, outside
    /// of containers.
    pub processes: Vec<Pattern>,
    /// Containers, by id or name.
    pub containers: Vec<Pattern>,
    /// Namespaces of Kubernetes.
    pub namespaces: Vec<Pattern>,
}

impl Default for Protect {
    fn default() -> Self {
        Self { processes: Vec::new(), containers: Vec::new(), namespaces: vec![Pattern::new("kube-system")] }
    }
}

/// Executables without which a node is lost. Only outside of containers: inside, any program may take such a name.
pub const PROTECTED_ON_HOST: &[&str] = &[
    "systemd*",
    "init",
    "dbus-daemon",
    "dbus-broker*",
    "sshd*",
    "kubelet",
    "k3s*",
    "k0s*",
    "rke2*",
    "containerd*",
    "dockerd",
    "docker-proxy",
    "crio",
    "conmon*",
    "podman",
    "runc",
    "crun",
    "avouch*",
];

/// What happens when a rule of prevention is broken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nothing; it is not looked at.
    #[default]
    #[serde(skip)]
    Off,
    /// It is recorded.
    Observe,
    /// It is denied and recorded.
    Deny,
}

/// Whose acts are looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Processes with a pid namespace of their own, or with a root on another file system than pid 1's.
    #[default]
    Containers,
    /// The host's processes too.
    All,
}

/// One rule of prevention.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// What happens.
    pub mode: Mode,
    /// Whose acts are looked at.
    #[serde(default)]
    pub scope: Scope,
}

/// What is kept from happening.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PreventionPolicy {
    /// Programs in the upper layer of an overlay: written after the image was made. Files on volumes are in no overlay and
    /// are not meant.
    pub exec_not_from_image: Item,
    /// Programs in memory only (memfd).
    pub exec_from_memory: Item,
    /// Programs in the lists below.
    pub forbidden_binaries: Item,
    /// Which: as the process sees the path, with links followed.
    pub paths: Vec<String>,
    /// Which, by the last component of that path.
    pub names: Vec<String>,
    /// Which, by content.
    pub sha256: Vec<[u8; 32]>,
    /// Connections and datagrams to the networks below.
    pub forbidden_destinations: Item,
    /// Which.
    pub destinations: Vec<Destination>,
}

/// A network and ports in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// First address, the bits behind the prefix all zero.
    pub network: IpAddr,
    /// Leading bits that make the network.
    pub prefix: u8,
    /// First and last port of each range.
    pub ports: Vec<(u16, u16)>,
}

impl Destination {
    /// Whether every address of `other` lies in this network.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        self.network.is_ipv4() == other.network.is_ipv4()
            && self.prefix <= other.prefix
            && masked(other.network, self.prefix) == self.network
    }
}

/// The address with all bits behind the prefix zero.
pub(crate) fn masked(addr: IpAddr, prefix: u8) -> IpAddr {
    match addr {
        IpAddr::V4(a) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix.min(32))).unwrap_or(0);
            IpAddr::V4((a.to_bits() & mask).into())
        }
        IpAddr::V6(a) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix.min(128))).unwrap_or(0);
            IpAddr::V6((a.to_bits() & mask).into())
        }
    }
}

impl PreventionPolicy {
    /// With every denial turned to an observation while the master switch is on.
    #[must_use]
    pub fn under(mut self, dry_run: bool) -> Self {
        let items = [
            &mut self.exec_not_from_image,
            &mut self.exec_from_memory,
            &mut self.forbidden_binaries,
            &mut self.forbidden_destinations,
        ];
        for item in items {
            if dry_run && item.mode == Mode::Deny {
                item.mode = Mode::Observe;
            }
        }
        self
    }
}

impl Policy {
    /// Reads a policy. An empty text is a policy that does nothing; `file` is its name in errors.
    ///
    /// # Errors
    /// When the text is not YAML, has an unknown key, or a value that the key cannot have.
    pub fn parse(file: &str, text: &str) -> Result<Self, PolicyError> {
        read::read(file, text)
    }
}
