//! Whether a filter names a finding that just came, by the same rules by which the store would find it.

use std::borrow::Cow;

use avouch_finding::Finding;
use avouch_store::{Column, Filter, StoredFinding};

use super::words::Words;

/// A filter, ready to be asked of single findings.
#[derive(Clone, Debug)]
pub(crate) struct Matcher {
    filter: Filter,
    words: Words,
}

impl Matcher {
    pub(crate) fn new(filter: Filter) -> Self {
        let words = Words::new(&filter.text);
        Self { filter, words }
    }

    /// Whether it names a finding that was recorded this moment, about which nobody decided yet.
    pub(crate) fn names_fresh(&self, finding: &Finding) -> bool {
        self.filter.period.contains(finding.time)
            && self.columns(&|column| fresh(column, finding))
            && self.words.are_in(&finding.output)
    }

    /// Whether it names a finding of the store.
    pub(crate) fn names_stored(&self, finding: &StoredFinding) -> bool {
        self.filter.period.contains(finding.time)
            && self.columns(&|column| stored(column, finding))
            && self.words.are_in(&finding.output)
    }

    fn columns<'a>(&self, of: &dyn Fn(Column) -> Texts<'a>) -> bool {
        let has = |column: &Column, values: &std::collections::BTreeSet<String>| {
            of(*column).0.iter().any(|text| values.contains(text.as_ref()))
        };
        self.filter.only.iter().all(|(column, values)| has(column, values))
            && !self.filter.except.iter().any(|(column, values)| has(column, values))
    }
}

/// What a finding has in a column; the empty text where it has nothing.
struct Texts<'a>(Vec<Cow<'a, str>>);

impl<'a> Texts<'a> {
    fn one(text: &'a str) -> Self {
        Self(vec![text.into()])
    }

    fn yes(is: bool) -> Self {
        Self::one(if is { "yes" } else { "no" })
    }

    fn list(list: &'a [String]) -> Self {
        if list.is_empty() {
            return Self::one("");
        }
        Self(list.iter().map(|text| text.as_str().into()).collect())
    }
}

fn fresh(column: Column, f: &Finding) -> Texts<'_> {
    let s = f.subject();
    match column {
        Column::Severity => Texts::one(f.severity.name()),
        Column::Priority => Texts::one(&f.priority),
        Column::Rule => Texts::one(&f.rule),
        Column::Criterion => Texts::list(&f.criteria),
        Column::CriterionSecondary => Texts::list(&f.criteria_secondary),
        Column::PointOfFocus => Texts::list(&f.points_of_focus),
        Column::Nist => Texts::list(&f.nist_800_53),
        Column::Pci => Texts::list(&f.pci_dss),
        Column::Attack => Texts::list(&f.attack),
        Column::Tag => Texts::list(&f.tags),
        Column::Source => Texts::one(&f.source),
        Column::Node => Texts::one(&f.node),
        Column::Cluster => Texts::one(&f.cluster),
        Column::Namespace => Texts::one(s.namespace),
        Column::Pod => Texts::one(s.pod),
        Column::Image => Texts::one(s.image),
        Column::Container => Texts::one(s.container),
        Column::User => Texts::one(s.user),
        Column::Process => Texts::one(s.process),
        Column::Acceptance => Texts::one(f.suppressed.as_ref().map_or("", |s| &s.acceptance)),
        Column::Suppressed => Texts::yes(f.suppressed.is_some()),
        Column::Acknowledged => Texts::yes(false),
        Column::Decision => Texts::one("none"),
        Column::Assignee => Texts::one(""),
        Column::Losses => Texts::yes(f.lost_events.is_some_and(|n| n > 0)),
        Column::ContainerUnknown => Texts::yes(f.container_unknown),
    }
}

fn stored(column: Column, f: &StoredFinding) -> Texts<'_> {
    let classes = &f.classes;
    match column {
        Column::Severity => Texts::one(f.severity.name()),
        Column::Priority => Texts::one(&f.priority),
        Column::Rule => Texts::one(&f.rule),
        Column::Criterion => Texts::list(&classes.criteria),
        Column::CriterionSecondary => Texts::list(&classes.criteria_secondary),
        Column::PointOfFocus => Texts::list(&classes.points_of_focus),
        Column::Nist => Texts::list(&classes.nist_800_53),
        Column::Pci => Texts::list(&classes.pci_dss),
        Column::Attack => Texts::list(&classes.attack),
        Column::Tag => Texts::list(&classes.tags),
        Column::Source => Texts::one(&f.source),
        Column::Node => Texts::one(&f.node),
        Column::Cluster => Texts::one(&f.cluster),
        Column::Namespace => Texts::one(&f.namespace),
        Column::Pod => Texts::one(&f.pod),
        Column::Image => Texts::one(&f.image),
        Column::Container => Texts::one(&f.container),
        Column::User => Texts::one(&f.user),
        Column::Process => Texts::one(&f.process),
        Column::Acceptance => Texts::one(f.suppressed.as_deref().unwrap_or_default()),
        Column::Suppressed => Texts::yes(f.suppressed.is_some()),
        Column::Acknowledged => Texts::yes(f.acknowledged.is_some()),
        Column::Decision => Texts::one(f.decided.as_ref().map_or("none", |d| d.decision.name())),
        Column::Assignee => Texts::one(f.assigned.as_ref().map_or("", |a| &a.to)),
        Column::Losses => Texts::yes(f.lost_events.is_some_and(|n| n > 0)),
        Column::ContainerUnknown => Texts::yes(f.container_unknown),
    }
}
