//! What the configuration of an OCI bundle tells. Every runtime writes one, so it is the last source for any of them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::metadata::{Metadata, Mount, RuntimeKind, without_algorithm};
use crate::rfc3339;

/// The part of a `config.json` that is used.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct OciConfig {
    process: Option<Process>,
    mounts: Vec<OciMount>,
    pub(crate) annotations: BTreeMap<String, String>,
    linux: Option<Linux>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Process {
    user: User,
    env: Vec<String>,
    capabilities: Option<Capabilities>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct User {
    uid: u32,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Capabilities {
    bounding: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct OciMount {
    destination: String,
    #[serde(rename = "type")]
    ty: String,
    source: String,
    options: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Linux {
    namespaces: Vec<Namespace>,
    #[serde(rename = "maskedPaths")]
    masked_paths: Vec<String>,
    #[serde(rename = "cgroupsPath")]
    cgroups_path: String,
    resources: Option<Resources>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Namespace {
    #[serde(rename = "type")]
    ty: String,
    path: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Resources {
    devices: Vec<Device>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Device {
    allow: bool,
    #[serde(rename = "type")]
    ty: String,
    access: String,
    major: Option<i64>,
}

/// Capabilities that the oldest supported kernel (5.8) has; a privileged container gets all that its kernel has.
const ALL_CAPABILITIES: usize = 38;

/// Files that runtimes put into every container from their own folders.
const OF_THE_RUNTIME: &[&str] = &[
    "/dev/shm",
    "/etc/group",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/passwd",
    "/etc/resolv.conf",
    "/run/.containerenv",
    "/run/secrets",
];

impl OciConfig {
    /// Whether the configuration is that of the container: its cgroup path must name it.
    pub(crate) fn is_of(&self, full_id: &str) -> bool {
        self.linux.as_ref().is_some_and(|l| {
            l.cgroups_path.rsplit(['/', ':']).next().is_some_and(|last| {
                last == full_id || last.strip_prefix("libpod-").is_some_and(|l| l.trim_end_matches(".scope") == full_id)
            })
        })
    }

    /// What the configuration tells of its container.
    pub(crate) fn metadata(&self, full_id: &str) -> Metadata {
        let mut m = Metadata::new(full_id, self.kind());
        if let Some(p) = &self.process {
            m.user = Some(p.user.uid.to_string());
            m.env.clone_from(&p.env);
        }
        m.mounts = self.mounts.iter().filter(|m| m.is_of_the_user()).map(OciMount::mount).collect();
        m.privileged = self.privileged();
        if let Some(l) = &self.linux {
            m.host_pid = l.uses_host("pid");
            m.host_network = l.uses_host("network");
            m.host_ipc = l.uses_host("ipc");
        }
        self.annotations(&mut m);
        m
    }

    fn note(&self, key: &str) -> Option<String> {
        self.annotations.get(key).filter(|v| !v.is_empty()).cloned()
    }

    fn kind(&self) -> RuntimeKind {
        match self.annotations.get("io.container.manager").map(String::as_str) {
            Some("libpod") => RuntimeKind::Podman,
            Some("cri-o") => RuntimeKind::CriO,
            _ if self.annotations.contains_key("io.kubernetes.cri-o.ContainerType") => RuntimeKind::CriO,
            _ if self.annotations.contains_key("io.kubernetes.cri.container-type") => RuntimeKind::Containerd,
            _ => RuntimeKind::Unknown,
        }
    }

    /// What `--privileged` comes to: all capabilities, all devices, nothing masked. A runtime's own word goes first.
    fn privileged(&self) -> Option<bool> {
        for key in ["io.podman.annotations.privileged", "io.kubernetes.cri-o.PrivilegedRuntime"] {
            if let Some(said) = self.annotations.get(key) {
                return Some(said.eq_ignore_ascii_case("true"));
            }
        }
        let (process, linux) = (self.process.as_ref()?, self.linux.as_ref()?);
        let bounding = process.capabilities.as_ref().map_or(0, |c| c.bounding.len());
        let devices = linux.resources.as_ref().and_then(|r| r.devices.last()).is_some_and(|d| {
            d.allow && d.access == "rwm" && matches!(d.ty.as_str(), "" | "a") && d.major.is_none_or(|m| m < 0)
        });
        Some(bounding >= ALL_CAPABILITIES && devices && linux.masked_paths.is_empty())
    }

    fn annotations(&self, m: &mut Metadata) {
        let either = |a: &str, b: &str| {
            self.note(&format!("io.kubernetes.cri.{a}")).or_else(|| self.note(&format!("io.kubernetes.cri-o.{b}")))
        };
        // podman writes cri-o's keys for its own pods, which are not Kubernetes' and have no sandbox.
        if m.kind != RuntimeKind::Podman {
            m.is_pod_sandbox = either("container-type", "ContainerType").as_deref() == Some("sandbox");
            m.pod_sandbox_id = either("sandbox-id", "SandboxID");
        }
        m.image = either("image-name", "ImageName");
        m.name = if m.is_pod_sandbox {
            self.note("io.kubernetes.cri.sandbox-name").or_else(|| self.note("io.kubernetes.pod.name"))
        } else {
            self.note("io.kubernetes.cri.container-name").or_else(|| self.note("io.kubernetes.container.name"))
        };
        m.ip = self.note("io.kubernetes.cri-o.IP.0");
        m.cni_json = self.note("io.kubernetes.cri-o.CNIResult");
        m.image_id = self.note("io.kubernetes.cri-o.ImageRef").map(|id| without_algorithm(&id).to_owned());
        m.created = self.note("io.kubernetes.cri-o.Created").and_then(|t| rfc3339::seconds(&t));
        let given = self.note("io.kubernetes.cri-o.Labels").and_then(|t| serde_json::from_str::<Value>(&t).ok());
        for (key, value) in given.as_ref().and_then(Value::as_object).into_iter().flatten() {
            if let Some(value) = value.as_str() {
                m.labels.insert(key.clone(), value.to_owned());
            }
        }
        for (label, note) in [
            ("io.kubernetes.pod.name", "io.kubernetes.cri.sandbox-name"),
            ("io.kubernetes.pod.namespace", "io.kubernetes.cri.sandbox-namespace"),
            ("io.kubernetes.pod.uid", "io.kubernetes.cri.sandbox-uid"),
            ("io.kubernetes.container.name", "io.kubernetes.cri.container-name"),
        ] {
            if let Some(value) = self.note(note).or_else(|| self.note(label)) {
                m.labels.entry(label.to_owned()).or_insert(value);
            }
        }
    }
}

impl OciMount {
    /// Whether a user asked for it, as far as the configuration shows: bound, and not one of the runtime's own files.
    fn is_of_the_user(&self) -> bool {
        let bound = self.ty == "bind" || self.options.iter().any(|o| o == "bind" || o == "rbind");
        let own_folder = ["/userdata/", "/io.containerd.grpc.v1.cri/sandboxes/", "/docker/containers/"]
            .iter()
            .any(|part| self.source.contains(part));
        bound && !(own_folder && OF_THE_RUNTIME.contains(&self.destination.as_str()))
    }

    fn mount(&self) -> Mount {
        let propagation = self
            .options
            .iter()
            .find(|o| ["shared", "rshared", "slave", "rslave", "private", "rprivate"].contains(&o.as_str()));
        Mount {
            source: self.source.clone(),
            destination: self.destination.clone(),
            mode: String::new(),
            writable: !self.options.iter().any(|o| o == "ro"),
            propagation: propagation.cloned().unwrap_or_default(),
        }
    }
}

impl Linux {
    /// A namespace that is not listed is the machine's; a fresh one is not. One joined by path may be either, but for
    /// those that network plugins make.
    fn uses_host(&self, ty: &str) -> Option<bool> {
        match self.namespaces.iter().find(|n| n.ty == ty) {
            None => Some(true),
            Some(n) if n.path.is_empty() => Some(false),
            Some(n) if n.path.starts_with("/run/netns/") || n.path.starts_with("/var/run/netns/") => Some(false),
            Some(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(json: &str) -> OciConfig {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn privileged_needs_all_three() {
        let caps = |n: usize| (0..n).map(|i| format!("\"CAP_{i}\"")).collect::<Vec<_>>().join(",");
        let with = |n: usize, allow: bool, masked: &str| {
            config(&format!(
                r#"{{"process":{{"capabilities":{{"bounding":[{}]}}}},"linux":{{"maskedPaths":[{masked}],
                "resources":{{"devices":[{{"allow":{allow},"access":"rwm"}}]}}}}}}"#,
                caps(n)
            ))
            .privileged()
        };
        assert_eq!(with(41, true, ""), Some(true));
        assert_eq!(with(14, true, ""), Some(false));
        assert_eq!(with(41, false, ""), Some(false));
        assert_eq!(with(41, true, "\"/proc/kcore\""), Some(false));
        assert_eq!(config("{}").privileged(), None);
    }

    #[test]
    fn a_joined_namespace_stays_unknown() {
        let c = config(
            r#"{"linux":{"namespaces":[{"type":"pid","path":"/proc/7/ns/pid"},{"type":"network","path":"/var/run/netns/a"},
            {"type":"mount"}]}}"#,
        );
        let m = c.metadata("x");
        assert_eq!((m.host_pid, m.host_network, m.host_ipc), (None, Some(false), Some(true)));
    }

    #[test]
    fn a_bundle_of_another_container_is_told_apart() {
        let of = |path: &str| config(&format!(r#"{{"linux":{{"cgroupsPath":"{path}"}}}}"#));
        assert!(of("/default/ct1").is_of("ct1"));
        assert!(of("kubepods-pod1.slice:cri-containerd:ab").is_of("ab"));
        assert!(of("/libpod_parent/libpod-ab").is_of("ab"));
        assert!(of("/machine.slice/libpod-ab.scope").is_of("ab"));
        assert!(!of("/default/ct12").is_of("ct1") && !config("{}").is_of("ct1"));
    }
}
