//! From typed rules to a program.

use avouch_event::{EventType, Value};
use rustc_hash::{FxHashMap, FxHashSet};

use super::dictionaries::Dictionaries;
use super::index::{Group, Leaf, Lookup, Maker};
use super::{Check, END, HOLDS, Matching, Operand, Program, ProgramRule, Shared, Step, What};
use crate::constant::Kind as ValueKind;
use crate::cost::{self, Guess, rank_and, rank_or};
use crate::event_types::{TypeSet, fixed_name, is_syscall};
use crate::graph::{self, CheckId, FALSE, Graph, Mode, NodeId, Test};
use crate::lints::Shadow;
use crate::matcher::Matcher;
use crate::operand::{Source, Special};

/// Guessed cost from which on a result is worth remembering.
const REMEMBER: f32 = 8.0;

/// A program, and what its making showed of the rules.
pub(crate) struct Entry {
    pub(crate) program: Program,
    /// By rule: no event can satisfy it.
    pub(crate) never: Vec<bool>,
    /// By rule: an earlier rule that matches whenever it does.
    pub(crate) shadows: Vec<Option<u32>>,
}

/// Makes the program of one source.
pub(crate) fn build(source: &str, matching: Matching, rules: Vec<ProgramRule>) -> Entry {
    let mut graph = Graph::new();
    let roots: Vec<NodeId> = rules.iter().map(|r| graph.add(&r.typed)).collect();
    let never: Vec<bool>;
    let by_type = {
        let mut by_type: Vec<Vec<(u32, NodeId)>> = vec![Vec::new(); EventType::COUNT];
        let facts = TypeFacts::new(&graph);
        let mut alive = vec![false; rules.len()];
        for ((i, rule), root) in rules.iter().enumerate().zip(&roots) {
            let number = u32::try_from(i).unwrap_or(u32::MAX);
            for (types, node) in specialise(&mut graph, *root, rule.types, &facts) {
                if node == FALSE {
                    continue;
                }
                if let Some(alive) = alive.get_mut(i) {
                    *alive = true;
                }
                for ty in types.iter() {
                    if let Some(list) = by_type.get_mut(usize::from(ty.0)) {
                        list.push((number, node));
                    }
                }
            }
        }
        never = alive.into_iter().map(|a| !a).collect();
        by_type
    };
    // Types with the same rules in the same form share one class; class 0 has no rules.
    let mut classes: Vec<Vec<(u32, NodeId)>> = vec![Vec::new()];
    let mut known: FxHashMap<Vec<(u32, NodeId)>, u16> = FxHashMap::default();
    known.insert(Vec::new(), 0);
    let mut class_of = Vec::with_capacity(by_type.len());
    for list in by_type {
        let next = u16::try_from(classes.len()).unwrap_or(u16::MAX);
        let class = *known.entry(list).or_insert_with_key(|list| {
            classes.push(list.clone());
            next
        });
        class_of.push(class);
    }
    let shadows = Shadow::new(&graph, &classes, rules.len()).find();
    let dictionaries = Dictionaries::new(&graph, &classes);
    let mut maker = Maker { graph: &mut graph, guesses: Vec::new(), dictionaries: &dictionaries, copies: 0 };
    cost::guess(maker.graph, &mut maker.guesses);
    let groups: Vec<Group> = classes.iter().map(|rules| maker.class(rules)).collect();
    let guesses = maker.guesses;
    let mut lower = Lower::new(&graph, guesses, dictionaries, &groups);
    let entries: Vec<u32> = groups.into_iter().map(|group| lower.group(group, END)).collect();
    let entries = class_of.iter().map(|class| entries.get(usize::from(*class)).copied().unwrap_or(END)).collect();
    let operands = graph.operands.iter().map(|o| operand(&graph, &o.source)).collect();
    let program = Program {
        source: source.to_owned(),
        matching,
        rules,
        operands,
        checks: lower.checks,
        dictionaries: lower.dictionaries.all,
        steps: lower.steps,
        shared: lower.shared,
        lists: lower.lists,
        lookups: lower.lookups,
        entries,
    };
    Entry { program, never, shadows }
}

fn operand(graph: &Graph, source: &Source) -> Operand {
    let ids = |parts: &[crate::operand::Operand]| parts.iter().filter_map(|p| graph.operand_id(p)).collect();
    match source {
        Source::Field(field) => Operand::Field(field.clone()),
        Source::Text(text) => Operand::Text(text.clone()),
        Source::Tuple(parts) => Operand::Tuple(ids(parts)),
        Source::Apply { func, args, option } => Operand::Apply { func: *func, args: ids(args), option: *option },
    }
}

