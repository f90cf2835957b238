//! Deviations and acceptances as observations and risks.

use avouch_finding::Time;

use super::model::{Observation, Property, RelatedObservation, RelevantEvidence, Response, Risk, RiskEntry, RiskLog};
use super::source::{Source, property, props};
use super::text::{line, time};
use crate::acceptances::AcceptanceResult;
use crate::deviations::{Deviation, DeviationKind};

/// The population that a deviation is found in.
fn population(kind: DeviationKind) -> Option<&'static str> {
    match kind {
        DeviationKind::Unwatched | DeviationKind::Lost => Some("observation-gaps"),
        DeviationKind::RuleOff | DeviationKind::RulesRefused => Some("rule-changes"),
        DeviationKind::Confirmed | DeviationKind::Late => Some("detections"),
        DeviationKind::ExpiredAcceptance | DeviationKind::OwnApproval => Some("acceptances"),
        DeviationKind::Draft | DeviationKind::CanaryMissed => None,
    }
}

/// What a deviation means.
fn meaning(kind: DeviationKind) -> &'static str {
    match kind {
        DeviationKind::Unwatched => "What happened there in that time is not known.",
        DeviationKind::Lost => {
            "Events were lost, did not come or came too late to be judged in time: silence in that time says nothing."
        }
        DeviationKind::RuleOff => "What the rule looks for would not have been seen in that time.",
        DeviationKind::RulesRefused => "The rules that were meant to run did not; the ones before went on.",
        DeviationKind::Confirmed => "What the rule looks for happened.",
        DeviationKind::Late => "Findings were not dealt with in the time that the control gives.",
        DeviationKind::ExpiredAcceptance => "An approval ended and nobody renewed or removed it.",
        DeviationKind::OwnApproval => "Nobody but the requester approved the hole.",
        DeviationKind::Draft => "What the control says was not approved when it was used.",
        DeviationKind::CanaryMissed => "The rule was not proved to fire on that node.",
    }
}

