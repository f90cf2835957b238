//! Which parts of conditions the events of a test reached.

use std::sync::Arc;

use avouch_diagnostics::Span;
use avouch_event::{Arena, EventType, FieldReader};

use super::{MOST_PARTS, PartKind};
use crate::naive;
use crate::program::{Program, RuleIndex};
use crate::typed::Typed;

/// How often each part of one rule's condition was true and false.
///
/// Parts are judged from left to right and only as far as needed: what was not reached counts neither way.
#[derive(Clone, Debug)]
pub struct RuleCoverage {
    /// Name of the rule.
    pub rule: String,
    /// Parts in the order of the text, macros spelled out.
    pub parts: Vec<CoveredPart>,
    /// The condition has more parts than are followed.
    pub cut: bool,
}

/// A part of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoveredPart {
    /// What it is.
    pub kind: PartKind,
    /// As the rule writes it; empty for `and` and `or`.
    pub text: String,
    /// How deep it is nested.
    pub depth: usize,
    /// Where it stands.
    pub span: Span,
    /// Times it held.
    pub held: u64,
    /// Times it did not.
    pub failed: u64,
    /// One past the last part inside it.
    end: usize,
}

impl RuleCoverage {
    /// Comparisons, and how many of them were both true and false at some time.
    #[must_use]
    pub fn checks(&self) -> (usize, usize) {
        let checks = || self.parts.iter().filter(|p| p.kind == PartKind::Check);
        (checks().count(), checks().filter(|p| p.held > 0 && p.failed > 0).count())
    }
}

impl Program {
    /// A coverage of `rule` with nothing covered; `None` for a number of another program.
    #[must_use]
    pub fn coverage(&self, rule: RuleIndex) -> Option<RuleCoverage> {
        let r = self.rule(rule)?;
        let mut coverage = RuleCoverage { rule: r.name.clone(), parts: Vec::new(), cut: false };
        list(&r.typed, 0, &mut coverage);
        Some(coverage)
    }

    /// Adds an event to the coverage of `rule`; one whose type the rule is not judged on adds nothing.
    pub fn cover<R: FieldReader>(
        &self,
        rule: RuleIndex,
        ty: EventType,
        reader: &R,
        arena: &Arena,
        coverage: &mut RuleCoverage,
    ) {
        if let Some(r) = self.rule(rule).filter(|r| r.types.contains(ty)) {
            walk(&r.typed, 0, reader, arena, &mut naive::Memo::default(), coverage);
        }
    }
}

fn list(typed: &Arc<Typed>, depth: usize, out: &mut RuleCoverage) {
    if out.parts.len() >= MOST_PARTS {
        out.cut = true;
        return;
    }
    let (kind, text, span, inner): (_, &str, _, &[Arc<Typed>]) = match &**typed {
        Typed::And(parts, span) => (PartKind::And, "", *span, parts),
        Typed::Or(parts, span) => (PartKind::Or, "", *span, parts),
        Typed::Not(inner, span) => (PartKind::Not, "not", *span, std::slice::from_ref(inner)),
        Typed::Macro { name, span, body } => (PartKind::Macro, name, *span, std::slice::from_ref(body)),
        Typed::Check(check) => (PartKind::Check, &check.text, check.span, &[]),
    };
    let at = out.parts.len();
    out.parts.push(CoveredPart { kind, text: text.to_owned(), depth, span, held: 0, failed: 0, end: 0 });
    for part in inner {
        list(part, depth + 1, out);
    }
    let end = out.parts.len();
    if let Some(p) = out.parts.get_mut(at) {
        p.end = end;
    }
}

/// Judges the part listed at `at`.
fn walk<R: FieldReader>(
    typed: &Arc<Typed>,
    at: usize,
    reader: &R,
    arena: &Arena,
    memo: &mut naive::Memo,
    out: &mut RuleCoverage,
) -> bool {
    let Some(end) = out.parts.get(at).map(|p| p.end) else { return naive::holds_with(typed, reader, arena, memo) };
    let (inner, stop): (&[Arc<Typed>], bool) = match &**typed {
        Typed::And(parts, _) => (parts, false),
        Typed::Or(parts, _) => (parts, true),
        Typed::Not(inner, _) => (std::slice::from_ref(inner), true),
        Typed::Macro { body, .. } => (std::slice::from_ref(body), true),
        Typed::Check(_) => (&[], true),
    };
    let mut child = at + 1;
    let mut result = !stop;
    for part in inner {
        let next = if child < end { out.parts.get(child).map_or(end, |p| p.end) } else { child };
        let listed = if child < end { child } else { usize::MAX };
        result = walk(part, listed, reader, arena, memo, out);
        if result == stop {
            break;
        }
        child = next;
    }
    let holds = match &**typed {
        Typed::Check(check) => naive::check_holds(check, reader, arena) == Some(true),
        Typed::Not(..) => !result,
        _ => result,
    };
    if let Some(p) = out.parts.get_mut(at) {
        if holds {
            p.held += 1;
        } else {
            p.failed += 1;
        }
    }
    holds
}
