//! Metadata of real containers: every folder of the test data, by every way that could tell of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use prost::Message;
use serde_json::{Value, json};

use super::server::{Asked, Reply, Server};
use super::{is_partial, known, nothing, query, resolve, until};
use crate::proto::{containerd as p, cri};
use crate::{Answer, Config, Resolver, RuntimeKind, from_podman_inspect};

/// One container of the test data.
pub(super) struct Fixture {
    pub(super) folder: String,
    pub(super) id: String,
    pub(super) cgroup: String,
    pub(super) oci: Value,
    pub(super) ctr: Option<Value>,
    podman: Option<Value>,
    runc: Option<Value>,
}

/// Folder of the recordings; `None` (said) in a clone that has none.
pub(super) fn testdata() -> Option<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/testdata");
    if dir.is_dir() {
        return Some(dir);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "recordings missing: {}", dir.display());
    eprintln!("skipped: no recordings at {}", dir.display());
    None
}

/// All containers of the test data; none in a clone without.
pub(super) fn fixtures() -> Vec<Fixture> {
    let Some(dir) = testdata() else { return Vec::new() };
    let mut folders: Vec<PathBuf> =
        fs::read_dir(dir.join("containers")).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
    folders.sort();
    assert!(folders.len() >= 23, "{folders:?}");
    folders.iter().map(|folder| fixture(folder)).collect()
}

fn fixture(folder: &Path) -> Fixture {
    let value = |name: &str| -> Option<Value> {
        let text = fs::read_to_string(folder.join(name)).ok()?;
        Some(serde_json::from_str(&text).unwrap())
    };
    let cgroups = fs::read_to_string(folder.join("proc_cgroup")).unwrap();
    let memory = cgroups.lines().find(|l| l.contains(":memory:")).unwrap();
    let cgroup = memory.rsplit(':').next().unwrap().to_owned();
    let id = cgroup.rsplit('/').next().unwrap().trim_start_matches("libpod-").to_owned();
    Fixture {
        folder: folder.file_name().unwrap().to_str().unwrap().to_owned(),
        id,
        cgroup,
        oci: value("oci_config.json").unwrap(),
        ctr: value("ctr_info.json"),
        podman: value("podman_inspect.json").map(|v| v[0].clone()),
        runc: value("runc_state.json"),
    }
}

