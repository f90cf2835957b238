//! An agent in a child process, and what it leaves behind.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use serde_json::Value;
use tempfile::TempDir;

/// One rule: a file whose name carries our mark was asked for, whether it exists or not.
pub(crate) const RULES: &str = r#"
- rule: Marked file opened
  desc: A file whose name carries the mark of these tests.
  condition: evt.type in (open, openat, openat2) and evt.arg.name contains hostname-of-
  output: marked file (file=%evt.arg.name command=%proc.cmdline pid=%proc.pid name=%proc.name)
  priority: NOTICE
"#;

/// Far beyond what is needed, also on a machine with much else to do: a test that waits so long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// One test at a time: each watches the whole machine, and some flood it.
static ALONE: Mutex<()> = Mutex::new(());

/// The right to watch, held for the length of a test; `None`, said aloud with the reason, where the sensor cannot run.
pub(crate) fn alone() -> Option<MutexGuard<'static, ()>> {
    let reason = if !geteuid().is_root() {
        "needs root"
    } else if !Path::new("/sys/kernel/btf/vmlinux").exists() {
        "the kernel carries no BTF"
    } else {
        // A test that failed has ended its agent all the same.
        return Some(ALONE.lock().unwrap_or_else(PoisonError::into_inner));
    };
    assert!(std::env::var("CI").is_err(), "{reason}, and in CI it must run");
    println!("SKIP: {reason}");
    None
}

/// Runs a shell command to its end, whatever that is.
pub(crate) fn shell(script: &str) {
    Command::new("/bin/sh").args(["-c", script]).stdout(Stdio::null()).stderr(Stdio::null()).status().expect("run sh");
}

/// Evidence that an agent keeps beside its files.
const EVIDENCE: &str = "evidence";

/// What `avouch verify` says of evidence that has no fault.
pub(crate) fn verified(data: &Path) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_avouch")).arg("verify").arg(data).output().expect("run avouch verify");
    let report = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success(), "{report}{}", String::from_utf8_lossy(&out.stderr));
    report
}

/// A running agent with JSON output. Dropping it ends it.
pub(crate) struct Agent {
    child: Child,
    dir: Option<TempDir>,
    alerts: Receiver<Value>,
}

/// What an agent left behind.
pub(crate) struct Left {
    pub(crate) observations: Vec<Value>,
    pub(crate) findings: Vec<Value>,
    /// Empty where none was asked for.
    pub(crate) activity: Vec<Value>,
}

impl Left {
    pub(crate) fn last_observation(&self) -> &Value {
        self.observations.iter().rfind(|o| o["kind"] == "observation").expect("an observation")
    }
}

impl Agent {
    /// Starts an agent with these rules in a folder of its own and waits until it watches.
    pub(crate) fn start(rules: &str, args: &[&str]) -> Self {
        Self::start_in(TempDir::new().expect("make a folder"), rules, args)
    }

    pub(crate) fn start_in(dir: TempDir, rules: &str, args: &[&str]) -> Self {
        let file = dir.path().join("rules.yaml");
        fs::write(&file, rules).expect("write the rules");
        let file = file.display().to_string();
        Self::run(dir, &[&["--rules", &file], args].concat())
    }

