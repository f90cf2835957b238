//! Fields of the pod that a thread lives in, and those that only a cluster's API could tell.

use avouch_event::{ArgSpec, FieldArg, FieldType as T, Shape, Value};

use super::container::{self, meta, meta_text};
use super::ctx::{Ctx, text};
use super::row::{Class, Row};

const C: Class = Class("k8s");
const META: Class = Class("k8smeta");
const KRSI: Class = Class("krsi");

const MOVED: &str = "the peer declares it but never gives a value; k8smeta.* would, with a collector";
const NO_COLLECTOR: &str =
    "needs a live stream from a metadata collector in the cluster, which a recording does not hold";
const NO_KRSI: &str = "needs the experimental krsi plugin's kernel program, which makes its own events";

/// A label that the kubelet puts on containers.
fn own_label<'e>(c: &Ctx<'e>, key: &str) -> Option<Value<'e>> {
    text(meta(c)?.label(key)?.as_bytes())
}

fn uid<'e>(c: &Ctx<'e>) -> Option<Value<'e>> {
    own_label(c, "io.kubernetes.pod.uid")
}

const fn moved(name: &'static str, doc: &'static str) -> Row {
    C.never(name, T::Charbuf, doc, MOVED).deprecated()
}

const fn moved_label(name: &'static str, doc: &'static str) -> Row {
    moved(name, doc).arg(ArgSpec::RequiredKey)
}

const fn cluster(name: &'static str, doc: &'static str) -> Row {
    META.never(name, T::Charbuf, doc, NO_COLLECTOR)
}

const fn cluster_label(name: &'static str, doc: &'static str) -> Row {
    cluster(name, doc).arg(ArgSpec::RequiredKey)
}

const fn cluster_list(name: &'static str, doc: &'static str) -> Row {
    cluster(name, doc).shape(Shape::List)
}

const fn krsi(name: &'static str, ty: T, doc: &'static str) -> Row {
    KRSI.never(name, ty, doc, NO_KRSI)
}

