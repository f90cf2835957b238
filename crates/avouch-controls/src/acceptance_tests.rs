use std::collections::{BTreeMap, BTreeSet};

use avouch_diagnostics::FileId;
use proptest::prelude::*;

use crate::acceptance::{Acceptance, AcceptanceStanding, Narrowing, lint_acceptances, parse_acceptances};
use crate::cover::{AcceptanceSet, Subject};
use crate::times::Time;

fn time(text: &str) -> Time {
    Time::parse(text).unwrap()
}

const WHO: &str = "reason: r, requester: ann, approver: bob, from: 2026-01-01";

/// One acceptance a line, each in flow style.
fn read(lines: &[&str]) -> (Vec<Acceptance>, Vec<&'static str>) {
    let items: Vec<String> = lines.iter().map(|l| format!("  - {{{l}}}\n")).collect();
    let (all, problems) = parse_acceptances(FileId(0), &format!("acceptances:\n{}", items.concat()));
    (all, problems.iter().map(|p| p.code).collect())
}

fn fine(lines: &[String]) -> Vec<Acceptance> {
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let (all, problems) = read(&lines);
    assert_eq!((all.len(), problems), (lines.len(), vec![]));
    all
}

fn lints(lines: &[String], at: Option<&str>, hits: Option<&[(&str, u64)]>) -> Vec<(String, &'static str)> {
    let hits: Option<BTreeMap<String, u64>> = hits.map(|h| h.iter().map(|(id, n)| ((*id).to_owned(), *n)).collect());
    lint_acceptances(&fine(lines), at.map(time), hits.as_ref())
        .into_iter()
        .map(|p| (p.item.unwrap().1, p.code))
        .collect()
}

/// A detection of the tests.
#[derive(Default)]
struct Detection {
    rule: &'static str,
    criteria: &'static [&'static str],
    controls: &'static [&'static str],
    fields: &'static [(&'static str, &'static str)],
    conditions_that_hold: BTreeSet<usize>,
}

impl Subject for Detection {
    fn rule(&self) -> &str {
        self.rule
    }

    fn serves(&self, criterion: &str) -> bool {
        self.criteria.contains(&criterion)
    }

    fn is_evidence_for(&self, control: &str) -> bool {
        self.controls.contains(&control)
    }

    fn has(&self, field: &str, value: &str) -> bool {
        self.fields.contains(&(field, value))
    }

    fn condition(&self, place: usize) -> bool {
        self.conditions_that_hold.contains(&place)
    }
}

fn covering(set: &AcceptanceSet, at: &str, detection: &Detection) -> Option<(String, AcceptanceStanding)> {
    set.covering(time(at), detection).map(|c| (c.acceptance.id.clone(), c.standing))
}

#[test]
fn an_acceptance_covers_what_it_names_while_it_is_in_force() {
    let set = AcceptanceSet::new(fine(&[format!(
        "id: A, rule: Terminal Shell, subject: {{k8s.ns.name: debug, proc.name: [sh, bash]}}, {WHO}, expires: 2026-07-01"
    )]));
    let fields: &[_] = &[("k8s.ns.name", "debug"), ("proc.name", "bash")];
    let shell = Detection { rule: "terminal shell", fields, ..Detection::default() };
    let in_force = Some(("A".to_owned(), AcceptanceStanding::InForce));
    assert_eq!(covering(&set, "2026-01-01", &shell), in_force);
    assert_eq!(covering(&set, "2026-06-30T23:59:59Z", &shell), in_force);
    assert_eq!(covering(&set, "2025-12-31T23:59:59Z", &shell), None, "it had not begun");
    let expired = Some(("A".to_owned(), AcceptanceStanding::Expired));
    assert_eq!(covering(&set, "2026-07-01", &shell), expired, "the end does not belong to it");
    let near = [
        Detection {
            rule: "terminal shell",
            fields: &[("k8s.ns.name", "debug"), ("proc.name", "zsh")],
            ..Detection::default()
        },
        Detection {
            rule: "terminal shell",
            fields: &[("k8s.ns.name", "Debug"), ("proc.name", "sh")],
            ..Detection::default()
        },
        Detection { rule: "terminal shell", fields: &[("proc.name", "sh")], ..Detection::default() },
        Detection { rule: "another", fields, ..Detection::default() },
    ];
    for detection in near {
        assert_eq!(covering(&set, "2026-02-01", &detection), None);
    }
}