/// For each check of the event's type: the types where it holds, and where its result is known at all.
struct TypeFacts(FxHashMap<CheckId, (TypeSet, TypeSet)>);

impl TypeFacts {
    fn new(graph: &Graph) -> Self {
        let mut facts = FxHashMap::default();
        for (id, check) in graph.checks.iter().enumerate() {
            let Some(operand) = graph.operands.get(check.operand as usize) else { continue };
            let any = match operand.special {
                Special::EventType => true,
                Special::SyscallType => false,
                _ => continue,
            };
            if matches!(check.test, Test::Pair(..)) {
                continue;
            }
            let matcher = Matcher::new(&check.test, ValueKind::Text, None);
            let (mut holds, mut known) = (TypeSet::EMPTY, TypeSet::EMPTY);
            let mut by_name: FxHashMap<&str, bool> = FxHashMap::default();
            for ty in TypeSet::ALL.iter() {
                let Some(name) = fixed_name(ty).filter(|_| any || is_syscall(ty)) else { continue };
                known.insert(ty);
                let result = *by_name
                    .entry(name)
                    .or_insert_with(|| matcher.matches(&Value::Str(name.as_bytes())) != check.negated);
                if result {
                    holds.insert(ty);
                }
            }
            facts.insert(CheckId::try_from(id).unwrap_or(CheckId::MAX), (holds, known));
        }
        Self(facts)
    }
}

/// The condition's form for each set of types that its tests of the type do not tell apart.
fn specialise(graph: &mut Graph, root: NodeId, types: TypeSet, facts: &TypeFacts) -> Vec<(TypeSet, NodeId)> {
    let mut checks: Vec<CheckId> = Vec::new();
    graph.checks_under(root, &mut FxHashSet::default(), &mut |c| {
        if facts.0.contains_key(&c) {
            checks.push(c);
        }
    });
    checks.sort_unstable();
    checks.dedup();
    let mut parts = vec![types];
    for check in &checks {
        let Some((holds, known)) = facts.0.get(check) else { continue };
        parts = parts
            .into_iter()
            .flat_map(|p| {
                let inside = p.intersection(*known);
                [
                    inside.intersection(*holds),
                    inside.intersection(holds.complement()),
                    p.intersection(known.complement()),
                ]
            })
            .filter(|p| *p != TypeSet::EMPTY)
            .collect();
    }
    parts
        .into_iter()
        .filter_map(|part| {
            let sample = part.iter().next()?;
            let known = |check: CheckId| {
                let (holds, known) = facts.0.get(&check)?;
                known.contains(sample).then(|| holds.contains(sample))
            };
            let node = graph.assume(root, &known, &mut FxHashMap::default());
            Some((part, node))
        })
        .collect()
}

/// Number of what is appended next.
fn number<T>(to: &[T]) -> u32 {
    u32::try_from(to.len()).unwrap_or(u32::MAX)
}

/// Turns what classes use of the graph into tables.
struct Lower<'a> {
    graph: &'a Graph,
    guesses: Vec<Guess>,
    /// In how many places a node stands.
    uses: FxHashMap<NodeId, u32>,
    dictionaries: Dictionaries,
    shared_of: FxHashMap<NodeId, u32>,
    check_of: FxHashMap<CheckId, u32>,
    checks: Vec<Check>,
    steps: Vec<Step>,
    shared: Vec<Shared>,
    lists: Vec<Box<[u32]>>,
    lookups: Vec<Lookup<u32>>,
}

impl<'a> Lower<'a> {
    fn new(graph: &'a Graph, guesses: Vec<Guess>, dictionaries: Dictionaries, groups: &[Group]) -> Self {
        let mut uses: FxHashMap<NodeId, u32> = FxHashMap::default();
        // A rule may stand in many classes; an event belongs to one.
        for group in groups {
            let mut here = group.uses();
            let mut live: FxHashSet<NodeId> = FxHashSet::default();
            for node in here.keys().copied().collect::<Vec<_>>() {
                graph.checks_under(node, &mut live, &mut |_| {});
            }
            for node in live.into_iter().collect::<Vec<_>>() {
                graph.parts(node).iter().for_each(|part| *here.entry(*part).or_default() += 1);
            }
            for (node, count) in here.into_iter().collect::<Vec<_>>() {
                let most = uses.entry(node).or_default();
                *most = count.max(*most);
            }
        }
        Self {
            graph,
            guesses,
            uses,
            dictionaries,
            shared_of: FxHashMap::default(),
            check_of: FxHashMap::default(),
            checks: Vec::new(),
            steps: Vec::new(),
            shared: Vec::new(),
            lists: Vec::new(),
            lookups: Vec::new(),
        }
    }

