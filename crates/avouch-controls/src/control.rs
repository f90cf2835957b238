//! A control of an entity: what an organisation does about criteria, and what shows that it did.

use std::collections::BTreeSet;

use avouch_diagnostics::{Diagnostic, Severity, Span, near_names};

use crate::codes;
use crate::criteria::{Criterion, PointOfFocus, all_criteria, all_points, criterion, point_of_focus};
use crate::form::{Form, IdForm, Key, OWN_ID, may, must};
use crate::shapes::{is_nist, is_pci};
use crate::view::{Placed, View};
use crate::words::{ControlType, Frequency, Level, Nature, Relation};

/// Which rules are evidence: those that one of the selectors takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleSelector {
    /// Every rule: for controls about watching itself, which no single rule stands for.
    pub all: bool,
    /// Rules by name, in any letter case.
    pub names: Vec<Placed>,
    /// Rules that have one of these tags.
    pub tags: Vec<Placed>,
    /// Rules that serve one of these criteria first, or have one of these points of focus.
    pub criteria: Vec<Placed>,
}

impl RuleSelector {
    /// Whether nothing is selected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.all && self.names.is_empty() && self.tags.is_empty() && self.criteria.is_empty()
    }
}

/// What is evidence for a control.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Rules whose watching and detections are evidence.
    pub rules: RuleSelector,
    /// Checks, by id.
    pub checks: Vec<Placed>,
    /// Populations, by id.
    pub populations: Vec<Placed>,
    /// Sources that must have been observed; without them the control is unknown, whatever the rules found.
    pub sources: Vec<Placed>,
}

/// Something the control needs that avouch does not show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotCovered {
    /// What: a check, a population, or words.
    pub what: Placed,
    /// Why, and where the evidence comes from instead.
    pub why: String,
}

/// How soon somebody must act on what a rule detected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Targets {
    /// Longest time in ns from detection to first look, by level of the rule.
    pub acknowledge: Vec<(Level, u64)>,
    /// Longest time in ns from detection to a decision, by level of the rule.
    pub resolve: Vec<(Level, u64)>,
}

/// One control of a list.
#[derive(Clone, Debug)]
pub struct Control {
    /// `K8S-AC-03`.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What the organisation does, as the auditor will read it.
    pub statement: String,
    /// The role or person who answers for it.
    pub owner: String,
    /// How often.
    pub frequency: Frequency,
    /// What for.
    pub kind: ControlType,
    /// By whom.
    pub nature: Nature,
    /// Criteria it serves, the first one first.
    pub criteria: Vec<&'static Criterion>,
    /// Points of focus it serves.
    pub points: Vec<&'static PointOfFocus>,
    /// Controls of NIST SP 800-53 it serves.
    pub nist_800_53: Vec<String>,
    /// Requirements of PCI DSS it serves.
    pub pci_dss: Vec<String>,
    /// How it stands to them.
    pub relation: Relation,
    /// What shows that it worked.
    pub evidence: Evidence,
    /// What is missing.
    pub not_covered: Vec<NotCovered>,
    /// How soon somebody must act.
    pub targets: Targets,
    /// Where its id stands.
    pub span: Span,
}

impl PartialEq for Control {
    /// Whether it says the same; the place does not count.
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.fields() == other.fields()
    }
}

/// Ids that a control serves.
static SERVED: IdForm = IdForm {
    what: "criterion, point of focus, `nist:` or `pci:` id",
    example: "CC6.1`, `CC6.1.pof03`, `nist:AC-6`, `pci:7.2.5",
    pattern: "^((CC|A|C|PI|P)[0-9]\\.[0-9](\\.pof[0-9]{2})?|nist:[A-Z]{2}-[0-9]{1,2}(\\([0-9]{1,2}\\))?|pci:A?[0-9.]+)$",
    // Said more exactly by `serves`.
    is: |_| true,
};

static LEVELS: Form = Form::Table(&Form::Word(Level::NAMES), &Form::Duration);

