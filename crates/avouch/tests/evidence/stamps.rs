//! Time-stamps that the ledger keeps are checked when it is verified, or said not to be.

use std::collections::BTreeMap;
use std::path::Path;

use avouch_anchor::stamp_request;
use avouch_evidence::{Folder, Recorder, Settings};
use avouch_finding::{Anchored, Fact, Observation, SourceState, Time, Watching};
use avouch_ledger::{Digest, Source};
use serde_json::Value as Json;

use crate::authority::{authority, reply};
use crate::estate::{HOUR, fine, run, time};

/// A folder of evidence of a day, with the reply of an authority over what `of` makes of the last head's line.
fn stamped(data: &str, authority: &Path, of: impl Fn(&[u8]) -> Vec<u8>) {
    let now = time("2026-07-01T12:00:00Z");
    let (mut recorder, _) = Recorder::open(&Folder::new(data), Settings::default(), now, &mut |_| {}).unwrap();
    let source = Source { name: "node-1".to_owned(), run: "run-1".to_owned() };
    let watched = |from: Time| {
        let state = SourceState { state: Watching::Delivers, events: 1, ..SourceState::default() };
        Fact::from(Observation {
            from,
            to: Time(from.0 + HOUR),
            node: "node-1".into(),
            run: "run-1".into(),
            sources: BTreeMap::from([("syscall".to_owned(), state)]),
            ..Observation::default()
        })
    };
    recorder.record(&watched(now), &source, now).unwrap();
    let head = recorder.checkpoint(now).unwrap();
    let request = stamp_request(&Digest::of(&of(&head.line())).0, &[0x41; 8]);
    let receipt: String = reply(authority, &request).iter().map(|byte| format!("{byte:02x}")).collect();
    let anchored = Anchored {
        time: now,
        anchor: "tsa".into(),
        place: "http://127.0.0.1/ serial 08".into(),
        their_time: None,
        last_seq: head.head.last_seq,
        receipt: Some(receipt),
    };
    recorder.record(&anchored.into(), &source, now).unwrap();
    // What is watched later takes the stamp into the report of the day.
    recorder.record(&watched(Time(now.0 + HOUR)), &source, now).unwrap();
    recorder.close(now).unwrap();
}

#[test]
fn a_stamp_is_checked_against_its_head_and_its_authority_or_said_not_to_be() {
    let (dir, ours, another) = (tempfile::tempdir().unwrap(), authority(), authority());
    let path = |name: &str| dir.path().join(name).display().to_string();
    let ca = |of: &tempfile::TempDir| of.path().join("ca.pem").display().to_string();
    let data = path("data");
    stamped(&data, ours.path(), <[u8]>::to_vec);

    // Nobody asked: it is not called good.
    let (said, _) = fine(&["verify", &data]);
    assert!(said.contains("time-stamps: 1 kept, 1 not checked") && !said.contains("signed by an authority"), "{said}");
    let (said, _) = fine(&["verify", &data, "--format", "json"]);
    let stamps = serde_json::from_str::<Json>(&said).unwrap()["time_stamps"].clone();
    assert_eq!((&stamps["signed"], &stamps["all"][0]["state"]), (&0.into(), &"not_checked".into()), "{stamps}");

    // Of the ledger, and of the bundle of a report.
    let out = path("report");
    fine(&["report", "--data", &data, "--from", "2026-07-01", "--to", "2026-07-02", "--out", &out]);
    for place in [&data, &format!("{out}/bundle")] {
        let (said, _) = fine(&["verify", place, "--tsa-ca", &ca(&ours)]);
        assert!(said.contains("time-stamps: 1 kept, 1 signed by an authority that you trust\n"), "{said}");
        assert!(said.contains("of 2026-07-01T12:00:00.000000000Z, was there at 20"), "{said}");
        // Each of two authorities may be named.
        fine(&["verify", place, "--tsa-ca", &ca(&another), "--tsa-ca", &ca(&ours)]);
        let (said, _, code) = run(&["verify", place, "--tsa-ca", &ca(&another)]);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains("leads to no trusted authority") && said.contains("NOT INTACT"), "{said}");
        assert!(said.contains("time-stamps: 1 kept, 1 WRONG\n") && !said.contains(": intact"), "{said}");
    }
}

#[test]
fn a_stamp_of_something_else_is_wrong_whoever_signed_it() {
    let (dir, ours) = (tempfile::tempdir().unwrap(), authority());
    let data = dir.path().join("data").display().to_string();
    stamped(&data, ours.path(), |_| b"another head".to_vec());
    let ca = ours.path().join("ca.pem").display().to_string();
    for asked in [&["verify", &data][..], &["verify", &data, "--tsa-ca", &ca]] {
        let (said, _, code) = run(asked);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains("it is of no head that is here") && said.contains("ledger: NOT INTACT"), "{said}");
    }
}

#[test]
fn who_asks_where_no_stamp_is_kept_is_told_so() {
    let (dir, ours) = (tempfile::tempdir().unwrap(), authority());
    let data = dir.path().join("data").display().to_string();
    let now = time("2026-07-01T12:00:00Z");
    let (recorder, _) = Recorder::open(&Folder::new(&data), Settings::default(), now, &mut |_| {}).unwrap();
    recorder.close(now).unwrap();
    let ca = ours.path().join("ca.pem").display().to_string();
    let (said, _) = fine(&["verify", &data, "--tsa-ca", &ca]);
    assert!(said.contains("time-stamps: none is kept here"), "{said}");
    assert!(!fine(&["verify", &data]).0.contains("time-stamp"));
    let (_, err, code) = run(&["verify", &data, "--tsa-ca", "Cargo.toml"]);
    assert_eq!((code, err.contains("cannot use `Cargo.toml`")), (2, true), "{err}");
}
