//! What is answered about controls.

use avouch_finding::Time;
use avouch_report::{Deviation, Outcome};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::gaps::GapOut;

/// Controls by criterion.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ControlsAnswer {
    pub(super) answer: Answer,
    pub(super) lists: Vec<ListOut>,
    /// The days (UTC) of the period, in order: those of every control's `days`.
    pub(super) days: Vec<String>,
    pub(super) criteria: Vec<CriterionOut>,
    /// What did not go as it should have, all of it.
    pub(super) deviations: Vec<DeviationOut>,
}

/// A version of the control list that was valid in the period.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ListOut {
    pub(super) id: String,
    pub(super) version: u32,
    pub(super) title: String,
    pub(super) entity: String,
    /// Names; empty for a draft.
    pub(super) approved_by: Vec<String>,
    pub(super) approved_on: Option<String>,
    pub(super) valid_from: Option<String>,
    /// SHA-256 of its text, in hex.
    pub(super) digest: String,
}

/// A criterion and the controls that serve it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CriterionOut {
    pub(super) id: String,
    /// In our own words.
    pub(super) name: String,
    /// The worst of its controls.
    pub(super) state: ControlState,
    pub(super) controls: Vec<ControlOut>,
}

/// What a period says of a control. No score: the shares stand beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ControlState {
    /// Something failed.
    Deviations,
    /// Nothing in the period tells of it.
    NoEvidence,
    /// Nothing failed that is known, but it was not watched all the time, or findings are open.
    PartlyUnknown,
    /// Watched all the time, nothing failed, nothing open.
    NoDeviation,
    /// It names no evidence that avouch makes.
    NotCovered,
}

impl From<Outcome> for ControlState {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::NoDeviation => Self::NoDeviation,
            Outcome::Deviations => Self::Deviations,
            Outcome::PartlyUnknown => Self::PartlyUnknown,
            Outcome::NoEvidence => Self::NoEvidence,
            Outcome::NotCovered => Self::NotCovered,
        }
    }
}

/// A control in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ControlOut {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) statement: String,
    pub(super) owner: String,
    pub(super) state: ControlState,
    /// Part of the time to be watched that was watched with nothing lost, 0 to 1; `null` when nothing was to be watched.
    pub(super) share: Option<f64>,
    pub(super) findings: u64,
    /// Findings that nobody decided.
    pub(super) open: u64,
    pub(super) deviations: usize,
    pub(super) gaps: usize,
    /// By day of the answer, in short: `pass`, `unknown`, `fail`, `not_expected`.
    pub(super) days: Vec<&'static str>,
}

/// One control with what it stands on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ControlDetail {
    pub(super) answer: Answer,
    pub(super) control: ControlOut,
    pub(super) frequency: String,
    pub(super) kind: String,
    pub(super) nature: String,
    pub(super) criteria: Vec<String>,
    pub(super) points_of_focus: Vec<String>,
    pub(super) nist_800_53: Vec<String>,
    pub(super) pci_dss: Vec<String>,
    /// Rules that it stands on.
    pub(super) rules: Vec<RuleOut>,
    pub(super) sources: Vec<String>,
    /// Sources that it stands on and of which nothing was heard at all.
    pub(super) missing_sources: Vec<String>,
    /// Populations that it names, by id; the report draws samples from them.
    pub(super) populations: Vec<String>,
    /// What it needs that avouch does not show, and why.
    pub(super) not_covered: Vec<NotCoveredOut>,
    pub(super) days: Vec<ControlDay>,
    pub(super) gaps: Vec<GapOut>,
    /// Gaps that are not listed.
    pub(super) more_gaps: usize,
    pub(super) deviations: Vec<DeviationOut>,
    pub(super) acceptances: Vec<AcceptanceHits>,
}

/// A rule of a control.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RuleOut {
    pub(super) name: String,
    pub(super) source: String,
}

/// Something the control needs that comes from elsewhere.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct NotCoveredOut {
    pub(super) what: String,
    pub(super) why: String,
}

/// A day of a control: numbers of watched subjects (a source of a node) by state.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ControlDay {
    pub(super) day: String,
    pub(super) state: &'static str,
    pub(super) pass: u64,
    pub(super) unknown: u64,
    pub(super) fail: u64,
    /// Part of the time that they were to be watched which was watched with nothing lost, 0 to 1; `null` when nothing was to be watched.
    pub(super) share: Option<f64>,
}

/// An acceptance that hid findings of the control's rules.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AcceptanceHits {
    pub(super) id: String,
    pub(super) rule: String,
    pub(super) hits: u64,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) expires: Option<Time>,
}

/// What did not go as it should have.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DeviationOut {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) controls: Vec<String>,
    pub(super) criteria: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    pub(super) from: Time,
    #[schema(value_type = String, format = DateTime)]
    pub(super) to: Time,
    /// So many of so many items.
    pub(super) items: [u64; 2],
    pub(super) subject: String,
    pub(super) cause: String,
    pub(super) closed: bool,
    /// Numbers of records that show it.
    pub(super) evidence: Vec<u64>,
}

impl From<&Deviation> for DeviationOut {
    fn from(d: &Deviation) -> Self {
        Self {
            id: d.id.clone(),
            kind: d.kind.words(),
            controls: d.controls.clone(),
            criteria: d.criteria.clone(),
            from: d.span.from,
            to: d.span.to,
            items: [d.items.0, d.items.1],
            subject: d.subject.clone(),
            cause: d.cause.clone(),
            closed: d.closed,
            evidence: d.evidence.clone(),
        }
    }
}
