//! Real podman (with and without its service), docker and containerd of this machine. Where they are not installed or may
//! not run, the tests say so and skip.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

use super::machine::{Podman, Running, below, cgroup, containerd, ctr, or_skip, rootfs, run, wait_for};
use super::{known, query, resolve, until};
use crate::{Answer, Config, Resolver, RuntimeKind, from_podman_inspect};

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

#[test]
fn docker_of_this_machine() {
    let dir = tempfile::tempdir().unwrap();
    or_skip!(run("dockerd", &["--version"], dir.path()));
    let tar = or_skip!(rootfs(dir.path()));
    let here = dir.path().display();
    let socket = dir.path().join("d.sock");
    let url = format!("unix://{}", socket.display());
    let own = format!("--data-root {here}/data --exec-root {here}/exec -p {here}/pid --storage-driver vfs -H {url}");
    let log = fs::File::create(dir.path().join("d.log")).unwrap();
    let daemon = Command::new("dockerd")
        .args(own.split(' '))
        .args(["--bridge", "none", "--iptables=false"])
        .stdout(Stdio::null())
        .stderr(log)
        .spawn();
    let _daemon = Running(daemon.unwrap());
    or_skip!(wait_for(&socket));
    let docker = |rest: &[&str]| run("docker", &[&["-H", &url], rest].concat(), dir.path());
    or_skip!(docker(&["import", &tar, "box:1"]));
    let config = Config { docker_sockets: vec![socket.clone()], announce: true, ..below(Path::new("/")) };
    let resolver = Resolver::start(config).unwrap();
    let started = docker(&[
        "run",
        "-d",
        "--network",
        "none",
        "--pid",
        "host",
        "--name",
        "shop",
        "--label",
        "tier=front",
        "-v",
        "/etc:/host:ro",
        "--health-cmd",
        "exit 0",
        "box:1",
        "/bin/sleep",
        "600",
    ]);
    let id = or_skip!(started);
    let answers = until(&resolver, "the container that nobody asked for", |answers| known(answers, &id).is_some());
    let c = known(&answers, &id).unwrap();
    eprintln!("docker: {c}");
    assert_eq!((&c["type"], &c["name"], &c["image"]), (&json!(0), &json!("shop"), &json!("box:1")));
    assert_eq!((&c["host_pid"], &c["host_network"], &c["privileged"]), (&json!(true), &json!(false), &json!(false)));
    assert_eq!((&c["labels"]["tier"], &c["Healthcheck"]["exe"]), (&json!("front"), &json!("/bin/sh")));
    assert_eq!((&c["Mounts"][0]["Source"], &c["Mounts"][0]["RW"]), (&json!("/etc"), &json!(false)));
    assert!(c["imageid"].as_str().is_some_and(|id| id.len() == 64) && c["created_time"].as_i64().is_some());
    docker(&["rm", "-f", "shop"]).unwrap();
    until(&resolver, "the end of the container", |answers| {
        answers.iter().any(|a| matches!(a, Answer::Removed { id: of, .. } if id.starts_with(of.as_str())))
    });
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
