//! All rules of one source as one program.

mod build;
mod eval;
mod index;
mod scratch;

use std::sync::Arc;

use avouch_event::{Arena, EventType, FieldReader, FieldRef};

use crate::event_types::TypeSet;
use crate::matcher::{Dictionary, Matcher};
use crate::output::Output;
use crate::transform::Func;
use crate::typed::Typed;

pub(crate) use build::{Entry, build};
pub use scratch::Scratch;

/// Number of a rule within its program: load order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleIndex(pub u32);

/// Whether one event may match several rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Matching {
    /// The first rule in load order that matches is the only one.
    #[default]
    First,
    /// Every rule that matches counts.
    All,
}

/// A rule of a program.
#[derive(Debug)]
pub struct ProgramRule {
    /// Its name.
    pub name: String,
    /// Its place among the rules given to [`crate::compile`].
    pub input: usize,
    /// What it prints.
    pub output: Output,
    pub(crate) typed: Arc<Typed>,
    /// Events it is judged on.
    pub(crate) types: TypeSet,
}

/// All rules of one source, compiled. Immutable; what changes from event to event is in [`Scratch`].
#[derive(Debug)]
pub struct Program {
    /// The source, `syscall`.
    pub source: String,
    pub(crate) matching: Matching,
    pub(crate) rules: Vec<ProgramRule>,
    pub(crate) operands: Vec<Operand>,
    pub(crate) checks: Vec<Check>,
    pub(crate) nodes: Vec<Node>,
    /// Children of nodes.
    pub(crate) children: Vec<u32>,
    /// Numbers of the texts that an operand is compared with.
    pub(crate) dictionaries: Vec<Dictionary>,
    /// By event type: which of `groups` to judge.
    pub(crate) class_of: Vec<u16>,
    /// The first is empty.
    pub(crate) groups: Vec<index::Group>,
}

/// Where an operand's value comes from, parts by number.
#[derive(Debug)]
pub(crate) enum Operand {
    Field(FieldRef),
    Text(Box<[u8]>),
    Tuple(Box<[u32]>),
    Apply { func: Func, args: Box<[u32]>, option: Option<u8> },
}

/// A comparison.
#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) operand: u32,
    /// Dictionary of the operand, if the matcher wants it.
    pub(crate) dictionary: u32,
    pub(crate) mode: crate::graph::Mode,
    pub(crate) negated: bool,
    pub(crate) signed: bool,
    pub(crate) matcher: Matcher,
}

/// A part of a condition; `start..end` are its children.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    /// Used in several places and worth remembering.
    pub(crate) remember: bool,
}

/// What a node is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    False,
    True,
    Check(u32),
    Not(u32),
    And(u32, u32),
    Or(u32, u32),
    One(u32, u32),
}

impl Program {
    /// The rules, in load order.
    #[must_use]
    pub fn rules(&self) -> &[ProgramRule] {
        &self.rules
    }

    /// One rule; `None` for a number of another program.
    #[must_use]
    pub fn rule(&self, index: RuleIndex) -> Option<&ProgramRule> {
        self.rules.get(index.0 as usize)
    }

    /// Whether any rule can match an event of this type. Where not, the event need not be judged.
    #[must_use]
    #[inline]
    pub fn wants(&self, ty: EventType) -> bool {
        self.class_of.get(usize::from(ty.0)).is_some_and(|c| *c != 0)
    }

    /// The rules that match the event, in load order; at most one with [`Matching::First`].
    ///
    /// `reader` reads the fields of this event; `arena` takes what must be composed and may be reset when the result
    /// has been used. An event that matches nothing allocates nothing once `scratch` has grown.
    pub fn judge<'s, R: FieldReader>(
        &self,
        ty: EventType,
        reader: &R,
        arena: &Arena,
        scratch: &'s mut Scratch,
    ) -> &'s [RuleIndex] {
        scratch.matches.clear();
        let class = self.class_of.get(usize::from(ty.0)).copied().unwrap_or(0);
        if class == 0 {
            return &scratch.matches;
        }
        if let Some(group) = self.groups.get(usize::from(class)) {
            eval::run(self, group, reader, arena, scratch);
        }
        if self.matching == Matching::All {
            scratch.matches.sort_unstable();
            // A rule found by two values of one field stands there twice.
            scratch.matches.dedup();
        }
        &scratch.matches
    }

    /// The events that `rule` is judged on.
    #[must_use]
    pub fn event_types(&self, rule: RuleIndex) -> Vec<EventType> {
        self.rule(rule).map_or_else(Vec::new, |r| r.types.iter().collect())
    }
}
