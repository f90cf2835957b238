//! The organisation's control list, from the folder that the operator named.

use std::path::PathBuf;

use avouch_report::{Lists, ListsError, STARTER};

/// Files of a folder at most, and bytes of each.
const MOST: usize = 1_000;
const LONGEST: u64 = 4 << 20;

/// Where the control list is.
#[derive(Clone, Debug, Default)]
pub(crate) struct ControlLists {
    /// A file, or a folder with its versions; the starting list without.
    pub(crate) path: Option<PathBuf>,
}

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListsFailed {
    #[error("failed to read the control list in `{}`", .0.display())]
    Read(PathBuf, #[source] std::io::Error),
    #[error(transparent)]
    Lists(#[from] ListsError),
}

impl ControlLists {
    /// Reads it, as it is now: a version that was put there a moment ago counts.
    ///
    /// # Errors
    /// When it cannot be read or used.
    pub(crate) fn load(&self) -> Result<Lists, ListsFailed> {
        let Some(path) = &self.path else {
            return Ok(avouch_report::lists([(STARTER.0.to_owned(), STARTER.1.to_owned())])?);
        };
        let failed = |e| ListsFailed::Read(path.clone(), e);
        let mut files = Vec::new();
        if path.is_dir() {
            for entry in std::fs::read_dir(path).map_err(failed)?.take(MOST) {
                let file = entry.map_err(failed)?.path();
                if file.extension().is_some_and(|e| e == "yaml" || e == "yml") && file.is_file() {
                    files.push(file);
                }
            }
            files.sort();
        } else {
            files.push(path.clone());
        }
        let mut texts = Vec::new();
        for file in files {
            let length = file.metadata().map_err(failed)?.len();
            if length > LONGEST {
                return Err(failed(std::io::Error::other(format!("`{}` is longer than 4 MiB", file.display()))));
            }
            texts.push((file.display().to_string(), std::fs::read_to_string(&file).map_err(failed)?));
        }
        Ok(avouch_report::lists(texts)?)
    }
}
