//! Which rules to try on an event: a tree that throws out many rules with one test.
//!
//! A rule is a set of conjuncts. Where many rules of a group ask the same conjunct, it becomes a *gate*, tested once for all
//! of them. Where many rules compare the same field with constants, one look-up of the field's value finds those that can
//! still match. What is left of a rule's conjuncts stands in its *leaf*.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::constant::Const;
use crate::cost::{Guess, rank_and};
use crate::graph::{Graph, Mode, NodeId, OperandId, Test};
use crate::matcher::texts;

/// Rules with the tests that lead to them.
#[derive(Debug, Default)]
pub(crate) struct Group {
    /// Earliest rule in it.
    pub(crate) first: u32,
    pub(crate) lookups: Vec<Lookup>,
    pub(crate) gates: Vec<Gate>,
    pub(crate) leaves: Vec<Leaf>,
}

/// Rules that one test decides.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) node: NodeId,
    pub(crate) group: Group,
}

/// Rules that compare one operand with constants.
#[derive(Debug)]
pub(crate) struct Lookup {
    pub(crate) first: u32,
    pub(crate) operand: OperandId,
    pub(crate) table: Table,
}

/// Groups by value.
#[derive(Debug)]
pub(crate) enum Table {
    Ids { dictionary: u32, groups: FxHashMap<u32, Group> },
    Nums(FxHashMap<u64, Group>),
}

/// One rule and what remains to be tested.
#[derive(Debug)]
pub(crate) struct Leaf {
    pub(crate) rule: u32,
    pub(crate) conjuncts: Box<[NodeId]>,
}

/// A rule while the tree is made.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) rule: u32,
    pub(crate) conjuncts: Vec<NodeId>,
}

/// What making the tree needs to know.
pub(crate) struct Maker<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) guesses: &'a [Guess],
    /// Dictionary of an operand, and the number of a text in it.
    pub(crate) dictionary: &'a dyn Fn(OperandId) -> Option<u32>,
    pub(crate) text_id: &'a dyn Fn(u32, &[u8]) -> Option<u32>,
}

/// How deep the tree may be; further down, rules are tried one by one.
const DEPTH: usize = 24;
/// Constants of one rule that a look-up table takes; a longer list is a gate or a plain test.
const WIDEST: usize = 64;

enum Split {
    Gate(NodeId),
    Lookup(OperandId),
}

