//! The cluster's API: a server with recorded pods.

use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::recorded::fixtures;
use super::server::{Reply, Server};
use super::testdata::testdata;
use super::{is_partial, known, nothing, query, until};
use crate::{AccessConfig, Answer, Config, KubernetesConfig, Pod, PodLabels, Reach, Resolver, RuntimeKind};

/// Recorded lists of pods.
fn recorded() -> Option<[Value; 2]> {
    let dir = testdata()?.join("containers");
    let read = |name: &str| serde_json::from_str(&std::fs::read_to_string(dir.join(name)).unwrap()).unwrap();
    Some([read("kubelet_api_pods.json"), read("kubelet_pods_kubectl.json")])
}

fn config(root: &Path, server: &Server) -> Config {
    let file = root.join("kubeconfig");
    let text = format!(
        "current-context: c\ncontexts: [{{name: c, context: {{cluster: k, user: u}}}}]\n\
         clusters: [{{name: k, cluster: {{server: 'http://{}'}}}}]\nusers: [{{name: u, user: {{token: abc}}}}]\n",
        server.address.unwrap()
    );
    std::fs::write(&file, text).unwrap();
    let access = AccessConfig::Kubeconfig(file);
    Config { kubernetes: Some(KubernetesConfig { access, node_name: "vm".to_owned() }), ..nothing(root) }
}

fn list(items: &Value, version: &str) -> Reply {
    let list = json!({"kind": "PodList", "metadata": {"resourceVersion": version}, "items": items});
    Reply::Text(200, list.to_string())
}

fn line(kind: &str, object: &Value) -> String {
    json!({"type": kind, "object": object}).to_string() + "\n"
}

fn pods(answers: &[Answer]) -> Vec<&Pod> {
    answers.iter().filter_map(|a| if let Answer::Pod(pod) = a { Some(&**pod) } else { None }).collect()
}

#[test]
fn recorded_pods_are_told_with_owner_account_and_containers() {
    for recorded in recorded().into_iter().flatten() {
        let dir = tempfile::tempdir().unwrap();
        let server = Server::loopback(move |asked| {
            assert!(asked.path.contains("fieldSelector=spec.nodeName%3Dvm"), "{}", asked.path);
            assert_eq!(asked.authorization, "Bearer abc");
            if asked.path.contains("watch=1") { Reply::Open(Vec::new()) } else { list(&recorded["items"], "7") }
        });
        let resolver = Resolver::start(config(dir.path(), &server)).unwrap();
        let answers = until(&resolver, "four pods", |answers| pods(answers).len() == 4);
        let of = |name: &str| pods(&answers).into_iter().find(|p| p.name == name).unwrap();
        let web = of("web-55955db54c-kgh8d");
        assert_eq!(
            web.owner.as_ref().map(|o| (o.kind.as_str(), o.name.as_str())),
            Some(("ReplicaSet", "web-55955db54c"))
        );
        assert_eq!((web.labels["app"].as_str(), web.service_account.as_str()), ("web", "default"));
        let host = of("realhost");
        assert!(host.host_pid && host.host_network && !host.host_ipc && host.containers[0].privileged);
        assert_eq!(host.containers[0].host_mounts[0].source, "/etc");
        assert!(!host.containers[0].host_mounts[0].writable);
        let real = of("real");
        let ids: Vec<_> = real.containers.iter().map(|c| (c.name.as_str(), c.id.as_deref().map(str::len))).collect();
        assert_eq!(ids, [("main", Some(64)), ("debugger-9kfmm", Some(64))]);
        let reach = resolver.sources().into_iter().find(|(name, _)| name == "kubernetes").unwrap().1;
        assert_eq!(reach, Reach::Answers);
    }
}

#[test]
fn pods_of_a_cluster_full_of_bad_settings_are_told_as_they_are() {
    let Some(dir) = testdata() else { return };
    let text = std::fs::read_to_string(dir.join("k8s_audit/workloads/get_bad_pods.json")).unwrap();
    let recorded: Value = serde_json::from_str(&text).unwrap();
    let count = recorded["items"].as_array().unwrap().len();
    let dir = tempfile::tempdir().unwrap();
    let server = Server::loopback(move |asked| {
        if asked.path.contains("watch=1") { Reply::Open(Vec::new()) } else { list(&recorded["items"], "7") }
    });
    let resolver = Resolver::start(config(dir.path(), &server)).unwrap();
    let answers = until(&resolver, "all pods", |answers| pods(answers).len() == count);
    let named = |holds: fn(&Pod) -> bool| {
        let mut names: Vec<&str> = pods(&answers).into_iter().filter(|p| holds(p)).map(|p| p.name.as_str()).collect();
        names.sort_unstable();
        names
    };
    assert_eq!(named(|p| p.host_ipc), ["hostipc"]);
    assert_eq!(named(|p| p.host_network), ["ds-hostall-gwt6f", "ds-hostall-rbwd8", "hostnet"]);
    assert_eq!(
        named(|p| p.containers.iter().any(|c| c.privileged)),
        ["d-priv-55989b9656-lv9lw", "d-priv-6f6697774c-rjxr4", "default-sc", "init-priv", "priv"]
    );
    assert_eq!(
        named(|p| p.containers.iter().any(|c| c.host_mounts.iter().any(|m| m.source.ends_with("containerd.sock")))),
        ["hp-sock"]
    );
    assert_eq!(named(|p| p.owner.as_ref().is_some_and(|o| o.kind == "StatefulSet")), ["sts-root-0"]);
    assert_eq!(resolver.counters().bad_answers, 0);
}

