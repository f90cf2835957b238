//! Every watched path of this machine, one at a time, so that changes can be served in between.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::watch::{Component, Watch};

/// Names of one folder that are read at a time; a folder with more is not followed to its end, and counted.
const MAX_NAMES: usize = 200_000;

/// Paths that wait; only hostile trees need as many.
const MAX_WAITING: usize = 400_000;

#[derive(Debug)]
enum Step {
    /// Follow pattern `root` from component `at` on.
    Expand { path: PathBuf, root: usize, at: usize },
    /// A path and everything beneath.
    Tree(PathBuf),
}

/// See the module. Symbolic links are told, not followed.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    waiting: Vec<Step>,
    /// Folders that could not be read, or not to their end: what is in them is not known.
    pub(crate) unread: u64,
}

impl Walk {
    pub(crate) fn new(watch: &Watch) -> Self {
        let roots = watch.roots().iter().enumerate();
        let waiting = roots.map(|(root, r)| Step::Expand { path: r.fixed.clone(), root, at: 0 }).collect();
        Self { waiting, unread: 0 }
    }

    /// One step: a path that is watched, or nothing to tell from this step, or the end.
    pub(crate) fn step(&mut self, watch: &Watch) -> Option<Option<PathBuf>> {
        match self.waiting.pop()? {
            Step::Expand { path, root, at } => {
                self.expand(path, root, at, watch);
                Some(None)
            }
            Step::Tree(path) => {
                let Ok(meta) = std::fs::symlink_metadata(&path) else { return Some(None) };
                if meta.is_dir() {
                    for name in self.names(&path) {
                        self.push(Step::Tree(path.join(name)));
                    }
                }
                Some(watch.watched(&path).then_some(path))
            }
        }
    }

    fn expand(&mut self, path: PathBuf, root: usize, at: usize, watch: &Watch) {
        let Some(pattern) = watch.roots().get(root) else { return };
        match pattern.rest.get(at) {
            None | Some(Component::Beneath) => self.push(Step::Tree(real_parent(&path))),
            Some(Component::Name(name)) => self.push(Step::Expand { path: path.join(name), root, at: at + 1 }),
            Some(Component::Match(matcher)) => {
                for name in self.names(&path) {
                    if matcher.is_match(&name) {
                        self.push(Step::Expand { path: path.join(name), root, at: at + 1 });
                    }
                }
            }
        }
    }

    /// Names in a folder, in order; none for what is no folder or is gone.
    fn names(&mut self, path: &Path) -> Vec<OsString> {
        let entries = match std::fs::read_dir(path) {
            Ok(entries) => entries,
            Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
                return Vec::new();
            }
            Err(_) => {
                self.unread += 1;
                return Vec::new();
            }
        };
        let mut names = Vec::new();
        for entry in entries {
            match entry {
                Ok(entry) if names.len() < MAX_NAMES => names.push(entry.file_name()),
                Ok(_) | Err(_) => {
                    self.unread += 1;
                    break;
                }
            }
        }
        // The last is served first.
        names.sort_by(|a, b| b.cmp(a));
        names
    }

    fn push(&mut self, step: Step) {
        if self.waiting.len() < MAX_WAITING {
            self.waiting.push(step);
        } else {
            self.unread += 1;
        }
    }
}

/// The path with the links of its parents followed: one file has one name, also when `/bin` is a link.
pub(crate) fn real_parent(path: &Path) -> PathBuf {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return path.to_owned() };
    std::fs::canonicalize(parent).map_or_else(|_| path.to_owned(), |parent| parent.join(name))
}
