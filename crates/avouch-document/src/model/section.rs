//! The document, its parts and sections.

use crate::model::{Block, Fact};

/// A name that links lead to. Stable: it is the caller's, not counted from what stands before.
///
/// Holds `a-z`, `0-9`, `-`, `_` and `.`, starts with a letter and is at most 80 long. It must be the only one of its name
/// in the document; [`Document::problems`](crate::Document::problems) names those that are not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(String);

impl Id {
    /// The longest id, in characters.
    const LONGEST: usize = 80;

    /// An id from any text: letters are made small, other characters become `-`. Texts that differ only there give the
    /// same id.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut id = String::new();
        for c in text.chars().flat_map(char::to_lowercase) {
            match c {
                'a'..='z' | '0'..='9' | '_' | '.' => id.push(c),
                _ if id.ends_with('-') || id.is_empty() => {}
                _ => id.push('-'),
            }
            if id.len() >= Self::LONGEST {
                break;
            }
        }
        id.truncate(id.trim_end_matches('-').len());
        if !id.starts_with(|c: char| c.is_ascii_lowercase()) {
            id.insert_str(0, "x-");
        }
        Self(id)
    }

    /// As it stands in HTML and after `#`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Id {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

/// A document.
///
/// ```
/// use avouch_document::{Block, Document, Part, Section};
///
/// let mut document = Document::new("Evidence report", "en");
/// document.parts.push(Part::numbered("Scope").with(Section::new("boundary", "System boundary").with(Block::paragraph("Two clusters."))));
/// let html = avouch_document::html::render(&document);
/// assert!(html.contains("System boundary"));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// On the cover, in each page's head, in the window's title.
    pub title: String,
    /// Below the title: whose, and for when.
    pub subtitle: String,
    /// Language of the text, a BCP 47 tag such as `en`.
    pub language: String,
    /// On the cover: entity, period, version, digests.
    pub meta: Vec<Fact>,
    /// On the cover below the facts: what the reader must know first. Often empty.
    pub cover: Vec<Block>,
    /// When the document is said to be made. Nothing is taken from a clock: none is named without it.
    pub created: Option<Created>,
    /// In order.
    pub parts: Vec<Part>,
    /// How many levels of sections the table of contents shows: 0 (none) to 4.
    pub contents_depth: u8,
}

impl Document {
    /// A document without parts, with two levels in its table of contents.
    pub fn new(title: impl Into<String>, language: impl Into<String>) -> Self {
        Self { title: title.into(), language: language.into(), contents_depth: 2, ..Self::default() }
    }

    /// The language; English where none is given, or where it is no tag (letters, digits and `-`, at most 35).
    pub(crate) fn language_or_english(&self) -> &str {
        let sound = |tag: &&String| {
            tag.len() <= 35
                && tag.starts_with(|c: char| c.is_ascii_alphabetic())
                && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        Some(&self.language).filter(sound).map_or("en", String::as_str)
    }
}

/// Seconds since 1970-01-01 00:00:00 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Created(pub i64);

/// How the sections of a part are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Numbering {
    /// 1, 2, 3, on from the part before.
    #[default]
    Numbers,
    /// A, B, C, from the start of the part.
    Letters,
    /// Not at all.
    None,
}

/// A group of chapters: "Scope", "Results", "Appendices".
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// Stands above its chapters in the table of contents and above each chapter's title; may be empty.
    pub title: String,
    /// How its chapters are counted.
    pub numbering: Numbering,
    /// Its chapters. Each starts on a new page.
    pub chapters: Vec<Section>,
}

impl Part {
    /// A part whose chapters are counted on.
    pub fn numbered(title: impl Into<String>) -> Self {
        Self { title: title.into(), numbering: Numbering::Numbers, chapters: Vec::new() }
    }

    /// A part whose chapters have letters.
    pub fn lettered(title: impl Into<String>) -> Self {
        Self { numbering: Numbering::Letters, ..Self::numbered(title) }
    }

    /// A part whose chapters are not counted.
    pub fn unnumbered(title: impl Into<String>) -> Self {
        Self { numbering: Numbering::None, ..Self::numbered(title) }
    }

    /// The same, with one more chapter.
    #[must_use]
    pub fn with(mut self, chapter: Section) -> Self {
        self.chapters.push(chapter);
        self
    }
}

/// A heading, what stands below it, and the sections inside it. A section of a part is a chapter.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// For links; the caller's.
    pub id: Id,
    /// Without its number.
    pub title: String,
    /// What stands below the heading, before the sections inside.
    pub blocks: Vec<Block>,
    /// Sections inside. Below the fourth level they are no longer counted.
    pub sections: Vec<Section>,
}

impl Section {
    /// A section with nothing in it.
    pub fn new(id: impl Into<Id>, title: impl Into<String>) -> Self {
        Self { id: id.into(), title: title.into(), blocks: Vec::new(), sections: Vec::new() }
    }

    /// The same, with one more block.
    #[must_use]
    pub fn with(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    /// The same, with one more section inside.
    #[must_use]
    pub fn with_section(mut self, section: Section) -> Self {
        self.sections.push(section);
        self
    }

    /// Adds a block.
    pub fn push(&mut self, block: Block) {
        self.blocks.push(block);
    }
}
