//! The Container Runtime Interface: what a kubelet's containerd or cri-o tells of containers and pods' sandboxes.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::Value;

use crate::errors::RuntimeError;
use crate::grpc::Channel;
use crate::inspect::texts;
use crate::metadata::{Metadata, Mount, RuntimeKind, split_image, without_algorithm};
use crate::oci::OciConfig;
use crate::proto::cri as p;
use crate::sources::{Change, ChangeKind, Watched};

/// Mode of a namespace that is the machine's.
const NODE: i64 = 2;
/// Mode of a namespace that is another container's.
const TARGET: i64 = 3;
/// Event "started".
const STARTED: i32 = 1;
/// Event "deleted".
const DELETED: i32 = 3;

/// A container or sandbox; `None` when the runtime knows neither.
pub(crate) async fn find(channel: Channel<'_>, full_id: &str) -> Result<Option<Metadata>, RuntimeError> {
    let request = p::StatusRequest { id: full_id.to_owned(), verbose: true };
    let found: Option<p::ContainerStatusResponse> = channel.call(p::CONTAINER_STATUS, None, &request).await?;
    let Some(response) = found.filter(|r| r.status.is_some()) else {
        return sandbox(channel, full_id).await;
    };
    let Some(status) = response.status.filter(|s| s.id == full_id) else { return Ok(None) };
    let mut m = container(&status, &info(&response.info), kind(channel).await?);
    if let Some(of_pod) = m.pod_sandbox_id.clone()
        && let Some(pod) = sandbox(channel, &of_pod).await?
    {
        m.ip = m.ip.or(pod.ip);
        m.pod_sandbox_labels = pod.pod_sandbox_labels;
        m.pod_sandbox_cni_json = pod.cni_json;
    }
    Ok(Some(m))
}

async fn sandbox(channel: Channel<'_>, id: &str) -> Result<Option<Metadata>, RuntimeError> {
    let request = p::StatusRequest { id: id.to_owned(), verbose: true };
    let found: Option<p::SandboxStatusResponse> = channel.call(p::SANDBOX_STATUS, None, &request).await?;
    let Some(response) = found else { return Ok(None) };
    let Some(status) = response.status.filter(|s| s.id == id) else { return Ok(None) };
    Ok(Some(pod(&status, &info(&response.info), kind(channel).await?)))
}

/// Which runtime answers.
async fn kind(channel: Channel<'_>) -> Result<RuntimeKind, RuntimeError> {
    let version: Option<p::VersionResponse> = channel.call(p::VERSION, None, &p::Empty {}).await?;
    Ok(match version.as_ref().map(|v| v.runtime_name.as_str()) {
        Some("containerd") => RuntimeKind::Containerd,
        Some("cri-o") => RuntimeKind::CriO,
        Some("docker") => RuntimeKind::Docker,
        _ => RuntimeKind::Cri,
    })
}

/// Ids of all containers and sandboxes.
pub(crate) async fn list(channel: Channel<'_>) -> Result<Vec<String>, RuntimeError> {
    let mut ids = Vec::new();
    for method in [p::LIST_SANDBOXES, p::LIST_CONTAINERS] {
        let listed: Option<p::Listed> = channel.call(method, None, &p::Empty {}).await?;
        ids.extend(listed.into_iter().flat_map(|l| l.items).map(|item| item.id));
    }
    Ok(ids)
}

/// Tells of containers as they start and end, until the stream breaks.
pub(crate) async fn watch(channel: Channel<'_>, tell: &impl Fn(Change)) -> Result<Watched, RuntimeError> {
    let Some(mut events) = channel.stream(p::EVENTS, &p::Empty {}).await? else { return Ok(Watched::NoEvents) };
    while let Some(event) = events.next::<p::ContainerEvent>().await? {
        let kind = match event.kind {
            STARTED => ChangeKind::Born,
            DELETED => ChangeKind::Gone,
            _ => continue,
        };
        tell(Change { full_id: event.container_id, namespace: None, kind });
    }
    Ok(Watched::Ended)
}

/// The verbose part: JSON under the key `info`. Runtimes that have none, or another shape, leave it unknown.
pub(crate) fn info(map: &HashMap<String, String>) -> Value {
    map.get("info").and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null)
}

/// What the status of a container tells.
pub(crate) fn container(status: &p::ContainerStatus, info: &Value, kind: RuntimeKind) -> Metadata {
    let mut m = Metadata::new(&status.id, kind);
    m.name = status.metadata.as_ref().map(|n| n.name.clone());
    m.created = seconds(status.created_at);
    m.labels = sorted(&status.labels);
    m.mounts = status.mounts.iter().map(mount).collect();
    m.pod_sandbox_id = info.get("sandboxID").and_then(Value::as_str).map(str::to_owned);
    image(&mut m, status);
    m.privileged = info.get("privileged").and_then(Value::as_bool);
    config_parts(&mut m, info.get("config"));
    spec_parts(&mut m, info.get("runtimeSpec"));
    m
}

fn image(m: &mut Metadata, status: &p::ContainerStatus) {
    let named = status.image.as_ref().map(|i| [&i.image, &i.user_specified_image]).into_iter().flatten();
    m.image = named.into_iter().find(|n| !split_image(n).0.is_empty()).cloned();
    let (repository, _, digest) = split_image(&status.image_ref);
    if !digest.is_empty() {
        m.image_digest = Some(digest.to_owned());
    } else if repository.is_empty() && !status.image_ref.is_empty() {
        m.image_id = Some(without_algorithm(&status.image_ref).to_owned());
    }
}

