//! The plan of action and milestones: one item for each deviation and each acceptance, with its risk.

use super::model::{Poam, PoamDefinitions, PoamItem, RelatedObservation, RelatedRisk, SystemId};
use super::source::{Source, props};
use crate::acceptances::AcceptanceResult;
use crate::deviations::Deviation;

pub(super) fn poam(s: &Source<'_>) -> Poam {
    let r = s.r;
    let mut items: Vec<PoamItem> = r.deviations.iter().map(|d| of_deviation(s, d)).collect();
    items.extend(r.acceptances.iter().map(|a| of_acceptance(s, a)));
    if items.is_empty() {
        items.push(nothing(s));
    }
    let mut risks: Vec<_> = r.deviations.iter().map(|d| s.deviation_risk(d)).collect();
    risks.extend(r.acceptances.iter().map(|a| s.acceptance_risk(a)));
    Poam {
        uuid: s.ids.item("document", "poam"),
        metadata: s.metadata("Deviations and acceptances"),
        system_id: SystemId {
            identifier_type: "http://ietf.org/rfc/rfc4122",
            id: s.ids.subject("system", &r.scope.system),
        },
        local_definitions: PoamDefinitions { components: vec![s.tool()], inventory_items: s.nodes() },
        poam_items: items,
        back_matter: s.back_matter(),
        observations: r.deviations.iter().map(|d| s.deviation_observation(d)).collect(),
        risks,
    }
}

fn of_deviation(s: &Source<'_>, d: &Deviation) -> PoamItem {
    let mut properties = Source::deviation_props(d);
    properties.extend(props([("status", if d.closed { "closed" } else { "open" })]));
    PoamItem {
        uuid: s.ids.item("item of deviation", &d.id),
        title: Source::deviation_title(d),
        description: Source::deviation_text(d),
        props: properties,
        origins: s.by_tool(),
        related_observations: vec![RelatedObservation { observation_uuid: s.observed(d) }],
        related_risks: vec![RelatedRisk { risk_uuid: s.risk_of(d) }],
    }
}

fn of_acceptance(s: &Source<'_>, a: &AcceptanceResult<'_>) -> PoamItem {
    let mut properties = s.acceptance_props(a);
    properties.extend(props([("status", s.acceptance_status(a))]));
    PoamItem {
        uuid: s.ids.item("item of acceptance", a.id),
        title: Source::acceptance_title(a),
        description: Source::acceptance_text(a),
        props: properties,
        origins: s.by_tool(),
        related_observations: Vec::new(),
        related_risks: vec![RelatedRisk { risk_uuid: s.accepted_risk(a) }],
    }
}

/// The schema wants an item where there is none: it says so, and does not pass silence off as a result.
fn nothing(s: &Source<'_>) -> PoamItem {
    let (title, description, kind) = if s.r.facts.is_empty() {
        (
            "No evidence",
            "Nothing at all is known of the period, so that no deviation could be seen. This is not a pass.",
            "no-evidence",
        )
    } else {
        ("No deviations", "The register of the period has no deviation and no acceptance.", "no-deviations")
    };
    PoamItem {
        uuid: s.ids.item("item", kind),
        title: title.to_owned(),
        description: description.to_owned(),
        props: props([("placeholder", kind)]),
        origins: s.by_tool(),
        related_observations: Vec::new(),
        related_risks: Vec::new(),
    }
}
