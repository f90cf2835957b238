//! Which operands have a dictionary: text fields that are compared often enough.

use avouch_event::FieldType;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::constant::Const;
use crate::dictionary::Dictionary;
use crate::graph::{CheckId, Graph, NodeId, OperandId, Test};
use crate::matcher::texts;

/// Tests on one text field, or texts in them, from which on one dictionary look-up is cheaper than comparing.
const CHECKS: usize = 3;
const TEXTS: usize = 6;

/// The dictionaries of a program, and whose they are.
pub(super) struct Dictionaries {
    of: FxHashMap<OperandId, u32>,
    pub(super) all: Vec<Dictionary>,
}

impl Dictionaries {
    /// Numbers the texts that the conditions of all classes compare. Conditions that are cut down later name no others.
    pub(super) fn new(graph: &Graph, classes: &[Vec<(u32, NodeId)>]) -> Self {
        let mut live: Vec<CheckId> = Vec::new();
        let mut seen: FxHashSet<NodeId> = FxHashSet::default();
        for (_, node) in classes.iter().flatten() {
            graph.checks_under(*node, &mut seen, &mut |c| live.push(c));
        }
        live.sort_unstable();
        live.dedup();
        let mut sets: FxHashMap<OperandId, Vec<&[Const]>> = FxHashMap::default();
        for check in live.iter().filter_map(|c| graph.check(*c)) {
            if let Test::Set(values) = &check.test {
                let text = graph
                    .operands
                    .get(check.operand as usize)
                    .is_some_and(|o| matches!(o.ty, FieldType::Charbuf | FieldType::Fspath));
                if text {
                    sets.entry(check.operand).or_default().push(values);
                }
            }
        }
        let mut sets: Vec<_> = sets.into_iter().collect();
        sets.sort_unstable_by_key(|(operand, _)| *operand);
        let (mut of, mut all) = (FxHashMap::default(), Vec::new());
        for (operand, sets) in sets {
            let count: usize = sets.iter().map(|s| s.len()).sum();
            if sets.len() < CHECKS && count < TEXTS {
                continue;
            }
            of.insert(operand, u32::try_from(all.len()).unwrap_or(u32::MAX));
            all.push(Dictionary::new(sets.into_iter().flat_map(texts)));
        }
        Self { of, all }
    }

    /// Number of an operand's dictionary.
    pub(super) fn of(&self, operand: OperandId) -> Option<u32> {
        self.of.get(&operand).copied()
    }

    pub(super) fn get(&self, number: u32) -> Option<&Dictionary> {
        self.all.get(number as usize)
    }
}
