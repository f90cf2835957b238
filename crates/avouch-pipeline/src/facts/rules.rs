//! Which rules ran, each with a digest of what it means.

use avouch_engine::RuleStatus;
use avouch_finding::{NotRunning, RuleIdentity, RulesLoaded, Time};
use avouch_rules::{ResolvedRule, print_condition};
use sha2::{Digest, Sha256};

use super::Origin;
use crate::live::RulesDigest;
use crate::ruleset::RuleSet;

/// The rule set of a run from `time` on.
#[must_use]
pub fn rules_loaded(rules: &RuleSet, origin: &Origin, time: Time) -> RulesLoaded {
    let mut out = RulesLoaded {
        time,
        node: origin.node.clone(),
        run: origin.run.clone(),
        digest: RulesDigest::of(rules).0,
        ..RulesLoaded::default()
    };
    for (i, rule) in rules.loaded.rules.iter().enumerate() {
        if let Some(reason) = rules.compiled.status.get(i).and_then(not_running) {
            out.not_running.push(NotRunning { name: rule.name.clone(), reason: reason.to_owned() });
            continue;
        }
        let criteria = rules.criteria.get(i).cloned().unwrap_or_default();
        let ids = |list: &[&avouch_controls::Criterion]| list.iter().map(|c| c.id.clone()).collect();
        out.rules.push(RuleIdentity {
            name: rule.name.clone(),
            source: rule.source.clone(),
            priority: rule.priority.name().to_owned(),
            digest: digest(rule),
            criteria: ids(&criteria.primary),
            criteria_secondary: ids(&criteria.secondary),
            points_of_focus: criteria.points.iter().map(|p| p.id.clone()).collect(),
            tags: rule.tags.clone(),
        });
    }
    out
}

fn not_running(status: &RuleStatus) -> Option<&'static str> {
    Some(match status {
        RuleStatus::Loaded { .. } => return None,
        RuleStatus::Disabled => "switched off",
        RuleStatus::BelowPriority => "below the priority asked for",
        RuleStatus::UnknownSource => "its source is not known",
        RuleStatus::Skipped => "it uses a field that is not known, and says that it is to be skipped then",
        RuleStatus::Failed => "it has an error",
    })
}

/// SHA-256, in hex, over source, priority, condition (lists, macros and exceptions resolved), output and tags, each followed by a zero
/// byte: the same digest is the same rule, whatever file it stands in.
fn digest(rule: &ResolvedRule) -> String {
    let mut hash = Sha256::new();
    let condition = print_condition(&rule.condition, true);
    let parts = [rule.source.as_str(), rule.priority.name(), &condition, &rule.output];
    for part in parts.into_iter().chain(rule.tags.iter().map(String::as_str)) {
        hash.update(part);
        hash.update([0]);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
