//! Acceptances from files, with everything that is wrong in them.

use std::path::PathBuf;

use avouch_controls::{Acceptance, FileKind, lint_acceptances, parse_acceptances};
use avouch_diagnostics::{Diagnostic, Severity, SourceMap};

use crate::ruleset::{RuleFileError, read_text, rule_files};

/// Acceptances of files and folders. A file with errors is to be refused whole by whoever uses them: a hole must be right to be one.
#[derive(Clone, Debug, Default)]
pub struct AcceptanceFiles {
    /// The texts.
    pub map: SourceMap,
    /// What they hold, in the order of the files.
    pub all: Vec<Acceptance>,
    /// What is wrong or doubtful.
    pub diagnostics: Vec<Diagnostic>,
}

impl AcceptanceFiles {
    /// Reads the files that `paths` mean. A folder may hold other files beside acceptances; an empty one holds none.
    ///
    /// # Errors
    /// When something cannot be read. What is wrong *in* a file is in [`AcceptanceFiles::diagnostics`].
    pub fn load(paths: &[PathBuf]) -> Result<Self, RuleFileError> {
        let mut out = Self::default();
        for path in paths {
            let files = match rule_files(std::slice::from_ref(path)) {
                Err(RuleFileError::EmptyFolder { .. }) => continue,
                other => other?,
            };
            for file in files {
                let text = read_text(&file)?;
                if path.is_dir() && FileKind::of(&text) != Some(FileKind::Acceptances) {
                    continue;
                }
                out.add(file.display().to_string(), text);
            }
        }
        out.diagnostics.extend(lint_acceptances(&out.all, None, None));
        Ok(out)
    }

    /// Of texts with their names; nothing is read.
    #[must_use]
    pub fn from_texts(texts: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut out = Self::default();
        texts.into_iter().for_each(|(name, text)| out.add(name, text));
        out.diagnostics.extend(lint_acceptances(&out.all, None, None));
        out
    }

    fn add(&mut self, name: String, text: String) {
        let id = self.map.add(name, text.clone());
        let (found, wrong) = parse_acceptances(id, &text);
        self.all.extend(found);
        self.diagnostics.extend(wrong);
    }

    /// Whether any problem is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_may_be_empty_or_hold_other_files_and_a_file_with_errors_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let paths = [dir.path().to_owned()];
        assert!(AcceptanceFiles::load(&paths).unwrap().all.is_empty());
        std::fs::write(dir.path().join("rules.yaml"), "- macro: a\n  condition: evt.type = open\n").unwrap();
        let good = "acceptances:\n  - id: ACC-1\n    rule: Some rule\n    subject: {proc.name: [sh]}\n    reason: known\n    \
                    requester: ada\n    approver: bob\n    from: 2026-01-01\n    expires: 2026-06-01\n";
        std::fs::write(dir.path().join("one.yaml"), good).unwrap();
        let read = AcceptanceFiles::load(&paths).unwrap();
        assert_eq!((read.all.len(), read.has_errors()), (1, false), "{:?}", read.diagnostics);
        std::fs::write(dir.path().join("two.yaml"), good.replace("bob", "Ada").replace("ACC-1", "ACC-2")).unwrap();
        assert!(AcceptanceFiles::load(&paths).unwrap().has_errors(), "approved by who asked for it");
        assert!(AcceptanceFiles::load(&[dir.path().join("none.yaml")]).is_err());
    }
}
