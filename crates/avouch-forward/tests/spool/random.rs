//! Any steps in any order, with crashes anywhere.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use avouch_finding::{Fact, Time};
use avouch_forward::{Most, Options, Outbox, Outgoing, Spool};
use proptest::prelude::*;

use crate::common::{command, decode, gap, sender, text, told_dropped};

/// A step of the life of a queue.
#[derive(Clone, Debug)]
enum Step {
    /// A fact of activity, or of the rest, so large.
    Tell(bool, usize),
    Flush,
    /// A batch of so many is sent, and so much of it acknowledged, in percent.
    Send(usize, u64),
    /// A batch is sent and the answer is lost.
    Lose(usize),
    /// The process dies; of what was not safe a part may be on the disk, and what follows it may be nonsense.
    Crash(u16, Vec<u8>),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (any::<bool>(), 0usize..600).prop_map(|(activity, size)| Step::Tell(activity, size)),
        3 => Just(Step::Flush),
        2 => (1usize..40, 0u64..=100).prop_map(|(n, percent)| Step::Send(n, percent)),
        1 => (1usize..40).prop_map(Step::Lose),
        1 => (any::<u16>(), prop::collection::vec(any::<u8>(), 0..40)).prop_map(|(keep, junk)| Step::Crash(keep, junk)),
    ]
}

/// Sizes of the files as they are.
fn sizes(dir: &Path) -> BTreeMap<std::path::PathBuf, u64> {
    let files = fs::read_dir(dir).expect("lists").map(|e| e.expect("a file"));
    files
        .map(|e| (e.path(), e.metadata().expect("a file").len()))
        .filter(|(p, _)| p.extension().is_some_and(|e| e == "seg"))
        .collect()
}

/// What a server has: the text of each fact once, by run, in order.
#[derive(Default)]
struct Model {
    last: BTreeMap<String, u64>,
    have: BTreeMap<String, Vec<String>>,
}

