//! Which acceptance covers a detection. Pure: the caller gives time, rule and values of fields.
//!
//! Conditions are the caller's to compile: each acceptance of [`AcceptanceSet::conditions`] is a condition in the language of
//! rules; what compiles it with the fields of the rule's source answers [`Subject::condition`] by the acceptance's place.
//! One whose condition does not compile must answer `false`: a hole that nobody can read lets nothing be.

use crate::acceptance::{Acceptance, AcceptanceStanding, Narrowing, SubjectField};
use crate::times::Time;
use crate::view::Placed;

/// A detection, as acceptances see it.
pub trait Subject {
    /// Name of the rule.
    fn rule(&self) -> &str;

    /// Whether the rule serves the criterion first or beside another, or has the point of focus.
    fn serves(&self, criterion: &str) -> bool;

    /// Whether the rule is evidence for the control.
    fn is_evidence_for(&self, control: &str) -> bool;

    /// Whether a field has this value; a field that is absent has none.
    fn has(&self, field: &str, value: &str) -> bool;

    /// Whether the compiled condition of the acceptance at `place` holds.
    fn condition(&self, place: usize) -> bool;

    /// Whether each field of the acceptance at `place` has one of its values.
    fn subject(&self, _place: usize, fields: &[SubjectField]) -> bool {
        fields.iter().all(|f| f.values.iter().any(|v| self.has(&f.field.text, v)))
    }
}

/// An acceptance that fits a detection.
#[derive(Clone, Copy, Debug)]
pub struct Covered<'a> {
    /// Which, by its place in the set.
    pub place: usize,
    /// The acceptance.
    pub acceptance: &'a Acceptance,
    /// In force: the detection is suppressed. Expired: it is a deviation, as the hole was to be closed by then.
    pub standing: AcceptanceStanding,
}

/// All acceptances, sorted by id.
#[derive(Clone, Debug, Default)]
pub struct AcceptanceSet {
    all: Vec<Acceptance>,
}

impl AcceptanceSet {
    /// Of several with the same id (in any letter case) only the first is used; [`crate::lint_acceptances`] reports them.
    #[must_use]
    pub fn new(mut all: Vec<Acceptance>) -> Self {
        all.sort_by_key(|a| a.id.to_lowercase());
        all.dedup_by_key(|a| a.id.to_lowercase());
        Self { all }
    }

    /// All of them; the place in it is that of [`Covered::place`].
    #[must_use]
    pub fn all(&self) -> &[Acceptance] {
        &self.all
    }

    /// Those with a condition: place, rule it is about, text with its place in the file. The hook for the compiler.
    pub fn conditions(&self) -> impl Iterator<Item = (usize, Option<&str>, &Placed)> {
        self.all.iter().enumerate().filter_map(|(place, a)| match &a.narrowing {
            Narrowing::Condition(text) => Some((place, a.rule.as_ref().map(|r| r.text.as_str()), text)),
            _ => None,
        })
    }

    /// The acceptance that covers a detection at a time: the first by id that is in force, else the first that has expired.
    /// `None` when none fits, or only such as begin later.
    #[must_use]
    pub fn covering(&self, at: Time, subject: &dyn Subject) -> Option<Covered<'_>> {
        let mut expired = None;
        for (place, acceptance) in self.all.iter().enumerate() {
            let standing = acceptance.standing(at);
            if standing == AcceptanceStanding::Pending || (expired.is_some() && standing == AcceptanceStanding::Expired)
            {
                continue;
            }
            if !fits(place, acceptance, subject) {
                continue;
            }
            let covered = Covered { place, acceptance, standing };
            if standing == AcceptanceStanding::InForce {
                return Some(covered);
            }
            expired = Some(covered);
        }
        expired
    }
}

/// Everything that the acceptance names must fit. One for a check alone covers no detection.
fn fits(place: usize, a: &Acceptance, subject: &dyn Subject) -> bool {
    if a.rule.is_none() && a.criterion.is_none() && a.control.is_none() {
        return false;
    }
    let rule = a.rule.as_ref().is_none_or(|r| r.text.to_lowercase() == subject.rule().to_lowercase());
    // A check beside nothing that names a rule is about that check's results.
    let check = a.check.is_none() || a.rule.is_some();
    // A rule that is named says what is accepted; control and criterion then only say what it weakens.
    let served = a.rule.is_some()
        || (a.criterion.as_ref().is_none_or(|c| subject.serves(&c.text))
            && a.control.as_ref().is_none_or(|c| subject.is_evidence_for(&c.text)));
    rule && check
        && served
        && match &a.narrowing {
            Narrowing::Nothing => true,
            Narrowing::Subject(fields) => subject.subject(place, fields),
            Narrowing::Condition(_) => subject.condition(place),
        }
}

#[cfg(test)]
#[path = "acceptance_tests.rs"]
mod tests;
