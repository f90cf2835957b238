//! Why a rule matched an event, or did not.

mod coverage;
mod json;
mod text;

use std::sync::Arc;

use avouch_diagnostics::Span;
use avouch_event::{Arena, EventType, FieldReader};

use crate::naive;
use crate::operand::Operand;
use crate::output::value_text;
use crate::program::{Matching, Program, ProgramRule, RuleIndex};
use crate::typed::{Typed, TypedCheck, TypedRhs};

pub use coverage::{CoveredPart, RuleCoverage};

/// Parts that an explanation shows at most; a condition with more is cut, and says so.
const MOST_PARTS: usize = 5_000;
/// Longest value shown, in characters.
const LONGEST_VALUE: usize = 300;

/// Why a rule matched an event, or did not.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Name of the rule.
    pub rule: String,
    /// What came out.
    pub outcome: Outcome,
    /// The condition with the values read.
    pub tree: Part,
    /// For a condition that does not hold: the way from the root to the first part that decides it, as child numbers.
    pub failing: Option<Vec<usize>>,
    /// Parts left out because the condition is too large to show.
    pub left_out: usize,
}

/// What came out for a rule and an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The rule fires.
    Matched,
    /// The condition does not hold.
    NotMatched,
    /// The condition holds, but with first matching an earlier rule takes the event.
    Hidden {
        /// Name of that rule.
        by: String,
    },
    /// The condition is about other types of events, so it was not judged.
    OtherEventTypes {
        /// Name of the event's type.
        event_type: &'static str,
    },
}

/// A part of a condition, judged on an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// As the rule writes it; empty for `and` and `or`.
    pub text: String,
    /// What came out.
    pub verdict: Verdict,
    /// Fields read by a comparison, with their values.
    pub reads: Vec<Read>,
    /// Where it stands in the file.
    pub span: Span,
    /// Its own parts.
    pub children: Vec<Part>,
}

/// What a part of a condition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// All children hold.
    And,
    /// One child holds.
    Or,
    /// The child does not hold.
    Not,
    /// A macro; the child is its condition.
    Macro,
    /// A comparison.
    Check,
}

/// What came out for a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    True,
    /// It does not.
    False,
    /// It does not, because the field is absent.
    Absent,
}

/// A field and the value it had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// As written, `proc.aname[2]`.
    pub field: String,
    /// The value as text, cut when very long; `None` for absent.
    pub value: Option<String>,
}

impl Program {
    /// Explains what came out for `rule` on the event that `reader` reads; `None` for a number of another program.
    pub fn explain<R: FieldReader>(
        &self,
        rule: RuleIndex,
        ty: EventType,
        reader: &R,
        arena: &Arena,
    ) -> Option<Explanation> {
        let r = self.rule(rule)?;
        let mut explainer = Explainer { reader, arena, memo: naive::Memo::default(), left: MOST_PARTS, left_out: 0 };
        let tree = explainer.part(&r.typed);
        let holds = naive::holds_with(&r.typed, reader, arena, &mut explainer.memo);
        let outcome = if !r.types.contains(ty) {
            Outcome::OtherEventTypes { event_type: ty.name() }
        } else if !holds {
            Outcome::NotMatched
        } else {
            match self.hider(rule, ty, &mut explainer) {
                Some(by) => Outcome::Hidden { by: by.name.clone() },
                None => Outcome::Matched,
            }
        };
        let failing = (!holds).then(|| failing(&tree));
        Some(Explanation { rule: r.name.clone(), outcome, tree, failing, left_out: explainer.left_out })
    }

    /// The earlier rule that takes the event, with first matching.
    fn hider<R: FieldReader>(
        &self,
        rule: RuleIndex,
        ty: EventType,
        explainer: &mut Explainer<'_, R>,
    ) -> Option<&ProgramRule> {
        if self.matching == Matching::All {
            return None;
        }
        let earlier = self.rules.get(..rule.0 as usize)?;
        let (reader, arena) = (explainer.reader, explainer.arena);
        let mut holds = |r: &ProgramRule| naive::holds_with(&r.typed, reader, arena, &mut explainer.memo);
        earlier.iter().find(|r| r.types.contains(ty) && holds(r))
    }
}

