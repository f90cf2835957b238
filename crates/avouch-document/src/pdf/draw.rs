//! From drawn things to the PDF library.

use krilla::annotation::{Annotation, LinkAnnotation, Target};
use krilla::color::rgb;
use krilla::destination::{NamedDestination, XyzDestination};
use krilla::geom::{PathBuilder, Point, Quadrilateral, Rect as PdfRect};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, SpanTag};
use krilla::text::{Font, GlyphId, KrillaGlyph};

use super::flow::{Known, Place};
use super::inline::{Kind, Piece};
use super::sheet::{Decoration, Op, SIDE};
use super::tags::Tags;
use crate::chart::paint;
use crate::chart::scene::{Anchor, Drawing, Ink, Rect, Shape};
use crate::font::{Face, box_advance, glyph, width};
use crate::model::Id;
use crate::visible::visible_short;

/// Draws pages, one after the other.
pub(super) struct Pen {
    pub(super) file: krilla::Document,
    fonts: Vec<Font>,
}

impl Pen {
    /// `None` if the library refuses an embedded font.
    pub(super) fn new(settings: krilla::SerializeSettings) -> Option<Self> {
        let fonts = Face::ALL.iter().map(|face| Font::new(face.bytes().into(), 0)).collect::<Option<Vec<_>>>()?;
        Some(Self { file: krilla::Document::new_with(settings), fonts })
    }

    pub(super) fn page(&mut self, ops: Vec<Op>, size: (f32, f32), known: &Known, tags: &mut Tags) {
        let Some(settings) = PageSettings::from_wh(size.0, size.1) else { return };
        let mut page = self.file.start_page_with(settings);
        let mut links = Vec::new();
        let mut surface = page.surface();
        for op in ops {
            match op {
                Op::Begin { slot, actual } => {
                    let text = actual.map(String::from);
                    let tag = match &text {
                        Some(text) => ContentTag::Span(SpanTag::empty().with_actual_text(Some(text))),
                        None => ContentTag::Other,
                    };
                    let identifier = surface.start_tagged(tag);
                    tags.fill(slot, identifier);
                }
                Op::BeginArtifact(decoration) => {
                    let kind = match decoration {
                        Decoration::Head => ArtifactType::Header,
                        Decoration::Foot => ArtifactType::Footer,
                        Decoration::Layout => ArtifactType::Layout,
                    };
                    let _none = surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(kind)));
                }
                Op::End => surface.end_tagged(),
                Op::Piece { piece, x, y } => draw_piece(&mut surface, &self.fonts, &piece, x, y),
                Op::Shapes { shapes, x, y } => draw_shapes(&mut surface, &self.fonts, &shapes, x, y),
                Op::Link { slot, to, rects } => links.push((slot, to, rects)),
            }
        }
        surface.finish();
        for (slot, to, rects) in links {
            if let (Some(place), false) = (known.places.get(&to.id), rects.is_empty()) {
                let quads = rects.iter().map(quad).collect();
                let target = Target::Destination(destination(&to.id, *place).into());
                let words = visible_short(&to.words, to.id.as_str());
                let link = LinkAnnotation::new_with_quad_points(quads, target);
                let identifier = page.add_tagged_annotation(Annotation::new_link(link, Some(words)));
                tags.fill(slot, identifier);
            }
        }
        page.finish();
    }
}

/// The place of an id, by its name.
pub(super) fn destination(id: &Id, place: Place) -> NamedDestination {
    NamedDestination::new(id.as_str().into(), xyz(place))
}

pub(super) fn xyz(place: Place) -> XyzDestination {
    XyzDestination::new(place.page, Point::from_xy(SIDE, place.y))
}

fn quad(rect: &Rect) -> Quadrilateral {
    let (right, bottom) = (rect.x + rect.w, rect.y + rect.h);
    Quadrilateral([
        Point::from_xy(rect.x, bottom),
        Point::from_xy(right, bottom),
        Point::from_xy(right, rect.y),
        Point::from_xy(rect.x, rect.y),
    ])
}

fn colour(ink: Ink) -> rgb::Color {
    let [_, r, g, b] = ink.on_paper().to_be_bytes();
    rgb::Color::new(r, g, b)
}

fn set_fill(surface: &mut Surface<'_>, ink: Ink) {
    surface.set_stroke(None);
    surface.set_fill(Some(Fill { paint: colour(ink).into(), ..Fill::default() }));
}

