//! All conditions of a source as one graph: equal parts are one node, constants are folded, alternatives on one field are
//! merged into one test.
//!
//! Nothing here changes what a condition means; reading a field is pure, so order and repetition do not matter.

use std::sync::Arc;

use avouch_event::Shape;
use avouch_rules::ast::{Modifier, Op};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::constant::{Const, Kind};
use crate::operand::{Operand, Source, Special};
use crate::typed::{Typed, TypedCheck, TypedRhs};

pub(crate) type NodeId = u32;
pub(crate) type CheckId = u32;
pub(crate) type OperandId = u32;

pub(crate) const FALSE: NodeId = 0;
pub(crate) const TRUE: NodeId = 1;

/// A part of a condition. Children of `And` and `Or` are sorted by id, without repeats.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    False,
    True,
    Check(CheckId),
    Not(NodeId),
    And(Box<[NodeId]>),
    Or(Box<[NodeId]>),
    /// Exactly one holds; repeats count.
    One(Box<[NodeId]>),
}

/// A comparison: `test` on the values of `operand`, negated for each value when `negated`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Check {
    pub(crate) operand: OperandId,
    pub(crate) mode: Mode,
    pub(crate) negated: bool,
    pub(crate) test: Test,
}

/// How the values of a field combine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Mode {
    /// There is one.
    One,
    /// One of them satisfies.
    Any,
    /// All of them do, and there is one at least.
    All,
}

/// A test of one value. Several constants are alternatives; they are sorted, without repeats.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Test {
    Exists,
    /// Equal to one of them; for networks, inside one of them.
    Set(Box<[Const]>),
    Order(Op, Const),
    Contains(Box<[Const]>),
    IContains(Box<[Const]>),
    StartsWith(Box<[Const]>),
    EndsWith(Box<[Const]>),
    Glob(Box<[Const]>),
    IGlob(Box<[Const]>),
    Regex(Const),
    PMatch(Box<[Const]>),
    /// Compared with another operand of the same event.
    Pair(Op, OperandId),
}

impl Test {
    /// The constants of a test whose alternatives can be merged.
    fn alternatives(&self) -> Option<&[Const]> {
        match self {
            Test::Set(c)
            | Test::Contains(c)
            | Test::IContains(c)
            | Test::StartsWith(c)
            | Test::EndsWith(c)
            | Test::Glob(c)
            | Test::IGlob(c)
            | Test::PMatch(c) => Some(c),
            Test::Exists | Test::Order(..) | Test::Regex(_) | Test::Pair(..) => None,
        }
    }

    fn with(&self, values: Box<[Const]>) -> Test {
        match self {
            Test::Set(_) => Test::Set(values),
            Test::Contains(_) => Test::Contains(values),
            Test::IContains(_) => Test::IContains(values),
            Test::StartsWith(_) => Test::StartsWith(values),
            Test::EndsWith(_) => Test::EndsWith(values),
            Test::Glob(_) => Test::Glob(values),
            Test::IGlob(_) => Test::IGlob(values),
            Test::PMatch(_) => Test::PMatch(values),
            other => other.clone(),
        }
    }
}

/// What is merged together: same operand, mode, negation and kind of test.
type MergeKey = (OperandId, Mode, bool, std::mem::Discriminant<Test>);

/// The graph.
#[derive(Debug)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
    pub(crate) checks: Vec<Check>,
    pub(crate) operands: Vec<Arc<Operand>>,
    node_ids: FxHashMap<Node, NodeId>,
    check_ids: FxHashMap<Check, CheckId>,
    operand_ids: FxHashMap<Arc<Operand>, OperandId>,
    /// Conditions already put in, by address. The trees outlive the graph's making.
    typed: FxHashMap<*const Typed, NodeId>,
}

