//! A control list: one version of what an organisation and its auditor agreed on.

use std::collections::BTreeMap;

use avouch_diagnostics::{Diagnostic, FileId, Span};

use crate::codes;
use crate::control::{self, Control};
use crate::form::{Form, Key, OWN_ID, may, must};
use crate::times::{Period, Time};
use crate::view::{self, View};

/// Who approved a version, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Names.
    pub by: Vec<String>,
    /// When.
    pub on: Time,
}

/// One version of a control list.
#[derive(Clone, Debug)]
pub struct ControlList {
    /// `kubernetes-starter`; the same for all versions.
    pub id: String,
    /// Number of the version.
    pub version: u32,
    /// What it is called.
    pub title: String,
    /// The organisation or system it is for.
    pub entity: String,
    /// The framework it answers to: `soc2`.
    pub framework: String,
    /// What whoever copies it should know.
    pub note: Option<String>,
    /// Who approved it; `None` is a draft.
    pub approved: Option<Approval>,
    /// From when it is valid; `None` is not dated. Without an end it is valid until a later version is.
    pub valid: Option<Period>,
    /// The controls, in the order of the file.
    pub controls: Vec<Control>,
    /// Entries under `controls` that are not used because of errors.
    pub refused: usize,
    /// The file.
    pub file: FileId,
    /// Where the id of the list stands.
    pub span: Span,
}

/// The keys of a file with a control list.
pub(crate) static LIST: Form = Form::Map(&[
    must("list", Form::Map(HEAD), "What the list is."),
    must("controls", Form::List(&control::CONTROL), "The controls."),
]);

static HEAD: &[Key] = &[
    must("id", Form::Id(&OWN_ID), "Id of the list, the same in all its versions."),
    must("version", Form::Number, "Number of this version: 1, 2, 3 in the order in which they became valid."),
    must("title", Form::Text, "What the list is called."),
    must("entity", Form::Text, "The organisation or system it is for."),
    may("framework", Form::Word(&["soc2"]), "The framework it answers to."),
    may("note", Form::Text, "What whoever copies it should know."),
    may("approved", Form::Map(APPROVED), "Who approved this version; a version without is a draft."),
    may("valid", Form::Map(VALID), "When this version is valid: from its beginning, until but not at its end."),
];

static APPROVED: &[Key] = &[
    must("by", Form::List(&Form::Text), "Names of those who approved it."),
    must("on", Form::Time, "The day on which they did."),
];

static VALID: &[Key] = &[
    must("from", Form::Time, "The first day, or time."),
    may("to", Form::Time, "The first day, or time, at which it is no longer valid; else it is until the next version."),
];

impl ControlList {
    /// Reads a file. All problems are reported; controls without errors are used. `None` when the file has no list.
    #[must_use]
    pub fn parse(file: FileId, text: &str) -> (Option<Self>, Vec<Diagnostic>) {
        let mut problems = Vec::new();
        let list =
            view::read(file, text, &LIST, &mut problems).and_then(|root| read(file, View::of(&root), &mut problems));
        (list, problems)
    }

    /// The control of that id, in any letter case.
    #[must_use]
    pub fn control(&self, id: &str) -> Option<&Control> {
        self.controls.iter().find(|c| c.id.eq_ignore_ascii_case(id))
    }

    /// Whether nobody approved it.
    #[must_use]
    pub fn is_draft(&self) -> bool {
        self.approved.is_none()
    }
}

fn read(file: FileId, root: View<'_>, problems: &mut Vec<Diagnostic>) -> Option<ControlList> {
    let head = root.map("list")?;
    let (id, number) = (head.or_empty("id"), head.number("version"));
    let version = number.unwrap_or(0);
    let approved = head.map("approved").and_then(|v| Some(Approval { by: v.texts("by"), on: v.time("on")? }));
    let valid = head.map("valid").and_then(|v| period(v, "to", problems));
    let of_list = |p: Diagnostic| p.item("list", format!("{id} version {version}"));
    let at = head.span("id");
    if head.node("approved").is_none() {
        let title = format!("version {version} of `{id}` is a draft: nobody approved it");
        problems.push(of_list(codes::DRAFT.at_fault(title).at(at, "no `approved`")));
    }
    if head.node("valid").is_none() {
        let title = format!("version {version} of `{id}` does not say from when it is valid");
        problems.push(of_list(codes::UNDATED.at_fault(title).at(at, "no `valid`")));
    }
    if let (Some(a), Some(v)) = (&approved, valid)
        && a.on > v.from
    {
        let title = format!("version {version} of `{id}` was approved on {} and is valid from {}", a.on, v.from);
        problems.push(of_list(codes::LATE_APPROVAL.at_fault(title).at(head.span("approved"), "later than its start")));
    }
    let entries = root.maps("controls");
    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
    let mut controls: Vec<Control> = Vec::new();
    for entry in &entries {
        let Some(control) = control::read(*entry, problems) else { continue };
        if let Some(first) = seen.get(&control.id.to_lowercase()) {
            let problem = codes::DUPLICATE
                .at_fault(format!("control `{}` stands twice in the list", control.id))
                .at(control.span, "this one is not used")
                .context(*first, "first here");
            problems.push(problem.item("control", &control.id));
            continue;
        }
        seen.insert(control.id.to_lowercase(), control.span);
        controls.push(control);
    }
    // Without them it is no version of a list; its problems are reported all the same.
    let whole = number.is_some() && !id.is_empty();
    whole.then_some(ControlList {
        version,
        title: head.or_empty("title"),
        entity: head.or_empty("entity"),
        framework: head.text("framework").unwrap_or_else(|| "soc2".to_owned()),
        note: head.text("note"),
        approved,
        valid,
        refused: entries.len() - controls.len(),
        controls,
        file,
        span: at,
        id,
    })
}

/// `from` and the key of the end, which may be absent; an end before the start is reported and no stretch.
pub(crate) fn period(view: View<'_>, end: &str, problems: &mut Vec<Diagnostic>) -> Option<Period> {
    let from = view.time("from")?;
    let to = match view.node(end) {
        Some(_) => view.time(end)?,
        None => Time::END,
    };
    if to <= from {
        let title = format!("the end {to} is not after the start {from}");
        problems.push(codes::BAD_PERIOD.at_fault(title).at(view.span(end), "here"));
        return None;
    }
    Some(Period { from, to })
}

#[cfg(test)]
#[path = "list_tests.rs"]
mod tests;
