//! Fields of the container that a thread lives in.

use avouch_event::{ArgSpec, FieldArg, FieldRef, FieldType as T, Value};

use super::ctx::{Ctx, flag, text, uint, word};
use super::row::{Class, Row};
use crate::{Container, ContainerMeta, ContainerType, Mount};

const C: Class = Class("container");

/// Reason of the fields that the peer's container plugin declares but never gives.
const NOT_UPSTREAM: &str = "the peer declares it but never gives a value";

fn container<'e>(c: &Ctx<'e>) -> Option<&'e Container> {
    c.state.container(c.thread()?)
}

fn is_host(c: &Ctx<'_>) -> Option<bool> {
    Some(c.thread()?.container.is_host())
}

/// What the runtime told; the machine itself reads as a container of which every text is empty.
pub(super) fn meta_text<'e>(c: &Ctx<'e>, pick: impl Fn(&'e ContainerMeta) -> &'e str) -> Option<Value<'e>> {
    if is_host(c)? {
        return text(b"");
    }
    text(pick(container(c)?.meta.as_deref()?).as_bytes())
}

fn meta_flag<'e>(c: &Ctx<'e>, pick: impl Fn(&ContainerMeta) -> bool) -> Option<Value<'e>> {
    if is_host(c)? {
        return flag(false);
    }
    flag(pick(container(c)?.meta.as_deref()?))
}

pub(super) fn meta<'e>(c: &Ctx<'e>) -> Option<&'e ContainerMeta> {
    container(c)?.meta.as_deref()
}

fn type_word(ty: ContainerType) -> &'static str {
    match ty {
        ContainerType::Docker => "docker",
        ContainerType::Lxc => "lxc",
        ContainerType::LibvirtLxc => "libvirt-lxc",
        ContainerType::Custom => "custom",
        ContainerType::Cri => "cri",
        ContainerType::Containerd => "containerd",
        ContainerType::CriO => "cri-o",
        ContainerType::Bpm => "bpm",
        ContainerType::Static => "static",
        ContainerType::Podman => "podman",
        ContainerType::Host => "host",
        ContainerType::Unknown => "unknown",
    }
}

/// `key:value` of all labels, by commas.
pub(super) fn labels<'e>(c: &Ctx<'e>, labels: &[(Box<str>, Box<str>)]) -> Option<Value<'e>> {
    let mut out = c.compose();
    for (i, (key, value)) in labels.iter().enumerate() {
        out.push(if i > 0 { b"," } else { b"" }).push(key.as_bytes()).push(b":").push(value.as_bytes());
    }
    out.value()
}

/// The container's or pod's address, if it is v4.
pub(super) fn ip<'e>(c: &Ctx<'e>) -> Option<Value<'e>> {
    if is_host(c)? {
        return text(b"");
    }
    let mut out = c.compose();
    if let Some(ip) = meta(c)?.ip {
        out.fmt(format_args!("{ip}"));
    }
    out.value()
}

fn mount_text<'e>(c: &Ctx<'e>, mounts: &[Mount]) -> Option<Value<'e>> {
    let mut out = c.compose();
    for (i, m) in mounts.iter().enumerate() {
        let comma = if i > 0 { "," } else { "" };
        let (source, dest, mode, rdwr, propagation) = (&m.source, &m.dest, &m.mode, m.rdwr, &m.propagation);
        out.fmt(format_args!("{comma}{source}:{dest}:{mode}:{rdwr}:{propagation}"));
    }
    out.value()
}

/// A mount by its place, or by a pattern over its source or destination.
fn mount<'e>(c: &Ctx<'e>, field: &FieldRef, by: fn(&Mount) -> &str) -> Option<&'e Mount> {
    let mounts = &meta(c)?.mounts;
    match &field.arg {
        FieldArg::Index(n) => mounts.get(usize::try_from(*n).ok()?),
        FieldArg::Key(pattern) => mounts.iter().find(|m| glob(pattern.as_bytes(), by(m).as_bytes())),
        FieldArg::None => None,
    }
}

/// Whether `text` matches a shell pattern of `*`, `?` and literal characters. Linear in both for each star.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p + 1, t));
                p += 1;
            }
            Some(&ch) if ch == b'?' || text.get(t) == Some(&ch) => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((after, from)) => {
                    star = Some((after, from + 1));
                    (p, t) = (after, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|b| *b == b'*'))
}

fn source(m: &Mount) -> &str {
    &m.source
}

fn dest(m: &Mount) -> &str {
    &m.dest
}

fn start<'e>(c: &Ctx<'e>) -> Option<u64> {
    let thread = c.thread()?;
    Some(thread.pidns_init_start_ts).filter(|ts| *ts != 0)
}

