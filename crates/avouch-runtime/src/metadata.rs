//! What is known of one container, and its text as the state reads it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::settings::Limits;

/// Length of the ids that runtimes draw.
const FULL_ID: usize = 64;
/// How much of such an id names the container.
const SHORT_ID: usize = 12;

/// Who runs a container. The numbers are those of captures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the runtimes' own")]
pub enum RuntimeKind {
    Docker = 0,
    Cri = 6,
    Containerd = 7,
    CriO = 8,
    Podman = 11,
    /// An OCI bundle whose runtime is not known.
    Unknown = 0xffff,
}

impl RuntimeKind {
    /// From the number of captures; what is none of these is not known.
    #[must_use]
    pub fn from_code(code: u32) -> Self {
        let all = [Self::Docker, Self::Cri, Self::Containerd, Self::CriO, Self::Podman];
        all.into_iter().find(|k| *k as u32 == code).unwrap_or(Self::Unknown)
    }
}

/// One mount of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the runtimes' own")]
pub struct Mount {
    pub source: String,
    pub destination: String,
    pub mode: String,
    pub writable: bool,
    pub propagation: String,
}

/// A command that says whether the container is well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probe {
    /// Program.
    pub exe: String,
    /// Its arguments.
    pub args: Vec<String>,
}

impl Probe {
    /// From program and arguments in one list; `None` when it is empty.
    pub(crate) fn from_command(command: Vec<String>) -> Option<Self> {
        let mut words = command.into_iter();
        let exe = words.next()?;
        Some(Self { exe, args: words.collect() })
    }
}

/// What is known of one container. `None` and empty lists are unknown, never "no".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// The whole id, or the name where names are free.
    pub full_id: String,
    /// Who runs it.
    pub kind: RuntimeKind,
    /// Its name.
    pub name: Option<String>,
    /// Image as its user named it.
    pub image: Option<String>,
    /// Id of the image, without the name of the digest.
    pub image_id: Option<String>,
    /// Digest of the image's manifest, with the name of the digest.
    pub image_digest: Option<String>,
    /// User the first process runs as.
    pub user: Option<String>,
    /// Address.
    pub ip: Option<String>,
    /// When it was made, in seconds since 1970.
    pub created: Option<i64>,
    /// Whether it may do nearly everything that the machine may.
    pub privileged: Option<bool>,
    /// Whether it sees the machine's processes.
    pub host_pid: Option<bool>,
    /// Whether it uses the machine's network.
    pub host_network: Option<bool>,
    /// Whether it uses the machine's shared memory and queues.
    pub host_ipc: Option<bool>,
    /// Whether it only holds the namespaces of a pod.
    pub is_pod_sandbox: bool,
    /// Id of its pod's sandbox.
    pub pod_sandbox_id: Option<String>,
    /// What the network plugin told.
    pub cni_json: Option<String>,
    /// What the network plugin told of the pod.
    pub pod_sandbox_cni_json: Option<String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Labels of the pod.
    pub pod_sandbox_labels: BTreeMap<String, String>,
    /// Environment, `NAME=value`.
    pub env: Vec<String>,
    /// What is mounted beside the image.
    pub mounts: Vec<Mount>,
    /// Health check of the image or the container.
    pub healthcheck: Option<Probe>,
    /// Liveness probe of the pod.
    pub liveness: Option<Probe>,
    /// Readiness probe of the pod.
    pub readiness: Option<Probe>,
}

/// The name that a container goes by: twelve digits of a drawn id, else the whole.
#[must_use]
pub fn short_id(full_id: &str) -> &str {
    if full_id.len() == FULL_ID && full_id.bytes().all(|b| b.is_ascii_hexdigit()) {
        full_id.get(..SHORT_ID).unwrap_or(full_id)
    } else {
        full_id
    }
}

/// `sha256:abc` without the name of the digest.
pub(crate) fn without_algorithm(id: &str) -> &str {
    id.strip_prefix("sha256:").unwrap_or(id)
}

/// Repository, tag and digest of an image's name. An id instead of a name has none of them.
pub(crate) fn split_image(image: &str) -> (&str, &str, &str) {
    let (image, digest) = image.split_once('@').unwrap_or((image, ""));
    if image.starts_with("sha256:") {
        return ("", "", "");
    }
    match image.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag, digest),
        _ => (image, "", digest),
    }
}

