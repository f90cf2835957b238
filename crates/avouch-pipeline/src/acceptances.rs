//! Acceptances made ready to be asked: their conditions and subjects are compiled as rules are, over the fields of the rule's
//! source.

use avouch_controls::{AcceptanceSet, AcceptanceStanding, Narrowing, Subject, SubjectField, Time};
use avouch_diagnostics::Span;
use avouch_engine::{CompileOptions, Matching, Scratch};
use avouch_rules::ast::{Check, Expr, Literal, Op, Rhs};
use avouch_rules::{operand_prefixes, print_condition};
use serde_json::json;

use crate::judge::Detection;
use crate::ruleset::{RuleSet, RuleSetOptions, catalogs};

/// Acceptances that let detections be.
#[derive(Debug)]
pub struct Acceptances {
    set: AcceptanceSet,
    /// One rule for each condition and source, named by [`name`].
    conditions: RuleSet,
    scratch: Scratch,
}

/// An acceptance whose condition or subject cannot be compiled. It lets nothing be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct NotCompiled {
    pub id: String,
    pub why: String,
}

/// What an acceptance says of a detection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Id of the acceptance.
    pub id: String,
    /// It is in force; else it has expired, and lets nothing be any more.
    pub in_force: bool,
}

fn name(place: usize, source: &str) -> String {
    format!("{place}@{source}")
}

impl Acceptances {
    /// Compiles them for the rules that they are about. Those that cannot be are told, and let nothing be.
    #[must_use]
    pub fn new(set: AcceptanceSet, rules: &RuleSet) -> (Self, Vec<NotCompiled>) {
        let sources: Vec<&str> = catalogs().into_iter().map(|(name, _)| name).collect();
        let (mut items, mut asked) = (Vec::new(), Vec::new());
        for (place, acceptance) in set.all().iter().enumerate() {
            let Some(condition) = condition_of(&acceptance.narrowing) else { continue };
            let about = acceptance.rule.as_ref().and_then(|named| {
                let is = |r: &&avouch_rules::ResolvedRule| r.name.to_lowercase() == named.text.to_lowercase();
                rules.loaded.rules.iter().find(is).map(|r| r.source.as_str())
            });
            for source in sources.iter().filter(|s| about.is_none_or(|a| a == **s)) {
                items.push(json!({
                    "rule": name(place, source), "desc": "an acceptance", "condition": condition, "output": "an acceptance",
                    "priority": "INFO", "source": source,
                }));
                asked.push((place, *source));
            }
        }
        // JSON is YAML.
        let text = json!(items).to_string();
        let options = RuleSetOptions {
            compile: CompileOptions { matching: Matching::All, ..CompileOptions::default() },
            ..RuleSetOptions::default()
        };
        let conditions = RuleSet::from_texts(vec![("acceptances".to_owned(), text)], Vec::new(), &options);
        let mut failed: Vec<NotCompiled> = Vec::new();
        for (place, acceptance) in set.all().iter().enumerate() {
            let of_it = || asked.iter().filter(|(p, _)| *p == place);
            let runs = |source: &str| conditions.running().any(|(_, r)| r.name == name(place, source));
            if of_it().next().is_some() && !of_it().any(|(_, source)| runs(source)) {
                let why = of_it().find_map(|(_, source)| problem(&conditions, &name(place, source)));
                let why = why.unwrap_or_else(|| "it cannot be compiled".to_owned());
                failed.push(NotCompiled { id: acceptance.id.clone(), why });
            }
        }
        (Self { set, conditions, scratch: Scratch::new() }, failed)
    }

    /// All of them.
    #[must_use]
    pub fn set(&self) -> &AcceptanceSet {
        &self.set
    }

    /// What they say of a detection at the time of its event, moved by `moved_ns`. `None` when none fits.
    pub fn covering(&mut self, detection: &Detection<'_>, moved_ns: i64) -> Option<Accepted> {
        if self.set.all().is_empty() {
            return None;
        }
        let program = self.conditions.compiled.program(&detection.rule.source);
        let holds: Vec<String> = program
            .map(|program| {
                let matches = detection.matches_of(program, &mut self.scratch);
                let rule = |index| program.rule(index).and_then(|r| self.conditions.loaded.rules.get(r.input));
                matches.iter().filter_map(|i| rule(*i)).map(|r| r.name.clone()).collect()
            })
            .unwrap_or_default();
        let at = Time(detection.event.timestamp.saturating_add_signed(moved_ns));
        let covered = self.set.covering(at, &Asked { detection, holds: &holds })?;
        Some(Accepted { id: covered.acceptance.id.clone(), in_force: covered.standing == AcceptanceStanding::InForce })
    }
}

