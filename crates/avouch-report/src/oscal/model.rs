//! The subset of OSCAL that is written, as its JSON has it. Names are NIST's; what they mean stands in its model reference.

use serde::Serialize;

/// Version of OSCAL.
pub(super) const VERSION: &str = "1.2.1";

/// Declares objects: parts that must be there, may be there, and lists that are left out when empty (the schema has no
/// empty lists). Keys are written in kebab case.
macro_rules! objects {
    ($($name:ident {
        $(must { $($m:ident: $mt:ty),* $(,)? })?
        $(may { $($o:ident: $ot:ty),* $(,)? })?
        $(many { $($v:ident: $vt:ty),* $(,)? })?
    })*) => {
        $(
            #[derive(Clone, Debug, Default, Serialize)]
            #[serde(rename_all = "kebab-case")]
            pub(super) struct $name {
                $($(pub(super) $m: $mt,)*)?
                $($(#[serde(skip_serializing_if = "Option::is_none")] pub(super) $o: Option<$ot>,)*)?
                $($(#[serde(skip_serializing_if = "Vec::is_empty")] pub(super) $v: Vec<$vt>,)*)?
            }
        )*
    };
}

objects! {
    AssessmentResults {
        must { uuid: String, metadata: Metadata, import_ap: ImportAp, local_definitions: PlanDefinitions, results: Vec<AssessmentResult>, back_matter: BackMatter }
    }
    Poam {
        must {
            uuid: String, metadata: Metadata, system_id: SystemId, local_definitions: PoamDefinitions,
            poam_items: Vec<PoamItem>, back_matter: BackMatter,
        }
        many { observations: Observation, risks: Risk }
    }

    // Of both documents.
    Metadata {
        must { title: String, last_modified: String, version: String, oscal_version: String }
        may { remarks: String }
        many { props: Property, parties: Party }
    }
    Party { must { uuid: String, r#type: &'static str, name: String } }
    Property {
        must { name: &'static str, ns: &'static str, value: String }
        may { remarks: String }
    }
    BackMatter { many { resources: Resource } }
    Resource {
        must { uuid: String, title: String }
        may { description: String }
        many { props: Property, rlinks: ResourceLink }
    }
    ResourceLink {
        must { href: String, media_type: &'static str }
        many { hashes: Hash }
    }
    Hash { must { algorithm: &'static str, value: String } }
    Component { must { uuid: String, r#type: &'static str, title: String, description: String, status: State } many { props: Property } }
    State { must { state: &'static str } }
    InventoryItem { must { uuid: String, description: String } many { props: Property } }
    Origin { must { actors: Vec<Actor> } }
    Actor { must { r#type: &'static str, actor_uuid: String } }
    Observation {
        must { uuid: String, title: String, description: String, methods: Vec<&'static str>, collected: String }
        many { types: &'static str, props: Property, origins: Origin, subjects: Subject, relevant_evidence: RelevantEvidence }
    }
    Subject { must { subject_uuid: String, r#type: &'static str } may { title: String } }
    RelevantEvidence { must { description: String } may { href: String } many { props: Property } }
    Risk {
        must { uuid: String, title: String, description: String, statement: String, status: &'static str }
        may { deadline: String, risk_log: RiskLog }
        many { props: Property, origins: Origin, remediations: Response, related_observations: RelatedObservation }
    }
    RiskLog { must { entries: Vec<RiskEntry> } }
    RiskEntry { must { uuid: String, title: String, start: String, status_change: &'static str } }
    Response { must { uuid: String, lifecycle: &'static str, title: String, description: String } many { props: Property } }
    RelatedObservation { must { observation_uuid: String } }
    RelatedRisk { must { risk_uuid: String } }
    Assets { must { assessment_platforms: Vec<Platform> } many { components: Component } }
    Platform { must { uuid: String, title: String, uses_components: Vec<UsedComponent> } }
    UsedComponent { must { component_uuid: String } }

    // Of assessment results.
    ImportAp { must { href: String, remarks: String } }
    PlanDefinitions {
        must { activities: Vec<Activity> }
        many { objectives_and_methods: LocalObjective }
    }
    LocalObjective { must { control_id: String, description: String, parts: Vec<Part> } }
    Part { must { id: String, name: &'static str, title: String, prose: String } many { props: Property } }
    Activity { must { uuid: String, title: String, description: String } many { props: Property } }
    AssessmentResult {
        must {
            uuid: String, title: String, description: String, start: String, end: String,
            local_definitions: ResultDefinitions, reviewed_controls: ReviewedControls,
        }
        may { remarks: String }
        many { props: Property, observations: Observation, risks: Risk, findings: Finding }
    }
    ResultDefinitions { must { assessment_assets: Assets } many { inventory_items: InventoryItem } }
    ReviewedControls { must { control_selections: Vec<Selection> } }
    Selection {
        must { description: String }
        may { include_all: IncludeAll }
        many { include_controls: ControlId }
    }
    IncludeAll {}
    ControlId { must { control_id: String } }
    Finding {
        must { uuid: String, title: String, description: String, target: Target }
        many { props: Property, origins: Origin, related_observations: RelatedObservation, related_risks: RelatedRisk }
    }
    Target { must { r#type: &'static str, target_id: String, title: String, status: Status } }
    Status { must { state: &'static str, reason: &'static str, remarks: String } }

    // Of plans of action and milestones.
    SystemId { must { identifier_type: &'static str, id: String } }
    PoamDefinitions { must { components: Vec<Component> } many { inventory_items: InventoryItem } }
    PoamItem {
        must { uuid: String, title: String, description: String }
        many { props: Property, origins: Origin, related_observations: RelatedObservation, related_risks: RelatedRisk }
    }
}
