//! The document of a period: nothing is left out, nothing that is not known is called a pass, sums are sums of facts.

#![expect(clippy::unwrap_used, reason = "a test")]

mod common;

use avouch_coverage::Span;
use avouch_document::{Document, RowClass};
use avouch_finding::Decision;
use avouch_report::{Outcome, document};
use common::{DAY, HOUR, Made, text};
use proptest::prelude::*;

/// Sections that print what is shipped (catalogues of criteria, checks, populations, other frameworks) and have tests of their own.
const SHIPPED: [&str; 12] = [
    "points-of-focus",
    "criteria-outside",
    "crosswalk-nist_800_53",
    "crosswalk-pci_dss",
    "crosswalk-iso_27001",
    "crosswalk-cis_controls",
    "crosswalk-nist_csf",
    "requests",
    "appendix-checks",
    "-missing",
    "glossary",
    "limits",
];

fn made(made: &Made) -> Document {
    made.results(document)
}

#[test]
fn words_of_an_empty_period() {
    insta::assert_snapshot!("empty", text::of_document(&made(&common::empty()), &SHIPPED));
}

#[test]
fn words_of_a_rich_period() {
    insta::assert_snapshot!("rich", text::of_document(&made(&common::rich()), &SHIPPED));
}

#[test]
fn both_are_sound_and_the_same_twice() {
    for of in [common::empty, common::rich] {
        let document = made(&of());
        assert_eq!(document.problems(), []);
        assert_eq!(document, made(&of()));
    }
}

#[test]
fn an_empty_period_says_no_evidence_on_the_cover_and_on_the_first_page() {
    let document = made(&common::empty());
    let cover = format!("{:?}", document.cover);
    assert!(cover.contains("No evidence"), "{cover}");
    let summary = text::of_section(text::find(&document, "summary"));
    assert!(summary.contains("No evidence") && summary.contains("no evidence"), "{summary}");
    assert!(!text::of_section(text::find(&document, "deviations")).contains("found no deviation"));
}

#[test]
fn nobody_calls_a_control_without_evidence_a_pass() {
    for of in [common::empty(), common::rich()] {
        of.results(|results| {
            let document = document(results);
            let mut seen = 0;
            for control in results.controls {
                if matches!(control.outcome(), Outcome::NoEvidence | Outcome::NotCovered) {
                    seen += 1;
                    let id = format!("control-{}", control.id.to_lowercase());
                    let words = text::of_section(text::find(&document, &id)).to_lowercase();
                    let pass = words.split(|c: char| !c.is_alphabetic()).any(|w| w == "pass");
                    assert!(!pass, "{words}");
                    assert!(words.contains("no evidence") || words.contains("not covered"), "{words}");
                }
            }
            assert!(seen >= 2);
        });
    }
}

#[test]
fn every_control_deviation_and_population_is_told() {
    common::rich().results(|results| {
        let document = document(results);
        let all = text::of_document(&document, &[]);
        for control in results.controls {
            assert!(all.contains(control.id), "{}", control.id);
            text::find(&document, &format!("control-{}", control.id.to_lowercase()));
        }
        let register = text::of_section(text::find(&document, "deviations"));
        assert!(results.deviations.len() >= 8, "{}", results.deviations.len());
        for deviation in results.deviations {
            assert!(register.contains(&deviation.id), "{}", deviation.id);
        }
        for p in results.populations {
            let own = text::of_section(text::find(&document, &format!("population-{}", p.spec.id)));
            assert!(own.contains(&p.digest) && own.contains(&p.csv_digest) && own.contains(p.spec.definition));
        }
        for acceptance in results.acceptances {
            assert!(text::of_section(text::find(&document, "appendix-acceptances")).contains(acceptance.id));
        }
    });
}

#[test]
fn what_was_watched_is_what_a_pencil_says() {
    let document = made(&common::rich());
    let summary = text::of_section(text::find(&document, "summary"));
    // node-1, node-2 and the audit log for 336 h each, node-3 for the last 48 h without an agent; 1 h lossy, 10 min of gap.
    // 1,006 h 50 min of 1,056 h are 95.344 %.
    assert!(summary.contains("observed 95.34 % of 1,056 node-hours, 3 gaps"), "{summary}");
    // The rule was off on node-2 for two days: 335 h 50 min and 287 h of 720 h are 86.504 %.
    let rules = text::of_section(text::find(&document, "criterion-cc6.1-detections"));
    assert!(rules.contains("Terminal shell in container | 86.50 % | 2 of 3 |"), "{rules}");
}

#[test]
fn sums_are_sums_of_facts() {
    common::rich().results(|results| {
        let document = document(results);
        let n = results.facts.findings.len().to_string();
        let severity = text::find(&document, "severity");
        let total = text::tables(severity)[0].rows.last().unwrap();
        assert_eq!((total.class, text::cells(total)[1].as_str()), (RowClass::Total, n.as_str()));
        let rules = text::tables(text::find(&document, "appendix-rules"))[0];
        let column = |row: &avouch_document::Row| text::cells(row)[3].parse::<u64>().unwrap();
        let (total, rows) = rules.rows.split_last().unwrap();
        assert_eq!(rows.iter().map(column).sum::<u64>(), column(total));
        assert_eq!(column(total), results.facts.findings.len() as u64);
        let ageing = text::tables(text::find(&document, "deviations"))[0];
        let all = text::cells(ageing.rows.last().unwrap());
        assert_eq!(*all.last().unwrap(), results.deviations.len().to_string());
        let classes: u64 = all.iter().skip(1).take(5).map(|c| c.parse::<u64>().unwrap()).sum();
        assert_eq!(classes, results.deviations.len() as u64);
    });
}

