//! The agent on the real kernel when things go wrong: death, overflow, floods of processes. Nothing wrong may be said, and what
//! was not seen must show as a count or a gap.
//!
//! Needs root and a kernel that takes the sensor; else the tests say that they are skipped, which is a failure with CI=true. With
//! AVOUCH_LIVE_DATA=1 every agent keeps evidence as well, which has to verify once it ended.

#![expect(clippy::expect_used, clippy::print_stdout, reason = "a test")]

mod agent;
mod integrity;
mod pids_cgroup;
mod responses;
mod served;
mod unseen;

use std::fs::{self, DirEntry};
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use agent::{Agent, PATIENCE, RULES, alone, shell, verified};
use avouch_finding::{Fact, Kind};
use avouch_store::{Filter, Page, Period};
use pids_cgroup::PidsCgroup;
use serde_json::Value;

/// A port that nobody listens at, below those that the kernel gives to connections: nobody takes it by chance, not even a
/// connection to itself.
fn free_port() -> u16 {
    let from = 20_000 + u16::try_from(std::process::id() % 12_000).expect("a small number");
    (from..32_000).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a free port")
}

/// A command that leaves a mark which the rule of these tests looks for.
fn mark(name: &str) {
    shell(&format!("true; exec /bin/cat /etc/hostname-of-{name} 2>/dev/null"));
}

/// Waits until the ledger has a text; a process that is killed takes nothing of it back.
fn until_recorded(data: &Path, text: &str) {
    let has = |file: std::io::Result<DirEntry>| {
        file.and_then(|f| fs::read(f.path())).is_ok_and(|lines| lines.windows(text.len()).any(|w| w == text.as_bytes()))
    };
    let end = Instant::now() + PATIENCE;
    while !fs::read_dir(data.join("ledger/segments")).is_ok_and(|mut files| files.any(has)) {
        assert!(Instant::now() < end, "{text} is not recorded");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_is_detected_is_told_within_a_second() {
    let Some(_alone) = alone() else { return };
    let agent = Agent::start(RULES, &[]);
    // The machine may stand still for a moment, for which the agent is not to blame: the best of some tries counts.
    let tries = (0..5).map(|n| {
        let acted = Instant::now();
        mark(&format!("latency-{n}"));
        (agent.alert(&format!("latency-{n}")), acted.elapsed())
    });
    let (alert, took) = tries.min_by_key(|(_, took)| *took).expect("some tries");
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(alert["rule"], "Marked file opened");
    assert_eq!(alert["output_fields"]["proc.name"], "cat");
    let end = agent.stop();
    assert!(end.observations.iter().any(|o| o["kind"] == "stop" && o["reason"] == "SIGTERM"), "{:?}", end.observations);
}

#[test]
fn an_agent_that_numbers_processes_otherwise_does_not_start() {
    let Some(_alone) = alone() else { return };
    let rules = tempfile::tempdir().expect("make a folder");
    let file = rules.path().join("rules.yaml");
    std::fs::write(&file, RULES).expect("write rules");
    // A pid namespace and a /proc of its own, as in a pod that does not ask for the machine's.
    let out = Command::new("unshare")
        .args(["--pid", "--fork", "--mount-proc", env!("CARGO_BIN_EXE_avouch"), "agent", "--for", "1", "--rules"])
        .arg(&file)
        .output()
        .expect("run unshare");
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(2), "{said}");
    assert!(said.contains("hostPID: true") && said.contains("pid namespace"), "{said}");
}

#[test]
fn rules_are_exchanged_on_sighup_and_the_kernel_is_told() {
    let Some(_alone) = alone() else { return };
    let agent = Agent::start(RULES, &[]);
    mark("old");
    agent.alert("old");
    let of_folders = RULES.replace("(open, openat, openat2)", "(mkdir, mkdirat)").replace("arg.name", "arg.path");
    std::fs::write(agent.rules(), of_folders).expect("write other rules");
    agent.hang_up();
    // The file is no matter of the rules any more, the folder is: a call that was not collected before.
    // Two shells: a command line that names both would make an alert about the one look as if it were about the other.
    let act = || {
        shell("true < /etc/hostname-of-opened");
        shell("mkdir /nowhere/hostname-of-made");
    };
    agent.alert_by(act, "made");
    let before = agent.records("findings.jsonl").iter().filter(|f| f.to_string().contains("-of-opened")).count();
    act();
    agent.alert("made");
    let end = agent.stop();
    let opened = end.findings.iter().filter(|f| f.to_string().contains("-of-opened")).count();
    assert_eq!(opened, before, "{:?}", end.findings);
    assert!(end.observations.iter().any(|o| o["kind"] == "rules"), "{:?}", end.observations);
}

#[test]
fn a_connection_that_is_refused_is_activity() {
    let Some(_alone) = alone() else { return };
    let agent = Agent::start(RULES, &["--activity"]);
    let port = free_port();
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err(), "nobody listens there any more");
    mark("connected");
    agent.alert("connected");
    let end = agent.stop();
    let ours = |r: &&Value| r["kind"] == "connection" && r["port"] == port && r["direction"] == "out";
    let told = end.activity.iter().find(ours).unwrap_or_else(|| panic!("no such connection: {:?}", end.activity));
    assert_eq!((&told["address"], &told["results"]["errno 111"]), (&"127.0.0.1".into(), &1.into()), "{told}");
}

