//! Every watched path of this machine or of a container, one at a time, so that changes can be served in between.

use std::ffi::OsString;
use std::io::{Error, ErrorKind};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::change::Seen;
use crate::file::FileKind;
use crate::read::{self, Root};
use crate::watch::{Component, Watch};

/// Folders whose files a container has from its image, whose digest names them all: there nothing is read beforehand.
const OF_THE_IMAGE: [&str; 5] = ["/bin", "/boot", "/lib", "/sbin", "/usr"];

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
    /// Root of the container; none on this machine.
    root: Option<Arc<OwnedFd>>,
    /// Folders that could not be read, or not to their end: what is in them is not known.
    pub(crate) unread: u64,
}

impl Walk {
    pub(crate) fn new(watch: &Watch) -> Self {
        let roots = watch.roots().iter().enumerate();
        let waiting = roots.map(|(root, r)| Step::Expand { path: r.fixed.clone(), root, at: 0 }).collect();
        Self { waiting, root: None, unread: 0 }
    }

    /// What a container holds in file systems of its own, but for what its image tells anyway.
    pub(crate) fn of_container(watch: &Watch, root: Arc<OwnedFd>) -> Self {
        let mut walk = Self::new(watch);
        walk.root = Some(root);
        walk.waiting.retain(|step| {
            let (Step::Expand { path, .. } | Step::Tree(path)) = step;
            !OF_THE_IMAGE.iter().any(|folder| path.starts_with(folder))
        });
        walk
    }

    /// Whether `path` is a folder; `None` when it is gone.
    fn is_folder(&self, path: &Path) -> Option<bool> {
        match &self.root {
            None => std::fs::symlink_metadata(path).ok().map(|meta| meta.is_dir()),
            Some(root) => match read::look(Root::Container(root), path) {
                Seen::File(state) => Some(state.kind == FileKind::Directory),
                _ => None,
            },
        }
    }

    /// One step: a path that is watched, or nothing to tell from this step, or the end.
    pub(crate) fn step(&mut self, watch: &Watch) -> Option<Option<PathBuf>> {
        match self.waiting.pop()? {
            Step::Expand { path, root, at } => {
                self.expand(path, root, at, watch);
                Some(None)
            }
            Step::Tree(path) => {
                let Some(folder) = self.is_folder(&path) else { return Some(None) };
                if folder {
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
            None | Some(Component::Beneath) => {
                // In a container links lead elsewhere than here.
                let path = if self.root.is_some() { path } else { real_parent(&path) };
                self.push(Step::Tree(path));
            }
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
        let listed = match &self.root {
            None => std::fs::read_dir(path).map(|entries| first_names(entries.map(|e| e.map(|e| e.file_name())))),
            Some(root) => read::names(root, path).map(first_names),
        };
        let mut names = match listed {
            Ok((names, whole)) => {
                self.unread += u64::from(!whole);
                names
            }
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Vec::new(),
            Err(_) => {
                self.unread += 1;
                Vec::new()
            }
        };
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

/// As many names as are kept, and whether these are all.
fn first_names(entries: impl Iterator<Item = Result<OsString, Error>>) -> (Vec<OsString>, bool) {
    let mut names = Vec::new();
    for entry in entries {
        match entry {
            Ok(name) if names.len() < MAX_NAMES => names.push(name),
            Ok(_) | Err(_) => return (names, false),
        }
    }
    (names, true)
}

/// The path with the links of its parents followed: one file has one name, also when `/bin` is a link.
pub(crate) fn real_parent(path: &Path) -> PathBuf {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return path.to_owned() };
    std::fs::canonicalize(parent).map_or_else(|_| path.to_owned(), |parent| parent.join(name))
}