/// The first problem of a compiled condition.
fn problem(conditions: &RuleSet, rule: &str) -> Option<String> {
    let of_rule = |d: &&avouch_diagnostics::Diagnostic| d.item.as_ref().is_some_and(|(_, name)| name == rule);
    conditions.diagnostics.iter().find(of_rule).map(|d| d.title.clone())
}

/// What narrows an acceptance down, as a condition in the language of rules; `None` when nothing does.
#[must_use]
pub fn condition_of(narrowing: &Narrowing) -> Option<String> {
    match narrowing {
        Narrowing::Nothing => None,
        Narrowing::Condition(text) => Some(text.text.clone()),
        Narrowing::Subject(fields) => Some(of_subject(fields)),
    }
}

/// A subject as a condition: each field has one of its values.
fn of_subject(fields: &[SubjectField]) -> String {
    let field = |f: &SubjectField| {
        let values = f.values.iter().map(|v| equals(&f.field.text, v));
        format!("({})", values.collect::<Vec<_>>().join(" or "))
    };
    fields.iter().map(field).collect::<Vec<_>>().join(" and ")
}

/// `field = "value"`, whatever stands in the value.
fn equals(field: &str, value: &str) -> String {
    let span = Span::default();
    let whole = operand_prefixes(field, span.file, 0).into_iter().find(|p| p.len == field.len());
    // A text that is no field is refused when it is compiled.
    let Some(whole) = whole else { return format!("{field} = \"\"") };
    let literal = Literal { text: value.into(), bytes: None, quoted: true, span };
    let check =
        Check { lhs: whole.operand, op: Op::Eq, modifier: None, rhs: Rhs::Literal(literal), span, op_span: span };
    print_condition(&Expr::Check(check), false)
}

/// A detection, as acceptances see it.
struct Asked<'a> {
    detection: &'a Detection<'a>,
    /// Names of the conditions that hold.
    holds: &'a [String],
}

impl Asked<'_> {
    fn holds(&self, place: usize) -> bool {
        self.holds.iter().any(|n| *n == name(place, &self.detection.rule.source))
    }
}

impl Subject for Asked<'_> {
    fn rule(&self) -> &str {
        &self.detection.rule.name
    }

    fn serves(&self, criterion: &str) -> bool {
        let c = self.detection.criteria;
        c.primary.iter().chain(&c.secondary).any(|c| c.id.eq_ignore_ascii_case(criterion))
            || c.points.iter().any(|p| p.id.eq_ignore_ascii_case(criterion))
    }

    /// Which rules are evidence for a control is the control list's to say, which does not judge events.
    fn is_evidence_for(&self, _control: &str) -> bool {
        false
    }

    /// Subjects are compiled; a single field is never asked for.
    fn has(&self, _field: &str, _value: &str) -> bool {
        false
    }

    fn condition(&self, place: usize) -> bool {
        self.holds(place)
    }

    fn subject(&self, place: usize, _fields: &[SubjectField]) -> bool {
        self.holds(place)
    }
}

#[cfg(test)]
mod tests {
    use avouch_controls::Placed;

    use super::*;

    #[test]
    fn a_subject_is_a_condition_whatever_its_values_hold() {
        let placed = |text: &str| Placed { text: text.to_owned(), span: Span::default() };
        let values = ["sh -c \"it's\"", "c:\\", "a\nb", ""];
        let subject = |value: &str| {
            let field = SubjectField { field: placed("proc.cmdline"), values: vec![value.to_owned()] };
            condition_of(&Narrowing::Subject(vec![field])).unwrap()
        };
        for value in values {
            let text = subject(value);
            let Ok(Expr::Check(check)) = avouch_rules::parse_condition(&text, Span::default().file, 0) else {
                panic!("{text}")
            };
            assert!(matches!(check.rhs, Rhs::Literal(l) if *l.text == *value), "{text}");
        }
        assert_eq!(condition_of(&Narrowing::Nothing), None);
    }
}