/// Settings of a pod's own account, with the authority given.
fn in_cluster(root: &Path, server: &Server, authority: &str) -> Config {
    std::fs::write(root.join("ca.crt"), authority).unwrap();
    std::fs::write(root.join("token"), "of-the-pod\n").unwrap();
    let address = server.address.unwrap();
    let access =
        AccessConfig::InCluster { host: address.ip().to_string(), port: address.port(), account: root.to_owned() };
    Config { kubernetes: Some(KubernetesConfig { access, node_name: "vm".to_owned() }), ..nothing(root) }
}

#[test]
fn within_the_cluster_the_authority_of_the_account_counts() {
    let serve = || {
        Server::tls(|asked| {
            assert_eq!(asked.authorization, "Bearer of-the-pod");
            if asked.path.contains("watch=1") {
                Reply::Open(Vec::new())
            } else {
                list(&json!([pod("p1", "9", &json!({}))]), "9")
            }
        })
    };
    let dir = tempfile::tempdir().unwrap();
    let (server, authority) = serve();
    let resolver = Resolver::start(in_cluster(dir.path(), &server, &authority)).unwrap();
    until(&resolver, "the pod", |answers| pods(answers).len() == 1);

    // The same server behind another certificate is not believed.
    let (impostor, _) = serve();
    let resolver = Resolver::start(in_cluster(dir.path(), &impostor, &authority)).unwrap();
    let reach = || resolver.sources().into_iter().find(|(name, _)| name == "kubernetes").unwrap().1;
    let answers = until(&resolver, "the refusal", |_| matches!(reach(), Reach::Fails(_)));
    assert!(pods(&answers).is_empty());
}

#[test]
fn a_container_that_only_the_cluster_knows_is_known_in_part() {
    let Some([recorded, _]) = recorded() else { return };
    let dir = tempfile::tempdir().unwrap();
    let server = Server::loopback(move |asked| {
        if asked.path.contains("watch=1") { Reply::Open(Vec::new()) } else { list(&recorded["items"], "7") }
    });
    let resolver = Resolver::start(config(dir.path(), &server)).unwrap();
    until(&resolver, "four pods", |answers| pods(answers).len() == 4);
    let fixture = fixtures().into_iter().find(|f| f.folder == "kubelet-realhost-main").unwrap();
    resolver.ask(query(&fixture.id, &fixture.cgroup, RuntimeKind::Cri));
    let answers = until(&resolver, "the container", |answers| !answers.is_empty());
    let c = known(&answers, &fixture.id).unwrap();
    assert!(is_partial(&answers, &fixture.id));
    assert_eq!((&c["name"], &c["image"], &c["privileged"]), (&json!("main"), &json!("localhost/box:1"), &json!(true)));
    assert_eq!((&c["host_pid"], &c["host_network"]), (&json!(true), &json!(true)));
    assert_eq!(c["labels"]["io.kubernetes.pod.name"], "realhost");
    assert_eq!(
        c["Mounts"],
        json!([{"Source": "/etc", "Destination": "/host", "Mode": "", "RW": false, "Propagation": ""}])
    );
}

fn pod(uid: &str, version: &str, labels: &Value) -> Value {
    json!({"metadata": {"uid": uid, "name": uid, "namespace": "n", "resourceVersion": version, "labels": labels},
        "spec": {"containers": [{"name": "main", "image": "a:1",
            "livenessProbe": {"exec": {"command": ["cat", "/tmp/ok"]}}}]},
        "status": {"podIP": "10.0.0.9", "containerStatuses": [{"name": "main", "containerID": format!("containerd://{uid}-c")}]}})
}

