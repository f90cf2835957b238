//! What an auditor asks to be given, item by item, and what of a report answers it.

use std::sync::LazyLock;

use avouch_diagnostics::{Diagnostic, FileId};

use crate::control::is_criterion;
use crate::form::{Form, IdForm, Key, may, must};
use crate::view::{self, View};

/// An item of a request list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestItem {
    /// Its number in the auditor's list.
    pub id: String,
    /// What is asked for.
    pub ask: String,
    /// Criteria it is asked for.
    pub criteria: Vec<String>,
    /// Populations of the bundle that answer it.
    pub populations: Vec<String>,
    /// Other files of the report that answer it, by their paths.
    pub files: Vec<String>,
    /// Chapters of the report that answer it, by title.
    pub chapters: Vec<String>,
    /// What has to come from elsewhere, and from where; empty where nothing has.
    pub elsewhere: String,
}

static ITEM: IdForm = IdForm {
    what: "number of a request",
    example: "PBC-08",
    pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
    is: |t| {
        t.len() <= 64
            && t.starts_with(|c: char| c.is_ascii_alphanumeric())
            && t.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    },
};

pub(crate) static REQUESTS: Form =
    Form::Map(&[must("requests", Form::Table(&Form::Id(&ITEM), &Form::Map(KEYS)), "Items by number.")]);

static KEYS: &[Key] = &[
    must("ask", Form::Text, "What is asked for."),
    may("criteria", Form::List(&Form::Text), "Criteria and points of focus it is asked for."),
    may("populations", Form::List(&Form::Text), "Populations of the bundle that answer it."),
    may("files", Form::List(&Form::Text), "Other files of the report that answer it, by their paths."),
    may("chapters", Form::List(&Form::Text), "Chapters of the report that answer it, by title."),
    may("elsewhere", Form::Text, "What has to come from elsewhere, and from where."),
];

static BUILT_IN: LazyLock<Vec<RequestItem>> = LazyLock::new(|| {
    // A test holds that the embedded file is right.
    RequestItem::parse(FileId(0), include_str!("../../../controls/requests.yaml")).0
});

impl RequestItem {
    /// What auditors usually ask for.
    #[must_use]
    pub fn built_in() -> &'static [RequestItem] {
        &BUILT_IN
    }

    /// Reads a list, in its own order.
    #[must_use]
    pub fn parse(file: FileId, text: &str) -> (Vec<Self>, Vec<Diagnostic>) {
        let mut problems = Vec::new();
        let Some(root) = view::read(file, text, &REQUESTS, &mut problems) else { return (Vec::new(), problems) };
        let table = View::of(&root).map("requests").map(View::entries).unwrap_or_default();
        let items = table
            .into_iter()
            .map(|(id, node)| {
                let view = View::of(node);
                let criteria = view.list("criteria").into_iter().filter(|c| is_criterion(c, &mut problems));
                Self {
                    id: id.text,
                    ask: view.or_empty("ask"),
                    criteria: criteria.map(|c| c.text).collect(),
                    populations: view.texts("populations"),
                    files: view.texts("files"),
                    chapters: view.texts("chapters"),
                    elsewhere: view.or_empty("elsewhere"),
                }
            })
            .collect();
        (items, problems)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_list_is_right_and_no_item_is_left_without_an_answer_or_a_place_to_look() {
        let (items, problems) = RequestItem::parse(FileId(0), include_str!("../../../controls/requests.yaml"));
        assert_eq!(problems, []);
        assert!(items.len() >= 30);
        for item in items {
            let here = item.populations.len() + item.files.len() + item.chapters.len();
            assert!(here > 0 || !item.elsewhere.is_empty(), "{}", item.id);
            assert!(!item.criteria.is_empty(), "{}", item.id);
        }
    }

    #[test]
    fn an_auditors_own_numbers_are_taken_and_mistakes_are_named() {
        let text = "requests:\n  12b: {ask: Sessions, populations: [privileged-sessions]}\n  \"12 c\": {ask: x}\n  13: {ask: y, criteria: [CC99.1]}\n";
        let (items, problems) = RequestItem::parse(FileId(0), text);
        assert_eq!(items.first().map(|i| i.id.as_str()), Some("12b"));
        assert_eq!(problems.len(), 2, "{problems:?}");
    }
}
