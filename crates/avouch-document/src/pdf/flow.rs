//! Fills pages from top to bottom. Runs twice over a document: once to learn on which pages things stand, once to draw.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::draw::Pen;
use super::inline::{Kind, Line, LinkTo, Piece, set_str};
use super::sheet::{BOTTOM, Decoration, Op, Paper, SIDE, SMALL, TOP, baseline, leading};
use super::tags::{TagId, Tags};
use crate::chart::scene::{Drawing, Ink, Rect};
use crate::model::{Align, Document, Id};
use crate::outline::{Captions, Given, Outline};

/// Where something stands: page from 0, and distance from the top of the paper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) page: usize,
    pub(super) y: f32,
}

/// What the first run learns.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub(super) pages: usize,
    pub(super) places: BTreeMap<Id, Place>,
}

/// A document on its way to pages.
pub(super) struct Flow<'a> {
    pub(super) document: &'a Document,
    pub(super) outline: &'a Outline,
    pub(super) tags: Tags,
    pub(super) captions: Captions,
    pub(super) given: Given,
    /// From the first run; empty in it.
    pub(super) known: &'a Known,
    /// Where ids stand in this run.
    pub(super) places: BTreeMap<Id, Place>,
    /// Title of the chapter, in the head of the page.
    pub(super) chapter: String,
    /// Top of what comes next.
    pub(super) y: f32,
    page: usize,
    ops: Vec<Op>,
    size: (f32, f32),
    /// Draws in the second run.
    pen: Option<Pen>,
}

impl<'a> Flow<'a> {
    pub(super) fn new(
        document: &'a Document,
        outline: &'a Outline,
        paper: Paper,
        known: &'a Known,
        pen: Option<Pen>,
    ) -> Self {
        Self {
            document,
            outline,
            tags: Tags::new(pen.is_some()),
            captions: Captions::default(),
            given: Given::default(),
            known,
            places: BTreeMap::new(),
            chapter: String::new(),
            y: TOP,
            page: 0,
            ops: Vec::new(),
            size: paper.size(),
            pen,
        }
    }

    /// Ends the last page; what was learned, and what was drawn.
    pub(super) fn finish(mut self) -> (Known, Option<Pen>, Tags) {
        self.end_page();
        (Known { pages: self.page, places: self.places }, self.pen, self.tags)
    }

    /// Width of the text.
    pub(super) fn width(&self) -> f32 {
        self.size.0 - 2.0 * SIDE
    }

    /// Height of a page's text.
    pub(super) fn height(&self) -> f32 {
        self.size.1 - TOP - BOTTOM
    }

    /// What is left of the page.
    pub(super) fn room(&self) -> f32 {
        self.size.1 - BOTTOM - self.y
    }

    /// Whether nothing stands on the page yet.
    pub(super) fn at_top(&self) -> bool {
        self.y <= TOP
    }

    pub(super) fn new_page(&mut self) {
        self.end_page();
        self.y = TOP;
    }

    /// A new page, unless `height` still fits or the page is empty.
    pub(super) fn need(&mut self, height: f32) {
        if height > self.room() && !self.at_top() {
            self.new_page();
        }
    }

    /// Space before what comes next; none at the top of a page.
    pub(super) fn space(&mut self, height: f32) {
        if !self.at_top() {
            self.y += height;
        }
    }

    /// Remembers where an id stands: a little above what comes next.
    pub(super) fn place(&mut self, id: Option<&Id>) {
        if let Some(id) = self.given.take(id) {
            self.places.insert(id.clone(), Place { page: self.page, y: (self.y - 6.0).max(0.0) });
        }
    }

    fn end_page(&mut self) {
        self.page_head_and_foot();
        let ops = std::mem::take(&mut self.ops);
        if let Some(pen) = &mut self.pen {
            pen.page(ops, self.size, self.known, &mut self.tags);
        }
        self.page += 1;
    }

