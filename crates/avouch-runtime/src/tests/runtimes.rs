//! gRPC servers that stall, lie or have too much to say.

use std::time::Duration;

use prost::Message;

use super::server::{Asked, Reply, Server};
use super::{UNKNOWN, known, nothing, query, reason, resolve};
use crate::proto::{containerd as p, cri};
use crate::{Config, Limits, RuntimeKind, UnknownReason};

const ID: &str = "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e";

fn status(id: &str) -> Vec<u8> {
    let status = cri::ContainerStatus { id: id.to_owned(), ..cri::ContainerStatus::default() };
    cri::ContainerStatusResponse { status: Some(status), info: [("info".to_owned(), "{".to_owned())].into() }
        .encode_to_vec()
}

#[test]
fn a_runtime_that_does_not_answer_as_it_should_leaves_the_container_unknown() {
    type Case = (&'static str, fn() -> Reply, UnknownReason);
    let cases: [Case; 9] = [
        ("not found", || Reply::Status(5), UnknownReason::NotFound),
        ("no such interface", || Reply::Status(12), UnknownReason::NotFound),
        ("another container", || Reply::Message(status("ab")), UnknownReason::NotFound),
        ("unavailable", || Reply::Status(14), UnknownReason::Failed),
        ("hangs", || Reply::Hang, UnknownReason::Failed),
        ("breaks off", || Reply::Close, UnknownReason::Failed),
        ("no message", || Reply::Raw(Vec::new()), UnknownReason::Failed),
        ("a length without end", || Reply::Raw(vec![0, 255, 255, 255, 255, 1]), UnknownReason::Failed),
        ("no protobuf", || Reply::Raw(vec![0, 0, 0, 0, 2, 255, 255]), UnknownReason::Failed),
    ];
    let check = |(name, reply, expected): Case| {
        let dir = tempfile::tempdir().unwrap();
        let _server = Server::grpc(&dir.path().join("r.sock"), move |_| reply());
        let config = Config {
            cri_sockets: vec!["/r.sock".into()],
            wait: UNKNOWN,
            limits: Limits { response: 1 << 16, ..Limits::default() },
            ..nothing(dir.path())
        };
        let (answers, _) = resolve(config, query(ID, &format!("/kubepods/pod1/{ID}"), RuntimeKind::Docker));
        assert_eq!(reason(&answers, ID), Some(expected), "{name}: {answers:?}");
    };
    // At the same time: each waits until its time is over.
    std::thread::scope(|scope| cases.map(|case| scope.spawn(move || check(case))).map(|t| t.join().unwrap()));
}

#[test]
fn verbose_parts_that_do_not_read_leave_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let _server = Server::grpc(&dir.path().join("r.sock"), |asked: Asked| match asked.path.as_str() {
        cri::VERSION => Reply::Message(cri::VersionResponse { runtime_name: "cri-o".to_owned() }.encode_to_vec()),
        cri::CONTAINER_STATUS => Reply::Message(status(ID)),
        _ => Reply::Status(12),
    });
    let config = Config { cri_sockets: vec!["/r.sock".into()], ..nothing(dir.path()) };
    let (answers, _) = resolve(config, query(ID, &format!("/kubepods.slice/crio-{ID}.scope"), RuntimeKind::Cri));
    let c = known(&answers, ID).unwrap();
    assert_eq!(c["type"], 8);
    assert!(c.get("privileged").is_none() && c.get("host_pid").is_none());
}

/// A containerd with the same name in two namespaces.
fn twins(path: &std::path::Path) -> Server {
    Server::grpc(path, |asked: Asked| match asked.path.as_str() {
        p::LIST_NAMESPACES => {
            let namespaces = ["a", "b", "c"].map(|n| p::ByName { name: n.to_owned() }).to_vec();
            Reply::Message(p::Namespaces { namespaces }.encode_to_vec())
        }
        p::GET_CONTAINER if asked.namespace == "a" || asked.namespace == "b" => {
            let labels = [("of".to_owned(), asked.namespace)].into();
            let container = p::Container { id: "web".to_owned(), labels, ..p::Container::default() };
            Reply::Message(p::ContainerResponse { container: Some(container) }.encode_to_vec())
        }
        _ => Reply::Status(5),
    })
}

#[test]
fn a_name_in_two_namespaces_is_told_apart_by_the_cgroup_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let _server = twins(&dir.path().join("c.sock"));
    let config = Config { containerd_sockets: vec!["/c.sock".into()], wait: UNKNOWN, ..nothing(dir.path()) };
    let (answers, _) = resolve(config.clone(), query("web", "/b/web", RuntimeKind::Containerd));
    assert_eq!(known(&answers, "web").unwrap()["labels"]["of"], "b");
    let (answers, counters) = resolve(config, query("web", "/elsewhere/web", RuntimeKind::Containerd));
    assert_eq!(reason(&answers, "web"), Some(UnknownReason::Ambiguous));
    assert_eq!(counters.unknown_for(UnknownReason::Ambiguous), 1);
}

#[test]
fn a_runtime_that_hangs_does_not_delay_the_containers_of_another() {
    let dir = tempfile::tempdir().unwrap();
    let _hangs = Server::http(&dir.path().join("d.sock"), |_| Reply::Hang);
    let _server = twins(&dir.path().join("c.sock"));
    let config = Config {
        containerd_sockets: vec!["/c.sock".into()],
        docker_sockets: vec!["/d.sock".into()],
        call: Duration::from_secs(3600),
        wait: Duration::from_secs(3600),
        ..nothing(dir.path())
    };
    let (answers, counters) = resolve(config, query("web", "/a/web", RuntimeKind::Containerd));
    assert_eq!(known(&answers, "web").unwrap()["labels"]["of"], "a");
    assert_eq!(counters.late, 0);
}
