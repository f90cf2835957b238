//! Decoding alone, events per second: `cargo bench -p avouch-scap`.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use avouch_event::Item;
use avouch_scap::{Amplify, Capture, Writer};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};

const EVENTS: u64 = 1_000_000;

fn main() {
    divan::main();
}

/// A capture to repeat: a recording when one stands beside the checkout, else a few events made here.
fn seed() -> Vec<u8> {
    let recording = "../../../shared/testdata/falco/falco-test/trace_files/psp/run_as_user_0_container.scap";
    match fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(recording)) {
        Ok(bytes) => bytes,
        Err(_) => old_format(64),
    }
}

/// Close, fstat and read, each with its enter event, in version 1 blocks.
fn old_format(rounds: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut section = 0x1A2B_3C4D_u32.to_le_bytes().to_vec();
    section.extend([1, 0, 0, 0]);
    section.extend([0xff; 8]);
    block(&mut out, 0x0A0D_0D0A, &section);
    let (fd, res, size) = (5_u64.to_le_bytes(), 0_u64.to_le_bytes(), 100_u32.to_le_bytes());
    for i in 0..rounds {
        let tid = 1000 + (i % 50) as u64;
        for (number, params) in [
            (4, &[&fd[..]][..]),
            (5, &[&res[..]]),
            (6, &[&fd[..], &size]),
            (7, &[&res[..], &[b'x'; 80]]),
            (154, &[&fd[..]]),
            (155, &[&res[..]]),
        ] {
            let len = 22 + params.iter().map(|p| 2 + p.len()).sum::<usize>();
            let mut body = vec![0, 0];
            body.extend((1_700_000_000_000_000_000 + i as u64).to_le_bytes());
            body.extend(tid.to_le_bytes());
            body.extend((len as u32).to_le_bytes());
            body.extend(u16::to_le_bytes(number));
            params.iter().for_each(|p| body.extend((p.len() as u16).to_le_bytes()));
            params.iter().for_each(|p| body.extend(*p));
            block(&mut out, 0x204, &body);
        }
    }
    out
}

fn block(out: &mut Vec<u8>, number: u32, body: &[u8]) {
    let padding = (4 - body.len() % 4) % 4;
    let len = ((12 + body.len() + padding) as u32).to_le_bytes();
    out.extend(number.to_le_bytes());
    out.extend(len);
    out.extend(body);
    out.extend(&[0; 3][..padding]);
    out.extend(len);
}

fn current(gzip: bool) -> Vec<u8> {
    let writer = if gzip { Writer::gzip(Vec::new()) } else { Writer::new(Vec::new()) };
    match (Amplify { events: EVENTS, lanes: 1 }).run(&seed(), writer) {
        Ok((bytes, _)) => bytes,
        Err(e) => panic!("{e}"),
    }
}

/// Reads everything; looks at each event as little as any reader must.
fn decode(mut capture: Capture<'_>) -> u64 {
    let mut sum = 0;
    while let Ok(Some(item)) = capture.next() {
        if let Item::Event(e) = item {
            sum += e.params.len() as u64 + u64::from(e.ty.0);
        }
    }
    sum
}

#[divan::bench(sample_count = 20)]
fn current_mapped(bencher: Bencher<'_, '_>) {
    let bytes = current(false);
    bencher.counter(ItemsCount::new(EVENTS)).bench(|| decode(Capture::from_slice(black_box(&bytes))));
}

#[divan::bench(sample_count = 20)]
fn current_stream(bencher: Bencher<'_, '_>) {
    let bytes = current(false);
    bencher
        .counter(ItemsCount::new(EVENTS))
        .bench(|| decode(Capture::from_reader(black_box(&bytes[..]).take(u64::MAX))));
}

#[divan::bench(sample_count = 5)]
fn current_gzip(bencher: Bencher<'_, '_>) {
    let bytes = current(true);
    bencher.counter(ItemsCount::new(EVENTS)).bench(|| decode(Capture::from_slice(black_box(&bytes))));
}

/// Enter events count as events read.
#[divan::bench(sample_count = 20)]
fn old_format_mapped(bencher: Bencher<'_, '_>) {
    let rounds = 100_000;
    let bytes = old_format(rounds);
    bencher.counter(ItemsCount::new(6 * rounds)).bench(|| decode(Capture::from_slice(black_box(&bytes))));
}