fn draw_piece(surface: &mut Surface<'_>, fonts: &[Font], piece: &Piece, x: f32, y: f32) {
    let (x, size) = (x + piece.x, piece.style.size);
    match piece.kind {
        Kind::Glyphs => draw_text(surface, fonts, piece.style.face, &piece.text, (x, y), size, piece.style.ink),
        Kind::Box(c) => draw_box(surface, fonts, c, (x, y), size, piece.style.ink),
        Kind::Mark(state) => {
            let side = size * 0.74;
            let mut drawing = Drawing::default();
            paint(&mut drawing, state, &[Rect::new(x + 0.3, y - side + 0.2, side, side)]);
            draw_shapes(surface, fonts, &drawing.shapes, 0.0, 0.0);
        }
    }
}

/// A text whose glyphs are all in one face.
fn draw_text(surface: &mut Surface<'_>, fonts: &[Font], face: Face, text: &str, at: (f32, f32), size: f32, ink: Ink) {
    let glyphs: Vec<KrillaGlyph> = text
        .char_indices()
        .filter_map(|(start, c)| {
            let glyph = glyph(face, c).filter(|glyph| glyph.face == face)?;
            let id = GlyphId::new(u32::from(glyph.id));
            Some(KrillaGlyph::new(id, glyph.advance, 0.0, 0.0, 0.0, start..start + c.len_utf8(), None))
        })
        .collect();
    if let (Some(font), false) = (fonts.get(face as usize), glyphs.is_empty()) {
        set_fill(surface, ink);
        surface.draw_glyphs(Point::from_xy(at.0, at.1), &glyphs, font.clone(), text, size, false);
    }
}

/// A frame with the code point in two rows of digits.
fn draw_box(surface: &mut Surface<'_>, fonts: &[Font], c: char, at: (f32, f32), size: f32, ink: Ink) {
    let code = format!("{:04X}", c as u32);
    let (first, second) = code.split_at(code.len() / 2);
    let (wide, high) = (box_advance(c) * size, size * 0.92);
    let frame = Rect::new(at.0 + 0.05 * size, at.1 - high * 0.82, wide - 0.1 * size, high);
    let mut drawing = Drawing::default();
    drawing.frame(frame, ink);
    draw_shapes(surface, fonts, &drawing.shapes, 0.0, 0.0);
    let digits = size * 0.42;
    for (row, text) in [first, second].into_iter().enumerate() {
        let x = frame.x + (frame.w - width(Face::Mono, text, digits)) / 2.0;
        let y = frame.y + high * 0.46 + high * 0.44 * row as f32;
        draw_text(surface, fonts, Face::Mono, text, (x, y), digits, ink);
    }
}

fn draw_shapes(surface: &mut Surface<'_>, fonts: &[Font], shapes: &[Shape], dx: f32, dy: f32) {
    for shape in shapes {
        match shape {
            Shape::Rects { rects, ink } => {
                let mut path = PathBuilder::new();
                for r in rects {
                    if let Some(rect) = PdfRect::from_xywh(r.x + dx, r.y + dy, r.w, r.h) {
                        path.push_rect(rect);
                    }
                }
                if let Some(path) = path.finish() {
                    set_fill(surface, *ink);
                    surface.draw_path(&path);
                }
            }
            Shape::Lines { lines, width, ink } => {
                let mut path = PathBuilder::new();
                for (a, b) in lines {
                    path.move_to(a.0 + dx, a.1 + dy);
                    path.line_to(b.0 + dx, b.1 + dy);
                }
                if let Some(path) = path.finish() {
                    surface.set_fill(None);
                    surface.set_stroke(Some(Stroke { paint: colour(*ink).into(), width: *width, ..Stroke::default() }));
                    surface.draw_path(&path);
                }
            }
            Shape::Text { at, text, size, anchor, ink } => {
                let mut x = at.0 + dx
                    - match anchor {
                        Anchor::Start => 0.0,
                        Anchor::Middle => width(Face::Sans, text, *size) / 2.0,
                        Anchor::End => width(Face::Sans, text, *size),
                    };
                for line in super::inline::set_str(text, super::inline::Style::new(Face::Sans, *size, *ink), f32::MAX) {
                    for piece in &line.pieces {
                        draw_piece(surface, fonts, piece, x, at.1 + dy);
                    }
                    x += line.width;
                }
            }
        }
    }
}
