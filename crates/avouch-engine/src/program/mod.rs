//! All rules of one source as one program.

mod build;
mod dictionaries;
mod eval;
mod index;
mod known;
mod scratch;

use std::sync::Arc;

use avouch_event::{Arena, EventType, FieldReader, FieldRef};

use crate::dictionary::Dictionary;
use crate::event_types::TypeSet;
use crate::matcher::Matcher;
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
    /// Numbers of the texts that an operand is compared with.
    pub(crate) dictionaries: Vec<Dictionary>,
    pub(crate) steps: Vec<Step>,
    /// Parts of conditions that stand in several places.
    pub(crate) shared: Vec<Shared>,
    /// Lists of parts of which exactly one must hold: where their steps begin.
    pub(crate) lists: Vec<Box<[u32]>>,
    pub(crate) lookups: Vec<index::Lookup<u32>>,
    /// By event type: where the steps of its rules begin; [`END`] when it has none.
    pub(crate) entries: Vec<u32>,
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

/// One step of judging: something to ask, and the step to go on with. Conditions are walked by jumps: against a tree of
/// nodes that call each other, judging an open for writing under the stable pack takes a sixth fewer instructions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) what: What,
    /// The next step when the answer is yes; [`HOLDS`] and [`END`] are the ways out.
    pub(crate) yes: u32,
    /// The next step when it is no.
    pub(crate) no: u32,
}

/// What a step asks, by number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum What {
    Check(u32),
    Shared(u32),
    /// Whether exactly one part of a list holds.
    One(u32),
    /// Tries the rules that a look-up finds. Goes on with `no`.
    Lookup(u32),
    /// Whether this rule could still be the first that matches.
    Before(u32),
    /// The rule matches. Goes on with `no`.
    Match(u32),
}

/// Where steps end when the condition holds.
pub(crate) const HOLDS: u32 = u32::MAX;
/// Where steps end otherwise.
pub(crate) const END: u32 = u32::MAX - 1;

/// A part of a condition that stands in several places: steps of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shared {
    pub(crate) entry: u32,
    /// Worth remembering.
    pub(crate) remember: bool,
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
        self.entries.get(usize::from(ty.0)).is_some_and(|e| *e != END)
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
        let entry = self.entries.get(usize::from(ty.0)).copied().unwrap_or(END);
        if entry == END {
            return &scratch.matches;
        }
        eval::run(self, entry, reader, arena, scratch);
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
