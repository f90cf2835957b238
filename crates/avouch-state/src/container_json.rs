//! Container metadata as runtimes' events tell it: a JSON object `container`.

use serde_json::{Map, Value};

use crate::containers::{ContainerMeta, ContainerType, Mount, Probe};

/// Id and metadata; `None` when the text is not such an object.
pub(crate) fn parse(json: &[u8]) -> Option<(Box<str>, ContainerMeta)> {
    let root: Value = serde_json::from_slice(json).ok()?;
    let c = root.get("container")?.as_object()?;
    let text = |key: &str| -> Box<str> { c.get(key).and_then(Value::as_str).unwrap_or("").into() };
    let flag = |key: &str| c.get(key).is_some_and(|v| v.as_bool() == Some(true));
    let first = |keys: [&str; 2]| keys.iter().map(|k| text(k)).find(|t| !t.is_empty()).unwrap_or_default();
    let meta = ContainerMeta {
        full_id: text("full_id"),
        ty: c.get("type").and_then(Value::as_u64).map_or(ContainerType::Unknown, ContainerType::from_code),
        name: text("name"),
        image: text("image"),
        image_id: text("imageid"),
        image_repo: text("imagerepo"),
        image_tag: text("imagetag"),
        image_digest: text("imagedigest"),
        user: first(["User", "user"]),
        ip: text("ip").parse().ok(),
        cni_json: text("cni_json"),
        privileged: flag("privileged"),
        host_pid: flag("host_pid"),
        host_network: flag("host_network"),
        host_ipc: flag("host_ipc"),
        is_pod_sandbox: flag("is_pod_sandbox"),
        pod_sandbox_id: text("pod_sandbox_id"),
        pod_sandbox_cni_json: text("pod_sandbox_cni_json"),
        labels: labels(c.get("labels")),
        pod_sandbox_labels: labels(c.get("pod_sandbox_labels")),
        mounts: c
            .get("Mounts")
            .and_then(Value::as_array)
            .map(|m| m.iter().filter_map(mount).collect())
            .unwrap_or_default(),
        env: texts(c.get("env")),
        created_time: c.get("created_time").and_then(Value::as_i64).unwrap_or(0),
        healthcheck: probe(c.get("Healthcheck")),
        liveness_probe: probe(c.get("LivenessProbe")),
        readiness_probe: probe(c.get("ReadinessProbe")),
        json: String::from_utf8_lossy(json).into(),
    };
    Some((text("id"), meta))
}

fn texts(list: Option<&Value>) -> Vec<Box<str>> {
    list.and_then(Value::as_array)
        .map(|a| a.iter().filter_map(Value::as_str).map(Into::into).collect())
        .unwrap_or_default()
}

fn labels(object: Option<&Value>) -> Vec<(Box<str>, Box<str>)> {
    let pair = |(k, v): (&String, &Value)| (k.as_str().into(), v.as_str().unwrap_or("").into());
    object.and_then(Value::as_object).map(|o: &Map<String, Value>| o.iter().map(pair).collect()).unwrap_or_default()
}

fn mount(v: &Value) -> Option<Mount> {
    let v = v.as_object()?;
    let text = |key: &str| -> Box<str> { v.get(key).and_then(Value::as_str).unwrap_or("").into() };
    Some(Mount {
        source: text("Source"),
        dest: text("Destination"),
        mode: text("Mode"),
        rdwr: v.get("RW").and_then(Value::as_bool).unwrap_or(true),
        propagation: text("Propagation"),
    })
}

fn probe(v: Option<&Value>) -> Option<Probe> {
    let v = v?.as_object()?;
    Some(Probe { exe: v.get("exe")?.as_str()?.into(), args: texts(v.get("args")) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_reads() {
        let json =
            br#"{"container":{"id":"3ad7b26ded6d","full_id":"3ad7b26ded6d8e7b","type":7,"name":"web","ip":"10.0.0.2",
            "privileged":true,"created_time":1663770709,"labels":{"b":"2","a":"1"},
            "Mounts":[{"Source":"/home","Destination":"/h","Mode":"","RW":false,"Propagation":"rslave"},7]}}"#;
        let (id, m) = parse(json).unwrap();
        assert_eq!((&*id, m.ty, &*m.name), ("3ad7b26ded6d", ContainerType::Containerd, "web"));
        assert!(m.privileged && !m.host_pid);
        assert_eq!((m.label("a"), m.created_time), (Some("1"), 1_663_770_709));
        assert_eq!((m.mounts.len(), &*m.mounts[0].dest, m.mounts[0].rdwr), (1, "/h", false));
    }

    #[test]
    fn anything_else_is_refused() {
        for bad in ["", "{}", "[]", "{\"container\":1}", &"[".repeat(100_000)] {
            assert!(parse(bad.as_bytes()).is_none());
        }
    }
}
