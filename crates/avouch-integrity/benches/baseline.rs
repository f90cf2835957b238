//! Time of the first reading of 10,000 files, without the throttle, and of asking whether a path is watched.

#![expect(clippy::unwrap_used, reason = "a bench")]

use std::path::Path;

use avouch_integrity::{Config, Integrity, Record};

const FILES: usize = 10_000;

fn main() {
    divan::main();
}

/// 10,000 files of 16 KiB in a hundred folders, in the page cache.
#[divan::bench(sample_count = 5)]
fn ten_thousand_files(bencher: divan::Bencher<'_, '_>) {
    let folder = tempfile::tempdir().unwrap();
    let content = vec![b'x'; 16 << 10];
    for i in 0..FILES {
        let inner = folder.path().join((i % 100).to_string());
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::write(inner.join(i.to_string()), &content).unwrap();
    }
    let config = Config {
        watch: vec![folder.path().to_str().unwrap().to_owned()],
        bytes_per_second: u64::MAX,
        ..Config::default()
    };
    bencher.bench_local(|| {
        let mut integrity = Integrity::start(&config, None).unwrap();
        loop {
            if let Some(Record::IntegrityBaseline(baseline)) = integrity.poll() {
                assert!(baseline.files > FILES as u64);
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    });
}

#[divan::bench(args = ["/usr/bin/ls", "/etc/cron.d/x", "/var/lib/app/data/2026/11/25/segment-000001.log"])]
fn is_watched(bencher: divan::Bencher<'_, '_>, path: &str) {
    let config = Config { bytes_per_second: 1, ..Config::default() };
    let integrity = Integrity::start(&config, None).unwrap();
    bencher.bench_local(|| integrity.watched(divan::black_box(Path::new(path))));
}
