//! Acceptances of a run: loaded, compiled, and their register kept in the evidence.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::bail;
use avouch_controls::AcceptanceSet;
use avouch_diagnostics::render_text;
use avouch_finding::{ChangeAction, Fact, Kind, Time};
use avouch_pipeline::facts::acceptance_changes;
use avouch_pipeline::{AcceptanceFiles, Acceptances, RuleSet};
use avouch_store::{Period, Reader};
use serde_json::Value as Json;

use crate::terminal;

/// Loads the files that paths mean and compiles them for the rules; `None` when no path is given.
///
/// A file with errors is refused whole: a hole must be right to be one. An acceptance whose condition cannot be compiled lets nothing be,
/// and is told.
pub(crate) fn load(paths: &[PathBuf], rules: &RuleSet) -> anyhow::Result<Option<Acceptances>> {
    if paths.is_empty() {
        return Ok(None);
    }
    if let Some(missing) = paths.iter().find(|p| !p.exists()) {
        bail!("there is no file or folder `{}`", missing.display());
    }
    compiled(AcceptanceFiles::load(paths)?, rules).map(Some)
}

/// The same of texts that came from elsewhere; nothing is read.
pub(crate) fn of_texts(texts: Vec<(String, String)>, rules: &RuleSet) -> anyhow::Result<Acceptances> {
    compiled(AcceptanceFiles::from_texts(texts), rules)
}

fn compiled(read: AcceptanceFiles, rules: &RuleSet) -> anyhow::Result<Acceptances> {
    terminal::say(&render_text(&read.map, &read.diagnostics, terminal::error_colour()));
    if read.has_errors() {
        bail!("acceptances have errors");
    }
    let (acceptances, failed) = Acceptances::new(AcceptanceSet::new(read.all), rules);
    for failed in failed {
        terminal::say(&format!("acceptance `{}` lets nothing be: {}\n", failed.id, failed.why));
    }
    Ok(acceptances)
}

/// What has to be said in the ledger for its register to be that of `set` from `time` on.
pub(crate) fn changes(store: &mut Reader, set: &AcceptanceSet, time: Time) -> anyhow::Result<Vec<Fact>> {
    let mut known = BTreeMap::new();
    for stored in store.facts(Kind::Acceptance, Period::ALL)? {
        let Fact::Acceptance(change) = stored.fact else { continue };
        match change.action {
            ChangeAction::Removed => drop(known.remove(&change.id)),
            ChangeAction::Added | ChangeAction::Changed => drop(known.insert(change.id, change.acceptance)),
        }
    }
    Ok(changes_since(known, set, time))
}

/// The same when the register holds these acceptances, by id.
pub(crate) fn changes_since(known: BTreeMap<String, Json>, set: &AcceptanceSet, time: Time) -> Vec<Fact> {
    acceptance_changes(known, set, time, "").into_iter().map(Fact::from).collect()
}