/// Judges a condition part by part.
struct Explainer<'a, R> {
    reader: &'a R,
    arena: &'a Arena,
    memo: naive::Memo,
    /// Parts that may still be shown.
    left: usize,
    left_out: usize,
}

impl<R: FieldReader> Explainer<'_, R> {
    fn part(&mut self, typed: &Arc<Typed>) -> Part {
        let verdict = |holds: bool| if holds { Verdict::True } else { Verdict::False };
        self.left = self.left.saturating_sub(1);
        let (kind, text, span, inner): (_, _, _, &[Arc<Typed>]) = match &**typed {
            Typed::And(parts, span) => (PartKind::And, String::new(), *span, parts),
            Typed::Or(parts, span) => (PartKind::Or, String::new(), *span, parts),
            Typed::Not(inner, span) => (PartKind::Not, "not".to_owned(), *span, std::slice::from_ref(inner)),
            Typed::Macro { name, span, body } => (PartKind::Macro, name.to_string(), *span, std::slice::from_ref(body)),
            Typed::Check(check) => {
                return Part {
                    kind: PartKind::Check,
                    text: check.text.to_string(),
                    verdict: match naive::check_holds(check, self.reader, self.arena) {
                        None => Verdict::Absent,
                        Some(holds) => verdict(holds),
                    },
                    reads: reads(check, self.reader, self.arena),
                    span: check.span,
                    children: Vec::new(),
                };
            }
        };
        let mut children = Vec::with_capacity(inner.len().min(self.left));
        for child in inner {
            if self.left == 0 {
                self.left_out += 1;
            } else {
                children.push(self.part(child));
            }
        }
        let complete = children.len() == inner.len();
        let holds = match (kind, complete) {
            (_, false) => naive::holds_with(typed, self.reader, self.arena, &mut self.memo),
            (PartKind::And, _) => children.iter().all(|c| c.verdict == Verdict::True),
            (PartKind::Not, _) => children.iter().all(|c| c.verdict != Verdict::True),
            _ => children.iter().any(|c| c.verdict == Verdict::True),
        };
        Part { kind, text, verdict: verdict(holds), reads: Vec::new(), span, children }
    }
}

fn reads<R: FieldReader>(check: &TypedCheck, reader: &R, arena: &Arena) -> Vec<Read> {
    let mut out: Vec<Read> = Vec::new();
    let mut add = |operand: &Operand| {
        operand.fields(&mut |_, field| {
            if !out.iter().any(|r| *r.field == *field.text) {
                let value = naive::present(field.read(reader, arena)).map(|v| {
                    let mut text = value_text(v);
                    if text.chars().count() > LONGEST_VALUE {
                        text = text.chars().take(LONGEST_VALUE).chain("...".chars()).collect();
                    }
                    text
                });
                out.push(Read { field: field.text.to_string(), value });
            }
        });
    };
    add(&check.lhs);
    if let TypedRhs::Operand(right) = &check.rhs {
        add(right);
    }
    out
}

/// The way to the first part that makes the whole false: the first false conjunct, through macros; an `or` or `not` is
/// itself the reason.
fn failing(tree: &Part) -> Vec<usize> {
    let mut path = Vec::new();
    let mut at = tree;
    while matches!(at.kind, PartKind::And | PartKind::Macro) {
        let Some((i, child)) = at.children.iter().enumerate().find(|(_, c)| c.verdict != Verdict::True) else { break };
        path.push(i);
        at = child;
    }
    path
}

impl Explanation {
    /// The part that `failing` leads to.
    #[must_use]
    pub fn failing_part(&self) -> Option<&Part> {
        let mut at = &self.tree;
        for i in self.failing.as_ref()? {
            at = at.children.get(*i)?;
        }
        Some(at)
    }
}
