//! `gcp.*`: Google Cloud audit logs. Declared so that rules over it load with a warning; there is no source for it yet.

use avouch_event::FieldType;

use super::row::Row;

const CLASS: &str = "gcp";

const fn text(name: &'static str, doc: &'static str) -> Row {
    Row::sourceless(CLASS, name, FieldType::Charbuf, doc)
}

pub(super) const ROWS: &[Row] = &[
    text("gcp.user", "ProtoPayload.authenticationInfo.principalEmail."),
    text("gcp.callerIP", "ProtoPayload.requestMetadata.callerIp."),
    text("gcp.userAgent", "ProtoPayload.requestMetadata.callerSuppliedUserAgent."),
    text("gcp.authorizationInfo", "ProtoPayload.authorizationInfo (string values only)."),
    text("gcp.serviceName", "ProtoPayload.serviceName."),
    text(
        "gcp.policyDelta",
        "BindingDeltas under serviceData.policyDelta for gcs_bucket, else under metadata.datasetChange.",
    ),
    text("gcp.request", "ProtoPayload.request (string values only)."),
    text("gcp.methodName", "ProtoPayload.methodName."),
    text("gcp.cloudfunctions.function", "Resource.labels.function_name."),
    text("gcp.cloudsql.databaseId", "Resource.labels.database_id."),
    text("gcp.compute.instanceId", "Resource.labels.instance_id."),
    text("gcp.compute.networkId", "Resource.labels.network_id."),
    text("gcp.compute.subnetwork", "Resource.labels.subnetwork_name."),
    text("gcp.compute.subnetworkId", "Resource.labels.subnetwork_id."),
    text("gcp.dns.zone", "Resource.labels.zone_name."),
    text("gcp.iam.serviceAccount", "Resource.labels.email_id."),
    text("gcp.iam.serviceAccountId", "Resource.labels.unique_id."),
    text("gcp.location", "Resource.labels location, else region, else zone minus its last two characters."),
    text("gcp.logging.sink", "Resource.labels.name when resource.type is logging_sink."),
    text("gcp.projectId", "Resource.labels.project_id."),
    text("gcp.resourceName", "ProtoPayload.resourceName."),
    text("gcp.resourceType", "Resource.type."),
    text("gcp.resourceLabels", "Resource.labels as JSON text."),
    text("gcp.storage.bucket", "Resource.labels.bucket_name."),
    text("gcp.time", "Value at /timestamp."),
];
