//! Rules that can never be the first match.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::constant::Const;
use crate::graph::{Graph, Mode, NodeId, OperandId, Test};

/// Finds rules that an earlier rule always precedes: in every class of event types, all that the earlier one asks is asked
/// by the later one too, or implied by it.
pub(crate) struct Shadow<'a> {
    graph: &'a Graph,
    classes: &'a [Vec<(u32, NodeId)>],
    rules: usize,
}

#[derive(Clone, Copy)]
enum State {
    Unseen,
    By(u32),
    Free,
}

impl<'a> Shadow<'a> {
    pub(crate) fn new(graph: &'a Graph, classes: &'a [Vec<(u32, NodeId)>], rules: usize) -> Self {
        Self { graph, classes, rules }
    }

    /// By rule: the rule that hides it.
    pub(crate) fn find(&self) -> Vec<Option<u32>> {
        let mut states = vec![State::Unseen; self.rules];
        for class in self.classes {
            self.class(class, &mut states);
        }
        states.into_iter().map(|s| if let State::By(rule) = s { Some(rule) } else { None }).collect()
    }

    fn class(&self, class: &[(u32, NodeId)], states: &mut [State]) {
        // Earlier rules by their first conjunct: whoever they hide must imply it.
        let mut earlier: FxHashMap<NodeId, Vec<(u32, Vec<NodeId>)>> = FxHashMap::default();
        let mut sets: FxHashMap<OperandId, Vec<NodeId>> = FxHashMap::default();
        let mut always: Option<u32> = None;
        for (rule, node) in class {
            let conjuncts = self.graph.conjuncts(*node);
            let state = states.get(*rule as usize).copied().unwrap_or(State::Free);
            if !matches!(state, State::Free) {
                let hider = always.or_else(|| self.hider(&conjuncts, &earlier, &sets));
                if let Some(slot) = states.get_mut(*rule as usize) {
                    *slot = match (hider, state) {
                        (None, _) => State::Free,
                        (Some(_), State::By(first)) => State::By(first),
                        (Some(by), _) => State::By(by),
                    };
                }
            }
            match conjuncts.first() {
                None => always = always.or(Some(*rule)),
                Some(first) => {
                    if let Some((operand, _)) = self.set(*first) {
                        sets.entry(operand).or_default().push(*first);
                    }
                    earlier.entry(*first).or_default().push((*rule, conjuncts));
                }
            }
        }
    }

    fn hider(
        &self,
        conjuncts: &[NodeId],
        earlier: &FxHashMap<NodeId, Vec<(u32, Vec<NodeId>)>>,
        sets: &FxHashMap<OperandId, Vec<NodeId>>,
    ) -> Option<u32> {
        let have: FxHashSet<NodeId> = conjuncts.iter().copied().collect();
        let mut keys: Vec<NodeId> = conjuncts.to_vec();
        for (operand, values) in conjuncts.iter().filter_map(|c| self.set(*c)) {
            let wider = sets.get(&operand).into_iter().flatten().copied();
            keys.extend(wider.filter(|w| self.set(*w).is_some_and(|(_, all)| within(values, all))));
        }
        keys.sort_unstable();
        keys.dedup();
        let implied = |wanted: &NodeId| {
            have.contains(wanted)
                || self.set(*wanted).is_some_and(|(operand, all)| {
                    conjuncts.iter().filter_map(|c| self.set(*c)).any(|(o, values)| o == operand && within(values, all))
                })
        };
        keys.iter()
            .filter_map(|k| earlier.get(k))
            .flatten()
            .filter(|(_, wanted)| wanted.iter().all(implied))
            .map(|(rule, _)| *rule)
            .min()
    }

    /// Operand and constants of `x = a` and `x in (...)`.
    fn set(&self, node: NodeId) -> Option<(OperandId, &[Const])> {
        let check = self.graph.as_check(node)?;
        match &check.test {
            Test::Set(values) if !check.negated && check.mode != Mode::All => Some((check.operand, values)),
            _ => None,
        }
    }
}

/// Whether every value of sorted `few` is in sorted `all`.
fn within(few: &[Const], all: &[Const]) -> bool {
    few.iter().all(|v| all.binary_search(v).is_ok())
}
