//! The Container Runtime Interface of a real containerd: a pod is made as a kubelet makes it.

use std::path::Path;

use prost::Message;
use serde_json::json;

use super::machine::{below, containerd, or_skip};
use super::{known, query, resolve, until};
use crate::grpc::Channel;
use crate::proto::{containerd as p, cri};
use crate::{Config, Resolver, RuntimeKind};

/// Messages with which a kubelet makes pods, as far as they are needed here.
mod making {
    use std::collections::HashMap;

    use prost::Message;

    use crate::proto::cri::{ImageSpec, NamespaceOptions};

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct RunSandbox {
        #[prost(message, optional, tag = "1")]
        pub(super) config: Option<Sandbox>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Sandbox {
        #[prost(message, optional, tag = "1")]
        pub(super) metadata: Option<Meta>,
        #[prost(string, tag = "3")]
        pub(super) log_directory: String,
        #[prost(map = "string, string", tag = "6")]
        pub(super) labels: HashMap<String, String>,
        #[prost(message, optional, tag = "8")]
        pub(super) linux: Option<SandboxLinux>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Meta {
        #[prost(string, tag = "1")]
        pub(super) name: String,
        #[prost(string, tag = "2")]
        pub(super) uid: String,
        #[prost(string, tag = "3")]
        pub(super) namespace: String,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct SandboxLinux {
        #[prost(string, tag = "1")]
        pub(super) cgroup_parent: String,
        #[prost(message, optional, tag = "2")]
        pub(super) security: Option<Security>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Security {
        #[prost(message, optional, tag = "1")]
        pub(super) options: Option<NamespaceOptions>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct CreateContainer {
        #[prost(string, tag = "1")]
        pub(super) sandbox: String,
        #[prost(message, optional, tag = "2")]
        pub(super) config: Option<Container>,
        #[prost(message, optional, tag = "3")]
        pub(super) sandbox_config: Option<Sandbox>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct Container {
        #[prost(message, optional, tag = "1")]
        pub(super) metadata: Option<Meta>,
        #[prost(message, optional, tag = "2")]
        pub(super) image: Option<ImageSpec>,
        #[prost(map = "string, string", tag = "9")]
        pub(super) labels: HashMap<String, String>,
        #[prost(message, optional, tag = "15")]
        pub(super) linux: Option<ContainerLinux>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct ContainerLinux {
        #[prost(message, optional, tag = "2")]
        pub(super) security: Option<ContainerSecurity>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(super) struct ContainerSecurity {
        #[prost(message, optional, tag = "3")]
        pub(super) options: Option<NamespaceOptions>,
    }
}

#[test]
fn the_runtime_interface_of_this_machine() {
    let dir = tempfile::tempdir().unwrap();
    let _containerd = or_skip!(containerd(dir.path()));
    let socket = dir.path().join("c.sock");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let call = |method: &str, request: &dyn Fn() -> Vec<u8>| -> Result<String, String> {
        // The answers have the new id in field 1, as `ByName` has.
        let channel = Channel { socket: &socket, limit: 1 << 20 };
        let method = format!("/runtime.v1.RuntimeService/{method}");
        let answer = runtime.block_on(channel.call_encoded::<p::ByName>(&method, None, &request()));
        answer.map_err(|e| e.to_string())?.map(|a| a.name).ok_or_else(|| format!("{method}: no such call"))
    };
    let options = cri::NamespaceOptions { network: 2, pid: 1, ipc: 0 };
    let label = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let sandbox = making::Sandbox {
        metadata: Some(making::Meta { name: "shop".into(), uid: "u-1".into(), namespace: "front".into() }),
        log_directory: dir.path().join("logs").display().to_string(),
        labels: [label("app", "shop"), label("io.kubernetes.pod.name", "shop")].into(),
        linux: Some(making::SandboxLinux {
            cgroup_parent: format!("/kubepods/besteffort/podavouch{}", std::process::id()),
            security: Some(making::Security { options: Some(options.clone()) }),
        }),
    };
    let run = making::RunSandbox { config: Some(sandbox.clone()) };
    let pod = or_skip!(call("RunPodSandbox", &|| run.encode_to_vec()));
    let create = making::CreateContainer {
        sandbox: pod.clone(),
        config: Some(making::Container {
            metadata: Some(making::Meta { name: "main".into(), ..making::Meta::default() }),
            image: Some(cri::ImageSpec { image: "localhost/box:1".into(), ..cri::ImageSpec::default() }),
            labels: [label("io.kubernetes.pod.name", "shop")].into(),
            linux: Some(making::ContainerLinux {
                security: Some(making::ContainerSecurity { options: Some(options) }),
            }),
        }),
        sandbox_config: Some(sandbox),
    };
    let made = call("CreateContainer", &|| create.encode_to_vec());
    let by_id = |id: &str| p::ByName { name: id.to_owned() }.encode_to_vec();
    let container = made.clone().unwrap_or_default();
    let started = call("StartContainer", &|| by_id(&container));

    let config = Config { cri_sockets: vec![socket.clone()], announce: true, ..below(Path::new("/")) };
    let resolver = Resolver::start(config).unwrap();
    let answers = until(&resolver, "pod and container", |answers| {
        known(answers, &pod).is_some() && known(answers, &container).is_some()
    });
    let by_containerd = Config { containerd_sockets: vec![socket.clone()], ..below(Path::new("/")) };
    let path = format!("/kubepods/besteffort/podx/{container}");
    let (other, _) = resolve(by_containerd, query(&container, &path, RuntimeKind::Docker));
    call("StopPodSandbox", &|| by_id(&pod)).unwrap();
    call("RemovePodSandbox", &|| by_id(&pod)).unwrap();
    started.unwrap();

    let c = known(&answers, &container).unwrap();
    eprintln!("CRI container: {c}");
    assert_eq!((&c["type"], &c["name"], &c["image"]), (&json!(7), &json!("main"), &json!("localhost/box:1")));
    assert_eq!((&c["privileged"], &c["host_network"], &c["host_pid"]), (&json!(false), &json!(true), &json!(false)));
    assert_eq!((&c["pod_sandbox_id"], &c["pod_sandbox_labels"]["app"]), (&json!(pod), &json!("shop")));
    assert!(c["imageid"].as_str().is_some_and(|id| id.len() == 64) && c["created_time"].as_i64().is_some());
    let s = known(&answers, &pod).unwrap();
    assert_eq!((&s["name"], &s["is_pod_sandbox"], &s["host_network"]), (&json!("shop"), &json!(true), &json!(true)));
    let mut other = known(&other, &container).unwrap();
    other.as_object_mut().unwrap().remove("imagedigest");
    assert_eq!(c, other);
}
