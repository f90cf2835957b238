//! The family table: how many controls a family of criteria has, how many of them a tool like this can serve, and how
//! many the loaded rules serve now.

use std::collections::BTreeSet;

use crate::criteria::{all_criteria, all_points};
use crate::list::ControlList;
use crate::profile::{Counts, Profile};
use crate::select::RuleFacts;

/// One family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FamilyRow {
    /// `CC6`.
    pub family: String,
    /// How many there are.
    pub controls: u32,
    /// How many of them such a tool can serve; `None` when that is not known.
    pub relevant: Option<u32>,
    /// How many the rules that run serve now. It says that something watches, not that anything holds.
    pub served: u32,
    /// Criteria of the family that a running rule serves first, of all its criteria.
    pub criteria_served: (u32, u32),
}

/// What the numbers of a table count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FamilyTable {
    /// In words, for the head of the table.
    pub counts: &'static str,
    /// Families in the order of the standard, or of the profile.
    pub rows: Vec<FamilyRow>,
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// What running rules serve.
struct Served {
    criteria: BTreeSet<&'static str>,
    points: BTreeSet<&'static str>,
}

impl Served {
    fn by(rules: &[RuleFacts<'_>]) -> Self {
        let running = || rules.iter().filter(|r| r.runs);
        Self {
            criteria: running().flat_map(|r| r.criteria.primary.iter().map(|c| c.id.as_str())).collect(),
            points: running().flat_map(|r| r.criteria.points.iter().map(|p| p.id.as_str())).collect(),
        }
    }

    /// Criteria of a family served first, of all.
    fn criteria_of(&self, family: &str) -> (u32, u32) {
        let of = || all_criteria().iter().filter(|c| c.family() == family);
        (count(of().filter(|c| self.criteria.contains(c.id.as_str())).count()), count(of().count()))
    }

    /// Points of focus of a family up to an edition; `relevant` ones too.
    fn points_of(&self, family: &str, edition: u16) -> u32 {
        let of = all_points().iter().filter(|p| p.criterion.family() == family && p.edition <= edition);
        count(of.filter(|p| self.points.contains(p.id.as_str())).count())
    }
}

/// By the numbers of a profile. Where it counts points of focus, those served are the ones that running rules have as
/// tags; where it counts criteria, those that running rules serve first; controls of an entity are not served by a profile.
#[must_use]
pub fn profile_table(profile: &Profile, rules: &[RuleFacts<'_>]) -> FamilyTable {
    let served = Served::by(rules);
    let row = |f: &crate::profile::ProfileFamily| FamilyRow {
        family: f.family.clone(),
        controls: f.controls,
        relevant: Some(f.relevant),
        served: match profile.counts {
            Counts::PointsOfFocus => served.points_of(&f.family, profile.edition.unwrap_or(u16::MAX)),
            Counts::Criteria => served.criteria_of(&f.family).0,
            Counts::Controls => 0,
        },
        criteria_served: served.criteria_of(&f.family),
    };
    FamilyTable { counts: profile.counts.name(), rows: profile.families.iter().map(row).collect() }
}

/// By the points of focus that are shipped (CC6 to CC8), and by criteria for other families.
#[must_use]
pub fn standard_table(rules: &[RuleFacts<'_>]) -> FamilyTable {
    let served = Served::by(rules);
    let row = |family: &str| {
        let points = || all_points().iter().filter(|p| p.criterion.family() == family);
        let criteria = || all_criteria().iter().filter(|c| c.family() == family);
        let criteria_served = served.criteria_of(family);
        let (controls, relevant, served) = if points().next().is_some() {
            (points().count(), points().filter(|p| p.scope.is_relevant()).count(), served.points_of(family, u16::MAX))
        } else {
            let relevant = criteria().filter(|c| c.scope.is_relevant()).count();
            (criteria().count(), relevant, criteria_served.0)
        };
        FamilyRow {
            family: family.to_owned(),
            controls: count(controls),
            relevant: Some(count(relevant)),
            served,
            criteria_served,
        }
    };
    FamilyTable {
        counts: "points of focus in CC6 to CC8, criteria elsewhere",
        rows: families().into_iter().map(row).collect(),
    }
}

/// By the controls of a list: a control belongs to the family of the criterion it names first, and is served when a
/// running rule is selected for it; relevant are those that name rules, checks or populations at all.
#[must_use]
pub fn list_table(list: &ControlList, rules: &[RuleFacts<'_>]) -> FamilyTable {
    let served = Served::by(rules);
    let of = |family: &'static str| {
        let first = move |c: &&crate::control::Control| c.criteria.first().is_some_and(|c| c.family() == family);
        list.controls.iter().filter(first)
    };
    let relevant = |c: &&crate::control::Control| {
        let e = &c.evidence;
        !(e.rules.is_empty() && e.checks.is_empty() && e.populations.is_empty())
    };
    let watched = |c: &&crate::control::Control| c.evidence.rules.select(rules).iter().any(|r| r.runs);
    let rows = families()
        .into_iter()
        .filter(|f| of(f).next().is_some())
        .map(|family| FamilyRow {
            family: family.to_owned(),
            controls: count(of(family).count()),
            relevant: Some(count(of(family).filter(relevant).count())),
            served: count(of(family).filter(watched).count()),
            criteria_served: served.criteria_of(family),
        })
        .collect();
    FamilyTable { counts: "controls of the list, by the criterion each names first", rows }
}

/// The families in the order of the standard.
fn families() -> Vec<&'static str> {
    let mut out: Vec<&'static str> = all_criteria().iter().map(|c| c.family()).collect();
    out.dedup();
    out
}