pub(super) const ROWS: &[Row] = &[
    C.text("container.id", "First twelve digits of the container's id, `host` outside of any.", |c, _| {
        if is_host(c)? { word("host") } else { text(&container(c)?.id) }
    })
    .suggested(),
    C.text("container.full_id", "Whole id of the container, from its runtime; `host` outside of any.", |c, _| {
        if is_host(c)? { word("host") } else { meta_text(c, |m| &m.full_id) }
    }),
    C.text("container.name", "Name of the container, from its runtime; `host` outside of any.", |c, _| {
        if is_host(c)? { word("host") } else { meta_text(c, |m| &m.name) }
    })
    .suggested(),
    C.text("container.image", "Image as the runtime names it.", |c, _| meta_text(c, |m| &m.image)),
    C.text("container.image.id", "Id of the image.", |c, _| meta_text(c, |m| &m.image_id)),
    C.text(
        "container.type",
        "What manages the container: docker, containerd, cri-o, podman ...; `host` outside of any.",
        |c, _| {
            if is_host(c)? {
                return word("host");
            }
            word(type_word(container(c)?.meta.as_deref()?.ty))
        },
    ),
    C.flag("container.privileged", "Whether the container is privileged.", |c, _| meta_flag(c, |m| m.privileged)),
    C.text("container.mounts", "All mounts, source:destination:mode:writable:propagation, by commas.", |c, _| {
        if is_host(c)? { text(b"") } else { mount_text(c, &meta(c)?.mounts) }
    }),
    C.text("container.mount", "One mount, by its place or a pattern over its source.", |c, f| {
        mount_text(c, std::slice::from_ref(mount(c, f, source)?))
    })
    .arg(ArgSpec::RequiredKeyOrIndex),
    C.text("container.mount.source", "Source of a mount, by its place or a pattern over its destination.", |c, f| {
        text(mount(c, f, dest)?.source.as_bytes())
    })
    .arg(ArgSpec::RequiredKeyOrIndex),
    C.text("container.mount.dest", "Destination of a mount, by its place or a pattern over its source.", |c, f| {
        text(mount(c, f, source)?.dest.as_bytes())
    })
    .arg(ArgSpec::RequiredKeyOrIndex),
    C.text("container.mount.mode", "Mode of a mount, by its place or a pattern over its source.", |c, f| {
        text(mount(c, f, source)?.mode.as_bytes())
    })
    .arg(ArgSpec::RequiredKeyOrIndex),
    C.text(
        "container.mount.rdwr",
        "`true` for a writable mount, by its place or a pattern over its source.",
        |c, f| word(if mount(c, f, source)?.rdwr { "true" } else { "false" }),
    )
    .arg(ArgSpec::RequiredKeyOrIndex),
    C.text(
        "container.mount.propagation",
        "Propagation of a mount, by its place or a pattern over its source.",
        |c, f| text(mount(c, f, source)?.propagation.as_bytes()),
    )
    .arg(ArgSpec::RequiredKeyOrIndex),
    C.text("container.image.repository", "Image without tag and digest.", |c, _| meta_text(c, |m| &m.image_repo))
        .suggested(),
    C.text("container.image.tag", "Tag of the image.", |c, _| meta_text(c, |m| &m.image_tag)).suggested(),
    C.text("container.image.digest", "Digest of the image in its registry.", |c, _| meta_text(c, |m| &m.image_digest)),
    C.never("container.healthcheck", T::Charbuf, "Health check of the container.", NOT_UPSTREAM).deprecated(),
    C.never("container.liveness_probe", T::Charbuf, "Liveness probe of the container.", NOT_UPSTREAM).deprecated(),
    C.never("container.readiness_probe", T::Charbuf, "Readiness probe of the container.", NOT_UPSTREAM).deprecated(),
    C.field("container.start_ts", T::Abstime, "Start of the container's pid namespace, ns since the epoch.", |c, _| {
        uint(start(c)?)
    }),
    C.field("container.duration", T::Reltime, "Time in ns since `container.start_ts`.", |c, _| {
        uint(c.event.timestamp.wrapping_sub(start(c)?))
    }),
    C.text("container.ip", "First v4 address of the container or its pod.", |c, _| ip(c)),
    C.text("container.cni.json", "What the network plugin told of the container.", |c, _| {
        meta_text(c, |m| &m.cni_json)
    }),
    C.flag("container.host_pid", "Whether the container sees the machine's processes.", |c, _| {
        meta_flag(c, |m| m.host_pid)
    }),
    C.flag("container.host_network", "Whether the container uses the machine's network.", |c, _| {
        meta_flag(c, |m| m.host_network)
    }),
    C.flag("container.host_ipc", "Whether the container shares memory with the machine.", |c, _| {
        meta_flag(c, |m| m.host_ipc)
    }),
    C.text("container.label", "One label of the container, by its key.", |c, f| match &f.arg {
        FieldArg::Key(key) => text(meta(c)?.label(key)?.as_bytes()),
        _ => None,
    })
    .arg(ArgSpec::RequiredKey),
    C.text("container.labels", "All labels of the container, key:value, by commas.", |c, _| {
        if is_host(c)? { text(b"") } else { labels(c, &meta(c)?.labels) }
    }),
    C.never("proc.is_container_healthcheck", T::Bool, "Whether the process runs as a health check.", NOT_UPSTREAM)
        .deprecated(),
    C.never("proc.is_container_liveness_probe", T::Bool, "Whether the process runs as a liveness probe.", NOT_UPSTREAM)
        .deprecated(),
    C.never(
        "proc.is_container_readiness_probe",
        T::Bool,
        "Whether the process runs as a readiness probe.",
        NOT_UPSTREAM,
    )
    .deprecated(),
];

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn patterns_over_mounts() {
        for (pattern, text, want) in [
            ("/var/run/*", "/var/run/docker.sock", true),
            ("/var/run", "/var/run/docker.sock", false),
            ("*sock", "/x.sock", true),
            ("/?ar", "/var", true),
            ("/?ar", "/ar", false),
            ("", "", true),
            ("*a*b*", "xaxxbx", true),
            ("*a*b*", "xbxxax", false),
        ] {
            assert_eq!(glob(pattern.as_bytes(), text.as_bytes()), want, "{pattern} {text}");
        }
    }
}
