//! Conditions judged where only some fields are known: they hold, do not hold, or it cannot be said.
//!
//! The comparisons of all conditions are compiled by the engine, each as a rule of its own, so they mean what they mean live and
//! cost what they cost live; only `and`, `or` and `not` are joined here, by Kleene's tables. A comparison of which some field is not
//! known is unknown. `tests/three.rs` holds that a condition of which all fields are known comes out as the engine's.
//!
//! What is known to have held (the condition of the rule that made a finding) tells of its parts: where `a and b` held, both did,
//! whether their fields were recorded or not.

mod graph;
mod infer;
mod leaves;

use avouch_pipeline::catalogs;
use avouch_rules::ast::Expr;
use rustc_hash::FxHashSet;
use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::recorded::Recorded;
pub(crate) use graph::NodeId;
use graph::{Graph, Node};
pub(crate) use leaves::Leaves;

/// What comes out for a condition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It depends on fields that were not recorded.
    #[default]
    Unknown,
}

impl Truth {
    pub(crate) fn of(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }

    pub(crate) fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }
}

/// Number of a condition in its [`Conditions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConditionId(usize);

/// A condition that was put in.
#[derive(Debug)]
struct Root {
    /// Place of its source.
    source: usize,
    node: NodeId,
    /// All that it is made of, parts before what they are parts of.
    order: Vec<NodeId>,
}

/// Conditions, compiled together, and what is known of the event they were shown last.
#[derive(Debug)]
pub struct Conditions {
    graph: Graph,
    leaves: Leaves,
    roots: Vec<Root>,
    /// By node.
    truths: Vec<Truth>,
    /// Place of the event's source.
    source: usize,
}

/// A condition and the name of its source.
pub(crate) type OfSource<'a> = (&'a str, &'a Expr);

/// By place, whether two conditions ask the same, of the same source; `None` is no condition.
pub(crate) fn same(pairs: &[(Option<OfSource<'_>>, Option<OfSource<'_>>)]) -> Vec<bool> {
    let mut graph = Graph::default();
    let mut node = |(source, expr): OfSource<'_>| {
        let source = source_place(source).unwrap_or(usize::MAX);
        (source, graph.add(source, expr))
    };
    pairs.iter().map(|(a, b)| a.map(&mut node) == b.map(&mut node)).collect()
}

fn source_place(name: &str) -> Option<usize> {
    catalogs().into_iter().position(|(source, _)| source == name)
}

impl Conditions {
    /// Compiles conditions, each with the name of its source; [`ConditionId`]s are given in their order ([`Conditions::id`]).
    ///
    /// They have to be ones that the engine compiled as rules. A comparison that it does not compile is always unknown.
    #[must_use]
    pub fn new(conditions: &[(&str, &Expr)]) -> Self {
        let mut graph = Graph::default();
        let mut roots = Vec::new();
        for (source, expr) in conditions {
            let source = source_place(source).unwrap_or(usize::MAX);
            roots.push(Root { source, node: graph.add(source, expr), order: Vec::new() });
        }
        for root in &mut roots {
            root.order = graph.order(&[root.node]);
        }
        let leaves = Leaves::new(graph.checks());
        let truths = vec![Truth::Unknown; graph.nodes().len()];
        Self { graph, leaves, roots, truths, source: usize::MAX }
    }

    /// The id of the condition at `place` of those that were given.
    #[must_use]
    pub fn id(&self, place: usize) -> Option<ConditionId> {
        (place < self.roots.len()).then_some(ConditionId(place))
    }

    /// Shows an event of a source by its recorded fields.
    pub fn show(&mut self, source: &str, fields: &Map<String, Json>) {
        self.source = source_place(source).unwrap_or(usize::MAX);
        self.leaves.clear(self.source);
        for (key, value) in fields {
            self.leaves.record(key, value);
        }
        self.leaves.judge();
    }

    /// The same from the JSON body of a finding, of which only the fields that are asked for are read. `false` when it is none.
    pub(crate) fn show_body(&mut self, source: &str, body: &str) -> bool {
        self.source = source_place(source).unwrap_or(usize::MAX);
        self.leaves.clear(self.source);
        let read = crate::body::fields(body, &mut self.leaves);
        self.leaves.judge();
        read
    }

    /// The same from fields that `tell` sets.
    pub(crate) fn show_told<T>(&mut self, source: &str, tell: impl FnOnce(&mut Leaves) -> T) -> T {
        self.source = source_place(source).unwrap_or(usize::MAX);
        self.leaves.clear(self.source);
        let told = tell(&mut self.leaves);
        self.leaves.judge();
        told
    }