impl Graph {
    pub(crate) fn new() -> Self {
        let mut graph = Self {
            nodes: Vec::new(),
            checks: Vec::new(),
            operands: Vec::new(),
            node_ids: FxHashMap::default(),
            check_ids: FxHashMap::default(),
            operand_ids: FxHashMap::default(),
            typed: FxHashMap::default(),
        };
        graph.intern(Node::False);
        graph.intern(Node::True);
        graph
    }

    /// Puts a condition in. `typed` must stay alive as long as conditions are put in.
    pub(crate) fn add(&mut self, typed: &Arc<Typed>) -> NodeId {
        let key = Arc::as_ptr(typed);
        if let Some(id) = self.typed.get(&key) {
            return *id;
        }
        let id = match &**typed {
            Typed::And(parts, _) => {
                let parts = parts.iter().map(|p| self.add(p)).collect();
                self.and(parts)
            }
            Typed::Or(parts, _) => {
                let parts = parts.iter().map(|p| self.add(p)).collect();
                self.or(parts)
            }
            Typed::Not(inner, _) => {
                let inner = self.add(inner);
                self.not(inner)
            }
            Typed::Macro { body, .. } => self.add(body),
            Typed::Check(check) => self.typed_check(check),
        };
        self.typed.insert(key, id);
        id
    }

    fn intern(&mut self, node: Node) -> NodeId {
        if let Some(id) = self.node_ids.get(&node) {
            return *id;
        }
        let id = NodeId::try_from(self.nodes.len()).unwrap_or(NodeId::MAX);
        self.nodes.push(node.clone());
        self.node_ids.insert(node, id);
        id
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        self.nodes.get(id as usize).unwrap_or(&Node::False)
    }

    pub(crate) fn check(&self, id: CheckId) -> Option<&Check> {
        self.checks.get(id as usize)
    }

    pub(crate) fn operand_kind(&self, id: OperandId) -> Kind {
        self.operands.get(id as usize).map_or(Kind::Opaque, |o| Kind::of(o.ty))
    }

    /// The check that a node is, if it is one.
    pub(crate) fn as_check(&self, id: NodeId) -> Option<&Check> {
        match self.node(id) {
            Node::Check(c) => self.check(*c),
            _ => None,
        }
    }

    /// What a node is made of.
    pub(crate) fn parts(&self, id: NodeId) -> &[NodeId] {
        match self.node(id) {
            Node::False | Node::True | Node::Check(_) => &[],
            Node::Not(inner) => std::slice::from_ref(inner),
            Node::And(parts) | Node::Or(parts) | Node::One(parts) => parts,
        }
    }

    /// Parts that must all hold for `id` to hold; none for what always holds.
    pub(crate) fn conjuncts(&self, id: NodeId) -> Vec<NodeId> {
        match self.node(id) {
            Node::And(parts) => parts.to_vec(),
            Node::True => Vec::new(),
            _ => vec![id],
        }
    }

    pub(crate) fn and(&mut self, parts: Vec<NodeId>) -> NodeId {
        let Some(mut parts) = self.flatten(parts, true) else { return FALSE };
        self.merge(&mut parts, true);
        if self.contradicts(&parts) {
            return FALSE;
        }
        match parts.as_slice() {
            [] => TRUE,
            [one] => *one,
            _ => self.intern(Node::And(parts.into())),
        }
    }

    pub(crate) fn or(&mut self, parts: Vec<NodeId>) -> NodeId {
        let Some(mut parts) = self.flatten(parts, false) else { return TRUE };
        self.merge(&mut parts, false);
        match parts.as_slice() {
            [] => FALSE,
            [one] => *one,
            _ => self.intern(Node::Or(parts.into())),
        }
    }

    pub(crate) fn not(&mut self, inner: NodeId) -> NodeId {
        match self.node(inner).clone() {
            Node::False => TRUE,
            Node::True => FALSE,
            Node::Not(inner) => inner,
            // Each part becomes a conjunct of its own, which rules share and which are tried cheapest first.
            Node::Or(parts) => {
                let parts = parts.iter().map(|p| self.not(*p)).collect();
                self.and(parts)
            }
            _ => self.intern(Node::Not(inner)),
        }
    }