#[test]
fn one_in_force_goes_before_one_that_expired() {
    let set = AcceptanceSet::new(fine(&[
        format!("id: a-new, rule: r, subject: {{x: '1'}}, {WHO}, expires: 2026-12-01"),
        format!("id: A-OLD, rule: r, subject: {{x: '1'}}, {WHO}, expires: 2026-02-01"),
    ]));
    let detection = Detection { rule: "r", fields: &[("x", "1")], ..Detection::default() };
    assert_eq!(covering(&set, "2026-03-01", &detection), Some(("a-new".to_owned(), AcceptanceStanding::InForce)));
    assert_eq!(covering(&set, "2026-12-02", &detection), Some(("a-new".to_owned(), AcceptanceStanding::Expired)));
}

#[test]
fn without_a_rule_the_criterion_or_control_selects() {
    let set = AcceptanceSet::new(fine(&[
        format!("id: A, criterion: CC6.1, subject: {{x: '1'}}, {WHO}"),
        format!("id: B, control: K8S-AC-01, subject: {{x: '2'}}, {WHO}"),
        format!("id: C, check: POD_PRIVILEGED, {WHO}"),
        format!("id: D, rule: named, criterion: CC7.1, control: K8S-CM-01, subject: {{x: '3'}}, {WHO}"),
    ]));
    let detection =
        |rule, criteria, controls, fields| Detection { rule, criteria, controls, fields, ..Detection::default() };
    let id = |d: &Detection| covering(&set, "2026-02-01", d).map(|(id, _)| id);
    assert_eq!(id(&detection("r", &["CC6.1"], &[], &[("x", "1")])), Some("A".to_owned()));
    assert_eq!(id(&detection("r", &["CC6.2"], &[], &[("x", "1")])), None);
    assert_eq!(id(&detection("r", &["CC6.1"], &["K8S-AC-01"], &[("x", "2")])), Some("B".to_owned()));
    assert_eq!(id(&detection("r", &["CC6.1"], &[], &[("x", "2")])), None, "one for a check covers no detection");
    assert_eq!(
        id(&detection("named", &[], &[], &[("x", "3")])),
        Some("D".to_owned()),
        "a rule that is named is enough"
    );
}

#[test]
fn conditions_are_for_the_caller() {
    let set = AcceptanceSet::new(fine(&[
        format!("id: B, rule: r, condition: proc.name = sh and fd.num > 2, {WHO}"),
        format!("id: A, rule: other, subject: {{x: '1'}}, {WHO}"),
    ]));
    let conditions: Vec<(usize, Option<&str>, &str)> =
        set.conditions().map(|(place, rule, text)| (place, rule, text.text.as_str())).collect();
    assert_eq!(conditions, [(1, Some("r"), "proc.name = sh and fd.num > 2")]);
    let with = |holds: &[usize]| Detection {
        rule: "r",
        conditions_that_hold: holds.iter().copied().collect(),
        ..Detection::default()
    };
    assert!(covering(&set, "2026-02-01", &with(&[1])).is_some());
    assert!(covering(&set, "2026-02-01", &with(&[0])).is_none(), "one that does not compile lets nothing be");
}

#[test]
fn one_with_an_error_is_not_used_and_the_others_are() {
    let (all, problems) = read(&[
        &format!("id: GOOD, rule: r, subject: {{x: '1'}}, {WHO}"),
        "id: SAME, rule: r, reason: r, requester: Ann, approver: ann, from: 2026-01-01",
        &format!("id: ALL, {WHO}"),
        &format!("id: BOTH, rule: r, subject: {{x: '1'}}, condition: x = 1, {WHO}"),
        &format!("id: ENDS, rule: r, {WHO}, expires: 2026-01-01"),
        &format!("id: WORD, rule: r, {WHO}, expires: soon"),
        &format!("id: KEY, rule: r, subjects: {{x: '1'}}, {WHO}"),
        &format!("id: CRIT, criterion: CC6.11, {WHO}"),
        "id: NOBODY, rule: r, reason: r, requester: ann, from: 2026-01-01",
        &format!("id: LAST, rule: r, subject: {{x: '1'}}, {WHO}"),
    ]);
    assert_eq!(all.iter().map(|a| a.id.as_str()).collect::<Vec<_>>(), ["GOOD", "LAST"]);
    // What the form finds stands first, then what each entry says.
    assert_eq!(problems, ["C0108", "C0102", "C0106", "C0302", "C0301", "C0308", "C0109", "C0104"]);
}