    /// What comes out for the event that was shown; unknown for a condition over another source.
    pub fn truth(&mut self, id: ConditionId) -> Truth {
        let Some(root) = self.roots.get(id.0).filter(|r| r.source == self.source) else { return Truth::Unknown };
        for node in &root.order {
            let truth = joined(&self.graph, *node, &self.truths, &self.leaves);
            set(&mut self.truths, *node, truth);
        }
        at(&self.truths, root.node)
    }

    /// The same, when it is known that `held` holds for the event. Where the recorded fields say otherwise, they count.
    pub fn truth_given(&mut self, id: ConditionId, held: ConditionId) -> Truth {
        match (self.truth(id), self.truth(held)) {
            (Truth::Unknown, Truth::Unknown) => {}
            (truth, _) => return truth,
        }
        let (Some(asked), Some(known)) = (self.roots.get(id.0), self.roots.get(held.0)) else { return Truth::Unknown };
        let mut order: Vec<NodeId> = asked.order.iter().chain(&known.order).copied().collect();
        order.sort_unstable();
        order.dedup();
        set(&mut self.truths, known.node, Truth::True);
        infer::infer(&self.graph, &order, &mut self.truths);
        at(&self.truths, asked.node)
    }

    /// The fields on which it depends what came out for the condition that was asked last, when that is unknown; as written, each once.
    pub(crate) fn missing(&self, id: ConditionId) -> Vec<&str> {
        let mut fields = Vec::new();
        let Some(root) = self.roots.get(id.0) else { return fields };
        let mut open = vec![root.node];
        let mut met = FxHashSet::default();
        while let Some(node) = open.pop() {
            if at(&self.truths, node) != Truth::Unknown || !met.insert(node) {
                continue;
            }
            match self.graph.nodes().get(node) {
                Some(Node::Leaf(leaf)) => {
                    let reads = self.leaves.reads(*leaf);
                    for (field, _) in reads.into_iter().filter(|(_, known)| **known == Recorded::Unknown) {
                        if !fields.contains(&field) {
                            fields.push(field);
                        }
                    }
                }
                Some(Node::Not(inner)) => open.push(*inner),
                Some(Node::And(parts) | Node::Or(parts)) => open.extend(parts.iter().copied()),
                None => {}
            }
        }
        fields
    }

    /// The node of a part of a condition that was given.
    pub(crate) fn node(&mut self, source: &str, expr: &Expr) -> NodeId {
        self.graph.add(source_place(source).unwrap_or(usize::MAX), expr)
    }

    /// The node of a part of a condition whose own parts (the body, for a macro) are these nodes.
    pub(crate) fn part(&mut self, source: &str, expr: &Expr, parts: Vec<NodeId>) -> NodeId {
        self.graph.join(source_place(source).unwrap_or(usize::MAX), expr, parts)
    }

    /// What the last question made of all nodes.
    pub(crate) fn truths(&self) -> Vec<Truth> {
        self.truths.clone()
    }

    /// Fields that a comparison reads, as written, with what is known of them.
    pub(crate) fn reads(&self, node: NodeId) -> Vec<(&str, &Recorded)> {
        match self.graph.nodes().get(node) {
            Some(Node::Leaf(leaf)) => self.leaves.reads(*leaf),
            _ => Vec::new(),
        }
    }
}

fn at(truths: &[Truth], node: NodeId) -> Truth {
    truths.get(node).copied().unwrap_or_default()
}

fn set(truths: &mut [Truth], node: NodeId, truth: Truth) {
    if let Some(slot) = truths.get_mut(node) {
        *slot = truth;
    }
}

/// A node from its parts.
fn joined(graph: &Graph, node: NodeId, truths: &[Truth], leaves: &Leaves) -> Truth {
    match graph.nodes().get(node) {
        Some(Node::Leaf(leaf)) => leaves.truth(*leaf),
        Some(other) => of_parts(other, truths),
        None => Truth::Unknown,
    }
}

/// `and`, `or` and `not`; a comparison has no parts, and stays unknown here.
fn of_parts(node: &Node, truths: &[Truth]) -> Truth {
    let all = |parts: &[NodeId], decides: Truth| {
        let mut unknown = false;
        for part in parts {
            match at(truths, *part) {
                truth if truth == decides => return decides,
                Truth::Unknown => unknown = true,
                _ => {}
            }
        }
        if unknown { Truth::Unknown } else { decides.not() }
    };
    match node {
        Node::Leaf(_) => Truth::Unknown,
        Node::Not(inner) => at(truths, *inner).not(),
        Node::And(parts) => all(parts, Truth::False),
        Node::Or(parts) => all(parts, Truth::True),
    }
}
