//! Which paths are watched. Asked for every event that changes a file.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher, GlobSet, GlobSetBuilder};
use rustc_hash::FxHashSet;

use crate::{Config, IntegrityError};

/// The patterns, compiled. See [`Config`] for what they mean.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    watched: Set,
    excluded: Set,
    roots: Vec<Root>,
}

/// A pattern as the walk follows it: a fixed part, then components.
#[derive(Clone, Debug)]
pub(crate) struct Root {
    pub(crate) fixed: PathBuf,
    pub(crate) rest: Vec<Component>,
}

/// One component of a pattern after its fixed part.
#[derive(Clone, Debug)]
pub(crate) enum Component {
    Name(String),
    Match(GlobMatcher),
    /// `**`: any depth from here.
    Beneath,
}

/// Fixed paths are looked up by hash, ancestor by ancestor; only real patterns cost an automaton.
#[derive(Clone, Debug)]
struct Set {
    fixed: FxHashSet<Box<[u8]>>,
    globs: GlobSet,
}

impl Set {
    fn compile<'p>(patterns: impl Iterator<Item = &'p str>) -> Result<Self, IntegrityError> {
        let mut fixed = FxHashSet::default();
        let mut globs = GlobSetBuilder::new();
        for pattern in patterns {
            if is_glob(pattern) {
                globs.add(glob(pattern)?);
                globs.add(glob(&format!("{}/**", pattern.trim_end_matches('/')))?);
            } else {
                fixed.insert(trimmed(pattern).as_bytes().into());
            }
        }
        let globs = globs.build().map_err(|e| refused("**", &e))?;
        Ok(Self { fixed, globs })
    }

    fn holds(&self, path: &Path) -> bool {
        let bytes = path.as_os_str().as_bytes();
        let beneath = (1..=bytes.len())
            .filter(|end| *end == bytes.len() || bytes.get(*end) == Some(&b'/'))
            .any(|end| bytes.get(..end).is_some_and(|ancestor| self.fixed.contains(ancestor)));
        beneath || (!self.globs.is_empty() && self.globs.is_match(path))
    }
}

impl Watch {
    /// Compiles the patterns of `config`, with what their fixed parts lead to on this machine.
    pub(crate) fn new(config: &Config) -> Result<Self, IntegrityError> {
        let watch = with_resolved(&config.watch)?;
        let exclude = with_resolved(&config.exclude)?;
        // Whole patterns are compiled first, so that an error names the whole one.
        let watched = Set::compile(watch.iter().map(String::as_str))?;
        let excluded = Set::compile(exclude.iter().map(String::as_str))?;
        let roots = watch.iter().map(|p| Root::parse(p)).collect::<Result<_, _>>()?;
        Ok(Self { watched, excluded, roots })
    }

    pub(crate) fn watched(&self, path: &Path) -> bool {
        self.watched.holds(path) && !self.excluded.holds(path)
    }

    pub(crate) fn roots(&self) -> &[Root] {
        &self.roots
    }
}