/// The keys of a control.
pub(crate) static CONTROL: Form = Form::Map(&[
    must("id", Form::Id(&OWN_ID), "The control's id; never used again for another control."),
    must("title", Form::Text, "What it is called."),
    must("statement", Form::Text, "What the organisation does, as the auditor will read it."),
    must("owner", Form::Text, "The role or person who answers for it."),
    must("frequency", Form::Word(Frequency::NAMES), "How often it is performed."),
    must("type", Form::Word(ControlType::NAMES), "What it is for."),
    must("nature", Form::Word(Nature::NAMES), "Who performs it."),
    must(
        "satisfies",
        Form::List(&Form::Id(&SERVED)),
        "Criteria, points of focus, nist: and pci: ids it serves; first the criterion it serves first.",
    ),
    may("relation", Form::Word(Relation::NAMES), "How it stands to what it serves; intersect unless said otherwise."),
    may("evidence", Form::Map(EVIDENCE), "What shows that it worked."),
    may("not_covered", Form::List(&Form::Map(NOT_COVERED)), "What the control needs that avouch does not show."),
    may("targets", Form::Map(TARGETS), "How soon somebody must act on a detection, by level of the rule."),
]);

static EVIDENCE: &[Key] = &[
    may(
        "rules",
        Form::Map(RULES),
        "Rules whose watching and detections are evidence: those that any of the selectors takes.",
    ),
    may("checks", Form::List(&Form::Id(&OWN_ID)), "Checks, by id (controls/checks.yaml)."),
    may("populations", Form::List(&Form::Id(&OWN_ID)), "Populations, by id (controls/populations.yaml)."),
    may(
        "sources",
        Form::List(&Form::Id(&OWN_ID)),
        "Sources that must have been observed: syscall, k8s_audit, aws_cloudtrail.",
    ),
];

static RULES: &[Key] = &[
    may("all", Form::Flag, "Every rule: for controls about watching itself, which no single rule stands for."),
    may("names", Form::List(&Form::Text), "Rules by name, in any letter case."),
    may("tags", Form::List(&Form::Text), "Rules that have one of these tags."),
    may(
        "criteria",
        Form::List(&Form::Id(&SERVED)),
        "Rules that serve one of these criteria first, or have one of these points of focus.",
    ),
];

static NOT_COVERED: &[Key] = &[
    must("what", Form::Text, "A check, a population, or words."),
    must("why", Form::Text, "Why, and where the evidence comes from instead."),
];

static TARGETS: &[Key] = &[
    may("acknowledge", LEVELS, "Longest time from detection to first look: 30m, 4h, 2d."),
    may("resolve", LEVELS, "Longest time from detection to a decision."),
];

/// Reads one control whose form was checked; `None` where something it cannot be without is missing or wrong. Even then
/// all of its problems are reported.
pub(crate) fn read(view: View<'_>, problems: &mut Vec<Diagnostic>) -> Option<Control> {
    let evidence = view.map("evidence");
    let rules = evidence.and_then(|e| e.map("rules"));
    let from = |of: Option<View<'_>>, key: &str| of.map(|v| v.list(key)).unwrap_or_default();
    let targets = view.map("targets");
    let frequency = view.text("frequency").and_then(|t| Frequency::parse(&t));
    let kind = view.text("type").and_then(|t| ControlType::parse(&t));
    let nature = view.text("nature").and_then(|t| Nature::parse(&t));
    let whole = ["id", "title", "statement", "owner"].iter().all(|k| view.placed(k).is_some())
        && frequency.is_some()
        && kind.is_some()
        && nature.is_some();
    let mut control = Control {
        id: view.or_empty("id"),
        title: view.or_empty("title"),
        statement: view.or_empty("statement"),
        owner: view.or_empty("owner"),
        frequency: frequency.unwrap_or(Frequency::PerEvent),
        kind: kind.unwrap_or(ControlType::Detective),
        nature: nature.unwrap_or(Nature::Manual),
        criteria: Vec::new(),
        points: Vec::new(),
        nist_800_53: Vec::new(),
        pci_dss: Vec::new(),
        relation: view.text("relation").and_then(|t| Relation::parse(&t)).unwrap_or(Relation::Intersect),
        evidence: Evidence {
            rules: RuleSelector {
                all: rules.is_some_and(|r| r.flag("all")),
                names: from(rules, "names"),
                tags: from(rules, "tags"),
                criteria: from(rules, "criteria"),
            },
            checks: from(evidence, "checks"),
            populations: from(evidence, "populations"),
            sources: from(evidence, "sources"),
        },
        not_covered: view
            .maps("not_covered")
            .into_iter()
            .filter_map(|v| Some(NotCovered { what: v.placed("what")?, why: v.or_empty("why") }))
            .collect(),
        targets: Targets { acknowledge: levels(targets, "acknowledge"), resolve: levels(targets, "resolve") },
        span: view.span("id"),
    };
    let before = problems.len();
    serves(&mut control, &view.list("satisfies"), problems);
    let served_wrong = problems.len() > before || view.list("satisfies").is_empty();
    control.evidence.rules.criteria.retain(|id| is_criterion(id, problems));
    lints(&control, view, served_wrong, problems);
    whole.then_some(control)
}

