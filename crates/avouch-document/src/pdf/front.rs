//! The cover, the table of contents, and the headings of sections.

use std::num::NonZeroU16;

use krilla::tagging::Tag;

use super::flow::Flow;
use super::inline::{Line, Style, set_str};
use super::sheet::{BODY, SIDE, SMALL, baseline, leading};
use super::tags::{TagId, Tags};
use crate::chart::scene::{Ink, Rect};
use crate::font::{Face, width};
use crate::model::{Align, Section, Text};
use crate::outline::Entry;

impl Flow<'_> {
    pub(super) fn cover(&mut self) {
        let title = Style::new(Face::Bold, 26.0, Ink::Text);
        let subtitle = Style::new(Face::Sans, 12.5, Ink::Muted);
        let tag = self.tags.open(Tags::TOP, Tag::Part);
        let (x, wide) = (SIDE, self.width());
        self.y = 150.0;
        let lines = set_str(&self.document.title, title, wide);
        let title_tag = self.tags.open(tag, Tag::Title);
        self.paragraph(title_tag, &lines, x, wide, title);
        if !self.document.subtitle.is_empty() {
            self.y += 6.0;
            let lines = set_str(&self.document.subtitle, subtitle, wide);
            let tag = self.tags.open(tag, Tag::P);
            self.paragraph(tag, &lines, x, wide, subtitle);
        }
        self.y += 28.0;
        let document = self.document;
        self.facts(tag, &document.meta);
        self.y += 6.0;
        self.blocks(tag, &document.cover);
    }

    pub(super) fn contents(&mut self) {
        let outline = self.outline;
        let depth = self.document.contents_depth.min(4);
        let entries: Vec<&Entry> = outline.entries.iter().filter(|entry| entry.level <= depth).collect();
        if entries.is_empty() {
            return;
        }
        self.new_page();
        self.chapter = "Contents".into();
        let heading = Style::new(Face::Bold, 16.0, Ink::Text);
        let tag = self.tags.open(Tags::TOP, Tag::Section);
        let (x, wide) = (SIDE, self.width());
        let title = self.tags.open(tag, heading_tag(1, "Contents"));
        self.paragraph(title, &set_str("Contents", heading, wide), x, wide, heading);
        self.y += 8.0;
        let toc = self.tags.open(tag, Tag::TOC);
        for entry in entries {
            self.contents_entry(toc, entry);
        }
    }

    fn contents_entry(&mut self, toc: TagId, entry: &Entry) {
        let chapter = entry.level == 1;
        let style = if chapter { Style { face: Face::Bold, ..BODY } } else { BODY };
        if let Some(part) = &entry.opens_part {
            self.space(10.0);
            self.need(4.0 * leading(BODY));
            let tag = self.tags.open(toc, Tag::TOCI);
            let tag = self.tags.open(tag, Tag::P);
            let (x, wide) = (SIDE, self.width());
            self.paragraph(tag, &set_str(part, SMALL, wide), x, wide, SMALL);
        }
        let indent = if chapter { 0.0 } else { 22.0 * f32::from(entry.level - 1) };
        let hang =
            if entry.number.is_empty() { 0.0 } else { (width(style.face, &entry.number, style.size) + 8.0).max(22.0) };
        let number_width = 34.0;
        let wide = (self.width() - indent - hang - number_width).max(60.0);
        let lines = set_str(&entry.title, style, wide);
        let (high, base) = (leading(style), baseline(style));
        self.space(if chapter { 4.0 } else { 1.0 });
        self.need(high * lines.len().min(3) as f32);
        let item = self.tags.open(toc, Tag::TOCI);
        let text = Text::new().link(entry.id.clone(), &*entry.number);
        let label = super::inline::set(&text, Style { ink: Ink::Text, ..style }, f32::MAX, self.outline);
        let at = Rect::new(SIDE + indent, self.y, hang, high);
        if hang > 0.0 {
            let tag = self.tags.open(item, Tag::Lbl);
            self.lines(tag, &plain_ink(label), at, Align::Left, high, base);
        }
        let title = super::inline::set(&Text::new().link(entry.id.clone(), &*entry.title), style, wide, self.outline);
        let title = plain_ink(title);
        let last = title.last().map_or(0.0, |line| line.width);
        let tag = self.tags.open(item, Tag::Reference);
        self.paragraph(tag, &title, SIDE + indent + hang, wide, style);
        let page = self.known.places.get(&entry.id).map_or(1, |place| place.page + 1).to_string();
        let page = set_str(&page, style, number_width);
        let top = self.y - high;
        let left = SIDE + indent + hang + last + 6.0;
        let right = SIDE + self.width() - page.first().map_or(0.0, |line| line.width) - 6.0;
        self.leader(left, right, top + base);
        let at = Rect::new(SIDE + self.width() - number_width, top, number_width, high);
        let tag = self.tags.open(item, Tag::P);
        self.lines(tag, &page, at, Align::Right, high, base);
    }

    /// Dots from a title to its page, aligned over all lines.
    fn leader(&mut self, left: f32, right: f32, y: f32) {
        const STEP: f32 = 5.0;
        let first = (left / STEP).ceil() as usize;
        let last = (right / STEP).floor().max(0.0) as usize;
        let dots = (first..last).map(|n| Rect::new(n as f32 * STEP, y - 0.8, 0.8, 0.8));
        let mut drawing = crate::chart::scene::Drawing::default();
        drawing.rects(dots, Ink::Muted);
        if !drawing.shapes.is_empty() {
            self.decoration(drawing, 0.0, 0.0);
        }
    }

    /// A section and those inside it; `entries` runs along in the same order.
    pub(super) fn section<'e>(
        &mut self,
        parent: TagId,
        section: &Section,
        level: u8,
        part: &str,
        entries: &mut impl Iterator<Item = &'e Entry>,
    ) {
        let number = entries.next().map_or("", |entry| entry.number.as_str());
        let tag = self.tags.open(parent, Tag::Section);
        if level == 1 {
            self.new_page();
            // The head of a page is drawn when the page ends: it names the chapter that began on it.
            self.chapter = match number {
                "" => section.title.clone(),
                number => format!("{number}  {}", section.title),
            };
        }
        self.heading(tag, section, level, part, number);
        self.blocks(tag, &section.blocks);
        for inside in &section.sections {
            self.section(tag, inside, level.saturating_add(1), "", entries);
        }
    }

    fn heading(&mut self, tag: TagId, section: &Section, level: u8, part: &str, number: &str) {
        let style = heading_style(level);
        let numbers = set_str(number, Style { ink: Ink::Muted, face: Face::Sans, ..style }, f32::MAX);
        let hang =
            numbers.first().map_or(0.0, |line| if number.is_empty() { 0.0 } else { line.width + style.size * 0.7 });
        let hang = hang.min(self.width() / 2.0);
        let (x, wide) = (SIDE + hang, self.width() - hang);
        let lines = set_str(&section.title, style, wide);
        let high = leading(style);
        self.space(match level {
            1 => 0.0,
            2 => 22.0,
            _ => 16.0,
        });
        let next = match (section.blocks.first(), section.sections.first()) {
            (Some(block), _) => self.first_height(block),
            (None, Some(inside)) => 40.0 + inside.blocks.first().map_or(0.0, |block| self.first_height(block)),
            (None, None) => 0.0,
        };
        self.need((high * lines.len() as f32 + 4.0 + next).min(self.height()));
        if !part.is_empty() {
            let eyebrow = Style { size: 8.5, ..SMALL };
            let tag = self.tags.open(tag, Tag::P);
            let all = self.width();
            self.paragraph(tag, &set_str(part, eyebrow, all), SIDE, all, eyebrow);
            self.y += 1.0;
        }
        self.place(Some(&section.id));
        let title = if number.is_empty() { section.title.clone() } else { format!("{number} {}", section.title) };
        let tag = self.tags.open(tag, heading_tag(u16::from(level), &title));
        if !number.is_empty() {
            let at = Rect::new(SIDE, self.y, hang, high);
            self.lines(tag, &numbers, at, Align::Left, high, baseline(style));
        }
        self.paragraph(tag, &lines, x, wide, style);
        self.y += if level == 1 { 6.0 } else { 1.0 };
    }
}

fn heading_style(level: u8) -> Style {
    let size = match level {
        1 => 20.0,
        2 => 13.5,
        3 => 11.0,
        _ => 9.5,
    };
    Style::new(Face::Bold, size, Ink::Text)
}

fn heading_tag(level: u16, title: &str) -> Tag<krilla::tagging::kind::Hn> {
    let title = crate::visible::visible_short(title, "Untitled");
    Tag::Hn(NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN), Some(title))
}

/// Links of the table of contents look like its text.
fn plain_ink(mut lines: Vec<Line>) -> Vec<Line> {
    for piece in lines.iter_mut().flat_map(|line| &mut line.pieces) {
        piece.style.ink = Ink::Text;
    }
    lines
}