impl Maker<'_> {
    pub(crate) fn group(&self, mut items: Vec<Item>, depth: usize) -> Group {
        let mut out = Group { first: items.iter().map(|i| i.rule).min().unwrap_or(u32::MAX), ..Group::default() };
        while depth < DEPTH && items.len() > 1 {
            let Some(split) = self.best(&items) else { break };
            match split {
                Split::Gate(node) => {
                    let (mut inside, outside): (Vec<Item>, Vec<Item>) =
                        items.into_iter().partition(|i| i.conjuncts.contains(&node));
                    for item in &mut inside {
                        item.conjuncts.retain(|c| *c != node);
                    }
                    out.gates.push(Gate { node, group: self.group(inside, depth + 1) });
                    items = outside;
                }
                Split::Lookup(operand) => {
                    let (inside, outside): (Vec<Item>, Vec<Item>) =
                        items.into_iter().partition(|i| self.key(i, operand).is_some());
                    out.lookups.push(self.lookup(operand, inside, depth));
                    items = outside;
                }
            }
        }
        out.leaves = items.into_iter().map(|i| self.leaf(i)).collect();
        out.leaves.sort_by_key(|l| l.rule);
        out
    }

    fn guess(&self, node: NodeId) -> Guess {
        self.guesses.get(node as usize).copied().unwrap_or(Guess { cost: 1.0, chance: 0.5 })
    }

    fn leaf(&self, mut item: Item) -> Leaf {
        item.conjuncts.sort_by(|a, b| rank_and(&self.guess(*a)).total_cmp(&rank_and(&self.guess(*b))).then(a.cmp(b)));
        Leaf { rule: item.rule, conjuncts: item.conjuncts.into() }
    }

    /// The split that saves most.
    fn best(&self, items: &[Item]) -> Option<Split> {
        let mut by_node: FxHashMap<NodeId, u32> = FxHashMap::default();
        let mut by_operand: FxHashMap<OperandId, u32> = FxHashMap::default();
        let mut seen: FxHashSet<OperandId> = FxHashSet::default();
        for item in items {
            seen.clear();
            for c in &item.conjuncts {
                *by_node.entry(*c).or_default() += 1;
                if let Some(operand) = self.constants(*c).map(|(o, _)| o)
                    && seen.insert(operand)
                {
                    *by_operand.entry(operand).or_default() += 1;
                }
            }
        }
        // Rules spared in the mean. A gate spares its rules when it fails; a look-up spares nearly all of its rules.
        let mut best: Option<(f32, NodeId, Split)> = None;
        let mut offer = |gain: f32, id: NodeId, split: Split| {
            let better = best.as_ref().is_none_or(|(g, i, _)| gain > *g || (gain == *g && id < *i));
            if gain > 0.0 && better {
                best = Some((gain, id, split));
            }
        };
        let mut nodes: Vec<(NodeId, u32)> = by_node.into_iter().filter(|(_, n)| *n > 1).collect();
        nodes.sort_unstable();
        for (node, count) in nodes {
            let g = self.guess(node);
            let n = count as f32;
            offer((n - 1.0) * (1.05 - g.chance) / (1.0 + g.cost / 50.0), node, Split::Gate(node));
        }
        let mut operands: Vec<(OperandId, u32)> = by_operand.into_iter().filter(|(_, n)| *n > 1).collect();
        operands.sort_unstable();
        for (operand, count) in operands {
            offer((count as f32 - 1.0) * 0.97, operand, Split::Lookup(operand));
        }
        best.map(|(_, _, split)| split)
    }

    /// Operand and constants of a node that a look-up can stand for.
    fn constants(&self, node: NodeId) -> Option<(OperandId, &[Const])> {
        let check = self.graph.as_check(node)?;
        let Test::Set(values) = &check.test else { return None };
        if check.negated || check.mode == Mode::All || values.len() > WIDEST {
            return None;
        }
        match values.first()? {
            Const::Text(_) => (self.dictionary)(check.operand).map(|_| (check.operand, &**values)),
            // Several numbers (all ancestors' pids) are not looked up.
            Const::Num(_) if check.mode == Mode::One => Some((check.operand, &**values)),
            _ => None,
        }
    }

    /// The rule's first conjunct on `operand` that a look-up can stand for.
    fn key(&self, item: &Item, operand: OperandId) -> Option<NodeId> {
        item.conjuncts.iter().copied().find(|c| self.constants(*c).is_some_and(|(o, _)| o == operand))
    }

    fn lookup(&self, operand: OperandId, items: Vec<Item>, depth: usize) -> Lookup {
        let first = items.iter().map(|i| i.rule).min().unwrap_or(u32::MAX);
        let dictionary = (self.dictionary)(operand);
        let mut by_id: FxHashMap<u32, Vec<Item>> = FxHashMap::default();
        let mut by_num: FxHashMap<u64, Vec<Item>> = FxHashMap::default();
        for item in items {
            let Some(key) = self.key(&item, operand) else { continue };
            let rest =
                Item { rule: item.rule, conjuncts: item.conjuncts.iter().copied().filter(|c| *c != key).collect() };
            let Some((_, values)) = self.constants(key) else { continue };
            for value in values {
                if let Const::Num(n) = value {
                    by_num.entry(*n).or_default().push(rest.clone());
                }
            }
            if let Some(d) = dictionary {
                for id in texts(values).filter_map(|t| (self.text_id)(d, t)) {
                    by_id.entry(id).or_default().push(rest.clone());
                }
            }
        }
        let table = match dictionary {
            Some(dictionary) => Table::Ids {
                dictionary,
                groups: by_id.into_iter().map(|(id, items)| (id, self.group(items, depth + 1))).collect(),
            },
            None => Table::Nums(by_num.into_iter().map(|(n, items)| (n, self.group(items, depth + 1))).collect()),
        };
        Lookup { first, operand, table }
    }
}
