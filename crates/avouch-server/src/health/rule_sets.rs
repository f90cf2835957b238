//! Which agents run the rule set that the server has for them, and which are behind. Pure.

use avouch_finding::{RulesLoaded, Time};
use serde::Serialize;
use utoipa::ToSchema;

use super::board::{Board, NODES, Node, SECOND, Subject};
use super::standing::short;
use crate::agent_rules::Wanted;

/// An agent may take so long to take other rules before it is a thing to look at.
const GRACE: u64 = 60 * SECOND;

/// The rule set of an agent that takes its rules from the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct RuleSetHealth {
    /// Digest of the set that it runs.
    pub runs: String,
    /// Digest of the set that the server has for agents; `null` when it has none, or none that it can serve.
    pub wanted: Option<String>,
    /// Since when another set is wanted than it runs, or runs wholly; `null` when it is not behind.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub behind_since: Option<Time>,
    /// Why it did not take the wanted set, or not all of it, or why the server cannot serve it.
    pub refused: Option<String>,
}

/// What an agent told of its rules.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    pub run: String,
    /// Digest of the rules that run.
    pub rules: String,
    /// Why newer rules were not taken.
    pub refused: Option<String>,
    /// Digest of the server's set that it runs; empty when its rules are files of its own.
    pub set: String,
    /// The set that was refused; empty when none was.
    pub refused_set: String,
}

impl From<&RulesLoaded> for Told {
    fn from(loaded: &RulesLoaded) -> Self {
        Self {
            run: loaded.run.clone(),
            rules: loaded.digest.clone(),
            refused: loaded.refused.clone(),
            set: loaded.set.clone(),
            refused_set: loaded.refused_set.clone(),
        }
    }
}

impl Board {
    /// Other rules are wanted, or none.
    pub(crate) fn want(&mut self, wanted: Option<Wanted>) {
        self.wanted = wanted;
    }

    /// An agent told of its rules. It does so before it tells that it began.
    pub(super) fn rules(&mut self, loaded: &RulesLoaded) {
        let of = Subject::of(&loaded.node, &loaded.run);
        match self.nodes.get_mut(&of) {
            Some(node) if node.run == loaded.run => node.load(loaded.into()),
            _ if self.early.len() < NODES || self.early.contains_key(&of) => {
                self.early.insert(of, loaded.into());
            }
            _ => {}
        }
    }

    /// A run of a node is heard of, perhaps for the first time: what it told of its rules before is taken.
    pub(super) fn runs(&mut self, of: &Subject, run: &str) {
        let Some(node) = self.nodes.get_mut(of) else { return };
        if node.run != run {
            (node.refused, node.refused_set, node.set) = (None, String::new(), String::new());
            run.clone_into(&mut node.run);
        }
        if self.early.get(of).is_some_and(|told| told.run == run)
            && let Some(told) = self.early.remove(of)
        {
            node.load(told);
        }
    }
}

impl Node {
    fn load(&mut self, told: Told) {
        self.rules = told.rules;
        self.refused = told.refused;
        self.set = told.set;
        self.refused_set = told.refused_set;
    }

    /// How it stands with the server's set; `None` for rules of its own.
    pub(super) fn rule_set(&self, wanted: Option<&Wanted>) -> Option<RuleSetHealth> {
        if self.set.is_empty() {
            return None;
        }
        let refuses = wanted.is_some_and(|w| w.unserved.is_none() && w.digest == self.refused_set);
        let behind = wanted.filter(|w| w.digest != self.set || refuses);
        Some(RuleSetHealth {
            runs: self.set.clone(),
            wanted: wanted.map(|w| w.digest.clone()).filter(|digest| !digest.is_empty()),
            behind_since: behind.map(|w| w.since),
            refused: self.refused.clone().filter(|_| refuses).or_else(|| wanted?.unserved.clone()),
        })
    }

    /// What there is to look at about its rules.
    pub(super) fn rules_warning(&self, wanted: Option<&Wanted>, now: Time) -> Option<String> {
        let set = self.rule_set(wanted);
        if let Some(why) = &self.refused {
            return Some(if self.refused_set.is_empty() || self.refused_set != self.set {
                format!("newer rules were not taken: {why}")
            } else {
                format!("of the server's rules it runs what it can: {why}")
            });
        }
        if let Some(why) = wanted.filter(|_| set.is_some()).and_then(|w| w.unserved.as_ref()) {
            return Some(format!("the server cannot give it its rules: {why}"));
        }
        let since = set?.behind_since.filter(|since| now.0.saturating_sub(since.0) > GRACE)?;
        let wanted = short(wanted.map_or("", |w| w.digest.as_str()));
        Some(format!("it runs the server's rule set {}, and {wanted} is wanted since {since}", short(&self.set)))
    }
}

#[cfg(test)]
#[path = "rule_sets_tests.rs"]
mod tests;
