//! Facts for tests, and a ledger that is a list.

use avouch_finding::{
    Acknowledgement, Assignment, Decision, Disposition, Fact, Finding, FindingKey, Note, Observation, Severity,
    SourceState, Time, Watching,
};
use avouch_store::{Options, Record, Store};

pub(crate) const SECOND: u64 = 1_000_000_000;
pub(crate) const DAY: u64 = 86_400 * SECOND;

pub(crate) fn time(text: &str) -> Time {
    Time::parse(text).unwrap()
}

/// Numbers one record after the other, as a ledger does.
pub(crate) fn ledger(name: &str, facts: impl IntoIterator<Item = Fact>) -> Vec<Record> {
    let record = |(n, fact): (usize, Fact)| {
        let seq = n as u64 + 1;
        let mut hash = [7; 32];
        hash[..8].copy_from_slice(&seq.to_be_bytes());
        let recorded = Time(fact.time().unwrap_or_default().0.saturating_add(5));
        Record { ledger: name.to_owned(), seq, hash, recorded, fact }
    };
    facts.into_iter().enumerate().map(record).collect()
}

pub(crate) fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path().join("store"), Options::default()).unwrap();
    (dir, store)
}

pub(crate) fn store_of(records: &[Record]) -> (tempfile::TempDir, Store) {
    let (dir, store) = store();
    store.writer().unwrap().apply(records).unwrap();
    (dir, store)
}

/// A finding of a rule at a time.
pub(crate) fn finding(rule: &str, at: Time, event: u64) -> Finding {
    let key = FindingKey { node: "node-1", source: "syscall", time: at, event, rule };
    Finding {
        id: key.id(),
        time: at,
        node: "node-1".into(),
        run: "run-1".into(),
        source: "syscall".into(),
        event,
        rule: rule.into(),
        rules: "digest-1".into(),
        priority: "Warning".into(),
        severity: Severity::Medium,
        criteria: vec!["CC6.1".into()],
        output: format!("{rule} matched"),
        ..Finding::default()
    }
}

pub(crate) fn ack(finding: &str, at: Time, by: &str) -> Fact {
    Acknowledgement { time: at, finding: finding.into(), by: by.into(), note: String::new() }.into()
}

pub(crate) fn disposition(finding: &str, at: Time, decision: Decision) -> Fact {
    Disposition {
        time: at,
        finding: finding.into(),
        by: "carol".into(),
        decision,
        reason: "r".into(),
        incident: "I-1".into(),
    }
    .into()
}

pub(crate) fn assignment(finding: &str, at: Time, to: &str) -> Fact {
    Assignment { time: at, finding: finding.into(), by: "dora".into(), to: to.into() }.into()
}

pub(crate) fn note(finding: &str, at: Time, text: &str) -> Fact {
    Note { time: at, finding: finding.into(), by: "dora".into(), text: text.into() }.into()
}

pub(crate) fn observation(node: &str, from: u64, to: u64) -> Observation {
    let state = SourceState { state: Watching::Delivers, events: 10, ..SourceState::default() };
    Observation {
        from: Time(from),
        to: Time(to),
        node: node.into(),
        run: "run-1".into(),
        rules: "digest-1".into(),
        sources: [("syscall".to_owned(), state)].into(),
        events: 10,
        detections: 1,
        ..Observation::default()
    }
}
