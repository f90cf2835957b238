use std::io::Write as _;

use proptest::prelude::*;

use super::*;
use crate::json::JsonLimits;

/// One line a step: `#num id` of an event, or what was wrong.
fn steps_of(input: impl Read, limits: Limits) -> String {
    let mut records = Records::new(input, limits);
    let mut buf = EventBuf::new(types::PLUGINEVENT_E);
    let mut out = String::new();
    loop {
        match records.next(&mut buf) {
            Ok(None) => return out,
            Ok(Some(Step::Event(_))) => {
                let event = buf.event();
                let node = json::parse(event.params.get(1).unwrap(), limits.json).unwrap();
                let id = node.get("auditID").or_else(|| node.get("eventID")).map_or(&b"-"[..], |n| n.raw);
                out += &format!("#{} {}\n", event.num, String::from_utf8_lossy(id));
            }
            Ok(Some(Step::Insight(place))) => out += &format!("insight at line {}\n", place.line),
            Ok(Some(Step::Bad(bad))) => out += &format!("{bad}, {} bytes\n", bad.bytes),
            Err(e) => out += &format!("error: {e}: {}\n", std::error::Error::source(&e).unwrap()),
        }
    }
}

fn steps(input: &str) -> String {
    let whole = steps_of(input.as_bytes(), Limits::default());
    assert_eq!(steps_of(OneByte(input.as_bytes()), Limits::default()), whole, "arrives byte by byte");
    whole
}

/// Gives out one byte a call.
struct OneByte<'a>(&'a [u8]);

impl Read for OneByte<'_> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let n = self.0.len().min(1).min(space.len());
        space[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

fn audit(id: u32) -> String {
    format!(
        r#"{{"kind":"Event","auditID":"{id}","user":{{"groups":["a","{{"]}},"stageTimestamp":"2026-11-23T13:13:53.958447Z"}}"#
    )
}

fn call(id: u32) -> String {
    format!(
        r#"{{"eventVersion":"1.08","eventName":"X","eventType":"AwsApiCall","eventTime":"2014-03-06T21:22:54Z","eventID":"{id}"}}"#
    )
}

fn pretty(json: &str) -> String {
    serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(json).unwrap()).unwrap()
}

