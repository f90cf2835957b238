//! What periods of tests are built from.

use std::collections::BTreeMap;

use avouch_controls::ControlList;
use avouch_coverage::{Span, Stretch};
use avouch_diagnostics::FileId;
use avouch_finding::{Decision, Finding, RuleIdentity, RulesLoaded, Severity, SourceState, Suppressed, Time, Watching};
use avouch_report::{PeriodFacts, Triage};

pub(crate) const HOUR: u64 = 3_600_000_000_000;
pub(crate) const DAY: u64 = 24 * HOUR;
/// 2026-07-01T00:00:00Z
pub(crate) const BEGIN: u64 = 1_782_864_000_000_000_000;

pub(crate) fn at(ns: u64) -> Time {
    Time(BEGIN + ns)
}

pub(crate) fn stretch(node: &str, from: u64, to: u64, rules: &str) -> Stretch {
    let up = SourceState { state: Watching::Delivers, ..SourceState::default() };
    Stretch {
        span: Span::new(at(from), at(to)),
        node: node.to_owned(),
        rules: rules.to_owned(),
        sources: BTreeMap::from([("syscall".to_owned(), up)]),
        lost: 0,
    }
}

pub(crate) fn rules(digest: &str, names: &[&str]) -> RulesLoaded {
    let rule = |name: &&str| RuleIdentity {
        name: (*name).to_owned(),
        source: "syscall".to_owned(),
        digest: format!("of {name}"),
        criteria: vec!["CC6.1".to_owned()],
        ..RuleIdentity::default()
    };
    RulesLoaded { digest: digest.to_owned(), rules: names.iter().map(rule).collect(), ..RulesLoaded::default() }
}

/// Of a control that watches and one of paper.
pub(crate) const LIST: &str = "
list:
  id: acme
  version: 1
  title: Controls of Acme
  entity: Acme
  approved: {by: [Board], on: 2026-06-20}
  valid: {from: 2026-06-25}
controls:
  - id: AC-01
    title: Shells
    statement: Nobody opens a shell in a production container without a ticket.
    owner: platform
    frequency: continuous
    type: detective
    nature: automated
    satisfies: [CC6.1, CC6.1.pof03, 'nist:AC-6', 'pci:7.2.5']
    evidence: {rules: {names: [Shell]}, sources: [syscall]}
    targets: {acknowledge: {warning: 4h}}
  - id: AC-02
    title: Policy
    statement: A policy is written.
    owner: legal
    frequency: yearly
    type: preventive
    nature: manual
    satisfies: [CC5.3]
";

/// A period of so many days in which two rule sets ran.
pub(crate) fn facts(days: u64, stretches: Vec<Stretch>) -> PeriodFacts {
    let mut facts = PeriodFacts::new(Span::new(at(0), at(days * DAY))).unwrap();
    facts.stretches = stretches;
    facts.add_rules(rules("full", &["Shell", "Miner"]));
    facts.add_rules(rules("less", &["Miner"]));
    facts
}

/// A finding of `Shell`, ns after the begin.
pub(crate) fn find(facts: &mut PeriodFacts, ns: u64, decided: Option<(u64, Decision)>, acceptance: Option<&str>) {
    let finding = Finding {
        time: at(ns),
        node: "n1".to_owned(),
        source: "syscall".to_owned(),
        rule: "Shell".to_owned(),
        priority: "Warning".to_owned(),
        severity: Severity::Medium,
        suppressed: acceptance.map(|a| Suppressed { acceptance: a.to_owned() }),
        ..Finding::default()
    };
    let by = facts.findings.name("ann");
    let triage = Triage { acknowledged: None, decided: decided.map(|(ns, d)| (at(ns), by, d)) };
    facts.findings.push(ns, &finding, triage);
}

/// A list without errors.
pub(crate) fn list(text: &str) -> ControlList {
    let (list, problems) = ControlList::parse(FileId(0), text);
    assert!(problems.iter().all(|p| p.severity != avouch_diagnostics::Severity::Error), "{problems:?}");
    list.unwrap()
}
