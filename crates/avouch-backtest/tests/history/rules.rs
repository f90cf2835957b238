//! Back-tests: the recording replayed, and its findings alone.

use avouch_backtest::{Findings, History, Options, RuleChange, RuleDiff, What, backtest};
use avouch_finding::Fact;
use avouch_pipeline::RuleSet;
use avouch_store::Period;

use crate::common::{Kept, called_true, findings_of, found, recording, rules, small, unwatched};

fn test(old: &RuleSet, new: &RuleSet, findings: Option<Findings<'_>>, replay: bool) -> RuleDiff {
    let recordings = if replay { vec![recording()] } else { Vec::new() };
    let mut history = History { findings, recordings: &recordings };
    unwatched(|w| backtest(old, new, &mut history, Period::ALL, Options::default(), w)).unwrap()
}

fn rule<'d>(diff: &'d RuleDiff, name: &str) -> &'d RuleChange {
    diff.rules.iter().find(|r| r.rule == name).unwrap()
}

fn numbers(change: &RuleChange) -> (u64, u64, u64, u64, u64) {
    (change.before, change.after, change.gained.count, change.lost.count, change.unknown)
}

const OPENS: &str = "evt.type in (open, openat) and evt.is_open_read = true and fd.name startswith /etc";
const SPAWNS: &str = "evt.type = execve and proc.name exists";

fn old() -> RuleSet {
    small(&[
        ("Opens", OPENS, "%proc.name %fd.name"),
        ("Spawns", SPAWNS, "%proc.name %proc.cmdline %evt.type"),
        ("Connects", "evt.type = connect", "%proc.name %fd.name"),
    ])
}

/// How often a rule fires over the recording.
fn fires(set: &RuleSet, name: &str) -> u64 {
    let facts = found(set, None);
    u64::try_from(findings_of(&facts).iter().filter(|f| f.rule == name).count()).unwrap()
}

fn changed() -> RuleSet {
    small(&[
        ("Opens", &format!("{OPENS} and not proc.name in (sh, bash)"), "%proc.name"),
        ("Spawns", "evt.type = execve and proc.name exists and proc.ppid exists", "%proc.name"),
        ("Shells", "evt.type = execve and proc.name in (sh, bash)", "%proc.name"),
    ])
}

#[test]
fn a_recording_tells_exactly() {
    let (old, new) = (old(), changed());
    let diff = test(&old, &new, None, true);
    for name in ["Opens", "Spawns", "Connects", "Shells"] {
        let change = rule(&diff, name);
        let (before, after) = (fires(&old, name), fires(&new, name));
        assert_eq!((change.before, change.after, change.unknown), (before, after, 0), "{name}");
        assert_eq!(change.gained.count + before, change.lost.count + after, "{name}");
    }
    let opens = rule(&diff, "Opens");
    assert!(opens.what == What::Changed && opens.lost.count > 0 && opens.gained.count == 0);
    assert!(
        opens.lost.rows.iter().all(|r| r.output.starts_with("sh ") || r.output.starts_with("bash ")),
        "{:?}",
        opens.lost
    );
    assert_eq!(opens.lost.rows.len() as u64, opens.lost.count.min(100));
    assert_eq!(opens.lost.rows[0].file.as_deref(), Some("web-intrusion.scap"));
    assert_eq!((rule(&diff, "Connects").what, rule(&diff, "Shells").what), (What::Removed, What::Added));
    assert!(rule(&diff, "Shells").gained.count > 0);
    assert_eq!((diff.read.captures, diff.read.archives), (1, 0));
    assert!(diff.read.events > 10_000);
    assert!(diff.read.missing.iter().any(|m| m.contains("stored findings")), "{:?}", diff.read.missing);
}

#[test]
fn findings_alone_tell_what_their_fields_tell() {
    let (old, new) = (old(), changed());
    let facts = found(&old, None);
    let mut kept = Kept::new(&facts);
    let diff = test(&old, &new, Some(kept.findings()), false);
    // The rest of the condition is the old one, which held: only the new part has to be judged.
    let exact = test(&old, &new, None, true);
    let opens = rule(&diff, "Opens");
    assert_eq!(numbers(opens), numbers(rule(&exact, "Opens")));
    assert_eq!(opens.replayed, 0);
    // Ids of parents were not recorded.
    let spawns = rule(&diff, "Spawns");
    assert_eq!(numbers(spawns), (fires(&old, "Spawns"), 0, 0, 0, fires(&old, "Spawns")));
    assert_eq!(diff.unknown, spawns.unknown);
    // Everything of a rule that is gone is lost; what a new rule would have said is known where another rule recorded enough.
    let connects = rule(&diff, "Connects");
    assert_eq!((connects.after, connects.lost.count), (0, connects.before));
    assert_eq!(numbers(rule(&diff, "Shells")), numbers(rule(&exact, "Shells")));
    assert!(diff.read.missing.iter().any(|m| m.starts_with("recordings")), "{:?}", diff.read.missing);
    assert_eq!(diff.read.findings, u64::try_from(findings_of(&facts).len()).unwrap());
}

#[test]
fn a_recording_decides_for_the_findings_it_holds_and_none_counts_twice() {
    let (old, new) = (old(), changed());
    let facts = found(&old, None);
    let mut kept = Kept::new(&facts);
    let both = test(&old, &new, Some(kept.findings()), true);
    let exact = test(&old, &new, None, true);
    for name in ["Opens", "Spawns", "Connects", "Shells"] {
        assert_eq!(numbers(rule(&both, name)), numbers(rule(&exact, name)), "{name}");
        assert_eq!(rule(&both, name).replayed, rule(&exact, name).before, "{name}");
    }
    assert_eq!(both.unknown, 0);
    // What is lost is shown as the finding that it is.
    assert!(rule(&both, "Opens").lost.rows.iter().all(|r| r.id.is_some() && r.file.is_none()));
}

