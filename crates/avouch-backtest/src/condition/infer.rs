//! What a condition that is known to hold tells of others that share parts with it.

use avouch_event::{FieldType, Shape};
use avouch_pipeline::catalogs;
use avouch_rules::ast::{Check, Literal, Op, Operand, Rhs};

use super::graph::{Comparison, Graph, Node, NodeId};
use super::{Truth, at, of_parts, set};

/// Rounds after which it is left: each makes at least one more part known, and few are ever needed.
const ROUNDS: usize = 16;

/// Spreads what is known among `order` (parts first) until nothing new follows. Only what is unknown is changed.
pub(super) fn infer(graph: &Graph, order: &[NodeId], truths: &mut [Truth]) {
    for _ in 0..ROUNDS {
        let mut news = false;
        for node in order.iter().rev() {
            news |= down(graph, *node, truths);
        }
        news |= among_leaves(graph, order, truths);
        for node in order {
            if at(truths, *node) == Truth::Unknown
                && let Some(shape) = graph.nodes().get(*node)
            {
                let truth = match of_parts(shape, truths) {
                    Truth::Unknown => from_wider(graph, order, shape, truths),
                    known => known,
                };
                news |= truth != Truth::Unknown;
                set(truths, *node, truth);
            }
        }
        if !news {
            return;
        }
    }
}

/// What a node that is known tells of its parts.
fn down(graph: &Graph, node: NodeId, truths: &mut [Truth]) -> bool {
    let truth = at(truths, node);
    let mut news = false;
    let mut learn = |truths: &mut [Truth], part: NodeId, truth: Truth| {
        if at(truths, part) == Truth::Unknown {
            set(truths, part, truth);
            news = true;
        }
    };
    let (parts, all) = match (graph.nodes().get(node), truth) {
        (_, Truth::Unknown) | (None | Some(Node::Leaf(_)), _) => return false,
        (Some(Node::Not(inner)), truth) => {
            learn(truths, *inner, truth.not());
            return news;
        }
        (Some(Node::And(parts)), truth) => (parts, truth == Truth::True),
        (Some(Node::Or(parts)), truth) => (parts, truth == Truth::False),
    };
    if all {
        parts.iter().for_each(|p| learn(truths, *p, truth));
        return news;
    }
    // One part decided: when all others are known to be otherwise, it was the last.
    let mut open = parts.iter().filter(|p| at(truths, **p) != truth.not());
    if let (Some(one), None) = (open.next(), open.next()) {
        learn(truths, *one, truth);
    }
    news
}

/// `a or b or c` holds where `a or b` does; `a and b and c` does not where `a and b` does not.
fn from_wider(graph: &Graph, order: &[NodeId], shape: &Node, truths: &[Truth]) -> Truth {
    let (parts, known) = match shape {
        Node::Or(parts) => (parts, Truth::True),
        Node::And(parts) => (parts, Truth::False),
        Node::Leaf(_) | Node::Not(_) => return Truth::Unknown,
    };
    let told = order.iter().any(|other| {
        let narrower = match (graph.nodes().get(*other), known) {
            (Some(Node::Or(parts)), Truth::True) | (Some(Node::And(parts)), Truth::False) => parts,
            _ => return false,
        };
        at(truths, *other) == known && narrower.iter().all(|p| parts.binary_search(p).is_ok())
    });
    if told { known } else { Truth::Unknown }
}

/// `x in (a, b)` tells of `x in (a, b, c)` and `x = d`.
fn among_leaves(graph: &Graph, order: &[NodeId], truths: &mut [Truth]) -> bool {
    let leaf = |node: &NodeId| match graph.nodes().get(*node) {
        Some(Node::Leaf(leaf)) => graph.checks().get(*leaf).and_then(Among::of).map(|among| (*node, among)),
        _ => None,
    };
    let leaves: Vec<(NodeId, Among<'_>)> = order.iter().filter_map(leaf).collect();
    let mut news = false;
    for (node, asked) in &leaves {
        if at(truths, *node) != Truth::Unknown {
            continue;
        }
        let told = leaves.iter().find_map(|(other, known)| match at(truths, *other) {
            Truth::True if known.field == asked.field && known.within(asked) => Some(Truth::True),
            Truth::True if known.field == asked.field && known.apart(asked) => Some(Truth::False),
            Truth::False if known.field == asked.field && asked.within(known) => Some(Truth::False),
            _ => None,
        });
        if let Some(truth) = told {
            set(truths, *node, truth);
            news = true;
        }
    }
    news
}

/// A comparison that says that a single value is one of some texts.
struct Among<'a> {
    field: (usize, &'a str, Option<&'a str>),
    values: &'a [Literal],
    /// Different texts are different values: so it is for texts, and not for numbers (`0x10` is `16`) or ports (`http` is `80`).
    text: bool,
}

impl<'a> Among<'a> {
    fn of(comparison: &'a Comparison) -> Option<Self> {
        let Some(Check { lhs: Operand::Field(field), op: Op::Eq | Op::In, modifier: None, rhs, .. }) =
            &comparison.check
        else {
            return None;
        };
        let values = match rhs {
            Rhs::Literal(one) => std::slice::from_ref(one),
            Rhs::List(all, _) => all,
            Rhs::None | Rhs::Operand(_) => return None,
        };
        let (_, catalog) = catalogs().into_iter().nth(comparison.source)?;
        let resolved = catalog.resolve(&field.name, field.arg.as_deref()).ok()?;
        let plain = resolved.shape == Shape::Scalar && !catalog.decl(resolved.id).flags.filter_only;
        let text = matches!(resolved.ty, FieldType::Charbuf | FieldType::Fspath);
        let field = (comparison.source, &*field.name, field.arg.as_deref());
        plain.then_some(Self { field, values, text })
    }

    fn has(&self, value: &Literal) -> bool {
        self.values.iter().any(|v| v.as_bytes() == value.as_bytes())
    }

    fn within(&self, other: &Self) -> bool {
        self.values.iter().all(|v| other.has(v))
    }

    fn apart(&self, other: &Self) -> bool {
        self.text && other.text && !self.values.iter().any(|v| other.has(v))
    }
}
