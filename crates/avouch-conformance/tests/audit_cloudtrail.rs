//! CloudTrail: every recorded record is read.

#![expect(clippy::expect_used, reason = "tests; a missing file or a wrong table is a failure")]

use std::fs::File;
use std::path::{Path, PathBuf};

use avouch_audit::{Format, Limits, Records, Step, detect};
use avouch_conformance::{Tally, testdata};
use avouch_event::{EventBuf, types};

fn files(data: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["cloudtrail", "falco/falco-test/trace_files/plugins"] {
        let entries = std::fs::read_dir(data.join(folder)).expect("read folder").map(|e| e.expect("entry").path());
        found.extend(entries.filter(|p| p.extension().is_some_and(|e| e == "json")));
    }
    found.sort();
    found
}

#[test]
fn every_record_is_read() {
    let Some(data) = testdata() else { return };
    let mut tally = Tally::new("audit_cloudtrail_records");
    let mut events = 0;
    for path in files(&data) {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).expect("read");
        let mut records = Records::new(File::open(&path).expect("open"), Limits::default());
        let mut buf = EventBuf::new(types::PLUGINEVENT_E);
        let mut bad = Vec::new();
        while let Some(step) = records.next(&mut buf).expect("read") {
            match step {
                Step::Event(format) => assert_eq!(format, Format::CloudTrail),
                Step::Insight(_) => {}
                Step::Bad(b) => bad.push(b.to_string()),
            }
        }
        let expected = bytes.windows(11).filter(|w| w == b"\"eventTime\"").count() as u64;
        let counts = records.counts();
        events += counts.cloudtrail;
        let difference = if !bad.is_empty() {
            Some(format!("{} bad: {}", bad.len(), bad[0]))
        } else if counts.cloudtrail != expected {
            Some(format!("{} records of {expected}", counts.cloudtrail))
        } else if detect(&bytes) != Some(Format::CloudTrail) {
            Some("not told to be CloudTrail".to_owned())
        } else {
            None
        };
        tally.case(&name, difference);
    }
    eprintln!("audit_cloudtrail_records: {events} events");
    tally.finish();
}
