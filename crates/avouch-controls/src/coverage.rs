//! Which rules serve which criteria and points of focus, blanks included; and the same seen through another catalogue.

use std::collections::BTreeMap;

use crate::criteria::{Criterion, PointOfFocus, all_criteria, all_points};
use crate::crosswalk::{Crosswalk, Framework, parts};
use crate::select::RuleFacts;

/// A rule of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CoveringRule {
    /// Its source.
    pub source: String,
    /// Its name.
    pub name: String,
    /// Whether it runs. A rule that does not covers nothing.
    pub runs: bool,
}

/// One criterion.
#[derive(Clone, Debug)]
pub struct CriterionCoverage {
    /// Which.
    pub criterion: &'static Criterion,
    /// Rules that serve it first, by source and name.
    pub primary: Vec<CoveringRule>,
    /// Rules that serve it beside another.
    pub secondary: Vec<CoveringRule>,
    /// Its points of focus, as far as they are shipped.
    pub points: Vec<PointCoverage>,
}

/// One point of focus.
#[derive(Clone, Debug)]
pub struct PointCoverage {
    /// Which.
    pub point: &'static PointOfFocus,
    /// Rules that have it as a tag.
    pub rules: Vec<CoveringRule>,
}

/// All criteria against a set of rules.
#[derive(Clone, Debug)]
pub struct Coverage {
    /// Every criterion, in the order of the standard.
    pub rows: Vec<CriterionCoverage>,
    /// Rules that serve no criterion.
    pub unmapped: Vec<CoveringRule>,
    /// Rules that name a point of focus whose criterion they do not serve, with that point.
    pub stray: Vec<(CoveringRule, &'static PointOfFocus)>,
    /// Rules with tags that look like ids and are none, with those tags.
    pub unknown_tags: Vec<(CoveringRule, Vec<String>)>,
}

/// One id of another catalogue.
#[derive(Clone, Debug)]
pub struct FrameworkCoverage {
    /// `AC-6(9)`.
    pub id: String,
    /// Rules that name it themselves.
    pub named: Vec<CoveringRule>,
    /// Criteria that the crosswalk relates to it.
    pub criteria: Vec<&'static Criterion>,
    /// Rules that serve one of those criteria first, and do not name the id.
    pub by_mapping: Vec<CoveringRule>,
}

fn sorted<'a>(rules: &[RuleFacts<'a>], takes: impl Fn(&RuleFacts<'a>) -> bool) -> Vec<CoveringRule> {
    let mut out: Vec<CoveringRule> = rules.iter().filter(|r| takes(r)).map(entry).collect();
    out.sort();
    out
}

fn entry(rule: &RuleFacts<'_>) -> CoveringRule {
    CoveringRule { source: rule.source.to_owned(), name: rule.name.to_owned(), runs: rule.runs }
}

impl Coverage {
    /// Lays the rules against the criteria.
    #[must_use]
    pub fn of(rules: &[RuleFacts<'_>]) -> Self {
        let row = |criterion: &'static Criterion| CriterionCoverage {
            criterion,
            primary: sorted(rules, |r| r.criteria.primary.contains(&criterion)),
            secondary: sorted(rules, |r| r.criteria.secondary.contains(&criterion)),
            points: all_points()
                .iter()
                .filter(|p| p.criterion == criterion)
                .map(|point| PointCoverage { point, rules: sorted(rules, |r| r.criteria.points.contains(&point)) })
                .collect(),
        };
        let serves = |r: &RuleFacts<'_>, c| r.criteria.primary.contains(&c) || r.criteria.secondary.contains(&c);
        let mut stray: Vec<(CoveringRule, &PointOfFocus)> = Vec::new();
        let mut unknown_tags = Vec::new();
        for rule in rules {
            let outside = rule.criteria.points.iter().filter(|p| !serves(rule, p.criterion));
            stray.extend(outside.map(|p| (entry(rule), *p)));
            if !rule.criteria.unknown_tags.is_empty() {
                unknown_tags.push((entry(rule), rule.criteria.unknown_tags.clone()));
            }
        }
        stray.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.id.cmp(&b.1.id)));
        unknown_tags.sort();
        let unmapped = sorted(rules, |r| r.criteria.is_unmapped());
        Self { rows: all_criteria().iter().map(row).collect(), unmapped, stray, unknown_tags }
    }
}

