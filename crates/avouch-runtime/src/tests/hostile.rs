//! Runtimes that stall, lie, break off or answer late.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use super::server::{Reply, Server};
use super::{PATIENCE, UNKNOWN, known, nothing, query, reason, resolve, until};
use crate::{Answer, Asked, Config, Limits, Reach, Resolver, RuntimeKind, UnknownReason};

const ID: &str = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";

fn inspect() -> String {
    json!({"Id": ID, "Name": "/web", "Created": "2026-11-23T12:00:00Z", "Image": "sha256:aa",
        "Config": {"Image": "shop:1", "Labels": {"tier": "front"}, "Env": ["A=1"], "User": "www"},
        "HostConfig": {"Privileged": true, "PidMode": "host", "NetworkMode": "bridge", "IpcMode": "private"},
        "NetworkSettings": {"IPAddress": "172.17.0.2"},
        "Mounts": [{"Source": "/var/run/docker.sock", "Destination": "/s", "Mode": "z", "RW": true, "Propagation": "rprivate"}]})
    .to_string()
}

/// Settings with one docker socket in the folder.
fn docker(dir: &std::path::Path) -> Config {
    Config { docker_sockets: vec!["/d.sock".into()], ..nothing(dir) }
}

fn ask_docker() -> crate::ContainerQuery {
    query(ID, &format!("/docker/{ID}"), RuntimeKind::Docker)
}

#[test]
fn docker_tells_all() {
    let dir = tempfile::tempdir().unwrap();
    let _server = Server::http(&dir.path().join("d.sock"), |asked| match asked.path.as_str() {
        path if path == format!("/containers/{ID}/json") => Reply::Text(200, inspect()),
        "/images/sha256:aa/json" => Reply::Text(200, json!({"RepoDigests": ["shop@sha256:bb"]}).to_string()),
        _ => Reply::Text(404, String::new()),
    });
    let (answers, counters) = resolve(docker(dir.path()), ask_docker());
    let c = known(&answers, ID).unwrap();
    let expected = json!({"id": "3ad7b26ded6d", "full_id": ID, "type": 0, "name": "web", "image": "shop:1",
        "imagerepo": "shop", "imagetag": "1", "imageid": "aa", "imagedigest": "sha256:bb", "User": "www",
        "ip": "172.17.0.2", "privileged": true, "host_pid": true, "host_network": false, "host_ipc": false,
        "is_pod_sandbox": false, "created_time": 1_795_435_200, "labels": {"tier": "front"}, "pod_sandbox_labels": {},
        "env": ["A=1"], "Mounts": [{"Source": "/var/run/docker.sock", "Destination": "/s", "Mode": "z", "RW": true,
        "Propagation": "rprivate"}]});
    assert_eq!(c, expected);
    assert_eq!((counters.asked, counters.answered, counters.late), (1, 1, 0));
}

#[test]
fn an_answer_that_comes_late_is_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let calls = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&calls);
    let _server = Server::http(&dir.path().join("d.sock"), move |asked| match asked.path.as_str() {
        path if path.starts_with("/containers/") && seen.fetch_add(1, Ordering::SeqCst) >= 2 => {
            Reply::Text(200, inspect())
        }
        _ => Reply::Text(404, String::new()),
    });
    let (answers, counters) = resolve(docker(dir.path()), ask_docker());
    assert!(known(&answers, ID).is_some());
    assert_eq!((calls.load(Ordering::SeqCst), counters.late), (3, 1));
}

#[test]
fn what_stays_unknown_has_its_reason() {
    type Case = (&'static str, fn() -> Reply, UnknownReason);
    let cases: [Case; 9] = [
        ("not found", || Reply::Text(404, "{}".into()), UnknownReason::NotFound),
        ("another container", || Reply::Text(200, inspect().replace(ID, "ab")), UnknownReason::NotFound),
        ("no id", || Reply::Text(200, "{}".into()), UnknownReason::NotFound),
        ("hangs", || Reply::Hang, UnknownReason::Failed),
        ("breaks off", || Reply::Close, UnknownReason::Failed),
        ("an error", || Reply::Text(500, "{}".into()), UnknownReason::Failed),
        ("not JSON", || Reply::Text(200, "<html>".into()), UnknownReason::Failed),
        ("deep", || Reply::Text(200, "[".repeat(200_000)), UnknownReason::Failed),
        ("too large", || Reply::Text(200, " ".repeat(1 << 20)), UnknownReason::Failed),
    ];
    let check = |(name, reply, expected): Case| {
        let dir = tempfile::tempdir().unwrap();
        let _server = Server::http(&dir.path().join("d.sock"), move |_| reply());
        let limits = Limits { response: 1 << 19, ..Limits::default() };
        let config = Config { wait: UNKNOWN, limits, ..docker(dir.path()) };
        let began = Instant::now();
        let (answers, counters) = resolve(config, ask_docker());
        assert!(began.elapsed() < PATIENCE / 2, "{name}: {:?}", began.elapsed());
        assert_eq!(reason(&answers, ID), Some(expected), "{name}");
        assert_eq!((counters.unknown_for(expected), counters.answered), (1, 0), "{name}");
    };
    // At the same time: each waits until its time is over.
    std::thread::scope(|scope| cases.map(|case| scope.spawn(move || check(case))).map(|t| t.join().unwrap()));
}

#[test]
fn without_any_runtime_it_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config { wait: Duration::from_millis(50), ..docker(dir.path()) };
    let resolver = Resolver::start(config).unwrap();
    resolver.ask(ask_docker());
    resolver.ask(query("../../etc", "/docker/../../etc", RuntimeKind::Docker));
    let answers = until(&resolver, "two answers", |answers| answers.len() == 2);
    assert_eq!(reason(&answers, ID), Some(UnknownReason::NoRuntime));
    assert_eq!(reason(&answers, "../../etc"), Some(UnknownReason::BadId));
    let docker = resolver.sources().into_iter().find(|(name, _)| name.starts_with("docker")).unwrap();
    assert_eq!(docker.1, Reach::NotThere);
}

