//! Inline text: runs of one kind each.

use crate::chart::State;
use crate::model::Id;

/// A stretch of text of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Run {
    /// As it is.
    Plain(String),
    /// Of importance.
    Strong(String),
    /// Something a machine says or reads: a path, a name, a digest.
    Code(String),
    /// Leads to a section, table, row or figure of the same document. Where no such id is, the text alone is shown.
    Link {
        /// Where to.
        to: Id,
        /// What is shown.
        text: String,
    },
    /// A state, shown as its mark and its word.
    State(State),
}

impl Run {
    /// What is read: the text, or the word of a state.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Plain(text) | Self::Strong(text) | Self::Code(text) | Self::Link { text, .. } => text,
            Self::State(state) => state.word(),
        }
    }
}

/// Runs that stand in one line or paragraph. Runs are set without space between them.
///
/// ```
/// use avouch_document::{Id, Text};
///
/// let text = Text::new().plain("See ").link(Id::new("gaps"), "the gaps").plain(" of ").code("node-7").plain(".");
/// assert_eq!(text.to_plain(), "See the gaps of node-7.");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(pub Vec<Run>);

impl Text {
    /// No text yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// One run of strong text.
    #[must_use]
    pub fn of_strong(text: impl Into<String>) -> Self {
        Self::new().strong(text)
    }

    /// One run of code.
    #[must_use]
    pub fn of_code(text: impl Into<String>) -> Self {
        Self::new().code(text)
    }

    /// Adds plain text.
    #[must_use]
    pub fn plain(self, text: impl Into<String>) -> Self {
        self.run(Run::Plain(text.into()))
    }

    /// Adds strong text.
    #[must_use]
    pub fn strong(self, text: impl Into<String>) -> Self {
        self.run(Run::Strong(text.into()))
    }

    /// Adds code.
    #[must_use]
    pub fn code(self, text: impl Into<String>) -> Self {
        self.run(Run::Code(text.into()))
    }

    /// Adds a link to an id of the same document.
    #[must_use]
    pub fn link(self, to: Id, text: impl Into<String>) -> Self {
        self.run(Run::Link { to, text: text.into() })
    }

    /// Adds a state: its mark and its word.
    #[must_use]
    pub fn state(self, state: State) -> Self {
        self.run(Run::State(state))
    }

    /// Adds one run.
    #[must_use]
    pub fn run(mut self, run: Run) -> Self {
        self.0.push(run);
        self
    }

    /// Whether nothing would be shown.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|run| run.text().is_empty())
    }

    /// The words without their kinds.
    #[must_use]
    pub fn to_plain(&self) -> String {
        self.0.iter().map(Run::text).collect()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::new().plain(text)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::new().plain(text)
    }
}

impl From<State> for Text {
    fn from(state: State) -> Self {
        Self::new().state(state)
    }
}
