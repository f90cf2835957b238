//! The assessment results: one finding for each part of each control's time.

use std::collections::BTreeSet;

use super::model::{
    Activity, AssessmentResult, AssessmentResults, Assets, ControlId, Finding, ImportAp, IncludeAll, LocalObjective,
    Observation, Part, PlanDefinitions, Platform, Property, RelatedObservation, RelatedRisk, Resource,
    ResultDefinitions, ReviewedControls, Selection, Status, Subject, Target, UsedComponent,
};
use super::part::Judged;
use super::source::{Source, property, props};
use super::text::{line, time, token};
use crate::controls::Outcome;

const CONTINUOUS: &str = "There is no assessment plan: evidence is gathered all the time by the tool, and judged for a period \
                          afterwards. What is tested stands in the control lists named in the metadata, and in the local \
                          definitions.";

pub(super) fn assessment_results(s: &Source<'_>) -> AssessmentResults {
    let judged = Judged::all(s.r);
    let plan = s.ids.item("resource", "plan");
    let mut back_matter = s.back_matter();
    back_matter.resources.push(Resource {
        uuid: plan.clone(),
        title: "Evidence is gathered continuously".to_owned(),
        description: Some(CONTINUOUS.to_owned()),
        ..Resource::default()
    });
    AssessmentResults {
        uuid: s.ids.item("document", "assessment results"),
        metadata: s.metadata("Evidence for controls"),
        import_ap: ImportAp { href: format!("#{plan}"), remarks: CONTINUOUS.to_owned() },
        local_definitions: PlanDefinitions {
            activities: vec![Activity {
                uuid: s.ids.subject("activity", "continuous"),
                title: "Continuous collection".to_owned(),
                description:
                    "Rules judge every event of the sources; what was watched, lost and found is recorded as it \
                              happens."
                        .to_owned(),
                props: props([("method", "TEST")]),
            }],
            objectives_and_methods: objectives(&judged),
        },
        results: vec![result(s, &judged)],
        back_matter,
    }
}

/// Id of what a part of a control is held against.
fn objective_id(j: &Judged<'_>) -> String {
    format!("{}_obj.{}", token(j.id), j.n)
}

/// The organisation's own controls, as their lists have them: one part for each stretch in which a control said the same.
fn objectives(judged: &[Judged<'_>]) -> Vec<LocalObjective> {
    let of_control = |parts: &[Judged<'_>]| {
        let last = parts.last()?;
        Some(LocalObjective {
            control_id: token(last.id),
            description: line(&last.part.stretch.control.title),
            parts: parts.iter().map(objective).collect(),
        })
    };
    judged.chunk_by(|a, b| a.id == b.id).filter_map(of_control).collect()
}

fn objective(j: &Judged<'_>) -> Part {
    let control = j.part.stretch.control;
    let versions: Vec<String> = j.part.stretch.versions.iter().map(u32::to_string).collect();
    let mut properties = span_props(j);
    properties.extend(props([
        ("owner", control.owner.as_str()),
        ("frequency", control.frequency.name()),
        ("control-type", control.kind.name()),
        ("nature", control.nature.name()),
        ("relation", control.relation.name()),
        ("list-versions", &versions.join(" ")),
    ]));
    properties.extend(control.criteria.iter().filter_map(|c| property("criterion", &c.id)));
    properties.extend(control.points.iter().filter_map(|p| property("point-of-focus", &p.id)));
    properties.extend(control.nist_800_53.iter().filter_map(|id| property("nist-800-53", id)));
    properties.extend(control.pci_dss.iter().filter_map(|id| property("pci-dss", id)));
    let lacking = control.not_covered.iter().map(|n| format!("{}: {}", n.what.text, n.why));
    properties.extend(lacking.filter_map(|text| property("not-covered", &text)));
    Part {
        id: objective_id(j),
        name: "assessment-objective",
        title: line(&control.title),
        prose: line(&control.statement),
        props: properties,
    }
}

fn span_props(j: &Judged<'_>) -> Vec<Property> {
    props([("from", time(j.part.span.from).as_str()), ("to", &time(j.part.span.to))])
}

fn result(s: &Source<'_>, judged: &[Judged<'_>]) -> AssessmentResult {
    let r = s.r;
    let period = r.facts.period;
    let mut observations: Vec<Observation> = judged.iter().filter_map(|j| observation(s, j)).collect();
    observations.extend(r.deviations.iter().map(|d| s.deviation_observation(d)));
    let mut risks: Vec<_> = r.deviations.iter().filter(|d| !d.closed).map(|d| s.deviation_risk(d)).collect();
    risks.extend(r.acceptances.iter().map(|a| s.acceptance_risk(a)));
    let empty = r.facts.is_empty();
    let holes = r
        .history
        .holes
        .iter()
        .map(|h| format!("No version of the control list was valid from {} to {}.", h.from, h.to));
    let remarks: Vec<String> = empty
        .then(|| "No evidence: nothing at all is known of the period. This is not a pass.".to_owned())
        .into_iter()
        .chain(holes)
        .collect();
    AssessmentResult {
        uuid: s.ids.item("result", "period"),
        title: line(&format!("From {} to {}", time(period.from), time(period.to))),
        description: "What watched each control, when it did not, what was found and what was done. `satisfied` means that the \
                      control was watched all the time, that nothing failed or is open, and that no deviation names it; all \
                      else is `not-satisfied`, and the property `outcome` says what it is: unknown is not a failure, and not \
                      a pass."
            .to_owned(),
        start: time(period.from),
        end: time(period.to),
        local_definitions: ResultDefinitions {
            assessment_assets: Assets {
                components: vec![s.tool()],
                assessment_platforms: vec![Platform {
                    uuid: s.ids.subject("platform", "avouch"),
                    title: "avouch".to_owned(),
                    uses_components: vec![UsedComponent { component_uuid: s.tool_uuid() }],
                }],
            },
            inventory_items: s.nodes(),
        },
        reviewed_controls: ReviewedControls { control_selections: vec![selection(judged)] },
        remarks: (!remarks.is_empty()).then(|| remarks.join(" ")),
        props: props([
            ("evidence", if empty { "none" } else { "some" }),
            ("least-watched-ppm", &r.judging.least_watched.to_string()),
        ]),
        observations,
        risks,
        findings: judged.iter().map(|j| finding(s, j)).collect(),
    }
}

