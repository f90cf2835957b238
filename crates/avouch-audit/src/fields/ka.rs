//! `ka.*` of a request: who, what, to which object, and what came of it. Pods stand in `ka_pod.rs`.

use avouch_event::{ArgSpec, Value};

use super::At;
use super::row::{Get, ReadFn, Row};
use crate::json::Node;

pub(super) const CLASS: &str = "ka";

const fn keys(name: &'static str, keys: &'static [&'static str], doc: &'static str) -> Row {
    Row::text(CLASS, name, doc, Get::Keys(keys))
}

const fn items(name: &'static str, keys: &'static [&'static str], doc: &'static str) -> Row {
    Row::text(CLASS, name, doc, Get::Items(keys)).list()
}

const fn with(name: &'static str, doc: &'static str, get: ReadFn) -> Row {
    Row::text(CLASS, name, doc, Get::With(get))
}

const fn with_list(name: &'static str, doc: &'static str, get: ReadFn) -> Row {
    Row::text(CLASS, name, doc, Get::With(get)).list()
}

pub(super) const ROWS: &[Row] = &[
    keys("ka.auditid", &["auditID"], "Id of the request; all stages of one request share it."),
    keys("ka.stage", &["stage"], "Stage of the request: RequestReceived, ResponseStarted, ResponseComplete, Panic."),
    keys(
        "ka.auth.decision",
        &["annotations", "authorization.k8s.io/decision"],
        "Whether it was allowed: allow, forbid.",
    ),
    keys("ka.auth.reason", &["annotations", "authorization.k8s.io/reason"], "Why it was allowed or not."),
    keys(
        "ka.auth.openshift.decision",
        &["annotations", "authentication.openshift.io/decision"],
        "OpenShift: outcome of the log-in.",
    ),
    keys(
        "ka.validations.admission.policy.failure",
        &["annotations", "validation.policy.admission.k8s.io/validation_failure"],
        "What a validating admission policy found wrong.",
    ),
    keys(
        "ka.security.pod.violations",
        &["annotations", "pod-security.kubernetes.io/audit-violations"],
        "What the pod security admission found wrong.",
    ),
    keys(
        "ka.auth.openshift.username",
        &["annotations", "authentication.openshift.io/username"],
        "OpenShift: who logged in.",
    ),
    keys("ka.user.name", &["user", "username"], "Who asked."),
    items("ka.user.groups", &["user", "groups"], "Groups of who asked."),
    keys("ka.impuser.name", &["impersonatedUser", "username"], "Whom the asker acted as."),
    keys("ka.verb", &["verb"], "What was asked: get, list, create, patch, delete."),
    keys("ka.uri", &["requestURI"], "Path and query of the request."),
    with("ka.uri.param", "First value of that query parameter of ka.uri, decoded.", uri_param)
        .arg(ArgSpec::RequiredKey),
    keys("ka.target.name", &["objectRef", "name"], "Name of the object."),
    keys("ka.target.namespace", &["objectRef", "namespace"], "Namespace of the object."),
    keys("ka.target.resource", &["objectRef", "resource"], "Kind of the object in lower-case plural: pods."),
    keys("ka.target.subresource", &["objectRef", "subresource"], "Part of the object: exec, scale, status."),
    with("ka.target.pod.name", "Name of the pod that was made or changed, also when the server chose it.", pod_name),
    items("ka.req.binding.subjects", &["requestObject", "subjects"], "Subjects of the role binding, as JSON."),
    with_list("ka.req.binding.subjects.user_names", "Users that the role binding names.", |at| {
        subjects(at, "User", false)
    }),
    with_list("ka.req.binding.subjects.serviceaccount_names", "Service accounts that the role binding names.", |at| {
        subjects(at, "ServiceAccount", false)
    }),
    with_list(
        "ka.req.binding.subjects.serviceaccount_ns_names",
        "Service accounts that the role binding names, as namespace:name.",
        |at| subjects(at, "ServiceAccount", true),
    ),
    with_list("ka.req.binding.subjects.group_names", "Groups that the role binding names.", |at| {
        subjects(at, "Group", false)
    }),
    keys("ka.req.binding.role", &["requestObject", "roleRef", "name"], "Role that the role binding gives."),
    with("ka.req.binding.subject.has_name", "Always the text true.", |_| Some(Value::Str(b"true")))
        .arg(ArgSpec::RequiredKey)
        .deprecated(),
    keys("ka.req.configmap.name", &["objectRef", "name"], "Name of the config map."),
    keys("ka.req.configmap.obj", &["requestObject", "data"], "Data of the config map, as JSON."),
    items("ka.req.role.rules", &["requestObject", "rules"], "Rules of the role, as JSON."),
    with_list("ka.req.role.rules.apiGroups", "API groups of the role's rules, in one list.", |at| {
        rules(at, "apiGroups")
    })
    .arg(ArgSpec::OptionalIndex),
    with_list(
        "ka.req.role.rules.nonResourceURLs",
        "URLs of the role's rules that are no resources, in one list.",
        |at| rules(at, "nonResourceURLs"),
    )
    .arg(ArgSpec::OptionalIndex),
    with_list("ka.req.role.rules.verbs", "Verbs of the role's rules, in one list.", |at| rules(at, "verbs"))
        .arg(ArgSpec::OptionalIndex),
    with_list("ka.req.role.rules.resources", "Resources of the role's rules, in one list.", |at| {
        rules(at, "resources")
    })
    .arg(ArgSpec::OptionalIndex),
    keys("ka.req.service.type", &["requestObject", "spec", "type"], "Type of the service: ClusterIP, NodePort."),
    items("ka.req.service.ports", &["requestObject", "spec", "ports"], "Ports of the service, as JSON.")
        .arg(ArgSpec::OptionalIndex),
    keys("ka.resp.name", &["responseObject", "metadata", "name"], "Name of the object in the response."),
    keys("ka.response.code", &["responseStatus", "code"], "HTTP status of the response."),
    keys("ka.response.reason", &["responseStatus", "reason"], "Why the response is no success."),
    keys("ka.useragent", &["userAgent"], "Program that asked, by its own word."),
    // Falco's plugin looks for it among a role's rules and finds nothing; its documentation means this.
    items("ka.sourceips", &["sourceIPs"], "Addresses that the request came from, proxies included.")
        .arg(ArgSpec::OptionalIndex),
    keys("ka.cluster.name", &["annotations", "cluster_name"], "Name of the cluster, where the source adds it."),
];

fn uri_param<'e>(at: &At<'e, '_>) -> Option<Value<'e>> {
    let uri = at.doc()?.get("requestURI")?.text()?.decode(at.arena);
    let key = at.key()?.as_bytes();
    let query = uri.splitn(2, |b| *b == b'?').nth(1)?.split(|b| *b == b'#').next()?;
    query.split(|b| *b == b'&').find_map(|pair| {
        let mut parts = pair.splitn(2, |b| *b == b'=');
        let name = percent_decode(parts.next()?, at)?;
        let value = parts.next().unwrap_or_default();
        if name == key { percent_decode(value, at).map(Value::Str) } else { None }
    })
}

/// Undoes `%41` and `+`; `None` for a broken escape.
fn percent_decode<'e>(text: &'e [u8], at: &At<'e, '_>) -> Option<&'e [u8]> {
    if memchr::memchr2(b'%', b'+', text).is_none() {
        return Some(text);
    }
    let mut out = bumpalo::collections::Vec::with_capacity_in(text.len(), at.arena);
    let mut rest = text.iter();
    while let Some(&byte) = rest.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(*rest.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                u8::try_from(high << 4 | low).ok()?
            }
            other => other,
        });
    }
    Some(out.into_bump_slice())
}

