//! What a test costs and how often it holds: guesses that decide only the order of tests, never a result.

use avouch_event::{FieldArg, FieldType, Shape};

use crate::constant::{Const, Kind};
use crate::graph::{Graph, Mode, Node, NodeId, OperandId, Test};
use crate::operand::{Operand, Source};

/// Guess about one node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guess {
    /// Steps, about 2 ns each.
    pub(crate) cost: f32,
    /// Chance to hold, 0 to 1.
    pub(crate) chance: f32,
}

/// Adds guesses for the nodes that have none yet; children come before parents.
pub(crate) fn guess(graph: &Graph, all: &mut Vec<Guess>) {
    for node in graph.nodes.get(all.len()..).unwrap_or_default() {
        let of = |id: &NodeId| all.get(*id as usize).copied().unwrap_or(Guess { cost: 1.0, chance: 0.5 });
        let guess = match node {
            Node::False => Guess { cost: 0.0, chance: 0.0 },
            Node::True => Guess { cost: 0.0, chance: 1.0 },
            Node::Not(inner) => Guess { chance: 1.0 - of(inner).chance, ..of(inner) },
            Node::Check(c) => graph.check(*c).map_or(Guess { cost: 1.0, chance: 0.5 }, |c| {
                let (test, mut chance) = test_guess(graph, &c.test, graph.operand_kind(c.operand));
                if c.negated {
                    chance = 1.0 - chance;
                }
                let several = if c.mode == Mode::One { 1.0 } else { 4.0 };
                Guess { cost: operand_cost(graph, c.operand) + test * several, chance }
            }),
            Node::And(parts) => {
                let mut order: Vec<Guess> = parts.iter().map(of).collect();
                order.sort_by(|a, b| rank_and(a).total_cmp(&rank_and(b)));
                let mut out = Guess { cost: 0.0, chance: 1.0 };
                for g in order {
                    out = Guess { cost: out.cost + out.chance * g.cost, chance: out.chance * g.chance };
                }
                out
            }
            Node::Or(parts) => {
                let mut order: Vec<Guess> = parts.iter().map(of).collect();
                order.sort_by(|a, b| rank_or(a).total_cmp(&rank_or(b)));
                let (mut cost, mut none) = (0.0, 1.0);
                for g in order {
                    cost += none * g.cost;
                    none *= 1.0 - g.chance;
                }
                Guess { cost, chance: 1.0 - none }
            }
            Node::One(parts) => Guess { cost: parts.iter().map(|p| of(p).cost).sum(), chance: 0.2 },
        };
        all.push(guess);
    }
}

/// Smaller goes first in `and`: cheap, and likely to fail.
pub(crate) fn rank_and(g: &Guess) -> f32 {
    (g.cost + 0.1) / (1.001 - g.chance)
}

/// Smaller goes first in `or`: cheap, and likely to hold.
pub(crate) fn rank_or(g: &Guess) -> f32 {
    (g.cost + 0.1) / (0.001 + g.chance)
}

fn operand_cost(graph: &Graph, id: OperandId) -> f32 {
    fn cost(operand: &Operand) -> f32 {
        match &operand.source {
            Source::Field(field) => match operand.shape {
                // Texts that are chosen by a key are composed for the event (`evt.arg.flags`): some 200 ns.
                Shape::Scalar if matches!(field.arg, FieldArg::Key(_)) && field.ty == FieldType::Charbuf => 80.0,
                Shape::Scalar => 4.0,
                Shape::Endpoints => 6.0,
                Shape::List => 15.0,
                Shape::Ancestors => 25.0,
            },
            Source::Text(_) => 0.0,
            Source::Tuple(parts) => parts.iter().map(cost).sum::<f32>() + 5.0,
            Source::Apply { args, .. } => args.iter().map(cost).sum::<f32>() + 15.0,
        }
    }
    graph.operands.get(id as usize).map_or(4.0, |o| cost(o))
}

fn test_guess(graph: &Graph, test: &Test, kind: Kind) -> (f32, f32) {
    let growing = |base: f32, values: &[Const]| {
        let n = f32::from(u16::try_from(values.len()).unwrap_or(u16::MAX));
        (base * n.sqrt()).min(0.6)
    };
    match test {
        Test::Exists => (0.0, 0.8),
        Test::Set(_) if kind == Kind::Bool => (0.5, 0.3),
        Test::Set(values) if kind == Kind::Text => (if values.len() > 1 { 3.0 } else { 1.0 }, growing(0.04, values)),
        Test::Set(values) => (1.0, growing(0.1, values)),
        Test::Order(..) => (1.0, 0.5),
        Test::Contains(values) => (6.0, growing(0.05, values)),
        Test::IContains(values) => (10.0, growing(0.05, values)),
        Test::StartsWith(values) | Test::EndsWith(values) => (1.5, growing(0.08, values)),
        Test::Glob(values) | Test::IGlob(values) => (10.0, growing(0.08, values)),
        Test::Regex(_) => (40.0, 0.1),
        Test::PMatch(values) => (10.0, growing(0.08, values)),
        Test::Pair(_, right) => (operand_cost(graph, *right) + 2.0, 0.4),
    }
}