    /// Sorted parts without repeats, with nested nodes of the same kind spread out; `None` when one part decides alone.
    fn flatten(&self, parts: Vec<NodeId>, and: bool) -> Option<Vec<NodeId>> {
        let (neutral, decides) = if and { (TRUE, FALSE) } else { (FALSE, TRUE) };
        let mut out = Vec::with_capacity(parts.len());
        for part in parts {
            match self.node(part) {
                Node::And(inner) if and => out.extend_from_slice(inner),
                Node::Or(inner) if !and => out.extend_from_slice(inner),
                _ if part == neutral => {}
                _ if part == decides => return None,
                _ => out.push(part),
            }
        }
        out.sort_unstable();
        out.dedup();
        let members: FxHashSet<NodeId> = out.iter().copied().collect();
        let opposed = out.iter().any(|p| matches!(self.node(*p), Node::Not(inner) if members.contains(inner)));
        if opposed { None } else { Some(out) }
    }

    /// Joins alternatives on one operand: `x = a or x = b` is `x in (a, b)`; under `and`, `x != a and x != b` and
    /// `not x = a and not x = b` likewise.
    fn merge(&mut self, parts: &mut Vec<NodeId>, and: bool) {
        let mut groups: FxHashMap<(MergeKey, bool), Vec<NodeId>> = FxHashMap::default();
        for part in parts.iter() {
            let (check, inverted) = match self.node(*part) {
                Node::Not(inner) => (self.as_check(*inner), true),
                _ => (self.as_check(*part), false),
            };
            let Some(check) = check else { continue };
            if check.test.alternatives().is_none() {
                continue;
            }
            let positive = !check.negated && check.mode != Mode::All;
            let none_of = check.negated && check.mode != Mode::Any;
            let joins = if and { (inverted && positive) || (!inverted && none_of) } else { !inverted && positive };
            if joins {
                let key = (check.operand, check.mode, check.negated, std::mem::discriminant(&check.test));
                groups.entry((key, inverted)).or_default().push(*part);
            }
        }
        let mut groups: Vec<_> = groups.into_iter().filter(|(_, members)| members.len() > 1).collect();
        groups.sort_by(|a, b| a.1.cmp(&b.1));
        if groups.is_empty() {
            return;
        }
        for ((_, inverted), members) in groups {
            let mut values: Vec<Const> = Vec::new();
            let mut model: Option<Check> = None;
            for member in &members {
                let inner = match self.node(*member) {
                    Node::Not(inner) => *inner,
                    _ => *member,
                };
                if let Some(check) = self.as_check(inner) {
                    values.extend_from_slice(check.test.alternatives().unwrap_or(&[]));
                    model.get_or_insert_with(|| check.clone());
                }
            }
            let Some(mut check) = model else { continue };
            check.test = check.test.with(sorted(values));
            let mut merged = self.intern_check(check);
            if inverted {
                merged = self.not(merged);
            }
            parts.retain(|p| !members.contains(p));
            parts.push(merged);
        }
        parts.sort_unstable();
        parts.dedup();
    }

    /// Whether two conjuncts on one scalar field leave no value: `x = a and x = b`.
    fn contradicts(&self, parts: &[NodeId]) -> bool {
        let mut allowed: FxHashMap<OperandId, FxHashSet<&Const>> = FxHashMap::default();
        let scalar_set = |id: NodeId| match self.as_check(id) {
            Some(Check { operand, mode: Mode::One, negated, test: Test::Set(values) })
                if self.operand_kind(*operand) != Kind::Net =>
            {
                Some((*operand, *negated, values))
            }
            _ => None,
        };
        for part in parts {
            if let Some((operand, false, values)) = scalar_set(*part) {
                match allowed.get_mut(&operand) {
                    Some(set) => set.retain(|v| values.contains(v)),
                    None => {
                        allowed.insert(operand, values.iter().collect());
                    }
                }
            }
        }
        if allowed.is_empty() {
            return false;
        }
        for part in parts {
            let excluded = match self.node(*part) {
                Node::Not(inner) => scalar_set(*inner).filter(|(_, negated, _)| !negated),
                _ => scalar_set(*part).filter(|(_, negated, _)| *negated),
            };
            if let Some((operand, _, values)) = excluded
                && let Some(set) = allowed.get_mut(&operand)
            {
                set.retain(|v| !values.contains(v));
            }
        }
        allowed.values().any(FxHashSet::is_empty)
    }