impl Fixture {
    pub(super) fn namespace(&self) -> &'static str {
        if self.folder.starts_with("ctr-") { "default" } else { "k8s.io" }
    }

    /// The object that containerd keeps, as its interface gives it.
    fn container(&self) -> Option<p::Container> {
        let ctr = self.ctr.as_ref()?;
        let extensions = ctr["Extensions"].as_object().into_iter().flatten().map(|(name, any)| {
            let value = STANDARD.decode(any["value"].as_str().unwrap()).unwrap();
            (name.clone(), p::Any { type_url: any["type_url"].as_str().unwrap().to_owned(), value })
        });
        let labels = ctr["Labels"].as_object().unwrap().iter();
        Some(p::Container {
            id: self.id.clone(),
            labels: labels.map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned())).collect(),
            image: ctr["Image"].as_str().unwrap().to_owned(),
            spec: Some(p::Any { type_url: String::new(), value: ctr["Spec"].to_string().into_bytes() }),
            created_at: crate::rfc3339::seconds(ctr["CreatedAt"].as_str().unwrap())
                .map(|seconds| p::Timestamp { seconds }),
            extensions: extensions.collect(),
        })
    }

    /// What containerd keeps for its Container Runtime Interface: kind, and the kept object.
    fn kept(&self) -> Option<(bool, Value)> {
        let extensions = self.ctr.as_ref()?["Extensions"].as_object()?;
        let (name, any) = extensions.iter().next()?;
        let value: Value = serde_json::from_slice(&STANDARD.decode(any["value"].as_str()?).unwrap()).unwrap();
        Some((name.contains("sandbox"), value["Metadata"].clone()))
    }

    fn kind(&self) -> RuntimeKind {
        if self.podman.is_some() { RuntimeKind::Podman } else { RuntimeKind::Cri }
    }

    /// What the README of the test data says of each: name, privileged, machine's pids, machine's network, address.
    fn truth(&self) -> (&str, bool, Option<bool>, bool, Option<&str>) {
        let no = Some(false);
        match self.folder.as_str() {
            "cri-podnet-container" => ("main", false, no, false, Some("10.77.0.2")),
            "cri-podnet-sandbox" => ("podnet", false, no, false, Some("10.77.0.2")),
            "cri-priv-container" => ("main", true, no, true, None),
            "cri-priv-sandbox" => ("priv", false, no, true, None),
            "cri-web-container" => ("main", false, no, true, None),
            "cri-web-sandbox" => ("web", false, no, true, None),
            "ctr-ct1" => ("ct1", false, no, false, None),
            "ctr-ct2" => ("ct2", true, no, true, None),
            // It joins the process namespace of another container, which may be the machine's for all it says itself.
            "kubelet-real-debugger-9kfmm" => ("debugger-9kfmm", false, None, false, Some("10.77.0.3")),
            "kubelet-real-main" => ("main", false, no, false, Some("10.77.0.3")),
            "kubelet-real-sandbox" => ("real", false, no, false, Some("10.77.0.3")),
            "kubelet-realhost-main" => ("main", true, Some(true), true, None),
            "kubelet-realhost-sandbox" => ("realhost", false, Some(true), true, None),
            "kubelet-web-55955db54c-bghcj-main" => ("main", false, no, false, Some("10.77.0.5")),
            "kubelet-web-55955db54c-bghcj-sandbox" => ("web-55955db54c-bghcj", false, no, false, Some("10.77.0.5")),
            "kubelet-web-55955db54c-kgh8d-main" => ("main", false, no, false, Some("10.77.0.4")),
            "kubelet-web-55955db54c-kgh8d-sandbox" => ("web-55955db54c-kgh8d", false, no, false, Some("10.77.0.4")),
            "podman-b2" => ("b2", false, no, true, None),
            "podman-c1" => ("c1", false, no, false, None),
            "podman-c2" => ("c2", false, no, false, Some("10.88.0.3")),
            "podman-c3" => ("c3", true, Some(true), true, None),
            "podman-c6" => ("c6", false, no, false, None),
            "podman-c7" => ("c7", false, no, false, None),
            other => panic!("no truth is written down for {other}"),
        }
    }

    /// Holds what is told against the truth; files do not tell addresses.
    fn check(&self, c: &Value, with_address: bool) {
        let (name, privileged, host_pid, host_network, ip) = self.truth();
        let at = &self.folder;
        assert_eq!(c["full_id"], json!(self.id), "{at}");
        assert_eq!(c["id"], json!(crate::short_id(&self.id)), "{at}");
        assert_eq!(c["name"], json!(name), "{at}");
        assert_eq!(c["privileged"], json!(privileged), "{at}");
        assert_eq!(c.get("host_pid").and_then(Value::as_bool), host_pid, "{at}");
        assert_eq!(c["host_network"], json!(host_network), "{at}");
        assert_eq!(c.get("ip").and_then(Value::as_str), ip.filter(|_| with_address), "{at}");
        let sandbox = at.ends_with("-sandbox");
        assert_eq!(c["is_pod_sandbox"], json!(sandbox), "{at}");
        let of_pod = at.strip_prefix("cri-").map(|pod| ("demo", pod));
        if let Some((space, pod)) = of_pod.or_else(|| Some(("default", at.strip_prefix("kubelet-")?))) {
            let pod = ["-container", "-sandbox", "-main", "-debugger-9kfmm"]
                .iter()
                .find_map(|tail| pod.strip_suffix(tail))
                .unwrap();
            assert_eq!(c["labels"]["io.kubernetes.pod.name"], json!(pod), "{at}");
            assert_eq!(c["labels"]["io.kubernetes.pod.namespace"], json!(space), "{at}");
            assert!(c["pod_sandbox_id"].as_str().is_some_and(|id| id.len() == 64), "{at}");
        } else {
            assert!(c.get("pod_sandbox_id").is_none(), "{at}");
        }
    }

    fn check_image(&self, c: &Value) {
        let name = if self.folder.ends_with("-sandbox") { "localhost/pause" } else { "localhost/box" };
        assert_eq!((&c["imagerepo"], &c["imagetag"]), (&json!(name), &json!("1")), "{}", self.folder);
    }

    fn check_pod_labels(&self, c: &Value) {
        let pod = ["web", "real", "podnet", "priv"].into_iter().find(|p| self.folder.contains(&format!("-{p}-")));
        assert_eq!(c["pod_sandbox_labels"].get("app").and_then(Value::as_str), pod, "{}", self.folder);
    }
}

