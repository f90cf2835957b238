//! What the queue on the disk keeps, through any crash and any fullness.

#![expect(clippy::expect_used, reason = "a test")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use avouch_finding::{Command, Fact, Gap, Observation, Stop, Time};
use avouch_forward::{Batch, Limits, Most, Options, Outbox, Outgoing, Sender, Spool, SpoolError, WireFact};
use proptest::prelude::*;

fn sender(run: &str) -> Sender {
    Sender { node: "n1".into(), cluster: "prod".into(), run: run.into(), version: "0.1.0".into() }
}

fn gap(text: &str) -> Fact {
    Gap { from: Time(5), to: Time(6), node: "n1".into(), source: String::new(), reason: text.into() }.into()
}

fn command(text: &str) -> Fact {
    Command { time: Time(7), node: "n1".into(), cmdline: text.into(), ..Command::default() }.into()
}

fn decode(sent: &Outgoing) -> Batch {
    let batch = Batch::decode(&sent.body, None, &Limits::default()).expect("a batch");
    assert_eq!((batch.facts.len(), batch.facts[0].seq), (sent.facts, sent.first));
    assert_eq!(batch.facts.last().map(|f| f.seq), Some(sent.last));
    batch
}

/// Takes everything that waits, as a server does that acknowledges all.
fn drain(outbox: &mut Outbox, most: Most) -> Vec<(String, WireFact)> {
    let mut out = Vec::new();
    while let Some(sent) = outbox.next(most).expect("reads") {
        let batch = decode(&sent);
        out.extend(batch.facts.into_iter().map(|fact| (batch.sender.run.clone(), fact)));
        outbox.acknowledge(&sent, sent.last).expect("forgets");
    }
    assert_eq!(outbox.standing().waiting, 0);
    out
}

fn text(fact: &WireFact) -> &str {
    ["reason", "cmdline"].into_iter().find_map(|key| fact.body[key].as_str()).unwrap_or_default()
}

#[test]
fn facts_come_in_the_order_they_were_told_whatever_their_row() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut spool, mut outbox, report) = Spool::open(dir.path(), Options::new(1 << 20), sender("a")).expect("opens");
    assert_eq!((report.waiting, report.runs, report.torn_bytes), (0, 0, 0));
    for n in 0..50 {
        let fact = if n % 3 == 0 { gap(&n.to_string()) } else { command(&n.to_string()) };
        assert_eq!(spool.record(&fact, Time(100 + n)).expect("records"), n + 1);
        if n == 20 {
            spool.flush(Time(100 + n)).expect("flushes");
        }
    }
    // Only what is safe is sent.
    let sent = outbox.next(Most { facts: 10, bytes: 1 << 20 }).expect("reads").expect("something waits");
    assert_eq!((sent.first, sent.last, sent.oldest), (1, 10, Time(100)));
    let again = outbox.next(Most { facts: 10, bytes: 1 << 20 }).expect("reads").expect("something waits");
    assert_eq!(again.body, sent.body);
    assert_eq!(outbox.acknowledge(&sent, 4).expect("forgets"), 4);
    let rest = drain(&mut outbox, Most { facts: 3, bytes: 1 << 20 });
    assert_eq!(rest.iter().map(|(_, f)| f.seq).collect::<Vec<_>>(), (5..=21).collect::<Vec<_>>());
    spool.flush(Time(200)).expect("flushes");
    let rest = drain(&mut outbox, Most::default());
    assert_eq!(rest.iter().map(|(_, f)| f.seq).collect::<Vec<_>>(), (22..=50).collect::<Vec<_>>());
    assert_eq!(
        rest.iter().map(|(_, f)| text(f)).collect::<Vec<_>>(),
        (21..50).map(|n| n.to_string()).collect::<Vec<_>>()
    );
    assert_eq!(Fact::read(&rest[0].1.kind, rest[0].1.body.clone()).expect("a fact"), gap("21"));
}