impl Metadata {
    /// Of a container of which only the id is known.
    #[must_use]
    pub fn new(full_id: impl Into<String>, kind: RuntimeKind) -> Self {
        Self {
            full_id: full_id.into(),
            kind,
            name: None,
            image: None,
            image_id: None,
            image_digest: None,
            user: None,
            ip: None,
            created: None,
            privileged: None,
            host_pid: None,
            host_network: None,
            host_ipc: None,
            is_pod_sandbox: false,
            pod_sandbox_id: None,
            cni_json: None,
            pod_sandbox_cni_json: None,
            labels: BTreeMap::new(),
            pod_sandbox_labels: BTreeMap::new(),
            env: Vec::new(),
            mounts: Vec::new(),
            healthcheck: None,
            liveness: None,
            readiness: None,
        }
    }

    /// Takes from another source of the same container what this one does not know.
    pub fn fill_from(&mut self, other: Self) {
        fn fill<T>(mine: &mut Option<T>, theirs: Option<T>) {
            if mine.is_none() {
                *mine = theirs;
            }
        }
        fill(&mut self.name, other.name);
        fill(&mut self.image, other.image);
        fill(&mut self.image_id, other.image_id);
        fill(&mut self.image_digest, other.image_digest);
        fill(&mut self.user, other.user);
        fill(&mut self.ip, other.ip);
        fill(&mut self.created, other.created);
        fill(&mut self.privileged, other.privileged);
        fill(&mut self.host_pid, other.host_pid);
        fill(&mut self.host_network, other.host_network);
        fill(&mut self.host_ipc, other.host_ipc);
        fill(&mut self.pod_sandbox_id, other.pod_sandbox_id);
        fill(&mut self.cni_json, other.cni_json);
        fill(&mut self.pod_sandbox_cni_json, other.pod_sandbox_cni_json);
        fill(&mut self.healthcheck, other.healthcheck);
        fill(&mut self.liveness, other.liveness);
        fill(&mut self.readiness, other.readiness);
        self.is_pod_sandbox |= other.is_pod_sandbox;
        for (key, value) in other.labels {
            self.labels.entry(key).or_insert(value);
        }
        for (key, value) in other.pod_sandbox_labels {
            self.pod_sandbox_labels.entry(key).or_insert(value);
        }
        if self.env.is_empty() {
            self.env = other.env;
        }
        if self.mounts.is_empty() {
            self.mounts = other.mounts;
        }
    }

    /// The text that the state reads, and how many parts were left out to keep the limits; `None` when even the
    /// smallest text is longer than a text may be.
    #[must_use]
    pub fn to_json(&self, limits: &Limits) -> Option<(String, u64)> {
        let mut left_out = 0;
        let mut c = self.texts();
        let mut labels = |of: &BTreeMap<String, String>| labels(of, limits, &mut left_out);
        c.insert("labels".into(), labels(&self.labels));
        c.insert("pod_sandbox_labels".into(), labels(&self.pod_sandbox_labels));
        c.insert("Mounts".into(), list(self.mounts.iter().map(mount), limits.mounts, &mut left_out));
        let env = self.env.iter().filter(|e| e.len() <= limits.text);
        left_out += count(self.env.iter().filter(|e| e.len() > limits.text));
        c.insert("env".into(), list(env.map(|e| json!(e)), limits.env, &mut left_out));
        for (key, probe) in
            [("Healthcheck", &self.healthcheck), ("LivenessProbe", &self.liveness), ("ReadinessProbe", &self.readiness)]
        {
            if let Some(p) = probe {
                c.insert(key.into(), json!({ "exe": p.exe, "args": p.args }));
            }
        }
        let mut text = render(&c);
        // The largest parts go first; names and images stay to the last.
        for part in ["env", "Mounts", "cni_json", "pod_sandbox_cni_json", "pod_sandbox_labels", "labels"] {
            if text.len() <= limits.json {
                break;
            }
            left_out += u64::from(c.remove(part).is_some());
            text = render(&c);
        }
        (text.len() <= limits.json).then_some((text, left_out))
    }

    fn texts(&self) -> Map<String, Value> {
        let image = self.image.as_deref().unwrap_or_default();
        let (repository, tag, digest) = split_image(image);
        let mut c = Map::new();
        let mut put = |key: &str, value: Value| {
            c.insert(key.to_owned(), value);
        };
        put("id", json!(short_id(&self.full_id)));
        put("full_id", json!(self.full_id));
        put("type", json!(self.kind as u32));
        put("image", json!(image));
        put("imagerepo", json!(repository));
        put("imagetag", json!(tag));
        put("is_pod_sandbox", json!(self.is_pod_sandbox));
        let digest = (!digest.is_empty()).then(|| digest.to_owned());
        for (key, text) in [
            ("name", &self.name),
            ("imageid", &self.image_id),
            ("imagedigest", &self.image_digest.clone().or(digest)),
            ("User", &self.user),
            ("ip", &self.ip),
            ("pod_sandbox_id", &self.pod_sandbox_id),
            ("cni_json", &self.cni_json),
            ("pod_sandbox_cni_json", &self.pod_sandbox_cni_json),
        ] {
            if let Some(text) = text.as_deref().filter(|t| !t.is_empty()) {
                put(key, json!(text));
            }
        }
        for (key, flag) in [
            ("privileged", self.privileged),
            ("host_pid", self.host_pid),
            ("host_network", self.host_network),
            ("host_ipc", self.host_ipc),
        ] {
            if let Some(flag) = flag {
                put(key, json!(flag));
            }
        }
        if let Some(created) = self.created {
            put("created_time", json!(created));
        }
        c
    }
}

