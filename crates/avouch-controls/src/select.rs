//! Which loaded rules are evidence for a control.

use std::collections::BTreeMap;

use avouch_diagnostics::{Diagnostic, near_names};

use crate::catalogue::Catalogue;
use crate::codes;
use crate::control::{Control, RuleSelector};
use crate::list::ControlList;
use crate::mapping::Criteria;
use crate::view::Placed;

/// A loaded rule, as much of it as controls ask for.
#[derive(Clone, Debug)]
pub struct RuleFacts<'r> {
    /// Name.
    pub name: &'r str,
    /// The source it judges: `syscall`.
    pub source: &'r str,
    /// Its tags.
    pub tags: &'r [String],
    /// Whether it runs: a rule that is off or broken watches nothing.
    pub runs: bool,
    /// What it is evidence for.
    pub criteria: &'r Criteria,
}

impl RuleFacts<'_> {
    fn serves(&self, id: &str) -> bool {
        self.criteria.primary.iter().any(|c| c.id.eq_ignore_ascii_case(id))
            || self.criteria.points.iter().any(|p| p.id.eq_ignore_ascii_case(id))
    }

    fn has_tag(&self, tag: &str) -> bool {
        self.tags.iter().any(|t| t.eq_ignore_ascii_case(tag))
    }

    fn is_named(&self, name: &str) -> bool {
        self.name.to_lowercase() == name.to_lowercase()
    }
}

impl RuleSelector {
    /// The rules that any of the selectors takes, in the order given; whether they run or not.
    #[must_use]
    pub fn select<'a, 'r>(&self, rules: &'a [RuleFacts<'r>]) -> Vec<&'a RuleFacts<'r>> {
        let any = |list: &[Placed], fits: &dyn Fn(&str) -> bool| list.iter().any(|p| fits(&p.text));
        rules
            .iter()
            .filter(|r| {
                self.all
                    || any(&self.names, &|n| r.is_named(n))
                    || any(&self.tags, &|t| r.has_tag(t))
                    || any(&self.criteria, &|c| r.serves(c))
            })
            .collect()
    }
}

/// What is wrong with the selectors of a list, given the rules that are loaded and what avouch can check.
/// Without rules (`None`) only checks and populations are looked at.
#[must_use]
pub fn lint_selectors(list: &ControlList, rules: Option<&[RuleFacts<'_>]>, catalogue: &Catalogue) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for control in &list.controls {
        let before = problems.len();
        if let Some(rules) = rules {
            lint_rules(control, rules, &mut problems);
        }
        lint_catalogue(control, catalogue, &mut problems);
        for problem in problems.iter_mut().skip(before) {
            problem.item = Some(("control", control.id.clone()));
        }
    }
    problems
}

fn lint_rules(control: &Control, rules: &[RuleFacts<'_>], problems: &mut Vec<Diagnostic>) {
    let selector = &control.evidence.rules;
    for name in &selector.names {
        let mut named = rules.iter().filter(|r| r.is_named(&name.text)).peekable();
        if named.peek().is_none() {
            let problem = codes::UNKNOWN_RULE
                .at_fault(format!("no loaded rule is named `{}`", name.text))
                .at(name.span, "no such rule");
            problems.push(match near_names(&name.text, rules.iter().map(|r| r.name), 1).first() {
                Some(near) => problem.help(format!("a rule with a similar name is loaded: `{near}`")),
                None => problem,
            });
        } else if !named.any(|r| r.runs) {
            let title = format!("rule `{}` is loaded and does not run", name.text);
            problems.push(codes::RULE_OFF.at_fault(title).at(name.span, "it watches nothing"));
        }
    }
    let empty = |place: &Placed, what: &str| {
        let title = format!("no loaded rule that runs {what} `{}`", place.text);
        codes::SELECTS_NOTHING.at_fault(title).at(place.span, "selects nothing")
    };
    let running = || rules.iter().filter(|r| r.runs);
    for tag in selector.tags.iter().filter(|t| !running().any(|r| r.has_tag(&t.text))) {
        problems.push(empty(tag, "has the tag"));
    }
    for id in selector.criteria.iter().filter(|c| !running().any(|r| r.serves(&c.text))) {
        problems.push(empty(id, "serves"));
    }
    let mut unasked: BTreeMap<&str, &str> = BTreeMap::new();
    for rule in selector.select(rules).into_iter().filter(|r| r.runs) {
        if !control.evidence.sources.iter().any(|s| s.text.eq_ignore_ascii_case(rule.source)) {
            unasked.entry(rule.source).or_insert(rule.name);
        }
    }
    for (source, rule) in unasked {
        let title = format!("rule `{rule}` judges `{source}`, which control `{}` does not require", control.id);
        problems
            .push(codes::SOURCE_UNOBSERVED.at_fault(title).at(control.span, "silence of that source would not show"));
    }
}

fn lint_catalogue(control: &Control, catalogue: &Catalogue, problems: &mut Vec<Diagnostic>) {
    let said = |id: &Placed| control.not_covered.iter().any(|n| n.what.text.eq_ignore_ascii_case(&id.text));
    let lists = [
        ("check", &control.evidence.checks, &catalogue.checks),
        ("population", &control.evidence.populations, &catalogue.populations),
    ];
    for (kind, ids, known) in lists {
        for id in ids {
            match known.iter().find(|k| k.id.eq_ignore_ascii_case(&id.text)) {
                None => {
                    let problem = codes::UNKNOWN_EVIDENCE
                        .at_fault(format!("no {kind} is named `{}`", id.text))
                        .at(id.span, "no such id");
                    problems.push(match near_names(&id.text, known.iter().map(|k| k.id.as_str()), 1).first() {
                        Some(near) => problem.help(format!("one with a similar id exists: `{near}`")),
                        None => problem,
                    });
                }
                Some(known) if !known.served && !said(id) => {
                    let title = format!("{kind} `{}` is not served by avouch yet: {}", known.id, known.why);
                    problems.push(
                        codes::NOT_SERVED
                            .at_fault(title)
                            .at(id.span, "nothing provides it")
                            .help("say so under `not_covered`"),
                    );
                }
                Some(_) => {}
            }
        }
    }
}
