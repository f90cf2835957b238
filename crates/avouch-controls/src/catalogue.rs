//! Checks and populations that controls can name, and whether avouch provides them.

use std::sync::LazyLock;

use avouch_diagnostics::{Diagnostic, FileId};

use crate::control::is_criterion;
use crate::form::{Form, Key, OWN_ID, may, must};
use crate::view::{self, View};

/// A check or a population.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueEntry {
    /// `IMAGE_SCANNED`; never used again for something else.
    pub id: String,
    /// What a check looks at, or what one row of a population is.
    pub title: String,
    /// Where the facts come from.
    pub source: String,
    /// Criteria and points of focus for which it is evidence.
    pub satisfies: Vec<String>,
    /// Whether avouch provides it.
    pub served: bool,
    /// Why not, when not.
    pub why: String,
}

/// What is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// Tests of one snapshot.
    pub checks: Vec<CatalogueEntry>,
    /// Lists of everything of a kind in a period, from which an auditor samples.
    pub populations: Vec<CatalogueEntry>,
}

pub(crate) static CHECKS: Form = Form::Map(&[must("checks", Form::Table(&Form::Id(&OWN_ID), &ENTRY), "Checks by id.")]);

pub(crate) static POPULATIONS: Form =
    Form::Map(&[must("populations", Form::Table(&Form::Id(&OWN_ID), &ENTRY), "Populations by id.")]);

static ENTRY: Form = Form::Map(KEYS);

static KEYS: &[Key] = &[
    must("title", Form::Text, "What a check looks at, or what one row of a population is."),
    must("source", Form::Text, "Where the facts come from."),
    may("satisfies", Form::List(&Form::Text), "Criteria and points of focus for which it is evidence."),
    must("served", Form::Flag, "Whether avouch provides it."),
    may("why", Form::Text, "Why it does not."),
];

static BUILT_IN: LazyLock<Catalogue> = LazyLock::new(|| {
    // A test holds that the embedded files are right.
    let checks = load(FileId(0), include_str!("../../../controls/checks.yaml"), "checks", &CHECKS).0;
    let populations =
        load(FileId(0), include_str!("../../../controls/populations.yaml"), "populations", &POPULATIONS).0;
    Catalogue { checks, populations }
});

impl Catalogue {
    /// The checks and populations that avouch knows, provided or not.
    #[must_use]
    pub fn built_in() -> &'static Catalogue {
        &BUILT_IN
    }
}

pub(crate) fn load(file: FileId, text: &str, key: &str, form: &Form) -> (Vec<CatalogueEntry>, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    let Some(root) = view::read(file, text, form, &mut problems) else { return (Vec::new(), problems) };
    let table = View::of(&root).map(key).map(View::entries).unwrap_or_default();
    let entries = table
        .into_iter()
        .map(|(id, node)| {
            let view = View::of(node);
            let satisfies = view.list("satisfies").into_iter().filter(|c| is_criterion(c, &mut problems));
            CatalogueEntry {
                id: id.text,
                title: view.or_empty("title"),
                source: view.or_empty("source"),
                satisfies: satisfies.map(|c| c.text).collect(),
                served: view.flag("served"),
                why: view.or_empty("why"),
            }
        })
        .collect();
    (entries, problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_catalogues_are_right_and_say_why_something_is_not_served() {
        let files = [
            (include_str!("../../../controls/checks.yaml"), "checks", &CHECKS),
            (include_str!("../../../controls/populations.yaml"), "populations", &POPULATIONS),
        ];
        for (text, key, form) in files {
            let (entries, problems) = load(FileId(0), text, key, form);
            assert_eq!(problems, [], "{key}");
            assert!(entries.len() > 10, "{key}");
            for e in &entries {
                assert_eq!(e.served, e.why.is_empty(), "{}: a reason is given exactly when it is not served", e.id);
                assert!(!e.satisfies.is_empty(), "{}", e.id);
            }
        }
    }
}
