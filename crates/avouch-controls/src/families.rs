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

#[cfg(test)]
mod tests {
    use avouch_diagnostics::FileId;

    use super::*;
    use crate::mapping::{Criteria, Mapping};

    /// Rules by their tags; those that begin with `off` do not run.
    fn with_rules<T>(rules: &[(&str, &[&str])], then: impl Fn(&[RuleFacts<'_>]) -> T) -> T {
        let tags: Vec<Vec<String>> = rules.iter().map(|(_, t)| t.iter().map(|t| (*t).to_owned()).collect()).collect();
        let mapping = Mapping::default();
        let criteria: Vec<Criteria> = rules.iter().zip(&tags).map(|((n, _), t)| mapping.criteria(n, t)).collect();
        let facts: Vec<RuleFacts<'_>> = rules
            .iter()
            .zip(tags.iter().zip(&criteria))
            .map(|((name, _), (tags, criteria))| RuleFacts {
                name,
                source: "syscall",
                tags,
                runs: !name.starts_with("off"),
                criteria,
            })
            .collect();
        then(&facts)
    }

    fn row(table: &FamilyTable, family: &str) -> (u32, Option<u32>, u32, (u32, u32)) {
        let row = table.rows.iter().find(|r| r.family == family).unwrap();
        (row.controls, row.relevant, row.served, row.criteria_served)
    }

    const RULES: &[(&str, &[&str])] = &[
        ("a", &["SOC2_CC6.1", "SOC2_CC6.2", "SOC2_CC6.1.pof03", "SOC2_CC6.1.pof03", "SOC2_CC6.3.pof04"]),
        ("b", &["SOC2_CC6.1", "SOC2_CC6.1.pof03"]),
        ("off", &["SOC2_CC6.8", "SOC2_CC6.8.pof01"]),
        ("d", &["SOC2_CC4.1"]),
    ];

    #[test]
    fn only_running_rules_serve_and_each_point_counts_once() {
        let table = with_rules(RULES, standard_table);
        // 38 points of focus, 31 of them full or partial; two served; CC6.1 alone is served first.
        assert_eq!(row(&table, "CC6"), (38, Some(31), 2, (1, 8)));
        // Other families count criteria.
        assert_eq!(row(&table, "CC4"), (2, Some(2), 1, (1, 2)));
        assert_eq!(table.rows.len(), 20, "9 CC, A1, C1, PI1, 8 P");
    }

    #[test]
    fn a_profile_counts_the_points_of_its_edition() {
        let profile = Profile::built_in("article-example").unwrap();
        let table = with_rules(RULES, |r| profile_table(&profile, r));
        // CC6.3.pof04 came in 2022, the profile counts 2017.
        assert_eq!(row(&table, "CC6"), (35, Some(21), 1, (1, 8)));
        assert_eq!(row(&table, "C1"), (4, Some(0), 0, (0, 2)));
    }

    #[test]
    fn a_list_counts_its_controls_by_their_first_criterion() {
        let control = |id: &str, satisfies: &str, evidence: &str| {
            format!(
                "  - {{id: {id}, title: T, statement: S, owner: o, frequency: daily, type: detective, nature: manual, \
                 satisfies: [{satisfies}]{evidence}}}\n"
            )
        };
        let controls = [
            control("A", "CC6.1, CC7.1", ", evidence: {rules: {names: [A]}}"),
            control("B", "CC6.8", ", evidence: {rules: {criteria: [CC6.8]}}"),
            control("C", "CC6.2", ""),
            control("D", "CC7.5", ", evidence: {populations: [incidents]}"),
        ];
        let text = format!("list: {{id: l, version: 1, title: L, entity: E}}\ncontrols:\n{}", controls.concat());
        let list = ControlList::parse(FileId(0), &text).0.unwrap();
        let table = with_rules(RULES, |r| list_table(&list, r));
        // B selects a rule that is off; C names no evidence.
        assert_eq!(row(&table, "CC6"), (3, Some(2), 1, (1, 8)));
        assert_eq!(row(&table, "CC7"), (1, Some(1), 0, (0, 5)));
        assert_eq!(table.rows.len(), 2);
    }
}
