//! Previews and proposals against what a replay with the acceptance suppresses.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;

use avouch_backtest::{Draft, Error, Preview, Watch, preview, propose};
use avouch_controls::{Acceptance, parse_acceptances};
use avouch_diagnostics::{FileId, Severity};
use avouch_finding::{Fact, Finding, FindingKey, Severity as Level, Time};
use avouch_pipeline::RuleSet;
use avouch_store::Period;
use serde_json::json;

use crate::common::{Kept, acceptances, called_true, findings_of, found, rules, small, unwatched};

const TAIL: &str = "reason: r, requester: ann, approver: bob, from: 2020-01-01";

fn acceptance(text: &str) -> Acceptance {
    let (read, problems) = parse_acceptances(FileId(0), text);
    assert!(problems.is_empty(), "{problems:?}");
    read.into_iter().next().unwrap()
}

fn ask(text: &str, rules: &RuleSet, kept: &mut Kept) -> Preview {
    unwatched(|w| preview(&acceptance(text), rules, &mut kept.findings(), Period::ALL, w)).unwrap()
}

/// Ids of the findings that a replay of the recording with the acceptance suppresses.
fn suppressed(text: &str, rules: &RuleSet) -> BTreeSet<String> {
    let facts = found(rules, Some(acceptances(text, rules)));
    findings_of(&facts).into_iter().filter(|f| f.suppressed.is_some()).map(|f| f.id.clone()).collect()
}

#[test]
fn a_preview_is_what_a_replay_with_the_acceptance_suppresses() {
    let rules = rules();
    let mut kept = Kept::new(&found(&rules, None));
    let mut some = 0;
    for text in [
        format!("acceptances: [{{id: A, rule: Terminal shell in container, {TAIL}}}]"),
        format!(
            "acceptances: [{{id: A, rule: terminal SHELL in container, subject: {{proc.name: [sh, bash]}}, {TAIL}}}]"
        ),
        format!(
            "acceptances: [{{id: A, rule: Terminal shell in container, condition: 'proc.cmdline startswith sh', {TAIL}}}]"
        ),
        format!("acceptances: [{{id: A, criterion: CC6.1, condition: 'proc.name startswith s', {TAIL}}}]"),
        format!("acceptances: [{{id: A, criterion: cc7.2, subject: {{container.id: [host]}}, {TAIL}}}]"),
        format!("acceptances: [{{id: A, criterion: CC6.1, condition: 'container.id != host', {TAIL}}}]"),
        format!("acceptances: [{{id: A, criterion: CC6.1, condition: 'user.uid = 0 or proc.aname = sshd', {TAIL}}}]"),
        format!("acceptances: [{{id: A, criterion: CC6.8, condition: 'not proc.pname in (bash, sh)', {TAIL}}}]"),
        format!("acceptances: [{{id: A, control: X-1, {TAIL}}}]"),
        format!("acceptances: [{{id: A, rule: No such rule, {TAIL}}}]"),
    ] {
        let preview = ask(&text, &rules, &mut kept);
        let replay = suppressed(&text, &rules);
        let sample: BTreeSet<String> = preview.sample.rows.iter().map(|r| r.id.clone().unwrap()).collect();
        // What is sure is suppressed; what is suppressed is sure or unknown.
        assert!(sample.is_subset(&replay), "{text}");
        let (sure, all) = (preview.would_remove, u64::try_from(replay.len()).unwrap());
        assert!(
            sure <= all && all <= sure + preview.unknown,
            "{text}: {sure} and {} unknown of {all}",
            preview.unknown
        );
        if preview.unknown == 0 {
            assert_eq!(sample, replay, "{text}");
            some += usize::from(!replay.is_empty());
        }
        assert_eq!(preview.by_rule.iter().map(|(_, n)| n).sum::<u64>(), sure);
        assert_eq!(preview.by_day.iter().map(|(_, n)| n).sum::<u64>(), sure);
        println!("{text}: {sure} of {} looked at, {} unknown", preview.looked_at, preview.unknown);
    }
    assert!(some >= 3, "{some} acceptances were compared that suppress anything");
}

/// Findings of one rule, told apart by what `fields` gives for each.
fn many(count: u64, fields: impl Fn(u64) -> serde_json::Value) -> Vec<Fact> {
    let second = 1_000_000_000;
    let begin = 1_790_000_000 * second;
    let finding = |n: u64| {
        let time = Time(begin + n * 3_600 * second);
        let key = FindingKey { node: "n1", source: "syscall", time, event: n, rule: "Shell" };
        Finding {
            id: key.id(),
            time,
            node: "n1".to_owned(),
            source: "syscall".to_owned(),
            event: n,
            rule: "Shell".to_owned(),
            priority: "Warning".to_owned(),
            severity: Level::Medium,
            criteria: vec!["CC6.1".to_owned()],
            fields: fields(n).as_object().unwrap().clone(),
            ..Finding::default()
        }
    };
    (0..count).map(|n| finding(n).into()).collect()
}

