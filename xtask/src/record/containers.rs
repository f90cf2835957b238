//! What podman says of its containers, as the text of a capture's container events.

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// Capture number of podman among the container runtimes.
const PODMAN: u32 = 11;

/// One text a container of `podman inspect`'s output. What podman does not say stays away.
///
/// # Errors
/// When the text is not a JSON array of objects with an `Id`.
pub(super) fn from_podman_inspect(text: &str) -> Result<Vec<String>> {
    let containers: Vec<Value> = serde_json::from_str(text).context("failed to read the output of `podman inspect`")?;
    containers.iter().map(container).collect()
}

fn container(inspect: &Value) -> Result<String> {
    let text = |pointer: &str| inspect.pointer(pointer).and_then(Value::as_str);
    let full_id = text("/Id").context("a container without `Id`")?;
    let image = text("/ImageName").unwrap_or_default();
    let (repository, tag) = match image.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (image, ""),
    };
    let mut out = json!({
        "id": full_id.get(..12).unwrap_or(full_id),
        "full_id": full_id,
        "type": PODMAN,
        "image": image,
        "imagerepo": repository,
        "imagetag": tag,
        "labels": inspect.pointer("/Config/Labels").cloned().unwrap_or_else(|| json!({})),
        "env": inspect.pointer("/Config/Env").cloned().unwrap_or_else(|| json!([])),
        "Mounts": inspect.pointer("/Mounts").cloned().unwrap_or_else(|| json!([])),
    });
    for (name, pointer) in [
        ("name", "/Name"),
        ("imageid", "/Image"),
        ("imagedigest", "/ImageDigest"),
        ("ip", "/NetworkSettings/IPAddress"),
        ("User", "/Config/User"),
        ("privileged", "/HostConfig/Privileged"),
    ] {
        if let Some(value) = inspect.pointer(pointer) {
            out[name] = value.clone();
        }
    }
    for (name, pointer) in [
        ("host_pid", "/HostConfig/PidMode"),
        ("host_network", "/HostConfig/NetworkMode"),
        ("host_ipc", "/HostConfig/IpcMode"),
    ] {
        out[name] = json!(text(pointer) == Some("host"));
    }
    Ok(json!({ "container": out }).to_string())
}

#[cfg(test)]
mod tests {
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
    }
}
