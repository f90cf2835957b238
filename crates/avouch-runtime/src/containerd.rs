//! containerd's own interface: containers of `ctr` and nerdctl, in every namespace; and the kubelet's, whose
//! configuration it keeps beside them.

use serde_json::Value;

use crate::cri::{config_parts, sorted, spec_parts};
use crate::errors::RuntimeError;
use crate::grpc::Channel;
use crate::inspect::texts;
use crate::metadata::{Metadata, RuntimeKind, split_image, without_algorithm};
use crate::proto::{containerd as p, cri};
use crate::sources::{Change, ChangeKind, Watched};

/// A container by id, in the namespace given, or in the only one that has it.
///
/// # Errors
/// When several namespaces have a container of that name: which one is meant cannot be told.
pub(crate) async fn find(
    channel: Channel<'_>,
    full_id: &str,
    namespace: Option<&str>,
) -> Result<Option<Metadata>, RuntimeError> {
    if let Some(namespace) = namespace
        && let Some(found) = get(channel, full_id, namespace).await?
    {
        return complete(channel, &found, namespace).await.map(Some);
    }
    let mut found: Vec<(p::Container, String)> = Vec::new();
    for namespace in namespaces(channel).await? {
        found.extend(get(channel, full_id, &namespace).await?.map(|c| (c, namespace)));
    }
    match found.as_slice() {
        [] => Ok(None),
        [(container, namespace)] => complete(channel, container, namespace).await.map(Some),
        many => Err(RuntimeError::Ambiguous { place: channel.socket.display().to_string(), count: many.len() }),
    }
}

async fn get(channel: Channel<'_>, id: &str, namespace: &str) -> Result<Option<p::Container>, RuntimeError> {
    let request = p::ByName { name: id.to_owned() };
    let response: Option<p::ContainerResponse> = channel.call(p::GET_CONTAINER, Some(namespace), &request).await?;
    Ok(response.and_then(|r| r.container).filter(|c| c.id == id))
}

/// The container with what its image and its pod's sandbox add.
async fn complete(channel: Channel<'_>, container: &p::Container, namespace: &str) -> Result<Metadata, RuntimeError> {
    let mut m = metadata(container);
    if !split_image(&container.image).0.is_empty() {
        let request = p::ByName { name: container.image.clone() };
        let image: Option<p::ImageResponse> = channel.call(p::GET_IMAGE, Some(namespace), &request).await?;
        let target = image.and_then(|i| i.image?.target);
        m.image_digest = m.image_digest.or(target.map(|t| t.digest).filter(|d| !d.is_empty()));
    }
    if let (Some(of_pod), false) = (m.pod_sandbox_id.clone(), m.is_pod_sandbox)
        && let Some(pod) = get(channel, &of_pod, namespace).await?
    {
        let pod = metadata(&pod);
        m.ip = m.ip.or(pod.ip);
        m.pod_sandbox_labels = pod.pod_sandbox_labels;
        m.pod_sandbox_cni_json = pod.cni_json;
    }
    Ok(m)
}

/// Names of all namespaces.
async fn namespaces(channel: Channel<'_>) -> Result<Vec<String>, RuntimeError> {
    let listed: Option<p::Namespaces> = channel.call(p::LIST_NAMESPACES, None, &cri::Empty {}).await?;
    Ok(listed.into_iter().flat_map(|l| l.namespaces).map(|n| n.name).collect())
}

/// Ids of containers that run, with their namespaces.
pub(crate) async fn list(channel: Channel<'_>) -> Result<Vec<(String, String)>, RuntimeError> {
    let mut ids = Vec::new();
    for namespace in namespaces(channel).await? {
        let tasks: Option<p::Tasks> = channel.call(p::LIST_TASKS, Some(&namespace), &cri::Empty {}).await?;
        for task in tasks.into_iter().flat_map(|t| t.tasks) {
            let id = if task.container_id.is_empty() { task.id } else { task.container_id };
            ids.push((id, namespace.clone()));
        }
    }
    Ok(ids)
}

/// Tells of containers as they start and end, until the stream breaks.
pub(crate) async fn watch(channel: Channel<'_>, tell: &impl Fn(Change)) -> Result<Watched, RuntimeError> {
    let filters = ["/tasks/start", "/containers/delete"].map(|topic| format!("topic==\"{topic}\"")).to_vec();
    let events = channel.stream(p::SUBSCRIBE, &p::SubscribeRequest { filters }).await?;
    let Some(mut events) = events else { return Ok(Watched::NoEvents) };
    while let Some(envelope) = events.next::<p::Envelope>().await? {
        let kind = match envelope.topic.as_str() {
            "/tasks/start" => ChangeKind::Born,
            "/containers/delete" => ChangeKind::Gone,
            _ => continue,
        };
        // Both events have the container's id in field 1, as `ByName` has.
        let event = envelope.event.and_then(|any| <p::ByName as prost::Message>::decode(any.value.as_slice()).ok());
        if let Some(event) = event {
            tell(Change { full_id: event.name, namespace: Some(envelope.namespace), kind });
        }
    }
    Ok(Watched::Ended)
}

/// What containerd keeps of a container.
pub(crate) fn metadata(c: &p::Container) -> Metadata {
    let mut m = Metadata::new(&c.id, RuntimeKind::Containerd);
    m.image = Some(c.image.clone()).filter(|i| !split_image(i).0.is_empty());
    m.created = c.created_at.as_ref().map(|t| t.seconds).filter(|s| *s > 0);
    let extension = |name: &str| -> Option<Value> {
        let any = c.extensions.get(name)?;
        serde_json::from_slice::<Value>(&any.value).ok()?.get_mut("Metadata").map(Value::take)
    };
    if let Some(kept) = extension("io.cri-containerd.container.metadata") {
        of_kubelet(&mut m, &kept);
    } else if let Some(kept) = extension("io.cri-containerd.sandbox.metadata") {
        of_sandbox(&mut m, &kept);
    } else {
        m.name = c.labels.get("nerdctl/name").or(Some(&c.id)).cloned();
        m.labels = sorted(&c.labels);
    }
    let spec = c.spec.as_ref().and_then(|any| serde_json::from_slice::<Value>(&any.value).ok());
    spec_parts(&mut m, spec.as_ref());
    m
}

fn of_kubelet(m: &mut Metadata, kept: &Value) {
    let text = |pointer: &str| kept.pointer(pointer).and_then(Value::as_str).filter(|t| !t.is_empty());
    m.name = text("/Config/metadata/name").map(str::to_owned);
    m.pod_sandbox_id = text("/SandboxID").map(str::to_owned);
    m.image_id = text("/ImageRef").map(|id| without_algorithm(id).to_owned());
    config_parts(m, kept.get("Config"));
}

fn of_sandbox(m: &mut Metadata, kept: &Value) {
    let text = |pointer: &str| kept.pointer(pointer).and_then(Value::as_str).filter(|t| !t.is_empty());
    m.is_pod_sandbox = true;
    m.pod_sandbox_id = Some(m.full_id.clone());
    m.name = text("/Config/metadata/name").map(str::to_owned);
    m.ip = text("/IP").map(str::to_owned);
    m.cni_json = kept.get("CNIResult").filter(|r| !r.is_null()).map(Value::to_string);
    m.pod_sandbox_cni_json.clone_from(&m.cni_json);
    m.pod_sandbox_labels = texts(kept.pointer("/Config/labels"));
    config_parts(m, kept.get("Config"));
}
