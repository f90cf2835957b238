//! What the store takes: applying, questions over one million findings of 90 days, all findings of a period.

#![expect(clippy::expect_used, reason = "a bench")]
#![expect(clippy::cast_possible_truncation, reason = "small numbers")]

mod facts;

use std::ops::ControlFlow;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use avouch_finding::{Fact, Time};
use avouch_store::{Ask, Column, Filter, GroupOrder, Options, Page, Period, Reader, Record, Store};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use facts::{DAY, DAYS, FROM};
use tempfile::TempDir;

fn main() {
    divan::main();
    // What is static is never dropped.
    if let Some((Some(dir), _)) = LazyLock::get(&MILLION) {
        std::fs::remove_dir_all(dir.path()).expect("remove the store");
    }
}

const FINDINGS: u64 = 1_000_000;
const BATCH: usize = 1_000;

fn empty() -> (TempDir, Store) {
    let dir = tempfile::tempdir().expect("make a folder");
    let store = Store::open(dir.path().join("store"), Options::default()).expect("open");
    (dir, store)
}

/// The store with one million findings; every tenth is acknowledged. It takes half a minute to make, and is made in, or taken from, the folder
/// that `AVOUCH_STORE_BENCH` names, when it does.
static MILLION: LazyLock<(Option<TempDir>, Store)> = LazyLock::new(|| {
    let (dir, store) = match std::env::var_os("AVOUCH_STORE_BENCH") {
        Some(kept) => (None, Store::open(kept, Options::default()).expect("open")),
        None => {
            let (dir, store) = empty();
            (Some(dir), store)
        }
    };
    if !store.reader().expect("read").freshness(Period::ALL).expect("ask").ledgers.is_empty() {
        return (dir, store);
    }
    let mut writer = store.writer().expect("write");
    let mut seq = 0;
    for from in (0..FINDINGS).step_by(BATCH) {
        let mut batch: Vec<Record> = Vec::new();
        for n in from..from + BATCH as u64 {
            let finding = facts::finding(n, FINDINGS);
            let ack = n.is_multiple_of(10).then(|| avouch_finding::Acknowledgement {
                time: Time(finding.time.0 + 60_000_000_000),
                finding: finding.id.clone(),
                by: "alice".into(),
                note: String::new(),
            });
            for fact in [Some(Fact::from(finding)), ack.map(Fact::from)].into_iter().flatten() {
                seq += 1;
                batch.push(facts::record(seq, fact));
            }
        }
        writer.apply(&batch).expect("apply");
    }
    drop(writer);
    (dir, store)
});

/// All of it a second time, into a store beside the first.
#[divan::bench(sample_count = 1, sample_size = 1)]
fn rebuild_50_000(bencher: Bencher<'_, '_>) {
    const N: u64 = 50_000;
    let records: Vec<Record> = (0..N).map(|n| facts::record(n + 1, Fact::from(facts::finding(n, N)))).collect();
    let (_dir, store) = empty();
    bencher
        .counter(ItemsCount::new(N))
        .bench_local(|| store.rebuild(records.iter().cloned().map(Ok)).expect("rebuild").new);
}

fn reader() -> Reader {
    MILLION.1.reader().expect("read")
}

/// Findings applied, 1,000 to a transaction, each transaction on the disk before the next.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn apply_findings(bencher: Bencher<'_, '_>) {
    const N: u64 = 50_000;
    let records: Vec<Record> = (0..N).map(|n| facts::record(n + 1, Fact::from(facts::finding(n, N)))).collect();
    bencher.counter(ItemsCount::new(N)).with_inputs(empty).bench_local_values(|(dir, store)| {
        let mut writer = store.writer().expect("write");
        for batch in records.chunks(BATCH) {
            writer.apply(batch).expect("apply");
        }
        (dir, store)
    });
}

/// Observations of 100 nodes, every 10 s.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn apply_observations(bencher: Bencher<'_, '_>) {
    const N: u64 = 50_000;
    let record = |n: u64| {
        let from = FROM + n / 100 * 10_000_000_000;
        let fact = avouch_finding::Observation {
            from: Time(from),
            to: Time(from + 10_000_000_000),
            node: format!("node-{}", n % 100),
            run: "run".into(),
            rules: "3f1c".repeat(16),
            sources: [("syscall".to_owned(), avouch_finding::SourceState::default())].into(),
            events: 1_000,
            ..avouch_finding::Observation::default()
        };
        facts::record(n + 1, fact.into())
    };
    let records: Vec<Record> = (0..N).map(record).collect();
    bencher.counter(ItemsCount::new(N)).with_inputs(empty).bench_local_values(|(dir, store)| {
        let mut writer = store.writer().expect("write");
        for batch in records.chunks(BATCH) {
            writer.apply(batch).expect("apply");
        }
        (dir, store)
    });
}

