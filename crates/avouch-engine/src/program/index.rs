//! Which rules to try on an event: a tree that throws out many rules with one test.
//!
//! A rule is a set of conjuncts. Where many rules of a group ask the same conjunct, it becomes a *gate*, tested once for all
//! of them. Where many rules compare the same field with constants, one look-up of the field's value finds those that can
//! still match. What is left of a rule's conjuncts stands in its *leaf*.

use aho_corasick::AhoCorasick;
use rustc_hash::FxHashMap;

use super::dictionaries::Dictionaries;
use super::known::Known;
use crate::constant::Const;
use crate::cost::{self, Guess, rank_and};
use crate::graph::{FALSE, Graph, Mode, NodeId, OperandId, Test};
use crate::matcher::texts;
use crate::pattern::components;

/// Rules with the tests that lead to them.
#[derive(Debug, Default)]
pub(crate) struct Group {
    pub(crate) lookups: Vec<Lookup<Group>>,
    pub(crate) gates: Vec<Gate>,
    pub(crate) leaves: Vec<Leaf>,
}

/// Rules that one test decides, or whose conditions are shorter once its result is known.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) node: NodeId,
    /// Rules to try when it holds.
    pub(crate) group: Group,
    /// Rules to try when it does not.
    pub(crate) otherwise: Group,
}

/// Rules that compare one operand with constants.
#[derive(Debug)]
pub(crate) struct Lookup<G> {
    pub(crate) operand: OperandId,
    pub(crate) table: Table<G>,
}

type ByText<G> = FxHashMap<Box<[u8]>, G>;

/// Groups (while the program is made; later where their steps begin) by what the value is, begins with, ends with or
/// contains.
#[derive(Debug)]
pub(crate) enum Table<G> {
    Ids {
        dictionary: u32,
        groups: FxHashMap<u32, G>,
    },
    Nums(FxHashMap<u64, G>),
    /// By length of the prefix or suffix.
    Affixes {
        from_end: bool,
        by_length: Vec<(usize, ByText<G>)>,
    },
    /// By path prefix, written `a/b/c`; and how many components the longest has.
    Paths {
        deepest: usize,
        groups: ByText<G>,
    },
    /// By pattern of the automaton.
    Contains {
        automaton: AhoCorasick,
        groups: Vec<G>,
    },
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

/// Makes the trees.
pub(crate) struct Maker<'a> {
    pub(crate) graph: &'a mut Graph,
    pub(crate) guesses: Vec<Guess>,
    pub(crate) dictionaries: &'a Dictionaries,
    /// How many more rules may be written out for both results of a gate.
    pub(crate) copies: usize,
}

/// How deep the tree may be; further down, rules are tried one by one.
const DEPTH: usize = 24;
/// Constants of one rule that a look-up table takes; a longer list is a gate or a plain test.
const WIDEST: usize = 64;
/// Rules of a group up to which the result of a gate is used for the others.
const TOLD: usize = 48;

#[derive(Clone, Copy)]
enum Split {
    Gate(NodeId),
    Lookup(OperandId, Key),
}

/// By what a look-up finds rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Key {
    Equal,
    Prefix,
    Suffix,
    Path,
    Contains,
}

impl Key {
    /// Rules from which on the table is worth making, and the part of them that one look-up spares.
    fn worth(self) -> (u32, f32) {
        match self {
            Key::Equal => (2, 0.97),
            Key::Prefix | Key::Suffix => (4, 0.9),
            Key::Path => (4, 0.88),
            Key::Contains => (5, 0.8),
        }
    }
}

/// What tells the rules of a group apart.
struct Indexable<'g> {
    operand: OperandId,
    key: Key,
    values: &'g [Const],
}

