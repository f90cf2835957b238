//! What the ledger was told last of this server's acceptances and mappings. Other sources tell it of theirs, so the ledger alone
//! cannot say it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use avouch_finding::{ChangeAction, Fact, Time};
use avouch_pipeline::facts::{acceptance_changes, mapping_change};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::files::{put_file, read_if_there};
use super::{DeskError, DeskSetup, Loaded};

/// See the module.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Register {
    #[serde(skip)]
    path: PathBuf,
    /// Acceptances by id, as the ledger has them.
    acceptances: BTreeMap<String, Json>,
    /// Digest of the mapping files.
    mapping: Option<String>,
}

impl Register {
    /// Reads it; an empty one when nothing was ever told.
    pub(super) fn read(own: &Path) -> Result<Self, DeskError> {
        let path = own.join("register.json");
        let Some(text) = read_if_there(&path)? else { return Ok(Self { path, ..Self::default() }) };
        let read = serde_json::from_str::<Self>(&text);
        read.map(|r| Self { path: path.clone(), ..r }).map_err(|e| DeskError::Damaged(path, e.to_string()))
    }

    /// What has to be told for it to be that of `loaded`. It is taken for told.
    pub(super) fn changes(
        &mut self,
        loaded: &Loaded,
        setup: &DeskSetup,
        time: Time,
        by: &str,
    ) -> Result<Vec<Fact>, DeskError> {
        let changes = acceptance_changes(self.acceptances.clone(), &loaded.acceptances, time, by);
        for change in &changes {
            match change.action {
                ChangeAction::Removed => drop(self.acceptances.remove(&change.id)),
                ChangeAction::Added | ChangeAction::Changed => {
                    drop(self.acceptances.insert(change.id.clone(), change.acceptance.clone()));
                }
            }
        }
        let mapping = mapping_change(self.mapping.as_deref(), &setup.options.mappings, time)?;
        if let Some(mapping) = &mapping {
            self.mapping = Some(mapping.digest.clone());
        }
        Ok(changes.into_iter().map(Fact::from).chain(mapping.map(Fact::from)).collect())
    }

    /// Writes it, once it was told.
    pub(super) fn write(&self) -> Result<(), DeskError> {
        put_file(&self.path, &serde_json::to_string(self).unwrap_or_default())
    }
}