/// Commands of one day.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn apply_commands(bencher: Bencher<'_, '_>) {
    const N: u64 = 50_000;
    let record = |n: u64| {
        let finding = facts::finding(n, N);
        let subject = finding.subject();
        let who = avouch_finding::Who {
            pid: n as i64,
            exe: format!("/usr/bin/{}", subject.process),
            user: subject.user.into(),
            container: subject.container.into(),
            pod: subject.pod.into(),
            namespace: subject.namespace.into(),
            ..avouch_finding::Who::default()
        };
        let fact = avouch_finding::Command {
            time: Time(FROM + n * (DAY / N)),
            node: finding.node.clone(),
            who,
            cmdline: subject.command.into(),
            cwd: "/".into(),
            tty: 0,
            ..avouch_finding::Command::default()
        };
        facts::record(n + 1, fact.into())
    };
    let records: Vec<Record> = (0..N).map(record).collect();
    bencher.counter(ItemsCount::new(N)).with_inputs(empty).bench_local_values(|(dir, store)| {
        let mut writer = store.writer().expect("write");
        for batch in records.chunks(BATCH) {
            writer.apply(batch).expect("apply");
        }
        (dir, store)
    });
}

fn ask<T>(bencher: Bencher<'_, '_>, mut question: impl FnMut(&mut Reader) -> T) {
    let mut reader = reader();
    question(&mut reader);
    bencher.bench_local(|| black_box(question(&mut reader)));
}

/// The same filter with a condition that nothing meets and nobody asked before: nobody is told what was counted a moment ago.
fn another(filter: &Filter) -> Filter {
    static ASKED: AtomicU64 = AtomicU64::new(0);
    let n = ASKED.fetch_add(1, Ordering::Relaxed);
    filter.clone().except(Column::Pod, [format!("no pod {n}")])
}

fn of_days(from: u64, to: u64) -> Period {
    Period::new(Time(FROM + from * DAY), Time(FROM + to * DAY))
}

/// Filters of every sort; what a user clicks together.
fn filters() -> Vec<(&'static str, Filter)> {
    let all = Filter::default;
    vec![
        ("everything", all()),
        ("off the hour", Filter::of(Period::new(Time(FROM + 1), Time(FROM + DAYS * DAY - 1)))),
        ("one day", Filter::of(of_days(40, 41))),
        ("severity", all().only(Column::Severity, ["high", "critical"])),
        ("rare rule", all().only(Column::Rule, ["Unexpected access number 129 to a sensitive file"])),
        ("criterion", all().only(Column::Criterion, ["CC6.1"])),
        ("node and user", all().only(Column::Node, ["node-07.example.internal"]).only(Column::User, ["app"])),
        ("not a namespace", all().except(Column::Namespace, ["team-00", "team-01"])),
        ("open ones", all().only(Column::Acknowledged, ["no"]).only(Column::Suppressed, ["no"])),
        ("common text", all().text("sensitive file")),
        ("half common text", all().text("/etc/shadow")),
        ("rare text", all().text("4999.yaml")),
        ("common text, rare node", all().text("/etc/shadow").only(Column::Node, ["node-07.example.internal"])),
        ("no such text", all().text("zebra")),
        ("one letter", all().text("s")),
        ("two digits", all().text("17")),
    ]
}

const NAMES: [&str; 16] = [
    "everything",
    "off the hour",
    "one day",
    "severity",
    "rare rule",
    "criterion",
    "node and user",
    "not a namespace",
    "open ones",
    "common text",
    "half common text",
    "rare text",
    "common text, rare node",
    "no such text",
    "one letter",
    "two digits",
];

fn filter(name: &str) -> Filter {
    filters().into_iter().find(|(n, _)| *n == name).expect("a filter").1
}

/// The newest 100.
#[divan::bench(args = NAMES, sample_count = 10, sample_size = 1)]
fn page(bencher: Bencher<'_, '_>, name: &str) {
    let filter = filter(name);
    ask(bencher, |reader| reader.findings(&filter, Page::default()).expect("ask").rows.len());
}

/// How many.
#[divan::bench(args = NAMES, sample_count = 10, sample_size = 1)]
fn count(bencher: Bencher<'_, '_>, name: &str) {
    let filter = filter(name);
    ask(bencher, |reader| reader.count(&another(&filter)).expect("ask"));
}

