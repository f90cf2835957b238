//! A finding as OCSF's Detection Finding, class 2004.

use avouch_controls::catalogue_id;
use avouch_finding::{Decision, Time};
use avouch_store::{Classes, StoredFinding};
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use super::model::{
    Actor, Analytic, Attack, Base, Device, Evidence, File, FindingInfo, Metadata, Name, Observable, ResourceDetails,
    Seen, Uid,
};
use super::{Activity, Class, Status, ms, severity_name};

/// A Detection Finding, borrowed from what is stored.
#[derive(Clone, Debug, Serialize)]
pub(super) struct DetectionFinding<'a> {
    #[serde(flatten)]
    base: Base<'a>,
    #[serde(skip_serializing_if = "str::is_empty")]
    comment: &'a str,
    finding_info: FindingInfo<'a>,
    evidences: [Evidence<'a>; 1],
    resources: Vec<ResourceDetails<'a>>,
    observables: Vec<Observable<'a>>,
    unmapped: Unmapped<'a>,
}

/// What all findings of the same classes have alike, as JSON text: made once, and not for each of a million findings.
#[derive(Clone, Debug)]
pub(super) struct Alike {
    attacks: Option<Box<RawValue>>,
    classes: Box<RawValue>,
}

impl Alike {
    /// Techniques stand where OCSF has them; of the tags those are left out that another list names.
    pub(super) fn of(classes: &Classes) -> serde_json::Result<Self> {
        let attacks: Vec<Attack<'_>> = classes.attack.iter().map(|id| attack(id)).collect();
        let mut told = Classes { attack: Vec::new(), ..classes.clone() };
        let Classes { criteria, criteria_secondary, points_of_focus, nist_800_53, pci_dss, attack, tags: _ } = classes;
        let lists = [criteria, criteria_secondary, points_of_focus, nist_800_53, pci_dss];
        let is_listed = |tag: &String| {
            attack.contains(tag) || catalogue_id(tag).is_some_and(|id| lists.iter().any(|l| l.iter().any(|i| i == id)))
        };
        told.tags.retain(|tag| !is_listed(tag));
        Ok(Self {
            attacks: if attacks.is_empty() { None } else { Some(to_raw_value(&attacks)?) },
            classes: to_raw_value(&told)?,
        })
    }
}

/// What OCSF has no place for.
#[derive(Clone, Debug, Serialize)]
struct Unmapped<'a> {
    priority: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    cluster: &'a str,
    run: &'a str,
    event: u64,
    rule_set: &'a str,
    classes: &'a RawValue,
    /// Whole events lost around it: what it says is true, what it does not say may be missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    lost_events: Option<u64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    container_unknown: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    slice: Option<&'a str>,
    /// Id of the acceptance that hid it.
    #[serde(skip_serializing_if = "Option::is_none")]
    acceptance: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acknowledged: Option<Look<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided: Option<Decided<'a>>,
    ledger: Record<'a>,
}

#[derive(Clone, Debug, Serialize)]
struct Look<'a> {
    time: Time,
    by: &'a str,
}

#[derive(Clone, Debug, Serialize)]
struct Decided<'a> {
    time: Time,
    by: &'a str,
    decision: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    incident: &'a str,
}

#[derive(Clone, Debug, Serialize)]
struct Record<'a> {
    id: &'a str,
    seq: u64,
    sha256: Hex<'a>,
}

/// Bytes in hex, without memory of their own.
#[derive(Clone, Debug)]
struct Hex<'a>(&'a [u8; 32]);

impl Serialize for Hex<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
        serializer.serialize_str(str::from_utf8(&text).unwrap_or_default())
    }
}

