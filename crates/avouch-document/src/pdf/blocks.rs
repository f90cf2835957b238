//! Blocks of text: paragraphs, lists, notes, code, facts.

use krilla::tagging::{ListNumbering, TableHeaderScope, Tag};

use super::flow::Flow;
use super::inline::{Line, Style, set, set_str};
use super::sheet::{BODY, CAPTION, CODE, Decoration, SIDE, baseline, leading};
use super::tags::TagId;
use crate::chart::scene::{Drawing, Ink, Rect};
use crate::font::{Face, width};
use crate::model::{Align, Block, Code, Fact, List, Note, NoteKind, Text};
use crate::visible::code_lines;

/// Space before a block.
const GAP: f32 = 7.0;
/// Space before a table, a figure, a note, and after it.
pub(super) const WIDE_GAP: f32 = 13.0;

impl Flow<'_> {
    pub(super) fn blocks(&mut self, tag: TagId, blocks: &[Block]) {
        for block in blocks {
            match block {
                Block::Paragraph(text) => {
                    self.space(GAP);
                    self.text_block(tag, text, BODY);
                }
                Block::List(list) => {
                    self.space(GAP);
                    self.list(tag, list, 0);
                }
                Block::Note(note) => self.note(tag, note),
                Block::Facts(facts) => self.facts(tag, facts),
                Block::Table(table) => self.table(tag, table),
                Block::Code(code) => self.code(tag, code),
                Block::Figure(figure) => self.figure(tag, figure),
                Block::PageBreak => {
                    if !self.at_top() {
                        self.new_page();
                    }
                }
            }
        }
    }

    /// Height of what must stand on one page with the heading before it.
    pub(super) fn first_height(&self, block: &Block) -> f32 {
        match block {
            // Three lines stay together: two on a page would leave the third alone on the next.
            Block::Paragraph(_) => GAP + 3.0 * leading(BODY),
            Block::List(_) => GAP + 2.0 * leading(BODY),
            Block::Note(note) => {
                let lines = |text: &Text| set(text, BODY, self.width() - 26.0, self.outline).len();
                let all: usize = note.paragraphs.iter().map(lines).sum();
                WIDE_GAP + 18.0 + leading(BODY) * (1 + all).min(6) as f32
            }
            Block::Facts(_) => WIDE_GAP + 3.0 * leading(BODY),
            Block::Table(table) => WIDE_GAP + self.table_start(table),
            Block::Code(_) => WIDE_GAP + 5.0 * leading(CODE),
            Block::Figure(figure) => WIDE_GAP + self.figure_start(figure),
            Block::PageBreak => 0.0,
        }
    }

    /// A paragraph as wide as the page.
    pub(super) fn text_block(&mut self, tag: TagId, text: &Text, style: Style) {
        let (x, wide) = (SIDE, self.width());
        let lines = set(text, style, wide, self.outline);
        let tag = self.tags.open(tag, Tag::P);
        self.paragraph(tag, &lines, x, wide, style);
    }

    fn list(&mut self, tag: TagId, list: &List, depth: usize) {
        let numbering = if list.ordered { ListNumbering::Decimal } else { ListNumbering::Disc };
        let tag = self.tags.open(tag, Tag::L(numbering));
        let indent = 16.0 * depth.min(6) as f32;
        for (index, item) in list.items.iter().enumerate() {
            let item_tag = self.tags.open(tag, Tag::LI);
            let label = if list.ordered {
                format!("{}.", index + 1)
            } else {
                (if depth == 0 { "•" } else { "–" }).to_owned()
            };
            let label_width = (width(BODY.face, &label, BODY.size) + 5.0).max(14.0);
            let (x, wide) = (SIDE + indent + label_width, self.width() - indent - label_width);
            let lines = set(&item.text, BODY, wide, self.outline);
            self.space(if index == 0 { 0.0 } else { 2.5 });
            self.need(leading(BODY) * lines.len().min(2) as f32);
            let label_tag = self.tags.open(item_tag, Tag::Lbl);
            let at = Rect::new(SIDE + indent, self.y, label_width, leading(BODY));
            self.lines(label_tag, &set_str(&label, BODY, f32::MAX), at, Align::Left, at.h, baseline(BODY));
            let body = self.tags.open(item_tag, Tag::LBody);
            self.paragraph(body, &lines, x, wide, BODY);
            if let Some(list) = &item.list {
                self.space(2.5);
                self.list(body, list, depth + 1);
            }
        }
    }

    fn note(&mut self, tag: TagId, note: &Note) {
        let look = match note.kind {
            NoteKind::Note => Look { fill: Ink::Soft, bar: Some((Ink::Muted, false)) },
            NoteKind::Attention => Look { fill: Ink::Bad, bar: Some((Ink::Fail, false)) },
            NoteKind::Missing => Look { fill: Ink::Soft, bar: Some((Ink::Hatch, true)) },
        };
        let wide = self.width() - 26.0;
        let bold = Style { face: Face::Bold, ..BODY };
        let tag = self.tags.open(tag, Tag::Note);
        let title = match note.title.as_str() {
            "" => note.kind.word().to_owned(),
            title => format!("{}: {title}", note.kind.word()),
        };
        let title_tag = self.tags.open(tag, Tag::P);
        let mut lines = box_lines(set_str(&title, bold, wide), title_tag, bold, 0.0);
        for paragraph in &note.paragraphs {
            let tag = self.tags.open(tag, Tag::P);
            lines.extend(box_lines(set(paragraph, BODY, wide, self.outline), tag, BODY, 3.0));
        }
        self.boxed(&lines, look);
    }

    fn code(&mut self, tag: TagId, code: &Code) {
        self.space(WIDE_GAP - 4.0);
        if !code.caption.is_empty() {
            let lines = set(&code.caption, CAPTION, self.width(), self.outline);
            self.need(leading(CAPTION) * lines.len() as f32 + 5.0 * leading(CODE));
            let tag = self.tags.open(tag, Tag::P);
            let (x, wide) = (SIDE, self.width());
            self.paragraph(tag, &lines, x, wide, CAPTION);
        }
        let tag = self.tags.open(tag, Tag::Code);
        let wide = self.width() - 26.0;
        let lines: Vec<BoxLine> =
            code_lines(&code.text).flat_map(|line| box_lines(set_str(&line, CODE, wide), tag, CODE, 0.0)).collect();
        self.boxed(&lines, Look { fill: Ink::Soft, bar: None });
    }

    /// Lines in a box, broken over pages where it is taller than one.
    fn boxed(&mut self, lines: &[BoxLine], look: Look) {
        const PAD: f32 = 8.0;
        let high = |line: &BoxLine| line.gap + leading(line.style);
        let all: f32 = lines.iter().map(high).sum::<f32>() + 2.0 * PAD;
        self.space(WIDE_GAP - 4.0);
        // What fits a page is not torn, unless it would leave much of the page before empty.
        if all <= self.height() && (all <= self.height() * 0.4 || self.room() < self.height() * 0.25) {
            self.need(all);
        }
        let mut rest = lines;
        while !rest.is_empty() {
            self.need(2.0 * PAD + rest.iter().take(2).map(high).sum::<f32>());
            let mut used = 2.0 * PAD;
            let fits = |line: &&BoxLine| {
                used += high(line);
                used <= self.room() + 0.01
            };
            let take = rest.iter().take_while(fits).count().max(1);
            let (now, later) = rest.split_at(take);
            self.box_on_page(now, look, PAD);
            rest = later;
            if !rest.is_empty() {
                self.new_page();
            }
        }
        self.y += WIDE_GAP - 6.0;
    }

    fn box_on_page(&mut self, lines: &[BoxLine], look: Look, pad: f32) {
        let all: f32 = lines.iter().map(|line| line.gap + leading(line.style)).sum::<f32>() + 2.0 * pad;
        let frame = Rect::new(SIDE, self.y, self.width(), all);
        self.begin_artifact(Decoration::Layout);
        self.fill(frame, look.fill);
        self.end();
        if let Some((ink, hatched)) = look.bar {
            let bar = Rect::new(frame.x, frame.y, 4.0, frame.h);
            let mut drawing = Drawing::default();
            if hatched {
                drawing.hatched(&[bar], Ink::Paper)
            } else {
                drawing.rects([bar], ink)
            }
            self.decoration(drawing, 0.0, 0.0);
        }
        self.y += pad;
        for group in lines.chunk_by(|a, b| a.tag == b.tag && a.style == b.style && b.gap == 0.0) {
            let Some(first) = group.first() else { continue };
            let (high, base) = (leading(first.style), baseline(first.style));
            self.y += first.gap;
            let only: Vec<Line> = group.iter().map(|line| line.line.clone()).collect();
            let at = Rect::new(SIDE + 14.0, self.y, frame.w - 26.0, high * only.len() as f32);
            self.lines(first.tag, &only, at, Align::Left, high, base);
            self.y += at.h;
        }
        self.y += pad;
    }

    pub(super) fn facts(&mut self, tag: TagId, facts: &[Fact]) {
        if facts.is_empty() {
            return;
        }
        self.space(WIDE_GAP - 4.0);
        let tag = self.tags.open(tag, Tag::Table);
        let body = self.tags.open(tag, Tag::TBody);
        let name_style = Style { ink: Ink::Muted, ..BODY };
        let name_width = facts.iter().map(|f| width(Face::Sans, &f.name, BODY.size)).fold(60.0, f32::max);
        let name_width = name_width.min(self.width() * 0.28) + 14.0;
        let value_width = self.width() - name_width;
        let (high, base) = (leading(BODY), baseline(BODY));
        for (index, fact) in facts.iter().enumerate() {
            let row = self.tags.open(body, Tag::TR);
            let head = self.tags.open(row, Tag::TH(TableHeaderScope::Row));
            let cell = self.tags.open(row, Tag::TD);
            let names = set_str(&fact.name, name_style, name_width - 14.0);
            let values = set(&fact.value, BODY, value_width, self.outline);
            let count = names.len().max(values.len());
            self.need(high * count.min(12) as f32 + 6.0);
            if index == 0 || self.at_top() {
                self.hairline();
            }
            self.y += 2.8;
            let room = ((self.room() / high) as usize).max(1);
            let (first_names, _) = names.split_at(names.len().min(room));
            let at = Rect::new(SIDE, self.y, name_width - 14.0, high);
            self.lines(head, first_names, at, Align::Left, high, base);
            let top = self.y;
            let fits = values.len() <= room;
            self.paragraph(cell, &values, SIDE + name_width, value_width, BODY);
            if fits {
                self.y = top + high * first_names.len().max(values.len()) as f32;
            }
            // A name longer than a page goes on below its value.
            if names.len() > room {
                self.paragraph(head, names.split_at(room).1, SIDE, name_width - 14.0, name_style);
            }
            self.y += 2.8;
            self.hairline();
        }
        self.y += WIDE_GAP - 6.0;
    }

    fn hairline(&mut self) {
        let (y, wide) = (self.y, self.width());
        self.begin_artifact(Decoration::Layout);
        self.rule(SIDE, y, wide, 0.5, Ink::Grid);
        self.end();
    }
}

/// How a box looks: what lies behind, and a bar at its left (hatched or not).
#[derive(Clone, Copy)]
struct Look {
    fill: Ink,
    bar: Option<(Ink, bool)>,
}

struct BoxLine {
    line: Line,
    tag: TagId,
    style: Style,
    /// Space before it.
    gap: f32,
}

fn box_lines(lines: Vec<Line>, tag: TagId, style: Style, gap: f32) -> Vec<BoxLine> {
    let gaps = std::iter::once(gap).chain(std::iter::repeat(0.0));
    lines.into_iter().zip(gaps).map(|(line, gap)| BoxLine { line, tag, style, gap }).collect()
}
