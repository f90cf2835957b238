//! What periods of tests are built from.

use std::collections::BTreeMap;

use avouch_coverage::{Span, Stretch};
use avouch_finding::{RuleIdentity, RulesLoaded, SourceState, Time, Watching};

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