/// A containerd that has all containers of the test data that were containerd's.
fn containerd(path: &Path, fixtures: &[Fixture]) -> Server {
    let containers: BTreeMap<(String, String), Vec<u8>> = fixtures
        .iter()
        .filter_map(|f| {
            let response = p::ContainerResponse { container: Some(f.container()?) };
            Some(((f.namespace().to_owned(), f.id.clone()), response.encode_to_vec()))
        })
        .collect();
    Server::grpc(path, move |asked: Asked| match asked.path.as_str() {
        p::GET_CONTAINER => {
            let id = p::ByName::decode(asked.body.as_slice()).unwrap().name;
            containers.get(&(asked.namespace, id)).map_or(Reply::Status(5), |c| Reply::Message(c.clone()))
        }
        p::LIST_NAMESPACES => {
            let namespaces = ["default", "k8s.io"].map(|n| p::ByName { name: n.to_owned() }).to_vec();
            Reply::Message(p::Namespaces { namespaces }.encode_to_vec())
        }
        p::LIST_TASKS => {
            let of_space = containers.keys().filter(|(n, _)| *n == asked.namespace);
            let tasks = of_space.map(|(_, id)| p::Task { container_id: String::new(), id: id.clone() }).collect();
            Reply::Message(p::Tasks { tasks }.encode_to_vec())
        }
        p::GET_IMAGE => {
            let target = Some(p::Descriptor { digest: "sha256:d1".to_owned() });
            Reply::Message(p::ImageResponse { image: Some(p::Image { target }) }.encode_to_vec())
        }
        p::SUBSCRIBE => {
            let event = |topic: &str, id: &str| {
                let event =
                    p::Any { type_url: String::new(), value: p::ByName { name: id.to_owned() }.encode_to_vec() };
                let (namespace, topic) = ("default".to_owned(), topic.to_owned());
                p::Envelope { namespace, topic, event: Some(event) }.encode_to_vec()
            };
            Reply::Messages(vec![event("/containers/delete", "old"), event("/tasks/start", "ct1")])
        }
        _ => Reply::Status(12),
    })
}

#[test]
fn containerd_tells_of_every_container_it_has() {
    let dir = tempfile::tempdir().unwrap();
    let fixtures = fixtures();
    let _server = containerd(&dir.path().join("c.sock"), &fixtures);
    let config = Config { containerd_sockets: vec!["/c.sock".into()], ..nothing(dir.path()) };
    for f in fixtures.iter().filter(|f| f.ctr.is_some()) {
        let (answers, _) = resolve(config.clone(), query(&f.id, &f.cgroup, f.kind()));
        let c = known(&answers, &f.id).unwrap_or_else(|| panic!("{}: {answers:?}", f.folder));
        f.check(&c, true);
        f.check_image(&c);
        f.check_pod_labels(&c);
        assert_eq!(c["imagedigest"], "sha256:d1");
        let env = c["env"].as_array().unwrap();
        assert_eq!(env, f.oci["process"]["env"].as_array().unwrap(), "{}", f.folder);
    }
}

#[test]
fn containerd_announces_what_runs_and_what_goes() {
    let dir = tempfile::tempdir().unwrap();
    let fixtures = fixtures();
    let _server = containerd(&dir.path().join("c.sock"), &fixtures);
    let config = Config { containerd_sockets: vec!["/c.sock".into()], announce: true, ..nothing(dir.path()) };
    let resolver = Resolver::start(config).unwrap();
    let all = || fixtures.iter().filter(|f| f.ctr.is_some());
    let answers = until(&resolver, "all containers and one end", |answers| {
        all().all(|f| known(answers, &f.id).is_some())
            && answers.iter().any(|a| matches!(a, Answer::Removed { id, .. } if id == "old"))
    });
    for f in all() {
        f.check(&known(&answers, &f.id).unwrap(), true);
    }
}