impl Maker<'_> {
    /// The tree of a class: rules and their conditions.
    pub(crate) fn class(&mut self, rules: &[(u32, NodeId)]) -> Group {
        self.copies = 32 + rules.len();
        let item = |(rule, node): &(u32, NodeId)| Item { rule: *rule, conjuncts: self.graph.conjuncts(*node) };
        let items = rules.iter().map(item).collect();
        self.group(items, 0)
    }

    fn group(&mut self, mut items: Vec<Item>, depth: usize) -> Group {
        let mut out = Group::default();
        while depth < DEPTH && items.len() > 1 {
            let Some(split) = self.best(&items) else { break };
            match split {
                Split::Gate(node) => {
                    let (gate, rest) = self.gate(node, items, depth);
                    out.gates.push(gate);
                    items = rest;
                }
                Split::Lookup(operand, key) => {
                    let (inside, outside): (Vec<Item>, Vec<Item>) =
                        items.into_iter().partition(|i| self.find(i, operand, key).is_some());
                    let lookup = self.lookup(operand, key, inside, depth);
                    out.lookups.push(lookup);
                    items = outside;
                }
            }
        }
        out.leaves = items.into_iter().map(|i| self.leaf(i)).collect();
        out.leaves.sort_by_key(|l| l.rule);
        out
    }

    /// A gate for the rules that ask `node`, and the rules that it says nothing of.
    fn gate(&mut self, node: NodeId, items: Vec<Item>, depth: usize) -> (Gate, Vec<Item>) {
        let (mut inside, outside): (Vec<Item>, Vec<Item>) =
            items.into_iter().partition(|i| i.conjuncts.contains(&node));
        // What all of them ask, cheapest first.
        let common = |c: &NodeId| inside.iter().all(|i| i.conjuncts.contains(c));
        let by_rank = |a: &NodeId, b: &NodeId| rank_and(&self.guess(*a)).total_cmp(&rank_and(&self.guess(*b)));
        let all_ask = inside.first().into_iter().flat_map(|i| &i.conjuncts).copied().filter(common);
        let node = all_ask.min_by(by_rank).unwrap_or(node);
        for item in &mut inside {
            item.conjuncts.retain(|c| *c != node);
        }
        let (mut otherwise, mut rest) = (Vec::new(), Vec::new());
        if inside.len() + outside.len() > TOLD {
            rest = outside;
        } else {
            // An open for writing meets 7 tests of the stable pack in place of 12.
            let (mut yes, mut no) = (Known::new(self.graph, node, true), Known::new(self.graph, node, false));
            inside = inside.iter().filter_map(|i| self.under(i, &mut yes)).collect();
            for item in outside {
                match (self.under(&item, &mut yes), self.under(&item, &mut no)) {
                    (Some(a), Some(b)) if a.conjuncts == item.conjuncts && b.conjuncts == item.conjuncts => {
                        rest.push(item);
                    }
                    (Some(_), Some(_)) if self.copies == 0 => rest.push(item),
                    (a, b) => {
                        self.copies -= usize::from(a.is_some() && b.is_some());
                        inside.extend(a);
                        otherwise.extend(b);
                    }
                }
            }
        }
        let (group, otherwise) = (self.group(inside, depth + 1), self.group(otherwise, depth + 1));
        (Gate { node, group, otherwise }, rest)
    }

    /// What remains of a rule's condition; `None` when it cannot hold any more.
    fn under(&mut self, item: &Item, known: &mut Known) -> Option<Item> {
        let parts = item.conjuncts.iter().map(|c| known.apply(self.graph, *c)).collect();
        let node = self.graph.and(parts);
        cost::guess(self.graph, &mut self.guesses);
        (node != FALSE).then(|| Item { rule: item.rule, conjuncts: self.graph.conjuncts(node) })
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
        let mut by_key: FxHashMap<(OperandId, Key), u32> = FxHashMap::default();
        let mut seen: Vec<(OperandId, Key)> = Vec::new();
        for item in items {
            seen.clear();
            for c in &item.conjuncts {
                *by_node.entry(*c).or_default() += 1;
                if let Some(found) = self.indexable(*c) {
                    let key = (found.operand, found.key);
                    if !seen.contains(&key) {
                        seen.push(key);
                        *by_key.entry(key).or_default() += 1;
                    }
                }
            }
        }
        // Rules spared in the mean. A gate spares its rules when it fails; a look-up spares nearly all of its rules.
        let mut best: Option<(f32, Split)> = None;
        let mut offer = |gain: f32, split: Split| {
            if gain > 0.0 && best.as_ref().is_none_or(|(g, _)| gain > *g) {
                best = Some((gain, split));
            }
        };
        let mut nodes: Vec<(NodeId, u32)> = by_node.into_iter().filter(|(_, n)| *n > 1).collect();
        nodes.sort_unstable();
        for (node, count) in nodes {
            let g = self.guess(node);
            offer((count as f32 - 1.0) * (1.05 - g.chance) / (1.0 + g.cost / 50.0), Split::Gate(node));
        }
        let mut keys: Vec<((OperandId, Key), u32)> =
            by_key.into_iter().filter(|((_, key), n)| *n >= key.worth().0).collect();
        keys.sort_unstable();
        for ((operand, key), count) in keys {
            offer((count as f32 - 1.0) * key.worth().1, Split::Lookup(operand, key));
        }
        best.map(|(_, split)| split)
    }

    /// What a look-up can ask in place of this node.
    fn indexable(&self, node: NodeId) -> Option<Indexable<'_>> {
        let check = self.graph.as_check(node)?;
        if check.negated || check.mode == Mode::All {
            return None;
        }
        let (key, values) = match &check.test {
            Test::Set(values) => (Key::Equal, values),
            Test::StartsWith(values) => (Key::Prefix, values),
            Test::EndsWith(values) => (Key::Suffix, values),
            Test::PMatch(values) => (Key::Path, values),
            Test::Contains(values) => (Key::Contains, values),
            _ => return None,
        };
        if values.len() > WIDEST {
            return None;
        }
        let fits = match (key, values.first()?) {
            (Key::Equal, Const::Text(_)) => self.dictionaries.of(check.operand).is_some(),
            // Several numbers (all ancestors' pids) are not looked up.
            (Key::Equal, Const::Num(_)) => check.mode == Mode::One,
            (Key::Equal, _) => false,
            (Key::Path, _) => texts(values).all(|t| !t.iter().any(|b| matches!(b, b'*' | b'?' | b'['))),
            _ => texts(values).all(|t| !t.is_empty()),
        };
        fits.then_some(Indexable { operand: check.operand, key, values })
    }

    /// The rule's first conjunct that the look-up can stand for.
    fn find(&self, item: &Item, operand: OperandId, key: Key) -> Option<NodeId> {
        let fits = |c: &NodeId| self.indexable(*c).is_some_and(|i| i.operand == operand && i.key == key);
        item.conjuncts.iter().copied().find(fits)
    }

    fn lookup(&mut self, operand: OperandId, key: Key, items: Vec<Item>, depth: usize) -> Lookup<Group> {
        let mut by_num: FxHashMap<u64, Vec<Item>> = FxHashMap::default();
        let mut by_text: FxHashMap<Box<[u8]>, Vec<Item>> = FxHashMap::default();
        for item in items {
            let Some(node) = self.find(&item, operand, key) else { continue };
            let rest =
                Item { rule: item.rule, conjuncts: item.conjuncts.iter().copied().filter(|c| *c != node).collect() };
            let Some(found) = self.indexable(node) else { continue };
            for value in found.values {
                match value {
                    Const::Num(n) => by_num.entry(*n).or_default().push(rest.clone()),
                    Const::Text(t) if key == Key::Path => {
                        let path: Vec<&[u8]> = components(t).collect();
                        by_text.entry(path.join(&b'/').into()).or_default().push(rest.clone());
                    }
                    Const::Text(t) => by_text.entry(t.clone()).or_default().push(rest.clone()),
                    _ => {}
                }
            }
        }
        let mut by_text: Vec<(Box<[u8]>, Group)> =
            by_text.into_iter().map(|(text, items)| (text, self.group(items, depth + 1))).collect();
        by_text.sort_by(|a, b| a.0.cmp(&b.0));
        let table = match (key, self.dictionaries.of(operand)) {
            (Key::Equal, Some(dictionary)) => {
                let id = |text: &[u8]| self.dictionaries.get(dictionary)?.get(text);
                Table::Ids {
                    dictionary,
                    groups: by_text.into_iter().filter_map(|(text, group)| Some((id(&text)?, group))).collect(),
                }
            }
            (Key::Equal, None) => {
                Table::Nums(by_num.into_iter().map(|(n, items)| (n, self.group(items, depth + 1))).collect())
            }
            (Key::Prefix | Key::Suffix, _) => {
                let mut by_length: Vec<(usize, ByText<Group>)> = Vec::new();
                by_text.sort_by_key(|(text, _)| text.len());
                for (text, group) in by_text {
                    match by_length.last_mut() {
                        Some((length, groups)) if *length == text.len() => {
                            groups.insert(text, group);
                        }
                        _ => by_length.push((text.len(), std::iter::once((text, group)).collect())),
                    }
                }
                Table::Affixes { from_end: key == Key::Suffix, by_length }
            }
            (Key::Path, _) => Table::Paths {
                deepest: by_text.iter().map(|(path, _)| components(path).count()).max().unwrap_or(0),
                groups: by_text.into_iter().collect(),
            },
            (Key::Contains, _) => {
                let (patterns, groups): (Vec<Box<[u8]>>, Vec<Group>) = by_text.into_iter().unzip();
                match AhoCorasick::new(&patterns) {
                    Ok(automaton) => Table::Contains { automaton, groups },
                    // Too many states: never with patterns that fit into a rule file.
                    Err(_) => Table::Nums(FxHashMap::default()),
                }
            }
        };
        Lookup { operand, table }
    }
}