/// A finding as it stands: new, in progress once somebody looked, suppressed while an acceptance covers it, else resolved by
/// a decision.
#[must_use]
pub(super) fn detection_finding<'a>(
    f: &'a StoredFinding,
    alike: &'a Alike,
    product_version: &'a str,
) -> DetectionFinding<'a> {
    let (status, activity) = match (&f.suppressed, &f.decided, &f.acknowledged) {
        (Some(_), ..) => (Status::Suppressed, Activity::Create),
        (None, Some(_), _) => (Status::Resolved, Activity::Close),
        (None, None, Some(_)) => (Status::InProgress, Activity::Update),
        (None, None, None) => (Status::New, Activity::Create),
    };
    let changed = [f.acknowledged.as_ref().map(|a| a.time), f.decided.as_ref().map(|d| d.time)];
    let mut metadata = Metadata::new(product_version, &f.id, f.time);
    metadata.log_name = &f.source;
    metadata.logged_time = Some(ms(f.recorded));
    metadata.sequence = Some(f.record.seq);
    let class = Class::DetectionFinding;
    let file = f.object.starts_with('/').then(|| File {
        name: f.object.rsplit('/').find(|part| !part.is_empty()).unwrap_or("/"),
        path: &f.object,
        type_id: 0,
    });
    DetectionFinding {
        base: Base::new(
            class,
            activity,
            status,
            metadata,
            ms(f.time),
            (f.severity.ocsf(), severity_name(f.severity)),
            &f.output,
        ),
        comment: f.decided.as_ref().map_or("", |d| d.reason.as_str()),
        finding_info: FindingInfo {
            uid: &f.id,
            title: &f.rule,
            // The message says it.
            desc: "",
            created_time: ms(f.time),
            modified_time: changed.into_iter().flatten().max().map(ms),
            analytic: Some(Analytic { type_id: 1, name: &f.rule }),
            attacks: alike.attacks.as_deref(),
            data_sources: Some([&f.source]),
        },
        evidences: [Evidence {
            actor: present(&f.user).map(|user| Actor { user }),
            container: present(&f.container),
            device: Device { type_id: 0, hostname: &f.node },
            data: Seen {
                process: &f.process,
                cmd_line: &f.command,
                image: &f.image,
                object: if file.is_some() { "" } else { &f.object },
            },
            file,
        }],
        resources: resources(f),
        observables: observables(f),
        unmapped: unmapped(f, alike),
    }
}

fn present(name: &str) -> Option<Name<'_>> {
    (!name.is_empty()).then_some(Name { name })
}

/// `T1059`, a technique; `T1059.004`, a part of one; `TA0002`, a tactic.
fn attack(id: &str) -> Attack<'_> {
    let mut attack = Attack { tactic: None, technique: None, sub_technique: None };
    if id.starts_with("TA") {
        attack.tactic = Some(Uid { uid: id });
    } else if let Some((technique, _)) = id.split_once('.') {
        attack.technique = Some(Uid { uid: technique });
        attack.sub_technique = Some(Uid { uid: id });
    } else {
        attack.technique = Some(Uid { uid: id });
    }
    attack
}

fn resources(f: &StoredFinding) -> Vec<ResourceDetails<'_>> {
    let audit = f.source.as_ref() == "k8s_audit";
    let all = [
        (f.node.as_ref(), "Node", ""),
        (f.pod.as_ref(), "Kubernetes Pod", f.namespace.as_ref()),
        (if f.pod.is_empty() { f.namespace.as_ref() } else { "" }, "Kubernetes Namespace", ""),
        (if audit { f.object.as_str() } else { "" }, "Kubernetes Object", f.namespace.as_ref()),
    ];
    all.into_iter()
        .filter(|(name, ..)| !name.is_empty())
        .map(|(name, r#type, namespace)| ResourceDetails { name, r#type, namespace })
        .collect()
}

/// By OCSF's types 1, a host's name, and 4, a user's.
fn observables(f: &StoredFinding) -> Vec<Observable<'_>> {
    let all =
        [("evidences[].device.hostname", 1, f.node.as_ref()), ("evidences[].actor.user.name", 4, f.user.as_ref())];
    all.into_iter()
        .filter(|(.., value)| !value.is_empty())
        .map(|(name, type_id, value)| Observable { name, type_id, value })
        .collect()
}

fn unmapped<'a>(f: &'a StoredFinding, alike: &'a Alike) -> Unmapped<'a> {
    let decided = |d: &'_ avouch_store::Decided| -> &'static str { Decision::name(d.decision) };
    Unmapped {
        priority: &f.priority,
        cluster: &f.cluster,
        run: &f.run,
        event: f.event,
        rule_set: &f.rules,
        classes: &alike.classes,
        lost_events: f.lost_events,
        container_unknown: f.container_unknown,
        cut: f.cut,
        slice: f.slice.as_deref(),
        acceptance: f.suppressed.as_deref(),
        acknowledged: f.acknowledged.as_ref().map(|a| Look { time: a.time, by: &a.by }),
        decided: f.decided.as_ref().map(|d| Decided {
            time: d.time,
            by: &d.by,
            decision: decided(d),
            incident: &d.incident,
        }),
        ledger: Record { id: &f.record.ledger, seq: f.record.seq, sha256: Hex(&f.record.hash) },
    }
}
