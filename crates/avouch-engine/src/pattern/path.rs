//! `pmatch`: path prefixes by whole components, `/var/run` matches `/var/run/x` and not `/var/running`.

use rustc_hash::FxHashMap;

use super::Glob;

/// Any of several path prefixes, as a trie of components.
#[derive(Debug, Default)]
pub(crate) struct PathSet {
    root: Level,
}

#[derive(Debug, Default)]
struct Level {
    /// A path of the set ends here: everything below matches.
    end: bool,
    names: FxHashMap<Box<[u8]>, Level>,
    /// Components with `?`, `*` or `[`.
    globs: Vec<(Glob, Level)>,
}

/// Components of a path; empty ones do not count.
pub(crate) fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|b| *b == b'/').filter(|c| !c.is_empty())
}

impl PathSet {
    pub(crate) fn new<'a>(paths: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut set = Self::default();
        for path in paths {
            let mut level = &mut set.root;
            for name in components(path) {
                if level.end {
                    break;
                }
                level = if name.iter().any(|b| matches!(b, b'?' | b'*' | b'[')) {
                    level.globs.push((Glob::new(name, false), Level::default()));
                    match level.globs.last_mut() {
                        Some((_, below)) => below,
                        None => return set,
                    }
                } else {
                    level.names.entry(name.into()).or_default()
                };
            }
            // A shorter path makes all longer ones below it superfluous.
            *level = Level { end: true, ..Level::default() };
        }
        set
    }

    /// Whether a path of the set is a prefix of `value`.
    pub(crate) fn matches(&self, value: &[u8]) -> bool {
        level_matches(&self.root, value)
    }
}

fn level_matches(level: &Level, rest: &[u8]) -> bool {
    if level.end {
        return true;
    }
    let start = rest.iter().position(|b| *b != b'/').unwrap_or(rest.len());
    let rest = rest.get(start..).unwrap_or(&[]);
    if rest.is_empty() {
        return false;
    }
    let end = memchr::memchr(b'/', rest).unwrap_or(rest.len());
    let (name, below) = rest.split_at_checked(end).unwrap_or((rest, &[]));
    if level.names.get(name).is_some_and(|l| level_matches(l, below)) {
        return true;
    }
    level.globs.iter().any(|(glob, l)| glob.matches(name) && level_matches(l, below))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn m(paths: &[&str], value: &str) -> bool {
        PathSet::new(paths.iter().map(|p| p.as_bytes())).matches(value.as_bytes())
    }

    #[test]
    fn prefixes_are_whole_components() {
        assert!(m(&["/var/run"], "/var/run/x") && m(&["/var/run"], "/var/run") && m(&["var/run/"], "//var//run/x"));
        assert!(!m(&["/var/run"], "/var/running") && !m(&["/var/run"], "/var") && !m(&[], "/var"));
        assert!(m(&["/"], "/anything") && m(&["/opt/dir/x", "/opt"], "/opt/y") && m(&["/opt", "/opt/dir/x"], "/opt/y"));
    }

    #[test]
    fn components_may_be_globs() {
        assert!(m(&["/opt/*"], "/opt/dir/subdir") && m(&["/opt/*/subdir"], "/opt/dir/subdir"));
        assert!(m(&["/opt/di?/subdir"], "/opt/dir/subdir") && !m(&["/opt/di[!r]/subdir"], "/opt/dir/subdir"));
        assert!(m(&["/a/b/c", "/a/*/d"], "/a/b/d"));
    }
}