#[test]
fn metadata_longer_than_the_state_takes_are_cut_and_counted() {
    let dir = tempfile::tempdir().unwrap();
    let _server = Server::http(&dir.path().join("d.sock"), |_| {
        let env: Vec<String> = (0..400).map(|i| format!("V{i}={}", "x".repeat(4000))).collect();
        let labels: serde_json::Map<String, serde_json::Value> =
            (0..300).map(|i| (format!("l{i}"), json!("y"))).collect();
        Reply::Text(200, json!({"Id": ID, "Config": {"Env": env, "Labels": labels, "Image": "shop:1"}}).to_string())
    });
    let (answers, counters) = resolve(docker(dir.path()), ask_docker());
    let c = known(&answers, ID).unwrap();
    assert!(c.get("env").is_none() && c.to_string().len() < 1 << 20);
    assert_eq!((c["labels"].as_object().unwrap().len(), &c["image"]), (256, &json!("shop:1")));
    assert_eq!(counters.left_out, 300 - 256 + 1);
}

#[test]
fn the_same_question_is_asked_once_and_a_full_queue_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let calls = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&calls);
    let _server = Server::http(&dir.path().join("d.sock"), move |_| {
        seen.fetch_add(1, Ordering::SeqCst);
        Reply::Hang
    });
    let config = Config { wait: UNKNOWN, queue: 8, ..docker(dir.path()) };
    let resolver = Resolver::start(config).unwrap();
    let asked = (0..1000).map(|_| resolver.ask(ask_docker())).filter(|a| *a == Asked::Queued).count();
    let answers = until(&resolver, "the answer", |answers| !answers.is_empty());
    assert_eq!(reason(&answers, ID), Some(UnknownReason::Failed));
    let counters = resolver.counters();
    assert_eq!(counters.asked + counters.overflow, 1000);
    assert_eq!(counters.asked, asked as u64);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    assert!(counters.merged > 0);
}

#[test]
fn docker_announces_what_runs_starts_and_goes_and_is_followed_after_a_break() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("d.sock");
    let handler = |events: fn() -> Reply| {
        move |asked: super::server::Asked| match asked.path.as_str() {
            "/containers/json" => Reply::Text(200, json!([{"Id": ID}]).to_string()),
            path if path.starts_with("/events") => events(),
            path if path.starts_with("/containers/") => {
                Reply::Text(200, inspect().replace(ID, &path["/containers/".len()..path.len() - "/json".len()]))
            }
            _ => Reply::Text(404, String::new()),
        }
    };
    let server = Server::http(
        &path,
        handler(|| {
            let event = |action: &str, id: &str| json!({"Action": action, "Actor": {"ID": id}}).to_string() + "\n";
            let both = event("start", "new") + &event("destroy", "old");
            // One event in two parts, as a socket may give it.
            Reply::Open(vec![both[..20].to_owned(), both[20..].to_owned()])
        }),
    );
    let resolver = Resolver::start(Config { announce: true, ..docker(dir.path()) }).unwrap();
    let gone =
        |answers: &[Answer], of: &str| answers.iter().any(|a| matches!(a, Answer::Removed { id, .. } if id == of));
    until(&resolver, "both and the end of one", |answers| {
        known(answers, ID).is_some() && known(answers, "new").is_some() && gone(answers, "old")
    });
    drop(server);
    let _server = Server::http(
        &path,
        handler(|| Reply::Open(vec![json!({"Action": "start", "Actor": {"ID": "later"}}).to_string() + "\n"])),
    );
    until(&resolver, "the one after the break", |answers| known(answers, "later").is_some());
    assert!(resolver.counters().breaks >= 1);
}
