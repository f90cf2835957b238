//! Which events a rule is about, and whether activity keeps any of them.

use std::collections::BTreeMap;

use avouch_event::types;
use avouch_pipeline::{RuleSet, SYSCALL};
use serde::Serialize;

use super::fields::{calls, opens};
use crate::condition::{ConditionId, Conditions, Truth};
use crate::recorded::Recorded;

/// Calls besides those that change files.
const OTHERS: [&str; 6] = ["execve", "execveat", "connect", "accept", "accept4", "listen"];

/// Whether activity keeps events of one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// Those that succeeded.
    Yes,
    /// Opens for writing, and the rule is about reading too.
    Writes,
    /// None.
    No,
}

/// An event type that a rule is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct About {
    /// Its name, as rules write it.
    pub event: String,
    /// Whether activity keeps it.
    pub kept: Kept,
}

/// Rules of a set by what they are about.
pub(crate) struct Asks(BTreeMap<String, Vec<String>>);

impl Asks {
    /// Of the rules over system calls.
    pub(crate) fn of(set: &RuleSet) -> Self {
        let mut out = BTreeMap::new();
        let Some(program) = set.compiled.program(SYSCALL) else { return Self(out) };
        for (index, rule) in (0..).zip(program.rules()) {
            let asked = program.event_types(avouch_engine::RuleIndex(index));
            // Every rule is judged on asynchronous events, whatever it asks of the type.
            let own = asked.into_iter().filter(|ty| *ty != types::ASYNCEVENT_E);
            let mut names: Vec<String> = own.map(|ty| ty.name().to_owned()).collect();
            names.sort_unstable();
            names.dedup();
            out.insert(rule.name.clone(), names);
        }
        Self(out)
    }

    /// What a rule is about, what activity keeps first. An open that the rule takes only for reading counts as not kept.
    pub(crate) fn about(&self, rule: &str, condition: ConditionId, conditions: &mut Conditions) -> Vec<About> {
        let names = self.0.get(rule).map_or(&[][..], Vec::as_slice);
        let mut out: Vec<About> = names
            .iter()
            .map(|event| About { event: event.clone(), kept: kept(event, condition, conditions) })
            .collect();
        out.sort_by(|a, b| a.kept.cmp(&b.kept).then_with(|| a.event.cmp(&b.event)));
        out
    }
}

fn kept(event: &str, condition: ConditionId, conditions: &mut Conditions) -> Kept {
    if opens().contains(&event) && event != "creat" {
        let mut may = |write: bool| {
            conditions.show_told(SYSCALL, |leaves| {
                leaves.set("evt.type", Recorded::text(event));
                leaves.set("evt.is_open_write", Recorded::Bool(write));
                if !write {
                    leaves.set("evt.is_open_read", Recorded::Bool(true));
                    leaves.set("evt.is_open_create", Recorded::Bool(false));
                }
            });
            conditions.truth(condition) != Truth::False
        };
        return match (may(true), may(false)) {
            (true, true) => Kept::Writes,
            (true, false) => Kept::Yes,
            (false, _) => Kept::No,
        };
    }
    if OTHERS.contains(&event) || calls().any(|call| call == event) { Kept::Yes } else { Kept::No }
}
