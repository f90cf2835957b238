//! Watched files on the real kernel: before, after and who.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::agent::{Agent, PATIENCE, RULES, alone, shell};

/// The first record that is wanted.
fn record(dir: &Path, want: impl Fn(&Value) -> bool) -> Value {
    let until = Instant::now() + PATIENCE;
    let file = dir.join("integrity.jsonl");
    loop {
        let text = fs::read_to_string(&file).unwrap_or_default();
        let mut records = text.lines().filter_map(|line| serde_json::from_str(line).ok());
        if let Some(found) = records.find(|r| want(r)) {
            return found;
        }
        assert!(Instant::now() < until, "no such record in {text}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_watched_file_is_told_with_its_digests_and_who_changed_it() {
    let Some(_alone) = alone() else { return };
    let watched = TempDir::new().unwrap();
    let config = watched.path().join("config.yaml");
    let secret = watched.path().join("etc/passwd");
    fs::create_dir(watched.path().join("etc")).unwrap();
    fs::write(&secret, "root:x:0:0\n").unwrap();
    fs::write(&config, format!("watch: [{}]\n", watched.path().join("etc").display())).unwrap();
    let args = ["--integrity", config.to_str().unwrap()];
    let agent = Agent::start(RULES, &args);
    record(agent.dir(), |r| r["kind"] == "integrity_baseline");

    shell(&format!("echo evil >> {}; chmod 666 {}", secret.display(), secret.display()));
    let of_secret = |r: &Value| r["kind"] == "integrity_change" && r["path"] == secret.to_str().unwrap();
    let change = record(agent.dir(), of_secret);
    assert_eq!(
        (&change["content_changed"], &change["found"]),
        (&Value::from("yes"), &Value::from("event")),
        "{change}"
    );
    let side = |side: &str, key: &str| change[side]["file"][key].as_str().unwrap_or_default().to_owned();
    assert_eq!(side("before", "sha256").len(), 64);
    assert_ne!(side("before", "sha256"), side("after", "sha256"));
    assert_eq!((side("before", "mode"), side("after", "mode")), ("0o0644".to_owned(), "0o0666".to_owned()));
    let acts: Vec<&str> = change["changes"].as_array().unwrap().iter().filter_map(|a| a["action"].as_str()).collect();
    assert_eq!(acts, ["write", "mode"], "{change}");
    let who = &change["changes"][0]["who"];
    assert!(who["cmdline"].as_str().unwrap().contains("echo evil"), "{who}");
    assert_eq!(who["ancestors"][0]["pid"], std::process::id(), "{who}");

    // While nobody watches.
    let dir = agent.kill();
    fs::remove_file(dir.path().join("integrity.jsonl")).unwrap();
    fs::write(&secret, "root::0:0\n").unwrap();
    let agent = Agent::start_in(dir, RULES, &args);
    let change = record(agent.dir(), of_secret);
    assert_eq!(change["found"], "changed_while_not_watching", "{change}");
    assert!(change["before"]["saved"]["sha256"].is_string() && change["changes"].as_array().unwrap().is_empty());
}