#[test]
fn bytes_bound_a_batch_and_one_fact_always_goes() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut spool, mut outbox, _) = Spool::open(dir.path(), Options::new(16 << 20), sender("a")).expect("opens");
    for _ in 0..3 {
        spool.record(&gap(&"x".repeat(100_000)), Time(1)).expect("records");
    }
    spool.flush(Time(1)).expect("flushes");
    for n in 1..=3 {
        let sent = outbox.next(Most { facts: 10, bytes: 1_000 }).expect("reads").expect("something waits");
        assert_eq!((sent.first, sent.last), (n, n));
        outbox.acknowledge(&sent, n).expect("forgets");
    }
}

#[test]
fn an_earlier_life_is_sent_first_and_remembered() {
    let dir = tempfile::tempdir().expect("a folder");
    let watched = Observation { from: Time(10), to: Time(20), node: "n1".into(), ..Observation::default() };
    for run in ["a", "b"] {
        let (mut spool, _outbox, _) = Spool::open(dir.path(), Options::new(1 << 20), sender(run)).expect("opens");
        spool.record(&gap(run), Time(1)).expect("records");
        spool.record(&watched.clone().into(), Time(1)).expect("records");
        if run == "b" {
            let stop = Stop { time: Time(21), node: "n1".into(), reason: "SIGTERM".into(), ..Stop::default() };
            spool.record(&stop.into(), Time(1)).expect("records");
        }
        spool.flush(Time(1)).expect("flushes");
    }
    let (mut spool, mut outbox, report) = Spool::open(dir.path(), Options::new(1 << 20), sender("c")).expect("opens");
    assert_eq!((report.waiting, report.runs, report.torn_bytes), (5, 2, 0));
    let last = report.memory.watched.expect("something was watched");
    assert_eq!((last.node.as_str(), last.to, last.stopped.as_deref()), ("n1", Time(20), Some("SIGTERM")));
    spool.record(&gap("c"), Time(1)).expect("records");
    spool.flush(Time(1)).expect("flushes");
    let all = drain(&mut outbox, Most::default());
    let runs: Vec<(&str, u64)> = all.iter().map(|(run, f)| (run.as_str(), f.seq)).collect();
    assert_eq!(runs, [("a", 1), ("a", 2), ("b", 1), ("b", 2), ("b", 3), ("c", 1)]);
}

#[test]
fn what_was_acknowledged_is_not_sent_by_the_next_life() {
    let dir = tempfile::tempdir().expect("a folder");
    {
        let (mut spool, mut outbox, _) = Spool::open(dir.path(), Options::new(1 << 20), sender("a")).expect("opens");
        for n in 0..9 {
            spool.record(&gap(&n.to_string()), Time(1)).expect("records");
        }
        spool.flush(Time(1)).expect("flushes");
        let sent = outbox.next(Most::default()).expect("reads").expect("something waits");
        outbox.acknowledge(&sent, 6).expect("forgets");
    }
    // The same name of a run, or none, must not hide facts: numbers count for one life.
    let (_spool, mut outbox, report) = Spool::open(dir.path(), Options::new(1 << 20), sender("b")).expect("opens");
    assert_eq!(report.waiting, 3);
    assert_eq!(drain(&mut outbox, Most::default()).iter().map(|(_, f)| f.seq).collect::<Vec<_>>(), [7, 8, 9]);
}

#[test]
fn one_process_at_a_time_and_only_its_owner_reads() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("spool");
    let first = Spool::open(&path, Options::new(1 << 20), sender("a")).expect("opens");
    assert!(matches!(Spool::open(&path, Options::new(1 << 20), sender("b")), Err(SpoolError::Locked { .. })));
    let (mut spool, outbox, _) = first;
    spool.record(&gap("x"), Time(1)).expect("records");
    spool.flush(Time(1)).expect("flushes");
    drop(spool);
    assert!(matches!(Spool::open(&path, Options::new(1 << 20), sender("b")), Err(SpoolError::Locked { .. })));
    drop(outbox);
    Spool::open(&path, Options::new(1 << 20), sender("b")).expect("opens");
    assert_eq!(fs::metadata(&path).expect("a folder").permissions().mode() & 0o777, 0o700);
    for file in fs::read_dir(&path).expect("lists") {
        let file = file.expect("a file");
        assert_eq!(file.metadata().expect("a file").permissions().mode() & 0o777, 0o600, "{file:?}");
    }
}

