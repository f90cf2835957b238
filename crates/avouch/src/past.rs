//! What a place in which facts are kept has heard of earlier runs: so that a run tells what changed since, and no more.

use std::path::PathBuf;

use avouch_controls::AcceptanceSet;
use avouch_evidence::Folder;
use avouch_finding::{ChangeAction, Fact, Gap, Kind, Time};
use avouch_forward::{Memory, NamedText};
use avouch_pipeline::facts::mapping_change_of;
use avouch_store::Period;

use crate::{accepted, evidence, load};

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

/// Where the mappings and acceptances of a run come from.
#[derive(Clone, Copy)]
pub(crate) enum Brought<'a> {
    /// Files of this machine; those of mappings.
    Files(&'a [PathBuf]),
    /// The server that facts are sent to, which tells of them itself; its mappings.
    Served(&'a [NamedText]),
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
        let gap = Gap { from: to, to: begun, node: node.to_owned(), reason, ..Gap::default() };
        Ok((to < begun).then_some(gap))
    }

    /// What has to be said for the mappings to be those of `brought` from `time` on. It is taken for said.
    pub(crate) fn mapping(&mut self, brought: Brought<'_>, time: Time) -> anyhow::Result<Option<Fact>> {
        match (self, brought) {
            (Self::Folder(dir), Brought::Files(files)) => {
                evidence::mapping_change(&mut evidence::reader(&Folder::new(dir.clone()))?, files, time)
            }
            (Self::Folder(dir), Brought::Served(texts)) => {
                let last = evidence::last_mapping(&mut evidence::reader(&Folder::new(dir.clone()))?)?;
                Ok(mapping_change_of(last.as_deref(), load::pairs(texts), time).map(Fact::from))
            }
            (Self::Server(_), _) => Ok(None),
            (Self::Memory(memory), Brought::Files(files)) => {
                let change = evidence::mapping_change_since(memory.mapping.as_deref(), files, time)?;
                if let Some(Fact::Mapping(change)) = &change {
                    memory.mapping = Some(change.digest.clone());
                }
                Ok(change)
            }
            (Self::Memory(memory), Brought::Served(_)) => {
                memory.mapping = None;
                Ok(None)
            }
        }
    }

    /// What has to be said for the register to be that of `set` from `time` on. It is taken for said.
    pub(crate) fn register(
        &mut self,
        set: &AcceptanceSet,
        brought: Brought<'_>,
        time: Time,
    ) -> anyhow::Result<Vec<Fact>> {
        match self {
            Self::Folder(dir) => accepted::changes(&mut evidence::reader(&Folder::new(dir.clone()))?, set, time),
            Self::Server(_) => Ok(Vec::new()),
            Self::Memory(memory) => {
                let mut known = memory.acceptances.clone();
                let none = AcceptanceSet::default();
                let told = match brought {
                    Brought::Files(_) => set,
                    Brought::Served(_) => {
                        // Those that the server has too are its own to tell of from now on; others no longer count here.
                        known.retain(|id, _| !set.all().iter().any(|a| a.id == *id));
                        memory.acceptances = known.clone();
                        &none
                    }
                };
                let changes = accepted::changes_since(known, told, time);
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

#[cfg(test)]
mod tests {
    use avouch_controls::parse_acceptances;
    use avouch_diagnostics::FileId;

    use super::*;

    fn set(ids: &[&str]) -> AcceptanceSet {
        let one = |id: &&str| {
            format!(
                "  - {{id: {id}, rule: R, reason: r, requester: ann, approver: bob, from: 2026-01-01, expires: 2026-12-31}}\n"
            )
        };
        let text = format!("acceptances:\n{}", ids.iter().map(one).collect::<String>());
        let (all, problems) = parse_acceptances(FileId(0), &text);
        assert_eq!(all.len(), ids.len(), "{problems:?}");
        AcceptanceSet::new(all)
    }

    fn told(past: &mut Past, ids: &[&str], brought: Brought<'_>) -> Vec<(ChangeAction, String)> {
        let facts = past.register(&set(ids), brought, Time(1)).expect("memory is always there");
        let change = |fact| match fact {
            Fact::Acceptance(change) => (change.action, change.id),
            other => panic!("{other:?}"),
        };
        facts.into_iter().map(change).collect()
    }

    #[test]
    fn acceptances_of_the_server_are_its_own_to_tell_and_others_end_when_it_brings_them() {
        use ChangeAction::{Added, Removed};
        let mut past = Past::Memory(Memory::default());
        let files = Brought::Files(&[]);
        assert_eq!(told(&mut past, &["A", "B"], files), [(Added, "A".into()), (Added, "B".into())]);
        let served = Brought::Served(&[]);
        assert_eq!(told(&mut past, &["B", "C"], served), [(Removed, "A".into())]);
        assert_eq!(told(&mut past, &[], served), []);
        // Back to files of its own, it tells of all of them.
        assert_eq!(told(&mut past, &["B"], files), [(Added, "B".into())]);
    }
}
