//! What is known of a period before anything is asked.

use std::collections::{BTreeMap, BTreeSet};

use avouch_finding::{Gap, Observation, RulesLoaded, SourceState};

use crate::expect::Expectation;
use crate::spans::Span;

/// A period, half-open.
pub type Period = Span;

/// A rule of a source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct RuleKey {
    pub source: String,
    pub name: String,
}

/// Rules that ran together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleSet {
    /// Which.
    pub rules: BTreeSet<RuleKey>,
}

impl From<&RulesLoaded> for RuleSet {
    fn from(loaded: &RulesLoaded) -> Self {
        let key = |r: &avouch_finding::RuleIdentity| RuleKey { source: r.source.clone(), name: r.name.clone() };
        Self { rules: loaded.rules.iter().map(key).collect() }
    }
}

/// A node was watched for a while.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stretch {
    /// When.
    pub span: Span,
    /// Machine, cluster or account.
    pub node: String,
    /// Digest of the rule set.
    pub rules: String,
    /// Sources that were asked for.
    pub sources: BTreeMap<String, SourceState>,
    /// Whole events that were lost, of all sources.
    pub lost: u64,
}

impl Stretch {
    /// Whole events of a source that were lost. What no source is named for may have been of any, and counts against each.
    #[must_use]
    pub fn lost_of(&self, source: &str) -> u64 {
        let named: u64 = self.sources.values().fold(0, |sum, s| sum.saturating_add(s.lost));
        let own = self.sources.get(source).map_or(0, |s| s.lost);
        own.saturating_add(self.lost.saturating_sub(named))
    }
}

impl From<&Observation> for Stretch {
    fn from(o: &Observation) -> Self {
        Self {
            span: Span::new(o.from, o.to),
            node: o.node.clone(),
            rules: o.rules.clone(),
            sources: o.sources.clone(),
            lost: o.lost.events,
        }
    }
}

/// Everything that coverage of a period is computed from.
#[derive(Clone, Debug)]
pub struct Watched<'a> {
    /// The period.
    pub period: Period,
    /// What was to be watched; see [`crate::expectations`].
    pub expected: Vec<Expectation>,
    /// What was watched, in any order.
    pub stretches: &'a [Stretch],
    /// Gaps that avouch noticed. Those that name a source, or are of a part, count against what was observed; the others give reasons.
    pub gaps: &'a [Gap],
    /// Rule sets by digest. A stretch of a set that is not here watched nothing that is known.
    pub rule_sets: &'a BTreeMap<String, RuleSet>,
}
