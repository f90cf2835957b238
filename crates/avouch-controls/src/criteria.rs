//! The Trust Services Criteria and their points of focus: ids and what they ask for, in our own words.

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

impl Scope {
    /// `full`, `partial`, `context`, `none`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Scope::Full => "full",
            Scope::Partial => "partial",
            Scope::Context => "context",
            Scope::None => "none",
        }
    }

    /// Whether it can show at least a part.
    #[must_use]
    pub fn is_relevant(self) -> bool {
        matches!(self, Scope::Full | Scope::Partial)
    }

    fn parse(name: &str) -> Option<Self> {
        [Scope::Full, Scope::Partial, Scope::Context, Scope::None].into_iter().find(|s| s.name() == name)
    }
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

impl Criterion {
    /// The family, `CC6`; what stands before the last dot.
    #[must_use]
    pub fn family(&self) -> &str {
        self.id.rsplit_once('.').map_or(self.id.as_str(), |(family, _)| family)
    }
}

/// One point of focus: an aid of the standard for judging a criterion. None of them has to be met one by one.
#[derive(Debug, PartialEq, Eq)]
pub struct PointOfFocus {
    /// `CC6.1.pof03`; the number is its place under the criterion.
    pub id: String,
    /// The criterion it belongs to.
    pub criterion: &'static Criterion,
    /// What a tool like this can show.
    pub scope: Scope,
    /// The year in which it came into the standard: 2017 or 2022.
    pub edition: u16,
    /// What it asks for, in our own words; no full stop.
    pub title: String,
}

static ALL: LazyLock<Vec<Criterion>> =
    LazyLock::new(|| criteria(include_str!("../../../controls/soc2/criteria.yaml")).unwrap_or_default());

static POINTS: LazyLock<Vec<PointOfFocus>> =
    LazyLock::new(|| points(include_str!("../../../controls/soc2/points-of-focus.yaml")).unwrap_or_default());

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

/// The 92 points of focus of CC6 to CC8, in the order of the standard; those of other criteria are not shipped.
#[must_use]
pub fn all_points() -> &'static [PointOfFocus] {
    &POINTS
}

/// The point of focus of that id (`CC6.1.pof03`), in any letter case.
#[must_use]
pub fn point_of_focus(id: &str) -> Option<&'static PointOfFocus> {
    POINTS.iter().find(|p| p.id.eq_ignore_ascii_case(id))
}

/// The entries of an embedded table: id and the texts under it. Tests hold that the tables can be read.
fn entries(text: &str) -> Option<Vec<(String, Node)>> {
    let root = yaml::parse(FileId(0), text).ok()??;
    let Content::Map(root) = root.content else { return None };
    let Content::Map(entries) = root.into_iter().next()?.1.content else { return None };
    let id = |node: Node| match node.content {
        Content::Text(id) => Some(id),
        _ => None,
    };
    entries.into_iter().map(|(key, about)| Some((id(key)?, about))).collect()
}

fn value(node: &Node, key: &str) -> Option<String> {
    let Content::Map(entries) = &node.content else { return None };
    entries.iter().find_map(|(k, v)| match (&k.content, &v.content) {
        (Content::Text(k), Content::Text(v)) if k == key => Some(v.clone()),
        _ => None,
    })
}

fn criteria(text: &str) -> Option<Vec<Criterion>> {
    let read = |(ordinal, (id, about)): (usize, (String, Node))| {
        let scope = Scope::parse(&value(&about, "scope")?)?;
        Some(Criterion { id, category: value(&about, "category")?, scope, title: value(&about, "title")?, ordinal })
    };
    entries(text)?.into_iter().enumerate().map(read).collect()
}

fn points(text: &str) -> Option<Vec<PointOfFocus>> {
    let read = |(id, about): (String, Node)| {
        let criterion = criterion(id.split_once(".pof")?.0)?;
        let scope = Scope::parse(&value(&about, "scope")?)?;
        let edition = value(&about, "edition")?.parse().ok()?;
        Some(PointOfFocus { id, criterion, scope, edition, title: value(&about, "title")? })
    };
    entries(text)?.into_iter().map(read).collect()
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
        assert_eq!(point_of_focus("cc6.3.POF04").map(|p| (p.criterion.id.as_str(), p.edition)), Some(("CC6.3", 2022)));
        assert_eq!(point_of_focus("CC6.3.pof05"), None);
    }

    #[test]
    fn points_of_focus_stand_under_the_security_criteria_that_rules_serve() {
        // Counts of the 2022 edition, from a public transcript of the criteria.
        let of = |family| all_points().iter().filter(|p| p.criterion.family() == family).count();
        assert_eq!((of("CC6"), of("CC7"), of("CC8"), all_points().len()), (38, 36, 18, 92));
        let relevant = |scope| all_points().iter().filter(|p| p.scope == scope).count();
        assert_eq!((relevant(Scope::Full), relevant(Scope::Partial)), (26 + 20 + 10, 5 + 7 + 4));
        for pair in all_points().windows(2) {
            assert!(pair[0].id < pair[1].id, "{} stands before {}", pair[0].id, pair[1].id);
        }
    }
}
