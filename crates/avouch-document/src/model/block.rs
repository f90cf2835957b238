//! What stands below a heading.

use crate::chart::Chart;
use crate::model::{Id, Table, Text};

/// One block of a section, as wide as the page.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// A paragraph.
    Paragraph(Text),
    /// A list.
    List(List),
    /// A note set apart from the text.
    Note(Note),
    /// Names and their values, one below the other.
    Facts(Vec<Fact>),
    /// A table.
    Table(Table),
    /// Lines of code, as they are.
    Code(Code),
    /// A chart with its caption.
    Figure(Figure),
    /// What follows starts on a new page where there are pages.
    PageBreak,
}

impl Block {
    /// A paragraph.
    pub fn paragraph(text: impl Into<Text>) -> Self {
        Self::Paragraph(text.into())
    }

    /// A list with a mark before each item.
    pub fn bullets<T: Into<Text>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(List { ordered: false, items: items.into_iter().map(ListItem::new).collect() })
    }

    /// A list with a number before each item.
    pub fn steps<T: Into<Text>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(List { ordered: true, items: items.into_iter().map(ListItem::new).collect() })
    }

    /// A note of one paragraph.
    pub fn note(kind: NoteKind, title: impl Into<String>, text: impl Into<Text>) -> Self {
        Self::Note(Note { kind, title: title.into(), paragraphs: vec![text.into()] })
    }

    /// Names and their values.
    pub fn facts<N: Into<String>, V: Into<Text>>(facts: impl IntoIterator<Item = (N, V)>) -> Self {
        Self::Facts(facts.into_iter().map(|(name, value)| Fact::new(name, value)).collect())
    }
}

/// A list; items may hold lists of their own. Below the sixth level, items are no longer indented further.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct List {
    /// Numbered, or with a mark.
    pub ordered: bool,
    /// In order.
    pub items: Vec<ListItem>,
}

/// One item of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct ListItem {
    /// What it says.
    pub text: Text,
    /// What stands below it.
    pub list: Option<List>,
}

impl ListItem {
    /// An item with nothing below it.
    pub fn new(text: impl Into<Text>) -> Self {
        Self { text: text.into(), list: None }
    }
}

/// How a note is meant. The word of its kind stands before its title, so it is told without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteKind {
    /// Good to know.
    Note,
    /// The reader must act on it or weigh it.
    Attention,
    /// Something is missing from what is shown: not watched, not covered, lost.
    Missing,
}

impl NoteKind {
    /// The word that both renderers show.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Note => "Note",
            Self::Attention => "Attention",
            Self::Missing => "Not covered",
        }
    }
}

/// A note set apart from the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// How it is meant.
    pub kind: NoteKind,
    /// A few words; may be empty.
    pub title: String,
    /// What it says.
    pub paragraphs: Vec<Text>,
}

/// A name and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// A few words.
    pub name: String,
    /// As long as needed.
    pub value: Text,
}

impl Fact {
    /// A name and its value.
    pub fn new(name: impl Into<String>, value: impl Into<Text>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

/// Lines of code. Line ends are kept, tabs are four spaces, long lines wrap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Code {
    /// Said above it; may be empty.
    pub caption: Text,
    /// The lines.
    pub text: String,
}

/// A chart with its number and caption.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// For links.
    pub id: Option<Id>,
    /// What it shows. Its number ("Figure 3") is set before it.
    pub caption: Text,
    /// What is drawn, and its text alternative.
    pub chart: Chart,
}