    fn typed_check(&mut self, check: &TypedCheck) -> NodeId {
        let operand = self.operand(&check.lhs);
        match &check.rhs {
            TypedRhs::Operand(right) => {
                let right = self.operand(right);
                let mode = mode(&check.lhs, check.op);
                self.intern_check(Check { operand, mode, negated: false, test: Test::Pair(check.op, right) })
            }
            TypedRhs::Consts(values) => match check.modifier {
                None => self.constant_check(operand, &check.lhs, check.op, values),
                Some(modifier) => {
                    let parts: Vec<NodeId> = values
                        .iter()
                        .map(|v| self.constant_check(operand, &check.lhs, check.op, std::slice::from_ref(v)))
                        .collect();
                    match modifier {
                        Modifier::AnyOf => self.or(parts),
                        Modifier::AllOf if parts.is_empty() => FALSE,
                        Modifier::AllOf => self.and(parts),
                        Modifier::OneOf => self.exactly_one(parts),
                    }
                }
            },
        }
    }

    fn exactly_one(&mut self, mut parts: Vec<NodeId>) -> NodeId {
        parts.sort_unstable();
        match parts.as_slice() {
            [] => FALSE,
            [one] => *one,
            _ => self.intern(Node::One(parts.into())),
        }
    }

    fn constant_check(&mut self, operand: OperandId, lhs: &Operand, op: Op, values: &[Const]) -> NodeId {
        let all = || sorted(values.to_vec());
        let one = || values.first().cloned().unwrap_or(Const::Bool(false));
        let test = match op {
            Op::Exists => Test::Exists,
            _ if lhs.special == Special::Around => Test::Order(Op::Le, one()),
            Op::Eq | Op::Ne | Op::In | Op::Intersects => Test::Set(all()),
            Op::Lt | Op::Le | Op::Gt | Op::Ge => Test::Order(op, one()),
            Op::Contains | Op::BContains => Test::Contains(all()),
            Op::IContains => Test::IContains(all()),
            Op::StartsWith | Op::BStartsWith => Test::StartsWith(all()),
            Op::EndsWith => Test::EndsWith(all()),
            Op::Glob => Test::Glob(all()),
            Op::IGlob => Test::IGlob(all()),
            Op::Regex => Test::Regex(one()),
            Op::PMatch => Test::PMatch(all()),
        };
        let check = Check { operand, mode: mode(lhs, op), negated: op == Op::Ne, test };
        if lhs.special == Special::EventNumber
            && let Some(known) = event_number(&check)
        {
            return if known { TRUE } else { FALSE };
        }
        self.intern_check(check)
    }

    fn intern_check(&mut self, check: Check) -> NodeId {
        if check.test.alternatives().is_some_and(<[Const]>::is_empty) && !check.negated {
            return FALSE;
        }
        let id = match self.check_ids.get(&check) {
            Some(id) => *id,
            None => {
                let id = CheckId::try_from(self.checks.len()).unwrap_or(CheckId::MAX);
                self.checks.push(check.clone());
                self.check_ids.insert(check, id);
                id
            }
        };
        self.intern(Node::Check(id))
    }