/// Lays the rules against another catalogue: by the ids they name, and by the criteria they serve first.
#[must_use]
pub fn framework_coverage(
    rules: &[RuleFacts<'_>],
    framework: Framework,
    crosswalk: &Crosswalk,
) -> Vec<FrameworkCoverage> {
    let view = crosswalk.view(framework);
    let mut criteria: BTreeMap<&str, Vec<&'static Criterion>> = view.into_iter().collect();
    for id in rules.iter().flat_map(|r| framework.named(r.criteria)) {
        criteria.entry(id).or_default();
    }
    let mut out: Vec<FrameworkCoverage> = criteria
        .into_iter()
        .map(|(id, criteria)| {
            let names = |r: &RuleFacts<'_>| framework.named(r.criteria).iter().any(|n| n == id);
            let serves = |r: &RuleFacts<'_>| r.criteria.primary.iter().any(|c| criteria.contains(c));
            FrameworkCoverage {
                id: id.to_owned(),
                named: sorted(rules, names),
                by_mapping: sorted(rules, |r| serves(r) && !names(r)),
                criteria,
            }
        })
        .collect();
    out.sort_by(|a, b| parts(&a.id).cmp(&parts(&b.id)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mapping;

    #[test]
    fn rows_tell_primary_secondary_points_and_blanks() {
        let tags = |list: &[&str]| list.iter().map(|t| (*t).to_owned()).collect::<Vec<String>>();
        let of = [
            ("b", tags(&["SOC2_CC6.1", "SOC2_CC7.1", "SOC2_CC6.1.pof03", "SOC2_CC6.8.pof01", "NIST_800-53_AC-6"])),
            ("a", tags(&["SOC2_CC6.1", "SOC2_CC99.1"])),
            ("c", tags(&["x"])),
        ];
        let criteria: Vec<_> = of.iter().map(|(n, t)| Mapping::default().criteria(n, t)).collect();
        let rules: Vec<RuleFacts<'_>> = of
            .iter()
            .zip(&criteria)
            .map(|((name, tags), criteria)| RuleFacts { name, source: "syscall", tags, runs: *name != "a", criteria })
            .collect();
        let coverage = Coverage::of(&rules);
        let names = |list: &[CoveringRule]| list.iter().map(|r| r.name.clone()).collect::<Vec<_>>();
        let row = |id: &str| coverage.rows.iter().find(|r| r.criterion.id == id).unwrap();
        assert_eq!(names(&row("CC6.1").primary), ["a", "b"]);
        assert!(!row("CC6.1").primary[0].runs);
        assert_eq!((names(&row("CC7.1").secondary), row("CC7.1").primary.len()), (vec!["b".to_owned()], 0));
        let point = |id: &str| row(&id[..5]).points.iter().find(|p| p.point.id == id).unwrap();
        assert_eq!(names(&point("CC6.1.pof03").rules), ["b"]);
        assert!(point("CC6.1.pof04").rules.is_empty(), "a blank is a row");
        assert_eq!(coverage.rows.len(), 61);
        assert_eq!(names(&coverage.unmapped), ["c"]);
        assert_eq!(coverage.stray.len(), 1);
        assert_eq!((coverage.stray[0].0.name.as_str(), coverage.stray[0].1.id.as_str()), ("b", "CC6.8.pof01"));
        assert_eq!(coverage.unknown_tags[0].1, ["SOC2_CC99.1"]);

        let nist = framework_coverage(&rules, Framework::Nist80053, Crosswalk::built_in());
        let ac6 = nist.iter().find(|r| r.id == "AC-6").unwrap();
        assert_eq!((names(&ac6.named), names(&ac6.by_mapping)), (vec!["b".to_owned()], vec!["a".to_owned()]));
    }
}
