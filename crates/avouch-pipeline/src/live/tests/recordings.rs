//! What a live run makes of recordings is what a replay makes of them.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::testdata::testdata;
use super::*;
use crate::{Input, Replay, ReplayOptions, RuleSet, RuleSetOptions};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn rules(paths: &[PathBuf]) -> RuleSet {
    RuleSet::load(paths, &RuleSetOptions::default()).unwrap()
}

fn replayed(rules: &RuleSet, path: &Path) -> Seen {
    let mut seen = Seen::default();
    let mut input = Input::open(path).unwrap();
    Replay::new(rules, ReplayOptions::default()).run(&mut input, &mut seen).unwrap();
    seen
}

/// A live run to the end of the source.
fn lived(rules: RuleSet, mut source: impl LiveSource, options: LiveOptions) -> Seen {
    let mut seen = Seen::default();
    let now = Now::default();
    let mut live = Live::new(rules, options, now).unwrap();
    while !source.ended() {
        live.turn(&mut source, now, &mut seen).unwrap();
    }
    live.finish(&source, now, &mut seen);
    seen
}

fn capture(path: &Path) -> CaptureSource {
    CaptureSource::new(File::open(path).unwrap())
}

#[test]
fn a_live_run_over_our_recording_detects_what_a_replay_does() {
    let path = root().join("recordings/web-intrusion.scap");
    let expected = replayed(&rules(&[root().join("rules")]), &path);
    let seen = lived(rules(&[root().join("rules")]), capture(&path), LiveOptions::default());
    assert_eq!(seen.detections.len(), 44);
    assert_eq!(seen.detections, expected.detections);
}

#[test]
fn a_live_run_over_every_recording_detects_what_a_replay_does() {
    let Some(dir) = testdata() else { return };
    // The peer's rules find nothing in most recordings; one more has something to say of each.
    let stable = crate::read_text(&dir.join("rules/main/falco_rules.yaml")).unwrap();
    let any = "- rule: Any\n  desc: d\n  condition: evt.type in (execve, connect, open, openat, clone)\n  \
               output: '%evt.num %evt.time %proc.cmdline %fd.name %container.id %evt.args'\n  priority: NOTICE\n";
    let texts = [("falco_rules.yaml", &*stable), ("any.yaml", any)];
    let load = || {
        let texts = texts.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec();
        RuleSet::from_texts(texts, vec![], &RuleSetOptions::default())
    };
    let captures = crate::folder::files(&dir, &|n| n.ends_with(".scap")).unwrap();
    assert!(captures.len() > 10, "{captures:?}");
    let judge = load();
    let mut detections = 0;
    for path in captures {
        let mut expected = Seen::default();
        let Ok(mut input) = Input::open(&path) else { continue };
        if Replay::new(&judge, ReplayOptions::default()).run(&mut input, &mut expected).is_err() {
            continue;
        }
        let seen = lived(load(), capture(&path), LiveOptions::default());
        assert_eq!(seen.detections, expected.detections, "{}", path.display());
        detections += seen.detections.len();
    }
    assert!(detections > 100, "{detections}");
}

#[test]
fn activity_tells_what_was_done_in_our_recording() {
    let path = root().join("recordings/web-intrusion.scap");
    let options = LiveOptions { activity: Some(ActivityLimits::default()), ..LiveOptions::default() };
    let seen = lived(rules(&[root().join("rules")]), capture(&path), options);
    let has = |what: &str, test: &dyn Fn(&Record) -> bool| assert!(seen.records.iter().any(test), "{what}");
    has("a command in the container", &|r| match r {
        Record::Command(c) => (&*c.cmdline, &*c.who.container) == ("cat /etc/shadow", "2f030a7eac50"),
        _ => false,
    });
    has("the request to the web server, condensed", &|r| match r {
        Record::Connection(c) => {
            (c.direction, &*c.address, c.port, c.count) == ("out", "10.88.0.2", 8080, 19)
                && c.who.exe == "/usr/bin/curl"
        }
        _ => false,
    });
    has("its other end, with the container's name", &|r| match r {
        Record::Connection(c) => (c.direction, c.port, &*c.who.container_name) == ("in", 8080, "shop-web"),
        _ => false,
    });
    has("the archive that was made", &|r| match r {
        Record::File(f) => (f.action, &*f.path) == ("create", "/var/tmp/etc-backup.tgz") && f.who.exe == "/usr/bin/tar",
        _ => false,
    });
}

#[test]
fn every_slice_of_our_recording_replays_to_the_same_decision() {
    let path = root().join("recordings/web-intrusion.scap");
    let dir = tempfile::tempdir().unwrap();
    let slices =
        SliceOptions { at_once: 64, before: Duration::from_secs(2), ..SliceOptions::new(dir.path().join("s")) };
    let options = LiveOptions {
        slices: Some(slices),
        findings: Some(crate::alert::AlertOptions::default()),
        ..LiveOptions::default()
    };
    let judge = rules(&[root().join("rules")]);
    let seen = lived(rules(&[root().join("rules")]), capture(&path), options);
    let findings = seen.findings();
    assert_eq!(findings.len(), 44);
    for (finding, (_, rule, message)) in findings.iter().zip(&seen.detections) {
        let name = finding.slice.as_ref().expect("every detection has a slice");
        let again = replayed(&judge, &dir.path().join("s").join(name));
        let same = again.detections.iter().any(|(_, r, m)| (r, m) == (rule, message));
        assert!(same, "{name}: {rule}: {message}\nthere: {:#?}", again.detections);
    }
}