impl Root {
    fn parse(pattern: &str) -> Result<Self, IntegrityError> {
        let (fixed, rest) = split(pattern);
        let rest = rest
            .iter()
            .map(|part| match *part {
                "**" => Ok(Component::Beneath),
                part if is_glob(part) => Ok(Component::Match(glob(part)?.compile_matcher())),
                part => Ok(Component::Name(part.to_owned())),
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { fixed, rest })
    }
}

fn is_glob(pattern: &str) -> bool {
    pattern.contains(['*', '?', '[', '{', '\\'])
}

fn trimmed(pattern: &str) -> &str {
    match pattern.trim_end_matches('/') {
        "" => "/",
        trimmed => trimmed,
    }
}

fn glob(pattern: &str) -> Result<globset::Glob, IntegrityError> {
    GlobBuilder::new(pattern).literal_separator(true).build().map_err(|e| refused(pattern, &e))
}

fn refused(pattern: &str, error: &globset::Error) -> IntegrityError {
    IntegrityError::Pattern { pattern: pattern.to_owned(), reason: error.kind().to_string() }
}

/// The part of a pattern before its first component with a sign, and the components after it. Braces may hold a `/`: such
/// a pattern is followed from before the brace on, over everything beneath.
fn split(pattern: &str) -> (PathBuf, Vec<&str>) {
    let parts: Vec<&str> = pattern.split('/').filter(|p| !p.is_empty()).collect();
    let fixed_parts = parts.iter().take_while(|p| !is_glob(p)).count();
    let (fixed, rest) = parts.split_at(fixed_parts);
    let rest = if rest.iter().any(|p| p.contains(['{', '\\'])) { vec!["**"] } else { rest.to_vec() };
    (PathBuf::from(format!("/{}", fixed.join("/"))), rest)
}

fn with_resolved(patterns: &[String]) -> Result<Vec<String>, IntegrityError> {
    let mut out: Vec<String> = Vec::new();
    for pattern in patterns {
        let refuse = |reason: &str| IntegrityError::Pattern { pattern: pattern.clone(), reason: reason.to_owned() };
        if !pattern.starts_with('/') {
            return Err(refuse("it does not begin with `/`"));
        }
        if pattern.split('/').any(|part| part == "." || part == "..") {
            return Err(refuse("it has a `.` or `..` component"));
        }
        out.push(pattern.clone());
        let (fixed, _) = split(pattern);
        let Ok(real) = std::fs::canonicalize(&fixed) else { continue };
        // Signs in a real name would be read as a pattern; such a place is watched under the name given only.
        let Some(real) = real.to_str().filter(|real| !is_glob(real)) else { continue };
        let Some(tail) = pattern.strip_prefix(fixed.to_str().unwrap_or_default()) else { continue };
        if OsStr::new(real) != fixed.as_os_str() {
            out.push(format!("{}{tail}", real.trim_end_matches('/')));
        }
    }
    out.sort();
    out.dedup();
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(patterns: &[&str], exclude: &[&str]) -> Watch {
        let own = |list: &[&str]| list.iter().map(|p| (*p).to_owned()).collect();
        Watch::new(&Config { watch: own(patterns), exclude: own(exclude), ..Config::default() }).unwrap()
    }

    #[test]
    fn a_pattern_stands_for_what_it_matches_and_everything_beneath() {
        let w = watch(
            &["/etc/passwd", "/etc/ssh/", "/etc/cron*", "/home/*/.ssh/authorized_keys", "/srv/**/*.key"],
            &["/etc/ssh/moduli", "/etc/**/*.swp"],
        );
        let yes = [
            "/etc/passwd",
            "/etc/ssh",
            "/etc/ssh/sshd_config.d/a.conf",
            "/etc/cron.d/x",
            "/etc/crontab",
            "/home/a/.ssh/authorized_keys",
            "/srv/a/b/c.key",
            "/srv/c.key",
        ];
        let no = [
            "/etc/passwd-",
            "/etc",
            "/",
            "",
            "etc/passwd",
            "/etc/ssh/moduli",
            "/etc/ssh/x.swp",
            "/home/a/b/.ssh/authorized_keys",
            "/srv/a.txt",
        ];
        for path in yes {
            assert!(w.watched(Path::new(path)), "{path}");
        }
        for path in no {
            assert!(!w.watched(Path::new(path)), "{path}");
        }
    }

    #[test]
    fn a_link_on_the_way_is_watched_where_it_leads() {
        let dir = tempfile::tempdir().unwrap();
        let real = std::fs::canonicalize(dir.path()).unwrap();
        std::fs::create_dir_all(real.join("usr/bin")).unwrap();
        std::os::unix::fs::symlink("usr/bin", real.join("bin")).unwrap();
        let w = watch(&[real.join("bin/*").to_str().unwrap()], &[]);
        assert!(w.watched(&real.join("bin/ls")));
        assert!(w.watched(&real.join("usr/bin/ls")));
        assert!(!w.watched(&real.join("usr/bin")));
    }

    #[test]
    fn bad_patterns_are_refused_by_name() {
        for pattern in ["etc/passwd", "/etc/[", "/etc/../x", "/a{b"] {
            let error = Watch::new(&Config { watch: vec![pattern.to_owned()], ..Config::default() }).unwrap_err();
            assert!(error.to_string().contains(pattern), "{error}");
        }
    }
}