/// How many, ten facets and a histogram by day.
#[divan::bench(args = NAMES, sample_count = 10, sample_size = 1)]
fn counts_facets_histogram(bencher: Bencher<'_, '_>, name: &str) {
    const COLUMNS: [Column; 10] = [
        Column::Severity,
        Column::Rule,
        Column::Criterion,
        Column::Source,
        Column::Node,
        Column::Cluster,
        Column::Namespace,
        Column::Image,
        Column::User,
        Column::Process,
    ];
    let filter = filter(name);
    let asked = Ask { columns: &COLUMNS, values: 20, step: Some(DAY) };
    ask(bencher, |reader| reader.counts(&another(&filter), asked).expect("ask").count);
}

/// How many, and values of all columns; asked for the first time, and again.
#[divan::bench(args = [false, true], sample_count = 10, sample_size = 1)]
fn all_columns(bencher: Bencher<'_, '_>, again: bool) {
    let asked = Ask { columns: Column::ALL, values: 20, step: None };
    ask(bencher, |reader| {
        let filter = if again { Filter::default() } else { another(&Filter::default()) };
        reader.counts(&filter, asked).expect("ask").count
    });
}

/// What a page of findings asks when its filter changes: how many, eight facets, a histogram by day, the newest 100.
#[divan::bench(args = NAMES, sample_count = 10, sample_size = 1)]
fn first_answer(bencher: Bencher<'_, '_>, name: &str) {
    const COLUMNS: [Column; 8] = [
        Column::Severity,
        Column::Rule,
        Column::Criterion,
        Column::Node,
        Column::Namespace,
        Column::User,
        Column::Process,
        Column::Assignee,
    ];
    let filter = filter(name);
    let asked = Ask { columns: &COLUMNS, values: 20, step: Some(DAY) };
    ask(bencher, |reader| {
        let rows = reader.findings(&filter, Page::default()).expect("ask").rows.len();
        (reader.counts(&another(&filter), asked).expect("ask").count, rows)
    });
}

/// Repeats taken together: by rule, process and image, and by what makes almost every finding a group of its own.
#[divan::bench(args = ["rule", "rule, process, image", "pod", "rule, pod, container"], sample_count = 10, sample_size = 1)]
fn groups(bencher: Bencher<'_, '_>, by: &str) {
    let by: Vec<Column> = by.split(", ").map(|name| Column::parse(name).expect("a column")).collect();
    ask(bencher, |reader| reader.groups(&Filter::default(), &by, GroupOrder::Most, 100).expect("ask").distinct);
}

/// Open findings, younger than an hour, a day, a week, a month, and older.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn open_by_age(bencher: Bencher<'_, '_>) {
    let now = Time(FROM + DAYS * DAY);
    ask(bencher, |reader| {
        reader.open_by_age(&Filter::default(), now, &[DAY / 24, DAY, 7 * DAY, 30 * DAY]).expect("ask").ages.len()
    });
}

/// The last 1,000 findings and acts, as a stream that was cut off goes on.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn since_the_last_1_000(bencher: Bencher<'_, '_>) {
    let last = FINDINGS + FINDINGS / 10;
    ask(bencher, |reader| reader.since("ledger-1", last - 1_000, 1_000).expect("ask").happened.len());
}

/// The last hour, by minute and severity.
#[divan::bench]
fn last_hour_by_minute(bencher: Bencher<'_, '_>) {
    let end = FROM + DAYS * DAY;
    let filter = Filter::of(Period::new(Time(end - 3_600_000_000_000), Time(end)));
    ask(bencher, |reader| reader.histogram(&filter, 60_000_000_000).expect("ask").len());
}

/// Rules of 30 days, from the roll-up.
#[divan::bench]
fn rules_of_30_days(bencher: Bencher<'_, '_>) {
    ask(bencher, |reader| reader.rules_by_day(of_days(30, 60)).expect("ask").len());
}

/// Criterion by day, 90 days, from the roll-up.
#[divan::bench]
fn criteria_by_day_of_90_days(bencher: Bencher<'_, '_>) {
    ask(bencher, |reader| reader.criteria_by_day(of_days(0, DAYS)).expect("ask").len());
}

/// One finding by its id.
#[divan::bench]
fn one_finding(bencher: Bencher<'_, '_>) {
    let id = facts::finding(123_456, FINDINGS).id;
    ask(bencher, |reader| reader.finding(&id).expect("ask").expect("there").event);
}

/// All findings of the period, as the period report reads them.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn stream_all(bencher: Bencher<'_, '_>) {
    let bencher = bencher.counter(ItemsCount::new(FINDINGS));
    ask(bencher, |reader| {
        let mut bytes = 0;
        reader
            .for_each_finding(&Filter::default(), &mut |f| {
                bytes += f.output.len();
                ControlFlow::Continue(())
            })
            .expect("ask");
        bytes
    });
}
