//! Joining and folding paths as text; nothing is looked up.

/// Paths of this length or more are replaced by [`TOO_LONG`].
const LIMIT: usize = 1024;

/// What stands for a path that is too long.
const TOO_LONG: &[u8] = b"/DIR_TOO_LONG/FILENAME_TOO_LONG";

/// Appends `path` to `base` and folds `//`, `.` and `..`; an absolute `path` stands alone. No trailing slash remains.
///
/// `base` is taken as it is: directories are given with their final `/`.
pub fn join(base: &[u8], path: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(base.len() + path.len() + 1);
    join_into(base, path, &mut out);
    out
}

/// As [`join`], into `out`, which is emptied first.
pub fn join_into(base: &[u8], path: &[u8], out: &mut Vec<u8>) {
    out.clear();
    if base.len() + path.len() + 1 > LIMIT {
        out.extend_from_slice(TOO_LONG);
        return;
    }
    let rest = match path.split_first() {
        None => return,
        Some((b'/', rest)) => {
            out.push(b'/');
            rest
        }
        Some(_) => {
            out.extend_from_slice(base);
            path
        }
    };
    let mut pieces = rest.split(|b| *b == b'/').peekable();
    while let Some(piece) = pieces.next() {
        match piece {
            b"" | b"." => {}
            b".." => to_parent(out),
            name => {
                out.extend_from_slice(name);
                if pieces.peek().is_some() {
                    out.push(b'/');
                }
            }
        }
    }
    if out.len() > 1 && out.ends_with(b"/") {
        out.pop();
    }
}

/// Drops the last component, never the root.
fn to_parent(out: &mut Vec<u8>) {
    if out.len() <= 1 {
        return;
    }
    out.pop();
    while out.last().is_some_and(|b| *b != b'/') {
        out.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(base: &str, path: &str) -> String {
        String::from_utf8(join(base.as_bytes(), path.as_bytes())).unwrap()
    }

    #[test]
    fn folds_as_text() {
        for (base, path, want) in [
            ("/a/b/", "c", "/a/b/c"),
            ("/a/b/", "./../c//d/", "/a/c/d"),
            ("/a/", "/x/../y", "/y"),
            ("/", "../../etc", "/etc"),
            ("/a/", "..", "/"),
            ("/a/b/", ".", "/a/b"),
            ("a/", "../b", "b"),
            ("<UNKNOWN>", "f", "<UNKNOWN>f"),
            ("/a/", "...", "/a/..."),
            ("/a/", "", ""),
            ("", "/", "/"),
        ] {
            assert_eq!(joined(base, path), want, "{base} + {path}");
        }
    }

    #[test]
    fn long_paths_are_replaced() {
        assert_eq!(joined("/", &"x".repeat(1022)).len(), 1023);
        assert_eq!(joined("/", &"x".repeat(1023)), "/DIR_TOO_LONG/FILENAME_TOO_LONG");
    }
}
