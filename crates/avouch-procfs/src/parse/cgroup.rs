//! `/proc/PID/cgroup`.

use super::bytes::{lines, words};

/// Appends `subsystem=path` with a NUL for each controller. Hierarchies that only have a name (`name=systemd`) are left out,
/// as captures do not carry them.
///
/// A version 2 line has no controllers of its own: it stands for each of `v2_controllers`, the content of the root's
/// `cgroup.controllers`. Where that and version 1 leave nothing, the path still stands under the name `unified`, so that it
/// can be found.
pub fn cgroups(text: &[u8], v2_controllers: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    let mut push = |name: &[u8], path: &[u8]| {
        out.extend_from_slice(name);
        out.push(b'=');
        out.extend_from_slice(path);
        out.push(0);
    };
    let mut unified = None;
    // A NUL ends an entry: the kernel writes none.
    for line in lines(text).filter(|l| !l.contains(&0)) {
        let mut parts = line.splitn(3, |b| *b == b':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { continue };
        if controllers.is_empty() {
            words(v2_controllers).filter(|name| !name.contains(&0)).for_each(|name| push(name, path));
            unified = Some(path);
            continue;
        }
        let named = |c: &&[u8]| !c.is_empty() && !c.starts_with(b"name=");
        controllers.split(|b| *b == b',').filter(named).for_each(|name| push(name, path));
    }
    if out.len() == start
        && let Some(path) = unified
    {
        out.extend_from_slice(b"unified=");
        out.extend_from_slice(path);
        out.push(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &[u8], v2: &[u8]) -> String {
        let mut out = Vec::new();
        cgroups(text, v2, &mut out);
        String::from_utf8_lossy(&out).replace('\0', " ")
    }

    #[test]
    fn each_controller_is_named() {
        assert_eq!(list(b"8:cpu,cpuacct:/x\n9:name=systemd:/y\n0::/z\n", b""), "cpu=/x cpuacct=/x ");
        assert_eq!(list(b"1:cpu:/a:b\n", b""), "cpu=/a:b ");
    }

    #[test]
    fn version_two_stands_for_its_controllers() {
        assert_eq!(list(b"0::/z\n", b"cpu io\n"), "cpu=/z io=/z ");
        assert_eq!(list(b"0::/z\n", b""), "unified=/z ");
        assert_eq!(list(b"", b"cpu"), "");
        assert_eq!(list(b"1:cpu:/a\0b\n0::/z\n", b"io \0"), "io=/z ", "no line of the kernel's");
    }
}