    /// The operand's number; its parts get numbers before it.
    fn operand(&mut self, operand: &Operand) -> OperandId {
        if let Some(id) = self.operand_ids.get(operand) {
            return *id;
        }
        if let Source::Apply { args: parts, .. } | Source::Tuple(parts) = &operand.source {
            for part in parts {
                self.operand(part);
            }
        }
        let shared = Arc::new(operand.clone());
        let id = OperandId::try_from(self.operands.len()).unwrap_or(OperandId::MAX);
        self.operands.push(Arc::clone(&shared));
        self.operand_ids.insert(shared, id);
        id
    }

    /// The number of an operand that is in the graph.
    pub(crate) fn operand_id(&self, operand: &Operand) -> Option<OperandId> {
        self.operand_ids.get(operand).copied()
    }

    /// The condition under the assumption that some checks are known.
    pub(crate) fn assume(
        &mut self,
        id: NodeId,
        known: &dyn Fn(CheckId) -> Option<bool>,
        memo: &mut FxHashMap<NodeId, NodeId>,
    ) -> NodeId {
        if let Some(done) = memo.get(&id) {
            return *done;
        }
        let mut all = |graph: &mut Self, parts: &[NodeId]| -> Vec<NodeId> {
            parts.iter().map(|p| graph.assume(*p, known, memo)).collect()
        };
        let out = match self.node(id).clone() {
            Node::False | Node::True => id,
            Node::Check(c) => match known(c) {
                Some(true) => TRUE,
                Some(false) => FALSE,
                None => id,
            },
            Node::Not(inner) => {
                let inner = self.assume(inner, known, memo);
                self.not(inner)
            }
            Node::And(parts) => {
                let parts = all(self, &parts);
                self.and(parts)
            }
            Node::Or(parts) => {
                let parts = all(self, &parts);
                self.or(parts)
            }
            Node::One(parts) => {
                let parts = all(self, &parts);
                let certain = parts.iter().filter(|p| **p == TRUE).count();
                let open: Vec<NodeId> = parts.into_iter().filter(|p| *p != TRUE && *p != FALSE).collect();
                match certain {
                    0 => self.exactly_one(open),
                    1 => {
                        let any = self.or(open);
                        self.not(any)
                    }
                    _ => FALSE,
                }
            }
        };
        memo.insert(id, out);
        out
    }

    /// Visits the checks under a node, each once.
    pub(crate) fn checks_under(&self, id: NodeId, seen: &mut FxHashSet<NodeId>, visit: &mut dyn FnMut(CheckId)) {
        if !seen.insert(id) {
            return;
        }
        match self.node(id) {
            Node::False | Node::True => {}
            Node::Check(c) => visit(*c),
            Node::Not(inner) => self.checks_under(*inner, seen, visit),
            Node::And(parts) | Node::Or(parts) | Node::One(parts) => {
                for part in parts {
                    self.checks_under(*part, seen, visit);
                }
            }
        }
    }
}

fn sorted(mut values: Vec<Const>) -> Box<[Const]> {
    values.sort_unstable();
    values.dedup();
    values.into()
}

/// How several values of the left side combine for this operator.
fn mode(lhs: &Operand, op: Op) -> Mode {
    match (lhs.shape, op) {
        (_, Op::Exists) | (Shape::Scalar, _) => Mode::One,
        (Shape::List, Op::In) | (Shape::Endpoints, Op::Ne) => Mode::All,
        _ => Mode::Any,
    }
}

/// `evt.num` is always there and counts from 1.
fn event_number(check: &Check) -> Option<bool> {
    let holds = match &check.test {
        Test::Exists => true,
        Test::Set(values) if values.iter().all(|v| *v == Const::Num(0)) => return Some(check.negated),
        Test::Order(Op::Gt, Const::Num(0)) | Test::Order(Op::Ge, Const::Num(0 | 1)) => true,
        Test::Order(Op::Lt, Const::Num(0 | 1)) | Test::Order(Op::Le, Const::Num(0)) => false,
        _ => return None,
    };
    Some(holds)
}