fn selection(judged: &[Judged<'_>]) -> Selection {
    let ids: BTreeSet<String> = judged.iter().map(|j| token(j.id)).collect();
    if ids.is_empty() {
        return Selection {
            description:
                "No control list was valid in the period: no control was reviewed. The selection of all controls of no \
                          plan stands here because the schema wants one."
                    .to_owned(),
            include_all: Some(IncludeAll {}),
            include_controls: Vec::new(),
        };
    }
    Selection {
        description: "The organisation's own controls.".to_owned(),
        include_all: None,
        include_controls: ids.into_iter().map(|control_id| ControlId { control_id }).collect(),
    }
}

fn watched(j: &Judged<'_>) -> bool {
    !matches!(j.outcome, Outcome::NoEvidence | Outcome::NotCovered)
}

/// What was watched for a control; `None` when nothing was, so that nothing was tested.
fn observation(s: &Source<'_>, j: &Judged<'_>) -> Option<Observation> {
    if !watched(j) {
        return None;
    }
    let nodes: BTreeSet<&str> =
        j.part.coverage.subjects.iter().map(|c| c.node.as_str()).filter(|n| !n.is_empty()).collect();
    let subject =
        |node: &str| Subject { subject_uuid: s.node_uuid(node), r#type: "inventory-item", title: Some(line(node)) };
    let mut evidence = vec![
        s.evidence("nodes", "What was to be watched, and for how long each was."),
        s.evidence("detections", "Every finding of the period with what people made of it."),
    ];
    if !j.part.coverage.gaps.is_empty() {
        evidence.push(s.evidence("observation-gaps", "Every stretch that was not watched."));
    }
    Some(Observation {
        uuid: observed(s, j),
        title: line(&format!("{}: what was watched and found", j.id)),
        description: line(&j.reason()),
        methods: vec!["TEST"],
        collected: time(j.part.span.to),
        types: vec!["control-objective"],
        props: numbers(j),
        origins: s.by_tool(),
        subjects: nodes.into_iter().map(subject).collect(),
        relevant_evidence: evidence,
    })
}

fn observed(s: &Source<'_>, j: &Judged<'_>) -> String {
    s.ids.item("observation of control", &format!("{} {}", j.n, j.id))
}

fn numbers(j: &Judged<'_>) -> Vec<Property> {
    j.numbers().into_iter().filter_map(|(name, n)| property(name, &n.to_string())).collect()
}

fn finding(s: &Source<'_>, j: &Judged<'_>) -> Finding {
    let control = j.part.stretch.control;
    let (state, reason) = match (j.satisfied(), j.failed()) {
        (true, _) => ("satisfied", "pass"),
        (false, true) => ("not-satisfied", "fail"),
        (false, false) => ("not-satisfied", "other"),
    };
    let mut properties = props([("outcome", j.words().replace(' ', "-").as_str())]);
    properties.extend(span_props(j));
    properties.extend(numbers(j));
    properties.extend(j.part.missing_sources.iter().filter_map(|m| property("silent-source", m)));
    let drafts = j.part.stretch.drafts.iter();
    properties.extend(drafts.filter_map(|v| property("not-approved-list-version", &v.to_string())));
    let mut seen: Vec<RelatedObservation> =
        watched(j).then(|| RelatedObservation { observation_uuid: observed(s, j) }).into_iter().collect();
    seen.extend(j.deviations.iter().map(|d| RelatedObservation { observation_uuid: s.observed(d) }));
    let mut risks: Vec<RelatedRisk> =
        j.deviations.iter().filter(|d| !d.closed).map(|d| RelatedRisk { risk_uuid: s.risk_of(d) }).collect();
    let own = s.r.acceptances.iter().filter(|a| a.text("control").eq_ignore_ascii_case(j.id));
    risks.extend(own.map(|a| RelatedRisk { risk_uuid: s.accepted_risk(a) }));
    Finding {
        uuid: s.ids.item("finding of control", &format!("{} {}", j.n, j.id)),
        title: line(&format!("{} {}: {}", j.id, control.title, j.words())),
        description: line(&j.reason()),
        target: Target {
            r#type: "objective-id",
            target_id: objective_id(j),
            title: line(&control.title),
            status: Status { state, reason, remarks: line(&format!("{}. {}", j.words(), j.reason())) },
        },
        props: properties,
        origins: s.by_tool(),
        related_observations: seen,
        related_risks: risks,
    }
}
