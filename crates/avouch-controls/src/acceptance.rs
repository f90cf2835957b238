//! Acceptances: dated, approved holes. What one lets be is kept and counted, never thrown away.

use std::collections::BTreeMap;

use avouch_diagnostics::{Diagnostic, FileId, Severity, Span};

use crate::codes;
use crate::control::is_criterion;
use crate::form::{Form, Key, OWN_ID, may, must};
use crate::times::{Period, Time, days};
use crate::view::{self, Placed, View};

/// What narrows an acceptance down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Narrowing {
    /// Nothing: it lets all detections be that its rule, criterion or control selects.
    Nothing,
    /// Fields that must each have one of the values.
    Subject(Vec<SubjectField>),
    /// A condition in the language of rules, over the fields of the rule's source. It is compiled by the caller.
    Condition(Placed),
}

/// A field of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectField {
    /// `k8s.ns.name`.
    pub field: Placed,
    /// Values of which it must equal one, letter case included.
    pub values: Vec<String>,
}

/// A look at an acceptance while it was in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Who.
    pub by: String,
    /// When.
    pub on: Time,
    /// What was decided.
    pub note: String,
}

/// One acceptance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// `ACC-2026-001`.
    pub id: String,
    /// The control it weakens.
    pub control: Option<Placed>,
    /// The criterion or point of focus it weakens.
    pub criterion: Option<Placed>,
    /// The rule whose detections it lets be.
    pub rule: Option<Placed>,
    /// The check whose failing it lets be.
    pub check: Option<Placed>,
    /// Which of them.
    pub narrowing: Narrowing,
    /// Why.
    pub reason: String,
    /// What may happen meanwhile.
    pub risk: Option<String>,
    /// What is done instead.
    pub compensating: Option<String>,
    /// Who asked for it.
    pub requester: String,
    /// Who approved it; never the requester.
    pub approver: String,
    /// Where that is recorded.
    pub ticket: Option<String>,
    /// When it is in force; without an end it never expires.
    pub period: Period,
    /// How often somebody must look at it, in ns.
    pub review_every: Option<u64>,
    /// Who did, in the order of the file.
    pub reviews: Vec<Review>,
    /// Where its id stands.
    pub span: Span,
}

/// How an acceptance stands at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AcceptanceStanding {
    /// It has begun and not ended.
    InForce,
    /// It begins later.
    Pending,
    /// It has ended: what it let be is a deviation now.
    Expired,
}

impl AcceptanceStanding {
    /// `in force`, `pending`, `expired`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::InForce => "in force",
            Self::Pending => "pending",
            Self::Expired => "expired",
        }
    }
}

/// The keys of a file with acceptances.
pub(crate) static ACCEPTANCES: Form =
    Form::Map(&[must("acceptances", Form::List(&Form::Map(KEYS)), "Dated, approved holes.")]);

static KEYS: &[Key] = &[
    must("id", Form::Id(&OWN_ID), "Id; never used again for another acceptance."),
    may("control", Form::Id(&OWN_ID), "The control it weakens."),
    may("criterion", Form::Text, "The criterion or point of focus it weakens."),
    may("rule", Form::Text, "The rule whose detections it lets be, by name."),
    may("check", Form::Id(&OWN_ID), "The check whose failing it lets be."),
    may("condition", Form::Text, "Which detections: a condition in the language of rules."),
    may(
        "subject",
        Form::Table(&Form::Text, &Form::List(&Form::Text)),
        "Which detections: fields that must each equal one of the values.",
    ),
    must("reason", Form::Text, "Why it is let be."),
    may("risk", Form::Text, "What may happen meanwhile."),
    may("compensating", Form::Text, "What is done instead."),
    must("requester", Form::Text, "Who asked for it."),
    must("approver", Form::Text, "Who approved it; another than the requester."),
    may("ticket", Form::Text, "Where that is recorded."),
    must("from", Form::Time, "From when it is in force."),
    may("expires", Form::Time, "When it ends; at most a year after `from`."),
    may("review_every", Form::Duration, "How often somebody must look at it: 30d."),
    may("reviews", Form::List(&Form::Map(REVIEW)), "Who looked at it."),
];

