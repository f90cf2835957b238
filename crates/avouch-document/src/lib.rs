//! A small document model and its two renderers: one HTML file that needs no network and no script, and one tagged PDF.
//!
//! A [`Document`] is plain data: parts, chapters, paragraphs, tables, charts. It knows nothing of what it tells. Both renderers
//! show the same words; what cannot be shown (a character without glyph, a bidirectional override) is shown by its code
//! point and never vanishes.
//!
//! Invariants: no IO, no clock, no randomness: the same document renders byte for byte twice. No input panics. Nothing in
//! the HTML loads, runs or sends anything.
//!
//! ```
//! use avouch_document::{Block, Chart, Document, Figure, Lane, Part, Section, State, Strip, Summary};
//!
//! let strip = Strip { from: 1_772_323_200, cell: 86_400, lanes: vec![Lane { label: "Access".into(), cells: vec![State::Pass, State::Fail] }] };
//! let chart = Chart::new(strip, Summary::new("Access: 1 day pass, 1 day fail."));
//! let figure = Figure { id: None, caption: "Days".into(), chart };
//!
//! let mut document = Document::new("Report", "en");
//! document.parts.push(Part::numbered("").with(Section::new("days", "Days").with(Block::Figure(figure))));
//! assert!(document.problems().is_empty());
//! let html = avouch_document::html::render(&document);
//! assert!(html.contains("1 day fail"));
//! ```

mod chart;
mod font;
pub mod html;
mod model;
mod outline;
pub mod pdf;
mod visible;

pub use chart::{
    Bar, Bin, Chart, Columns, HeatMap, Histogram, Lane, Link, Links, PartyColumn, Plot, Series, Share, State, Strip,
    Summary,
};
pub use model::{
    Align, Block, Cell, Code, Column, Created, Document, Fact, Figure, Id, List, ListItem, Note, NoteKind, Numbering,
    Part, Row, RowClass, Run, Section, Shown, Table, Text,
};
pub use outline::Problem;
pub use visible::{is_hidden, visible};
