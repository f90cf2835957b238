//! One pod, by the part of its object that is used.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::metadata::{Metadata, Mount, Probe, RuntimeKind, without_algorithm};

/// A pod of this node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the API's own")]
pub struct Pod {
    pub uid: String,
    pub name: String,
    pub namespace: String,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    /// The object that controls it.
    pub owner: Option<Owner>,
    pub service_account: String,
    pub ip: Option<String>,
    pub host_pid: bool,
    pub host_network: bool,
    pub host_ipc: bool,
    /// Containers, init containers and ephemeral containers.
    pub containers: Vec<PodContainer>,
}

/// The object that controls a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the API's own")]
pub struct Owner {
    pub kind: String,
    pub name: String,
    pub uid: String,
}

/// A container as its pod's object tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the API's own")]
pub struct PodContainer {
    pub name: String,
    /// Whole id, once the kubelet has told it.
    pub id: Option<String>,
    pub image: String,
    /// Id of the image or its digest, once the kubelet has told it.
    pub image_id: Option<String>,
    pub privileged: bool,
    pub liveness: Option<Probe>,
    pub readiness: Option<Probe>,
    /// Folders of the node.
    pub host_mounts: Vec<Mount>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RawPod {
    metadata: RawMeta,
    spec: RawSpec,
    status: RawStatus,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct RawMeta {
    uid: String,
    name: String,
    namespace: String,
    resource_version: String,
    labels: Option<BTreeMap<String, String>>,
    annotations: Option<BTreeMap<String, String>>,
    owner_references: Option<Vec<RawOwner>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RawOwner {
    kind: String,
    name: String,
    uid: String,
    controller: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct RawSpec {
    service_account_name: Option<String>,
    #[serde(rename = "hostPID")]
    host_pid: Option<bool>,
    host_network: Option<bool>,
    #[serde(rename = "hostIPC")]
    host_ipc: Option<bool>,
    volumes: Option<Vec<RawVolume>>,
    containers: Option<Vec<RawContainer>>,
    init_containers: Option<Vec<RawContainer>>,
    ephemeral_containers: Option<Vec<RawContainer>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct RawVolume {
    name: String,
    host_path: Option<RawPath>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RawPath {
    path: String,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct RawContainer {
    name: String,
    image: String,
    security_context: Option<RawSecurity>,
    liveness_probe: Option<RawProbe>,
    readiness_probe: Option<RawProbe>,
    volume_mounts: Option<Vec<RawVolumeMount>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RawSecurity {
    privileged: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RawProbe {
    exec: Option<RawExec>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RawExec {
    command: Option<Vec<String>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct RawVolumeMount {
    name: String,
    mount_path: String,
    read_only: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct RawStatus {
    #[serde(rename = "podIP")]
    pod_ip: Option<String>,
    container_statuses: Option<Vec<RawContainerStatus>>,
    init_container_statuses: Option<Vec<RawContainerStatus>>,
    ephemeral_container_statuses: Option<Vec<RawContainerStatus>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct RawContainerStatus {
    name: String,
    #[serde(rename = "containerID")]
    container_id: Option<String>,
    #[serde(rename = "imageID")]
    image_id: Option<String>,
}

impl RawPod {
    /// Version of the object, from which a watch can go on.
    pub(super) fn version(&self) -> &str {
        &self.metadata.resource_version
    }

    /// The pod; `None` when the object has no uid.
    pub(super) fn pod(self) -> Option<Pod> {
        let (meta, spec, status) = (self.metadata, self.spec, self.status);
        let volumes = spec.volumes.unwrap_or_default();
        let statuses: Vec<RawContainerStatus> =
            [status.container_statuses, status.init_container_statuses, status.ephemeral_container_statuses]
                .into_iter()
                .flatten()
                .flatten()
                .collect();
        let containers = [spec.containers, spec.init_containers, spec.ephemeral_containers];
        let owner = meta.owner_references.unwrap_or_default().into_iter().find(|o| o.controller == Some(true));
        (!meta.uid.is_empty()).then_some(Pod {
            uid: meta.uid,
            name: meta.name,
            namespace: meta.namespace,
            labels: meta.labels.unwrap_or_default(),
            annotations: meta.annotations.unwrap_or_default(),
            owner: owner.map(|o| Owner { kind: o.kind, name: o.name, uid: o.uid }),
            service_account: spec.service_account_name.unwrap_or_default(),
            ip: status.pod_ip.filter(|ip| !ip.is_empty()),
            host_pid: spec.host_pid.unwrap_or(false),
            host_network: spec.host_network.unwrap_or(false),
            host_ipc: spec.host_ipc.unwrap_or(false),
            containers: containers
                .into_iter()
                .flatten()
                .flatten()
                .map(|c| container(c, statuses.iter(), &volumes))
                .collect(),
        })
    }
}

fn container<'s>(
    c: RawContainer,
    mut statuses: impl Iterator<Item = &'s RawContainerStatus>,
    volumes: &[RawVolume],
) -> PodContainer {
    let status = statuses.find(|s| s.name == c.name);
    // `containerd://<id>`, and `docker-pullable://<repository>@<digest>` of images.
    let without_scheme = |text: &String| text.rsplit("://").next().unwrap_or(text).to_owned();
    let told = |text: &Option<String>| text.as_ref().map(without_scheme).filter(|t| !t.is_empty());
    let probe = |p: Option<RawProbe>| Probe::from_command(p?.exec?.command?);
    let host_mount = |m: RawVolumeMount| {
        let path = volumes.iter().find(|v| v.name == m.name)?.host_path.as_ref()?;
        Some(Mount {
            source: path.path.clone(),
            destination: m.mount_path,
            writable: !m.read_only.unwrap_or(false),
            ..Mount::default()
        })
    };
    PodContainer {
        id: status.and_then(|s| told(&s.container_id)),
        image_id: status.and_then(|s| told(&s.image_id)),
        name: c.name,
        image: c.image,
        privileged: c.security_context.and_then(|s| s.privileged).unwrap_or(false),
        liveness: probe(c.liveness_probe),
        readiness: probe(c.readiness_probe),
        host_mounts: c.volume_mounts.unwrap_or_default().into_iter().filter_map(host_mount).collect(),
    }
}

impl Pod {
    /// From the object that the API gives; `None` when it cannot be read, or has no uid.
    #[must_use]
    pub fn from_json(object: &[u8]) -> Option<Self> {
        serde_json::from_slice::<RawPod>(object).ok()?.pod()
    }

    /// What the pod's object tells of one of its containers.
    pub(super) fn metadata(&self, c: &PodContainer) -> Metadata {
        let mut m = Metadata::new(c.id.as_deref().unwrap_or_default(), RuntimeKind::Cri);
        m.name = Some(c.name.clone());
        m.image = Some(c.image.clone()).filter(|i| !i.is_empty());
        match c.image_id.as_deref().map(|id| id.split_once('@').unwrap_or(("", id))) {
            Some(("", id)) => m.image_id = Some(without_algorithm(id).to_owned()),
            Some((_, digest)) => m.image_digest = Some(digest.to_owned()),
            None => {}
        }
        m.privileged = Some(c.privileged);
        m.liveness.clone_from(&c.liveness);
        m.readiness.clone_from(&c.readiness);
        m.mounts.clone_from(&c.host_mounts);
        m.labels.insert("io.kubernetes.container.name".to_owned(), c.name.clone());
        m
    }

    /// What the pod tells of any container in it.
    pub(super) fn fill(&self, m: &mut Metadata) {
        for (key, value) in [
            ("io.kubernetes.pod.name", &self.name),
            ("io.kubernetes.pod.namespace", &self.namespace),
            ("io.kubernetes.pod.uid", &self.uid),
        ] {
            m.labels.entry(key.to_owned()).or_insert_with(|| value.clone());
        }
        for (key, value) in &self.labels {
            m.pod_sandbox_labels.entry(key.clone()).or_insert_with(|| value.clone());
        }
        m.ip = m.ip.take().or_else(|| self.ip.clone());
        m.host_pid = m.host_pid.or(Some(self.host_pid));
        m.host_network = m.host_network.or(Some(self.host_network));
        m.host_ipc = m.host_ipc.or(Some(self.host_ipc));
    }
}
