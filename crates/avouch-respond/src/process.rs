//! What `/proc` says of a process at this moment.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Clock ticks since boot at which the process started.
pub(crate) fn start_ticks(pid: u32) -> io::Result<u64> {
    let stat = fs::read(format!("/proc/{pid}/stat"))?;
    // The name in parentheses may hold anything; the last parenthesis ends it. Field 22 is the 20th behind it.
    let end = stat.iter().rposition(|&b| b == b')').unwrap_or_default();
    let text = String::from_utf8_lossy(&stat[end..]);
    text.split_ascii_whitespace()
        .nth(20)
        .and_then(|f| f.parse().ok())
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no start time in its stat file"))
}

/// Path of the executable. A kernel thread has none.
pub(crate) fn exe(pid: u32) -> io::Result<String> {
    fs::read_link(format!("/proc/{pid}/exe")).map(|p| p.to_string_lossy().into_owned())
}

/// Controllers and path of each cgroup of the process.
pub(crate) fn cgroups(pid: u32) -> io::Result<Vec<(String, String)>> {
    let text = fs::read(format!("/proc/{pid}/cgroup"))?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let line = |l: &str| {
        let mut parts = l.splitn(3, ':').skip(1);
        Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
    };
    Ok(text.lines().filter_map(line).collect())
}

/// One line of a mountinfo file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    pub(crate) id: u64,
    pub(crate) dev: (u32, u32),
    /// Which part of the file system stands at `point`.
    pub(crate) root: PathBuf,
    pub(crate) point: PathBuf,
    pub(crate) kind: String,
    pub(crate) options: String,
}

/// Mounts as process `pid` sees them.
pub(crate) fn mounts(pid: u32) -> io::Result<Vec<Mount>> {
    let text = fs::read(format!("/proc/{pid}/mountinfo"))?;
    Ok(String::from_utf8_lossy(&text).lines().filter_map(mount).collect())
}

fn mount(line: &str) -> Option<Mount> {
    let (front, back) = line.split_once(" - ")?;
    let mut front = front.split(' ');
    let id = front.next()?.parse().ok()?;
    let (major, minor) = front.nth(1)?.split_once(':')?;
    let (root, point) = (unescaped(front.next()?), unescaped(front.next()?));
    let mut back = back.split(' ');
    let kind = back.next()?.to_owned();
    let options = back.nth(1).unwrap_or_default().to_owned();
    Some(Mount { id, dev: (major.parse().ok()?, minor.parse().ok()?), root, point, kind, options })
}

/// The kernel writes blanks and backslashes of paths as three octal digits.
pub(crate) fn unescaped(text: &str) -> PathBuf {
    use std::os::unix::ffi::OsStringExt as _;
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&b, tail)) = rest.split_first() {
        let octal = tail.get(..3).and_then(|d| std::str::from_utf8(d).ok()).and_then(|d| u8::from_str_radix(d, 8).ok());
        match octal {
            Some(byte) if b == b'\\' => {
                out.push(byte);
                rest = &tail[3..];
            }
            _ => {
                out.push(b);
                rest = tail;
            }
        }
    }
    PathBuf::from(std::ffi::OsString::from_vec(out))
}

/// Where a cgroup hierarchy is mounted: version 2, or the one with `controller`.
pub(crate) fn cgroup_mount(mounts: &[Mount], controller: Option<&str>) -> Option<PathBuf> {
    let fits = |m: &&Mount| match controller {
        None => m.kind == "cgroup2",
        Some(c) => m.kind == "cgroup" && m.options.split(',').any(|o| o == c),
    };
    mounts.iter().filter(|m| m.root == Path::new("/")).find(fits).map(|m| m.point.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_start_time_and_cgroups_are_read() {
        let pid = std::process::id();
        assert!(start_ticks(pid).unwrap() > 0);
        assert!(!cgroups(pid).unwrap().is_empty());
        assert!(exe(pid).unwrap().starts_with('/'));
        assert!(mounts(pid).unwrap().iter().any(|m| m.point == Path::new("/proc")));
    }

    #[test]
    fn mountinfo_lines_with_blanks_are_read() {
        let m = mount(r"36 35 0:41 / /a\040b rw - overlay overlay rw,lowerdir=/l,upperdir=/u\0401,workdir=/w").unwrap();
        assert_eq!((m.id, m.dev, m.point.as_path()), (36, (0, 41), Path::new("/a b")));
        assert_eq!(m.kind, "overlay");
        assert!(mount("36 35 0:41 /").is_none() && mount("").is_none());
        assert_eq!(unescaped(r"\9\04").to_str(), Some(r"\9\04"));
    }
}