    fn page_head_and_foot(&mut self) {
        let (wide, high) = self.size;
        let (document, half) = (self.document, self.width() / 2.0 - 6.0);
        let first_line =
            |text: &str| set_str(&crate::font::shorten(SMALL.face, text, SMALL.size, half), SMALL, half * 2.0);
        if self.page > 0 {
            let (left, right) = (first_line(&document.title), first_line(&self.chapter));
            self.begin_artifact(Decoration::Head);
            self.plain_line(&left, SIDE, 38.0, half, Align::Left);
            self.plain_line(&right, wide - SIDE - half, 38.0, half, Align::Right);
            self.rule(SIDE, 47.0, self.width(), 0.5, Ink::Grid);
            self.end();
        }
        let left = first_line(&document.subtitle);
        let number = set_str(&format!("Page {} of {}", self.page + 1, self.known.pages), SMALL, half);
        self.begin_artifact(Decoration::Foot);
        self.plain_line(&left, SIDE, high - 34.0, half, Align::Left);
        self.plain_line(&number, wide - SIDE - half, high - 34.0, half, Align::Right);
        self.end();
    }

    /// The first of some lines, without structure; `y` is its baseline.
    fn plain_line(&mut self, lines: &[Line], x: f32, y: f32, width: f32, align: Align) {
        if let Some(line) = lines.first() {
            let x = x + shift(line, width, align);
            for piece in &line.pieces {
                self.ops.push(Op::Piece { piece: piece.clone(), x, y });
            }
        }
    }

    pub(super) fn begin_artifact(&mut self, decoration: Decoration) {
        self.ops.push(Op::BeginArtifact(decoration));
    }

    pub(super) fn end(&mut self) {
        self.ops.push(Op::End);
    }

    /// A line from left to right; inside of an artifact.
    pub(super) fn rule(&mut self, x: f32, y: f32, width: f32, thick: f32, ink: Ink) {
        self.fill(Rect::new(x, y - thick / 2.0, width, thick), ink);
    }

    /// A filled rectangle; inside of an artifact.
    pub(super) fn fill(&mut self, rect: Rect, ink: Ink) {
        let mut drawing = Drawing::default();
        drawing.rects([rect], ink);
        self.ops.push(Op::Shapes { shapes: drawing.shapes, x: 0.0, y: 0.0 });
    }

    /// Shapes of a drawing, its upper left corner at `x`, `y`; belongs to `tag`.
    pub(super) fn drawing(&mut self, tag: TagId, drawing: Drawing, x: f32, y: f32) {
        let slot = self.tags.slot(tag);
        self.ops.push(Op::Begin { slot, actual: None });
        self.ops.push(Op::Shapes { shapes: drawing.shapes, x, y });
        self.end();
    }

    /// Shapes as decoration.
    pub(super) fn decoration(&mut self, drawing: Drawing, x: f32, y: f32) {
        self.begin_artifact(Decoration::Layout);
        self.ops.push(Op::Shapes { shapes: drawing.shapes, x, y });
        self.end();
    }

    /// Lines one below the other from `top`; belong to `tag`, links in them to tags of their own.
    pub(super) fn lines(&mut self, tag: TagId, lines: &[Line], at: Rect, align: Align, high: f32, base: f32) {
        let mut open: Option<Stretch> = None;
        for (index, line) in lines.iter().enumerate() {
            let x = at.x + shift(line, at.w, align);
            let top = at.y + high * index as f32;
            for piece in &line.pieces {
                if !open.as_ref().is_some_and(|stretch| stretch.holds(piece)) {
                    let before = open.take();
                    open = Some(self.stretch(tag, piece, before));
                }
                if let Some(Stretch { link: Some((_, rects)), .. }) = &mut open {
                    rects.push(Rect::new(x + piece.x, top, piece.width, high));
                }
                self.ops.push(Op::Piece { piece: piece.clone(), x, y: top + base });
            }
        }
        self.close(open);
    }