fn shell() -> RuleSet {
    small(&[("Shell", "evt.type = execve", "o")])
}

#[test]
fn what_cannot_be_said_is_counted_and_no_match() {
    let mut facts = many(10, |n| match n {
        0..4 => json!({"proc.name": "sh", "user.name": "root"}),
        4..6 => json!({"proc.name": "sh"}),
        6..8 => json!({"proc.name": "bash"}),
        8 => json!({"proc.name": "sh", "user.name": null}),
        _ => json!({"proc.name": "sh", "user.name": "a password [redacted:x 00]"}),
    });
    let truly = called_true(findings_of(&facts)[1]);
    facts.push(truly);
    let mut kept = Kept::new(&facts);
    let text =
        format!("acceptances: [{{id: A, rule: Shell, subject: {{proc.name: [sh], user.name: [root]}}, {TAIL}}}]");
    let out = ask(&text, &shell(), &mut kept);
    assert_eq!((out.would_remove, out.unknown, out.looked_at, out.no_record), (4, 3, 10, 0));
    assert_eq!((out.lost_true.count, out.lost_true.rows.len()), (1, 1));
    assert_eq!(out.lost_true.rows[0].decision, Some("true"));
    assert_eq!(out.sample.rows.iter().map(|r| r.time).collect::<Vec<_>>(), {
        let mut times: Vec<Time> = findings_of(&facts).iter().take(4).map(|f| f.time).collect();
        times.reverse();
        times
    });
    // Without the ledger only how many there are is known.
    let mut findings = kept.findings();
    findings.ledger = None;
    let out = unwatched(|w| preview(&acceptance(&text), &shell(), &mut findings, Period::ALL, w)).unwrap();
    assert_eq!((out.would_remove, out.unknown, out.no_record), (0, 10, 10));
    // One that narrows by nothing needs no ledger.
    let all = format!("acceptances: [{{id: A, rule: Shell, {TAIL}}}]");
    let out = unwatched(|w| preview(&acceptance(&all), &shell(), &mut findings, Period::ALL, w)).unwrap();
    assert_eq!((out.would_remove, out.unknown, out.no_record), (10, 0, 0));
}

#[test]
fn a_condition_that_does_not_compile_is_an_error_and_a_question_can_be_stopped() {
    let mut kept = Kept::new(&many(3, |_| json!({"proc.name": "sh"})));
    let text = format!("acceptances: [{{id: A, rule: Shell, condition: 'no.such = 1', {TAIL}}}]");
    let out = unwatched(|w| preview(&acceptance(&text), &shell(), &mut kept.findings(), Period::ALL, w));
    assert!(matches!(out, Err(Error::NotCompiled { .. })), "{out:?}");

    let text = format!("acceptances: [{{id: A, rule: Shell, {TAIL}}}]");
    let stop = AtomicBool::new(true);
    let mut told = |_| {};
    let mut watch = Watch::new(Some(&stop), &mut told);
    let out = preview(&acceptance(&text), &shell(), &mut kept.findings(), Period::ALL, &mut watch);
    assert!(matches!(out, Err(Error::Cancelled)), "{out:?}");
}

fn draft() -> Draft {
    Draft {
        id: "ACC-1".to_owned(),
        requester: "ann".to_owned(),
        approver: "bob".to_owned(),
        reason: "nightly \"job\": it's fine".to_owned(),
        from: "2026-09-01".to_owned(),
        expires: Some("2026-12-01".to_owned()),
        ..Draft::default()
    }
}

/// 200 findings: a backup as root that reads another file each time, among others of cron, and people with shells.
fn noise(n: u64) -> serde_json::Value {
    match n % 4 {
        0 => {
            json!({"proc.name": "sh", "proc.pname": "sshd", "user.name": format!("user{n}"), "proc.cmdline": "sh -i", "container.id": "host"})
        }
        1 => {
            json!({"proc.name": "sh", "proc.pname": "cron", "user.name": "root", "proc.cmdline": format!("sh job {n}"), "container.id": "host"})
        }
        _ => {
            json!({"proc.name": "sh", "proc.pname": "backup", "user.name": "root", "proc.cmdline": format!("sh \"{n}\" it's"), "fd.name": "/srv/a\\b", "container.id": "host"})
        }
    }
}

