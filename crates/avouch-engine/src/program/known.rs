//! What the result of one test tells of others.

use avouch_event::Shape;
use rustc_hash::FxHashMap;

use crate::constant::{Const, Kind};
use crate::graph::{Check, CheckId, FALSE, Graph, Mode, Node, NodeId, TRUE, Test};
use crate::naive;
use crate::operand::Source;

/// Conditions under the assumption that a node holds, or that it does not.
pub(super) struct Known {
    checks: FxHashMap<CheckId, bool>,
    nodes: FxHashMap<NodeId, NodeId>,
}

impl Known {
    pub(super) fn new(graph: &Graph, node: NodeId, holds: bool) -> Self {
        let mut known = Self { checks: FxHashMap::default(), nodes: FxHashMap::default() };
        known.learn(graph, node, holds);
        known
    }

    /// What remains of a condition.
    pub(super) fn apply(&mut self, graph: &mut Graph, node: NodeId) -> NodeId {
        let checks = &self.checks;
        graph.assume(node, &|check| checks.get(&check).copied(), &mut self.nodes)
    }

    fn learn(&mut self, graph: &Graph, node: NodeId, holds: bool) {
        self.nodes.insert(node, if holds { TRUE } else { FALSE });
        match graph.node(node) {
            Node::Not(inner) => self.learn(graph, *inner, !holds),
            Node::And(parts) if holds => parts.iter().for_each(|p| self.learn(graph, *p, true)),
            Node::Or(parts) if !holds => parts.iter().for_each(|p| self.learn(graph, *p, false)),
            Node::Check(id) => {
                self.checks.insert(*id, holds);
                let Some(check) = graph.check(*id) else { return };
                for (other, n) in graph.checks.iter().zip(0..) {
                    if let Some(result) = told(graph, check, holds, other) {
                        self.checks.insert(n, result);
                    }
                }
            }
            _ => {}
        }
    }
}

/// What the result of `check` tells of `other`, a comparison of the same single value with constants.
fn told(graph: &Graph, check: &Check, holds: bool, other: &Check) -> Option<bool> {
    let plain = |c: &Check| c.mode == Mode::One && !c.negated;
    if check.operand != other.operand || !plain(check) || !plain(other) {
        return None;
    }
    let operand = graph.operands.get(check.operand as usize)?;
    let kind = Kind::of(operand.ty);
    let comparable = matches!(kind, Kind::Text | Kind::Bool | Kind::Int { .. });
    if operand.shape != Shape::Scalar || !comparable || !matches!(operand.source, Source::Field(_)) {
        return None;
    }
    let within = |value: &Const, test: &Test| match (test, value) {
        (Test::Set(values), value) => Some(values.contains(value)),
        (Test::Order(op, Const::Num(than)), Const::Num(n)) => Some(match kind {
            Kind::Int { signed: true, .. } => naive::order(*op, n.cast_signed(), than.cast_signed()),
            _ => naive::order(*op, *n, *than),
        }),
        _ => None,
    };
    match (&check.test, &other.test) {
        // The value is one of these: the other holds for all of them, or for none.
        (Test::Set(values), test) if holds => {
            let results: Option<Vec<bool>> = values.iter().map(|v| within(v, test)).collect();
            let results = results?;
            let first = *results.first()?;
            results.iter().all(|r| *r == first).then_some(first)
        }
        // The other's values are all outside, or all inside what the value is known not to be in.
        (test, Test::Set(values)) => {
            let mut results = values.iter().map(|v| within(v, test));
            results.all(|r| r == Some(!holds)).then_some(false)
        }
        _ => None,
    }
}
