//! A part of a control's time as OCSF's Compliance Finding, class 2003.

use std::collections::BTreeMap;

use serde::Serialize;

use super::model::{Base, Compliance, FindingInfo, Metadata, ResourceDetails};
use super::{Activity, Class, Status, ms};
use crate::controls::Outcome;
use crate::input::Results;
use crate::oscal::{Ids, Judged};

/// One part of a control's time, ready to be told.
#[derive(Debug)]
pub struct ControlFinding<'r> {
    judged: Judged<'r>,
    uid: String,
    title: String,
    detail: String,
    version: &'r str,
}

/// Every part of every control, in order.
#[must_use]
pub fn control_findings<'r>(results: &Results<'r>) -> Vec<ControlFinding<'r>> {
    let ids = Ids::new(results);
    let of = |judged: Judged<'r>| ControlFinding {
        // The same as that of the finding in OSCAL.
        uid: ids.item("finding of control", &format!("{} {}", judged.n, judged.id)),
        title: format!("{}: {}", judged.id, judged.words()),
        detail: judged.reason(),
        version: &results.scope.version,
        judged,
    };
    Judged::all(results).into_iter().map(of).collect()
}

/// A Compliance Finding.
#[derive(Clone, Debug, Serialize)]
pub struct ComplianceFinding<'a> {
    #[serde(flatten)]
    base: Base<'a>,
    start_time: u64,
    end_time: u64,
    finding_info: FindingInfo<'a>,
    compliance: Compliance<'a>,
    resources: Vec<ResourceDetails<'a>>,
    unmapped: Unmapped<'a>,
}

/// What OCSF has no place for.
#[derive(Clone, Debug, Serialize)]
struct Unmapped<'a> {
    outcome: &'static str,
    owner: &'a str,
    list_versions: &'a [u32],
    #[serde(skip_serializing_if = "<[u32]>::is_empty")]
    versions_not_approved: &'a [u32],
    deviations: Vec<&'a str>,
    silent_sources: &'a [String],
    numbers: BTreeMap<&'static str, u64>,
}

/// Passes only when it was watched all the time, nothing failed or is open and no deviation names it. What could not be seen is
/// OCSF's warning (no result for lack of information); what avouch has no evidence for at all is none of OCSF's states.
#[must_use]
pub fn compliance_finding<'a>(of: &'a ControlFinding<'_>) -> ComplianceFinding<'a> {
    let j = &of.judged;
    let (part, control) = (j.part, j.part.stretch.control);
    let (status_id, status) = match j.outcome {
        _ if j.satisfied() => (1, "Pass"),
        _ if j.failed() => (3, "Fail"),
        Outcome::NotCovered => (99, j.words()),
        _ => (2, "Warning"),
    };
    // How bad a failing control is, avouch does not judge.
    let severity = if j.satisfied() { (1, "Informational") } else { (0, "Unknown") };
    let at = ms(part.span.to);
    let metadata = Metadata::new(of.version, &of.uid, part.span.to);
    let mut standards = vec!["SOC 2 Trust Services Criteria"];
    standards.extend((!control.nist_800_53.is_empty()).then_some("NIST SP 800-53 Rev. 5"));
    standards.extend((!control.pci_dss.is_empty()).then_some("PCI DSS 4.0"));
    let mut requirements: Vec<&str> = control.criteria.iter().map(|c| c.id.as_str()).collect();
    requirements.extend(control.points.iter().map(|p| p.id.as_str()));
    requirements.extend(control.nist_800_53.iter().chain(&control.pci_dss).map(String::as_str));
    let nodes: std::collections::BTreeSet<&str> = part.coverage.subjects.iter().map(|s| s.node.as_str()).collect();
    ComplianceFinding {
        base: Base::new(Class::ComplianceFinding, Activity::Create, Status::New, metadata, at, severity, &of.detail),
        start_time: ms(part.span.from),
        end_time: at,
        finding_info: FindingInfo {
            uid: &of.uid,
            title: &of.title,
            desc: &control.statement,
            created_time: at,
            modified_time: None,
            analytic: None,
            attacks: None,
            data_sources: None,
        },
        compliance: Compliance {
            standards,
            control: &control.id,
            requirements,
            status_id,
            status,
            status_detail: &of.detail,
        },
        resources: nodes
            .into_iter()
            .filter(|n| !n.is_empty())
            .map(|name| ResourceDetails { name, r#type: "Node", namespace: "" })
            .collect(),
        unmapped: Unmapped {
            outcome: j.words(),
            owner: &control.owner,
            list_versions: &part.stretch.versions,
            versions_not_approved: &part.stretch.drafts,
            deviations: j.deviations.iter().map(|d| d.id.as_str()).collect(),
            silent_sources: &part.missing_sources,
            numbers: j.numbers().into_iter().collect(),
        },
    }
}
