//! Why a text is no condition.

use avouch_diagnostics::{Diagnostic, Span};

use crate::codes;

/// The first place where a text leaves the grammar of conditions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{title}")]
pub struct ParseError {
    /// What is wrong, as a diagnostic's title.
    pub title: String,
    /// Said at the caret.
    pub label: String,
    /// Offset in the parsed text, in bytes.
    pub offset: usize,
    /// Where it stands in the file.
    pub span: Span,
    /// What to type instead.
    pub help: Vec<String>,
    /// Falco's wording, where it was recorded.
    pub falco_message: Option<String>,
}

impl From<&ParseError> for Diagnostic {
    fn from(e: &ParseError) -> Diagnostic {
        let mut d = codes::BAD_CONDITION.at_fault(e.title.clone()).at(e.span, e.label.clone());
        d.help = e.help.clone();
        d.falco_message = e.falco_message.clone();
        d
    }
}
