//! `ka.req.pod.*`: the pod that a request asks for. Its three lists of containers have the same fields.

use avouch_event::{ArgSpec, Value};

use super::At;
use super::ka::CLASS;
use super::row::{Get, ReadFn, Row};
use crate::json::{Kind, Node};

const fn spec(name: &'static str, keys: &'static [&'static str], doc: &'static str) -> Row {
    Row::text(CLASS, name, doc, Get::Keys(keys))
}

const fn with(name: &'static str, doc: &'static str, get: ReadFn) -> Row {
    Row::text(CLASS, name, doc, Get::With(get))
}

const fn each(name: &'static str, doc: &'static str, get: ReadFn) -> Row {
    Row::texts(CLASS, name, doc, Get::With(get))
}

/// One field of a list of containers: name, meaning, and the function that reads it with its further arguments.
macro_rules! container {
    ($list:literal, $what:literal, $name:literal, $doc:literal, $get:ident $(, $arg:expr)*) => {
        Row::texts(
            CLASS,
            concat!("ka.req.pod.", $list, ".", $name),
            concat!($doc, ", one for each of the ", $what, "."),
            Get::With(|at| $get(at, $list $(, $arg)*)),
        )
    };
}

/// The fields that every list of containers has.
macro_rules! containers {
    ($list:literal, $what:literal $(, $more:expr)*) => {
        &[
            container!($list, $what, "args", "Arguments joined by blanks", joined, "args"),
            container!($list, $what, "command", "Command joined by blanks", joined, "command"),
            container!($list, $what, "name", "Name", all, "name", |name| name),
            container!($list, $what, "image", "Image", all, "image", |image| image),
            container!($list, $what, "image.repository", "Image without tag and digest", all, "image", repository),
            container!($list, $what, "privileged", "securityContext.privileged", set, &["privileged"]),
            container!(
                $list,
                $what,
                "allow_privilege_escalation",
                "securityContext.allowPrivilegeEscalation",
                set,
                &["allowPrivilegeEscalation"]
            ),
            container!(
                $list, $what, "read_only_fs", "securityContext.readOnlyRootFilesystem", set, &["readOnlyRootFilesystem"]
            ),
            container!($list, $what, "run_as_user", "securityContext.runAsUser", set, &["runAsUser"]),
            container!(
                $list, $what, "eff_run_as_user", "User id: its own, else the pod's, else 0", effective, "runAsUser"
            ),
            container!($list, $what, "run_as_group", "securityContext.runAsGroup", set, &["runAsGroup"]),
            container!(
                $list, $what, "eff_run_as_group", "Group id: its own, else the pod's, else 0", effective, "runAsGroup"
            ),
            container!($list, $what, "proc_mount", "securityContext.procMount", set, &["procMount"]),
            container!(
                $list, $what, "add_capabilities", "Added capabilities as a JSON array", set, &["capabilities", "add"]
            ),
            $($more),*
        ]
    };
}

pub(super) const CONTAINERS: &[Row] = containers!(
    "containers",
    "containers",
    container!("containers", "containers", "host_port", "Ports on the host (in the container, where none is)", ports)
);

pub(super) const INIT_CONTAINERS: &[Row] = containers!(
    "initContainers",
    "init containers",
    container!(
        "initContainers",
        "init containers",
        "host_port",
        "Ports on the host (in the container, where none is)",
        ports
    )
);

pub(super) const EPHEMERAL_CONTAINERS: &[Row] = containers!("ephemeralContainers", "ephemeral containers");

pub(super) const POD: &[Row] = &[
    with("ka.req.container.image", "Image of the first container.", |at| first_image(at, |image| image)).deprecated(),
    with("ka.req.container.image.repository", "Image of the first container without tag and digest.", |at| {
        first_image(at, repository)
    })
    .deprecated(),
    spec("ka.req.pod.host_ipc", &["requestObject", "spec", "hostIPC"], "Whether the pod shares the host's IPC."),
    spec(
        "ka.req.pod.host_network",
        &["requestObject", "spec", "hostNetwork"],
        "Whether the pod shares the host's network.",
    ),
    spec(
        "ka.req.container.host_network",
        &["requestObject", "spec", "hostNetwork"],
        "Same as ka.req.pod.host_network.",
    )
    .deprecated(),
    spec("ka.req.pod.host_pid", &["requestObject", "spec", "hostPID"], "Whether the pod shares the host's processes."),
    with("ka.req.container.privileged", "true when any container is privileged, else false.", any_privileged)
        .deprecated(),
    spec("ka.req.pod.run_as_user", &["requestObject", "spec", "securityContext", "runAsUser"], "User id of the pod."),
    spec(
        "ka.req.pod.run_as_group",
        &["requestObject", "spec", "securityContext", "runAsGroup"],
        "Group id of the pod.",
    ),
    spec(
        "ka.req.pod.fs_group",
        &["requestObject", "spec", "securityContext", "fsGroup"],
        "Group id of the pod's volumes.",
    ),
    Row::text(
        CLASS,
        "ka.req.pod.supplemental_groups",
        "Further group ids of the pod.",
        Get::Items(&["requestObject", "spec", "securityContext", "supplementalGroups"]),
    )
    .list(),
    each("ka.req.pod.volumes.hostpath", "Paths of the host that the pod mounts.", |at| {
        volumes(at, &["hostPath", "path"])
    }),
    with(
        "ka.req.volume.hostpath",
        "true when the pod mounts that path (that prefix, if it ends in *), else false.",
        mounts,
    )
    .arg(ArgSpec::RequiredKey)
    .deprecated(),
    each("ka.req.pod.volumes.flexvolume_driver", "Drivers of the pod's flex volumes.", |at| {
        volumes(at, &["flexVolume", "driver"])
    }),
    each("ka.req.pod.volumes.volume_type", "Types of the pod's volumes: hostPath, secret, emptyDir.", volume_types),
];

/// The elements of a list of the pod: all, or the one that the index names.
fn elements<'e>(at: &At<'e, '_>, list: &str) -> Option<&'e [Node<'e>]> {
    let items = at.doc()?.path(&["requestObject", "spec", list])?.items()?;
    match at.index() {
        Some(i) => items.get(i..=i),
        None => Some(items),
    }
}

/// A text of every container; absent when one lacks it.
fn all<'e>(at: &At<'e, '_>, list: &str, key: &str, cut: impl Fn(&'e [u8]) -> &'e [u8]) -> Option<Value<'e>> {
    let containers = elements(at, list)?;
    let value = |c: &'e Node<'e>| Some(Value::Str(cut(c.get(key)?.shown(at.arena))));
    at.list(containers.iter().map(value).collect::<Option<Vec<_>>>()?)
}

