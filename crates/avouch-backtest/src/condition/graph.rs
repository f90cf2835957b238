//! Conditions as one graph in which equal parts are one node, so that what is known of a part is known wherever it stands.

use std::sync::Arc;

use avouch_rules::ast::{Check, Expr};
use avouch_rules::print_condition;
use rustc_hash::FxHashMap;

pub(crate) type NodeId = usize;

/// A part of a condition; parts are numbers of earlier nodes, sorted, without repeats.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    /// A comparison, by number.
    Leaf(usize),
    Not(NodeId),
    And(Box<[NodeId]>),
    Or(Box<[NodeId]>),
}

impl Node {
    fn parts(&self) -> &[NodeId] {
        match self {
            Self::Leaf(_) => &[],
            Self::Not(inner) => std::slice::from_ref(inner),
            Self::And(parts) | Self::Or(parts) => parts,
        }
    }
}

/// A comparison: place of its source, and the comparison in the one form in which it prints. Without a syntax tree it is one that no
/// engine can compile.
#[derive(Clone, Debug)]
pub(crate) struct Comparison {
    pub(crate) source: usize,
    pub(crate) text: String,
    pub(crate) check: Option<Check>,
}

/// The graph.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
    by_node: FxHashMap<Node, NodeId>,
    checks: Vec<Comparison>,
    by_text: FxHashMap<(usize, String), usize>,
    /// Bodies of macros, by source and address. They are kept, so that no other body comes to stand there.
    macros: FxHashMap<(usize, usize), (NodeId, Arc<Expr>)>,
}

impl Graph {
    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    pub(crate) fn checks(&self) -> &[Comparison] {
        &self.checks
    }

    /// Puts a condition in.
    pub(crate) fn add(&mut self, source: usize, expr: &Expr) -> NodeId {
        if let Expr::Macro(m) = expr
            && let Some(body) = &m.body
        {
            let key = (source, Arc::as_ptr(body).addr());
            if let Some((node, _)) = self.macros.get(&key) {
                return *node;
            }
            let node = self.add(source, body);
            self.macros.insert(key, (node, Arc::clone(body)));
            return node;
        }
        let parts = match expr {
            Expr::And(parts, _) | Expr::Or(parts, _) => parts.iter().map(|p| self.add(source, p)).collect(),
            Expr::Not(inner, _) => vec![self.add(source, inner)],
            Expr::Macro(_) | Expr::Check(_) => Vec::new(),
        };
        self.join(source, expr, parts)
    }

    /// The node of a part whose own parts (the body, for a macro) are these nodes.
    pub(crate) fn join(&mut self, source: usize, expr: &Expr, mut parts: Vec<NodeId>) -> NodeId {
        match (expr, parts.as_slice()) {
            (Expr::Not(..), [inner]) => match self.nodes.get(*inner) {
                Some(Node::Not(inner)) => *inner,
                _ => self.intern(Node::Not(*inner)),
            },
            (Expr::Macro(_), [body]) => *body,
            (Expr::And(..) | Expr::Or(..), _) => {
                parts.sort_unstable();
                parts.dedup();
                match (expr, parts.as_slice()) {
                    (_, [one]) => *one,
                    (Expr::And(..), _) => self.intern(Node::And(parts.into())),
                    _ => self.intern(Node::Or(parts.into())),
                }
            }
            (Expr::Check(check), _) => self.leaf(source, print_condition(expr, true), Some(check)),
            _ => self.leaf(source, format!("({})", print_condition(expr, false)), None),
        }
    }

    fn leaf(&mut self, source: usize, text: String, check: Option<&Check>) -> NodeId {
        let checks = &mut self.checks;
        let number = *self.by_text.entry((source, text)).or_insert_with_key(|(_, text)| {
            checks.push(Comparison { source, text: text.clone(), check: check.cloned() });
            checks.len() - 1
        });
        self.intern(Node::Leaf(number))
    }

    fn intern(&mut self, node: Node) -> NodeId {
        if let Some(id) = self.by_node.get(&node) {
            return *id;
        }
        let id = self.nodes.len();
        self.nodes.push(node.clone());
        self.by_node.insert(node, id);
        id
    }

    /// All that these nodes are made of, parts before what they are parts of.
    pub(crate) fn order(&self, roots: &[NodeId]) -> Vec<NodeId> {
        let mut wanted = vec![false; self.nodes.len()];
        for root in roots {
            if let Some(wanted) = wanted.get_mut(*root) {
                *wanted = true;
            }
        }
        for id in (0..self.nodes.len()).rev() {
            if wanted.get(id) != Some(&true) {
                continue;
            }
            for part in self.nodes.get(id).map_or(&[][..], Node::parts) {
                if let Some(wanted) = wanted.get_mut(*part) {
                    *wanted = true;
                }
            }
        }
        (0..self.nodes.len()).filter(|id| wanted.get(*id) == Some(&true)).collect()
    }
}