#[test]
fn a_killed_agent_leaves_a_gap_that_the_next_one_tells() {
    let Some(_alone) = alone() else { return };
    let agent = Agent::start(RULES, &[]);
    mark("before");
    agent.alert("before");
    let dir = agent.kill();
    mark("between");
    let agent = Agent::start_in(dir, RULES, &[]);
    mark("after");
    agent.alert("after");
    let end = agent.stop();
    let kinds: Vec<&str> = end.observations.iter().filter_map(|o| o["kind"].as_str()).collect();
    let gap = end.observations.iter().find(|o| o["kind"] == "gap").unwrap_or_else(|| panic!("no gap in {kinds:?}"));
    assert!(gap["from"].as_str() < gap["to"].as_str(), "{gap}");
    assert!(gap["reason"].as_str().unwrap().contains("no stop record"), "{gap}");
    let named = |mark: &str| end.findings.iter().any(|f| f.to_string().contains(&format!("hostname-of-{mark}")));
    assert!(named("before") && named("after"));
    assert!(!named("between"), "nobody watched then");
}

#[test]
fn a_killed_agent_that_keeps_evidence_leaves_it_whole_and_the_next_one_tells_of_the_gap() {
    let Some(_alone) = alone() else { return };
    let dir = tempfile::tempdir().expect("make a folder");
    // Its files go with an agent that ended; the evidence is looked at after that.
    let evidence = tempfile::tempdir().expect("make a folder");
    let data = evidence.path().join("data");
    let place = data.display().to_string();
    let keeping = ["--data", &place, "--node", "n1", "--activity"];
    let mut dir = Some(dir);
    // Killed while much is written, several times: once could be luck.
    for life in 0..3 {
        let agent = Agent::start_in(dir.take().expect("a folder"), RULES, &keeping);
        mark(&format!("life-{life}"));
        agent.alert(&format!("life-{life}"));
        shell("i=0; while [ $i -lt 300 ]; do /bin/true; i=$((i+1)); done");
        until_recorded(&data, &format!("hostname-of-life-{life}"));
        let mut flood = Command::new("/bin/sh").args(["-c", "while :; do /bin/true; done"]).spawn().expect("run sh");
        std::thread::sleep(Duration::from_millis(200));
        dir = Some(agent.kill());
        flood.kill().expect("end the flood");
        flood.wait().expect("wait for the flood");
        mark(&format!("between-{life}"));
        let report = verified(&data);
        assert!(report.contains("ledger: "), "{report}");
    }
    Agent::start_in(dir.take().expect("a folder"), RULES, &keeping).stop();
    let report = verified(&data);
    assert!(report.contains("ledger: intact"), "{report}");
    let store = avouch_store::Store::open(data.join("store"), avouch_store::Options::default()).expect("a store");
    let mut reader = store.reader().expect("a reader");
    let found = format!("{:?}", reader.findings(&Filter::default(), Page::default()).expect("findings").rows);
    for life in 0..3 {
        assert!(
            found.contains(&format!("hostname-of-life-{life}")),
            "what was safe before it was killed is lost: {life}"
        );
        assert!(!found.contains(&format!("hostname-of-between-{life}")), "nobody watched then");
    }
    let gaps = reader.facts(Kind::Gap, Period::ALL).expect("gaps");
    let died =
        |f: &avouch_store::StoredFact| matches!(&f.fact, Fact::Gap(g) if g.reason == "the agent died" && g.from < g.to);
    assert_eq!(gaps.iter().filter(|f| died(f)).count(), 3, "{gaps:?}");
}

#[test]
fn an_overflow_is_counted_and_taints() {
    let Some(_alone) = alone() else { return };
    let agent = Agent::start(RULES, &["--ring-mb", "1"]);
    agent.pause();
    // Some thousand executions with their arguments and environments are more than a MiB.
    shell("i=0; while [ $i -lt 3000 ]; do /bin/true; i=$((i+1)); done");
    agent.resume();
    // While the ring is still full, the mark is lost as well.
    agent.alert_by(|| mark("overflow"), "overflow");
    let end = agent.stop();
    let last = end.last_observation();
    let lost = last["lost"]["by_cause"]["ring_full"].as_u64().unwrap_or(0);
    assert!(lost > 100, "{last}");
    assert!(last["lost"]["by_cpu"].as_object().is_some_and(|cpus| !cpus.is_empty()), "{last}");
    let finding = end.findings.iter().find(|f| f.to_string().contains("hostname-of-overflow")).expect("the finding");
    assert!(finding["tainted"]["lost_events"].as_u64().is_some_and(|n| n > 0), "{finding}");
}

