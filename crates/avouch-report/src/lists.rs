//! The versions of the control list that a report judges by.

use avouch_controls::{ControlList, FileKind};
use avouch_diagnostics::{Diagnostic, Severity, SourceMap};
use avouch_finding::{ControlsChange, Fact, Kind, Time};
use avouch_store::{Period, Reader};
use sha2::{Digest, Sha256};

use crate::input::ListUsed;
use crate::population::hex;

/// Versions of one control list, in their order, each with how it is told in a report and with its text.
pub type Lists = Vec<(ControlList, ListUsed, String)>;

/// Why no control list can be used.
#[derive(Debug, thiserror::Error)]
pub enum ListsError {
    /// A list with errors is refused: a report on half a list would say what nobody agreed on.
    #[error("`{path}` has errors; a report needs a whole control list")]
    Wrong {
        /// Its file.
        path: String,
        /// The text, for the places of the problems.
        sources: Box<SourceMap>,
        /// What is wrong.
        problems: Vec<Diagnostic>,
    },
    /// No file holds one.
    #[error("there is no control list in these files")]
    None,
    /// Versions of one list are expected.
    #[error("these are versions of two control lists, `{0}` and `{1}`; name one folder or file")]
    Two(String, String),
}

/// The starting list, for those without a list of their own: its name, and its text.
pub const STARTER: (&str, &str) =
    ("kubernetes-starter-v1.yaml", include_str!("../../../controls/lists/kubernetes-starter/v1.yaml"));

/// Reads the control list of some files, each with its path and its text. Files that hold something else are passed over.
///
/// # Errors
/// When a list has errors, there is none, or there are two.
pub fn lists(files: impl IntoIterator<Item = (String, String)>) -> Result<Lists, ListsError> {
    let (mut out, mut sources) = (Lists::new(), SourceMap::default());
    for (path, text) in files {
        if FileKind::of(&text) != Some(FileKind::List) {
            continue;
        }
        let id = sources.add(path.clone(), text.clone());
        let (list, problems) = ControlList::parse(id, &text);
        if problems.iter().any(|p| p.severity == Severity::Error) {
            return Err(ListsError::Wrong { path, sources: Box::new(sources), problems });
        }
        let Some(list) = list else { continue };
        let used = ListUsed {
            id: list.id.clone(),
            version: list.version,
            title: list.title.clone(),
            file: path.rsplit('/').next().unwrap_or_default().to_owned(),
            digest: hex(&Sha256::digest(text.as_bytes())),
            problems: problems.iter().map(|p| p.title.clone()).collect(),
        };
        out.push((list, used, text));
    }
    let first = out.first().map(|(l, ..)| l.id.clone()).ok_or(ListsError::None)?;
    if let Some((other, ..)) = out.iter().find(|(l, ..)| l.id != first) {
        return Err(ListsError::Two(first, other.id.clone()));
    }
    out.sort_by_key(|(l, ..)| l.version);
    Ok(out)
}

/// Versions that were not used before, as facts: each changes what is judged by.
///
/// # Errors
/// When the store cannot be read.
pub fn new_lists(store: &mut Reader, lists: &Lists, time: Time) -> avouch_store::Result<Vec<Fact>> {
    let known = store.facts(Kind::Controls, Period::ALL)?;
    let mut out = Vec::new();
    for (list, used, _) in lists {
        let is = |f: &Fact| matches!(f, Fact::Controls(c) if c.digest == used.digest);
        if known.iter().any(|f| is(&f.fact)) {
            continue;
        }
        let approval = list.approved.as_ref();
        let change = ControlsChange {
            time,
            list: list.id.clone(),
            version: list.version.to_string(),
            digest: used.digest.clone(),
            approved_by: approval.map(|a| a.by.join(", ")).unwrap_or_default(),
            approved_on: approval.map(|a| a.on.to_string()).unwrap_or_default(),
            valid_from: list.valid.map(|v| v.from.to_string()).unwrap_or_default(),
            controls: list.controls.len() as u64,
        };
        out.push(change.into());
    }
    Ok(out)
}