static REVIEW: &[Key] =
    &[must("by", Form::Text, "Who."), must("on", Form::Time, "When."), may("note", Form::Text, "What was decided.")];

impl Acceptance {
    /// How it stands at a time.
    #[must_use]
    pub fn standing(&self, at: Time) -> AcceptanceStanding {
        if at < self.period.from {
            AcceptanceStanding::Pending
        } else if at < self.period.to {
            AcceptanceStanding::InForce
        } else {
            AcceptanceStanding::Expired
        }
    }

    /// When it must be looked at next: so long after the last review, or after its start.
    #[must_use]
    pub fn review_due(&self) -> Option<Time> {
        let last = self.reviews.iter().map(|r| r.on).max().unwrap_or(self.period.from);
        self.review_every.map(|every| Time(last.0.saturating_add(every)))
    }
}

/// Reads a file. All problems are reported; acceptances with errors are not used, for a hole must be right to be one.
#[must_use]
pub fn parse_acceptances(file: FileId, text: &str) -> (Vec<Acceptance>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let Some(root) = view::read(file, text, &ACCEPTANCES, &mut problems) else { return (Vec::new(), problems) };
    let is_error = |p: &&Diagnostic| p.severity == Severity::Error;
    let places = problems.iter().filter(is_error).filter_map(Diagnostic::primary);
    let mut errors: Vec<u32> = places.map(|l| l.span.start).collect();
    errors.sort_unstable();
    let mut out = Vec::new();
    for entry in View::of(&root).maps("acceptances") {
        // Whatever the form found wrong inside of this entry also keeps it from being used.
        let (from, to) = entry.bounds();
        let broken = errors.get(errors.partition_point(|e| *e < from)).is_some_and(|e| *e < to);
        let before = problems.len();
        let acceptance = read(entry, &mut problems);
        let fine = problems.iter().skip(before).all(|p| p.severity != Severity::Error);
        out.extend(acceptance.filter(|_| fine && !broken));
    }
    (out, problems)
}

fn read(view: View<'_>, problems: &mut Vec<Diagnostic>) -> Option<Acceptance> {
    let id = view.text("id")?;
    let mut say = |problem: Diagnostic| problems.push(problem.item("acceptance", &id));
    let subject = view.map("subject").map(|s| {
        let field =
            |(field, node)| SubjectField { field, values: view::list(node).into_iter().map(|p| p.text).collect() };
        s.entries().into_iter().map(field).collect::<Vec<_>>()
    });
    let narrowing = match (subject.filter(|s| !s.is_empty()), view.placed("condition")) {
        (Some(_), Some(condition)) => {
            let title = format!("acceptance `{id}` has a condition and a subject");
            say(codes::BOTH_SCOPES.at_fault(title).at(condition.span, "and a subject beside it"));
            return None;
        }
        (Some(subject), None) => Narrowing::Subject(subject),
        (None, Some(condition)) => Narrowing::Condition(condition),
        (None, None) => Narrowing::Nothing,
    };
    let (requester, approver) = (view.text("requester")?, view.text("approver")?);
    if requester.to_lowercase() == approver.to_lowercase() {
        let title = format!("acceptance `{id}` is approved by who asked for it: `{approver}`");
        say(codes::SAME_PERSON.at_fault(title).at(view.span("approver"), "must be somebody else"));
    }
    if ["rule", "check", "control", "criterion"].iter().all(|k| view.placed(k).is_none()) {
        let title = format!("acceptance `{id}` names no rule, check, control or criterion");
        say(codes::SELECTS_ALL.at_fault(title).at(view.span("id"), "it would let everything be"));
    }
    let criterion = view.placed("criterion");
    if let Some(c) = &criterion {
        is_criterion(c, problems);
    }
    Some(Acceptance {
        control: view.placed("control"),
        criterion,
        rule: view.placed("rule"),
        check: view.placed("check"),
        narrowing,
        reason: view.or_empty("reason"),
        risk: view.text("risk"),
        compensating: view.text("compensating"),
        requester,
        approver,
        ticket: view.text("ticket"),
        period: crate::list::period(view, "expires", problems)?,
        review_every: view.duration("review_every"),
        reviews: view
            .maps("reviews")
            .into_iter()
            .filter_map(|r| Some(Review { by: r.text("by")?, on: r.time("on")?, note: r.or_empty("note") }))
            .collect(),
        span: view.span("id"),
        id,
    })
}