#[test]
fn no_secret_is_on_the_disk_in_clear() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut spool, mut outbox, _) = Spool::open(dir.path(), Options::new(1 << 20), sender("a")).expect("opens");
    spool.record(&command("mysql --password hunter2-is-the-word -h db"), Time(1)).expect("records");
    spool.flush(Time(1)).expect("flushes");
    for file in fs::read_dir(dir.path()).expect("lists") {
        let bytes = fs::read(file.expect("a file").path()).expect("reads");
        assert!(!bytes.windows(7).any(|w| w == b"hunter2"));
    }
    let all = drain(&mut outbox, Most::default());
    assert!(text(&all[0].1).starts_with("mysql --password [redacted:"), "{}", text(&all[0].1));
}

#[test]
fn what_no_ledger_takes_is_refused_and_nothing_else_is_lost() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut spool, mut outbox, _) = Spool::open(dir.path(), Options::new(64 << 20), sender("a")).expect("opens");
    let other = |kind: &str, body| Fact::Other { kind: kind.to_owned(), body };
    let mut deep = serde_json::json!({});
    for _ in 0..130 {
        deep = serde_json::json!({ "a": deep });
    }
    for bad in [
        other("ledger.created", serde_json::json!({})),
        other("Not a kind", serde_json::json!({})),
        other("list", serde_json::json!([])),
        other("deep", deep),
        gap(&"x".repeat(5 << 20)),
    ] {
        assert!(matches!(spool.record(&bad, Time(1)), Err(SpoolError::Unfit { .. })), "{}", bad.kind());
    }
    assert_eq!(spool.record(&gap("fine"), Time(1)).expect("records"), 1);
    spool.flush(Time(1)).expect("flushes");
    assert_eq!(drain(&mut outbox, Most::default()).len(), 1);
    assert!(matches!(Spool::open(dir.path(), Options::new(1), sender("bad \"name\"")), Err(SpoolError::Sender(_))));
}

#[test]
fn a_damaged_segment_is_told_and_the_rest_is_sent() {
    let dir = tempfile::tempdir().expect("a folder");
    let options = Options { bytes: 1 << 20, segment_bytes: 4 << 10 };
    {
        let (mut spool, _outbox, _) = Spool::open(dir.path(), options, sender("a")).expect("opens");
        for n in 0..200 {
            spool.record(&gap(&n.to_string()), Time(1_000 + n)).expect("records");
        }
        spool.flush(Time(2_000)).expect("flushes");
    }
    let path = dir.path().join("00000001-facts-00000002.seg");
    let mut bytes = fs::read(&path).expect("a second segment");
    let half = bytes.len() / 2;
    bytes[half] ^= 1;
    fs::write(&path, &bytes).expect("writes");
    let (mut spool, mut outbox, report) = Spool::open(dir.path(), options, sender("b")).expect("opens");
    assert!(report.torn_bytes > 0);
    spool.flush(Time(3_000)).expect("flushes");
    let all = drain(&mut outbox, Most::default());
    let first: Vec<u64> = all.iter().filter(|(run, _)| run == "a").map(|(_, f)| f.seq).collect();
    assert!(first.contains(&1) && first.contains(&200) && first.len() < 200);
    let told: Vec<&str> = all.iter().filter(|(run, _)| run == "b").map(|(_, f)| f.kind.as_str()).collect();
    assert_eq!(told, ["gap", "left_out"]);
}