fn pod_name<'e>(at: &At<'e, '_>) -> Option<Value<'e>> {
    let doc = at.doc()?;
    let object = doc.get("objectRef")?;
    let is_pod = object.get("resource")?.text()?.is(b"pods") && object.get("subresource").is_none();
    let name = doc.path(&["responseObject", "metadata", "name"])?;
    is_pod.then(|| Value::Str(name.shown(at.arena)))
}

fn subjects<'e>(at: &At<'e, '_>, kind: &str, with_namespace: bool) -> Option<Value<'e>> {
    let subjects = at.doc()?.path(&["requestObject", "subjects"])?.items()?;
    at.list(subjects.iter().filter_map(|s| {
        s.get("kind")?.text()?.is(kind.as_bytes()).then_some(())?;
        let name = s.get("name")?.text()?.decode(at.arena);
        if !with_namespace {
            return Some(Value::Str(name));
        }
        let namespace = s.get("namespace").and_then(Node::text).map_or(&b""[..], |t| t.decode(at.arena));
        let both = [namespace, b":", name].concat();
        Some(Value::Str(at.arena.alloc_slice_copy(&both)))
    }))
}

fn rules<'e>(at: &At<'e, '_>, key: &str) -> Option<Value<'e>> {
    let rules = at.doc()?.path(&["requestObject", "rules"])?.items()?;
    let rules = match at.index() {
        Some(i) => rules.get(i..=i)?,
        None => rules,
    };
    let values = rules.iter().filter_map(|r| r.get(key)?.items()).flatten();
    at.list(values.map(|v| Value::Str(v.shown(at.arena))))
}

/// `alice create shop/pods/web/exec 201`.
pub(super) fn one_line<'e>(at: &At<'e, '_>) -> Option<Value<'e>> {
    let doc = at.doc()?;
    let part = |keys: &[&str]| {
        let shown = doc.path(keys).map_or(&b""[..], |n| n.shown(at.arena));
        String::from_utf8_lossy(shown)
    };
    let user = part(&["user", "username"]);
    let user = if user.is_empty() { "-".into() } else { user };
    let object: Vec<_> = ["namespace", "resource", "name", "subresource"]
        .iter()
        .map(|k| part(&["objectRef", k]))
        .filter(|p| !p.is_empty())
        .collect();
    let target = if object.is_empty() { part(&["requestURI"]) } else { object.join("/").into() };
    at.format(format_args!("{user} {} {target} {}", part(&["verb"]), part(&["responseStatus", "code"])))
}
