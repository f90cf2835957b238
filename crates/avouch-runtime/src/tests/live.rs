//! Real runtimes of this machine, with private folders and sockets: podman with and without its service, containerd's own
//! interface and its Container Runtime Interface. Where they are not installed or may not run, the tests say so and skip.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use prost::Message;
use serde_json::{Value, json};

use super::{known, nothing, query, resolve, until};
use crate::grpc::Channel;
use crate::proto::{containerd as p, cri};
use crate::{Answer, Config, Resolver, RuntimeKind, from_podman_inspect};

/// Runs a program and gives its output, or what it said instead.
fn run(program: &str, arguments: &[&str], dir: &Path) -> Result<String, String> {
    let out = Command::new(program)
        .args(arguments)
        .env("CONTAINERS_CONF", dir.join("containers.conf"))
        .output()
        .map_err(|e| format!("{program}: {e}"))?;
    if out.status.success() {
        return Ok(String::from_utf8_lossy(&out.stdout).trim().to_owned());
    }
    Err(format!("{program} {arguments:?}: {}", String::from_utf8_lossy(&out.stderr)))
}

/// A value, or the test is skipped with the reason.
macro_rules! or_skip {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(why) => {
                eprintln!("skipped: {why}");
                return;
            }
        }
    };
}

/// A podman with a store of its own and one image, `localhost/box:1`, that is nothing but busybox.
struct Podman<'d> {
    dir: &'d Path,
}

impl<'d> Podman<'d> {
    fn new(dir: &'d Path) -> Result<Self, String> {
        fs::write(
            dir.join("containers.conf"),
            "[containers]\ndefault_ulimits = [\"nofile=20000:20000\",\"nproc=20000:20000\"]\n[engine]\n\
             cgroup_manager = \"cgroupfs\"\nruntime = \"runc\"\nevents_logger = \"file\"\n",
        )
        .unwrap();
        for tool in ["podman", "runc", "tar", "conmon"] {
            run(tool, &["--version"], dir)?;
        }
        fs::create_dir_all(dir.join("rootfs/bin")).unwrap();
        fs::copy("/bin/busybox", dir.join("rootfs/bin/sleep")).map_err(|e| format!("/bin/busybox: {e}"))?;
        let (rootfs, tar) = (dir.join("rootfs"), dir.join("rootfs.tar"));
        run("tar", &["-C", rootfs.to_str().unwrap(), "-cf", tar.to_str().unwrap(), "."], dir)?;
        let podman = Self { dir };
        let command = r#"CMD ["/bin/sleep","600"]"#;
        podman.run(&["import", "--change", command, tar.to_str().unwrap(), "localhost/box:1"])?;
        Ok(podman)
    }

    fn arguments(&self, rest: &[&str]) -> Vec<String> {
        let dir = self.dir.display();
        let own = format!(
            "--root {dir}/store --runroot {dir}/run --storage-driver vfs --tmpdir {dir}/tmp --runtime-flag root={dir}/runc"
        );
        own.split(' ').map(str::to_owned).chain(rest.iter().map(|a| (*a).to_owned())).collect()
    }

    fn run(&self, rest: &[&str]) -> Result<String, String> {
        let arguments = self.arguments(rest);
        run("podman", &arguments.iter().map(String::as_str).collect::<Vec<_>>(), self.dir)
    }
}

impl Drop for Podman<'_> {
    fn drop(&mut self) {
        if let Err(why) = self.run(&["rm", "-f", "-a", "-t", "0"]) {
            eprintln!("{why}");
        }
    }
}

/// A program that is ended, by its id, with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It asks the process to end in order, so that it takes back its mounts.
        drop(Command::new("kill").arg(self.0.id().to_string()).status());
        self.0.wait().unwrap();
    }
}

