//! Kubernetes audit: every recorded record is read, whatever form it comes in.

#![expect(clippy::expect_used, reason = "tests; a missing file or a wrong table is a failure")]

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use avouch_audit::{Format, JsonReader, Limits, RecordCounts, Records, Run, Source, SourceFields, Step};
use avouch_conformance::{Tally, testdata};
use avouch_event::{Arena, EventBuf, FieldCatalog, FieldReader, Value, types};

/// Reads a file; gives what it held, what was bad, and the ids of its records in order.
fn read(path: &Path) -> (RecordCounts, Vec<String>, Vec<String>) {
    let file = File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut records = Records::new(file, Limits::default()).only(Format::K8sAudit);
    let mut buf = EventBuf::new(types::PLUGINEVENT_E);
    let (mut bad, mut ids) = (Vec::new(), Vec::new());
    let id = SourceFields::of(Source::K8sAudit).resolve("ka.auditid", None).expect("a field");
    while let Some(step) = records.next(&mut buf).unwrap_or_else(|e| panic!("{}: {e}", path.display())) {
        match step {
            Step::Event(format) => {
                assert_eq!(format, Format::K8sAudit);
                let event = buf.event();
                assert_eq!(event.num, ids.len() as u64 + 1);
                assert!(event.timestamp > 1_500_000_000_000_000_000, "{}", path.display());
                let reader = JsonReader::new(&event, Run::default()).expect("a record");
                match reader.read(&id, &Arena::new()) {
                    Some(Value::Str(text)) => ids.push(String::from_utf8_lossy(text).into_owned()),
                    other => panic!("{}: auditID is {other:?}", path.display()),
                }
            }
            Step::Insight(_) => panic!("{}: an insight", path.display()),
            Step::Bad(b) => bad.push(b.to_string()),
        }
    }
    (records.counts(), bad, ids)
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.expect("entry").path())
        .filter(|p| p.to_string_lossy().ends_with(ending))
        .collect();
    found.sort();
    found
}

#[test]
fn every_record_is_read() {
    let Some(data) = testdata() else { return };
    let traces = data.join("falco/falco-test/trace_files");
    let mut paths = files(&traces.join("k8s_audit"), ".json");
    paths.extend(files(&traces.join("psp"), ".json"));
    for folder in ["dev", "workloads"] {
        paths.extend(files(&data.join("k8s_audit").join(folder), ".jsonl.gz"));
    }
    let mut tally = Tally::new("audit_k8s_records");
    let mut events = 0;
    for path in &paths {
        let name = path.file_name().expect("a name").to_string_lossy();
        let (counts, bad, ids) = read(path);
        events += counts.k8s_audit;
        let difference = match name.as_ref() {
            // Falco's case for this file expects the same complaint.
            "fal_01_003.json" => (bad
                != ["record 1 (line 1, byte 0): neither a Kubernetes audit event nor a CloudTrail record"])
            .then(|| format!("{bad:?}")),
            _ if !bad.is_empty() => Some(format!("{} bad: {}", bad.len(), bad[0])),
            "audit.jsonl.gz" if !matches!(ids.len(), 1956 | 1009) => Some(format!("{} records", ids.len())),
            _ if ids.is_empty() => Some("no record".to_owned()),
            _ => None,
        };
        tally.case(&name, difference);
    }
    eprintln!("audit_k8s_records: {events} events");
    tally.finish();
}

#[test]
fn the_webhook_sends_what_the_log_has() {
    let Some(data) = testdata() else { return };
    let dev = data.join("k8s_audit/dev");
    let count = |name: &str| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for id in read(&dev.join(name)).2 {
            *counts.entry(id).or_default() += 1;
        }
        counts
    };
    let (log, webhook) = (count("audit.jsonl.gz"), count("audit_webhook_bodies.jsonl.gz"));
    // The webhook's first batches may have been lost before its receiver was there; it sends nothing of its own.
    let extra: Vec<&String> = webhook.keys().filter(|id| !log.contains_key(*id)).collect();
    assert!(extra.is_empty(), "only in the webhook: {extra:?}");
    assert!(webhook.len() * 10 > log.len() * 9, "{} of {}", webhook.len(), log.len());
}

#[test]
fn object_dumps_and_reviews_are_not_taken_for_audit_logs() {
    let Some(data) = testdata() else { return };
    let mut seen = 0;
    for (folder, ending) in
        [("workloads", ".json"), ("dev/admission", "_requests.jsonl"), ("workloads/manifests", ".json")]
    {
        for path in files(&data.join("k8s_audit").join(folder), ending) {
            let bytes = std::fs::read(&path).expect("read");
            let head = &bytes[..bytes.len().min(64 * 1024)];
            assert_eq!(avouch_audit::detect(head), None, "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}