/// A runtime that speaks the Container Runtime Interface and has all containers of the test data that a kubelet, or
/// somebody in its place, made.
fn cri_server(path: &Path, fixtures: &[Fixture]) -> Server {
    let mut containers = BTreeMap::new();
    let mut sandboxes = BTreeMap::new();
    for f in fixtures {
        let Some((is_sandbox, kept)) = f.kept() else { continue };
        let text = |pointer: &str| kept.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let labels: std::collections::HashMap<String, String> =
            crate::inspect::texts(kept.pointer("/Config/labels")).into_iter().collect();
        let metadata = Some(cri::Named { name: text("/Config/metadata/name") });
        let created_at =
            crate::rfc3339::seconds(f.ctr.as_ref().unwrap()["CreatedAt"].as_str().unwrap()).unwrap() * 1_000_000_000;
        let image = f.ctr.as_ref().unwrap()["Image"].as_str().unwrap().to_owned();
        if is_sandbox {
            let modes = &kept["Config"]["linux"]["security_context"]["namespace_options"];
            let mode = |key: &str| i32::try_from(modes[key].as_i64().unwrap_or(0)).unwrap();
            let options = cri::NamespaceOptions { network: mode("network"), pid: mode("pid"), ipc: mode("ipc") };
            let namespaces = Some(cri::Namespaces { options: Some(options) });
            let info =
                json!({"image": image, "config": kept["Config"], "runtimeSpec": f.oci, "cniResult": kept["CNIResult"]});
            let status = cri::SandboxStatus {
                id: f.id.clone(),
                metadata,
                created_at,
                network: Some(cri::Network { ip: text("/IP") }),
                linux: Some(cri::Linux { namespaces }),
                labels,
            };
            let info = [("info".to_owned(), info.to_string())].into();
            sandboxes.insert(f.id.clone(), cri::SandboxStatusResponse { status: Some(status), info }.encode_to_vec());
        } else {
            let mounts = kept["Config"]["mounts"].as_array().cloned().unwrap_or_default();
            let mounts = mounts.iter().map(|m| cri::Mount {
                container_path: m["container_path"].as_str().unwrap().to_owned(),
                host_path: m["host_path"].as_str().unwrap().to_owned(),
                readonly: m["readonly"].as_bool().unwrap_or(false),
                propagation: 0,
            });
            let info = json!({"sandboxID": text("/SandboxID"), "config": kept["Config"], "runtimeSpec": f.oci});
            let status = cri::ContainerStatus {
                id: f.id.clone(),
                metadata,
                created_at,
                image: Some(cri::ImageSpec { image, user_specified_image: String::new() }),
                image_ref: text("/ImageRef"),
                labels,
                mounts: mounts.collect(),
            };
            let info = [("info".to_owned(), info.to_string())].into();
            containers
                .insert(f.id.clone(), cri::ContainerStatusResponse { status: Some(status), info }.encode_to_vec());
        }
    }
    let list = |map: &BTreeMap<String, Vec<u8>>| {
        cri::Listed { items: map.keys().map(|id| cri::ListedItem { id: id.clone() }).collect() }.encode_to_vec()
    };
    let lists = Arc::new((list(&containers), list(&sandboxes)));
    Server::grpc(path, move |asked: Asked| {
        let of = |map: &BTreeMap<String, Vec<u8>>| {
            let request = cri::StatusRequest::decode(asked.body.as_slice()).unwrap();
            assert!(request.verbose);
            map.get(&request.id).map_or(Reply::Status(5), |m| Reply::Message(m.clone()))
        };
        match asked.path.as_str() {
            cri::VERSION => {
                Reply::Message(cri::VersionResponse { runtime_name: "containerd".to_owned() }.encode_to_vec())
            }
            cri::CONTAINER_STATUS => of(&containers),
            cri::SANDBOX_STATUS => of(&sandboxes),
            cri::LIST_CONTAINERS => Reply::Message(lists.0.clone()),
            cri::LIST_SANDBOXES => Reply::Message(lists.1.clone()),
            cri::EVENTS => {
                let event = |kind: i32| cri::ContainerEvent { container_id: "x".to_owned(), kind }.encode_to_vec();
                Reply::Messages(vec![event(0), event(2), event(3)])
            }
            _ => Reply::Status(12),
        }
    })
}

