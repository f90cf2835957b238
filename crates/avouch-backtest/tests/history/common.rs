//! The shipped rules and recording, and evidence made from them.

use std::path::{Path, PathBuf};

use avouch_backtest::{Findings, Watch};
use avouch_controls::{AcceptanceSet, parse_acceptances};
use avouch_diagnostics::FileId;
use avouch_engine::{CompileOptions, Matching};
use avouch_evidence::{Folder, Recorder, Settings};
use avouch_finding::{Decision, Disposition, Fact, Finding, Time};
use avouch_ledger::{Reader as LedgerReader, Source};
use avouch_pipeline::facts::{InputIdentity, Origin, ReplayFacts};
use avouch_pipeline::{Acceptances, Detection, Input, Judged, Replay, ReplayOptions, RuleSet, RuleSetOptions, Sink};
use avouch_store::{Reader, Store};
use serde_json::Value as Json;
use tempfile::TempDir;

pub(crate) const NOW: Time = Time(1_795_000_000_000_000_000);

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn recording() -> PathBuf {
    root().join("recordings/web-intrusion.scap")
}

pub(crate) fn options(matching: Matching) -> RuleSetOptions {
    let compile = CompileOptions { matching, ..CompileOptions::default() };
    RuleSetOptions { compile, ..RuleSetOptions::default() }
}

/// The shipped rules, all matching ones firing, with what `change` makes of each file (by name and text).
pub(crate) fn rules_with(change: impl Fn(&str, String) -> String) -> RuleSet {
    let mut texts = Vec::new();
    for path in avouch_pipeline::rule_files(&[root().join("rules")]).unwrap() {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        texts.push((name.clone(), change(&name, std::fs::read_to_string(&path).unwrap())));
    }
    let rules = RuleSet::from_texts(texts, Vec::new(), &options(Matching::All));
    let errors: Vec<_> =
        rules.diagnostics.iter().filter(|d| d.severity == avouch_diagnostics::Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:?}");
    rules
}

pub(crate) fn rules() -> RuleSet {
    rules_with(|_, text| text)
}

/// Rules of system calls: name, condition and output of each.
pub(crate) fn small(rules: &[(&str, &str, &str)]) -> RuleSet {
    let item = |(name, condition, output): &(&str, &str, &str)| serde_json::json!({"rule": name, "desc": "d", "condition": condition, "output": output, "priority": "WARNING"});
    let text = Json::from_iter(rules.iter().map(item)).to_string();
    let set = RuleSet::from_texts(vec![("small".to_owned(), text)], Vec::new(), &options(Matching::All));
    assert!(!set.has_errors(), "{:?}", set.diagnostics);
    set
}

/// Findings of the recording under rules, in order, as a replay would keep them.
pub(crate) fn found(rules: &RuleSet, acceptances: Option<Acceptances>) -> Vec<Fact> {
    let origin = Origin { node: "shop-node".to_owned(), run: "run-1".to_owned(), ..Origin::default() };
    let facts = ReplayFacts::new(rules, origin, InputIdentity::default());
    let mut gather = Gather { facts: Some(facts), acceptances, out: Vec::new() };
    let mut input = Input::open(&recording()).unwrap();
    Replay::new(rules, ReplayOptions::default()).run(&mut input, &mut gather).unwrap();
    let mut out = gather.out;
    out.extend(gather.facts.unwrap().finish(rules, NOW, Default::default(), None));
    out
}

struct Gather {
    facts: Option<ReplayFacts>,
    acceptances: Option<Acceptances>,
    out: Vec<Fact>,
}

impl Sink for Gather {
    fn detection(&mut self, detection: &Detection<'_>) {
        let covered = self.acceptances.as_mut().and_then(|a| a.covering(detection, 0));
        let acceptance = covered.filter(|a| a.in_force).map(|a| a.id);
        self.out.push(self.facts.as_mut().unwrap().detection(detection, acceptance));
    }

    fn judged(&mut self, event: &Judged<'_>) {
        self.facts.as_mut().unwrap().judged(event);
    }

    fn wants_events(&self) -> bool {
        true
    }
}

pub(crate) fn findings_of(facts: &[Fact]) -> Vec<&Finding> {
    facts.iter().filter_map(|f| if let Fact::Finding(f) = f { Some(&**f) } else { None }).collect()
}

/// Acceptances of a file, compiled for the rules.
pub(crate) fn acceptances(text: &str, rules: &RuleSet) -> Acceptances {
    let (read, problems) = parse_acceptances(FileId(0), text);
    assert!(problems.is_empty(), "{problems:?}");
    let (acceptances, failed) = Acceptances::new(AcceptanceSet::new(read), rules);
    assert_eq!(failed, []);
    acceptances
}

/// Somebody called a finding true.
pub(crate) fn called_true(finding: &Finding) -> Fact {
    Disposition {
        time: NOW,
        finding: finding.id.clone(),
        by: "ann".to_owned(),
        decision: Decision::True,
        reason: "an intrusion".to_owned(),
        ..Disposition::default()
    }
    .into()
}

/// A folder of evidence with these facts.
pub(crate) struct Kept {
    _dir: TempDir,
    pub(crate) store: Reader,
    ledger: LedgerReader,
    id: String,
}

impl Kept {
    pub(crate) fn new(facts: &[Fact]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::new(dir.path());
        let (mut recorder, _) = Recorder::open(&folder, Settings::default(), NOW, &mut |_| {}).unwrap();
        let source = Source { name: "shop-node".to_owned(), run: "run-1".to_owned() };
        for fact in facts {
            recorder.record(fact, &source, NOW).unwrap();
        }
        recorder.flush(NOW).unwrap();
        let id = recorder.ledger().id().to_owned();
        drop(recorder);
        let store = Store::open(folder.store(), avouch_store::Options::default()).unwrap().reader().unwrap();
        let ledger = LedgerReader::open(&folder.ledger()).unwrap();
        Self { _dir: dir, store, ledger, id }
    }

    pub(crate) fn findings(&mut self) -> Findings<'_> {
        Findings { store: &mut self.store, ledger: Some((&self.id, &self.ledger)) }
    }
}

/// Asks without looking at progress.
pub(crate) fn unwatched<T>(ask: impl FnOnce(&mut Watch<'_>) -> T) -> T {
    ask(&mut Watch::new(None, &mut |_| {}))
}
