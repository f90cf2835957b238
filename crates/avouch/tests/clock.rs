//! The agent while somebody sets the machine's clock: the jump is told, events bear the time that the machine then has, and none
//! is lost or told out of order.
//!
//! Runs in a guest of `cargo xtask kernel-test` only, whose clock is nobody else's: `cargo test` leaves it out (Cargo.toml).

#![expect(clippy::expect_used, reason = "a test")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// Where the harness puts the agent.
const AGENT: &str = "/programs/avouch";

const RULES: &str = r#"
- rule: Marked file opened
  desc: A file whose name carries the mark of this test.
  condition: evt.type in (open, openat, openat2) and evt.arg.name contains hostname-of-
  output: marked (file=%evt.arg.name time=%evt.rawtime)
  priority: NOTICE
"#;

/// Marks between two settings of the clock.
const MARKS: usize = 10;

const HOUR: i64 = 3600;

/// Far beyond what is needed, under software emulation too.
const PATIENCE: Duration = Duration::from_secs(30);

/// A process that is ended when this goes.
struct Owned(Child);

impl Drop for Owned {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn shell(script: &str) {
    let status = Command::new("/bin/sh").args(["-c", script]).stderr(Stdio::null()).status();
    status.expect("run sh");
}

fn marks(from: usize) {
    for n in from..from + MARKS {
        shell(&format!("true < /etc/hostname-of-{n}."));
    }
}

/// Sets the clock so many seconds ahead of what it says, or back, once all marks so far are found: what stands in the ring at
/// that moment may be dated either way.
fn set_clock(dir: &Path, marks: usize, seconds: i64) {
    let end = Instant::now() + PATIENCE;
    while records(&dir.join("findings.jsonl")).len() < marks {
        assert!(Instant::now() < end, "not all of {marks} marks are found");
        std::thread::sleep(Duration::from_millis(50));
    }
    shell(&format!("date -s @$(( $(date +%s) + {seconds} )) > /dev/null"));
}

fn records(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().filter_map(|l| serde_json::from_str(l).ok()).collect()
}

/// Jumps that observations told, in seconds.
fn jumps(dir: &Path) -> Vec<i64> {
    let told = records(&dir.join("observations.jsonl"));
    let told = told.iter().filter_map(|o| o["clock"]["jump_ns"].as_i64());
    told.map(|ns| (ns as f64 / 1e9).round() as i64).collect()
}

fn wait_for_jumps(dir: &Path, n: usize) {
    let end = Instant::now() + PATIENCE;
    while jumps(dir).len() < n {
        assert!(Instant::now() < end, "jumps told: {:?}", jumps(dir));
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_clock_that_is_set_is_told_and_followed() {
    let dir = tempfile::tempdir().expect("make a folder");
    let rules = dir.path().join("rules.yaml");
    fs::write(&rules, RULES).expect("write the rules");
    let mut agent = Owned(
        Command::new(AGENT)
            .args(["agent", "--quiet", "--format", "json", "--every", "0.5", "--out-dir"])
            .arg(dir.path())
            .arg("--rules")
            .arg(&rules)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("start the agent"),
    );
    let mut errors = BufReader::new(agent.0.stderr.take().expect("standard error"));
    let mut said = String::new();
    while !said.contains("watching: ") {
        let n = errors.read_line(&mut said).expect("read standard error");
        assert!(n > 0, "the agent ended before it watched: {said}");
    }
    marks(0);
    set_clock(dir.path(), MARKS, HOUR);
    marks(MARKS);
    wait_for_jumps(dir.path(), 1);
    set_clock(dir.path(), 2 * MARKS, -2 * HOUR);
    marks(2 * MARKS);
    wait_for_jumps(dir.path(), 2);
    let pid = Pid::from_raw(i32::try_from(agent.0.id()).expect("a process id"));
    kill(pid, Signal::SIGTERM).expect("end the agent");
    assert!(agent.0.wait().expect("wait for the agent").success());

    // The clock ran on while it was read and set.
    let told = jumps(dir.path());
    assert!(matches!(told.as_slice(), [3590..=3600, -7210..=-7190]), "{told:?}");
    let findings = records(&dir.path().join("findings.jsonl"));
    let seen: Vec<(u64, String)> = findings
        .iter()
        .map(|f| {
            let text = f.to_string();
            let (_, rest) = text.split_once("hostname-of-").expect("a marked file");
            let (_, time) = text.split_once("time=").expect("a time");
            let digits = |s: &str| s.chars().take_while(char::is_ascii_digit).collect::<String>();
            (digits(time).parse().expect("nanoseconds"), digits(rest))
        })
        .collect();
    let named: Vec<&str> = seen.iter().map(|(_, mark)| mark.as_str()).collect();
    let wanted: Vec<String> = (0..3 * MARKS).map(|n| n.to_string()).collect();
    assert_eq!(named, wanted, "every mark once, in order");
    let times: Vec<i64> = seen.iter().map(|(time, _)| i64::try_from(time / 1_000_000_000).expect("a time")).collect();
    let [first, ahead, back] = [0, 1, 2].map(|n| &times[n * MARKS..(n + 1) * MARKS]);
    assert!([first, ahead, back].iter().all(|marks| marks.is_sorted()), "{times:?}");
    let (forth, back) = (ahead[0] - first[MARKS - 1], back[0] - ahead[MARKS - 1]);
    assert!((3590..3700).contains(&forth) && (-7210..-7100).contains(&back), "{forth} {back}: {times:?}");
    let all = records(&dir.path().join("observations.jsonl"));
    let last = all.iter().rfind(|o| o["kind"] == "observation").expect("an observation");
    assert_eq!(last["lost"]["events"], 0, "{last}");
    println!("jumps told: {told:?} s; {} events, none lost", last["events"]);
}
