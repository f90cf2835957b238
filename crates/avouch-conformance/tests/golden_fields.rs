//! Every field of every event, against what a real Falco 0.44.1 printed as JSON: 246 fields, eleven captures.

#![expect(clippy::unwrap_used, reason = "a test of recordings")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use avouch_conformance::{Tally, testdata};
use avouch_diagnostics::{Severity, SourceMap};
use avouch_engine::{CompileOptions, Compiled, RenderOptions, compile};
use avouch_event::{Arena, Item};
use avouch_rules::{LoadOptions, load};
use avouch_scap::Capture;
use avouch_state::{Limits, State, SyscallFields, SyscallReader};
use serde_json::{Map, Value as Json};

/// The capture behind a golden file, and the short name for its cases.
fn capture_of(data: &Path, golden: &Path) -> (PathBuf, String) {
    let name = golden.file_name().unwrap().to_str().unwrap();
    let name = name.strip_suffix(".fields.jsonl.zst").unwrap();
    let path = match name.strip_prefix("libs_") {
        Some(file) => data.join("captures").join(file),
        None => {
            // Folders were joined by `_`; file names hold `_` too, so look for the one that fits.
            let file = name.strip_prefix("falco-test_trace_files_").unwrap();
            let folder = data.join("falco/falco-test/trace_files");
            let plain = folder.join(file);
            let nested = file.split_once('_').map(|(d, f)| folder.join(d).join(f));
            if plain.exists() { plain } else { nested.unwrap() }
        }
    };
    let short = name.trim_start_matches("libs_").trim_start_matches("falco-test_trace_files_").to_owned();
    (path, short)
}

/// Lists are sets in the peer, listed in the order of a hash table.
fn same(ours: &Json, theirs: &Json) -> bool {
    match (ours, theirs) {
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().all(|v| b.contains(v)),
        _ => ours == theirs,
    }
}

fn lines_of(golden: &Path) -> impl Iterator<Item = Map<String, Json>> {
    let file = fs::File::open(golden).unwrap();
    let lines = BufReader::new(ruzstd::decoding::StreamingDecoder::new(file).unwrap()).lines();
    lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap())
}

/// A rule that matches every event and prints every field of the recording.
fn every_field(golden: &Path) -> Compiled {
    let first = lines_of(golden).next().unwrap();
    let fields = first["output_fields"].as_object().unwrap();
    assert_eq!(fields.len(), 246);
    let output: String = fields.keys().map(|f| format!(" %{f}")).collect();
    let rule = format!(
        "- rule: every\n  desc: d\n  condition: evt.num exists\n  output: \"{output}\"\n  priority: INFO\n  \
         warn_evttypes: false\n"
    );
    let mut map = SourceMap::default();
    let file = map.add("every.yaml", rule);
    let loaded = load(&map, &[file], &LoadOptions::default());
    let options = CompileOptions { append_output: Vec::new(), ..CompileOptions::default() };
    let compiled = compile(&loaded.rules, &[("syscall", &SyscallFields)], &options);
    let errors: Vec<_> = compiled.diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:?}");
    compiled
}

/// Names the circumstance in which the peer is known to show what is no value, so that nothing else is excused.
fn circumstance(field: &str, theirs: &Map<String, Json>) -> &'static str {
    let null = |f: &str| theirs.get(f).is_none_or(Json::is_null);
    match field {
        "evt.buffer" if theirs["evt.args"].as_str().is_some_and(|a| a.contains(" data=NULL ")) => ":no-data",
        "proc.ppid.duration" if theirs["proc.ppid.ts"] == 0 => ":clone-not-seen",
        "proc.exe_ino.ctime_duration_proc_start" if null("proc.exe_ino.ctime") || null("proc.pid.ts") => {
            ":unknown-times"
        }
        "proc.exe_ino.ctime_duration_pidns_start" if null("proc.exe_ino.ctime") => ":unknown-times",
        "proc.exe_ino.ctime_duration_pidns_start" if theirs[field] == UNINITIALISED => ":unknown-times",
        _ => "",
    }
}

/// What the peer shows for every process of every capture.
const UNINITIALISED: u64 = 18_446_744_073_709_524_920;

#[test]
fn fields_equal_the_peers() {
    let Some(data) = testdata() else { return };
    let mut golden: Vec<_> = fs::read_dir(data.join("falco/golden")).unwrap().map(|e| e.unwrap().path()).collect();
    golden.retain(|p| p.to_str().unwrap().ends_with(".fields.jsonl.zst"));
    golden.sort();
    assert_eq!(golden.len(), 11);

    let mut tally = Tally::new("golden_fields");
    let mut by_field: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let compiled = every_field(&golden[0]);
    let output = &compiled.program("syscall").unwrap().rules()[0].output;
    for file in &golden {
        let (path, short) = capture_of(&data, file);
        let bytes = fs::read(&path).unwrap();
        let mut capture = Capture::from_slice(&bytes);
        let mut lines = lines_of(file);
        let mut state = State::new(Limits::default());
        let mut arena = Arena::new();
        let mut name = String::new();
        while let Some(item) = capture.next().unwrap() {
            state.apply(&item);
            let Item::Event(event) = item else { continue };
            if event.hidden {
                continue;
            }
            arena.reset();
            let reader = SyscallReader::new(&state, &event, 0);
            let line = lines.next().unwrap_or_else(|| panic!("{short}: event {} is one too many", event.num));
            let theirs_all = line.get("output_fields").and_then(Json::as_object).unwrap();
            let ours = output.fields(&reader, &arena, RenderOptions::default());
            for (field, theirs) in theirs_all {
                let ours = ours.get(field).unwrap_or_else(|| panic!("{field} is not printed"));
                name.clear();
                write!(name, "{short}:{}:{field}", event.num).unwrap();
                name.push_str(circumstance(field, theirs_all));
                let difference = (!same(ours, theirs)).then(|| format!("{ours} here, {theirs} there"));
                if let Some(text) = &difference
                    && !tally.is_known(&name)
                {
                    let entry = by_field.entry(field.clone()).or_insert_with(|| (0, format!("{name}: {text}")));
                    entry.0 += 1;
                }
                tally.case(&name, difference);
            }
        }
        assert!(lines.next().is_none(), "{short}: the peer has more events");
    }
    for (field, (count, first)) in &by_field {
        eprintln!("{count:6} {field}: {first}");
    }
    assert_eq!(output.keys().count(), 246);
    tally.finish();
}
