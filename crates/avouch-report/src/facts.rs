//! What the store holds of a period, as the report needs it: filled once, then only read.

use std::collections::{BTreeMap, BTreeSet};

use avouch_coverage::{RuleSet, Span, Stretch, Watched, expectations};
use avouch_finding::{
    AcceptanceChange, Act, Anchored, Canary, ControlsChange, Estate, Export, Gap, InputRead, Login, MappingChange,
    RuleIdentity, RulesLoaded, SettingChange, Start, Stop, Time,
};

use crate::findings::Findings;

/// Where a fact stands in the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Number of its record.
    pub seq: u64,
    /// SHA-256 of its record, in hex.
    pub hash: String,
}

/// A fact and its place.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Placed<T> {
    pub place: Place,
    pub fact: T,
}

/// The ledger up to where the report reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AsOf {
    /// Id of the ledger.
    pub ledger: String,
    /// Its last record that the report knows; 0 when it is empty.
    pub last: Place,
}

/// Everything a report is made from.
///
/// `stretches`, rule sets and `estates` may reach back before the period, and should: they tell which nodes were there before it.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "as in the facts")]
pub struct PeriodFacts {
    /// The period.
    pub period: Span,
    /// Up to where the ledger was read.
    pub as_of: AsOf,
    pub stretches: Vec<Stretch>,
    pub gaps: Vec<Gap>,
    pub estates: Vec<Estate>,
    rule_sets: BTreeMap<String, RulesLoaded>,
    names_of_sets: BTreeMap<String, RuleSet>,
    /// Findings of the period, in order of time.
    pub findings: Findings,
    /// Loadings and refusals of rules in the period, in order of time.
    pub rule_loads: Vec<Placed<RulesLoaded>>,
    pub starts: Vec<Placed<Start>>,
    pub stops: Vec<Placed<Stop>>,
    pub inputs: Vec<Placed<InputRead>>,
    pub acts: Vec<Placed<Act>>,
    pub acceptances: Vec<Placed<AcceptanceChange>>,
    pub controls: Vec<Placed<ControlsChange>>,
    pub mappings: Vec<Placed<MappingChange>>,
    pub canaries: Vec<Placed<Canary>>,
    pub exports: Vec<Placed<Export>>,
    pub logins: Vec<Placed<Login>>,
    pub settings: Vec<Placed<SettingChange>>,
    /// Heads that were published outside the ledger, without what the other side gave for it.
    pub anchors: Vec<Placed<Anchored>>,
    /// Sums of observations: events, detections, lost events by node.
    pub sums: BTreeMap<String, NodeSums>,
}

/// What the observations of a node add up to in the period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct NodeSums {
    pub events: u64,
    pub detections: u64,
    pub lost: u64,
    pub lost_by_cause: BTreeMap<String, u64>,
    /// Largest distance of the node's clock offset from its first one, in ns; 0 when it never moved.
    pub clock_moved_ns: u64,
    pub clock_jumps: u64,
}

/// The period asked for is empty or ends before it begins.
#[derive(Debug, thiserror::Error)]
#[error("a period must end after it begins: {from} to {to}")]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct BadPeriod {
    pub from: Time,
    pub to: Time,
}

impl PeriodFacts {
    /// Nothing known yet.
    ///
    /// # Errors
    /// When the period has no length.
    pub fn new(period: Span) -> Result<Self, BadPeriod> {
        if period.is_empty() {
            return Err(BadPeriod { from: period.from, to: period.to });
        }
        Ok(Self { period, ..Self::default() })
    }

    /// Adds a rule set.
    pub fn add_rules(&mut self, set: RulesLoaded) {
        // Nodes load the same: a digest stands for the same rules each time.
        if !self.names_of_sets.contains_key(&set.digest) {
            self.names_of_sets.insert(set.digest.clone(), RuleSet::from(&set));
        }
        self.rule_sets.insert(set.digest.clone(), set);
    }

    /// Rule sets by digest.
    #[must_use]
    pub fn rule_sets(&self) -> &BTreeMap<String, RulesLoaded> {
        &self.rule_sets
    }

    /// What coverage is computed from.
    #[must_use]
    pub fn watched(&self, period: Span) -> Watched<'_> {
        Watched {
            period,
            expected: expectations(period, &self.stretches, &self.estates),
            stretches: &self.stretches,
            gaps: &self.gaps,
            rule_sets: &self.names_of_sets,
        }
    }

    /// Every rule that ran in the period, as it was last, by name and source.
    #[must_use]
    pub fn rules(&self) -> BTreeMap<(&str, &str), &RuleIdentity> {
        let mut out = BTreeMap::new();
        let mut last: BTreeMap<&str, Time> = BTreeMap::new();
        for stretch in self.stretches.iter().filter(|s| !s.span.and(self.period).is_empty()) {
            let at = last.entry(&stretch.rules).or_insert(stretch.span.to);
            *at = (*at).max(stretch.span.to);
        }
        let mut sets: Vec<(Time, &str)> = last.into_iter().map(|(digest, at)| (at, digest)).collect();
        sets.sort_unstable();
        for (_, digest) in sets {
            for rule in self.rule_sets.get(digest).map(|s| s.rules.as_slice()).unwrap_or_default() {
                out.insert((rule.name.as_str(), rule.source.as_str()), rule);
            }
        }
        out
    }

    /// Cluster of each node, as far as starts of runs and lists of nodes tell it.
    #[must_use]
    pub fn clusters(&self) -> BTreeMap<&str, &str> {
        let mut out = BTreeMap::new();
        for start in self.starts.iter().filter(|s| !s.fact.cluster.is_empty()) {
            out.insert(start.fact.node.as_str(), start.fact.cluster.as_str());
        }
        for estate in &self.estates {
            out.extend(estate.nodes.iter().map(|node| (node.as_str(), estate.cluster.as_str())));
        }
        out
    }

    /// Nodes of which anything tells.
    #[must_use]
    pub fn nodes(&self) -> BTreeSet<&str> {
        let seen = self.stretches.iter().map(|s| s.node.as_str());
        let started = self.starts.iter().map(|s| s.fact.node.as_str());
        seen.chain(started).chain(self.estates.iter().flat_map(|e| &e.nodes).map(String::as_str)).collect()
    }

    /// Whether nothing at all is known of the period: no observation, no finding.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty() && self.stretches.iter().all(|s| s.span.and(self.period).is_empty())
    }
}
