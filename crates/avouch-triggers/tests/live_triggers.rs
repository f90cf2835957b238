//! The live sensor on the running kernel: every trigger is detected, nine of ten within a second, named by its process and
//! container, and every twin stays silent.
//!
//! One agent watches while all acts are performed one after the other. Each detection is told to be of an act by the mark
//! in the process's environment. The agent is stopped before anything is judged, so a silent twin had all the time there
//! was.

#![expect(clippy::expect_used, clippy::print_stderr, reason = "a test")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use avouch_triggers::{Case, Expect, Report};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// Detections must arrive this soon after the kernel saw the act.
const PROMPT: Duration = Duration::from_secs(1);
/// That many of ten must; a machine that stands still for a moment makes others late, for which the agent is not to blame.
const OF_TEN: usize = 9;
/// The agent must be ready this soon.
const START: Duration = Duration::from_secs(60);
/// The last act's detection must arrive this soon; generous, so that a slow agent fails by name and not here.
const LAST: Duration = Duration::from_secs(60);
/// The act after all others, in order to know that the agent has read as far.
const SENTINEL: &str = "Read sensitive file untrusted/on the host";

/// Cases that the sensor cannot be asked for on some machine, and why. An entry whose case passes fails the test.
const SKIPS: &[(&str, &str)] = &[];

struct Arrival {
    detection: Value,
    at: SystemTime,
}

impl Arrival {
    fn field(&self, name: &str) -> Option<&str> {
        self.detection.pointer("/output_fields")?.get(name)?.as_str()
    }

    /// Time from the kernel's stamp to the arrival.
    fn latency(&self) -> Option<Duration> {
        let stamp = self.detection.pointer("/output_fields/evt.time")?.as_u64()?;
        self.at.duration_since(UNIX_EPOCH + Duration::from_nanos(stamp)).ok().or(Some(Duration::ZERO))
    }
}

struct Agent {
    child: Child,
    arrivals: Receiver<Arrival>,
}

impl Drop for Agent {
    fn drop(&mut self) {
        // Nothing to do when it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Agent {
    fn start(binary: &Path, rules: &[PathBuf]) -> Self {
        let mut child = Command::new(binary)
            .arg("agent")
            .arg("--rules")
            .args(rules)
            .args(["--matching", "all", "--format", "json"])
            .args(["--append-output", "act=%proc.env[AVOUCH_ACT] container=%container.id process=%proc.name"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("start the agent");
        let stdout = child.stdout.take().expect("its output");
        let stderr = child.stderr.take().expect("its messages");
        let (send, arrivals) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let at = SystemTime::now();
                let Ok(detection) = serde_json::from_str::<Value>(&line) else { continue };
                if detection.get("rule").is_some() && send.send(Arrival { detection, at }).is_err() {
                    break;
                }
            }
        });
        let (said, messages) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                eprintln!("agent: {line}");
                // Once nobody waits for the word any more, the lines are only shown.
                said.send(line).ok();
            }
        });
        let agent = Self { child, arrivals };
        let start = Instant::now();
        loop {
            let left = START.saturating_sub(start.elapsed());
            let line = messages.recv_timeout(left).expect("the agent ended or was not ready in time");
            if line.starts_with("watching:") {
                return agent;
            }
        }
    }

    /// Stops the agent and gives what it found.
    fn stop(mut self, mut arrivals: Vec<Arrival>) -> Vec<Arrival> {
        kill(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGTERM).expect("stop the agent");
        arrivals.extend(self.arrivals.iter());
        let status = self.child.wait().expect("the agent's end");
        assert!(status.code().is_some(), "the agent ended by {status}");
        arrivals
    }

    /// Collects arrivals until one is of `report`'s act.
    fn until(&self, report: &Report) -> Vec<Arrival> {
        let start = Instant::now();
        let mut arrivals = Vec::new();
        loop {
            let left = LAST.saturating_sub(start.elapsed());
            let arrival = self.arrivals.recv_timeout(left).expect("the last act was not detected");
            let last = is_of(&arrival, report);
            arrivals.push(arrival);
            if last {
                return arrivals;
            }
        }
    }
}

fn is_of(arrival: &Arrival, report: &Report) -> bool {
    let rest = arrival.field("proc.env[AVOUCH_ACT]").and_then(|mark| mark.strip_prefix(report.mark.as_str()));
    rest.is_some_and(|rest| rest.starts_with(':'))
}

fn perform(case: &Case) -> Report {
    let trigger = env!("CARGO_BIN_EXE_avouch-trigger");
    let out = Command::new(trigger).args(["run", &case.id()]).output().expect("run the act");
    assert!(out.status.success(), "{}: {}", case.id(), String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).expect("a report")
}

