//! The events of a capture are those that Falco replayed: same numbers, times, threads, CPUs, types, in the same order.

#![allow(clippy::expect_used, reason = "a test")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use avouch_conformance::{Tally, testdata};
use avouch_event::syscalls::SYSCALLS;
use avouch_event::{EVENTS, Event, Item, types};
use avouch_scap::{Capture, Writer};
use serde::Deserialize;
use serde_json::Value;

/// What both sides say of an event.
#[derive(Debug)]
struct Row {
    num: u64,
    time: u64,
    tid: i64,
    cpu: u64,
    name: String,
}

impl PartialEq for Row {
    fn eq(&self, o: &Self) -> bool {
        (self.num, self.time, self.tid, self.cpu) == (o.num, o.time, o.tid, o.cpu)
            && (self.name == o.name || [&self.name, &o.name].into_iter().any(|n| n == "*"))
    }
}

fn replayed(golden: &Path) -> Vec<Row> {
    let mut text = String::new();
    let file = fs::File::open(golden).expect("open golden file");
    ruzstd::decoding::StreamingDecoder::new(file).expect("zstd").read_to_string(&mut text).expect("read golden file");
    text.lines()
        .map(|line| {
            let v: Value = serde_json::from_str(line).expect("golden line");
            let f = &v["output_fields"];
            Row {
                num: f["evt.num"].as_u64().expect("evt.num"),
                time: f["evt.rawtime"].as_u64().expect("evt.rawtime"),
                tid: f["thread.tid"].as_i64().expect("thread.tid"),
                cpu: f["evt.cpu"].as_u64().expect("evt.cpu"),
                name: f["evt.type"].as_str().expect("evt.type").to_owned(),
            }
        })
        .collect()
}

fn read(bytes: &[u8]) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut capture = Capture::from_slice(bytes);
    while let Some(item) = capture.next().expect("whole capture") {
        let Item::Event(e) = item else { continue };
        if !e.hidden {
            rows.push(Row { num: e.num, time: e.timestamp, tid: e.tid, cpu: u64::from(e.cpu), name: event_name(&e) });
        }
    }
    assert_eq!(capture.counts().not_decoded_total(), 0, "{:?}", capture.problems());
    assert_eq!(capture.counts().entries_not_decoded, 0, "{:?}", capture.problems());
    rows
}

/// `evt.type`: generic events are named by their syscall; `*` where the capture has only the kernel's own number, which is
/// not the reader's matter.
fn event_name(e: &Event<'_>) -> String {
    if e.ty == types::GENERIC_X {
        return match usize::from(e.params.u16(0).unwrap_or(0)) {
            0 => "*".to_owned(),
            code => SYSCALLS.get(code).map_or("unknown", |s| s.name).to_owned(),
        };
    }
    e.ty.name().to_owned()
}

/// The capture of a golden file: `libs_x.scap` is one of `captures/`, the others stand in `falco/` with `/` for `_`.
fn capture_of(data: &Path, golden: &Path) -> PathBuf {
    let name = golden.file_name().and_then(|n| n.to_str()).expect("file name");
    let name = name.strip_suffix(".fields.jsonl.zst").expect("suffix");
    if let Some(libs) = name.strip_prefix("libs_") {
        return data.join("captures").join(libs);
    }
    let rest = name.strip_prefix("falco-test_trace_files_").expect("prefix");
    let folder = data.join("falco/falco-test/trace_files");
    let sub = rest.strip_prefix("psp_").map(|r| folder.join("psp").join(r));
    sub.filter(|p| p.is_file()).unwrap_or_else(|| folder.join(rest))
}

#[test]
fn the_events_are_those_that_falco_replayed() {
    let Some(data) = testdata() else { return };
    let mut tally = Tally::new("scap-events");
    let mut files: Vec<PathBuf> =
        fs::read_dir(data.join("falco/golden")).expect("golden").map(|e| e.expect("entry").path()).collect();
    files.retain(|p| p.to_string_lossy().ends_with(".fields.jsonl.zst"));
    files.sort();
    assert_eq!(files.len(), 11);
    for golden in &files {
        let path = capture_of(&data, golden);
        let ours = read(&fs::read(&path).expect("read capture"));
        let theirs = replayed(golden);
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        for i in 0..ours.len().max(theirs.len()) {
            let (o, t) = (ours.get(i), theirs.get(i));
            tally.case(&format!("{name} {i}"), (o != t).then(|| format!("ours {o:?}, falco {t:?}")));
        }
    }
    tally.finish();
}

