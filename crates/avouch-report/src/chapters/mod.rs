//! The document of a period, chapter by chapter.
//!
//! Nothing is decided here: every number is that of [`Results`], said in words, tables and charts. Where the results hold
//! nothing, a chapter says that nothing is known, and why.

mod appendices;
mod boundary;
mod control;
mod cover;
mod criterion;
mod cross;
mod deviation;
mod extras;
mod figures;
mod flows;
mod glossary;
mod ground;
mod matrix;
mod matters;
mod reading;
mod registers;
mod requests;
mod rules;
mod sessions;
mod sources;
mod summary;
mod tool;
mod words;

use avouch_document::{Document, Part};

use crate::input::Results;

/// A row of a table from cells of different kinds.
macro_rules! row {
    ($($cell:expr),* $(,)?) => { avouch_document::Row::from(vec![$(avouch_document::Cell::from($cell)),*]) };
}
pub(crate) use row;
pub(crate) use words::duration;

/// The report of a period as a document. Pure: the same results give the same document.
#[must_use]
pub fn document(results: &Results<'_>) -> Document {
    let g = ground::Ground::new(results);
    let mut document = cover::document(&g);
    let front = Part::numbered("").with(summary::chapter(&g)).with(reading::chapter(&g));
    let scope =
        Part::numbered("Scope").with(boundary::chapter(&g)).with(sources::chapter(&g)).with(matrix::chapter(&g));
    let mut part = Part::numbered("Results");
    part.chapters = criterion::chapters(&g);
    let cross = Part::numbered("Across criteria")
        .with(registers::severity(&g))
        .with(sessions::chapter(&g))
        .with(registers::tuning(&g))
        .with(deviation::chapter(&g))
        .with(cross::trend(&g))
        .with(cross::crosswalk(&g));
    let mut back = Part::lettered("Appendices");
    back.chapters = appendices::all(&g);
    document.parts = vec![front, scope, part, cross, back];
    document
}
