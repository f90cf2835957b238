//! People decide, and reports are made, while another process writes.

use std::fs;

use avouch_evidence::{Folder, Recorder, Settings};
use avouch_finding::Time;
use serde_json::Value as Json;

use crate::estate::{Estate, HOUR, fine, run, text, time};

#[test]
fn people_decide_and_reports_are_made_while_a_process_writes() {
    let estate = Estate::new();
    let data = estate.data();
    let now = time("2026-07-09T00:00:00Z");
    let (mut recorder, _) = Recorder::open(&Folder::new(&data), Settings::default(), now, &mut |_| {}).unwrap();
    let (all, _) = fine(&["findings", "list", "--data", &data, "--format", "json", "--limit", "1"]);
    let id = text(&serde_json::from_str(&all).unwrap(), "id").to_owned();
    let (_, err) = fine(&["findings", "decide", "test", &id, "--data", &data, "--by", "bob", "--reason", "drill"]);
    assert!(err.contains("left for the avouch that writes"), "{err}");
    let out = estate.report("meanwhile", &[]);
    fine(&["verify", &out.join("bundle").display().to_string()]);
    let (head, _) = fine(&["ledger", "head", "--data", &data]);
    assert_eq!(head.lines().count(), 1);
    let (_, err) = fine(&["ledger", "anchor", "--data", &data, "--file", &estate.path("outside.jsonl")]);
    assert!(err.contains("anchored up to record"), "{err}");
    assert_eq!(fs::read_to_string(estate.path("outside.jsonl")).unwrap(), head);
    recorder.flush(Time(now.0 + HOUR)).unwrap();
    assert!(estate.records().iter().any(|(kind, _)| kind == "anchor"));
    let (all, _) = fine(&["findings", "list", "--data", &data, "--format", "json", "--limit", "1"]);
    let found: Json = serde_json::from_str(&all).unwrap();
    assert_eq!((text(&found, "id"), text(&found["decided"], "by")), (id.as_str(), "bob"));
    let (_, err, code) = run(&["ledger", "rebuild", "--data", &data]);
    assert_eq!((code, err.contains("another process writes")), (2, true), "{err}");
    recorder.close(now).unwrap();
    fine(&["ledger", "rebuild", "--data", &data]);
    let (rebuilt, _) = fine(&["findings", "list", "--data", &data, "--format", "json", "--limit", "1"]);
    assert_eq!(rebuilt, all);
}