#[test]
fn the_watch_follows_changes_bad_objects_and_a_forgotten_version() {
    let dir = tempfile::tempdir().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let server = Server::loopback(move |asked| {
        let mut seen = seen.lock().unwrap();
        seen.push(asked.path.clone());
        let watches = seen.iter().filter(|p| p.contains("watch=1")).count();
        if asked.path.contains("watch=1") {
            return match watches {
                1 => Reply::Text(
                    200,
                    line("ADDED", &pod("p2", "11", &json!({})))
                        + "not json\n"
                        + &line("MODIFIED", &json!({"metadata": {"labels": 7}}))
                        + &line("MODIFIED", &pod("p1", "12", &json!({"app": "new"})))
                        + &line("BOOKMARK", &json!({"metadata": {"resourceVersion": "20"}})),
                ),
                2 => Reply::Text(200, line("ERROR", &json!({"code": 410}))),
                3 => Reply::Text(410, "{}".to_owned()),
                _ => Reply::Open(vec![line("DELETED", &pod("p1", "40", &json!({"app": "new"})))]),
            };
        }
        match watches {
            0 if asked.path.contains("continue=next") => list(&json!([pod("p1", "9", &json!({"app": "old"}))]), "10"),
            0 => Reply::Text(
                200,
                json!({"metadata": {"continue": "next"}, "items": [pod("p0", "8", &json!({}))]}).to_string(),
            ),
            // Later lists no longer have p0 and p2.
            _ => list(&json!([pod("p1", "12", &json!({"app": "new"}))]), "30"),
        }
    });
    let resolver = Resolver::start(config(dir.path(), &server)).unwrap();
    let gone = |answers: &[Answer]| -> Vec<String> {
        answers.iter().filter_map(|a| if let Answer::PodGone(p) = a { Some(p.uid.clone()) } else { None }).collect()
    };
    let answers = until(&resolver, "the end of p1", |answers| gone(answers).iter().any(|uid| uid == "p1"));
    let told: Vec<_> =
        pods(&answers).iter().map(|p| (p.uid.as_str(), p.labels.get("app").map(String::as_str))).collect();
    assert_eq!(told, [("p0", None), ("p1", Some("old")), ("p2", None), ("p1", Some("new"))]);
    assert_eq!(gone(&answers), ["p0", "p2", "p1"]);
    assert_eq!(resolver.counters().bad_answers, 2);
    let asked = asked.lock().unwrap().clone();
    let versions: Vec<_> = asked.iter().filter_map(|p| p.split("resourceVersion=").nth(1)?.split('&').next()).collect();
    assert_eq!(versions, ["10", "20", "30", "30"]);
}

#[test]
fn a_pod_adds_probes_and_labels_to_what_the_runtime_tells() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::loopback(|asked| {
        if asked.path.contains("watch=1") {
            Reply::Open(Vec::new())
        } else {
            list(&json!([pod("p1", "9", &json!({"app": "x"}))]), "9")
        }
    });
    let _docker = Server::http(&dir.path().join("d.sock"), |asked| match asked.path.as_str() {
        "/containers/p1-c/json" => Reply::Text(200, json!({"Id": "p1-c", "Name": "/k8s_main"}).to_string()),
        _ => Reply::Text(404, String::new()),
    });
    let config = Config { docker_sockets: vec!["/d.sock".into()], ..config(dir.path(), &server) };
    let resolver = Resolver::start(config).unwrap();
    until(&resolver, "the pod", |answers| pods(answers).len() == 1);
    resolver.ask(query("p1-c", "/kubepods/podp1/p1-c", RuntimeKind::Docker));
    let answers = until(&resolver, "the container", |answers| !answers.is_empty());
    let c = known(&answers, "p1-c").unwrap();
    assert_eq!(
        (&c["name"], &c["pod_sandbox_labels"]["app"], &c["ip"]),
        (&json!("k8s_main"), &json!("x"), &json!("10.0.0.9"))
    );
    assert_eq!(c["LivenessProbe"], json!({"exe": "cat", "args": ["/tmp/ok"]}));
    assert!(c.get("ReadinessProbe").is_none() && !is_partial(&answers, "p1-c"));
}

#[test]
fn a_cluster_that_refuses_is_shown_as_failing() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::loopback(|_| Reply::Text(403, "{}".to_owned()));
    let resolver = Resolver::start(config(dir.path(), &server)).unwrap();
    let fails = || {
        resolver
            .sources()
            .into_iter()
            .any(|(name, reach)| name == "kubernetes" && matches!(&reach, Reach::Fails(why) if why.contains("403")))
    };
    until(&resolver, "the refusal", |_| fails());
}

#[test]
fn a_pod_is_labelled_by_a_merge_patch() {
    let dir = tempfile::tempdir().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    let server = Server::loopback(move |asked| {
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        let other = body["metadata"]["uid"] == "of-another";
        told.lock().unwrap().push((asked.path, asked.authorization, body));
        if other { Reply::Text(409, "{}".to_owned()) } else { Reply::Text(200, "{}".to_owned()) }
    });
    let access = config(dir.path(), &server).kubernetes.unwrap().access;
    let labels = [("avouch.io/quarantine".to_owned(), "true".to_owned())].into();
    let pods = PodLabels::new(access);
    pods.set("shop", "web-1", Some("u-1"), &labels).unwrap();
    let wanted = json!({"metadata": {"labels": {"avouch.io/quarantine": "true"}, "uid": "u-1"}});
    assert_eq!(
        *seen.lock().unwrap(),
        [("/api/v1/namespaces/shop/pods/web-1".to_owned(), "Bearer abc".to_owned(), wanted)]
    );
    let refused = pods.set("shop", "web-1", Some("of-another"), &labels).unwrap_err().to_string();
    assert!(refused.contains("409"), "{refused}");
    for (namespace, name) in [("a/b", "c"), ("a", ".."), ("", "c"), ("a", "c?x=1")] {
        assert!(pods.set(namespace, name, None, &labels).is_err(), "{namespace} {name}");
    }
    assert_eq!(seen.lock().unwrap().len(), 2, "names that are none are not asked for");
}
