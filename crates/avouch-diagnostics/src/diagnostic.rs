//! One problem in a user's file.

use crate::source::Span;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The thing is not used as written.
    Error,
    /// It is used, but probably not what was meant.
    Warning,
    /// Worth knowing.
    Note,
}

/// A place, and what is to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What, said at the caret: lower case, no full stop. May be empty.
    pub text: String,
    /// Whether this is the place of the problem; others are context (`used by rule ...`).
    pub primary: bool,
}

/// One problem: what, where, and what to type instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code, `R0102`.
    pub code: &'static str,
    /// How bad.
    pub severity: Severity,
    /// What is wrong in the user's words: lower case, no full stop, names in backticks.
    pub title: String,
    /// Places, primary first.
    pub labels: Vec<Label>,
    /// What to type instead, one sentence each.
    pub help: Vec<String>,
    /// Other facts.
    pub notes: Vec<String>,
    /// Name of the lint that can be allowed or denied, `unused-macro`.
    pub lint: Option<&'static str>,
    /// Falco's name for the same problem, `LOAD_UNUSED_MACRO`.
    pub falco: Option<&'static str>,
    /// Falco's own wording of it, where it was recorded; for tools that read `falco -V`.
    pub falco_message: Option<String>,
    /// What kind of item it concerns (`rule`, `macro`, `list`, `exception` ...) and its name.
    pub item: Option<(&'static str, String)>,
}

impl Severity {
    /// `error`, `warning`, `note`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

impl Diagnostic {
    /// A problem without places yet.
    #[must_use]
    pub fn new(code: &'static str, severity: Severity, title: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            title: title.into(),
            labels: Vec::new(),
            help: Vec::new(),
            notes: Vec::new(),
            lint: None,
            falco: None,
            falco_message: None,
            item: None,
        }
    }

    /// An error.
    #[must_use]
    pub fn error(code: &'static str, title: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, title)
    }

    /// A warning.
    #[must_use]
    pub fn warning(code: &'static str, title: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, title)
    }

    /// Adds the place of the problem.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into(), primary: true });
        self
    }

    /// Adds a place that explains.
    #[must_use]
    pub fn context(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into(), primary: false });
        self
    }

    /// Adds what to type instead.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Names the lint.
    #[must_use]
    pub fn lint(mut self, name: &'static str) -> Self {
        self.lint = Some(name);
        self
    }

    /// Names Falco's counterpart.
    #[must_use]
    pub fn falco(mut self, name: &'static str) -> Self {
        self.falco = Some(name);
        self
    }

    /// Gives Falco's own wording.
    #[must_use]
    pub fn falco_message(mut self, text: impl Into<String>) -> Self {
        self.falco_message = Some(text.into());
        self
    }

    /// The first place of the problem.
    #[must_use]
    pub fn primary(&self) -> Option<&Label> {
        self.labels.iter().find(|l| l.primary).or_else(|| self.labels.first())
    }

    /// Names the item it concerns.
    #[must_use]
    pub fn item(mut self, kind: &'static str, name: impl Into<String>) -> Self {
        self.item = Some((kind, name.into()));
        self
    }
}