    /// Lines as decoration: the repeated head of a table.
    pub(super) fn artifact_lines(&mut self, lines: &[Line], at: Rect, align: Align, high: f32, base: f32) {
        self.begin_artifact(Decoration::Layout);
        for (index, line) in lines.iter().enumerate() {
            let x = at.x + shift(line, at.w, align);
            for piece in &line.pieces {
                self.ops.push(Op::Piece { piece: piece.clone(), x, y: at.y + high * index as f32 + base });
            }
        }
        self.end();
    }

    fn stretch(&mut self, tag: TagId, piece: &Piece, before: Option<Stretch>) -> Stretch {
        // A character without glyph inside a link is a stretch of its own in the same link.
        let same_link = before.as_ref().is_some_and(|b| b.is_link(piece.link.as_ref()));
        let (tag_of_link, link) = match (before, &piece.link) {
            (Some(before), Some(_)) if same_link => {
                self.end();
                (before.tag, before.link)
            }
            (before, Some(link)) => {
                self.close(before);
                (self.tags.open(tag, krilla::tagging::Tag::Link), Some((Rc::clone(link), Vec::new())))
            }
            (before, None) => {
                self.close(before);
                (tag, None)
            }
        };
        let missing = missing(piece);
        let slot = self.tags.slot(tag_of_link);
        self.ops.push(Op::Begin { slot, actual: missing });
        Stretch { tag: tag_of_link, missing, link }
    }

    fn close(&mut self, stretch: Option<Stretch>) {
        let Some(stretch) = stretch else { return };
        self.end();
        if let Some((to, rects)) = stretch.link {
            let slot = self.tags.slot(stretch.tag);
            self.ops.push(Op::Link { slot, to, rects });
        }
    }

    /// A paragraph broken over pages, with at least two lines on each side.
    pub(super) fn paragraph(&mut self, tag: TagId, lines: &[Line], x: f32, width: f32, style: super::inline::Style) {
        let (high, base) = (leading(style), baseline(style));
        let mut rest = lines;
        while !rest.is_empty() {
            let fit = (((self.room() + 0.01) / high).max(0.0) as usize).min(rest.len());
            let left = rest.len() - fit;
            let take = match (fit, left) {
                (_, 0) => fit,
                (0 | 1, _) if !self.at_top() && rest.len() > 1 => 0,
                (_, 1) if fit > 2 => fit - 1,
                (2, 1) if !self.at_top() => 0,
                (0, _) if !self.at_top() => 0,
                _ => fit.max(1),
            };
            let (now, later) = rest.split_at(take);
            let at = Rect::new(x, self.y, width, high * take as f32);
            self.lines(tag, now, at, Align::Left, high, base);
            self.y += at.h;
            rest = later;
            if !rest.is_empty() {
                self.new_page();
            }
        }
    }
}

/// A stretch of pieces that belong to one place in the structure.
struct Stretch {
    tag: TagId,
    missing: Option<char>,
    link: Option<(Rc<LinkTo>, Vec<Rect>)>,
}

impl Stretch {
    fn is_link(&self, link: Option<&Rc<LinkTo>>) -> bool {
        match (&self.link, link) {
            (Some((a, _)), Some(b)) => Rc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        }
    }

    /// Whether a piece goes on in it. A character without glyph never does: its real text is told apart.
    fn holds(&self, piece: &Piece) -> bool {
        self.missing.is_none() && missing(piece).is_none() && self.is_link(piece.link.as_ref())
    }
}

fn missing(piece: &Piece) -> Option<char> {
    match piece.kind {
        Kind::Box(c) => Some(c),
        _ => None,
    }
}

fn shift(line: &Line, width: f32, align: Align) -> f32 {
    match align {
        Align::Left => 0.0,
        Align::Right => width - line.width,
        Align::Centre => (width - line.width) / 2.0,
    }
}