#[test]
fn doubtful_ones_are_named() {
    let lines = [
        format!("id: RULE, rule: r, {WHO}, expires: 2026-06-01"),
        format!("id: CRITERION, criterion: CC6.1, subject: {{x: '1'}}, {WHO}, expires: 2026-06-01"),
        format!("id: EVER, rule: r, subject: {{x: '1'}}, {WHO}"),
        format!("id: LONG, rule: r, condition: x = 1, {WHO}, expires: 2027-02-01"),
        format!("id: YEAR, rule: r, condition: x = 1, {WHO}, expires: 2027-01-01"),
        format!("id: CHECK, check: POD, {WHO}, expires: 2026-06-01"),
        format!("id: year, rule: r, condition: x = 1, {WHO}, expires: 2026-06-01"),
        format!("id: CONTROL, control: K8S-AC-01, subject: {{x: '1'}}, {WHO}, expires: 2026-06-01"),
    ];
    let named =
        |list: &[(&str, &'static str)]| list.iter().map(|(id, code)| ((*id).to_owned(), *code)).collect::<Vec<_>>();
    assert_eq!(
        lints(&lines, None, None),
        named(&[
            ("RULE", "C0303"),
            ("CRITERION", "C0303"),
            ("EVER", "C0304"),
            ("LONG", "C0304"),
            ("year", "C0103"),
            ("CONTROL", "C0309")
        ])
    );
}

#[test]
fn expired_unreviewed_and_unused_ones_are_named() {
    let reviewed = "review_every: 30d, reviews: [{by: eve, on: 2026-02-15}]";
    let lines = [
        format!("id: A, rule: r, subject: {{x: '1'}}, {WHO}, expires: 2026-03-01"),
        format!("id: B, rule: r, subject: {{x: '1'}}, {WHO}, expires: 2026-06-01, review_every: 30d"),
        format!("id: C, rule: r, subject: {{x: '1'}}, {WHO}, expires: 2026-06-01, {reviewed}"),
    ];
    let named =
        |list: &[(&str, &'static str)]| list.iter().map(|(id, code)| ((*id).to_owned(), *code)).collect::<Vec<_>>();
    assert_eq!(lints(&lines, Some("2026-03-01"), None), named(&[("A", "C0305"), ("B", "C0307")]));
    assert_eq!(lints(&lines, Some("2026-01-15"), None), []);
    let hits: &[(&str, u64)] = &[("A", 3), ("B", 0)];
    assert_eq!(lints(&lines, None, Some(hits)), named(&[("B", "C0306"), ("C", "C0306")]));
    assert_eq!(lints(&lines, Some("2025-12-31"), Some(hits)), [], "one that has not begun cannot have been of use");
}

#[test]
fn every_part_is_read() {
    let text = "acceptances:\n  - id: ACC-1\n    control: K8S-AC-01\n    criterion: CC6.1.pof03\n    rule: r\n    condition: >\n      a = 1\n      and b = 2\n    \
                reason: why\n    risk: some\n    compensating: other\n    requester: ann\n    approver: bob\n    ticket: T-1\n    from: 2026-01-01T08:00:00Z\n    \
                expires: 2026-02-01\n    review_every: 7d\n    reviews:\n      - {by: eve, on: 2026-01-10, note: kept}\n";
    let (all, problems) = parse_acceptances(FileId(0), text);
    assert_eq!(problems, []);
    let a = &all[0];
    let Narrowing::Condition(condition) = &a.narrowing else { panic!("{:?}", a.narrowing) };
    assert_eq!(condition.text, "a = 1 and b = 2");
    let span = condition.span;
    assert!(
        text[span.start as usize..span.end as usize].contains("a = 1\n"),
        "the place is that of the text in the file"
    );
    assert_eq!(
        (a.risk.as_deref(), a.compensating.as_deref(), a.ticket.as_deref()),
        (Some("some"), Some("other"), Some("T-1"))
    );
    assert_eq!((a.reviews[0].by.as_str(), a.review_due()), ("eve", Some(time("2026-01-17"))));
    assert_eq!(a.period.to_string(), "2026-01-01T08:00:00Z to 2026-02-01");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in r#"(acceptances|id|rule|from|2026-01-01|list|controls|subject|[:,{}\[\]"'&*?!|>%@# \n-]){0,40}"#) {
        let places = |problems: &[avouch_diagnostics::Diagnostic]| {
            problems.iter().flat_map(|p| &p.labels).all(|l| text.get(l.span.start as usize..l.span.end as usize).is_some())
        };
        prop_assert!(places(&crate::check_file(FileId(0), &text).1));
        prop_assert!(places(&parse_acceptances(FileId(0), &text).1));
        prop_assert!(places(&crate::ControlList::parse(FileId(0), &text).1));
    }
}
