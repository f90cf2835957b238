//! The table has a case for every upstream stable and incubating rule, and for no rule that upstream does not have.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn every_upstream_rule_has_cases() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/testdata/rules");
    if !rules.is_dir() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "upstream rules missing: {}", rules.display());
        eprintln!("skipped: no upstream rules at {}", rules.display());
        return;
    }
    let mut upstream = BTreeSet::new();
    for version in ["main", "5.1.0"] {
        for file in ["falco_rules.yaml", "falco-incubating_rules.yaml"] {
            let text = fs::read_to_string(rules.join(version).join(file)).expect("read upstream rules");
            upstream.extend(text.lines().filter_map(|line| line.strip_prefix("- rule: ")).map(str::to_owned));
        }
    }
    assert!(upstream.len() > 50, "{upstream:?}");
    let ours: BTreeSet<String> = avouch_triggers::all().iter().map(|case| case.rule.to_owned()).collect();
    assert_eq!(ours, upstream);
}