#[test]
fn a_process_whose_birth_was_lost_is_looked_up() {
    let Some(_alone) = alone() else { return };
    let agent = Agent::start(RULES, &["--ring-mb", "1"]);
    agent.pause();
    shell("i=0; while [ $i -lt 3000 ]; do /bin/true; i=$((i+1)); done");
    // The ring is full: nobody is told of this shell.
    let mut lost = Command::new("/bin/sh")
        .args(["-c", "while read line; do true < /etc/hostname-of-lost; done 2>/dev/null", "lost-shell"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("run sh");
    let mut stdin = lost.stdin.take().expect("its standard input");
    std::thread::sleep(Duration::from_millis(100));
    agent.resume();
    let alert = agent.alert_by(|| writeln!(stdin, "go").expect("tell it to act"), "lost");
    drop(stdin);
    lost.wait().expect("wait for sh");
    let fields = &alert["output_fields"];
    assert_eq!(fields["proc.name"], "sh", "{alert}");
    assert!(fields["proc.cmdline"].as_str().is_some_and(|c| c.ends_with("lost-shell")), "{alert}");
    let end = agent.stop();
    let last = end.last_observation();
    assert!(last["unknown_threads"]["repaired"].as_u64().is_some_and(|n| n > 0), "{last}");
}

#[test]
fn fifty_thousand_short_processes_are_all_accounted_for() {
    const PROCESSES: u64 = 50_000;
    let Some(_alone) = alone() else { return };
    let agent = Agent::start(RULES, &[]);
    let before = agent.threads();
    shell(&format!("i=0; while [ $i -lt {PROCESSES} ]; do ( : ); i=$((i+1)); done"));
    mark("flood");
    agent.alert("flood");
    let end = agent.stop();
    let last = end.last_observation();
    let (events, lost) = (last["events"].as_u64().unwrap(), last["lost"]["events"].as_u64().unwrap());
    assert!(events + lost >= 2 * PROCESSES, "a birth and a death each: {last}");
    // What ended is forgotten; when deaths were lost, that many may be left over.
    let left = last["state"]["threads"].as_u64().unwrap();
    assert!(left <= before + 500 + lost, "{left} threads are left of {before} before: {last}");
}

#[test]
fn a_fork_bomb_in_a_box_says_nothing_wrong() {
    let Some(_alone) = alone() else { return };
    let Some(cgroup) = PidsCgroup::new(64) else { return };
    let agent = Agent::start(RULES, &[]);
    let mut bomb = Command::new("/bin/sh")
        .arg("-c")
        .arg(format!("echo $$ > {} && b() {{ b | b & }} && b 2>/dev/null; sleep 2", cgroup.procs().display()))
        .spawn()
        .expect("run sh");
    std::thread::sleep(Duration::from_secs(2));
    cgroup.end_all();
    bomb.wait().expect("wait for the bomb");
    mark("bomb");
    agent.alert("bomb");
    let end = agent.stop();
    // The other tests of this file leave marks as well: all of them by `cat`, once each.
    let told = |f: &&Value| f.to_string().contains("hostname-of-bomb");
    assert_eq!(end.findings.iter().filter(told).count(), 1, "{:?}", end.findings);
    let wrong: Vec<&Value> =
        end.findings.iter().filter(|f| f["alert"]["output_fields"]["proc.name"] != "cat").collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let last = end.last_observation();
    assert_eq!(last["state"]["events_not_applied"], 0, "{last}");
}

#[test]
fn a_recording_of_a_live_run_replays_to_the_same_detections() {
    let Some(_alone) = alone() else { return };
    let agent = Agent::start(RULES, &[]);
    let capture = agent.dir().join("live.scap.gz");
    let recorded = Command::new(env!("CARGO_BIN_EXE_avouch"))
        .args(["record", "--rules"])
        .arg(agent.rules())
        .arg("-o")
        .arg(&capture)
        .args(["--", "/bin/sh", "-c", "cat /etc/hostname-of-replay-1; cd /etc; cat hostname-of-replay-2; true"])
        .output()
        .expect("run avouch record");
    assert!(recorded.status.success(), "{}", String::from_utf8_lossy(&recorded.stderr));
    agent.alert("replay-2");
    let replayed = Command::new(env!("CARGO_BIN_EXE_avouch"))
        .arg("replay")
        .arg(&capture)
        .args(["--format", "json", "--quiet", "--rules"])
        .arg(agent.rules())
        .output()
        .expect("run avouch replay");
    let text = String::from_utf8_lossy(&replayed.stdout).into_owned();
    let end = agent.stop();
    let detections = |list: &mut dyn Iterator<Item = Value>| -> Vec<(String, String)> {
        let pair = |v: Value| {
            let f = &v["output_fields"];
            (f["evt.arg.name"].as_str().unwrap_or("").to_owned(), f["proc.pid"].to_string())
        };
        let mut all: Vec<_> = list.map(pair).filter(|(name, _)| name.contains("hostname-of-replay")).collect();
        all.sort();
        all
    };
    let live = detections(&mut end.findings.iter().map(|f| f["alert"].clone()));
    let again = detections(&mut text.lines().filter_map(|l| serde_json::from_str(l).ok()));
    assert_eq!(live, again);
    assert_eq!(live.len(), 2, "{text}");
}
