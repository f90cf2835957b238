//! YAML as a tree of texts with their places in the file.
//!
//! Nothing is typed here: a scalar is the text that stands in the file, and its reader says whether that must be a number
//! or a truth value.

mod compose;
mod walk;

use std::rc::Rc;

use avouch_diagnostics::{FileId, Span};

pub(crate) use compose::documents;

use crate::text::{MappedText, Place};

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
    Folded,
}

/// What stands at a place.
#[derive(Debug)]
pub(crate) enum Content {
    Scalar { text: String, style: Style },
    Sequence { items: Vec<Rc<Node>> },
    Mapping { entries: Vec<(Rc<Node>, Rc<Node>)>, flow: bool },
}

/// A part of a document.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) content: Content,
    /// Where it stands, from its first byte to the last byte of its last part.
    pub(crate) span: Span,
    /// How many nodes it stands for when aliases are written out.
    weight: u32,
}

impl Node {
    /// The text of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// `~`, `null` or nothing at all.
    pub(crate) fn is_null(&self) -> bool {
        match &self.content {
            Content::Scalar { text, style: Style::Plain } => {
                matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL")
            }
            _ => false,
        }
    }

    /// The items of a sequence.
    pub(crate) fn items(&self) -> Option<&[Rc<Node>]> {
        match &self.content {
            Content::Sequence { items, .. } => Some(items),
            _ => None,
        }
    }

    /// The entries of a mapping.
    pub(crate) fn entries(&self) -> Option<&[(Rc<Node>, Rc<Node>)]> {
        match &self.content {
            Content::Mapping { entries, .. } => Some(entries),
            _ => None,
        }
    }

    /// The value of a key of a mapping; the first one when it is written twice.
    pub(crate) fn get(&self, key: &str) -> Option<&Rc<Node>> {
        self.entries()?.iter().find(|(k, _)| k.text() == Some(key)).map(|(_, v)| v)
    }

    /// The key itself, for its place.
    pub(crate) fn key(&self, key: &str) -> Option<&Rc<Node>> {
        self.entries()?.iter().find(|(k, _)| k.text() == Some(key)).map(|(k, _)| k)
    }

    /// A truth value in the spellings of YAML 1.1, as yaml-cpp knows them.
    pub(crate) fn as_bool(&self) -> Option<bool> {
        const WORDS: [(&str, bool); 8] = [
            ("y", true),
            ("n", false),
            ("yes", true),
            ("no", false),
            ("true", true),
            ("false", false),
            ("on", true),
            ("off", false),
        ];
        let text = self.text()?;
        // All small, all capital, or one capital first.
        let rest = text.get(1..)?;
        let even = rest.chars().all(|c| c.is_ascii_lowercase())
            || (text.starts_with(|c: char| c.is_ascii_uppercase()) && rest.chars().all(|c| c.is_ascii_uppercase()));
        WORDS.iter().find(|(w, _)| even && text.eq_ignore_ascii_case(w)).map(|(_, b)| *b)
    }

    /// A scalar's text with the place of each of its characters in `file`, the text of its file.
    pub(crate) fn mapped(&self, file: &str) -> MappedText {
        let Content::Scalar { text, style } = &self.content else { return MappedText::default() };
        let raw = file.get(self.span.start as usize..self.span.end as usize).unwrap_or_default();
        let mut out = MappedText::default();
        match walk::runs(text, raw, *style) {
            // No way to tell where its characters stand: the whole scalar is the place.
            None => out.push(text, self.span),
            Some(runs) => {
                let mut ends = runs.iter().skip(1).map(|r| r.0).chain([text.len()]);
                for (at, offset) in &runs {
                    let end = ends.next().unwrap_or(text.len());
                    let start = self.span.start.saturating_add(u32::try_from(*offset).unwrap_or(u32::MAX));
                    let place = Place::Run(self.span.file, start);
                    out.push_placed(text.get(*at..end).unwrap_or_default(), place, place, self.span);
                }
            }
        }
        out
    }
}

/// The span of a file's part between two byte offsets.
fn span(file: FileId, start: usize, end: usize) -> Span {
    let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Span { file, start: at(start), end: at(end) }
}

#[cfg(test)]
mod tests;
