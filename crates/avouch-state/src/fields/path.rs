//! Joining and normalising paths as text, the way the peer shows them.

use avouch_event::Arena;
use bumpalo::collections::Vec;

/// Longest path that is shown; anything longer becomes [`TOO_LONG`].
const MAX: usize = 1024;

const TOO_LONG: &[u8] = b"/DIR_TOO_LONG/FILENAME_TOO_LONG";

/// `path` seen from `base`: alone when absolute, else appended. Folds `//`, `.` and `..`, never above the root.
pub(super) fn join<'e>(base: &[u8], path: &[u8], arena: &'e Arena) -> &'e [u8] {
    let base = if path.first() == Some(&b'/') { &b""[..] } else { base };
    if base.len() + path.len() >= MAX {
        return TOO_LONG;
    }
    let absolute = base.first().or(path.first()) == Some(&b'/');
    let mut out = Vec::with_capacity_in(base.len() + path.len() + 1, arena);
    if absolute {
        out.push(b'/');
    }
    let root = out.len();
    for part in base.split(|b| *b == b'/').chain(path.split(|b| *b == b'/')) {
        match part {
            b"" | b"." => {}
            b".." => {
                let up = out.iter().rposition(|b| *b == b'/').map_or(0, |p| p.max(root));
                out.truncate(up.max(root.min(out.len())));
            }
            _ => {
                if out.len() > root {
                    out.push(b'/');
                }
                out.extend_from_slice(part);
            }
        }
    }
    out.into_bump_slice()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_as_text() {
        let arena = Arena::new();
        for (base, path, want) in [
            ("/home/a/", "b", "/home/a/b"),
            ("/home/a/", "/b//c/./d/", "/b/c/d"),
            ("/home/a/", "../../../x", "/x"),
            ("/", ".", "/"),
            ("/a/b", "..", "/a"),
            ("", "a/../b", "b"),
            ("a", "../..", ""),
            (".", "/etc/../", "/"),
            ("<UNKNOWN>/", "x", "<UNKNOWN>/x"),
        ] {
            assert_eq!(join(base.as_bytes(), path.as_bytes(), &arena), want.as_bytes(), "{base} {path}");
        }
        assert_eq!(join(&[b'a'; 600], &[b'b'; 600], &arena), TOO_LONG);
    }
}