#[test]
fn the_runtime_interface_tells_the_same_as_containerd() {
    let dir = tempfile::tempdir().unwrap();
    let fixtures = fixtures();
    let _cri = cri_server(&dir.path().join("r.sock"), &fixtures);
    let _containerd = containerd(&dir.path().join("c.sock"), &fixtures);
    let by_cri = Config { cri_sockets: vec!["/r.sock".into()], ..nothing(dir.path()) };
    let by_containerd = Config { containerd_sockets: vec!["/c.sock".into()], ..nothing(dir.path()) };
    for f in fixtures.iter().filter(|f| f.kept().is_some()) {
        let (answers, _) = resolve(by_cri.clone(), query(&f.id, &f.cgroup, RuntimeKind::Cri));
        let mut c = known(&answers, &f.id).unwrap_or_else(|| panic!("{}: {answers:?}", f.folder));
        f.check(&c, true);
        f.check_image(&c);
        f.check_pod_labels(&c);
        let (answers, _) = resolve(by_containerd.clone(), query(&f.id, &f.cgroup, RuntimeKind::Cri));
        let mut same = known(&answers, &f.id).unwrap();
        // Only containerd's own interface tells the digest.
        c["imagedigest"] = Value::Null;
        same["imagedigest"] = Value::Null;
        assert_eq!(c, same, "{}", f.folder);
    }
}

#[test]
fn the_runtime_interface_announces_what_runs_and_what_goes() {
    let dir = tempfile::tempdir().unwrap();
    let fixtures = fixtures();
    let _server = cri_server(&dir.path().join("r.sock"), &fixtures);
    let config = Config { cri_sockets: vec!["/r.sock".into()], announce: true, ..nothing(dir.path()) };
    let resolver = Resolver::start(config).unwrap();
    until(&resolver, "all containers and one end", |answers| {
        fixtures.iter().filter(|f| f.kept().is_some()).all(|f| known(answers, &f.id).is_some())
            && answers.iter().any(|a| matches!(a, Answer::Removed { id, .. } if id == "x"))
    });
}

#[test]
fn podman_inspect_reads() {
    for f in fixtures() {
        let Some(inspect) = &f.podman else { continue };
        let texts = from_podman_inspect(&json!([inspect]).to_string()).unwrap();
        let c: Value = serde_json::from_str(&texts[0]).unwrap();
        f.check(&c["container"], true);
        f.check_image(&c["container"]);
    }
}

/// A store as podman leaves it on disk, with the containers of the test data.
fn store(root: &Path, fixtures: &[Fixture]) {
    let folder = root.join("store/overlay-containers");
    let mut containers = Vec::new();
    let mut images = Vec::new();
    for f in fixtures {
        let Some(inspect) = &f.podman else { continue };
        let userdata = folder.join(&f.id).join("userdata");
        fs::create_dir_all(&userdata).unwrap();
        fs::write(userdata.join("config.json"), f.oci.to_string()).unwrap();
        let metadata = json!({"image-name": inspect["ImageName"], "name": inspect["Name"]}).to_string();
        containers
            .push(json!({"id": f.id, "names": [inspect["Name"]], "image": inspect["Image"], "metadata": metadata,
            "created": inspect["Created"]}));
        images.push(json!({"id": inspect["Image"], "digest": inspect["ImageDigest"], "names": [inspect["ImageName"]]}));
        fs::create_dir_all(root.join("oci").join(&f.id)).unwrap();
    }
    fs::write(folder.join("containers.json"), json!(containers).to_string()).unwrap();
    fs::create_dir_all(root.join("store/overlay-images")).unwrap();
    fs::write(root.join("store/overlay-images/images.json"), json!(images).to_string()).unwrap();
}

