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
    /// By node, which rule set it loaded when, in order of time.
    loaded: BTreeMap<String, Vec<(Time, String)>>,
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
            let loaded = out.loaded.entry(past.loaded.node.clone()).or_default();
            loaded.push((past.loaded.time, past.loaded.digest.clone()));
            if out.same.contains_key(&past.loaded.digest) {
                continue;
            }
            let rules = past.loaded.rules.into_iter();
            let same =
                rules.filter(|r| digests.get(r.name.as_str()) == Some(&r.digest.as_str())).map(|r| r.name).collect();
            out.same.insert(past.loaded.digest, same);
        }
        for loaded in out.loaded.values_mut() {
            loaded.sort();
        }
        out.same.insert(now.digest, now.rules.into_iter().map(|r| r.name).collect());
        Ok(out)
    }

    /// Whether the rule of that name was the same in the rule set with this digest ([`avouch_finding::Finding::rules`]).
    #[must_use]
    pub fn same(&self, digest: &str, rule: &str) -> bool {
        self.same.get(digest).is_some_and(|rules| rules.contains(rule))
    }

    /// Whether the rule of that name, as it is now, was loaded on a node at a time.
    #[must_use]
    pub fn ran(&self, node: &str, time: Time, rule: &str) -> bool {
        let Some(loaded) = self.loaded.get(node) else { return false };
        let before = loaded.partition_point(|(at, _)| *at <= time);
        before.checked_sub(1).and_then(|last| loaded.get(last)).is_some_and(|(_, digest)| self.same(digest, rule))
    }
}
