//! Real processes: server and sensor in one, and a server that waits for audit records.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use avouch_finding::{ChangeAction, Fact, Kind};
use avouch_store::{Filter, Page, Period, Store};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Far beyond what is needed: a test that waits so long has failed.
const LONG: Duration = Duration::from_secs(60);

fn avouch(args: &[&str]) -> Command {
    let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut command = Command::new(env!("CARGO_BIN_EXE_avouch"));
    command.args(args).current_dir(root).env("NO_COLOR", "1").stdin(Stdio::null()).stdout(Stdio::null());
    command
}

fn reader(data: &Path) -> avouch_store::Reader {
    Store::open(data.join("store"), avouch_store::Options::default()).unwrap().reader().unwrap()
}

fn assert_intact(data: &str) {
    let verified = avouch(&["verify", data]).stdout(Stdio::piped()).output().unwrap();
    let text = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(verified.status.success() && text.contains("ledger: intact"), "{text}");
}

/// A server process, where it listens; what it says goes on being read.
fn server(args: &[&str]) -> (Child, String) {
    let mut child = avouch(args).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = lines.by_ref().map(Result::unwrap).find(|l| l.contains("listens on")).unwrap();
    let at = line.rsplit("//").next().unwrap().to_owned();
    std::thread::spawn(move || lines.for_each(drop));
    (child, at)
}

fn get(at: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(at).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\n\r\n").unwrap();
    let mut out = String::new();
    stream.read_to_string(&mut out).unwrap();
    out
}

fn end(child: &mut Child) {
    kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGTERM).unwrap();
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return;
        }
        if begun.elapsed() > LONG {
            child.kill().unwrap();
            panic!("it does not end");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_the_sensor_of_this_process_finds_is_in_the_servers_evidence_and_ends_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let data_text = data.to_str().unwrap();
    let args = ["up", "--capture", "recordings/web-intrusion.scap", "--rules", "rules", "--matching", "all", "--quiet"];
    let place = ["--data", data_text, "--listen", "127.0.0.1:0", "--node", "n1", "--cluster", "lab"];
    // It judges audit records as `server` does.
    let trail = dir.path().join("trail");
    std::fs::create_dir(&trail).unwrap();
    let audit = ["--k8s-cluster", "prod", "--cloudtrail-dir", trail.to_str().unwrap()];
    let status = avouch(&[&args[..], &place[..], &audit[..]].concat()).stderr(Stdio::null()).status().unwrap();
    assert!(status.success(), "{status}");
    assert_intact(data_text);
    let mut store = reader(&data);
    let found = store.findings(&Filter::default(), Page::default()).unwrap();
    assert!(found.rows.iter().any(|f| &*f.rule == "Shell history removed" && &*f.node == "n1"), "{found:?}");
    // The run of the sensor is closed before the ledger is.
    let mut run = |kind| store.facts(kind, Period::ALL).unwrap().into_iter().map(|f| f.fact).collect::<Vec<_>>();
    let (starts, stops) = (run(Kind::Start), run(Kind::Stop));
    assert!(matches!(&stops[..], [Fact::Stop(stop)] if stop.node == "n1"), "{stops:?}");
    assert!(matches!(&starts[..], [Fact::Start(start)] if start.cluster == "lab"), "{starts:?}");
    let stretches = store.stretches(Period::ALL).unwrap();
    let expected =
        stretches.iter().any(|s| s.observation.node == "prod" && s.observation.sources.contains_key("k8s_audit"));
    assert!(expected, "the cluster counts as expected, and not watched: {stretches:?}");
}

#[test]
fn a_server_that_waits_for_an_api_server_is_not_ready_and_its_ledger_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let data_text = data.to_str().unwrap();
    let args = ["server", "--rules", "rules", "--k8s-cluster", "prod", "--data", data_text, "--listen", "127.0.0.1:0"];
    let (mut child, at) = server(&args);
    assert!(get(&at, "/healthz").starts_with("HTTP/1.1 200"), "it lives");
    assert!(get(&at, "/readyz").starts_with("HTTP/1.1 503"), "nothing is watched");
    end(&mut child);
    assert_intact(data_text);
    let stretches = reader(&data).stretches(Period::ALL).unwrap();
    let observation = &stretches[0].observation;
    let source = &observation.sources["k8s_audit"];
    assert_eq!(observation.node, "prod");
    assert_eq!(source.state, avouch_finding::Watching::Down);
    assert!(source.reason.starts_with("no event ever came"), "{}", source.reason);
}

#[test]
fn flags_that_cannot_work_are_refused_before_anything_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let data_text = data.to_str().unwrap();
    for args in [
        &["server", "--k8s-cluster", "prod"][..],
        &["server", "--listen", "0.0.0.0:0"],
        &["server", "--rules", "rules", "--cloudtrail-bucket", "b"],
        &["up", "--rules", "rules", "--server", "https://other.example"],
        &["up", "--rules", "rules", "--cloudtrail-bucket", "b", "--cloudtrail-region", "eu-west-1"],
        &["agent", "--rules", "rules", "--rules-from-server", "--server", "https://other.example"],
        &["agent", "--rules-from-server"],
        &["agent"],
    ] {
        let out = avouch(&[args, &["--data", data_text]].concat()).env_remove("AWS_ACCESS_KEY_ID").output().unwrap();
        assert!(!out.status.success(), "{args:?}");
        assert!(!data.exists(), "{args:?}");
    }
}

#[test]
fn acceptances_that_others_told_of_are_not_told_as_removed() {
    let dir = tempfile::tempdir().unwrap();
    let (data, accepted) = (dir.path().join("data"), dir.path().join("accepted.yaml"));
    let text = "acceptances: [{id: A, rule: Terminal shell in container, condition: proc.name = sh, reason: r, requester: ann, approver: bob, \
                from: 2020-01-01, expires: 2020-12-31}]";
    std::fs::write(&accepted, text).unwrap();
    let (data_text, accepted_text) = (data.to_str().unwrap(), accepted.to_str().unwrap());
    let recording = "recordings/web-intrusion.scap";
    let rules = ["--rules", "rules", "--matching", "all", "--quiet", "--data", data_text];
    let other = ["replay", recording, "--node", "other", "--acceptances", accepted_text];
    let own = ["up", "--capture", recording, "--node", "n1", "--listen", "127.0.0.1:0"];
    for args in [&other[..], &own[..]] {
        let ended = avouch(&[args, &rules[..]].concat()).stderr(Stdio::piped()).output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
    let facts = reader(&data).facts(Kind::Acceptance, Period::ALL).unwrap();
    let told: Vec<ChangeAction> = facts
        .iter()
        .filter_map(|f| match &f.fact {
            Fact::Acceptance(change) => Some(change.action),
            _ => None,
        })
        .collect();
    assert_eq!(told, [ChangeAction::Added]);
}