/// What is doubtful in acceptances of all files: too broad, without end, named twice. With a time, those expired and those
/// whose review is due at that time; with numbers of hits by id, those that nothing hit.
#[must_use]
pub fn lint_acceptances(all: &[Acceptance], at: Option<Time>, hits: Option<&BTreeMap<String, u64>>) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
    for a in all {
        let mut say = |problem: Diagnostic| problems.push(problem.item("acceptance", &a.id));
        if let Some(first) = seen.insert(a.id.to_lowercase(), a.span) {
            let title = format!("acceptance `{}` stands twice", a.id);
            say(codes::DUPLICATE.at_fault(title).at(a.span, "again here").context(first, "first here"));
        }
        if a.rule.is_none() && a.check.is_none() && a.criterion.is_none() {
            let problem = codes::COVERS_NOTHING.at_fault(format!("acceptance `{}` hides nothing", a.id));
            say(problem.at(a.span, "it names a control alone").help("name the rule whose detections were accepted"));
        } else if a.narrowing == Narrowing::Nothing && a.check.is_none() {
            let of = match (&a.rule, &a.criterion) {
                (Some(r), _) => format!("every detection of rule `{}`", r.text),
                (None, c) => format!("every detection for {}", c.as_ref().map_or("", |c| &c.text)),
            };
            let problem = codes::TOO_BROAD.at_fault(format!("acceptance `{}` lets be {of}", a.id));
            say(problem.at(a.span, "no condition and no subject").help("narrow it by `subject` or `condition`"));
        } else if a.rule.is_none() && a.check.is_none() {
            let problem = codes::TOO_BROAD.at_fault(format!("acceptance `{}` names no rule", a.id));
            say(problem.at(a.span, "any rule is let be").help("name the rule whose detections were accepted"));
        }
        let length = a.period.to.0.saturating_sub(a.period.from.0);
        if a.period.to == Time::END {
            let problem = codes::NEVER_EXPIRES.at_fault(format!("acceptance `{}` never expires", a.id));
            say(problem.at(a.span, "no `expires`"));
        } else if length > days(366) {
            let title = format!("acceptance `{}` lasts more than a year: {}", a.id, a.period);
            say(codes::NEVER_EXPIRES.at_fault(title).at(a.span, "too long to be looked at again"));
        }
        if let Some(at) = at {
            if a.standing(at) == AcceptanceStanding::Expired {
                let title = format!("acceptance `{}` expired on {}", a.id, a.period.to);
                say(codes::EXPIRED.at_fault(title).at(a.span, "it no longer suppresses"));
            } else if let Some(due) = a.review_due().filter(|due| *due < at) {
                let title = format!("acceptance `{}` was to be reviewed by {due}", a.id);
                say(codes::REVIEW_DUE.at_fault(title).at(a.span, "no review since"));
            }
        }
        // One that has not begun cannot have been of use.
        let begun = at.is_none_or(|at| a.standing(at) != AcceptanceStanding::Pending);
        if begun && hits.is_some_and(|h| h.get(&a.id).copied().unwrap_or(0) == 0) {
            let problem = codes::UNUSED.at_fault(format!("acceptance `{}` let nothing be", a.id));
            say(problem.at(a.span, "nothing matched it"));
        }
    }
    problems
}
