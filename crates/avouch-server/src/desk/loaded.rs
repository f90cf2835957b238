//! Rules and acceptances as they were loaded at one time.

use std::collections::BTreeMap;
use std::sync::Arc;

use avouch_backtest::{Place, RuleView, rule_views};
use avouch_controls::AcceptanceSet;
use avouch_diagnostics::Severity;
use avouch_pipeline::live::RulesDigest;
use avouch_pipeline::{AcceptanceFiles, Acceptances, RuleSet, read_text};

use super::{DeskError, DeskSetup, files};

/// What counts from one change to the next.
#[derive(Debug)]
pub struct Loaded {
    /// The rules.
    pub rules: Arc<RuleSet>,
    /// The acceptances.
    pub acceptances: AcceptanceSet,
    /// Where each acceptance stands, by id.
    pub(crate) accepted_at: BTreeMap<String, Place>,
    /// Acceptances that let nothing be because they cannot be compiled, and why, by id.
    pub(crate) not_compiled: BTreeMap<String, String>,
    /// Digest of the rules, as agents tell it of theirs.
    pub(crate) digest: String,
    /// The rules as they are listed.
    pub(crate) views: Vec<RuleView>,
}

impl Loaded {
    /// Loads what the setup names.
    ///
    /// # Errors
    /// When a file cannot be read, or acceptances have errors.
    pub(crate) fn load(setup: &DeskSetup) -> Result<Self, DeskError> {
        let rules = Arc::new(files::rule_set(setup, None)?);
        let read = AcceptanceFiles::load(&setup.acceptances)?;
        if let Some(first) = read.diagnostics.iter().find(|d| d.severity == Severity::Error) {
            let place = first.primary().and_then(|l| Some((read.map.get(l.span.file)?, read.map.line_column(l.span)?)));
            let place = place.map(|(file, (line, _))| format!("{}:{line}: ", file.name)).unwrap_or_default();
            return Err(DeskError::Acceptances(format!("{place}{}", first.title)));
        }
        let place = |a: &avouch_controls::Acceptance| {
            let file = read.map.get(a.span.file)?.name.clone();
            Some((a.id.clone(), Place { file, line: read.map.line_column(a.span)?.0 }))
        };
        let accepted_at = read.all.iter().filter_map(place).collect();
        let acceptances = AcceptanceSet::new(read.all);
        let (_, failed) = Acceptances::new(acceptances.clone(), &rules);
        let not_compiled = failed.into_iter().map(|f| (f.id, f.why)).collect();
        let (digest, views) = (RulesDigest::of(&rules).0, rule_views(&rules));
        Ok(Self { rules, acceptances, accepted_at, not_compiled, digest, views })
    }
}

/// The texts of mapping files.
pub(super) fn mappings(setup: &DeskSetup) -> Result<Vec<(String, String)>, DeskError> {
    let read = |path: &std::path::PathBuf| Ok((path.display().to_string(), read_text(path)?));
    setup.options.mappings.iter().map(read).collect()
}
