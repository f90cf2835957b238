//! Live runs over recordings and over scripted sources.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use avouch_event::{EventBuf, Interest, Item, LossCause, Losses, ProcessEntry, types};
use avouch_state::CgroupContainer;

use super::records::Record;
use super::*;
use crate::judge::{Detection, Sink};
use crate::{Input, Replay, ReplayOptions, RuleSet, RuleSetOptions};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Recordings and rules of the peer, beside the checkout; with `CI=true` they must be there.
fn testdata() -> Option<PathBuf> {
    let dir = root().join("../shared/testdata");
    if dir.is_dir() {
        return Some(dir);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "recordings missing: {}", dir.display());
    eprintln!("skipped: no recordings at {}", dir.display());
    None
}

fn rules(paths: &[PathBuf]) -> RuleSet {
    RuleSet::load(paths, &RuleSetOptions::default()).unwrap()
}

fn rules_of(text: &str) -> RuleSet {
    let rules = RuleSet::from_texts(vec![("r.yaml".to_owned(), text.to_owned())], vec![], &RuleSetOptions::default());
    assert!(!rules.has_errors(), "{:?}", rules.diagnostics);
    rules
}

#[derive(Default)]
struct Seen {
    /// Number of the event, rule, message.
    detections: Vec<(u64, String, String)>,
    records: Vec<Record>,
}

impl Sink for Seen {
    fn detection(&mut self, d: &Detection<'_>) {
        self.detections.push((d.event.num, d.rule.name.clone(), d.message()));
    }
}

impl LiveSink for Seen {
    fn record(&mut self, record: Record) {
        self.records.push(record);
    }
}

impl Seen {
    fn findings(&self) -> Vec<&records::Finding> {
        self.records.iter().filter_map(|r| if let Record::Finding(f) = r { Some(&**f) } else { None }).collect()
    }

    fn observations(&self) -> Vec<&records::Observation> {
        self.records.iter().filter_map(|r| if let Record::Observation(o) = r { Some(&**o) } else { None }).collect()
    }
}

fn replayed(rules: &RuleSet, path: &Path) -> Seen {
    let mut seen = Seen::default();
    let mut input = Input::open(path).unwrap();
    Replay::new(rules, ReplayOptions::default()).run(&mut input, &mut seen).unwrap();
    seen
}

/// A live run to the end of the source, with an hour between turns when `slow`.
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
    assert_eq!(seen.detections.len(), 38);
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
