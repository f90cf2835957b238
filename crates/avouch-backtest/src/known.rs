//! Which version of a rule made a finding.

use std::collections::BTreeMap;

use avouch_finding::Time;
use avouch_pipeline::RuleSet;
use avouch_pipeline::facts::{Origin, rules_loaded};
use avouch_store::{Period, Reader};
use rustc_hash::FxHashSet;

use crate::Result;

/// Rule sets of the past in which a rule was the same as it is in one set now: same condition, priority, output and tags.
///
/// A finding that such a version made is known to have satisfied the rule's condition, whatever of its fields was recorded.
#[derive(Clone, Debug, Default)]
pub struct RuleVersions {
    /// By digest of a rule set, the rules that are the same.
    same: BTreeMap<String, FxHashSet<String>>,
}

impl RuleVersions {
    /// Compares the rules of `set` with all rule sets that were ever loaded, as the store tells.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn of(set: &RuleSet, store: &mut Reader) -> Result<Self> {
        let now = rules_loaded(set, &Origin::default(), Time(0));
        let digests: BTreeMap<&str, &str> = now.rules.iter().map(|r| (r.name.as_str(), r.digest.as_str())).collect();
        let mut out = Self::default();
        for past in store.rule_sets(Period::ALL)? {
            if out.same.contains_key(&past.loaded.digest) {
                continue;
            }
            let rules = past.loaded.rules.into_iter();
            let same =
                rules.filter(|r| digests.get(r.name.as_str()) == Some(&r.digest.as_str())).map(|r| r.name).collect();
            out.same.insert(past.loaded.digest, same);
        }
        out.same.insert(now.digest, now.rules.into_iter().map(|r| r.name).collect());
        Ok(out)
    }

    /// Whether the rule of that name was the same in the rule set with this digest ([`avouch_finding::Finding::rules`]).
    #[must_use]
    pub fn same(&self, digest: &str, rule: &str) -> bool {
        self.same.get(digest).is_some_and(|rules| rules.contains(rule))
    }
}
