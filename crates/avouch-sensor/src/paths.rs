//! Paths as the kernel programs put them down: names from the leaf to the root, each with its NUL.

/// The path whose names stand in `components`, into `out`. A single name that hangs nowhere (a memfd, a pipe) stays without a
/// slash when the kernel calls it so; everything else is absolute.
pub(crate) fn from_components(components: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let names = || components.split(|b| *b == 0).filter(|n| !n.is_empty());
    if names().any(|n| n == b"/") {
        // A dentry of its own tree: its root is named `/`.
        out.extend_from_slice(b"/");
    } else if let Some(name) = names().next().filter(|n| names().nth(1).is_none() && hangs_nowhere(n)) {
        out.extend_from_slice(name);
        return;
    }
    let mut starts: Vec<&[u8]> = names().filter(|n| *n != b"/").collect();
    starts.reverse();
    for name in starts {
        if !out.ends_with(b"/") {
            out.push(b'/');
        }
        out.extend_from_slice(name);
    }
    if out.is_empty() {
        out.push(b'/');
    }
}

fn hangs_nowhere(name: &[u8]) -> bool {
    name.starts_with(b"memfd:") || name.starts_with(b"[") || name == b"inotify"
}

/// Name of a unix socket. Abstract names begin with a NUL, which captures show as `@`.
pub(crate) fn unix_name(raw: &[u8]) -> Vec<u8> {
    let (first, rest) = match raw.split_first() {
        Some((0, rest)) if rest.first().is_some_and(|b| *b != 0) => (Some(b'@'), rest),
        _ => (None, raw),
    };
    let end = rest.iter().position(|b| *b == 0).unwrap_or(rest.len());
    first.into_iter().chain(rest.get(..end).unwrap_or_default().iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(components: &[u8]) -> String {
        let mut out = Vec::new();
        from_components(components, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn names_turn_round() {
        assert_eq!(path(b"passwd\0etc\0"), "/etc/passwd");
        assert_eq!(path(b""), "/");
        assert_eq!(path(b"memfd:x\0"), "memfd:x");
        assert_eq!(path(b"[eventfd]\0"), "[eventfd]");
        assert_eq!(path(b"tmp\0"), "/tmp");
        assert_eq!(path(b"ns\0/\0"), "/ns");
    }

    #[test]
    fn unix_names() {
        assert_eq!(unix_name(b"/run/x\0\0\0"), b"/run/x");
        assert_eq!(unix_name(b"\0abs\0\0"), b"@abs");
        assert_eq!(unix_name(&[0; 8]), b"");
    }
}