/// What the status of a sandbox tells.
pub(crate) fn pod(status: &p::SandboxStatus, info: &Value, kind: RuntimeKind) -> Metadata {
    let mut m = Metadata::new(&status.id, kind);
    m.is_pod_sandbox = true;
    m.pod_sandbox_id = Some(status.id.clone());
    m.name = status.metadata.as_ref().map(|n| n.name.clone());
    m.created = seconds(status.created_at);
    m.labels = sorted(&status.labels);
    m.pod_sandbox_labels = m.labels.clone();
    m.ip = status.network.as_ref().map(|n| n.ip.clone()).filter(|ip| !ip.is_empty());
    m.image = info.get("image").and_then(Value::as_str).filter(|i| !split_image(i).0.is_empty()).map(str::to_owned);
    m.cni_json = info.get("cniResult").filter(|r| !r.is_null()).map(Value::to_string);
    m.pod_sandbox_cni_json.clone_from(&m.cni_json);
    let options = status.linux.as_ref().and_then(|l| l.namespaces.as_ref()?.options.as_ref());
    if let Some(o) = options {
        let host = |mode: i32| is_host(mode.into());
        (m.host_network, m.host_pid, m.host_ipc) = (host(o.network), host(o.pid), host(o.ipc));
    }
    spec_parts(&mut m, info.get("runtimeSpec"));
    if m.cni_json.is_some() && m.pod_sandbox_cni_json.is_none() {
        m.pod_sandbox_cni_json.clone_from(&m.cni_json);
    }
    m
}

/// Whether a namespace is the machine's; that of another container may be.
fn is_host(mode: i64) -> Option<bool> {
    (mode != TARGET).then_some(mode == NODE)
}

/// What the kubelet asked for, as containerd keeps it.
pub(crate) fn config_parts(m: &mut Metadata, config: Option<&Value>) {
    let Some(config) = config else { return };
    let image = config.pointer("/image/image").and_then(Value::as_str);
    if m.image_id.is_none() {
        m.image_id = image.and_then(|i| i.strip_prefix("sha256:")).map(str::to_owned);
    }
    for env in config.get("envs").and_then(Value::as_array).into_iter().flatten() {
        if let (Some(key), Some(value)) = (env.get("key").and_then(Value::as_str), env.get("value")) {
            m.env.push(format!("{key}={}", value.as_str().unwrap_or_default()));
        }
    }
    if m.mounts.is_empty() {
        let mounts = config.get("mounts").and_then(Value::as_array).into_iter().flatten();
        m.mounts = mounts.filter_map(|v| Some(mount(&ConfigMount::deserialize(v).ok()?.into()))).collect();
    }
    if m.labels.is_empty() {
        m.labels = texts(config.get("labels"));
    }
    let Some(security) = config.pointer("/linux/security_context") else { return };
    let flag = |key: &str| security.get(key).and_then(Value::as_bool);
    // Go leaves `false` and 0 out of the text, so an object without the key says "no". Of a sandbox the key says what its
    // pod's containers may be, not what the sandbox is.
    if !m.is_pod_sandbox {
        m.privileged = m.privileged.or(Some(flag("privileged").unwrap_or(false)));
    }
    if let Some(options) = security.get("namespace_options") {
        let host = |key: &str| is_host(options.get(key).and_then(Value::as_i64).unwrap_or(0));
        (m.host_network, m.host_pid, m.host_ipc) = (host("network"), host("pid"), host("ipc"));
    }
}

#[derive(Deserialize)]
struct ConfigMount {
    #[serde(default)]
    container_path: String,
    #[serde(default)]
    host_path: String,
    #[serde(default)]
    readonly: bool,
    #[serde(default)]
    propagation: i32,
}

impl From<ConfigMount> for p::Mount {
    fn from(m: ConfigMount) -> Self {
        Self {
            container_path: m.container_path,
            host_path: m.host_path,
            readonly: m.readonly,
            propagation: m.propagation,
        }
    }
}

/// What the bundle's configuration adds: the whole environment, the user, namespaces.
pub(crate) fn spec_parts(m: &mut Metadata, spec: Option<&Value>) {
    let Some(spec) = spec.and_then(|s| OciConfig::deserialize(s).ok()) else { return };
    let of_spec = spec.metadata(&m.full_id);
    // The kubelet gives only its own variables; the configuration has the image's too.
    if !of_spec.env.is_empty() {
        m.env.clone_from(&of_spec.env);
    }
    m.fill_from(of_spec);
}

fn mount(m: &p::Mount) -> Mount {
    let propagation = match m.propagation {
        0 => "private",
        1 => "rslave",
        2 => "rshared",
        _ => "",
    };
    Mount {
        source: m.host_path.clone(),
        destination: m.container_path.clone(),
        mode: String::new(),
        writable: !m.readonly,
        propagation: propagation.to_owned(),
    }
}

fn seconds(nanoseconds: i64) -> Option<i64> {
    (nanoseconds > 0).then_some(nanoseconds / 1_000_000_000)
}

#[expect(clippy::iter_over_hash_type, reason = "the order of a protobuf map means nothing; it is sorted here")]
pub(crate) fn sorted(map: &HashMap<String, String>) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for (key, value) in map {
        out.insert(key.clone(), value.clone());
    }
    out
}
