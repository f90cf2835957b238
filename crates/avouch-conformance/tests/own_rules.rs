//! What our own packs have to hold: how many rules serve each criterion first, which names exist, which tags never do.

#![expect(clippy::expect_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};

use avouch_pipeline::{RuleSet, RuleSetOptions};

fn rules() -> RuleSet {
    let folder = avouch_conformance::workspace_root().join("rules");
    RuleSet::load(&[folder], &RuleSetOptions::default()).expect("load the rules")
}

#[test]
fn every_rule_of_ours_runs() {
    let rules = rules();
    assert_eq!(rules.running().count(), rules.loaded.rules.len());
    assert!(!rules.has_errors());
}

#[test]
fn each_criterion_is_served_by_as_many_rules_as_promised() {
    let rules = rules();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for criteria in &rules.criteria {
        for criterion in &criteria.primary {
            *counts.entry(&criterion.id).or_default() += 1;
        }
    }
    let promised = [
        ("CC6.1", 28),
        ("CC6.2", 6),
        ("CC6.3", 12),
        ("CC6.6", 10),
        ("CC6.7", 8),
        ("CC6.8", 21),
        ("CC7.1", 15),
        ("CC8.1", 10),
    ];
    for (id, least) in promised {
        let n = counts.get(id).copied().unwrap_or_default();
        assert!(n >= least, "{n} rules serve {id} first, {least} are promised");
    }
    assert!(rules.loaded.rules.len() >= 130);
    let sources: BTreeSet<&str> = rules.loaded.rules.iter().map(|r| r.source.as_str()).collect();
    assert_eq!(sources, BTreeSet::from(["aws_cloudtrail", "k8s_audit", "syscall"]));
}

/// Watching and judging are what all rules do together: a tag on one of them would say nothing.
#[test]
fn watching_itself_is_never_a_tag() {
    for rule in &rules().loaded.rules {
        let bad = rule.tags.iter().find(|t| t.starts_with("SOC2_CC7.2") || t.starts_with("SOC2_CC7.3"));
        assert_eq!(bad, None, "{}", rule.name);
        for catalogue in ["SOC2_", "NIST_800-53_", "PCI_DSS_", "mitre_", "T1"] {
            assert!(rule.tags.iter().any(|t| t.starts_with(catalogue)), "{} has no {catalogue} tag", rule.name);
        }
    }
}

#[test]
fn the_rules_that_the_source_article_names_exist() {
    let rules = rules();
    let names: BTreeSet<String> = rules.loaded.rules.iter().map(|r| r.name.to_lowercase()).collect();
    let named = [
        "Disallowed SSH Connection",
        "Terminal shell in container",
        "Launch Privileged Container",
        "System ClusterRole Modified/Deleted",
        "K8s ServiceAccount Created",
        "ClusterRole With Wildcard Created",
        "Create Symlink Over Sensitive Files",
        "Network Connection outside Local Subnet",
        "Create HostNetwork Pod",
        "Launch Remote File Copy Tools in Container",
        "Search Private Keys or Passwords",
        "Detect outbound connections to common miner pool ports",
        "Detect crypto miners using the Stratum protocol",
        "Write below etc",
        "K8s Secret Created",
        "Full K8s Administrative Access",
    ];
    let missing: Vec<&str> = named.into_iter().filter(|n| !names.contains(&n.to_lowercase())).collect();
    assert_eq!(missing, Vec::<&str>::new());
}
