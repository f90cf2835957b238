//! What was told last, for the life that comes after: so that it can say what nobody watched between the two, and need not tell a
//! register of acceptances anew that has not changed.

use std::collections::BTreeMap;
use std::path::Path;

use avouch_finding::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::SpoolError;
use super::files::{read_small, write_small};

const FILE: &str = "told.json";

/// What earlier lives told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// The last stretch that was watched.
    pub watched: Option<Watched>,
    /// Acceptances in force, by id, as their facts have them.
    pub acceptances: BTreeMap<String, Json>,
    /// Digest of the mapping of rules, when one was told.
    pub mapping: Option<String>,
}

/// The end of the last stretch that was watched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Watched {
    /// Machine.
    pub node: String,
    /// Its end.
    pub to: Time,
    /// Why the run was stopped; `None` when it died.
    pub stopped: Option<String>,
}

impl Memory {
    /// What is remembered in the folder. A file that cannot be made out is forgotten: it only spares words.
    pub(super) fn load(dir: &Path) -> Result<Self, SpoolError> {
        let bytes = read_small(&dir.join(FILE))?.unwrap_or_default();
        Ok(serde_json::from_slice(&bytes).unwrap_or_default())
    }

    pub(super) fn save(&self, dir: &Path) -> Result<(), SpoolError> {
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        write_small(&dir.join(FILE), &bytes, false)
    }

    /// A fact was told. Returns whether there is something new to remember.
    pub(super) fn told(&mut self, kind: &str, body: &Json) -> bool {
        let text = |key: &str| body.get(key).and_then(Json::as_str).map(str::to_owned);
        match kind {
            "observation" => {
                let Some(to) = text("to").and_then(|t| Time::parse(&t)) else { return false };
                self.watched = Some(Watched { node: text("node").unwrap_or_default(), to, stopped: None });
            }
            "stop" => match &mut self.watched {
                Some(watched) => watched.stopped = text("reason"),
                None => return false,
            },
            "mapping" => self.mapping = text("digest"),
            "acceptance" => {
                let Some(id) = text("id") else { return false };
                match text("action").as_deref() {
                    Some("removed") => drop(self.acceptances.remove(&id)),
                    _ => drop(self.acceptances.insert(id, body.get("acceptance").cloned().unwrap_or_default())),
                }
            }
            _ => return false,
        }
        true
    }
}