/// A setting of the containers' security contexts, of those that have it.
fn set<'e>(at: &At<'e, '_>, list: &str, keys: &[&str]) -> Option<Value<'e>> {
    let contexts = elements(at, list)?.iter().filter_map(|c| c.get("securityContext"));
    at.list(contexts.filter_map(|c| Some(Value::Str(c.path(keys)?.shown(at.arena)))))
}

/// What a container runs as. Falco's plugin looks beside the security contexts and so always says 0.
fn effective<'e>(at: &At<'e, '_>, list: &str, key: &str) -> Option<Value<'e>> {
    let of_pod = at.doc()?.path(&["requestObject", "spec", "securityContext", key]);
    let of_pod = of_pod.map_or(&b"0"[..], |n| n.shown(at.arena));
    at.list(elements(at, list)?.iter().map(|c| {
        let own = c.path(&["securityContext", key]);
        Value::Str(own.map_or(of_pod, |n| n.shown(at.arena)))
    }))
}

fn joined<'e>(at: &At<'e, '_>, list: &str, key: &str) -> Option<Value<'e>> {
    let lines = elements(at, list)?.iter().filter_map(|c| c.get(key)?.items());
    at.list(lines.map(|words| {
        let words: Vec<&[u8]> = words.iter().map(|w| w.shown(at.arena)).collect();
        Value::Str(at.arena.alloc_slice_copy(&words.join(&b' ')))
    }))
}

fn ports<'e>(at: &At<'e, '_>, list: &str) -> Option<Value<'e>> {
    let ports = elements(at, list)?.iter().filter_map(|c| c.get("ports")?.items()).flatten();
    let number = |p: &'e Node<'e>| p.get("hostPort").or_else(|| p.get("containerPort"));
    at.list(ports.filter_map(|p| Some(Value::Str(number(p)?.shown(at.arena)))))
}

/// `docker.io/library/nginx:1.25@sha256:...` up to the first `:` and the first `@`, as Falco's plugin cuts it: of a
/// registry with a port only the host is left.
fn repository(image: &[u8]) -> &[u8] {
    image.split(|b| matches!(b, b':' | b'@')).next().unwrap_or(image)
}

fn first_image<'e>(at: &At<'e, '_>, cut: fn(&[u8]) -> &[u8]) -> Option<Value<'e>> {
    let container = elements(at, "containers")?.first()?;
    Some(Value::Str(cut(container.get("image")?.shown(at.arena))))
}

fn any_privileged<'e>(at: &At<'e, '_>) -> Option<Value<'e>> {
    let containers = elements(at, "containers")?;
    let any = containers
        .iter()
        .any(|c| c.path(&["securityContext", "privileged"]).is_some_and(|p| p.kind == Kind::Bool(true)));
    Some(Value::Str(if any { b"true" } else { b"false" }))
}

fn volumes<'e>(at: &At<'e, '_>, keys: &[&str]) -> Option<Value<'e>> {
    let volumes = elements(at, "volumes")?.iter();
    at.list(volumes.filter_map(|v| Some(Value::Str(v.path(keys)?.shown(at.arena)))))
}

fn mounts<'e>(at: &At<'e, '_>) -> Option<Value<'e>> {
    let key = at.key()?.as_bytes();
    let mut paths = elements(at, "volumes")?.iter().filter_map(|v| v.path(&["hostPath", "path"]));
    let any = paths.any(|p| {
        let path = p.shown(at.arena);
        path == key || key.strip_suffix(b"*").is_some_and(|prefix| path.starts_with(prefix))
    });
    Some(Value::Str(if any { b"true" } else { b"false" }))
}

fn volume_types<'e>(at: &At<'e, '_>) -> Option<Value<'e>> {
    let members = elements(at, "volumes")?.iter().filter_map(|v| match &v.kind {
        Kind::Object(members) => Some(members),
        _ => None,
    });
    let keys = members.flatten().map(|(key, _)| key.decode(at.arena)).filter(|k| *k != b"name");
    at.list(keys.map(Value::Str))
}
