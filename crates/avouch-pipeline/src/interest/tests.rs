use std::path::{Path, PathBuf};

use avouch_event::types;

use super::*;
use crate::RuleSetOptions;

fn plan(paths: &[PathBuf]) -> Plan {
    let rules = RuleSet::load(paths, &RuleSetOptions::default()).unwrap();
    assert!(!rules.has_errors(), "{:?}", rules.diagnostics);
    of_rules(&rules)
}

fn one(condition: &str) -> Plan {
    let text = format!("- rule: r\n  desc: d\n  condition: {condition}\n  output: o\n  priority: INFO\n");
    let options = RuleSetOptions::default();
    let rules = RuleSet::from_texts(vec![("r.yaml".to_owned(), text)], Vec::new(), &options);
    assert!(!rules.has_errors(), "{:?}", rules.diagnostics);
    of_rules(&rules)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn dump() {
    let data = root().join("../shared/testdata/rules/5.1.0");
    println!("{}", plan(&[data.join("falco_rules.yaml")]));
    let t = std::time::Instant::now();
    let rules = RuleSet::load(&[data], &RuleSetOptions::default()).unwrap();
    println!("load {:?}", t.elapsed());
    let t = std::time::Instant::now();
    let p = of_rules(&rules);
    println!("plan {:?} {}", t.elapsed(), p.interest.iter().count());
    println!("{}", plan(&[root().join("rules")]));
}
