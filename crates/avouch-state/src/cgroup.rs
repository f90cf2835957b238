//! Which container a cgroup path belongs to, by the shapes that runtimes give their paths.

use crate::containers::ContainerType;
use crate::text::split_nul;

/// Length of a full container id.
const ID_LEN: usize = 64;
/// How much of it names the container.
const SHORT_LEN: usize = 12;

/// What stands around a 64-digit id, by runtime; the order decides.
const SHAPES: &[(ContainerType, &[u8], &[u8])] = &[
    (ContainerType::Podman, b"/libpod-payload-", b""),
    (ContainerType::Podman, b"/libpod-", b""),
    (ContainerType::Podman, b"/libpod-", b".scope"),
    (ContainerType::Podman, b"/libpod-", b".scope/container"),
    (ContainerType::Docker, b"/", b""),
    (ContainerType::Docker, b"/docker-", b".scope"),
    (ContainerType::Cri, b"/crio-", b""),
    (ContainerType::Cri, b"/cri-containerd-", b".scope"),
    (ContainerType::Cri, b"/crio-", b".scope"),
    (ContainerType::Cri, b":cri-containerd:", b""),
    (ContainerType::Cri, b"/nerdctl-", b".scope"),
];

/// A container named by a cgroup path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CgroupContainer<'a> {
    /// Name it goes by: twelve digits, or the whole name where names are free.
    pub id: &'a [u8],
    /// The whole id.
    pub full_id: &'a [u8],
    /// Runtime the shape belongs to.
    pub ty: ContainerType,
    /// The path that names it.
    pub path: &'a [u8],
}

/// The container of a NUL-separated list of `subsystem=path`; the first path that names one decides.
pub fn find(cgroups: &[u8]) -> Option<CgroupContainer<'_>> {
    split_nul(cgroups).find_map(|entry| {
        let at = memchr_eq(entry)?;
        by_path(entry.get(at + 1..)?)
    })
}

/// The path begins after the last `=` before the first slash: subsystem names may hold one (`name=systemd`).
fn memchr_eq(entry: &[u8]) -> Option<usize> {
    let slash = entry.iter().position(|b| *b == b'/').unwrap_or(entry.len());
    entry.get(..slash)?.iter().rposition(|b| *b == b'=')
}

/// Names of subsystems as the kernel's events tell them, and as the rest of the world knows them.
const RENAMED: &[(&[u8], &[u8])] = &[(b"io=", b"blkio="), (b"perf=", b"perf_event="), (b"mem=", b"memory=")];

/// The list with the usual names of subsystems; `None` when it has them already.
pub(crate) fn normalised(cgroups: &[u8]) -> Option<Vec<u8>> {
    let renamed = |entry: &[u8]| RENAMED.iter().find(|(from, _)| entry.starts_with(from));
    if split_nul(cgroups).all(|e| renamed(e).is_none()) {
        return None;
    }
    let mut out = Vec::with_capacity(cgroups.len() + 16);
    for entry in split_nul(cgroups) {
        match renamed(entry) {
            Some((from, to)) => {
                out.extend_from_slice(to);
                out.extend_from_slice(entry.get(from.len()..).unwrap_or(&[]));
            }
            None => out.extend_from_slice(entry),
        }
        out.push(0);
    }
    Some(out)
}

fn by_path(path: &[u8]) -> Option<CgroupContainer<'_>> {
    if path.len() < 3 {
        return None;
    }
    let by_shape = SHAPES.iter().find_map(|(ty, before, after)| {
        let full_id = hex_between(path, before, after)?;
        Some(CgroupContainer { id: full_id.get(..SHORT_LEN)?, full_id, ty: *ty, path })
    });
    let named = || lxc(path).or_else(|| libvirt(path)).or_else(|| bpm(path)).or_else(|| containerd(path));
    Some(CgroupContainer { path, ..by_shape.or_else(named)? })
}

/// The 64 digits between the last `before` and the last `after` (the end, when empty).
fn hex_between<'a>(path: &'a [u8], before: &[u8], after: &[u8]) -> Option<&'a [u8]> {
    let end = if after.is_empty() { path.len() } else { rfind(path, after)? };
    let start = end.checked_sub(ID_LEN)?;
    let id = path.get(start..end)?;
    (path.get(..start)?.ends_with(before) && id.iter().all(u8::is_ascii_hexdigit)).then_some(id)
}

fn lxc(path: &[u8]) -> Option<CgroupContainer<'_>> {
    let at = |prefix: &[u8]| find_bytes(path, prefix).map(|i| i + prefix.len());
    let start = at(b"/lxc/").or_else(|| at(b"/lxc.payload/")).or_else(|| at(b"/lxc.payload."))?;
    named(first_component(path.get(start..)?), ContainerType::Lxc)
}