#[test]
fn a_segment_that_goes_bad_while_it_waits_is_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let options = Options { bytes: 1 << 20, segment_bytes: 4 << 10 };
    let (mut spool, mut outbox, _) = Spool::open(dir.path(), options, sender("a")).expect("opens");
    for n in 0..200 {
        spool.record(&gap(&n.to_string()), Time(1_000 + n)).expect("records");
    }
    spool.flush(Time(2_000)).expect("flushes");
    let path = dir.path().join("00000001-facts-00000002.seg");
    let mut bytes = fs::read(&path).expect("a second segment");
    let half = bytes.len() / 2;
    bytes[half] ^= 1;
    fs::write(&path, &bytes).expect("writes");
    let mut seen: Vec<WireFact> = drain(&mut outbox, Most::default()).into_iter().map(|(_, f)| f).collect();
    spool.flush(Time(3_000)).expect("flushes");
    seen.extend(drain(&mut outbox, Most::default()).into_iter().map(|(_, f)| f));
    let told = seen.iter().find(|f| f.kind == "left_out").expect("the loss is told");
    let lost = told.body["by_kind"]["unreadable"].as_u64().expect("a count");
    assert_eq!(outbox.standing().dropped, lost);
    let own = seen.iter().filter(|f| f.body["reason"].as_str().is_some_and(|r| r.parse::<u64>().is_ok())).count();
    assert_eq!(own as u64 + lost, 200);
}

/// What facts say was dropped, by kind.
fn told_dropped(all: &[WireFact]) -> BTreeMap<String, u64> {
    let mut out = BTreeMap::new();
    for (kind, n) in all.iter().filter(|f| f.kind == "left_out").filter_map(|f| f.body["by_kind"].as_object()).flatten()
    {
        *out.entry(kind.clone()).or_default() += n.as_u64().unwrap_or_default();
    }
    out
}

#[test]
fn activity_goes_first_when_it_is_full_and_the_run_tells_of_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let options = Options { bytes: 64 << 10, segment_bytes: 8 << 10 };
    let (mut spool, mut outbox, _) = Spool::open(dir.path(), options, sender("a")).expect("opens");
    for n in 0..1_000u64 {
        spool.record(&command(&n.to_string()), Time(n)).expect("records");
        if n % 20 == 0 {
            spool.record(&gap(&n.to_string()), Time(n)).expect("records");
        }
        if n % 7 == 0 {
            spool.flush(Time(n)).expect("flushes");
        }
    }
    spool.flush(Time(1_000)).expect("flushes");
    assert!(outbox.standing().bytes <= (64 << 10) + 2_048, "{:?}", outbox.standing());
    let all: Vec<WireFact> = drain(&mut outbox, Most::default()).into_iter().map(|(_, f)| f).collect();
    let commands = all.iter().filter(|f| f.kind == "command").count() as u64;
    assert_eq!(all.iter().filter(|f| f.kind == "gap").count(), 50, "no finding or observation went");
    assert!(commands < 1_000);
    assert_eq!(told_dropped(&all), BTreeMap::from([("command".to_owned(), 1_000 - commands)]));
    // The newest are still there.
    assert!(all.iter().any(|f| text(f) == "999"));
}

#[test]
fn without_activity_the_oldest_of_the_rest_goes_and_makes_a_gap() {
    let dir = tempfile::tempdir().expect("a folder");
    let options = Options { bytes: 64 << 10, segment_bytes: 8 << 10 };
    let (mut spool, mut outbox, _) = Spool::open(dir.path(), options, sender("a")).expect("opens");
    let watched = |n: u64| -> Fact {
        Observation { from: Time(n), to: Time(n + 1), node: "n1".into(), ..Observation::default() }.into()
    };
    for n in 0..2_000u64 {
        spool.record(&watched(n), Time(n)).expect("records");
    }
    spool.flush(Time(2_000)).expect("flushes");
    let all: Vec<WireFact> = drain(&mut outbox, Most::default()).into_iter().map(|(_, f)| f).collect();
    let kept = all.iter().filter(|f| f.kind == "observation").count() as u64;
    // What a dropped fact said of losses, the next says again; gaps that were dropped are counted as gaps.
    assert_eq!(told_dropped(&all).get("observation"), Some(&(2_000 - kept)));
    assert!(all.iter().any(|f| f.kind == "gap"));
    assert!(kept > 50);
}

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
