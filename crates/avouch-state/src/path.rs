//! Joining and folding paths as text; nothing is looked up.

/// Paths of this length or more are replaced by [`TOO_LONG`].
const LIMIT: usize = 1024;

/// What stands for a path that is too long.
const TOO_LONG: &[u8] = b"/DIR_TOO_LONG/FILENAME_TOO_LONG";

/// Where a path is put together: the heap, or an event's arena.
pub trait PathBytes: std::ops::Deref<Target = [u8]> {
    /// Appends one byte.
    fn put(&mut self, byte: u8);
    /// Appends bytes.
    fn put_all(&mut self, bytes: &[u8]);
    /// Drops all but the first `len` bytes.
    fn cut(&mut self, len: usize);
}

impl PathBytes for Vec<u8> {
    fn put(&mut self, byte: u8) {
        self.push(byte);
    }

    fn put_all(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn cut(&mut self, len: usize) {
        self.truncate(len);
    }
}

impl PathBytes for bumpalo::collections::Vec<'_, u8> {
    fn put(&mut self, byte: u8) {
        self.push(byte);
    }

    fn put_all(&mut self, bytes: &[u8]) {
        self.extend_from_slice_copy(bytes);
    }

    fn cut(&mut self, len: usize) {
        self.truncate(len);
    }
}

/// Appends `path` to `base` and folds `//`, `.` and `..`; an absolute `path` stands alone. No trailing slash remains.
///
/// `base` is taken as it is: directories are given with their final `/`.
pub fn join(base: &[u8], path: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(base.len() + path.len() + 1);
    join_into(base, path, &mut out);
    out
}

/// As [`join`], into `out`, which is emptied first.
pub fn join_into(base: &[u8], path: &[u8], out: &mut impl PathBytes) {
    out.cut(0);
    if base.len() + path.len() + 1 > LIMIT {
        out.put_all(TOO_LONG);
        return;
    }
    if is_plain(path) {
        if path.first() != Some(&b'/') {
            out.put_all(base);
        }
        out.put_all(path);
        return;
    }
    let rest = match path.split_first() {
        None => return,
        Some((b'/', rest)) => {
            out.put(b'/');
            rest
        }
        Some(_) => {
            out.put_all(base);
            path
        }
    };
    let mut pieces = rest.split(|b| *b == b'/').peekable();
    while let Some(piece) = pieces.next() {
        match piece {
            b"" | b"." => {}
            b".." => to_parent(out),
            name => {
                out.put_all(name);
                if pieces.peek().is_some() {
                    out.put(b'/');
                }
            }
        }
    }
    if out.len() > 1 && out.ends_with(b"/") {
        out.cut(out.len() - 1);
    }
}

/// Whether there is nothing to fold: no component is empty or begins with a dot. Nearly all paths are so, and are joined
/// without looking at each component.
fn is_plain(path: &[u8]) -> bool {
    let begins = |at: usize| !matches!(path.get(at), None | Some(b'/' | b'.'));
    let first = if path.first() == Some(&b'/') { 1 } else { 0 };
    begins(first) && memchr::memchr_iter(b'/', path).all(|slash| begins(slash + 1))
}

/// Drops the last component, never the root.
fn to_parent(out: &mut impl PathBytes) {
    let Some((_, before)) = out.split_last().filter(|(_, before)| !before.is_empty()) else { return };
    let keep = before.iter().rposition(|b| *b == b'/').map_or(0, |i| i + 1);
    out.cut(keep);
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
            ("/a/", "b/", "/a/b"),
            ("/a/", "/b//c", "/b/c"),
            ("/a/", "/b/c", "/b/c"),
            ("/a/", ".b/c", "/a/.b/c"),
            ("/a/", "b/.c", "/a/b/.c"),
            ("/a/", "/b/..", "/"),
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
