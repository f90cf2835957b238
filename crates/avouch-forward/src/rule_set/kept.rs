//! The last set that an agent judged by, on its own disk: for a start at which the server is away.

use std::path::{Path, PathBuf};

use super::{RuleSetError, RuleTextSet};
use crate::spool::{SpoolError, make_folder, read_bounded, write_small};

const FILE: &str = "rule-set.json";

/// A file that holds one set, whole or not at all. Only its owner reads it.
#[derive(Clone, Debug)]
pub struct KeptRuleSet {
    path: PathBuf,
}

/// Why a set cannot be kept or read.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum KeptError {
    #[error("failed to keep rules on the disk")]
    Disk(#[source] SpoolError),
    #[error("`{}` cannot be used", path.display())]
    Damaged { path: PathBuf, source: RuleSetError },
    #[error("failed to write the set as JSON")]
    Json(#[source] serde_json::Error),
}

impl KeptRuleSet {
    /// In that folder, which is made when something is kept.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self { path: dir.join(FILE) }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The set that was kept last; `None` when none was.
    ///
    /// # Errors
    /// When the file cannot be read or is damaged.
    pub fn load(&self) -> Result<Option<RuleTextSet>, KeptError> {
        let bytes = read_bounded(&self.path, super::MAX_BODY).map_err(KeptError::Disk)?;
        let damaged = |source| KeptError::Damaged { path: self.path.clone(), source };
        bytes.map(|bytes| RuleTextSet::decode(&bytes).map_err(damaged)).transpose()
    }

    /// Keeps a set in place of the one before; safe against a loss of power when this returns.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, set: &RuleTextSet) -> Result<(), KeptError> {
        let document = set.encode().map_err(KeptError::Json)?;
        make_folder(self.path.parent().unwrap_or(Path::new("."))).map_err(KeptError::Disk)?;
        write_small(&self.path, &document, true).map_err(KeptError::Disk)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::{NamedText, RuleTexts};

    fn set(text: &str) -> RuleTextSet {
        // A name that would lead elsewhere if it were a path.
        let rules = vec![NamedText { name: "../../../etc/cron.d/x.yaml".to_owned(), text: text.to_owned() }];
        RuleTextSet::new(RuleTexts { rules, ..RuleTexts::default() }).unwrap()
    }

    #[test]
    fn the_last_set_is_found_again_and_a_damaged_one_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a/spool");
        let kept = KeptRuleSet::new(&folder);
        assert_eq!(kept.load().unwrap(), None);
        kept.save(&set("one")).unwrap();
        kept.save(&set("two")).unwrap();
        assert_eq!(kept.load().unwrap(), Some(set("two")));
        let names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["rule-set.json"], "one file, whatever names the set has");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(kept.path())), (0o700, 0o600));
        let text = std::fs::read_to_string(kept.path()).unwrap();
        std::fs::write(kept.path(), text.replace("two", "six")).unwrap();
        assert!(matches!(kept.load(), Err(KeptError::Damaged { source: RuleSetError::Digest, .. })));
    }
}
