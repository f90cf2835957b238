//! What `docker inspect` and `podman inspect` say of a container; both APIs answer in this shape.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::metadata::{Metadata, Mount, Probe, RuntimeKind, split_image, without_algorithm};
use crate::rfc3339;
use crate::settings::Limits;

/// A text of `inspect` that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// Not a JSON array.
    #[error("failed to read the output of `podman inspect`")]
    Json(#[from] serde_json::Error),
    /// An element without id.
    #[error("a container without `Id` in the output of `podman inspect`")]
    NoId,
    /// An element whose metadata is too long for the state.
    #[error("the metadata of container {0} is longer than the state takes")]
    TooLong(String),
}

/// The texts for the state, one a container of `podman inspect`'s output.
///
/// # Errors
/// When the text is not a JSON array of objects with an `Id`.
pub fn from_podman_inspect(text: &str) -> Result<Vec<String>, InspectError> {
    let containers: Vec<Value> = serde_json::from_str(text)?;
    let to_text = |inspect: &Value| {
        let metadata = container(inspect, RuntimeKind::Podman).ok_or(InspectError::NoId)?;
        let (json, _) = metadata.to_json(&Limits::default()).ok_or(InspectError::TooLong(metadata.full_id))?;
        Ok(json)
    };
    containers.iter().map(to_text).collect()
}

/// One object of `inspect`; `None` when it has no id. What it does not say stays unknown.
pub(crate) fn container(inspect: &Value, kind: RuntimeKind) -> Option<Metadata> {
    let text = |pointer: &str| inspect.pointer(pointer).and_then(Value::as_str).filter(|t| !t.is_empty());
    let owned = |pointer: &str| text(pointer).map(str::to_owned);
    let mut m = Metadata::new(text("/Id")?, kind);
    m.name = text("/Name").map(|n| n.trim_start_matches('/').to_owned());
    m.image = owned("/ImageName").or_else(|| owned("/Config/Image"));
    m.image_id = text("/Image").map(|id| without_algorithm(id).to_owned());
    m.image_digest = owned("/ImageDigest");
    m.user = owned("/Config/User");
    m.created = text("/Created").and_then(rfc3339::seconds);
    m.privileged = inspect.pointer("/HostConfig/Privileged").and_then(Value::as_bool);
    let host = |pointer: &str| text(pointer).map(|mode| mode == "host");
    m.host_pid = host("/HostConfig/PidMode").or_else(|| inspect.pointer("/HostConfig").map(|_| false));
    m.host_network = host("/HostConfig/NetworkMode");
    m.host_ipc = host("/HostConfig/IpcMode");
    m.ip = owned("/NetworkSettings/IPAddress").or_else(|| only_address(inspect));
    m.labels = texts(inspect.pointer("/Config/Labels"));
    m.env = words(inspect.pointer("/Config/Env"));
    m.mounts = inspect.get("Mounts").and_then(Value::as_array).into_iter().flatten().map(mount).collect();
    m.healthcheck = healthcheck(&words(inspect.pointer("/Config/Healthcheck/Test")));
    // The kubelet's containers under Docker carry these.
    m.is_pod_sandbox = m.labels.get("io.kubernetes.docker.type").is_some_and(|t| t == "podsandbox");
    m.pod_sandbox_id = m.labels.get("io.kubernetes.sandbox.id").cloned();
    Some(m)
}

/// Digest of an image by its `RepoDigests`: the one of the repository that the container names, or the only one.
pub(crate) fn repo_digest(image: &Value, name: &str) -> Option<String> {
    let all = words(image.get("RepoDigests"));
    let (repository, _, _) = split_image(name);
    let digest = |entry: &String| entry.split_once('@').map(|(_, digest)| digest.to_owned());
    let named = all.iter().find(|e| e.split_once('@').is_some_and(|(r, _)| r == repository));
    named.or(if let [only] = all.as_slice() { Some(only) } else { None }).and_then(digest)
}

/// The address, when all networks together give just one.
fn only_address(inspect: &Value) -> Option<String> {
    let networks = inspect.pointer("/NetworkSettings/Networks")?.as_object()?;
    let mut addresses =
        networks.values().filter_map(|n| n.get("IPAddress")?.as_str()).filter(|a| !a.is_empty()).map(str::to_owned);
    let first = addresses.next()?;
    addresses.next().is_none().then_some(first)
}

fn mount(m: &Value) -> Mount {
    let text = |key: &str| m.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    Mount {
        source: text("Source"),
        destination: text("Destination"),
        mode: text("Mode"),
        writable: m.get("RW").and_then(Value::as_bool).unwrap_or(true),
        propagation: text("Propagation"),
    }
}

fn healthcheck(test: &[String]) -> Option<Probe> {
    match test {
        [how, command @ ..] if how == "CMD" => Probe::from_command(command.to_vec()),
        [how, line] if how == "CMD-SHELL" => {
            Some(Probe { exe: "/bin/sh".to_owned(), args: vec!["-c".to_owned(), line.clone()] })
        }
        _ => None,
    }
}

/// The texts of a JSON array; anything else in it is passed over.
pub(crate) fn words(list: Option<&Value>) -> Vec<String> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The texts of a JSON object.
pub(crate) fn texts(object: Option<&Value>) -> BTreeMap<String, String> {
    let pair = |(k, v): (&String, &Value)| Some((k.clone(), v.as_str()?.to_owned()));
    object.and_then(Value::as_object).into_iter().flatten().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn image_splits_at_its_tag() {
        let id = "ab".repeat(32);
        let text = format!(r#"[{{"Id":"{id}","Name":"shop","ImageName":"localhost:5000/shop:1.4"}}]"#);
        let parsed: Value = serde_json::from_str(&from_podman_inspect(&text).unwrap()[0]).unwrap();
        assert_eq!(parsed["container"]["imagerepo"], "localhost:5000/shop");
        assert_eq!(parsed["container"]["imagetag"], "1.4");
        assert_eq!(parsed["container"]["id"], "abababababab");
        assert!(parsed["container"].get("privileged").is_none());
        assert!(from_podman_inspect("[{}]").is_err() && from_podman_inspect("{").is_err());
    }

    #[test]
    fn docker_health_address_and_digest() {
        let inspect = json!({"Id": "a", "Name": "/web", "Config": {"Labels": null, "Env": null,
            "Healthcheck": {"Test": ["CMD-SHELL", "curl -f localhost"]}}, "HostConfig": {"PidMode": "", "NetworkMode": "n"},
            "NetworkSettings": {"IPAddress": "", "Networks": {"n": {"IPAddress": "172.18.0.2"}}}});
        let m = container(&inspect, RuntimeKind::Docker).unwrap();
        assert_eq!(m.name.as_deref(), Some("web"));
        assert_eq!(m.healthcheck.unwrap().args, ["-c", "curl -f localhost"]);
        assert_eq!((m.ip.as_deref(), m.host_pid, m.host_network), (Some("172.18.0.2"), Some(false), Some(false)));
        let image = json!({"RepoDigests": ["x/a@sha256:1", "x/b@sha256:2"]});
        assert_eq!(repo_digest(&image, "x/b:3").as_deref(), Some("sha256:2"));
        assert_eq!(repo_digest(&image, "x/c:3"), None);
        assert_eq!(container(&json!({"Id": ""}), RuntimeKind::Docker), None);
    }
}