#[test]
fn the_smallest_acceptance_tells_the_finding_from_others_of_its_rule() {
    let facts = many(200, noise);
    let finding = findings_of(&facts)[2].clone();
    let mut kept = Kept::new(&facts);
    let out = unwatched(|w| propose(&finding, &draft(), &shell(), &mut kept.findings(), Period::ALL, w)).unwrap();
    // The parent alone tells: the program and the user are those of others too, command lines differ each time.
    assert_eq!(out.subject, [("proc.pname".to_owned(), "backup".to_owned())]);
    assert_eq!((out.preview.would_remove, out.preview.unknown), (100, 0));
    assert!(out.diagnostics.iter().all(|d| d.severity != Severity::Error), "{:?}", out.diagnostics);
    assert!(out.diagnostics.is_empty(), "{:?}", out.diagnostics);
    assert_eq!((out.acceptance.id.as_str(), out.acceptance.reason.as_str()), ("ACC-1", "nightly \"job\": it's fine"));
    // Only fields can be added to one; each covers no more than it does.
    let added: Vec<(&str, u64)> =
        out.alternatives.iter().filter_map(|a| Some((a.add.as_ref()?.0.as_str(), a.would_remove))).collect();
    assert!(added.contains(&("proc.cmdline", 1)) && added.contains(&("user.name", 100)), "{added:?}");
    assert_eq!(out.alternatives.len(), added.len());
}

#[test]
fn every_alternative_counts_what_its_own_preview_does() {
    let facts = many(200, noise);
    let finding = findings_of(&facts)[1].clone();
    let mut kept = Kept::new(&facts);
    let out = unwatched(|w| propose(&finding, &draft(), &shell(), &mut kept.findings(), Period::ALL, w)).unwrap();
    for other in &out.alternatives {
        let mut subject: std::collections::BTreeMap<String, String> = out.subject.iter().cloned().collect();
        match (&other.add, &other.drop) {
            (Some((field, value)), None) => drop(subject.insert(field.clone(), value.clone())),
            (None, Some(field)) => drop(subject.remove(field)),
            odd => panic!("{odd:?}"),
        }
        let text = format!("acceptances: [{{id: A, rule: Shell, subject: {}, {TAIL}}}]", json!(subject));
        assert_eq!(ask(&text, &shell(), &mut kept).would_remove, other.would_remove, "{text}");
    }
}

#[test]
fn known_true_findings_are_spared_where_a_field_can() {
    let mut facts = many(200, noise);
    // One of the backup's was an intruder under its name.
    let truly = called_true(findings_of(&facts)[3]);
    facts.push(truly);
    let finding = findings_of(&facts)[2].clone();
    let mut kept = Kept::new(&facts);
    let out = unwatched(|w| propose(&finding, &draft(), &shell(), &mut kept.findings(), Period::ALL, w)).unwrap();
    assert!(out.subject.iter().any(|(f, _)| f == "proc.cmdline"), "{:?}", out.subject);
    assert_eq!((out.preview.would_remove, out.preview.lost_true.count), (1, 0));
    let wider = out.alternatives.iter().find(|a| a.drop.as_deref() == Some("proc.cmdline"));
    assert!(wider.is_none_or(|w| w.lost_true == 1), "{wider:?}");
}

#[test]
fn with_little_history_two_fields_are_taken_and_without_fields_none_is_proposed() {
    let facts = many(2, noise);
    let finding = findings_of(&facts)[0].clone();
    let mut kept = Kept::new(&facts);
    let out = unwatched(|w| propose(&finding, &draft(), &shell(), &mut kept.findings(), Period::ALL, w)).unwrap();
    assert_eq!(out.subject.len(), 2);
    let bare = Finding { fields: serde_json::Map::new(), ..finding };
    let out = unwatched(|w| propose(&bare, &draft(), &shell(), &mut kept.findings(), Period::ALL, w));
    assert!(matches!(out, Err(Error::NothingToNarrowBy { .. })));
}

#[test]
fn every_finding_of_the_recording_has_a_proposal_that_covers_it() {
    let rules = rules();
    let facts = found(&rules, None);
    let mut kept = Kept::new(&facts);
    let mut seen = BTreeSet::new();
    for finding in findings_of(&facts) {
        if !seen.insert(&finding.rule) {
            continue;
        }
        let out = unwatched(|w| propose(finding, &draft(), &rules, &mut kept.findings(), Period::ALL, w)).unwrap();
        assert!(out.diagnostics.is_empty(), "{:?}", out.diagnostics);
        assert!(out.preview.sample.rows.iter().any(|r| r.id.as_deref() == Some(&finding.id)), "{}", out.yaml);
        // The file as it is written suppresses, in a replay, what the preview says.
        let text = out
            .yaml
            .replace("from: \"2026-09-01\"", "from: \"2020-01-01\"")
            .replace("expires: \"2026-12-01\"", "risk: \"none\"");
        let replay = suppressed(&text, &rules);
        assert_eq!(u64::try_from(replay.len()).unwrap(), out.preview.would_remove, "{text}");
        assert!(replay.contains(&finding.id));
    }
    assert!(seen.len() > 10);
}
