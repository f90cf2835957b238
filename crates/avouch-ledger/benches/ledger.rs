//! Records a second: appended (canonical text, look for secrets, hash, tree, write; synced every 1,000), and verified (from
//! plain and from compressed segments). Records of about 700 bytes, shaped like findings.
//!
//! `cargo bench -p avouch-ledger -- --cpu [records]` measures CPU time of appending instead, which other programs on the
//! machine disturb less; run under `valgrind --tool=callgrind` it gives instructions (SHA-256 in software there).

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench")]

use avouch_ledger::{Draft, Ledger, Options, Source, Time, Trust, verify_dir};
use divan::{Bencher, counter::ItemsCount};
use nix::time::{ClockId, clock_gettime};
use serde_json::json;

fn main() {
    let mut args = std::env::args().skip_while(|arg| arg != "--cpu");
    if args.next().is_some() {
        cpu(args.next().and_then(|n| n.parse().ok()).unwrap_or(500_000));
    } else {
        divan::main();
    }
}

const RECORDS: u64 = 50_000;

fn drafts(secrets_every: u64) -> Vec<Draft> {
    (0..RECORDS).map(|n| record(n, secrets_every)).collect()
}

fn record(n: u64, secrets_every: u64) -> Draft {
    let secret = n % secrets_every == secrets_every - 1;
    let cmdline = if secret { "mysql -u root -phunter22 shop" } else { "bash -c 'cat /etc/shadow | head -n 3'" };
    let body = json!({
        "rule": "Read sensitive file untrusted", "priority": "Warning", "source": "syscall",
        "event": {"type": "openat", "number": 88_123_456 + n, "dir": "<"},
        "output": "Sensitive file opened for reading by a program that is not trusted (file=/etc/shadow user=root)",
        "fields": {
            "proc.name": "cat", "proc.cmdline": cmdline, "proc.pname": "bash", "proc.pid": 4_000 + n % 3000,
            "user.name": "root", "user.loginuid": -1, "fd.name": "/etc/shadow", "container.id": "3ad7b26ded6d",
            "container.image": "docker.io/library/debian:12", "k8s.ns": "shop", "k8s.pod": "cart-7d9c6b5f4-x2x8z"
        },
        "tags": ["maturity_stable", "SOC2_CC6.1", "T1555"]
    });
    let source = Source { name: "node-17".into(), run: "5e0f3b1a".into() };
    Draft { time: Time(1_795_000_000_000_000_000 + n), source, source_seq: None, kind: "finding".into(), body }
}

fn write(dir: &std::path::Path, drafts: Vec<Draft>, now: Time) -> Ledger {
    let (mut ledger, _) = Ledger::open(dir, Options::default(), now).unwrap();
    for (n, draft) in drafts.into_iter().enumerate() {
        ledger.append(draft).unwrap();
        if n % 1000 == 999 {
            ledger.sync(now).unwrap();
        }
    }
    ledger.checkpoint(now).unwrap();
    ledger
}

/// Nanoseconds that this thread has run, the kernel's work for it included.
fn thread_ns() -> u64 {
    let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap();
    u64::try_from(std::time::Duration::from(time).as_nanos()).unwrap()
}

/// Appends `records` in batches of 1,000, each followed by a sync. Bodies are made just before their batch and not counted.
fn cpu(records: u64) {
    for secrets_every in [10_000, 100, 10] {
        let (dir, now) = (tempfile::tempdir().unwrap(), Time(0));
        let (mut ledger, _) = Ledger::open(dir.path(), Options::default(), now).unwrap();
        let (mut appending, mut syncing) = (0, 0);
        for batch in 0..records / 1000 {
            let drafts: Vec<_> = (0..1000).map(|n| record(batch * 1000 + n, secrets_every)).collect();
            let start = thread_ns();
            append_all(&mut ledger, drafts);
            let appended = thread_ns();
            ledger.sync(now).unwrap();
            appending += appended - start;
            syncing += thread_ns() - appended;
        }
        ledger.checkpoint(now).unwrap();
        let per = |ns: u64| ns / records.max(1);
        let (append, sync) = (per(appending), per(syncing));
        let rate = 1_000_000_000 / (append + sync).max(1);
        println!("1 secret in {secrets_every}: {append} + {sync} ns of CPU a record (append, sync), {rate} records/s");
    }
}

#[inline(never)]
fn append_all(ledger: &mut Ledger, drafts: Vec<Draft>) {
    for draft in drafts {
        ledger.append(draft).unwrap();
    }
}

/// `secrets_every`: one record of so many holds a secret.
#[divan::bench(args = [10_000, 100, 10], sample_count = 10, sample_size = 1)]
fn append(bencher: Bencher<'_, '_>, secrets_every: u64) {
    let drafts = drafts(secrets_every);
    bencher
        .counter(ItemsCount::new(RECORDS))
        .with_inputs(|| (tempfile::tempdir().unwrap(), drafts.clone()))
        .bench_local_values(|(dir, drafts)| (write(dir.path(), drafts, Time(0)), dir));
}

#[divan::bench(args = ["plain", "compressed"], sample_count = 10, sample_size = 1)]
fn verify(bencher: Bencher<'_, '_>, form: &str) {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = write(dir.path(), drafts(1000), Time(0));
    if form == "compressed" {
        ledger.seal(Time(0)).unwrap();
        ledger.packed().unwrap();
    }
    let trust = Trust { keys: vec![ledger.public_key()], ..Trust::default() };
    bencher.counter(ItemsCount::new(RECORDS)).bench_local(|| {
        let report = verify_dir(dir.path(), &trust).unwrap();
        assert!(report.problems.is_empty() && report.records > RECORDS);
    });
}