impl Group {
    /// How often one event may ask each node that is tested in it.
    pub(crate) fn uses(&self) -> FxHashMap<NodeId, u32> {
        let mut uses: FxHashMap<NodeId, u32> = FxHashMap::default();
        let mut add = |more: FxHashMap<NodeId, u32>| {
            more.into_iter().for_each(|(node, n)| *uses.entry(node).or_default() += n);
        };
        for lookup in &self.lookups {
            lookup.table.groups().into_iter().for_each(|g| add(g.uses()));
        }
        for gate in &self.gates {
            add(std::iter::once((gate.node, 1)).collect());
            // One way or the other.
            let mut behind = gate.group.uses();
            for (node, n) in gate.otherwise.uses().into_iter().collect::<Vec<_>>() {
                let most = behind.entry(node).or_default();
                *most = n.max(*most);
            }
            add(behind);
        }
        self.leaves.iter().for_each(|l| add(l.conjuncts.iter().map(|c| (*c, 1)).collect()));
        uses
    }
}

impl<G> Table<G> {
    /// All groups in it.
    fn groups(&self) -> Vec<&G> {
        match self {
            Table::Ids { groups, .. } => groups.values().collect(),
            Table::Nums(groups) => groups.values().collect(),
            Table::Affixes { by_length, .. } => by_length.iter().flat_map(|(_, groups)| groups.values()).collect(),
            Table::Paths { groups, .. } => groups.values().collect(),
            Table::Contains { groups, .. } => groups.iter().collect(),
        }
    }

    /// The same table of something else, made of each group in it.
    pub(crate) fn map<H>(self, to: &mut impl FnMut(G) -> H) -> Table<H> {
        fn texts<G, H>(groups: ByText<G>, to: &mut impl FnMut(G) -> H) -> ByText<H> {
            groups.into_iter().map(|(text, group)| (text, to(group))).collect()
        }
        match self {
            Table::Ids { dictionary, groups } => {
                Table::Ids { dictionary, groups: groups.into_iter().map(|(id, group)| (id, to(group))).collect() }
            }
            Table::Nums(groups) => Table::Nums(groups.into_iter().map(|(n, group)| (n, to(group))).collect()),
            Table::Affixes { from_end, by_length } => Table::Affixes {
                from_end,
                by_length: by_length.into_iter().map(|(length, groups)| (length, texts(groups, to))).collect(),
            },
            Table::Paths { deepest, groups } => Table::Paths { deepest, groups: texts(groups, to) },
            Table::Contains { automaton, groups } => {
                Table::Contains { automaton, groups: groups.into_iter().map(to).collect() }
            }
        }
    }
}
