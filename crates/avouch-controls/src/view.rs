//! Typed reading of a file that was checked: what has the wrong form reads as absent.

use avouch_diagnostics::{FileId, Span};

use crate::times::{Time, parse_duration, parse_time};
use crate::yaml::{Content, Node};

/// A text with its place.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The text, without blanks around it.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// Places do not make texts differ.
impl PartialEq for Placed {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Placed {}

/// A mapping.
#[derive(Clone, Copy)]
pub(crate) struct View<'n>(&'n Node);

impl<'n> View<'n> {
    pub(crate) fn of(node: &'n Node) -> Self {
        Self(node)
    }

    /// The place of the mapping's first key: where its item begins.
    pub(crate) fn place(self) -> Span {
        match &self.0.content {
            Content::Map(entries) => entries.first().map_or(self.0.span, |(key, _)| key.span),
            _ => self.0.span,
        }
    }

    /// First byte of the mapping, and one past its last.
    pub(crate) fn bounds(self) -> (u32, u32) {
        (self.0.span.start, self.0.span.end)
    }

    pub(crate) fn node(self, key: &str) -> Option<&'n Node> {
        let Content::Map(entries) = &self.0.content else { return None };
        entries.iter().find(|(k, _)| matches!(&k.content, Content::Text(t) if t == key)).map(|(_, value)| value)
    }

    pub(crate) fn map(self, key: &str) -> Option<View<'n>> {
        self.node(key).filter(|n| matches!(n.content, Content::Map(_))).map(View)
    }

    /// The mappings of a list.
    pub(crate) fn maps(self, key: &str) -> Vec<View<'n>> {
        let of = |node: &'n Node| matches!(node.content, Content::Map(_)).then_some(View(node));
        match self.node(key).map(|n| (&n.content, n)) {
            Some((Content::List(items), _)) => items.iter().filter_map(of).collect(),
            Some((_, node)) => of(node).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// Keys and values of a mapping with free keys.
    pub(crate) fn entries(self) -> Vec<(Placed, &'n Node)> {
        let Content::Map(entries) = &self.0.content else { return Vec::new() };
        entries.iter().filter_map(|(key, value)| Some((placed(key)?, value))).collect()
    }

    pub(crate) fn placed(self, key: &str) -> Option<Placed> {
        self.node(key).and_then(placed).filter(|p| !p.text.is_empty())
    }

    pub(crate) fn text(self, key: &str) -> Option<String> {
        self.placed(key).map(|p| p.text)
    }

    /// The text, or nothing where it is absent.
    pub(crate) fn or_empty(self, key: &str) -> String {
        self.text(key).unwrap_or_default()
    }

    pub(crate) fn list(self, key: &str) -> Vec<Placed> {
        self.node(key).map(list).unwrap_or_default()
    }

    pub(crate) fn texts(self, key: &str) -> Vec<String> {
        self.list(key).into_iter().map(|p| p.text).collect()
    }

    pub(crate) fn time(self, key: &str) -> Option<Time> {
        parse_time(&self.text(key)?)
    }

    pub(crate) fn duration(self, key: &str) -> Option<u64> {
        parse_duration(&self.text(key)?)
    }

    pub(crate) fn number(self, key: &str) -> Option<u32> {
        self.text(key)?.parse().ok()
    }

    pub(crate) fn flag(self, key: &str) -> bool {
        self.text(key).is_some_and(|t| t == "true")
    }

    /// The place of a key's value, else of the mapping.
    pub(crate) fn span(self, key: &str) -> Span {
        self.node(key).map_or_else(|| self.place(), |n| n.span)
    }
}

fn placed(node: &Node) -> Option<Placed> {
    match &node.content {
        Content::Text(text) => Some(Placed { text: text.trim().to_owned(), span: node.span }),
        _ => None,
    }
}

/// The texts of a list; a text alone is a list of one.
pub(crate) fn list(node: &Node) -> Vec<Placed> {
    match &node.content {
        Content::List(items) => items.iter().filter_map(placed).filter(|p| !p.text.is_empty()).collect(),
        _ => placed(node).into_iter().filter(|p| !p.text.is_empty()).collect(),
    }
}

/// Reads a file and reports what has not the `form`. `None` when there is nothing to read.
pub(crate) fn read(
    file: FileId,
    text: &str,
    form: &crate::form::Form,
    problems: &mut Vec<avouch_diagnostics::Diagnostic>,
) -> Option<Node> {
    match crate::yaml::parse(file, text) {
        Err(problem) => {
            problems.push(crate::codes::NOT_YAML.at_fault(problem.title).at(problem.span, "here"));
            None
        }
        Ok(None) => None,
        Ok(Some(root)) => {
            crate::form::check(&root, form, "the file", problems);
            Some(root)
        }
    }
}
