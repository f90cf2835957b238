//! Every case, by rule. To add one, write a row in the file of its kind; the order is that of rule and case names.

mod containers;
mod files;
mod network;
mod processes;
mod tools;

use crate::case::{CONTAINER, Case, Container, Move, Place};

/// Outside of any container.
const HOST: Place = Place::Host;
/// A container with what docker gives by default.
const PLAIN: Place = Place::Container(CONTAINER);
/// A privileged container.
const PRIVILEGED: Place = Place::Container(Container { privileged: true, ..CONTAINER });

/// Lets a container live on for a moment. What a rule asks of it beyond its id is read from its runtime's files, which are
/// gone soon after it.
const LINGER: Move = Move::Wait(700);

/// A container with more capabilities than docker gives.
const fn capable(adds: &'static [&'static str]) -> Place {
    Place::Container(Container { adds, ..CONTAINER })
}

/// All cases, sorted by rule and name.
#[must_use]
pub fn all() -> Vec<Case> {
    let mut cases = [containers::CASES, files::CASES, network::CASES, processes::CASES, tools::CASES].concat();
    cases.sort_by_key(|case| (case.rule, case.name));
    cases
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::all;
    use crate::case::Expect;

    #[test]
    fn names_are_unique() {
        let cases = all();
        let ids: BTreeSet<String> = cases.iter().map(crate::case::Case::id).collect();
        assert_eq!(ids.len(), cases.len());
    }

    #[test]
    fn every_rule_has_a_trigger_and_a_twin() {
        let mut rules: BTreeMap<&str, (bool, bool)> = BTreeMap::new();
        for case in all() {
            let seen = rules.entry(case.rule).or_default();
            match case.expect {
                Expect::Fires { .. } => seen.0 = true,
                Expect::Silent => seen.1 = true,
            }
        }
        for (rule, seen) in rules {
            assert_eq!(seen, (true, true), "{rule}");
        }
    }
}