/// The text that tells the state of a container's end.
pub(crate) fn removal_json(full_id: &str) -> String {
    json!({ "container": { "id": short_id(full_id), "full_id": full_id } }).to_string()
}

fn render(container: &Map<String, Value>) -> String {
    json!({ "container": container }).to_string()
}

fn count<T>(items: impl Iterator<Item = T>) -> u64 {
    items.fold(0, |n, _| n + 1)
}

fn list(mut items: impl Iterator<Item = Value>, most: usize, left_out: &mut u64) -> Value {
    let kept: Vec<Value> = items.by_ref().take(most).collect();
    *left_out += count(items);
    Value::Array(kept)
}

fn labels(labels: &BTreeMap<String, String>, limits: &Limits, left_out: &mut u64) -> Value {
    let mut kept = Map::new();
    for (key, value) in labels {
        if kept.len() < limits.labels && key.len() + value.len() <= limits.text {
            kept.insert(key.clone(), json!(value));
        } else {
            *left_out += 1;
        }
    }
    Value::Object(kept)
}

fn mount(m: &Mount) -> Value {
    json!({
        "Source": m.source,
        "Destination": m.destination,
        "Mode": m.mode,
        "RW": m.writable,
        "Propagation": m.propagation,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(m: &Metadata, limits: &Limits) -> (Value, u64) {
        let (text, left_out) = m.to_json(limits).unwrap();
        assert!(text.len() <= limits.json);
        (serde_json::from_str::<Value>(&text).unwrap()["container"].clone(), left_out)
    }

    #[test]
    fn image_splits_at_its_tag() {
        assert_eq!(split_image("localhost:5000/shop:1.4"), ("localhost:5000/shop", "1.4", ""));
        assert_eq!(split_image("localhost:5000/shop"), ("localhost:5000/shop", "", ""));
        assert_eq!(split_image("a/b:1@sha256:00"), ("a/b", "1", "sha256:00"));
        assert_eq!(split_image("sha256:cfd9"), ("", "", ""));
    }

    #[test]
    fn unknown_stays_away_from_the_text() {
        let (c, left_out) = parsed(&Metadata::new("ct1", RuntimeKind::Containerd), &Limits::default());
        assert_eq!((&c["id"], &c["type"], left_out), (&json!("ct1"), &json!(7), 0));
        for key in ["privileged", "host_pid", "ip", "name", "created_time", "imagedigest"] {
            assert!(c.get(key).is_none(), "{key}");
        }
    }

    #[test]
    fn limits_leave_parts_out_and_count_them() {
        let mut m = Metadata::new("ab".repeat(32), RuntimeKind::Docker);
        m.labels = (0..10).map(|i| (format!("k{i}"), "v".repeat(if i == 3 { 100 } else { 1 }))).collect();
        m.env = vec!["A=1".into(); 7];
        let limits = Limits { labels: 5, text: 50, env: 4, ..Limits::default() };
        let (c, left_out) = parsed(&m, &limits);
        assert_eq!(c["id"], "abababababab");
        assert_eq!(c["labels"].as_object().unwrap().len(), 5);
        assert_eq!(left_out, 5 + 3);
        let (c, left_out) = parsed(&m, &Limits { json: 300, ..limits });
        assert!(c.get("env").is_none() && left_out > 8);
        assert!(m.to_json(&Limits { json: 50, ..limits }).is_none());
    }

    #[test]
    fn a_second_source_only_adds() {
        let mut m = Metadata::new("x", RuntimeKind::Podman);
        m.name = Some("web".into());
        m.labels.insert("a".into(), "1".into());
        let mut other = Metadata::new("x", RuntimeKind::Unknown);
        other.name = Some("other".into());
        other.labels = [("a".to_owned(), "2".to_owned()), ("b".to_owned(), "3".to_owned())].into();
        other.privileged = Some(false);
        m.fill_from(other);
        assert_eq!((m.name.as_deref(), m.privileged), (Some("web"), Some(false)));
        assert_eq!((m.labels["a"].as_str(), m.labels["b"].as_str()), ("1", "3"));
    }
}
