//! `changes-seen`: changes of production that rules saw. What was approved stands elsewhere, so that each is unmatched until then.

use std::collections::VecDeque;
use std::path::Path;

use avouch_store::StoredFinding;

use crate::input::SHOWN;

use super::{Population, PopulationError, PopulationWriter, Spec, Test};

const SPEC: Spec = Spec {
    id: "changes-seen",
    title: "Changes of production that rules saw",
    definition: "Each finding of a rule that serves CC8.1 first: objects changed past the pipeline, programs installed or \
                 changed at run time, settings of the cloud account. `matched` is no as long as no approval is known to avouch.",
    source: "findings in the ledger",
    columns: &["id", "time", "object", "actor", "rule", "what", "cluster", "node", "namespace", "matched", "seq"],
};

/// Writes it as findings pass by.
pub struct Changes {
    writer: PopulationWriter,
    latest: VecDeque<StoredFinding>,
}

/// Begins it.
///
/// # Errors
/// When its files cannot be made.
pub fn changes(dir: &Path) -> Result<Changes, PopulationError> {
    Ok(Changes { writer: PopulationWriter::create(dir, SPEC)?, latest: VecDeque::new() })
}

impl Changes {
    /// A finding of the period.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finding(&mut self, f: &StoredFinding) -> Result<(), PopulationError> {
        if f.classes.criteria.first().is_none_or(|c| c != "CC8.1") {
            return Ok(());
        }
        let actor = if f.user.is_empty() { &f.process } else { &f.user };
        if self.latest.len() == SHOWN {
            self.latest.pop_front();
        }
        self.latest.push_back(f.clone());
        self.writer.row(&[
            &f.id,
            &f.time.to_string(),
            &f.object,
            actor,
            &f.rule,
            &f.output,
            &f.cluster,
            &f.node,
            &f.namespace,
            "no",
            &f.record.seq.to_string(),
        ])
    }

    /// Ends it, and gives the latest changes, the last one first.
    ///
    /// # Errors
    /// When its files cannot be written to their ends.
    pub fn finish(self) -> Result<(Population, Vec<StoredFinding>), PopulationError> {
        let why = "repositories, pipelines and tickets are not read yet";
        let population = self.writer.finish(vec![Test::not_run("changes are matched with approvals", why)])?;
        Ok((population, self.latest.into_iter().rev().collect()))
    }
}
