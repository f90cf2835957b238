//! `ct.*` of a call: who, from where, what, and what came of it. Requests and services stand in `ct_requests.rs`.

use avouch_event::Value;

use super::At;
use super::row::{Get, ReadFn, Row};
use crate::json::{Kind, Node};

pub(super) const CLASS: &str = "ct";

pub(super) const fn with(name: &'static str, doc: &'static str, get: ReadFn) -> Row {
    Row::text(CLASS, name, doc, Get::With(get))
}

/// A text of the record.
macro_rules! at_keys {
    ($name:literal, [$($key:literal),+], $doc:literal) => {
        super::ct::with($name, $doc, |at| super::ct::text(at, &[$($key),+]))
    };
}
pub(super) use at_keys;

pub(super) const ROWS: &[Row] = &[
    at_keys!("ct.id", ["eventID"], "Id of the record."),
    at_keys!("ct.error", ["errorCode"], "Why the call failed, as a code; absent when it did not."),
    at_keys!("ct.errormessage", ["errorMessage"], "Why the call failed, as a sentence."),
    at_keys!("ct.time", ["eventTime"], "When the call was made, RFC 3339.").hidden(),
    at_keys!("ct.src", ["eventSource"], "Service that was called: s3.amazonaws.com."),
    with("ct.shortsrc", "Service that was called: s3.", |at| short_source(at).map(Value::Str)),
    at_keys!("ct.name", ["eventName"], "Name of the call."),
    with("ct.user", "Who called: user name, role name, service, or the kind of identity.", |at| {
        user(at).map(Value::Str)
    }),
    with("ct.originaluser", "Who took the role: the session's name; else the user name.", original_user),
    with("ct.user.accountid", "Account of who called, else the account that the call concerns.", |at| {
        text(at, &["userIdentity", "accountId"]).or_else(|| text(at, &["recipientAccountId"]))
    }),
    at_keys!("ct.user.identitytype", ["userIdentity", "type"], "Kind of identity: Root, IAMUser, AssumedRole."),
    at_keys!("ct.user.principalid", ["userIdentity", "principalId"], "Id of who called."),
    at_keys!("ct.user.arn", ["userIdentity", "arn"], "Resource name of who called."),
    at_keys!("ct.region", ["awsRegion"], "Region of the call."),
    at_keys!("ct.srcip", ["sourceIPAddress"], "Address that the call came from, or the name of a service."),
    at_keys!("ct.useragent", ["userAgent"], "Program that called, by its own word."),
    with("ct.info", "The call in one line.", one_line),
    with("ct.managementevent", "true when the call manages resources, else false.", |at| {
        Some(Value::Str(if is_true(at.doc()?.get("managementEvent")) { b"true" } else { b"false" }))
    }),
    with("ct.readonly", "true when the call changes nothing, false when it may; absent when not said.", read_only),
    at_keys!("ct.requestid", ["requestID"], "Id of the request."),
    at_keys!("ct.eventtype", ["eventType"], "Kind of record: AwsApiCall, AwsConsoleSignIn."),
    at_keys!("ct.apiversion", ["apiVersion"], "Version of the service's interface."),
    with("ct.resources", "Resources that the call touched, as JSON objects joined by commas.", resources),
    at_keys!("ct.recipientaccountid", ["recipientAccountId"], "Account that the call concerns."),
    at_keys!("ct.serviceeventdetails", ["serviceEventDetails"], "What a service says of its own event."),
    at_keys!("ct.sharedeventid", ["sharedEventID"], "Id that records of one call in several accounts share."),
    at_keys!("ct.vpcendpointid", ["vpcEndpointId"], "Endpoint inside a private network that the call went through."),
    at_keys!("ct.eventcategory", ["eventCategory"], "Category of the record: Management, Data, Insight."),
    at_keys!("ct.addendum.reason", ["addendum", "reason"], "Why the record was delivered late or again."),
    at_keys!("ct.addendum.updatedfields", ["addendum", "updatedFields"], "What the later record changed."),
    at_keys!("ct.addendum.originalrequestid", ["addendum", "originalRequestID"], "Request id of the first record."),
    at_keys!("ct.addendum.originaleventid", ["addendum", "originalEventID"], "Id of the first record."),
    with("ct.sessioncredentialfromconsole", "true when the session came from the console, else false.", |at| {
        let value = at.doc()?.get("sessionCredentialFromConsole")?;
        let yes = is_true(Some(value)) || value.text().is_some_and(|t| t.is(b"true"));
        Some(Value::Str(if yes { b"true" } else { b"false" }))
    }),
    at_keys!("ct.edgedevicedetails", ["edgeDeviceDetails"], "Edge device that the call concerns."),
    at_keys!("ct.tlsdetails.tlsversion", ["tlsDetails", "tlsVersion"], "Version of TLS."),
    at_keys!("ct.tlsdetails.ciphersuite", ["tlsDetails", "cipherSuite"], "Cipher suite of TLS."),
    at_keys!(
        "ct.tlsdetails.clientprovidedhostheader",
        ["tlsDetails", "clientProvidedHostHeader"],
        "Host name that the client asked for."
    ),
    with("ct.additionaleventdata", "Further data of the service, as JSON.", |at| json(at, "additionalEventData")),
];