/// What the detections of the case's rule say: the latency of the first right one, or what is wrong.
fn judge(case: &Case, report: &Report, arrivals: &[Arrival]) -> Result<Option<Duration>, String> {
    if !report.succeeded {
        return Err(format!("the act itself failed: {}", report.output));
    }
    let ours = arrivals.iter().filter(|a| a.detection["rule"] == case.rule && is_of(a, report));
    let ours: Vec<&Arrival> = ours.collect();
    let seen: Vec<String> = ours.iter().map(|a| a.detection["output"].to_string()).collect();
    let process = match case.expect {
        Expect::Fires { process } => process,
        Expect::Silent if seen.is_empty() => return Ok(None),
        Expect::Silent => return Err(format!("fired: {seen:?}")),
    };
    let container = report.container.as_deref().map_or("host", |id| id.get(..12).unwrap_or(id));
    let right =
        ours.iter().find(|a| a.field("proc.name") == Some(process) && a.field("container.id") == Some(container));
    let Some(right) = right else {
        return Err(if seen.is_empty() { "not detected".to_owned() } else { format!("named wrongly: {seen:?}") });
    };
    right.latency().map(Some).ok_or_else(|| "it bears no time".to_owned())
}

/// The agent's binary: what `AVOUCH_BIN` names, else built as this test was.
fn agent_binary() -> PathBuf {
    if let Some(binary) = std::env::var_os("AVOUCH_BIN") {
        return binary.into();
    }
    let folder = Path::new(env!("CARGO_BIN_EXE_avouch-trigger")).parent().expect("a folder");
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--package", "avouch"]);
    if folder.ends_with("release") {
        build.arg("--release");
    }
    assert!(build.status().expect("run cargo").success(), "the agent does not build");
    folder.join("avouch")
}

fn missing() -> Option<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    if !here.join("../../../shared/testdata/rules/main").is_dir() {
        return Some("no upstream rules beside the checkout".to_owned());
    }
    if !Path::new("/sys/kernel/btf/vmlinux").exists() {
        return Some("the kernel has no type information for BPF".to_owned());
    }
    avouch_triggers::missing()
}

#[test]
fn triggers_are_detected_and_twins_are_not() {
    if let Some(missing) = missing() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{missing}");
        eprintln!("skipped: {missing}");
        return;
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let upstream = here.join("../../../shared/testdata/rules/main");
    let rules = ["falco_rules.yaml", "falco-incubating_rules.yaml"].map(|file| upstream.join(file));
    let rules = [rules.as_slice(), &[here.join("rules/tuning.yaml")]].concat();
    let cases = avouch_triggers::all();
    let sentinel = cases.iter().find(|case| case.id() == SENTINEL).expect("the sentinel");

    let agent = Agent::start(&agent_binary(), &rules);
    let reports: Vec<Report> = cases.iter().map(perform).collect();
    let seen = agent.until(&perform(sentinel));
    let arrivals = agent.stop(seen);

    let skips: BTreeMap<&str, &str> = SKIPS.iter().copied().collect();
    let (mut passed, mut skipped, mut failed) = (0, 0, Vec::new());
    let mut latencies = Vec::new();
    for (case, report) in cases.iter().zip(&reports) {
        let id = case.id();
        match (judge(case, report, &arrivals), skips.get(id.as_str())) {
            (Ok(latency), None) => {
                passed += 1;
                latencies.extend(latency);
                let shown = latency.map_or("silent".to_owned(), |l| format!("{} ms", l.as_millis()));
                eprintln!("pass  {id}: {shown}");
            }
            (Ok(_), Some(_)) => failed.push(format!("{id}: passes, but is among the skips")),
            (Err(_), Some(reason)) => {
                skipped += 1;
                eprintln!("skip  {id}: {reason}");
            }
            (Err(why), None) => {
                eprintln!("FAIL  {id}: {why}");
                failed.push(id);
            }
        }
    }
    latencies.sort_unstable();
    let middle = latencies.get(latencies.len() / 2).copied().unwrap_or_default();
    let most = latencies.last().copied().unwrap_or_default();
    eprintln!(
        "live triggers: {passed} pass, {skipped} skip, {} fail of {}; from the act to the detection {} ms, at most {} ms",
        failed.len(),
        cases.len(),
        middle.as_millis(),
        most.as_millis(),
    );
    assert!(failed.is_empty(), "{failed:#?}");
    let prompt = latencies.iter().filter(|latency| **latency <= PROMPT).count();
    assert!(prompt * 10 >= latencies.len() * OF_TEN, "{prompt} of {} within {PROMPT:?}", latencies.len());
}
