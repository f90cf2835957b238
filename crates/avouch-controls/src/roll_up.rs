//! Detections by criterion.

use crate::criteria::{Criterion, all_criteria};
use crate::mapping::Criteria;

/// How a criterion stands after a run. There is no "passed": that is an auditor's word, over a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// A rule that serves it first fired.
    Detected,
    /// Rules that serve it first were loaded; none fired.
    Silent,
    /// Only rules that serve it beside another criterion were loaded.
    Touched,
    /// No rule for it was loaded: nothing watched.
    NoRule,
}

/// A rule of a [`RollUp`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleIndex(usize);

/// A rule and how often it fired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleCount {
    /// Name.
    pub name: String,
    /// Detections.
    pub detections: u64,
}

#[derive(Clone, Debug)]
struct Rule {
    count: RuleCount,
    primary: Vec<usize>,
    secondary: Vec<usize>,
}

/// One criterion of the roll-up.
#[derive(Clone, Debug)]
pub struct RollUpRow {
    /// Which.
    pub criterion: &'static Criterion,
    /// How it stands.
    pub standing: Standing,
    /// Detections of rules that serve it first. Over all rows and [`RollUp::unmapped`] these add up to the detections of
    /// the run, but for rules with several primary criteria.
    pub detections: u64,
    /// Detections of rules that touch it.
    pub touching: u64,
    /// Rules that serve it first, those that fired most before, then by name; silent ones last.
    pub rules: Vec<RuleCount>,
    /// Rules loaded that touch it.
    pub touching_rules: usize,
}

/// Counts detections by criterion over the loaded rules.
#[derive(Clone, Debug, Default)]
pub struct RollUp {
    rules: Vec<Rule>,
}

impl RollUp {
    /// Adds a loaded, enabled rule.
    pub fn add_rule(&mut self, name: &str, criteria: &Criteria) -> RuleIndex {
        let ordinals = |list: &[&'static Criterion]| list.iter().map(|c| c.ordinal).collect();
        self.rules.push(Rule {
            count: RuleCount { name: name.to_owned(), detections: 0 },
            primary: ordinals(&criteria.primary),
            secondary: ordinals(&criteria.secondary),
        });
        RuleIndex(self.rules.len() - 1)
    }

    /// Counts one detection.
    pub fn count(&mut self, rule: RuleIndex) {
        self.count_many(rule, 1);
    }

    /// Counts detections.
    pub fn count_many(&mut self, rule: RuleIndex, detections: u64) {
        if let Some(rule) = self.rules.get_mut(rule.0) {
            rule.count.detections = rule.count.detections.saturating_add(detections);
        }
    }

    /// All criteria in the order of the standard, those without a rule included.
    #[must_use]
    pub fn rows(&self) -> Vec<RollUpRow> {
        all_criteria().iter().map(|c| self.row(c)).collect()
    }

    fn row(&self, criterion: &'static Criterion) -> RollUpRow {
        let at = criterion.ordinal;
        let primary = self.rules.iter().filter(|r| r.primary.contains(&at));
        let secondary = self.rules.iter().filter(|r| r.secondary.contains(&at));
        let mut rules: Vec<RuleCount> = primary.map(|r| r.count.clone()).collect();
        rules.sort_by(|a, b| b.detections.cmp(&a.detections).then_with(|| a.name.cmp(&b.name)));
        let (touching, touching_rules) =
            secondary.fold((0_u64, 0), |(n, rules), r| (n.saturating_add(r.count.detections), rules + 1));
        let detections = rules.iter().fold(0_u64, |n, r| n.saturating_add(r.detections));
        let standing = match (rules.is_empty(), detections, touching_rules) {
            (false, 1.., _) => Standing::Detected,
            (false, 0, _) => Standing::Silent,
            (true, _, 1..) => Standing::Touched,
            (true, _, 0) => Standing::NoRule,
        };
        RollUpRow { criterion, standing, detections, touching, rules, touching_rules }
    }

    /// Loaded rules that serve no criterion, with their detections: what no row shows.
    #[must_use]
    pub fn unmapped(&self) -> Vec<&RuleCount> {
        self.rules.iter().filter(|r| r.primary.is_empty() && r.secondary.is_empty()).map(|r| &r.count).collect()
    }
}

#[cfg(test)]
mod tests {
    use avouch_diagnostics::FileId;

    use super::*;
    use crate::Mapping;

    #[test]
    fn silent_and_unwatched_are_not_the_same() {
        let mut mapping = Mapping::default();
        let file =
            "rules:\n  a: {soc2: {primary: CC6.1, secondary: [CC7.2]}}\n  b: {soc2: CC6.1}\n  c: {soc2: CC6.8}\n";
        assert_eq!(mapping.load(FileId(0), file), []);
        let mut roll_up = RollUp::default();
        let [a, _b, _c, d] = ["a", "b", "c", "d"].map(|n| roll_up.add_rule(n, &mapping.criteria(n, &[])));
        roll_up.count(a);
        roll_up.count_many(a, 2);
        roll_up.count(d);
        let rows = roll_up.rows();
        let row = |id: &str| rows.iter().find(|r| r.criterion.id == id).unwrap();
        assert_eq!((row("CC6.1").standing, row("CC6.1").detections), (Standing::Detected, 3));
        let names: Vec<&str> = row("CC6.1").rules.iter().map(|r| r.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!((row("CC6.8").standing, row("CC6.8").detections), (Standing::Silent, 0));
        assert_eq!((row("CC7.2").standing, row("CC7.2").touching), (Standing::Touched, 3));
        assert_eq!(row("CC6.4").standing, Standing::NoRule);
        assert_eq!(roll_up.unmapped(), [&RuleCount { name: "d".to_owned(), detections: 1 }]);
        assert_eq!(rows.len(), 61);
    }
}
