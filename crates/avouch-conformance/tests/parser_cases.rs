//! Conditions that Falco's own parser tests accept or reject.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

use avouch_conformance::{Tally, testdata};
use avouch_diagnostics::FileId;
use avouch_rules::parse_condition;
use serde_json::Value;

#[test]
fn conditions_are_accepted_or_rejected_as_falco_does() {
    let Some(dir) = testdata() else { return };
    let text = std::fs::read_to_string(dir.join("falco/filter_parser_cases.jsonl")).unwrap();
    let mut tally = Tally::new("parser_cases");
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let expected = case["kind"] != "test_reject";
        let filters: Vec<&str> = match &case["filter"] {
            Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect(),
        };
        assert!(!filters.is_empty(), "{line}");
        for filter in filters {
            let result = parse_condition(filter, FileId(0), 0);
            let difference = match &result {
                Ok(_) if !expected => Some("accepted, Falco rejects".to_owned()),
                Err(e) if expected => Some(format!("rejected, Falco accepts: {e}")),
                _ => None,
            };
            tally.case(&format!("{}:{filter}", case["test"].as_str().unwrap()), difference);
        }
    }
    tally.finish();
}
