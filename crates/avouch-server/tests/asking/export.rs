//! Files of findings.

use avouch_auth::Role;
use avouch_finding::{Fact, Finding, Kind, Severity, Time};
use avouch_store::{Options, Period, Store};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use crate::common::{TestServer, finding};
use crate::user;

fn exports(server: &TestServer) -> Vec<avouch_finding::Export> {
    let store = Store::open(server.dir().join("data/store"), Options::default()).unwrap();
    let facts = store.reader().unwrap().facts(Kind::Export, Period::ALL).unwrap();
    let export = |stored: avouch_store::StoredFact| match stored.fact {
        Fact::Export(export) => Some(*export),
        _ => None,
    };
    facts.into_iter().filter_map(export).collect()
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_file_holds_exactly_the_findings_of_the_filter_and_that_it_was_taken_is_evidence() {
    let server = TestServer::start();
    let ada = server.admin();
    let severities = [Severity::Low, Severity::High];
    server.record((0..3_000).map(|n| finding(n, severities[usize::try_from(n % 2).unwrap()])).collect());

    let file = ada.get("/findings/export?format=json&severity=high");
    assert_eq!((file.status, file.headers["content-type"].to_str().unwrap()), (200, "application/x-ndjson"));
    assert!(file.headers["content-disposition"].to_str().unwrap().ends_with(".jsonl\""));
    let rows: Vec<Json> = file.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let listed = ada.get("/findings?severity=high&order=oldest&limit=1000").fine();
    let more = ada
        .get(&format!("/findings?severity=high&order=oldest&limit=1000&after={}", listed["next"].as_str().unwrap()))
        .fine();
    let listed: Vec<Json> = [listed, more].iter().flat_map(|page| page["rows"].as_array().unwrap().clone()).collect();
    assert_eq!(rows.len(), 1_500);
    assert_eq!(rows, listed, "row by row what the list shows");

    let recorded = exports(&server);
    assert_eq!(recorded.len(), 1);
    assert_eq!((recorded[0].by.as_str(), recorded[0].query.as_str()), ("ada", "severity=high"));
    assert_eq!(
        (recorded[0].what.as_str(), &recorded[0].digest),
        ("1500 findings as JSON lines", &hex(file.body.as_bytes()))
    );
}

/// Cells of a file, read as RFC 4180 says.
fn cells(text: &str) -> Vec<Vec<String>> {
    let (mut lines, mut line, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                cell.push('"');
                chars.next();
            }
            '"' => quoted = !quoted,
            ',' if !quoted => line.push(std::mem::take(&mut cell)),
            '\r' if !quoted && chars.peek() == Some(&'\n') => {
                chars.next();
                line.push(std::mem::take(&mut cell));
                lines.push(std::mem::take(&mut line));
            }
            c => cell.push(c),
        }
    }
    assert!(line.is_empty() && cell.is_empty() && !quoted);
    lines
}

#[test]
fn no_cell_is_a_formula_and_every_text_comes_back() {
    let server = TestServer::start();
    let ada = server.admin();
    let texts = [
        "=cmd|' /C calc'!A0",
        "+1",
        "-2+3",
        "@SUM(1)",
        "\t=1",
        "a,b",
        "say \"x\"",
        "two\r\nlines",
        "plain",
        "\u{ff1d}1",
    ];
    let of = |(n, text): (u64, &&str)| Finding { output: (*text).to_owned(), ..finding(n, Severity::Low) };
    server.record((0..).zip(&texts).map(of).collect());
    let file = ada.get("/findings/export");
    assert!(file.headers["content-type"].to_str().unwrap().starts_with("text/csv"));
    let lines = cells(&file.body);
    assert_eq!(lines.len(), texts.len() + 1);
    let column = lines[0].iter().position(|name| name == "output").unwrap();
    for (line, text) in lines[1..].iter().zip(texts) {
        assert_eq!(line.len(), lines[0].len());
        let cell = &line[column];
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\u{ff1d}']), "{cell}");
        assert_eq!(cell.strip_prefix('\'').unwrap_or(cell), text);
    }
}

#[test]
fn an_auditor_takes_only_what_is_of_the_period() {
    let server = TestServer::start();
    server.admin();
    let at = |n: u64| -> Time { finding(n, Severity::Low).time };
    let eve = user(&server, "eve", Role::Auditor, Some((at(10), at(20))));
    server.record((0..50).map(|n| finding(n, Severity::Low)).collect());
    let file = eve.get("/findings/export?format=json");
    assert_eq!(file.body.lines().count(), 10);
    let query = &exports(&server)[0].query;
    assert!(query.contains(&format!("from={}", at(10).to_string().replace(':', "%3A"))), "{query}");
    assert_eq!(eve.get("/findings/export?from=2026-12-01").status, 403);
}