/// The text at `keys`. What is there but no text reads as the empty text, as in Falco; `null` is absent.
pub(super) fn text<'e>(at: &At<'e, '_>, keys: &[&str]) -> Option<Value<'e>> {
    let node = at.doc()?.path(keys)?;
    match node.kind {
        Kind::Text(text) => Some(Value::Str(text.decode(at.arena))),
        Kind::Null => None,
        _ => Some(Value::Str(b"")),
    }
}

/// The value under `key` as JSON; `null` is absent.
pub(super) fn json<'e>(at: &At<'e, '_>, key: &str) -> Option<Value<'e>> {
    let node = at.doc()?.get(key).filter(|n| n.kind != Kind::Null)?;
    Some(Value::Str(node.compact(at.arena)))
}

/// The text at `keys` if there is one.
pub(super) fn plain<'e>(at: &At<'e, '_>, keys: &[&str]) -> Option<&'e [u8]> {
    Some(at.doc()?.path(keys)?.text()?.decode(at.arena))
}

fn is_true(node: Option<&Node<'_>>) -> bool {
    node.is_some_and(|n| n.kind == Kind::Bool(true))
}

fn short_source<'e>(at: &At<'e, '_>) -> Option<&'e [u8]> {
    let source = plain(at, &["eventSource"])?;
    Some(source.strip_suffix(b".amazonaws.com").filter(|s| !s.is_empty()).unwrap_or(source))
}

fn user<'e>(at: &At<'e, '_>) -> Option<&'e [u8]> {
    match plain(at, &["userIdentity", "type"])? {
        b"Root" | b"IAMUser" => plain(at, &["userIdentity", "userName"]),
        b"AWSService" => plain(at, &["userIdentity", "invokedBy"]),
        b"AssumedRole" => {
            let role = plain(at, &["userIdentity", "sessionContext", "sessionIssuer", "userName"]);
            Some(role.unwrap_or(b"AssumedRole"))
        }
        kind @ (b"AWSAccount" | b"FederatedUser") => Some(kind),
        _ => None,
    }
}

fn original_user<'e>(at: &At<'e, '_>) -> Option<Value<'e>> {
    if plain(at, &["userIdentity", "type"])? != b"AssumedRole" {
        return text(at, &["userIdentity", "userName"]);
    }
    // arn:aws:sts::123456789012:assumed-role/Role/session, or AROAEXAMPLE:session.
    let of_arn = plain(at, &["userIdentity", "arn"]).and_then(|arn| arn.split(|b| *b == b'/').nth(2));
    let of_id = || plain(at, &["userIdentity", "principalId"]).and_then(|id| id.splitn(2, |b| *b == b':').nth(1));
    of_arn.or_else(of_id).map(Value::Str)
}

fn read_only<'e>(at: &At<'e, '_>) -> Option<Value<'e>> {
    let value = at.doc()?.get("readOnly").filter(|n| n.kind != Kind::Null)?;
    Some(Value::Str(if is_true(Some(value)) { b"true" } else { b"false" }))
}

fn resources<'e>(at: &At<'e, '_>) -> Option<Value<'e>> {
    let items = at.doc()?.get("resources")?.items().filter(|i| !i.is_empty())?;
    let items: Vec<&[u8]> = items.iter().map(|i| i.compact(at.arena)).collect();
    Some(Value::Str(at.arena.alloc_slice_copy(&items.join(&b','))))
}

/// `alice via 192.0.2.1 → RunInstances`: an arrow to the right for what changes, to the left for what reads, `!` before
/// it when the call failed; then size and object, if the call has them.
pub(super) fn one_line<'e>(at: &At<'e, '_>) -> Option<Value<'e>> {
    let show = |bytes: Option<&'e [u8]>| String::from_utf8_lossy(bytes.unwrap_or(b"-"));
    let failed = if plain(at, &["errorCode"]).is_some() { "!" } else { "" };
    let changes = at.doc()?.get("readOnly").is_some_and(|n| n.kind == Kind::Bool(false));
    let arrow = if changes { "→" } else { "←" };
    let mut line = format!(
        "{} via {} {failed}{arrow} {}",
        show(user(at)),
        show(plain(at, &["sourceIPAddress"])),
        show(plain(at, &["eventName"]))
    );
    if let Some(bytes) = super::ct_requests::transferred(at, true, true) {
        line.push_str(&format!(" Size={bytes}"));
    }
    let bucket = plain(at, &["requestParameters", "bucketName"]);
    let key = plain(at, &["requestParameters", "key"]);
    let host = plain(at, &["requestParameters", "Host"]);
    match (bucket, key, host) {
        (Some(bucket), Some(key), _) => line.push_str(&format!(" URI=s3://{}/{}", show(Some(bucket)), show(Some(key)))),
        (Some(bucket), None, _) => line.push_str(&format!(" Bucket={}", show(Some(bucket)))),
        (None, Some(key), _) => line.push_str(&format!(" Key={}", show(Some(key)))),
        (None, None, Some(host)) => line.push_str(&format!(" Host={}", show(Some(host)))),
        (None, None, None) => {}
    }
    Some(Value::Str(at.arena.alloc_str(&line).as_bytes()))
}
