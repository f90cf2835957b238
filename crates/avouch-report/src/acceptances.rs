//! Acceptances over the period: what each hid, and whether it should still have.

use std::collections::BTreeMap;

use avouch_finding::{AcceptanceChange, ChangeAction, Severity, Time};
use serde_json::Value as Json;

use crate::facts::{PeriodFacts, Placed};

/// An acceptance that stood in the register at some time of the period.
#[derive(Clone, Debug)]
pub struct AcceptanceResult<'f> {
    /// Its id.
    pub id: &'f str,
    /// Its last change.
    pub change: &'f Placed<AcceptanceChange>,
    /// How often it was changed in the period.
    pub changes: u64,
    /// From when it is in force, as it says.
    pub from: Option<Time>,
    /// When it ends, as it says; `None` never.
    pub expires: Option<Time>,
    /// When it was taken out of the register.
    pub removed: Option<Time>,
    /// Findings it hid in the period.
    pub hits: u64,
    /// The same by severity.
    pub by_severity: BTreeMap<Severity, u64>,
    /// The last finding it hid.
    pub last_hit: Option<Time>,
    /// Findings of its rule that came after its end and were not hidden any more.
    pub after_end: u64,
}

impl AcceptanceResult<'_> {
    /// A text that it has under `key`.
    #[must_use]
    pub fn text(&self, key: &str) -> &str {
        self.change.fact.acceptance.get(key).and_then(Json::as_str).unwrap_or_default()
    }

    /// It ended before the period did and was left in the register.
    #[must_use]
    pub fn expired_in(&self, facts: &PeriodFacts) -> bool {
        self.expires.is_some_and(|e| e < facts.period.to && self.removed.is_none_or(|r| r > e))
    }
}

/// Every acceptance that stood in the register in the period, by id.
#[must_use]
pub fn acceptance_results(facts: &PeriodFacts) -> Vec<AcceptanceResult<'_>> {
    let mut out: BTreeMap<&str, AcceptanceResult<'_>> = BTreeMap::new();
    for change in facts.acceptances.iter().filter(|c| c.fact.time < facts.period.to) {
        let fact = &change.fact;
        let time = |key: &str| fact.acceptance.get(key).and_then(Json::as_str).and_then(Time::parse);
        let entry = out.entry(&fact.id).or_insert_with(|| AcceptanceResult {
            id: &fact.id,
            change,
            changes: 0,
            from: None,
            expires: None,
            removed: None,
            hits: 0,
            by_severity: BTreeMap::new(),
            last_hit: None,
            after_end: 0,
        });
        entry.change = change;
        entry.changes += u64::from(fact.time >= facts.period.from);
        entry.from = time("from");
        entry.expires = time("expires");
        entry.removed = (fact.action == ChangeAction::Removed).then_some(fact.time);
    }
    out.retain(|_, a| a.removed.is_none_or(|r| r >= facts.period.from));
    let names = facts.findings.names();
    for row in facts.findings.rows() {
        if let Some(entry) = row.acceptance.and_then(|id| out.get_mut(names.text(id))) {
            entry.hits += row.n;
            *entry.by_severity.entry(row.severity).or_default() += row.n;
            entry.last_hit = entry.last_hit.max(Some(row.last));
        }
    }
    for entry in out.values_mut() {
        let Some(end) = entry.expires else { continue };
        let rule = entry.text("rule");
        let own = facts.findings.rules().filter(|(name, _)| names.text(*name).eq_ignore_ascii_case(rule));
        let rows = own.flat_map(|(name, source)| facts.findings.of_rule(name, source));
        entry.after_end = rows.filter(|r| r.acceptance.is_none() && r.time >= end).map(|r| r.n).sum();
    }
    out.into_values().collect()
}
