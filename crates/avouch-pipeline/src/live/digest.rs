//! Which rules a run had, as one number.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::records::RulesState;
use crate::ruleset::RuleSet;

/// Identity of a rule set: the SHA-256, in hex, over every file in the order of loading and then every rule that runs, so
/// that another text, another order and another selection each give another number.
///
/// What is hashed, byte for byte: for each file `file <length of the text in bytes>\n` and the text; then for each rule that
/// runs `rule <name>\n`. Names of files are left out: the same rules from another folder are the same rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesDigest(pub String);

impl RulesDigest {
    /// Of these rules.
    #[must_use]
    pub fn of(rules: &RuleSet) -> Self {
        let mut hash = Sha256::new();
        for (_, file) in rules.map.iter() {
            hash.update(format!("file {}\n", file.text.len()));
            hash.update(&file.text);
        }
        for (_, rule) in rules.running() {
            hash.update(format!("rule {}\n", rule.name));
        }
        let hex = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Self(hex)
    }
}

impl RulesState {
    /// Of these rules.
    #[must_use]
    pub fn of(rules: &RuleSet) -> Self {
        let mut running: BTreeMap<String, usize> = BTreeMap::new();
        for (_, rule) in rules.running() {
            *running.entry(rule.source.clone()).or_default() += 1;
        }
        let n: usize = running.values().sum();
        Self { digest: RulesDigest::of(rules).0, running, not_running: rules.loaded.rules.len().saturating_sub(n) }
    }
}