impl Model {
    fn receive(&mut self, sent: &Outgoing) {
        let batch = decode(sent);
        let last = self.last.entry(batch.sender.run.clone()).or_default();
        let plan = avouch_forward::accept(&batch, *last);
        for fact in &batch.facts[plan.new] {
            assert!(fact.seq > *last);
            *last = fact.seq;
            if fact.kind != "left_out" {
                self.have.entry(batch.sender.run.clone()).or_default().push(text(fact).to_owned());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// With room enough: whatever was made safe reaches the server once, in order, through any crash; and nothing else does but a part of
    /// what was told after the last flush.
    #[test]
    fn what_was_safe_arrives_once(steps in prop::collection::vec(step(), 1..120)) {
        let dir = tempfile::tempdir().expect("a folder");
        let options = Options { bytes: 64 << 20, segment_bytes: 2 << 10 };
        let (mut life, mut told, mut model) = (0, 0u64, Model::default());
        let mut safe: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut fresh: Vec<String> = Vec::new();
        let open = |life: u64| Spool::open(dir.path(), options, sender(&format!("run-{life}"))).expect("opens");
        let (mut spool, mut outbox, _) = open(life);
        let mut flushed = sizes(dir.path());
        for step in steps.into_iter().chain([Step::Flush]) {
            let run = format!("run-{life}");
            match step {
                Step::Tell(activity, size) => {
                    told += 1;
                    let words = format!("{told} {}", "x".repeat(size));
                    let fact = if activity { command(&words) } else { gap(&words) };
                    let seq = spool.record(&fact, Time(told)).expect("records");
                    prop_assert_eq!(seq as usize, safe.get(&run).map_or(0, Vec::len) + fresh.len() + 1);
                    fresh.push(words);
                }
                Step::Flush => {
                    spool.flush(Time(told)).expect("flushes");
                    safe.entry(run).or_default().append(&mut fresh);
                    flushed = sizes(dir.path());
                }
                Step::Send(n, percent) => {
                    if let Some(sent) = outbox.next(Most { facts: n, bytes: 1 << 20 }).expect("reads") {
                        model.receive(&sent);
                        let upto = sent.first - 1 + (sent.last + 1 - sent.first) * percent / 100;
                        outbox.acknowledge(&sent, upto).expect("forgets");
                    }
                }
                Step::Lose(n) => {
                    if let Some(sent) = outbox.next(Most { facts: n, bytes: 1 << 20 }).expect("reads") {
                        model.receive(&sent);
                    }
                }
                Step::Crash(keep, junk) => {
                    // It dies while it makes all safe: what that wrote is cut below, anywhere.
                    spool.flush(Time(told)).expect("flushes");
                    drop((spool, outbox));
                    for (path, size) in sizes(dir.path()) {
                        // A segment that was sealed was safe as a whole; sizes at the last flush do not know of it.
                        let known = flushed.get(&path).copied().unwrap_or(0);
                        let kept = known + (size - known.min(size)) * u64::from(keep) / u64::from(u16::MAX);
                        let sealed = is_sealed(dir.path(), &path);
                        let file = fs::OpenOptions::new().write(true).open(&path).expect("opens");
                        if !sealed {
                            file.set_len(kept.max(known)).expect("cuts");
                            drop(file);
                            let mut bytes = fs::read(&path).expect("reads");
                            bytes.extend_from_slice(&junk);
                            fs::write(&path, bytes).expect("writes");
                        }
                    }
                    // A part of what was not safe may arrive; the model learns of it below.
                    safe.entry(run.clone()).or_default();
                    let uncertain = std::mem::take(&mut fresh);
                    life += 1;
                    let (s, o, _) = open(life);
                    (spool, outbox) = (s, o);
                    flushed = sizes(dir.path());
                    let got = peek(&mut outbox, &mut model);
                    let known = safe.entry(run.clone()).or_default();
                    let of_run = got.get(&run).cloned().unwrap_or_default();
                    prop_assert!(of_run.starts_with(known), "a fact that was safe is gone");
                    let mut rest = uncertain.iter();
                    for more in &of_run[known.len()..] {
                        prop_assert!(rest.any(|u| u == more), "a fact came that was not told");
                    }
                    *known = of_run;
                }
            }
        }
        let all = drain_into(&mut outbox, &mut model);
        prop_assert!(all);
        for (run, facts) in &safe {
            prop_assert_eq!(&model.have.get(run).cloned().unwrap_or_default(), facts);
        }
    }
}

/// Whether a later segment follows in the row.
fn is_sealed(dir: &Path, path: &Path) -> bool {
    let name = path.file_name().and_then(|n| n.to_str()).expect("a name");
    let row = &name[..name.len() - "00000001.seg".len()];
    let names: Vec<String> = sizes(dir).into_keys().filter_map(|p| Some(p.file_name()?.to_str()?.to_owned())).collect();
    names.iter().any(|other| other.starts_with(row) && other.as_str() > name)
}

/// Sends what waits of earlier lives, as the next life does first; says what the server has by then.
fn peek(outbox: &mut Outbox, model: &mut Model) -> BTreeMap<String, Vec<String>> {
    drain_into(outbox, model);
    model.have.clone()
}

fn drain_into(outbox: &mut Outbox, model: &mut Model) -> bool {
    while let Some(sent) = outbox.next(Most { facts: 17, bytes: 1 << 20 }).expect("reads") {
        model.receive(&sent);
        outbox.acknowledge(&sent, sent.last).expect("forgets");
    }
    outbox.standing().waiting == 0
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// With little room: every fact that was told is there, or a fact that is there counts it as dropped.
    #[test]
    fn what_is_dropped_is_counted(steps in prop::collection::vec(step(), 50..300), percent in 0u64..=100) {
        let dir = tempfile::tempdir().expect("a folder");
        let options = Options { bytes: 24 << 10, segment_bytes: 2 << 10 };
        let (mut spool, mut outbox, _) = Spool::open(dir.path(), options, sender("a")).expect("opens");
        let (mut told, mut have, mut last) = (BTreeMap::<String, u64>::new(), Vec::new(), 0);
        let mut take = |sent: &Outgoing| {
            let batch = decode(sent);
            let plan = avouch_forward::accept(&batch, last);
            last = batch.facts.last().map_or(last, |f| f.seq.max(last));
            have.extend_from_slice(&batch.facts[plan.new]);
        };
        let mut n = 0;
        for step in steps {
            n += 1;
            match step {
                Step::Tell(activity, size) => {
                    let words = format!("{n} {}", "x".repeat(size));
                    // A fact of its own kind, so that it is not taken for what the queue tells itself.
                    let body = serde_json::json!({"time": "2026-01-01T00:00:00Z", "reason": words});
                    let fact = if activity { command(&words) } else { Fact::Other { kind: "word".into(), body } };
                    *told.entry(fact.kind().to_owned()).or_default() += 1;
                    spool.record(&fact, Time(n)).expect("records");
                }
                Step::Flush | Step::Crash(..) => spool.flush(Time(n)).expect("flushes"),
                Step::Send(facts, _) => {
                    if let Some(sent) = outbox.next(Most { facts, bytes: 1 << 20 }).expect("reads") {
                        take(&sent);
                        let upto = sent.first - 1 + (sent.last + 1 - sent.first) * percent / 100;
                        outbox.acknowledge(&sent, upto).expect("forgets");
                    }
                }
                Step::Lose(_) => {}
            }
            prop_assert!(outbox.standing().bytes <= options.bytes + 4_096);
        }
        spool.flush(Time(n)).expect("flushes");
        while let Some(sent) = outbox.next(Most::default()).expect("reads") {
            take(&sent);
            outbox.acknowledge(&sent, sent.last).expect("forgets");
        }
        let mut accounted = told_dropped(&have);
        for fact in &have {
            *accounted.entry(fact.kind.clone()).or_default() += 1;
        }
        for (kind, n) in &told {
            let found = accounted.get(kind).copied().unwrap_or(0);
            // A fact that was sent, not acknowledged and dropped is counted twice; none may be counted less.
            prop_assert!(found >= *n, "{} of {} {}", found, n, kind);
            prop_assert!(percent < 100 || found == *n, "{} of {} {}", found, n, kind);
        }
    }
}