fn libvirt(path: &[u8]) -> Option<CgroupContainer<'_>> {
    let ty = ContainerType::LibvirtLxc;
    if let Some(head) = path.strip_suffix(b".libvirt-lxc") {
        return named(last_component(head), ty);
    }
    if let Some(i) = find_bytes(path, br"-lxc\x2d") {
        return named(path.get(i + br"-lxc\x2d".len()..)?.strip_suffix(b".scope")?, ty);
    }
    let i = find_bytes(path, b"/libvirt/lxc/")?;
    named(first_component(path.get(i + b"/libvirt/lxc/".len()..)?), ty)
}

fn bpm(path: &[u8]) -> Option<CgroupContainer<'_>> {
    let name = last_component(path).strip_prefix(b"bpm-")?;
    named(name.strip_suffix(b".scope").unwrap_or(name), ContainerType::Bpm)
}

/// `/<namespace>/<name>`: anything of two components that systemd, kubelet or another runtime did not make.
fn containerd(path: &[u8]) -> Option<CgroupContainer<'_>> {
    let mut parts = path.strip_prefix(b"/")?.split(|b| *b == b'/');
    let (namespace, name) = (parts.next()?, parts.next()?);
    let systemd =
        |p: &[u8]| [&b".service"[..], b".slice", b".scope", b".mount", b".socket"].iter().any(|s| p.ends_with(s));
    let other = [&b"kubepods"[..], b"docker", b"libpod_parent", b"user", b"system", b"machine", b"lxc", b"libvirt"];
    let plain = |p: &[u8]| !p.is_empty() && p.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b));
    if parts.next().is_some()
        || systemd(name)
        || systemd(namespace)
        || other.contains(&namespace)
        || !plain(namespace)
        || !plain(name)
    {
        return None;
    }
    named(name, ContainerType::Containerd)
}

fn named(name: &[u8], ty: ContainerType) -> Option<CgroupContainer<'_>> {
    (!name.is_empty()).then_some(CgroupContainer { id: name, full_id: name, ty, path: name })
}

fn first_component(path: &[u8]) -> &[u8] {
    path.split(|b| *b == b'/').next().unwrap_or(path)
}

fn last_component(path: &[u8]) -> &[u8] {
    path.rsplit(|b| *b == b'/').next().unwrap_or(path)
}

fn find_bytes(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|w| w == what)
}

fn rfind(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).rposition(|w| w == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "b395cc2fabbba8c3062a3a2977e11d567c87f7c8ab680288693942235dc3f4bb";

    fn id(path: &str) -> Option<(String, ContainerType)> {
        let list = format!("cpu=/\0name=systemd={}\0", path.replace("ID", ID));
        find(list.as_bytes()).map(|f| (String::from_utf8(f.id.to_vec()).unwrap(), f.ty))
    }

    #[test]
    fn every_runtime_shape_names_its_container() {
        let short = |ty| Some((ID[..12].to_owned(), ty));
        for (path, ty) in [
            ("/docker/ID", ContainerType::Docker),
            ("/system.slice/docker-ID.scope", ContainerType::Docker),
            ("/libpod_parent/libpod-ID", ContainerType::Podman),
            ("/machine.slice/libpod-ID.scope/container", ContainerType::Podman),
            ("/user.slice/user-1000.slice/libpod-ID.scope", ContainerType::Podman),
            ("/kubepods/besteffort/pod1/ID", ContainerType::Docker),
            ("/kubepods.slice/x/cri-containerd-ID.scope", ContainerType::Cri),
            ("/kubepods.slice/crio-ID.scope", ContainerType::Cri),
            ("/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:ID", ContainerType::Cri),
        ] {
            assert_eq!(id(path), short(ty), "{path}");
        }
        let named = |n: &str, ty| Some((n.to_owned(), ty));
        assert_eq!(id("/default/ct1"), named("ct1", ContainerType::Containerd));
        assert_eq!(id("/lxc/web/ns"), named("web", ContainerType::Lxc));
        assert_eq!(id(r"/machine.slice/machine-lxc\x2dweb.scope"), named("web", ContainerType::LibvirtLxc));
        assert_eq!(id("/system.slice/bpm-gorouter.scope"), named("gorouter", ContainerType::Bpm));
    }

    #[test]
    fn subsystems_get_their_usual_names() {
        assert_eq!(normalised(b"cpu=/\0io=/a\0perf=/b\0"), Some(b"cpu=/\0blkio=/a\0perf_event=/b\0".to_vec()));
        assert_eq!(normalised(b"cpu=/\0blkio=/a\0"), None);
    }

    #[test]
    fn the_machine_is_no_container() {
        for path in [
            "/",
            "/system.slice/irqbalance.service",
            "/user.slice/user-1000.slice/session-1.scope",
            "/init.scope",
            "/system.slice/docker-1234.scope",
            "/kubepods/besteffort",
            "",
        ] {
            assert_eq!(id(path), None, "{path}");
        }
    }
}