fn levels(targets: Option<View<'_>>, key: &str) -> Vec<(Level, u64)> {
    let Some(of) = targets.and_then(|t| t.map(key)) else { return Vec::new() };
    let mut out: Vec<(Level, u64)> = of
        .entries()
        .into_iter()
        .filter_map(|(level, _)| Some((Level::parse(&level.text)?, of.duration(&level.text)?)))
        .collect();
    out.sort_unstable();
    out
}

fn serves(control: &mut Control, ids: &[Placed], problems: &mut Vec<Diagnostic>) {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id.text.to_lowercase()) {
            let mut problem =
                codes::DUPLICATE.at_fault(format!("`{}` is named twice", id.text)).at(id.span, "named before");
            problem.severity = Severity::Warning;
            problems.push(problem);
        } else if let Some(nist) = id.text.strip_prefix("nist:") {
            if known_shape(id, nist, is_nist, "`nist:AC-6`", problems) {
                control.nist_800_53.push(nist.to_owned());
            }
        } else if let Some(pci) = id.text.strip_prefix("pci:") {
            if known_shape(id, pci, is_pci, "`pci:7.2.5`", problems) {
                control.pci_dss.push(pci.to_owned());
            }
        } else if let Some(c) = criterion(&id.text) {
            control.criteria.push(c);
        } else if let Some(p) = point_of_focus(&id.text) {
            control.points.push(p);
        } else {
            unknown_criterion(id, problems);
        }
    }
}

fn known_shape(id: &Placed, rest: &str, is: fn(&str) -> bool, example: &str, problems: &mut Vec<Diagnostic>) -> bool {
    let fits = is(rest);
    if !fits {
        let title = format!("`{}` has not the shape of an id", id.text);
        problems
            .push(codes::BAD_ID.at_fault(title).at(id.span, "wrong shape").help(format!("write it like {example}")));
    }
    fits
}

/// Whether the id is one of a criterion or point of focus; reported when not.
pub(crate) fn is_criterion(id: &Placed, problems: &mut Vec<Diagnostic>) -> bool {
    let known = criterion(&id.text).is_some() || point_of_focus(&id.text).is_some();
    if !known {
        unknown_criterion(id, problems);
    }
    known
}

fn unknown_criterion(id: &Placed, problems: &mut Vec<Diagnostic>) {
    let mut problem =
        codes::UNKNOWN_CRITERION.at_fault(format!("unknown criterion `{}`", id.text)).at(id.span, "no such criterion");
    let ids = all_criteria().iter().map(|c| c.id.as_str()).chain(all_points().iter().map(|p| p.id.as_str()));
    if let Some(near) = near_names(&id.text, ids, 1).first() {
        problem = problem.help(format!("a criterion with a similar id exists: `{near}`"));
    }
    problems.push(problem);
}

/// `served_wrong`: what is served could not be read, which was reported.
fn lints(control: &Control, view: View<'_>, served_wrong: bool, problems: &mut Vec<Diagnostic>) {
    let mut say = |problem: Diagnostic| problems.push(problem.item("control", &control.id));
    if control.criteria.is_empty() && !served_wrong {
        let title = format!("control `{}` serves no criterion", control.id);
        say(codes::NO_CRITERION.at_fault(title).at(view.span("satisfies"), "no criterion among these"));
    }
    for point in control.points.iter().filter(|p| !control.criteria.contains(&p.criterion)) {
        let title = format!("control `{}` names {} and does not serve {}", control.id, point.id, point.criterion.id);
        say(codes::STRAY_POINT.at_fault(title).at(view.span("satisfies"), "its criterion is not among these"));
    }
    if control.relation == Relation::Equal {
        let title = format!("control `{}` claims to equal what it serves", control.id);
        say(codes::CLAIMS_EQUAL.at_fault(title).at(view.span("relation"), "nothing else would be needed"));
    }
    let evidence = &control.evidence;
    let none = evidence.rules.is_empty() && evidence.checks.is_empty() && evidence.populations.is_empty();
    if none && view.node("evidence").is_none() && control.nature == Nature::Automated {
        let title = format!("automated control `{}` names no evidence", control.id);
        say(codes::NO_EVIDENCE.at_fault(title).at(control.span, "nothing would show that it worked"));
    }
}
