//! `ct.request.*`, `ct.response.*`, and the fields of single services: `s3.*`, `ec2.*`, `ecr.*`, `iam.*`.

use avouch_event::{FieldType, Value};

use super::At;
use super::ct::{CLASS, at_keys, json, plain, with};
use super::row::{Get, ReadFn, Row};
use crate::json::{Kind, Node};

const fn number(name: &'static str, doc: &'static str, get: ReadFn) -> Row {
    Row::of(CLASS, name, FieldType::Uint64, doc, Get::With(get))
}

pub(super) const ROWS: &[Row] = &[
    at_keys!("ct.response.subnetid", ["responseElements", "subnetId"], "Subnet in the response."),
    at_keys!("ct.response.reservationid", ["responseElements", "reservationId"], "Reservation in the response."),
    with("ct.response", "The response, as JSON.", |at| json(at, "responseElements")),
    at_keys!("ct.request.availabilityzone", ["requestParameters", "availabilityZone"], "Zone in the request."),
    at_keys!("ct.request.cluster", ["requestParameters", "cluster"], "Cluster in the request."),
    at_keys!("ct.request.functionname", ["requestParameters", "functionName"], "Function in the request."),
    at_keys!("ct.request.groupname", ["requestParameters", "groupName"], "Group in the request."),
    at_keys!("ct.request.host", ["requestParameters", "Host"], "Host in the request."),
    at_keys!("ct.request.name", ["requestParameters", "name"], "Name in the request."),
    at_keys!("ct.request.policy", ["requestParameters", "policy"], "Policy in the request."),
    at_keys!("ct.request.reason", ["requestParameters", "reason"], "Reason in the request."),
    at_keys!("ct.request.target", ["requestParameters", "target"], "Target in the request."),
    // Falco's plugin looks for a key in another letter case and finds nothing; its documentation means this.
    at_keys!("ct.request.documentname", ["requestParameters", "documentName"], "Document in the request."),
    at_keys!("ct.request.serialnumber", ["requestParameters", "serialNumber"], "Serial number in the request."),
    at_keys!("ct.request.servicename", ["requestParameters", "serviceName"], "Service in the request."),
    at_keys!("ct.request.subnetid", ["requestParameters", "subnetId"], "Subnet in the request."),
    at_keys!("ct.request.taskdefinition", ["requestParameters", "taskDefinition"], "Task definition in the request."),
    at_keys!("ct.request.username", ["requestParameters", "userName"], "User in the request."),
    with("ct.request", "The request, as JSON.", |at| json(at, "requestParameters")),
    with("s3.uri", "Bucket and key in the request: s3://bucket/key.", |at| {
        let bucket = plain(at, &["requestParameters", "bucketName"])?;
        let key = plain(at, &["requestParameters", "key"])?;
        Some(Value::Str(at.arena.alloc_slice_copy(&[b"s3://", bucket, b"/", key].concat())))
    }),
    at_keys!("s3.bucket", ["requestParameters", "bucketName"], "Bucket in the request."),
    at_keys!("s3.key", ["requestParameters", "key"], "Key in the request."),
    number("s3.bytes", "Bytes moved in both directions.", |at| transferred(at, true, true).map(Value::Uint)),
    number("s3.bytes.in", "Bytes moved into the service.", |at| transferred(at, true, false).map(Value::Uint)).hidden(),
    number("s3.bytes.out", "Bytes moved out of the service.", |at| transferred(at, false, true).map(Value::Uint))
        .hidden(),
    number("s3.cnt.get", "1 for GetObject, else absent.", |at| one_if(call(at) == Some(b"GetObject"))).hidden(),
    number("s3.cnt.put", "1 for PutObject, else absent.", |at| one_if(call(at) == Some(b"PutObject"))).hidden(),
    number("s3.cnt.other", "1 for any other call, else absent.", |at| {
        one_if(!matches!(call(at), Some(b"GetObject" | b"PutObject")))
    })
    .hidden(),
    with("ec2.name", "Name tag that the request gives to instances.", instance_name),
    with("ec2.imageid", "First of ec2.imageids.", |at| images(at).into_iter().next().map(Value::Str)).deprecated(),
    Row::texts(
        CLASS,
        "ec2.imageids",
        "Images of the instances in the response, else in the request.",
        Get::With(image_ids),
    ),
    at_keys!("ecr.repository", ["requestParameters", "repositoryName"], "Image repository in the request."),
    at_keys!("ecr.imagetag", ["requestParameters", "imageTag"], "Image tag in the request."),
    at_keys!("iam.role", ["requestParameters", "roleName"], "Role in the request."),
    at_keys!("iam.policy", ["requestParameters", "policyName"], "Policy in the request."),
];

fn call<'e>(at: &At<'e, '_>) -> Option<&'e [u8]> {
    plain(at, &["eventName"])
}

fn one_if(holds: bool) -> Option<Value<'static>> {
    holds.then_some(Value::Uint(1))
}

/// Bytes moved; absent when the record says neither. Counts come as `33` and as `33.0`.
pub(super) fn transferred(at: &At<'_, '_>, count_in: bool, count_out: bool) -> Option<u64> {
    let count = |wanted: bool, key: &str| {
        let node = at.doc()?.path(&["additionalEventData", key]).filter(|n| wanted && n.kind == Kind::Number)?;
        let digits = std::str::from_utf8(node.raw).ok()?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, which is meant")]
        digits.parse::<u64>().ok().or_else(|| digits.parse::<f64>().ok().map(|f| f as u64))
    };
    match (count(count_in, "bytesTransferredIn"), count(count_out, "bytesTransferredOut")) {
        (None, None) => None,
        (a, b) => Some(a.unwrap_or(0).saturating_add(b.unwrap_or(0))),
    }
}

fn instance_name<'e>(at: &At<'e, '_>) -> Option<Value<'e>> {
    let sets = at.doc()?.path(&["requestParameters", "tagSpecificationSet", "items"])?.items()?;
    let of_instances =
        sets.iter().filter(|s| s.get("resourceType").and_then(Node::text).is_some_and(|t| t.is(b"instance")));
    let mut tags = of_instances.filter_map(|s| s.get("tags")?.items()).flatten();
    let name = tags.find(|t| t.get("key").and_then(Node::text).is_some_and(|k| k.is(b"Name")))?;
    let name = name.get("value")?.text()?.decode(at.arena);
    (!name.is_empty()).then_some(Value::Str(name))
}

fn image_ids<'e>(at: &At<'e, '_>) -> Option<Value<'e>> {
    let images = images(at);
    match at.index() {
        Some(i) => at.list([Value::Str(images.get(i)?)]),
        None => at.list(images.into_iter().map(Value::Str)),
    }
}

/// Images of the response's instances; else of the request's items; else the request's one image.
fn images<'e>(at: &At<'e, '_>) -> Vec<&'e [u8]> {
    let lists: [&[&str]; 3] = [
        &["responseElements", "instancesSet", "items"],
        &["requestParameters", "instancesSet", "items"],
        &["requestParameters", "imagesSet", "items"],
    ];
    let found = lists.iter().find_map(|keys| {
        let items = at.doc()?.path(keys)?.items()?;
        let ids: Vec<&[u8]> = items.iter().filter_map(|i| Some(i.get("imageId")?.text()?.decode(at.arena))).collect();
        (!ids.is_empty()).then_some(ids)
    });
    found.unwrap_or_else(|| plain(at, &["requestParameters", "imageId"]).into_iter().collect())
}
