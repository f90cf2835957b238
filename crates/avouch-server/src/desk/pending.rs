//! Acceptances that somebody asked for and nobody has approved: kept beside the evidence, and in force nowhere.

use std::path::PathBuf;

use avouch_finding::Time;
use serde::{Deserialize, Serialize};

use super::files::{put_file, read_if_there};
use super::{DeskError, RuleDesk};

/// One of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Pending {
    pub(crate) id: String,
    /// Who asked for it.
    pub(crate) requester: String,
    /// When.
    pub(crate) asked: Time,
    /// The file that it becomes, with a placeholder for the approver.
    pub(crate) yaml: String,
    /// SHA-256 of `yaml`: what is approved is what was looked at.
    pub(crate) digest: String,
}

impl RuleDesk {
    fn pending_path(&self, id: &str) -> PathBuf {
        // Ids hold letters, digits, `.`, `_` and `-`, and begin with a letter.
        self.own().join("pending").join(format!("{id}.json"))
    }

    /// All of them, by id.
    pub(crate) fn all_pending(&self) -> Result<Vec<Pending>, DeskError> {
        let folder = self.own().join("pending");
        let damaged = |e: std::io::Error| DeskError::Damaged(folder.clone(), e.to_string());
        let mut out = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(damaged)? {
            let path = entry.map_err(damaged)?.path();
            if path.extension().is_none_or(|e| e != "json") {
                continue;
            }
            let Some(text) = read_if_there(&path)? else { continue };
            let read = serde_json::from_str::<Pending>(&text);
            out.push(read.map_err(|e| DeskError::Damaged(path, e.to_string()))?);
        }
        out.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(out)
    }

    /// One of them.
    pub(super) fn pending(&self, id: &str) -> Result<Option<Pending>, DeskError> {
        Ok(self.all_pending()?.into_iter().find(|p| p.id == id))
    }

    pub(super) fn put_pending(&self, pending: &Pending) -> Result<(), DeskError> {
        put_file(&self.pending_path(&pending.id), &serde_json::to_string(pending).unwrap_or_default())
    }

    pub(super) fn drop_pending(&self, id: &str) -> Result<(), DeskError> {
        let path = self.pending_path(id);
        std::fs::remove_file(&path).map_err(|e| DeskError::Write(path, e))
    }
}
