//! Containers of the test data, and servers that have them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use prost::Message;
use serde_json::{Value, json};

use super::server::{Asked, Reply, Server};
use super::testdata::testdata;
use crate::RuntimeKind;
use crate::proto::{containerd as p, cri};

/// One container of the test data.
pub(super) struct Fixture {
    pub(super) folder: String,
    pub(super) id: String,
    pub(super) cgroup: String,
    pub(super) oci: Value,
    pub(super) ctr: Option<Value>,
    pub(super) podman: Option<Value>,
    pub(super) runc: Option<Value>,
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
    fn namespace(&self) -> &'static str {
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
    pub(super) fn kept(&self) -> Option<(bool, Value)> {
        let extensions = self.ctr.as_ref()?["Extensions"].as_object()?;
        let (name, any) = extensions.iter().next()?;
        let value: Value = serde_json::from_slice(&STANDARD.decode(any["value"].as_str()?).unwrap()).unwrap();
        Some((name.contains("sandbox"), value["Metadata"].clone()))
    }

    pub(super) fn kind(&self) -> RuntimeKind {
        if self.podman.is_some() { RuntimeKind::Podman } else { RuntimeKind::Cri }
    }
}

/// A containerd that has all containers of the test data that were containerd's.
pub(super) fn containerd(path: &Path, fixtures: &[Fixture]) -> Server {
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

/// A runtime that speaks the Container Runtime Interface and has all containers of the test data that a kubelet, or
/// somebody in its place, made.
pub(super) fn cri_server(path: &Path, fixtures: &[Fixture]) -> Server {
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