#[test]
fn known_true_findings_that_would_be_lost_come_first() {
    let (old, new) = (old(), changed());
    let mut facts = found(&old, None);
    let truly: Vec<Fact> = {
        let findings = findings_of(&facts);
        let of = |rule: &str, name: &str| {
            let is = |f: &&&avouch_finding::Finding| f.rule == rule && f.fields["proc.name"] == name;
            called_true(findings.iter().find(is).unwrap())
        };
        vec![of("Opens", "sh"), of("Opens", "cat"), of("Spawns", "sh")]
    };
    facts.extend(truly);
    let mut kept = Kept::new(&facts);
    let diff = test(&old, &new, Some(kept.findings()), false);
    assert_eq!((diff.lost_true.count, diff.lost_true.rows.len()), (1, 1));
    assert_eq!((diff.lost_true.rows[0].rule.as_str(), diff.lost_true.rows[0].decision), ("Opens", Some("true")));
    assert_eq!((diff.unknown_true.count, diff.unknown_true.rows[0].rule.as_str()), (1, "Spawns"));
}

#[test]
fn the_same_rules_change_nothing() {
    let old = old();
    let facts = found(&old, None);
    let mut kept = Kept::new(&facts);
    for replay in [false, true] {
        let diff = test(&old, &self::old(), Some(kept.findings()), replay);
        for change in &diff.rules {
            let count = fires(&old, &change.rule);
            assert_eq!((change.what, numbers(change)), (What::Same, (count, count, 0, 0, 0)), "{}", change.rule);
        }
    }
}

#[test]
fn a_finding_of_an_unknown_version_is_judged_by_its_fields_alone() {
    let (old, new) = (old(), changed());
    let mut facts = found(&old, None);
    for fact in &mut facts {
        if let Fact::Finding(f) = fact {
            f.rules = "another".to_owned();
        }
    }
    let mut kept = Kept::new(&facts);
    let diff = test(&old, &new, Some(kept.findings()), false);
    let opens = rule(&diff, "Opens");
    // What the new exception names is lost whatever the rest; of the others nobody recorded how they were opened.
    let exact = test(&old, &new, None, true);
    assert_eq!(opens.lost.count, rule(&exact, "Opens").lost.count);
    assert_eq!((opens.after, opens.unknown), (0, opens.before - opens.lost.count));
}

#[test]
fn the_shipped_rules_with_one_exception_more_lose_only_that() {
    let old = rules();
    let name = "Terminal shell in container";
    let facts = found(&old, None);
    let of_rule = findings_of(&facts).iter().filter(|f| f.rule == name).count();
    assert!(of_rule > 0);
    let new = crate::common::rules_with(|file, text| match file {
        "terminal_shell_in_container.yaml" => {
            format!(
                "{text}\n- rule: {name}\n  condition: and not proc.cmdline startswith sh\n  override:\n    condition: append\n"
            )
        }
        _ => text,
    });
    let mut kept = Kept::new(&facts);
    let alone = test(&old, &new, Some(kept.findings()), false);
    let exact = test(&old, &new, None, true);
    for diff in [&alone, &exact] {
        let changed: Vec<&str> = diff.rules.iter().filter(|r| r.what != What::Same).map(|r| r.rule.as_str()).collect();
        assert_eq!(changed, [name]);
        assert_eq!(diff.rules[0].rule, name, "what differs stands first");
        assert!(diff.rules[1..].iter().all(|r| r.lost.count == 0 && r.gained.count == 0 && r.before == r.after));
    }
    assert_eq!(numbers(rule(&alone, name)), numbers(rule(&exact, name)));
    assert!(rule(&alone, name).lost.count > 0);
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("bad.scap"), "no capture").unwrap();
    std::fs::copy(recording(), dir.path().join("good.scap")).unwrap();
    let recordings = vec![dir.path().to_owned(), dir.path().join("none")];
    let mut history = History { findings: None, recordings: &recordings };
    let (old, new) = (old(), changed());
    let diff = unwatched(|w| backtest(&old, &new, &mut history, Period::ALL, Options::default(), w)).unwrap();
    assert_eq!(diff.read.captures, 1);
    assert_eq!(
        diff.read.missing.iter().filter(|m| m.contains("bad.scap") || m.contains("none")).count(),
        2,
        "{:?}",
        diff.read.missing
    );
    let exact = test(&old, &new, None, true);
    assert_eq!(numbers(rule(&diff, "Opens")), numbers(rule(&exact, "Opens")));
}

#[test]
fn macros_in_macros_are_compared_and_listed_without_walking_them_for_ever() {
    let set = |last: &str| {
        let mut text = format!("- macro: m0\n  condition: proc.name = sh or proc.pname = {last}\n");
        for n in 1..15 {
            let before = n - 1;
            text.push_str(&format!("- macro: m{n}\n  condition: (m{before} and proc.tty = {n}) or m{before}\n"));
        }
        text.push_str("- rule: r\n  desc: d\n  condition: m14\n  output: o\n  priority: INFO\n");
        RuleSet::from_texts(
            vec![("r.yaml".to_owned(), text)],
            Vec::new(),
            &crate::common::options(avouch_engine::Matching::All),
        )
    };
    let what = |diff: RuleDiff| diff.rules[0].what;
    assert_eq!(what(test(&set("sh"), &set("sh"), None, false)), What::Same);
    assert_eq!(what(test(&set("sh"), &set("bash"), None, false)), What::Changed);
    assert_eq!(avouch_backtest::rule_views(&set("sh"))[0].resolved, "m14");
}