#[test]
fn every_form_gives_the_same_events() {
    let (a, b) = (audit(1), audit(2));
    let expected = "#1 \"1\"\n#2 \"2\"\n";
    for input in [
        format!("{a}\n{b}\n"),
        format!("\u{feff}{a}\r\n\r\n{b}"),
        format!("{a}{b}"),
        format!("\u{1e}{a}\n\u{1e}{b}\n"),
        format!("[{a},{b}]"),
        format!("[\n{a},\n{b}\n]\n"),
        format!("[{a}]\n[{b}]"),
        format!("{}\n{}", pretty(&a), pretty(&b)),
        pretty(&format!("[{a},{b}]")),
        format!(r#"{{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{{}},"items":[{a},{b}]}}"#),
        format!("{{\"kind\":\"EventList\",\"items\":[{a}],\"x\":{{\"y\":[1,\"]\"]}}}}\n{{\"items\": [ {b} ] }}\n"),
        format!(r#"[{{"kind":"EventList","items":[{a}]}},{{"items":null}},{{"items":[]}},{b}]"#),
        pretty(&format!(r#"{{"kind":"EventList","items":[{a},{b}]}}"#)),
    ] {
        assert_eq!(steps(&input), expected, "{input}");
    }
    let (a, b) = (call(1), call(2));
    for input in [
        format!(r#"{{"Records":[{a},{b}]}}"#),
        format!("{{\"Records\": [{{{}\n, {b}]}}", &a[1..]),
        format!("{a}\n{b}\n"),
        pretty(&format!("[{a},{b}]")),
    ] {
        assert_eq!(steps(&input), expected, "{input}");
    }
}

#[test]
fn time_number_and_source_are_set() {
    let mut records =
        Records::new(&b"{\"auditID\":\"x\",\"stageTimestamp\":\"1970-01-01T00:00:01.5Z\"}"[..], Limits::default())
            .numbered_from(7);
    let mut buf = EventBuf::new(types::OPEN_X);
    assert_eq!(records.next(&mut buf).unwrap(), Some(Step::Event(Format::K8sAudit)));
    let event = buf.event();
    assert_eq!((event.num, event.timestamp, event.tid), (7, 1_500_000_000, -1));
    assert_eq!((event.ty, event.params.u32(0), event.params.len()), (types::PLUGINEVENT_E, Some(1), 2));
    assert_eq!(records.counts().k8s_audit, 1);
}

#[test]
fn a_broken_line_loses_only_itself() {
    for broken in [
        "{\"kind\":\"Event\",",
        "{\"kind\":\"Event\",\"a\":{",
        "{\"kind\":\"Event\",\"a\":[1,",
        "{\"kind\":\"Event\",\"a\":\"cut off in a te",
        "{\"kind\":\"Event\",\"a\":\"cut off at an escape\\",
        "{\"kind\":\"Event\"",
        "{\"kind\":\"Event\"]",
        "{\"kind\"=\"Event\"}",
        "{\"a\":1,}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\u{1}\"}",
        "\"x\":1}}",
        "I1123 12:00:00 something else",
        "null",
        "{}",
        "{\"kind\":\"Pod\",\"auditID\":\"x\",\"stageTimestamp\":\"2026-11-23T13:13:53Z\"}",
        "{\"auditID\":\"x\",\"stageTimestamp\":\"yesterday\"}",
        "{\"auditID\":7,\"stageTimestamp\":\"2026-11-23T13:13:53Z\"}",
        "{\"auditID\":\"x\"}",
        "{\"kind\":\"EventList\",\"items\":[{\"auditID\":\"x",
    ] {
        let found = steps(&format!("{}\n{broken}\n{}\n{}\n", audit(1), audit(2), audit(3)));
        let good = found.lines().filter(|l| l.starts_with('#')).count();
        assert_eq!((good, found.lines().count()), (3, 4), "{broken}\n{found}");
        assert!(found.contains("record 2 (line 2, byte 1"), "{broken}\n{found}");
    }
}

#[test]
fn a_broken_element_of_an_array_loses_only_itself() {
    let broken = r#"{"auditID":"9","a":{"b":[1,2}"#;
    let lines = format!("[\n{},\n{broken},\n{},\n{}\n]", audit(1), audit(2), audit(3));
    assert_eq!(steps(&lines).lines().filter(|l| l.starts_with('#')).count(), 3, "{}", steps(&lines));
    // Two blanks of indent; a nested object starts a line with more.
    let item = pretty(&format!("[{}]", audit(1)));
    let item = item.trim_start_matches("[\n").trim_end_matches("\n]");
    let cut = &item[..item.len() - 20];
    let nested = format!("[\n{item},\n{cut},\n{item},\n  {{\"x\":[\n    {{\"y\":1}}\n  ]}},\n{item}\n]\n{}", audit(4));
    let found = steps(&nested);
    assert_eq!(found.lines().filter(|l| l.starts_with('#')).count(), 4, "{found}");
    assert_eq!(found.lines().count(), 6, "{found}");
}

/// Every record of a one-line file but the broken one is found.
#[test]
fn a_broken_element_on_one_line_loses_only_itself() {
    let whole = call(2);
    for cut in 1..whole.len() {
        // A tail, the middle, or one byte of the second record is missing.
        for broken in [
            &whole[..cut],
            &[&whole[..cut], &whole[(cut + 7).min(whole.len())..]].concat(),
            &[&whole[..cut], "\"", &whole[cut..]].concat(),
        ] {
            let found = steps(&format!(r#"{{"Records":[{},{broken},{},{}]}}"#, call(1), call(3), call(4)));
            for id in [1, 3, 4] {
                assert!(found.contains(&format!(" \"{id}\"\n")), "{broken}\n{found}");
            }
            let lines = found.lines().count();
            assert!(lines == 4 || found.contains(" \"2\"\n"), "{broken}\n{found}");
        }
    }
}

#[test]
fn records_after_a_stray_bracket_are_found() {
    let (a, b) = (call(1), call(2));
    for (stray, line) in [("]", "\n"), ("}", "\n"), ("]}", ""), ("},", ""), ("]", "")] {
        let found = steps(&format!("{{\"Records\":[{a},{line}{stray},{line}{b},{line}{b}]}}"));
        assert_eq!(found.matches('#').count(), 3, "{stray}{line}\n{found}");
    }
}

#[test]
fn garbage_between_elements_is_one_bad_record_each() {
    insta::assert_snapshot!(steps(&format!("[1, \"x\", {}, true]\nfalse\n{}", audit(1), audit(2))), @r#"
    record 1 (line 1, byte 1): not JSON, 1 bytes
    record 2 (line 1, byte 4): not JSON, 3 bytes
    #1 "1"
    record 4 (line 1, byte 116): not JSON, 4 bytes
    record 5 (line 2, byte 122): not JSON, 5 bytes
    #2 "2"
    "#);
}

#[test]
fn an_end_inside_a_record_or_array_is_reported() {
    let a = audit(1);
    insta::assert_snapshot!(steps(&format!("{a}\n{}", &a[..30])), @r#"
    #1 "1"
    record 2 (line 2, byte 106): the file ends inside a record, 30 bytes
    "#);
    insta::assert_snapshot!(steps(&format!("[{a},")), @r#"
    #1 "1"
    record 2 (line 1, byte 107): the file ends inside a record, 0 bytes
    "#);
    insta::assert_snapshot!(steps(&format!(r#"{{"items":[{a}],"kind":"#)), @r#"
    #1 "1"
    record 2 (line 1, byte 124): the file ends inside a record, 0 bytes
    "#);
    assert_eq!(steps(""), "");
    assert_eq!(steps(" \n[]\n{\"Records\":[]}\n"), "");
}

#[test]
fn insights_are_skipped_and_counted() {
    let insight = r#"{"eventVersion":"1.07","eventType":"AwsCloudTrailInsight","eventTime":"2014-03-06T21:22:54Z"}"#;
    assert_eq!(steps(&format!("{{\"Records\":[{insight},\n{}]}}", call(1))), "insight at line 1\n#1 \"1\"\n");
}

#[test]
fn other_lists_and_formats_are_told() {
    assert_eq!(
        steps(r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","stageTimestamp":"x"}"#),
        "record 1 (line 1, byte 0): `auditID` is missing or no text, 68 bytes\n"
    );
    insta::assert_snapshot!(steps(r#"{"kind":"PodList","items":[{"kind":"Pod"},{"kind":"Pod"}]}"#), @r"
    record 1 (line 1, byte 27): neither a Kubernetes audit event nor a CloudTrail record, 14 bytes
    record 2 (line 1, byte 42): neither a Kubernetes audit event nor a CloudTrail record, 14 bytes
    ");
    let mut records = Records::new(std::io::Cursor::new(audit(1)), Limits::default()).only(Format::CloudTrail);
    let step = records.next(&mut EventBuf::new(types::PLUGINEVENT_E)).unwrap();
    assert!(matches!(step, Some(Step::Bad(BadRecord { reason: Reason::Unrecognized, .. }))));
}

#[test]
fn a_record_over_the_limit_is_passed_over() {
    let limits = Limits { record_bytes: 200_000, ..Limits::default() };
    let long = format!(r#"{{"auditID":"9","a":"{}"}}"#, "x\\\"".repeat(200_000));
    for input in [format!("{}\n{long}\n{}\n", audit(1), audit(2)), format!("[{},{long},{}]", audit(1), audit(2))] {
        let found = steps_of(input.as_bytes(), limits);
        let lines: Vec<&str> = found.lines().collect();
        assert!(lines[1].contains("longer than the limit"), "{found}");
        assert_eq!((lines[0], lines[2], lines.len()), ("#1 \"1\"", "#2 \"2\"", 3), "{found}");
    }
}

#[test]
fn nesting_is_bounded() {
    let limits = Limits { json: JsonLimits { depth: 5, ..JsonLimits::default() }, ..Limits::default() };
    let input = format!("{}\n{}\n{}", audit(1), r#"{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}"#.repeat(2), audit(2));
    let found = steps_of(input.as_bytes(), limits);
    assert_eq!(found.matches("nested too deeply").count(), 1, "{found}");
    assert_eq!(found.matches('#').count(), 2, "{found}");
    // A hostile file of nothing but openings ends, too.
    let found = steps(&"{\"a\":[\n".repeat(3_000));
    assert!(found.lines().count() <= 3_000);
}

#[test]
fn gzip_of_several_members_reads_as_one() {
    let mut file = Vec::new();
    for id in 1..=2 {
        let mut gz = flate2::write::GzEncoder::new(&mut file, flate2::Compression::fast());
        gz.write_all((audit(id) + "\n").as_bytes()).unwrap();
        gz.finish().unwrap();
    }
    assert_eq!(steps_of(&file[..], Limits::default()), "#1 \"1\"\n#2 \"2\"\n");
    assert_eq!(steps_of(OneByte(&file), Limits::default()), "#1 \"1\"\n#2 \"2\"\n");
    let cut = steps_of(&file[..file.len() - 9], Limits::default());
    assert!(cut.starts_with("#1 \"1\"\n") && cut.contains("error: failed to read records at byte"), "{cut}");
    let small = steps_of(&file[..], Limits { file_bytes: 150, ..Limits::default() });
    assert!(small.ends_with("the file is larger than the limit\n"), "{small}");
    let damaged = steps_of(&b"\x1f\x8b\x08nonsense"[..], Limits::default());
    assert!(damaged.starts_with("error"), "{damaged}");
}

proptest! {
    /// Whatever stands between them, records on lines of their own are found, unless what stands before one opens a text
    /// or bracket that only later lines could close.
    #[test]
    fn good_lines_survive_any_bytes(noise in proptest::collection::vec(r#"[\[\]{},:"\\a1 é]{0,20}"#, 1..6)) {
        let mut input = String::new();
        for (i, line) in noise.iter().enumerate() {
            input += &format!("{line}\n{}\n", audit(i as u32));
        }
        let found = steps(&input);
        for i in 0..noise.len() {
            let id = format!(" \"{i}\"\n");
            prop_assert!(found.contains(&id), "{input}\n{found}");
        }
    }

    #[test]
    fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        steps_of(&bytes[..], Limits::default());
    }

    #[test]
    fn json_like_bytes_end(text in r#"([\[\]{},:"\\a1 \n]|"items":\[|"Records":|"a":\{|\{\n){0,60}"#) {
        steps(&text);
    }
}