#[derive(Deserialize)]
struct Counted {
    capture: String,
    counts: BTreeMap<String, u64>,
}

#[test]
fn event_counts_after_conversion() {
    let Some(data) = testdata() else { return };
    let mut tally = Tally::new("scap-event-counts");
    let text = fs::read_to_string(data.join("falco/scap_event_counts.jsonl")).expect("counts");
    for line in text.lines() {
        let case: Counted = serde_json::from_str(line).expect("counts line");
        let path = data.join("captures").join(&case.capture);
        // The other captures of the list are not to be had.
        let Ok(bytes) = fs::read(path) else { continue };
        let mut ours: BTreeMap<&str, u64> = BTreeMap::new();
        let mut capture = Capture::from_slice(&bytes);
        while let Some(item) = capture.next().expect("whole capture") {
            if let Item::Event(e) = item {
                *ours.entry(EVENTS[usize::from(e.ty.0)].symbol).or_default() += 1;
            }
        }
        for (symbol, n) in &case.counts {
            let o = ours.get(symbol.as_str()).copied().unwrap_or(0);
            let text = format!("ours {o}, falco {n}");
            tally.case(&format!("{} {symbol}", case.capture), (o != *n).then_some(text));
        }
    }
    tally.finish();
}

/// Everything an item says.
fn describe(item: &Item<'_>) -> String {
    let Item::Event(e) = item else { return format!("{item:?}") };
    let params: Vec<&[u8]> = (0..e.params.len()).map(|i| e.params.get(i).unwrap_or_default()).collect();
    format!("{} {} {} {} {:?} {} {params:?}", e.num, e.timestamp, e.tid, e.cpu, e.ty, e.hidden)
}

/// The events that any rule could see, on all captures: the condition that matched most events matched all of them.
#[test]
fn as_many_events_are_shown_as_falco_shows() {
    let Some(data) = testdata() else { return };
    let mut tally = Tally::new("scap-visible");
    let file = fs::File::open(data.join("falco/random-conditions.expected.json.gz")).expect("expected counts");
    let all: BTreeMap<String, BTreeMap<String, Value>> =
        serde_json::from_reader(std::io::BufReader::new(flate2::read::GzDecoder::new(file))).expect("counts");
    for (name, rules) in &all {
        let most = rules.values().max_by_key(|v| v["count"].as_u64()).expect("a rule");
        let nums: Vec<u64> = read(&fs::read(data.join(name)).expect("capture")).iter().map(|r| r.num).collect();
        let ours = serde_json::json!([nums.len(), nums.get(..3), nums.last()]);
        let theirs = serde_json::json!([most["count"], most["first"], most["last"]]);
        tally.case(name, (ours != theirs).then(|| format!("ours {ours}, falco {theirs}")));
    }
    tally.finish();
}

/// Real captures, written in the newest format, plain and compressed, read back as the same items.
#[test]
fn captures_written_again_read_back_the_same() {
    let Some(data) = testdata() else { return };
    let mut tally = Tally::new("scap-round-trip");
    let folders = ["captures", "falco/falco-test/trace_files", "falco/falco-test/trace_files/psp"];
    let files = folders.iter().flat_map(|f| fs::read_dir(data.join(f)).expect("folder"));
    let mut files: Vec<PathBuf> = files.map(|e| e.expect("entry").path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "scap"));
    files.sort();
    for path in files {
        let bytes = fs::read(&path).expect("capture");
        let (mut plain, mut packed) = (Writer::new(Vec::new()), Writer::gzip(Vec::new()));
        let mut want = Vec::new();
        let mut capture = Capture::from_slice(&bytes);
        while let Some(item) = capture.next().expect("whole capture") {
            plain.write(&item).expect("write");
            packed.write(&item).expect("write");
            want.push(describe(&item));
        }
        for written in [plain.finish().expect("finish"), packed.finish().expect("finish")] {
            let mut again = Capture::from_reader(&written[..]);
            let mut got = Vec::new();
            while let Some(item) = again.next().expect("whole capture") {
                got.push(describe(&item));
            }
            let first = got.iter().zip(&want).find(|(g, w)| g != w);
            let difference = (got != want).then(|| format!("{} items, {} again: {first:?}", want.len(), got.len()));
            tally.case(&path.to_string_lossy(), difference);
        }
    }
    tally.finish();
}
