//! What a scan costs, on a thousand processes that this bench starts.

#![allow(clippy::unwrap_used, reason = "a bench")]

use std::process::{Child, Command, Stdio};

use avouch_event::Item;
use avouch_procfs::{Options, Procfs};
use divan::Bencher;
use divan::counter::ItemsCount;

const PROCESSES: usize = 1000;

/// Sleeping processes, ended when dropped.
struct Crowd(Vec<Child>);

impl Crowd {
    fn start() -> Self {
        let one = |_| Command::new("sleep").arg("1000").stdin(Stdio::null()).spawn().unwrap();
        Self((0..PROCESSES).map(one).collect())
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        for child in &mut self.0 {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

fn main() {
    let _crowd = Crowd::start();
    divan::main();
}

#[divan::bench(sample_count = 20)]
fn whole_machine(bencher: Bencher<'_, '_>) {
    let mut procfs = Procfs::open(Options::default()).unwrap();
    let counts = procfs.scan(&mut |_: &Item<'_>| {});
    bencher.counter(ItemsCount::new(counts.processes)).bench_local(|| procfs.scan(&mut |_: &Item<'_>| {}));
}

#[divan::bench(sample_count = 20)]
fn without_descriptors(bencher: Bencher<'_, '_>) {
    let mut procfs = Procfs::open(Options { fds: 0, ..Options::default() }).unwrap();
    let counts = procfs.scan(&mut |_: &Item<'_>| {});
    bencher.counter(ItemsCount::new(counts.processes)).bench_local(|| procfs.scan(&mut |_: &Item<'_>| {}));
}

#[divan::bench]
fn one_process(bencher: Bencher<'_, '_>) {
    let mut procfs = Procfs::open(Options::default()).unwrap();
    let own = i64::from(std::process::id());
    bencher.bench_local(|| procfs.process(own, false, &mut |_: &Item<'_>| {}));
}
