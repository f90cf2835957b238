//! One PDF: tagged, with bookmarks and links, its fonts inside.
//!
//! Written as PDF/UA-1, and as PDF/A-2a where the document says when it was made (PDF/A asks for a date).

mod blocks;
mod columns;
mod draw;
mod figure;
mod flow;
mod front;
mod inline;
mod sheet;
mod table;
mod tags;

use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline as Bookmarks, OutlineNode};

use crate::model::{Created, Document};
use crate::outline::{Entry, Outline};
use crate::visible::visible_short;
use draw::Pen;
use flow::{Flow, Known};
pub use sheet::Paper;
use tags::Tags;

/// The PDF could not be written.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// A font of this program was refused.
    #[error("failed to load the embedded fonts")]
    Fonts,
    /// The file would break a limit or a rule of its standard.
    #[error("failed to write the PDF: {0}")]
    Write(String),
}

/// The document as a PDF.
///
/// # Errors
/// Where the PDF library refuses what it was given: files of more than 8,388,607 objects (some 100,000 rows of tables).
pub fn render(document: &Document, paper: Paper) -> Result<Vec<u8>, PdfError> {
    let outline = Outline::of(document);
    let nothing = Known::default();
    let mut measured = Flow::new(document, &outline, paper, &nothing, None);
    run(&mut measured);
    let (known, _, _) = measured.finish();

    let pen = Pen::new(settings(document)).ok_or(PdfError::Fonts)?;
    let mut drawn = Flow::new(document, &outline, paper, &known, Some(pen));
    run(&mut drawn);
    let (_, pen, tags) = drawn.finish();
    let mut file = pen.ok_or(PdfError::Fonts)?.file;

    for (id, place) in &known.places {
        // Names that links use are registered already.
        let _new = file.register_named_destination(draw::destination(id, *place));
    }
    file.set_outline(bookmarks(&outline, &known));
    file.set_metadata(metadata(document));
    file.set_tag_tree(tags.tree(language(document)));
    file.finish().map_err(|error| PdfError::Write(format!("{error}: {error:?}")))
}

fn run(flow: &mut Flow<'_>) {
    flow.cover();
    flow.contents();
    let (document, outline) = (flow.document, flow.outline);
    let mut entries = outline.entries.iter();
    for part in &document.parts {
        for chapter in &part.chapters {
            flow.section(Tags::TOP, chapter, 1, &part.title, &mut entries);
        }
    }
}

fn settings(document: &Document) -> krilla::SerializeSettings {
    let accessible = ConfigurationBuilder::new().with_accessibility_validator(Accessibility::UA1);
    let builder = match document.created {
        Some(_) => accessible.with_archival_validator(Archival::A2_A),
        None => accessible,
    };
    krilla::SerializeSettings {
        // The two standards are known to go together.
        configuration: builder.finish().unwrap_or_default(),
        enable_tagging: true,
        ..krilla::SerializeSettings::default()
    }
}

fn language(document: &Document) -> &str {
    document.language_or_english()
}

fn metadata(document: &Document) -> Metadata {
    let mut metadata = Metadata::new()
        .title(visible_short(&document.title, "Untitled"))
        .description(visible_short(&document.subtitle, ""))
        .language(language(document).to_owned())
        .creator("avouch".to_owned());
    if let Some(Created(at)) = document.created {
        metadata = metadata.creation_date(date(at));
    }
    metadata
}

fn date(at: i64) -> DateTime {
    let (year, month, day) = crate::chart::civil(at.div_euclid(86_400));
    let second = at.rem_euclid(86_400);
    // Below 24 and 60 each: no digit is lost.
    let small = |n: i64| n as u8;
    DateTime::new(u16::try_from(year).unwrap_or(0))
        .month(month as u8)
        .day(day as u8)
        .hour(small(second / 3_600))
        .minute(small(second / 60 % 60))
        .second(small(second % 60))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

/// Bookmarks of all sections, as they are nested.
fn bookmarks(outline: &Outline, known: &Known) -> Bookmarks {
    let mut all = Bookmarks::new();
    let mut rest = outline.entries.as_slice();
    while !rest.is_empty() {
        if let Some(node) = bookmark(&mut rest, known) {
            all.push_child(node);
        }
    }
    all
}

/// The first entry and those below it; `rest` is what comes after.
fn bookmark(rest: &mut &[Entry], known: &Known) -> Option<OutlineNode> {
    let (first, mut after) = rest.split_first()?;
    let title = match first.number.as_str() {
        "" => visible_short(&first.title, "Untitled"),
        number => format!("{number} {}", visible_short(&first.title, "Untitled")),
    };
    let mut node = known.places.get(&first.id).map(|place| OutlineNode::new(title, draw::xyz(*place)));
    while after.first().is_some_and(|entry| entry.level > first.level) {
        let inside = bookmark(&mut after, known);
        if let (Some(node), Some(inside)) = (&mut node, inside) {
            node.push_child(inside);
        }
    }
    *rest = after;
    node
}
