//! What a place in which facts are kept has heard of earlier runs: so that a run tells what changed since, and no more.

use std::path::PathBuf;

use avouch_controls::AcceptanceSet;
use avouch_evidence::Folder;
use avouch_finding::{ChangeAction, Fact, Gap, Kind, Time};
use avouch_forward::Memory;
use avouch_store::Period;

use crate::{accepted, evidence};

/// See the module.
pub(crate) enum Past {
    /// A folder of evidence, which is asked.
    Folder(PathBuf),
    /// A folder of evidence that a server of this process writes. The server tells of acceptances and mappings itself, and the folder
    /// holds those of other agents too: the run tells of neither.
    Server(PathBuf),
    /// What the queue of facts for a server remembers of what was told.
    Memory(Memory),
}

impl Past {
    /// The stretch that nobody watched, between the last run of the node and one that began at `begun`.
    pub(crate) fn gap(&self, node: &str, begun: Time) -> anyhow::Result<Option<Gap>> {
        let (to, stopped) = match self {
            Self::Folder(dir) | Self::Server(dir) => {
                let mut store = evidence::reader(&Folder::new(dir))?;
                let stretches = store.stretches(Period::ALL)?;
                let of_node = stretches.iter().map(|s| &s.observation).filter(|o| o.node == node);
                let Some(last) = of_node.max_by_key(|o| o.to) else { return Ok(None) };
                let stops = store.facts(Kind::Stop, Period::ALL)?;
                let stopped = stops.iter().find_map(|f| match &f.fact {
                    Fact::Stop(stop) if stop.run == last.run => Some(stop.reason.clone()),
                    _ => None,
                });
                (last.to, stopped)
            }
            Self::Memory(memory) => match memory.watched.as_ref().filter(|watched| watched.node == node) {
                Some(watched) => (watched.to, watched.stopped.clone()),
                None => return Ok(None),
            },
        };
        let reason = stopped.map_or_else(|| "the agent died".to_owned(), |why| format!("the agent was stopped: {why}"));
        let gap = Gap { from: to, to: begun, node: node.to_owned(), source: String::new(), reason };
        Ok((to < begun).then_some(gap))
    }

    /// The fact that other mapping files count than before, see [`evidence::mapping_change`].
    pub(crate) fn mapping_change(&self, files: &[PathBuf], time: Time) -> anyhow::Result<Option<Fact>> {
        match self {
            Self::Folder(dir) => evidence::mapping_change(&mut evidence::reader(&Folder::new(dir))?, files, time),
            Self::Server(_) => Ok(None),
            Self::Memory(memory) => evidence::mapping_change_since(memory.mapping.as_deref(), files, time),
        }
    }

    /// What has to be said for the register to be that of `set` from `time` on. It is taken for said.
    pub(crate) fn register(&mut self, set: &AcceptanceSet, time: Time) -> anyhow::Result<Vec<Fact>> {
        match self {
            Self::Folder(dir) => accepted::changes(&mut evidence::reader(&Folder::new(dir.clone()))?, set, time),
            Self::Server(_) => Ok(Vec::new()),
            Self::Memory(memory) => {
                let changes = accepted::changes_since(memory.acceptances.clone(), set, time);
                for change in &changes {
                    let Fact::Acceptance(change) = change else { continue };
                    match change.action {
                        ChangeAction::Removed => drop(memory.acceptances.remove(&change.id)),
                        ChangeAction::Added | ChangeAction::Changed => {
                            drop(memory.acceptances.insert(change.id.clone(), change.acceptance.clone()));
                        }
                    }
                }
                Ok(changes)
            }
        }
    }
}