    /// As [`Agent::start_in`]; the arguments say where its rules are.
    pub(crate) fn run(dir: TempDir, args: &[&str]) -> Self {
        let place = dir.path().join(EVIDENCE);
        let keeps = std::env::var_os("AVOUCH_LIVE_DATA").is_some() && !args.contains(&"--data");
        let keeping: &[&std::ffi::OsStr] = if keeps { &["--data".as_ref(), place.as_ref()] } else { &[] };
        let mut child = Command::new(env!("CARGO_BIN_EXE_avouch"))
            .args(["agent", "--format", "json", "--every", "0.5"])
            .arg("--out-dir")
            .arg(dir.path())
            .args(args)
            .args(keeping)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("start the agent");
        let mut errors = BufReader::new(child.stderr.take().expect("standard error"));
        let mut said = String::new();
        while !said.contains("watching: ") {
            let n = errors.read_line(&mut said).expect("read standard error");
            assert!(n > 0, "the agent ended before it watched: {said}");
        }
        // Health lines must not fill the pipe.
        std::thread::spawn(move || errors.lines().for_each(drop));
        let out = BufReader::new(child.stdout.take().expect("standard output"));
        let (send, alerts) = channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if let Ok(alert) = serde_json::from_str(&line)
                    && send.send(alert).is_err()
                {
                    break;
                }
            }
        });
        Self { child, dir: Some(dir), alerts }
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.as_ref().expect("a running agent has a folder").path()
    }

    pub(crate) fn rules(&self) -> PathBuf {
        self.dir().join("rules.yaml")
    }

    /// The alert about the file marked `mark`.
    pub(crate) fn alert(&self, mark: &str) -> Value {
        let wanted = format!("hostname-of-{mark}");
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let alert = self.alerts.recv_timeout(left).unwrap_or_else(|e| panic!("no alert about {wanted}: {e}"));
            if alert["output"].as_str().is_some_and(|o| o.contains(&wanted)) {
                return alert;
            }
        }
    }

    /// Repeats an act until it is alerted.
    pub(crate) fn alert_by(&self, mut act: impl FnMut(), mark: &str) -> Value {
        let wanted = format!("hostname-of-{mark}");
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            act();
            let alert = self.alerts.recv_timeout(Duration::from_millis(200)).ok();
            if let Some(alert) = alert.filter(|a| a["output"].as_str().is_some_and(|o| o.contains(&wanted))) {
                return alert;
            }
        }
        panic!("no alert about {wanted}");
    }

    /// Threads that the state held at the latest observation.
    pub(crate) fn threads(&self) -> u64 {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            let seen = lines(&self.dir().join("observations.jsonl"));
            if let Some(o) = seen.iter().rfind(|o| o["kind"] == "observation") {
                return o["state"]["threads"].as_u64().expect("a count of threads");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("no observation");
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).expect("a process id");
        kill(Pid::from_raw(pid), signal).expect("signal the agent");
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Records of one of its files so far.
    pub(crate) fn records(&self, file: &str) -> Vec<Value> {
        lines(&self.dir().join(file))
    }

    /// Has it load its rules anew.
    pub(crate) fn hang_up(&self) {
        self.signal(Signal::SIGHUP);
    }

    pub(crate) fn pause(&self) {
        self.signal(Signal::SIGSTOP);
    }

    pub(crate) fn resume(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// Ends it without a chance to say so; gives back its folder.
    pub(crate) fn kill(mut self) -> TempDir {
        self.signal(Signal::SIGKILL);
        self.child.wait().expect("wait for the agent");
        self.dir.take().expect("a running agent has a folder")
    }

    /// Ends it as an init system would.
    pub(crate) fn stop(mut self) -> Left {
        self.signal(Signal::SIGTERM);
        let status = self.child.wait().expect("wait for the agent");
        assert!(status.success(), "{status}");
        let kept = self.dir().join(EVIDENCE);
        if kept.exists() {
            let report = verified(&kept);
            assert!(report.contains("ledger: intact"), "{report}");
        }
        Left {
            observations: lines(&self.dir().join("observations.jsonl")),
            findings: lines(&self.dir().join("findings.jsonl")),
            activity: lines(&self.dir().join("activity.jsonl")),
        }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // After an orderly end there is nothing to kill.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// JSON lines of a file; a last one that was cut off is left out.
fn lines(path: &Path) -> Vec<Value> {
    let Ok(file) = File::open(path) else { return Vec::new() };
    BufReader::new(file).lines().map_while(Result::ok).filter_map(|l| serde_json::from_str(&l).ok()).collect()
}
