//! A rule after lists, macros, exceptions and overrides are resolved; what the engine compiles.

use avouch_diagnostics::Span;

use crate::ast::Expr;

/// Falco's eight levels, most severe first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the language's own")]
pub enum Priority {
    Emergency,
    Alert,
    Critical,
    Error,
    Warning,
    Notice,
    Informational,
    Debug,
}

impl Priority {
    /// All levels, most severe first.
    pub const ALL: [Priority; 8] = [
        Priority::Emergency,
        Priority::Alert,
        Priority::Critical,
        Priority::Error,
        Priority::Warning,
        Priority::Notice,
        Priority::Informational,
        Priority::Debug,
    ];

    /// Full name, as alerts print it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Priority::Emergency => "Emergency",
            Priority::Alert => "Alert",
            Priority::Critical => "Critical",
            Priority::Error => "Error",
            Priority::Warning => "Warning",
            Priority::Notice => "Notice",
            Priority::Informational => "Informational",
            Priority::Debug => "Debug",
        }
    }

    /// Parses a name in any letter case; `info` is accepted for Informational.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("info") {
            return Some(Priority::Informational);
        }
        Self::ALL.into_iter().find(|p| p.name().eq_ignore_ascii_case(text))
    }
}

/// A text with its place, such as a tag.
#[derive(Clone, Debug, PartialEq)]
pub struct ListItem {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// An exception of a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleException {
    /// Name.
    pub name: String,
    /// Where the name stands.
    pub name_span: Span,
    /// Fields or transformer expressions.
    pub fields: Vec<ListItem>,
    /// Operators, one for each field; empty for the default.
    pub comps: Vec<String>,
    /// How many values, or rows of values.
    pub values: usize,
}

/// One rule, ready to compile.
#[derive(Clone, Debug)]
pub struct ResolvedRule {
    /// Unique name.
    pub name: String,
    /// Where the name stands in the defining item.
    pub name_span: Span,
    /// Where the whole defining item stands.
    pub span: Span,
    /// Description.
    pub desc: String,
    /// Condition text as loaded, after appends, before lists and exceptions.
    pub condition_text: String,
    /// The condition: exceptions built in, lists and macros resolved.
    pub condition: Expr,
    /// Output template.
    pub output: String,
    /// Where the template stands in the file.
    pub output_span: Span,
    /// Priority.
    pub priority: Priority,
    /// Event source, `syscall` when the file names none.
    pub source: String,
    /// Enabled by the file; selection may change it.
    pub enabled: bool,
    /// Tags in the order of the file, without repeats; the order says which criterion a rule serves first. Falco sorts them
    /// by text where it prints them.
    pub tags: Vec<String>,
    /// False silences the no-event-type lint.
    pub warn_evttypes: bool,
    /// Unknown fields in it drop the rule with a warning instead of an error.
    pub skip_if_unknown_filter: bool,
    /// Wants a capture when it fires.
    pub capture: bool,
    /// How long, in ms; 0 is the configured default.
    pub capture_duration: u32,
    /// The rule's exceptions.
    pub exceptions: Vec<RuleException>,
    /// Fields (or transformer expressions) that the exceptions name, with or without values; the engine checks them.
    pub exception_fields: Vec<ListItem>,
}

impl ResolvedRule {
    /// The exception that names this field; one of [`ResolvedRule::exception_fields`].
    #[must_use]
    pub fn exception_of(&self, field: &ListItem) -> Option<&RuleException> {
        self.exceptions.iter().find(|e| e.fields.contains(field))
    }
}
