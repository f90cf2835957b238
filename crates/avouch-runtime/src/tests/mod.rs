//! The whole crate against servers that speak, stall or lie, and against real containers' metadata.

mod cluster;
mod fixtures;
mod hostile;
mod live;
mod live_cri;
mod machine;
mod recorded;
mod runtimes;
mod server;
#[path = "../../../avouch-conformance/src/recordings.rs"]
mod testdata;

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{Answer, Config, ContainerQuery, Resolver, RuntimeKind, UnknownReason, short_id};

/// Far beyond what is needed, also on a machine with much else to do: a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a test waits for an answer that says "unknown": what is there must have answered by then.
const UNKNOWN: Duration = Duration::from_secs(3);

/// Settings that reach nothing of this machine, and wait long for what is there.
fn nothing(root: &Path) -> Config {
    Config {
        docker_sockets: Vec::new(),
        podman_sockets: Vec::new(),
        containerd_sockets: Vec::new(),
        cri_sockets: Vec::new(),
        podman_storage: Vec::new(),
        oci_state: Vec::new(),
        bundles: Vec::new(),
        root: root.to_owned(),
        announce: false,
        wait: PATIENCE / 2,
        call: PATIENCE / 2,
        ..Config::default()
    }
}

fn query(full_id: &str, cgroup_path: &str, guessed: RuntimeKind) -> ContainerQuery {
    ContainerQuery {
        id: short_id(full_id).to_owned(),
        full_id: full_id.to_owned(),
        cgroup_path: cgroup_path.to_owned(),
        pid: None,
        guessed,
    }
}

/// Polls until the condition holds for all answers so far.
fn until(resolver: &Resolver, what: &str, mut holds: impl FnMut(&[Answer]) -> bool) -> Vec<Answer> {
    let began = Instant::now();
    let mut answers = Vec::new();
    while !holds(&answers) {
        assert!(began.elapsed() < PATIENCE, "{what}: {answers:?} {:?}", resolver.counters());
        if resolver.poll(&mut |answer| answers.push(answer)) == 0 {
            sleep(Duration::from_millis(1));
        }
    }
    answers
}

/// The object of a known container.
fn known(answers: &[Answer], full: &str) -> Option<Value> {
    answers.iter().find_map(|answer| match answer {
        Answer::Known { full_id, json, .. } if full_id == full => {
            Some(serde_json::from_str::<Value>(json).unwrap()["container"].clone())
        }
        _ => None,
    })
}

fn is_partial(answers: &[Answer], full: &str) -> bool {
    answers.iter().any(|a| matches!(a, Answer::Known { full_id, partial: true, .. } if full_id == full))
}

fn reason(answers: &[Answer], full: &str) -> Option<UnknownReason> {
    answers.iter().find_map(|answer| match answer {
        Answer::Unknown { full_id, reason, .. } if full_id == full => Some(*reason),
        _ => None,
    })
}

/// Asks and waits for the one answer.
fn resolve(config: Config, query: ContainerQuery) -> (Vec<Answer>, crate::Counters) {
    let resolver = Resolver::start(config).unwrap();
    resolver.ask(query);
    let answers = until(&resolver, "an answer", |answers| !answers.is_empty());
    let counters = resolver.counters();
    (answers, counters)
}
