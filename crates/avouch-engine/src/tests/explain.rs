//! Explanations and coverage.

use avouch_event::{Arena, types};

use super::toy::{Owned, Reader};
use super::{compiled, rule};
use crate::{Matching, Outcome, RuleIndex};

fn reader() -> Reader {
    Reader::new().set("evt.type", "open").set("t.name", "cat\x1b").set("t.int", Owned::Int(3))
}

#[test]
fn a_match_shows_the_values_read() {
    let c = compiled(&[rule("r", "evt.type = open and (t.int > 5 or t.name startswith cat)")], Matching::First);
    let e = c.programs[0].explain(RuleIndex(0), types::OPEN_X, &reader(), &Arena::new()).unwrap();
    insta::assert_snapshot!(e.to_text(false), @r#"
    r matches
      + all of
        + evt.type = open   [evt.type = "open"]
        + any of
          - t.int > 5   [t.int = "3"]
          + t.name startswith cat   [t.name = "cat\u{1b}"]
    "#);
}

#[test]
fn the_first_part_that_failed_is_marked() {
    let c = compiled(&[rule("r", "evt.type = open and not t.name contains a and t.other = x")], Matching::First);
    let e = c.programs[0].explain(RuleIndex(0), types::OPEN_X, &reader(), &Arena::new()).unwrap();
    assert_eq!(e.outcome, Outcome::NotMatched);
    assert_eq!(e.failing_part().unwrap().text, "not");
    insta::assert_snapshot!(e.to_text(false), @r#"
    r does not match
      - all of
        + evt.type = open   [evt.type = "open"]
        - not   <- fails here
          + t.name contains a   [t.name = "cat\u{1b}"]
        ? t.other = x   [t.other is absent]
    "#);
    assert!(e.to_text(true).contains("\x1b[31m") && !e.to_text(true).contains("cat\x1b"));
    assert_eq!(
        e.to_json().to_string(),
        r#"{"failing":[1],"outcome":"not_matched","rule":"r","tree":{"children":[{"kind":"check","reads":[{"field":"evt.type","value":"open"}],"text":"evt.type = open","verdict":"true"},{"children":[{"kind":"check","reads":[{"field":"t.name","value":"cat\u001b"}],"text":"t.name contains a","verdict":"true"}],"kind":"not","verdict":"false"},{"kind":"check","reads":[{"field":"t.other","value":null}],"text":"t.other = x","verdict":"absent"}],"kind":"and","verdict":"false"}}"#
    );
}

#[test]
fn a_hidden_rule_names_the_one_that_hides_it() {
    let rules = [rule("wide", "t.int > 0"), rule("narrow", "t.int = 3")];
    let explain = |matching| {
        let c = compiled(&rules, matching);
        c.programs[0].explain(RuleIndex(1), types::OPEN_X, &reader(), &Arena::new()).unwrap().outcome
    };
    assert_eq!(explain(Matching::First), Outcome::Hidden { by: "wide".into() });
    assert_eq!(explain(Matching::All), Outcome::Matched);
}

#[test]
fn rules_on_other_events_say_so() {
    let c = compiled(&[rule("r", "evt.type = close")], Matching::First);
    let e = c.programs[0].explain(RuleIndex(0), types::OPEN_X, &reader(), &Arena::new()).unwrap();
    assert_eq!(e.outcome, Outcome::OtherEventTypes { event_type: "open" });
}

#[test]
fn coverage_counts_what_was_reached() {
    let c = compiled(&[rule("r", "t.name exists and (t.int = 3 or t.other = x)")], Matching::First);
    let p = &c.programs[0];
    let mut coverage = p.coverage(RuleIndex(0)).unwrap();
    let seen = |c: &crate::RuleCoverage| -> Vec<(String, u64, u64)> {
        c.parts.iter().filter(|p| !p.text.is_empty()).map(|p| (p.text.clone(), p.held, p.failed)).collect()
    };
    p.cover(RuleIndex(0), types::OPEN_X, &reader(), &Arena::new(), &mut coverage);
    assert_eq!(seen(&coverage)[2], ("t.other = x".to_owned(), 0, 0));
    p.cover(RuleIndex(0), types::OPEN_X, &Reader::new(), &Arena::new(), &mut coverage);
    p.cover(RuleIndex(0), types::OPEN_X, &Reader::new().set("t.name", "x"), &Arena::new(), &mut coverage);
    assert_eq!(
        seen(&coverage),
        [("t.name exists".to_owned(), 2, 1), ("t.int = 3".to_owned(), 1, 1), ("t.other = x".to_owned(), 0, 1)]
    );
    assert_eq!(coverage.checks(), (3, 2));
}