fn wait_for(path: &Path) -> Result<(), String> {
    let began = Instant::now();
    while std::os::unix::net::UnixStream::connect(path).is_err() {
        if began.elapsed() > Duration::from_secs(20) {
            return Err(format!("nothing listens at {}", path.display()));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// The cgroup path of a process, as the state would see it.
fn cgroup(pid: u32) -> String {
    let text = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap();
    let path = text.lines().filter_map(|l| l.splitn(3, ':').nth(2)).max_by_key(|p| p.len()).unwrap();
    path.to_owned()
}

/// Settings that find all below a folder of this machine.
fn below(dir: &Path) -> Config {
    Config { wait: Duration::from_secs(10), call: Duration::from_secs(10), ..nothing(Path::new(dir)) }
}

#[test]
fn podman_of_this_machine() {
    let dir = tempfile::tempdir().unwrap();
    let podman = or_skip!(Podman::new(dir.path()));
    let started = podman.run(&[
        "run",
        "-d",
        "--network",
        "none",
        "--name",
        "shop",
        "--label",
        "tier=front",
        "-v",
        "/etc:/host:ro",
        "localhost/box:1",
    ]);
    let id = or_skip!(started);
    let inspect = podman.run(&["inspect", "shop"]).unwrap();
    let pid = serde_json::from_str::<Value>(&inspect).unwrap()[0]["State"]["Pid"].as_u64().unwrap();
    let pid = u32::try_from(pid).unwrap();
    let said: Value = serde_json::from_str(&from_podman_inspect(&inspect).unwrap()[0]).unwrap();
    let said = &said["container"];
    let ask = crate::ContainerQuery { pid: Some(pid), ..query(&id, &cgroup(pid), RuntimeKind::Podman) };

    // From disk, by the store and by nothing but the process; both need no daemon.
    let by_store = Config {
        podman_storage: vec![dir.path().join("store")],
        oci_state: vec![dir.path().join("runc")],
        announce: true,
        ..below(Path::new("/"))
    };
    let by_process = below(Path::new("/"));
    for (how, config) in [("store", by_store), ("process", by_process)] {
        let began = Instant::now();
        let (answers, counters) = resolve(config, ask.clone());
        let c = known(&answers, &id).unwrap_or_else(|| panic!("{how}: {answers:?}"));
        eprintln!("podman by {how}: {:?} {c}", began.elapsed());
        for key in ["id", "type", "name", "image", "imageid", "imagedigest", "privileged", "host_pid", "host_network"] {
            assert_eq!(c[key], said[key], "{how} {key}");
        }
        assert_eq!(c["Mounts"][0]["Source"], "/etc");
        assert_eq!((c["Mounts"][0]["RW"].as_bool(), counters.partial), (Some(false), 0));
    }

    // By its service, which also knows labels.
    let socket = dir.path().join("p.sock");
    let url = format!("unix://{}", socket.display());
    let service = Command::new("podman")
        .args(podman.arguments(&["system", "service", "--time", "0", &url]))
        .env("CONTAINERS_CONF", dir.path().join("containers.conf"))
        .stderr(Stdio::null())
        .spawn();
    let _service = Running(service.unwrap());
    wait_for(&socket).unwrap();
    let config = Config { podman_sockets: vec![socket], ..below(Path::new("/")) };
    let began = Instant::now();
    let (answers, _) = resolve(config, ask);
    eprintln!("podman by its service: {:?}", began.elapsed());
    assert_eq!(known(&answers, &id).unwrap(), *said);
    assert_eq!(said["labels"]["tier"], "front");
}

/// A containerd with folders and sockets of its own, that has the image of a podman beside it.
fn containerd(dir: &Path) -> Result<Running, String> {
    let podman = Podman::new(dir)?;
    for tool in ["containerd", "ctr"] {
        run(tool, &["--version"], dir)?;
    }
    let image = dir.join("box.tar");
    let image = image.to_str().unwrap();
    podman.run(&["save", "-o", image, "localhost/box:1"])?;
    let here = dir.display();
    let config = format!(
        "version = 2\nroot = \"{here}/cd\"\nstate = \"{here}/cs\"\n[grpc]\naddress = \"{here}/c.sock\"\n[ttrpc]\naddress = \"{here}/t.sock\"\n\
         [plugins.\"io.containerd.grpc.v1.cri\"]\nsandbox_image = \"localhost/box:1\"\nrestrict_oom_score_adj = true\ndisable_apparmor = true\n\
         [plugins.\"io.containerd.grpc.v1.cri\".containerd]\nsnapshotter = \"native\"\n\
         [plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc]\nruntime_type = \"io.containerd.runc.v2\"\n\
         [plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc.options]\nSystemdCgroup = false\n"
    );
    fs::write(dir.join("cd.toml"), config).unwrap();
    let log = fs::File::create(dir.join("cd.log")).unwrap();
    let child = Command::new("containerd").arg("-c").arg(dir.join("cd.toml")).stdout(Stdio::null()).stderr(log).spawn();
    let running = Running(child.map_err(|e| e.to_string())?);
    wait_for(&dir.join("c.sock"))?;
    for namespace in ["default", "k8s.io"] {
        ctr(dir, &["-n", namespace, "images", "import", "--snapshotter", "native", image])?;
    }
    Ok(running)
}

fn ctr(dir: &Path, rest: &[&str]) -> Result<String, String> {
    let socket = dir.join("c.sock");
    run("ctr", &[&["-a", socket.to_str().unwrap()], rest].concat(), dir)
}

#[test]
fn containerd_of_this_machine() {
    let dir = tempfile::tempdir().unwrap();
    let _containerd = or_skip!(containerd(dir.path()));
    let config =
        Config { containerd_sockets: vec![dir.path().join("c.sock")], announce: true, ..below(Path::new("/")) };
    let resolver = Resolver::start(config).unwrap();
    let name = format!("avouch-live-{}", std::process::id());
    let run = |flag: &str| {
        ctr(
            dir.path(),
            &[
                "run",
                "-d",
                "--snapshotter",
                "native",
                "--label",
                "tier=front",
                flag,
                "localhost/box:1",
                &name,
                "/bin/sleep",
                "600",
            ],
        )
    };
    or_skip!(run("--privileged"));
    let answers = until(&resolver, "the container that nobody asked for", |answers| known(answers, &name).is_some());
    let c = known(&answers, &name).unwrap();
    eprintln!("containerd: {c}");
    assert_eq!((&c["type"], &c["name"], &c["image"]), (&json!(7), &json!(name), &json!("localhost/box:1")));
    assert_eq!((&c["privileged"], &c["host_network"], &c["host_pid"]), (&json!(true), &json!(false), &json!(false)));
    assert_eq!(c["labels"]["tier"], "front");
    assert!(c["imagedigest"].as_str().unwrap().starts_with("sha256:"));
    assert!(c["created_time"].as_i64().unwrap() > 1_700_000_000);

    // Without any socket, by the shim that watches over the process.
    let tasks = ctr(dir.path(), &["tasks", "ls"]).unwrap();
    let pid = tasks.lines().find(|l| l.starts_with(&name)).unwrap().split_whitespace().nth(1).unwrap();
    let pid: u32 = pid.parse().unwrap();
    let ask = crate::ContainerQuery { pid: Some(pid), ..query(&name, &cgroup(pid), RuntimeKind::Containerd) };
    let (answers, counters) = resolve(below(Path::new("/")), ask);
    let bare = known(&answers, &name).unwrap();
    assert_eq!((&bare["privileged"], &bare["env"], counters.partial), (&json!(true), &c["env"], 1));

    ctr(dir.path(), &["tasks", "kill", "-s", "KILL", &name]).unwrap();
    until(&resolver, "the end of the task", |_| ctr(dir.path(), &["tasks", "rm", &name]).is_ok());
    ctr(dir.path(), &["containers", "rm", &name]).unwrap();
    until(&resolver, "the end of the container", |answers| {
        answers.iter().any(|a| matches!(a, Answer::Removed { id, .. } if *id == name))
    });
}

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
