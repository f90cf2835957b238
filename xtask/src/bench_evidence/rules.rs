//! Our own rules, as `avouch rules list` tells them.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use avouch_controls::Mapping;
use avouch_finding::{RuleIdentity, Severity};
use avouch_ledger::Digest;
use serde_json::Value;

use super::fill::Template;

/// A rule and what its findings say.
pub(super) struct Rule {
    pub(super) identity: RuleIdentity,
    pub(super) severity: Severity,
    pub(super) output: Template,
    pub(super) nist_800_53: Vec<String>,
    pub(super) pci_dss: Vec<String>,
    pub(super) attack: Vec<String>,
}

/// Every rule that is switched on, by source.
///
/// # Errors
/// When the binary does not list them.
pub(super) fn all(binary: &str) -> Result<BTreeMap<String, Vec<Rule>>> {
    let list = Command::new(binary).args(["rules", "list", "--rules", "rules", "--format", "json"]).output();
    let list = list.with_context(|| format!("failed to run `{binary}`"))?;
    ensure!(list.status.success(), "`{binary} rules list` failed");
    let mapping = Mapping::built_in();
    let mut out: BTreeMap<String, Vec<Rule>> = BTreeMap::new();
    for line in list.stdout.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
        let value: Value = serde_json::from_slice(line).context("a rule that cannot be read")?;
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        if text("status") != "enabled" {
            continue;
        }
        let tags = value.get("tags").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let tags: Vec<String> = tags.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let (name, source, priority) = (text("rule"), text("source"), text("priority"));
        let criteria = mapping.criteria(&name, &tags);
        let ids = |list: &[&avouch_controls::Criterion]| list.iter().map(|c| c.id.clone()).collect();
        let rule = Rule {
            severity: Severity::of_priority(&priority).unwrap_or_default(),
            output: Template::parse(&text("output")),
            nist_800_53: criteria.nist_800_53.clone(),
            pci_dss: criteria.pci_dss.clone(),
            attack: criteria.attack.clone(),
            identity: RuleIdentity {
                name,
                source: source.clone(),
                priority,
                digest: Digest::of(line).to_string(),
                criteria: ids(&criteria.primary),
                criteria_secondary: ids(&criteria.secondary),
                points_of_focus: criteria.points.iter().map(|p| p.id.clone()).collect(),
                tags,
            },
        };
        out.entry(source).or_default().push(rule);
    }
    ensure!(!out.is_empty(), "`{binary} rules list` lists no rule");
    Ok(out)
}
