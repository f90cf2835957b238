//! Every field of every event, against what a real Falco 0.44.1 printed as JSON: 246 fields, eleven captures.

#![expect(clippy::unwrap_used, reason = "a test of recordings")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use avouch_conformance::{Tally, testdata};
use avouch_event::{Arena, FieldCatalog, FieldReader, FieldRef, Item, Output, Print, Value};
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

/// A value as the JSON output shows it.
fn json(value: Value<'_>, print: Print) -> Json {
    match value {
        Value::Str(s) => Json::from(String::from_utf8_lossy(s)),
        Value::Bytes(b) => Json::from(
            b.iter().map(|b| if (0x20..0x7f).contains(b) { char::from(*b) } else { '.' }).collect::<String>(),
        ),
        Value::Int(n) if print == Print::Hex => Json::from(format!("{n:X}")),
        Value::Uint(n) if print == Print::Hex => Json::from(format!("{n:X}")),
        Value::Int(n) => Json::from(n),
        Value::Uint(n) => Json::from(n),
        Value::Bool(b) => Json::from(b),
        Value::Double(d) => Json::from(d),
        Value::Ip(ip) => Json::from(ip.to_string()),
        Value::List(list) => list.iter().map(|v| json(*v, print)).collect(),
    }
}

/// Lists are sets in the peer, listed in the order of a hash table.
fn same(ours: &Json, theirs: &Json) -> bool {
    match (ours, theirs) {
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().all(|v| b.contains(v)),
        _ => ours == theirs,
    }
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
    let mut fields: BTreeMap<String, FieldRef> = BTreeMap::new();
    for file in &golden {
        let (path, short) = capture_of(&data, file);
        let bytes = fs::read(&path).unwrap();
        let mut capture = Capture::from_slice(&bytes);
        let lines = BufReader::new(ruzstd::decoding::StreamingDecoder::new(fs::File::open(file).unwrap()).unwrap());
        let mut lines = lines.lines();
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
            let line = lines.next().unwrap_or_else(|| panic!("{short}: event {} is one too many", event.num)).unwrap();
            let line: Map<String, Json> = serde_json::from_str(&line).unwrap();
            let theirs_all = line.get("output_fields").and_then(Json::as_object).unwrap();
            for (field, theirs) in theirs_all {
                let known = fields
                    .entry(field.clone())
                    .or_insert_with(|| SyscallFields.resolve(field, None).unwrap_or_else(|e| panic!("{field}: {e:?}")));
                let ours = reader.read_output(known, Output::Json, &arena);
                let ours = ours.map_or(Json::Null, |v| json(v, SyscallFields.decl(known.id).print));
                name.clear();
                write!(name, "{short}:{}:{field}", event.num).unwrap();
                name.push_str(circumstance(field, theirs_all));
                let difference = (!same(&ours, theirs)).then(|| format!("{ours} here, {theirs} there"));
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
    assert_eq!(fields.len(), 246);
    tally.finish();
}