impl Source<'_> {
    pub(super) fn observed(&self, d: &Deviation) -> String {
        self.ids.item("observation of deviation", &d.id)
    }

    pub(super) fn risk_of(&self, d: &Deviation) -> String {
        self.ids.item("risk of deviation", &d.id)
    }

    pub(super) fn accepted_risk(&self, a: &AcceptanceResult<'_>) -> String {
        self.ids.item("risk of acceptance", a.id)
    }

    /// Title of a deviation.
    pub(super) fn deviation_title(d: &Deviation) -> String {
        line(&format!("{} {}: {}", d.id, d.kind.words(), d.subject))
    }

    /// What happened, in sentences.
    pub(super) fn deviation_text(d: &Deviation) -> String {
        line(&format!(
            "{} {} of {} items, from {} to {}. {}",
            d.cause,
            d.items.0,
            d.items.1,
            time(d.span.from),
            time(d.span.to),
            meaning(d.kind)
        ))
    }

    pub(super) fn deviation_props(d: &Deviation) -> Vec<Property> {
        let mut out = props([
            ("deviation", d.id.as_str()),
            ("kind", d.kind.words()),
            ("from", &time(d.span.from)),
            ("to", &time(d.span.to)),
            ("items", &d.items.0.to_string()),
            ("items-of", &d.items.1.to_string()),
            ("subject", &d.subject),
        ]);
        out.extend(d.controls.iter().filter_map(|c| property("control", c)));
        out.extend(d.criteria.iter().filter_map(|c| property("criterion", c)));
        out
    }

    pub(super) fn deviation_observation(&self, d: &Deviation) -> Observation {
        let mut evidence: Vec<RelevantEvidence> = population(d.kind)
            .map(|id| self.evidence(id, "The rows of the population for its subject and time."))
            .into_iter()
            .collect();
        if !d.evidence.is_empty() {
            evidence.push(RelevantEvidence {
                description: "Records of the ledger that show it, the first of them.".to_owned(),
                href: Some(format!("#{}", self.ids.item("resource", "manifest"))),
                props: d.evidence.iter().filter_map(|seq| property("ledger-record", &seq.to_string())).collect(),
            });
        }
        Observation {
            uuid: self.observed(d),
            title: Self::deviation_title(d),
            description: Self::deviation_text(d),
            methods: vec!["TEST"],
            collected: time(d.span.to.min(self.r.facts.period.to)),
            types: vec!["finding"],
            props: Self::deviation_props(d),
            origins: self.by_tool(),
            subjects: Vec::new(),
            relevant_evidence: evidence,
        }
    }

    pub(super) fn deviation_risk(&self, d: &Deviation) -> Risk {
        let uuid = self.risk_of(d);
        let mut entries = vec![self.entry(&uuid, "It began.", d.span.from, "open")];
        if d.closed {
            entries.push(self.entry(&uuid, "It ended.", d.span.to, "closed"));
        }
        Risk {
            title: Self::deviation_title(d),
            description: Self::deviation_text(d),
            statement: meaning(d.kind).to_owned(),
            status: if d.closed { "closed" } else { "open" },
            deadline: None,
            risk_log: Some(RiskLog { entries }),
            props: Self::deviation_props(d),
            origins: self.by_tool(),
            remediations: Vec::new(),
            related_observations: vec![RelatedObservation { observation_uuid: self.observed(d) }],
            uuid,
        }
    }

    fn entry(&self, risk: &str, title: &str, at: Time, status_change: &'static str) -> RiskEntry {
        let id = format!("{risk} {title} {status_change}");
        RiskEntry { uuid: self.ids.item("risk entry", &id), title: title.to_owned(), start: time(at), status_change }
    }

    /// Where an acceptance stands at the end of the period.
    pub(super) fn acceptance_status(&self, a: &AcceptanceResult<'_>) -> &'static str {
        if a.removed.is_some() {
            "closed"
        } else if a.expired_in(self.r.facts) {
            // Nobody approves the hole any more, and nobody has closed it.
            "open"
        } else if same_person(a) {
            "deviation-requested"
        } else {
            "deviation-approved"
        }
    }

    pub(super) fn acceptance_title(a: &AcceptanceResult<'_>) -> String {
        line(&format!("Acceptance {}: {}", a.id, a.text("rule")))
    }

    pub(super) fn acceptance_props(&self, a: &AcceptanceResult<'_>) -> Vec<Property> {
        let at = |t: Option<Time>| t.map(time).unwrap_or_default();
        let mut out = props([
            ("acceptance", a.id),
            ("control", a.text("control")),
            ("criterion", a.text("criterion")),
            ("rule", a.text("rule")),
            ("requester", a.text("requester")),
            ("approver", a.text("approver")),
            ("ticket", a.text("ticket")),
            ("from", &at(a.from)),
            ("expires", &at(a.expires)),
            ("removed", &at(a.removed)),
            ("hidden-findings", &a.hits.to_string()),
            ("findings-after-end", &a.after_end.to_string()),
            ("ledger-record", &a.change.place.seq.to_string()),
        ]);
        if self.acceptance_status(a) == "deviation-approved" {
            out.extend(property("deviation-approved", "yes"));
        }
        out
    }

    /// Why, and what it hid.
    pub(super) fn acceptance_text(a: &AcceptanceResult<'_>) -> String {
        let reason = match a.text("reason") {
            "" => "No reason is given.",
            reason => reason,
        };
        line(&format!("{reason} It hid {} findings in the period.", a.hits))
    }

    pub(super) fn acceptance_risk(&self, a: &AcceptanceResult<'_>) -> Risk {
        let uuid = self.accepted_risk(a);
        let approved = if same_person(a) { "deviation-requested" } else { "deviation-approved" };
        let from = a.from.unwrap_or(a.change.fact.time);
        let mut entries = vec![self.entry(&uuid, "It is in force from here on.", from, approved)];
        if let (true, Some(end)) = (a.expired_in(self.r.facts), a.expires) {
            entries.push(self.entry(&uuid, "It expired.", end, "open"));
        }
        if let Some(removed) = a.removed {
            entries.push(self.entry(&uuid, "It was taken out of the register.", removed, "closed"));
        }
        let response = Response {
            uuid: self.ids.item("response of acceptance", a.id),
            lifecycle: "completed",
            title: "Accepted for a time".to_owned(),
            description: Self::acceptance_text(a),
            props: props([("type", "accept")]),
        };
        Risk {
            title: Self::acceptance_title(a),
            description: Self::acceptance_text(a),
            statement: "Findings that it covers are kept, marked and counted, and nobody is told of them.".to_owned(),
            status: self.acceptance_status(a),
            deadline: a.expires.map(time),
            risk_log: Some(RiskLog { entries }),
            props: self.acceptance_props(a),
            origins: self.by_tool(),
            remediations: vec![response],
            related_observations: Vec::new(),
            uuid,
        }
    }
}

fn same_person(a: &AcceptanceResult<'_>) -> bool {
    !a.text("requester").is_empty() && a.text("requester").eq_ignore_ascii_case(a.text("approver"))
}