#[test]
fn a_list_that_changed_splits_the_statement_and_names_who_approved_which_version() {
    let document = made(&common::rich());
    let control = text::of_section(text::find(&document, "control-ac-01"));
    let first = control.find("without a ticket.").unwrap();
    let second = control.find("without a ticket that another person approved.").unwrap();
    assert!(first < second);
    assert!(control.contains("version 1 by Board of Acme on 2026-06-20"), "{control}");
    assert!(control.contains("version 2 by J. Doe, Head of Security on 2026-07-06"), "{control}");
    // One that says the same is not split.
    assert!(!text::of_section(text::find(&document, "control-mon-01")).contains("The statement changed"));
}

#[test]
fn a_control_with_a_deviation_is_never_said_to_have_none() {
    // Decided benign, a day after its target: its time passes, and it is late all the same.
    let mut late = Made::new(3, &[common::LIST]);
    let mut full = common::rich().facts.rule_sets().values().max_by_key(|s| s.rules.len()).unwrap().clone();
    full.digest = "set".to_owned();
    late.facts.add_rules(full);
    for node in ["node-1", "prod"] {
        let source = if node == "prod" { "k8s_audit" } else { "syscall" };
        late.watch(node, source, 0, 3 * DAY, "set");
    }
    let shell = ("Terminal shell in container", "node-1", "Warning");
    late.find(HOUR, shell, None, Some((2 * DAY, Decision::Benign, "late")), None);
    late.results(|results| {
        let control = results.controls.iter().find(|c| c.id == "AC-01").unwrap();
        assert_eq!(control.parts.iter().map(|p| p.line.fail_ns).sum::<u128>(), 0);
        let words = text::of_section(text::find(&document(results), "control-ac-01"));
        assert!(words.contains("Outcome: deviations") && words.contains("DEV-0001 closed"), "{words}");
    });
}

#[test]
fn more_gaps_than_fit_are_counted_and_their_file_named() {
    let mut many = Made::new(30, &[common::LIST]);
    for hour in 0..30 * 24 {
        many.watch("node-1", "syscall", hour * HOUR, hour * HOUR + HOUR / 2, "set");
    }
    many.results(|results| {
        let document = document(results);
        let gaps = text::tables(text::find(&document, "gaps"))[0];
        let shown = gaps.shown.as_ref().unwrap();
        assert_eq!((gaps.rows.len(), shown.of, shown.file.as_str()), (50, 720, "populations/observation-gaps.csv"));
        assert_eq!(document.problems(), []);
    });
}

#[test]
fn sessions_that_are_too_many_to_remember_are_counted_where_they_are_told() {
    let mut made = common::rich();
    assert!(!text::of_section(text::find(&self::made(&made), "sessions")).contains("More than is remembered"));
    (made.activity.sessions.beyond, made.activity.sessions.unnoted) = (1, 2_000);
    let words = text::of_section(text::find(&self::made(&made), "sessions"));
    assert!(words.contains("1 session was left out: more are not kept; 2,000 commands in pods of requests"), "{words}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever was watched and found by whomever: the document is sound, and counts every finding once.
    #[test]
    fn any_period_makes_a_sound_document(
        stretches in prop::collection::vec((0_u64..5, 0_u64..240, 1_u64..100, any::<bool>()), 0..12),
        findings in prop::collection::vec((0_u64..240, 0_usize..4, prop::option::of(0_u64..50), any::<bool>()), 0..20),
        hostile in "\\PC{0,12}",
    ) {
        let names = ["Terminal shell in container", "Miner started", hostile.as_str(), "Object changed by hand"];
        let mut any = Made::new(10, &[common::LIST]);
        any.facts.add_rules(common::rich().facts.rule_sets().values().next().unwrap().clone());
        let digest = any.facts.rule_sets().keys().next().unwrap().clone();
        for (node, from, hours, known) in stretches {
            let set = if known { digest.as_str() } else { hostile.as_str() };
            any.watch(&format!("{hostile}{node}"), "syscall", from * HOUR, (from + hours) * HOUR, set);
        }
        let mut findings = findings;
        findings.sort_unstable();
        let n = findings.len();
        for (hour, rule, decided, benign) in findings {
            let decision = if benign { Decision::Benign } else { Decision::True };
            let decided = decided.map(|h| ((hour + h) * HOUR, decision, "r"));
            any.find(hour * HOUR, (names[rule], &hostile, "Warning"), None, decided, None);
        }
        any.results(|results| {
            let document = document(results);
            assert_eq!(document.problems(), []);
            let rules = text::tables(text::find(&document, "appendix-rules"))[0];
            let hits = rules.rows.last().map_or(0, |r| text::cells(r)[3].parse::<usize>().unwrap());
            assert_eq!(hits, n);
            assert_eq!(results.facts.period, Span::new(common::at(0), common::at(10 * DAY)));
        });
    }
}