pub(super) const ROWS: &[Row] = &[
    C.text("k8s.pod.name", "Name of the pod.", |c, _| own_label(c, "io.kubernetes.pod.name")).suggested(),
    C.text("k8s.ns.name", "Namespace of the pod.", |c, _| own_label(c, "io.kubernetes.pod.namespace")).suggested(),
    C.text("k8s.pod.id", "The same as `k8s.pod.uid`.", |c, _| uid(c)).deprecated(),
    C.text("k8s.pod.uid", "Unique id of the pod.", |c, _| uid(c)),
    C.text("k8s.pod.sandbox_id", "First twelve digits of the id of the pod's sandbox.", |c, _| {
        meta_text(c, |m| m.pod_sandbox_id.get(..12).unwrap_or(&m.pod_sandbox_id))
    }),
    C.text("k8s.pod.full_sandbox_id", "Id of the pod's sandbox.", |c, _| meta_text(c, |m| &m.pod_sandbox_id)),
    C.text("k8s.pod.label", "One label of the pod, by its key.", |c, f| match &f.arg {
        FieldArg::Key(key) => text(meta(c)?.pod_label(key)?.as_bytes()),
        _ => None,
    })
    .arg(ArgSpec::RequiredKey),
    C.text("k8s.pod.labels", "All labels of the pod, key:value, by commas.", |c, _| {
        if c.thread()?.container.is_host() { text(b"") } else { container::labels(c, &meta(c)?.pod_sandbox_labels) }
    }),
    C.text("k8s.pod.ip", "First v4 address of the pod; empty outside of any.", |c, _| {
        let in_pod = meta(c).is_some_and(|m| m.is_pod_sandbox || !m.pod_sandbox_id.is_empty());
        if in_pod { container::ip(c) } else { meta_text(c, |_| "") }
    }),
    C.text("k8s.pod.cni.json", "What the network plugin told of the pod.", |c, _| {
        meta_text(c, |m| &m.pod_sandbox_cni_json)
    }),
    moved("k8s.rc.name", "Name of the replication controller."),
    moved("k8s.rc.id", "Id of the replication controller."),
    moved_label("k8s.rc.label", "One label of the replication controller."),
    moved("k8s.rc.labels", "All labels of the replication controller."),
    moved("k8s.svc.name", "Name of the service."),
    moved("k8s.svc.id", "Id of the service."),
    moved_label("k8s.svc.label", "One label of the service."),
    moved("k8s.svc.labels", "All labels of the service."),
    moved("k8s.ns.id", "Id of the namespace."),
    moved_label("k8s.ns.label", "One label of the namespace."),
    moved("k8s.ns.labels", "All labels of the namespace."),
    moved("k8s.rs.name", "Name of the replica set."),
    moved("k8s.rs.id", "Id of the replica set."),
    moved_label("k8s.rs.label", "One label of the replica set."),
    moved("k8s.rs.labels", "All labels of the replica set."),
    moved("k8s.deployment.name", "Name of the deployment."),
    moved("k8s.deployment.id", "Id of the deployment."),
    moved_label("k8s.deployment.label", "One label of the deployment."),
    moved("k8s.deployment.labels", "All labels of the deployment."),
    cluster("k8smeta.pod.name", "Name of the pod.").suggested(),
    cluster("k8smeta.pod.uid", "Unique id of the pod."),
    cluster_label("k8smeta.pod.label", "One label of the pod."),
    cluster_list("k8smeta.pod.labels", "All labels of the pod."),
    cluster("k8smeta.pod.ip", "Address of the pod."),
    cluster("k8smeta.ns.name", "Name of the namespace.").suggested(),
    cluster("k8smeta.ns.uid", "Unique id of the namespace."),
    cluster_label("k8smeta.ns.label", "One label of the namespace."),
    cluster_list("k8smeta.ns.labels", "All labels of the namespace."),
    cluster("k8smeta.deployment.name", "Name of the deployment."),
    cluster("k8smeta.deployment.uid", "Unique id of the deployment."),
    cluster_label("k8smeta.deployment.label", "One label of the deployment."),
    cluster_list("k8smeta.deployment.labels", "All labels of the deployment."),
    cluster_list("k8smeta.svc.name", "Names of the services that select the pod."),
    cluster_list("k8smeta.svc.uid", "Unique ids of the services that select the pod."),
    cluster_label("k8smeta.svc.label", "One label of the services that select the pod.").shape(Shape::List),
    cluster_list("k8smeta.svc.labels", "All labels of the services that select the pod."),
    cluster("k8smeta.rs.name", "Name of the replica set."),
    cluster("k8smeta.rs.uid", "Unique id of the replica set."),
    cluster_label("k8smeta.rs.label", "One label of the replica set."),
    cluster_list("k8smeta.rs.labels", "All labels of the replica set."),
    cluster("k8smeta.rc.name", "Name of the replication controller."),
    cluster("k8smeta.rc.uid", "Unique id of the replication controller."),
    cluster_label("k8smeta.rc.label", "One label of the replication controller."),
    cluster_list("k8smeta.rc.labels", "All labels of the replication controller."),
    krsi("krsi.name", T::Charbuf, "Path or name in an operation that io_uring may have made."),
    krsi("krsi.fd", T::Int64, "Descriptor of the operation."),
    krsi("krsi.file_index", T::Int64, "Index of a descriptor that only io_uring knows."),
    krsi("krsi.flags", T::Charbuf, "Flags of the operation."),
    krsi("krsi.mode", T::Uint64, "Mode of the operation."),
    krsi("krsi.dev", T::Uint64, "Device of the file."),
    krsi("krsi.ino", T::Uint64, "Inode of the file."),
    krsi("krsi.domain", T::Uint64, "Family of the socket."),
    krsi("krsi.type", T::Uint64, "Type of the socket."),
    krsi("krsi.protocol", T::Uint64, "Protocol of the socket."),
    krsi("krsi.iou_ret", T::Int64, "What io_uring returned."),
    krsi("krsi.res", T::Int64, "Result of the operation."),
    krsi("krsi.target", T::Charbuf, "What a link points to."),
    krsi("krsi.linkdirfd", T::Int64, "Directory of the link."),
    krsi("krsi.linkpath", T::Charbuf, "Path of the link."),
    krsi("krsi.olddirfd", T::Int64, "Directory of the old path."),
    krsi("krsi.newdirfd", T::Int64, "Directory of the new path."),
    krsi("krsi.dirfd", T::Int64, "Directory of the path."),
    krsi("krsi.path", T::Charbuf, "Path of the operation."),
    krsi("krsi.oldpath", T::Charbuf, "Old path."),
    krsi("krsi.newpath", T::Charbuf, "New path."),
    krsi("krsi.cip", T::Ipaddr, "Address of the client."),
    krsi("krsi.sip", T::Ipaddr, "Address of the server."),
    krsi("krsi.cport", T::Uint64, "Port of the client."),
    krsi("krsi.sport", T::Uint64, "Port of the server."),
];