#[test]
fn podman_without_daemon_is_read_from_disk_as_it_says_itself() {
    let fixtures = fixtures();
    if fixtures.is_empty() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    store(dir.path(), &fixtures);
    let config = Config {
        podman_storage: vec!["/store".into()],
        oci_state: vec!["/oci".into()],
        announce: true,
        ..nothing(dir.path())
    };
    let resolver = Resolver::start(config).unwrap();
    let all: Vec<&Fixture> = fixtures.iter().filter(|f| f.podman.is_some()).collect();
    let answers =
        until(&resolver, "every podman container", |answers| all.iter().all(|f| known(answers, &f.id).is_some()));
    for f in all {
        let c = known(&answers, &f.id).unwrap();
        f.check(&c, false);
        assert!(!is_partial(&answers, &f.id));
        let text = from_podman_inspect(&json!([f.podman]).to_string()).unwrap().remove(0);
        let said: Value = serde_json::from_str::<Value>(&text).unwrap()["container"].clone();
        for key in
            ["image", "imagerepo", "imagetag", "imageid", "imagedigest", "created_time", "env", "host_ipc", "type"]
        {
            assert_eq!(c[key], said[key], "{} {key}", f.folder);
        }
        let mounts = |c: &Value| {
            let of = |m: &Value| (m["Source"].clone(), m["Destination"].clone(), m["RW"].clone());
            c["Mounts"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
        };
        assert_eq!(mounts(&c), mounts(&said), "{}", f.folder);
    }
}

#[test]
fn runc_names_the_bundle_and_the_store_around_it() {
    let fixtures = fixtures();
    for f in fixtures.iter().filter(|f| f.runc.is_some()) {
        let dir = tempfile::tempdir().unwrap();
        // The state names the bundle by its path on the machine, so the store stands below the root at that path.
        let state = f.runc.as_ref().unwrap();
        let bundle = state["config"]["labels"].as_array().unwrap().iter();
        let bundle = bundle.filter_map(|l| l.as_str()?.strip_prefix("bundle=")).next().unwrap().to_owned();
        let real = dir.path().join("var/lib/containers");
        fs::create_dir_all(&real).unwrap();
        store(&real, std::slice::from_ref(f));
        fs::rename(real.join("store"), real.join("storage")).unwrap();
        assert!(dir.path().join(bundle.trim_start_matches('/')).is_dir());
        fs::create_dir_all(dir.path().join("run/runc").join(&f.id)).unwrap();
        fs::write(dir.path().join("run/runc").join(&f.id).join("state.json"), state.to_string()).unwrap();
        let config = Config { oci_state: vec!["/run/runc".into()], ..nothing(dir.path()) };
        let (answers, _) = resolve(config, query(&f.id, &f.cgroup, RuntimeKind::Podman));
        f.check(&known(&answers, &f.id).unwrap(), false);
    }
}

#[test]
fn a_bare_bundle_tells_a_part_and_says_so() {
    for f in fixtures() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("b").join(&f.id)).unwrap();
        fs::write(dir.path().join("b").join(&f.id).join("config.json"), f.oci.to_string()).unwrap();
        let config = Config { bundles: vec!["/b".into()], ..nothing(dir.path()) };
        let (answers, counters) = resolve(config, query(&f.id, &f.cgroup, f.kind()));
        let c = known(&answers, &f.id).unwrap_or_else(|| panic!("{}: {answers:?}", f.folder));
        let of_kubelet = f.kept().is_some();
        // containerd writes the names of container and pod into the annotations of what it makes for a kubelet; the
        // image of a container too, that of a sandbox not.
        let complete = of_kubelet && !f.folder.ends_with("-sandbox");
        assert_eq!(is_partial(&answers, &f.id), !complete, "{}", f.folder);
        assert_eq!(counters.partial, u64::from(!complete), "{}", f.folder);
        let (_, privileged, _, _, _) = f.truth();
        assert_eq!(c["privileged"], json!(privileged), "{}", f.folder);
        assert_eq!(c["env"], f.oci["process"]["env"], "{}", f.folder);
        assert_eq!(c["User"], json!(f.oci["process"]["user"]["uid"].to_string()), "{}", f.folder);
        if of_kubelet {
            assert!(c["labels"]["io.kubernetes.pod.name"].is_string(), "{}", f.folder);
        }
        let host_etc = c["Mounts"].as_array().unwrap().iter().any(|m| m["Source"] == "/etc" && m["RW"] == false);
        assert_eq!(host_etc, f.folder == "kubelet-realhost-main", "{}", f.folder);
    }
}

#[test]
fn the_state_reads_what_is_told() {
    let fixtures = fixtures();
    let mut state = avouch_state::State::new(avouch_state::Limits::default());
    let mut count = 0;
    for f in &fixtures {
        let Some(inspect) = &f.podman else { continue };
        let json = from_podman_inspect(&json!([inspect]).to_string()).unwrap().remove(0);
        let answer = Answer::Known { id: String::new(), full_id: f.id.clone(), json, partial: false };
        state.apply_event(&answer.event(1).unwrap().event());
        count += 1;
        let container = state.containers().get(state.containers().find(&f.id.as_bytes()[..12]).unwrap()).unwrap();
        let meta = container.meta.as_ref().unwrap();
        assert_eq!(&*meta.name, f.truth().0);
        assert_eq!((meta.privileged, meta.host_network), (f.truth().1, f.truth().3), "{}", f.folder);
    }
    assert_eq!((state.containers().len(), state.counters().bad_container_json), (count, 0));
}