    /// Appends the steps of a group, which go on at `next`; returns where they begin. Steps are made from the last to the
    /// first, so that it is known where each goes on.
    fn group(&mut self, group: Group, next: u32) -> u32 {
        let mut at = next;
        for Leaf { rule, conjuncts } in group.leaves.into_iter().rev() {
            let matched = self.step(What::Match(rule), at, at);
            let condition = conjuncts.iter().rev().fold(matched, |next, c| self.node(*c, next, at));
            at = self.step(What::Before(rule), condition, at);
        }
        for gate in group.gates.into_iter().rev() {
            let (inside, otherwise) = (self.group(gate.group, at), self.group(gate.otherwise, at));
            at = self.node(gate.node, inside, otherwise);
        }
        for Lookup { operand, table } in group.lookups.into_iter().rev() {
            let table = table.map(&mut |group| self.group(group, END));
            let number = number(&self.lookups);
            self.lookups.push(Lookup { operand, table });
            at = self.step(What::Lookup(number), at, at);
        }
        at
    }

    fn step(&mut self, what: What, yes: u32, no: u32) -> u32 {
        let number = number(&self.steps);
        self.steps.push(Step { what, yes, no });
        number
    }

    fn guess(&self, id: NodeId) -> Guess {
        self.guesses.get(id as usize).copied().unwrap_or(Guess { cost: 1.0, chance: 0.5 })
    }

    /// Appends the steps of a node.
    fn node(&mut self, id: NodeId, yes: u32, no: u32) -> u32 {
        let several = self.uses.get(&id).is_some_and(|n| *n > 1);
        let remember = several && self.guess(id).cost > REMEMBER;
        let composed = matches!(self.graph.node(id), graph::Node::And(_) | graph::Node::Or(_) | graph::Node::One(_));
        // Written out at each place, parts that stand in each other several times would take more steps than there is
        // memory.
        if remember || (several && composed) {
            let shared = match self.shared_of.get(&id) {
                Some(known) => *known,
                None => {
                    let entry = self.parts(id, HOLDS, END);
                    let new = number(&self.shared);
                    self.shared.push(Shared { entry, remember });
                    self.shared_of.insert(id, new);
                    new
                }
            };
            return self.step(What::Shared(shared), yes, no);
        }
        self.parts(id, yes, no)
    }

    fn parts(&mut self, id: NodeId, yes: u32, no: u32) -> u32 {
        match self.graph.node(id).clone() {
            graph::Node::False => no,
            graph::Node::True => yes,
            graph::Node::Check(c) => {
                let check = self.check(c);
                self.step(What::Check(check), yes, no)
            }
            graph::Node::Not(inner) => self.node(inner, no, yes),
            graph::Node::And(parts) => {
                self.ordered(&parts, rank_and).into_iter().rev().fold(yes, |next, part| self.node(part, next, no))
            }
            graph::Node::Or(parts) => {
                self.ordered(&parts, rank_or).into_iter().rev().fold(no, |next, part| self.node(part, yes, next))
            }
            graph::Node::One(parts) => {
                let entries = self.ordered(&parts, |g| g.cost).into_iter().map(|p| self.node(p, HOLDS, END)).collect();
                let list = number(&self.lists);
                self.lists.push(entries);
                self.step(What::One(list), yes, no)
            }
        }
    }

    fn ordered(&self, parts: &[NodeId], rank: impl Fn(&Guess) -> f32) -> Vec<NodeId> {
        let mut parts = parts.to_vec();
        parts.sort_by(|a, b| rank(&self.guess(*a)).total_cmp(&rank(&self.guess(*b))).then(a.cmp(b)));
        parts
    }

    fn check(&mut self, id: CheckId) -> u32 {
        if let Some(done) = self.check_of.get(&id) {
            return *done;
        }
        let number = number(&self.checks);
        let check = match self.graph.check(id) {
            Some(check) => {
                let kind = self.graph.operand_kind(check.operand);
                let dictionary = self.dictionaries.of(check.operand);
                let texts = dictionary.and_then(|d| self.dictionaries.get(d));
                let matcher = Matcher::new(&check.test, kind, texts);
                Check {
                    operand: check.operand,
                    dictionary: dictionary.unwrap_or(u32::MAX),
                    mode: check.mode,
                    negated: check.negated,
                    signed: matches!(kind, ValueKind::Int { signed: true, .. }),
                    matcher,
                }
            }
            None => Check {
                operand: u32::MAX,
                dictionary: u32::MAX,
                mode: Mode::One,
                negated: false,
                signed: false,
                matcher: Matcher::Never,
            },
        };
        self.checks.push(check);
        self.check_of.insert(id, number);
        number
    }
}
