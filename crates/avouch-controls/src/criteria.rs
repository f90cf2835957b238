//! The Trust Services Criteria: ids and what they ask for, in our own words.

use std::sync::LazyLock;

use avouch_diagnostics::FileId;

use crate::yaml::{self, Content, Node};

/// How far a tool that watches containers and clusters can give evidence for a criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// It can show that the criterion is met or not.
    Full,
    /// It can show a part.
    Partial,
    /// It can give facts that help to judge.
    Context,
    /// Nothing.
    None,
}

/// One criterion.
#[derive(Debug, PartialEq, Eq)]
pub struct Criterion {
    /// `CC6.1`.
    pub id: String,
    /// Security, Availability, Confidentiality, Processing integrity, Privacy.
    pub category: String,
    /// What a tool like this can show.
    pub scope: Scope,
    /// What it asks for, in our own words; no full stop.
    pub title: String,
    /// Place in the order of the standard.
    pub(crate) ordinal: usize,
}

static ALL: LazyLock<Vec<Criterion>> =
    LazyLock::new(|| read(include_str!("../../../controls/soc2/criteria.yaml")).unwrap_or_default());

/// All 61 criteria, in the order of the standard.
#[must_use]
pub fn all_criteria() -> &'static [Criterion] {
    &ALL
}

/// The criterion of that id, in any letter case.
#[must_use]
pub fn criterion(id: &str) -> Option<&'static Criterion> {
    ALL.iter().find(|c| c.id.eq_ignore_ascii_case(id))
}

/// Reads the embedded table; a test holds that it can be read.
fn read(text: &str) -> Option<Vec<Criterion>> {
    let root = yaml::parse(FileId(0), text).ok()??;
    let value = |node: &Node, key: &str| match &node.content {
        Content::Map(entries) => entries.iter().find_map(|(k, v)| match (&k.content, &v.content) {
            (Content::Text(k), Content::Text(v)) if k == key => Some(v.clone()),
            _ => None,
        }),
        _ => None,
    };
    let Content::Map(root) = &root.content else { return None };
    let Content::Map(entries) = &root.first()?.1.content else { return None };
    entries
        .iter()
        .enumerate()
        .map(|(ordinal, (id, about))| {
            let Content::Text(id) = &id.content else { return None };
            let scope = match value(about, "scope")?.as_str() {
                "full" => Scope::Full,
                "partial" => Scope::Partial,
                "context" => Scope::Context,
                "none" => Scope::None,
                _ => return None,
            };
            let (category, title) = (value(about, "category")?, value(about, "title")?);
            Some(Criterion { id: id.clone(), category, scope, title, ordinal })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_has_61_criteria() {
        assert_eq!(all_criteria().len(), 61);
        let of = |category| all_criteria().iter().filter(|c| c.category == category).count();
        assert_eq!((of("Security"), of("Availability"), of("Confidentiality")), (33, 3, 2));
        assert_eq!((of("Processing integrity"), of("Privacy")), (5, 18));
        let mut ids: Vec<&str> = all_criteria().iter().map(|c| c.id.as_str()).collect();
        ids.dedup();
        assert_eq!(ids.len(), 61);
    }

    #[test]
    fn ids_are_found_in_any_case() {
        assert_eq!(criterion("cc6.1").map(|c| (c.id.as_str(), c.scope)), Some(("CC6.1", Scope::Full)));
        assert_eq!(criterion("CC6.9"), None);
    }
}
