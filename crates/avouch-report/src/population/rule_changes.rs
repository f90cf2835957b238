//! `rule-changes`: every change of what judges: rules, mappings, control lists, acceptances.

use std::collections::BTreeMap;
use std::path::Path;

use avouch_finding::{RuleIdentity, RulesLoaded, Time};

use super::{Population, PopulationError, PopulationWriter, Spec, Test};
use crate::facts::{PeriodFacts, Place};

const SPEC: Spec = Spec {
    id: "rule-changes",
    title: "Changes of rules, mappings, control lists and acceptances",
    definition: "Each rule that was added, changed, removed, switched on or off between one loading and the next on a node in the \
                 period, each refusal of new rules, and each change of mappings, control lists and the register of acceptances.",
    source: "loadings and registers in the ledger",
    columns: &["id", "time", "node", "what", "name", "change", "before", "after", "by"],
};

/// One change, not yet written.
struct Change {
    time: Time,
    place: Place,
    node: String,
    what: &'static str,
    name: String,
    change: String,
    before: String,
    after: String,
    by: String,
}

/// Writes it.
///
/// # Errors
/// When its files cannot be written.
pub fn rule_changes(facts: &PeriodFacts, dir: &Path) -> Result<Population, PopulationError> {
    let mut all = Vec::new();
    rules(facts, &mut all);
    registers(facts, &mut all);
    all.sort_by(|a, b| (a.time, a.place.seq, &a.name).cmp(&(b.time, b.place.seq, &b.name)));
    let mut writer = PopulationWriter::create(dir, SPEC)?;
    for (n, c) in all.iter().enumerate() {
        let (id, time) = (format!("{}.{n}", c.place.seq), c.time.to_string());
        writer.row(&[&id, &time, &c.node, c.what, &c.name, &c.change, &c.before, &c.after, &c.by])?;
    }
    // A stretch with a rule set that no loading names would be a change that is not listed.
    let unnamed = facts.stretches.iter().filter(|s| !s.span.and(facts.period).is_empty());
    let unnamed = unnamed.filter(|s| !facts.rule_sets().contains_key(&s.rules)).count();
    writer.finish(vec![Test::equal("observations with a rule set of which no loading is recorded", 0, unnamed as u64)])
}

fn rules(facts: &PeriodFacts, out: &mut Vec<Change>) {
    let mut before: BTreeMap<&str, &RulesLoaded> = BTreeMap::new();
    for load in &facts.rule_loads {
        let fact = &load.fact;
        let change = |name: &str, change: &str, before: &str, after: &str| Change {
            time: fact.time,
            place: load.place.clone(),
            node: fact.node.clone(),
            what: "rule",
            name: name.to_owned(),
            change: change.to_owned(),
            before: before.to_owned(),
            after: after.to_owned(),
            by: fact.by.clone(),
        };
        if let Some(why) = &fact.refused {
            out.push(Change { what: "rule set", ..change(&fact.digest, &format!("refused: {why}"), "", "") });
            continue;
        }
        if fact.time >= facts.period.from {
            let Some(earlier) = before.get(fact.node.as_str()) else {
                let n = format!("loaded first, {} rules", fact.rules.len());
                out.push(Change { what: "rule set", ..change(&fact.digest, &n, "", &fact.digest) });
                before.insert(&fact.node, fact);
                continue;
            };
            let key = |r: &RuleIdentity| (r.name.clone(), r.source.clone());
            let old: BTreeMap<_, _> = earlier.rules.iter().map(|r| (key(r), r)).collect();
            let new: BTreeMap<_, _> = fact.rules.iter().map(|r| (key(r), r)).collect();
            for (key, rule) in &new {
                match old.get(key) {
                    None => out.push(change(&key.0, "now running", "", &rule.digest)),
                    Some(was) if was.digest != rule.digest => {
                        out.push(change(&key.0, "changed", &was.digest, &rule.digest));
                    }
                    Some(_) => {}
                }
            }
            for (key, rule) in old.iter().filter(|(key, _)| !new.contains_key(*key)) {
                let off = fact.not_running.iter().find(|r| r.name == key.0);
                let how = off.map_or("removed".to_owned(), |r| format!("no longer running: {}", r.reason));
                out.push(change(&key.0, &how, &rule.digest, ""));
            }
        }
        before.insert(&fact.node, fact);
    }
}

fn registers(facts: &PeriodFacts, out: &mut Vec<Change>) {
    let within = |time: Time| facts.period.from <= time && time < facts.period.to;
    let mut add = |time: Time, place: &Place, what, name: &str, change: String, after: &str, by: &str| {
        if within(time) {
            out.push(Change {
                time,
                place: place.clone(),
                node: String::new(),
                what,
                name: name.to_owned(),
                change,
                before: String::new(),
                after: after.to_owned(),
                by: by.to_owned(),
            });
        }
    };
    for c in &facts.acceptances {
        let how = format!("{:?}", c.fact.action).to_lowercase();
        add(c.fact.time, &c.place, "acceptance", &c.fact.id, how, "", &c.fact.by);
    }
    for c in &facts.controls {
        let f = &c.fact;
        let by = if f.approved_by.is_empty() { "nobody: a draft" } else { &f.approved_by };
        add(f.time, &c.place, "control list", &f.list, format!("version {} in use", f.version), &f.digest, by);
    }
    for c in &facts.mappings {
        add(c.fact.time, &c.place, "mapping", &c.fact.files.join(", "), "in use".to_owned(), &c.fact.digest, "");
    }
}
