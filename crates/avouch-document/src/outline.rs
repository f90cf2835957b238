//! What is computed from a document before it is rendered: numbers of sections, tables and figures, ids, problems.

use std::collections::{BTreeMap, BTreeSet};

use crate::chart::Plot;
use crate::model::{Block, Cell, Document, Id, List, Numbering, Part, Run, Section, Table, Text};

/// Something about a document that its author should mend. Renderers go on all the same.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Two things have one id; links lead to the first.
    #[error("the id `{0}` is there more than once")]
    DoubleId(String),
    /// A link leads nowhere; its text is shown without it.
    #[error("a link leads to `{0}`, which is not there")]
    DanglingLink(String),
    /// A chart says nothing in words.
    #[error("a chart has no text alternative")]
    SilentChart,
    /// A row has more cells than the table has columns.
    #[error("a row of the table `{0}` has more cells than columns")]
    LongRow(String),
    /// A row "n of N" counts fewer in all than it shows.
    #[error("the table `{0}` shows more rows than it says there are")]
    MoreThanAll(String),
}

/// One heading of the table of contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// 1 for a chapter.
    pub(crate) level: u8,
    /// "3.2"; empty where it is not counted.
    pub(crate) number: String,
    pub(crate) title: String,
    /// As given.
    pub(crate) id: Id,
    /// The title of the part, on the first chapter of each.
    pub(crate) opens_part: Option<String>,
}

/// Numbers and ids of one document, in reading order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outline {
    /// Every section, in reading order.
    pub(crate) entries: Vec<Entry>,
    /// Every id that a link can lead to.
    pub(crate) ids: BTreeSet<Id>,
    pub(crate) problems: Vec<Problem>,
}

impl Document {
    /// What its author should mend, in reading order; empty for a sound document.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        Outline::of(self).problems
    }
}

impl Outline {
    pub(crate) fn of(document: &Document) -> Self {
        let mut walk = Walk::default();
        for fact in &document.meta {
            walk.text(&fact.value);
        }
        walk.blocks(&document.cover);
        let mut number = 0;
        for part in &document.parts {
            walk.part(part, &mut number);
        }
        for link in walk.links {
            if !walk.outline.ids.contains(&link) {
                walk.outline.problems.push(Problem::DanglingLink(link.as_str().into()));
            }
        }
        walk.outline
    }

    /// Whether a link can lead there.
    pub(crate) fn has(&self, id: &Id) -> bool {
        self.ids.contains(id)
    }
}

#[derive(Default)]
struct Walk {
    outline: Outline,
    links: Vec<Id>,
}

impl Walk {
    fn part(&mut self, part: &Part, number: &mut usize) {
        for (index, chapter) in part.chapters.iter().enumerate() {
            let label = match part.numbering {
                Numbering::Numbers => {
                    *number += 1;
                    number.to_string()
                }
                Numbering::Letters => letters(index),
                Numbering::None => String::new(),
            };
            let opens_part = (index == 0 && !part.title.is_empty()).then(|| part.title.clone());
            self.section(chapter, 1, label, opens_part);
        }
    }

    fn section(&mut self, section: &Section, level: u8, number: String, opens_part: Option<String>) {
        self.id(Some(&section.id));
        let inside = number.clone();
        self.outline.entries.push(Entry {
            level,
            number,
            title: section.title.clone(),
            id: section.id.clone(),
            opens_part,
        });
        self.blocks(&section.blocks);
        for (index, child) in section.sections.iter().enumerate() {
            let counted = !inside.is_empty() && level < 4;
            let number = if counted { format!("{inside}.{}", index + 1) } else { String::new() };
            self.section(child, level.saturating_add(1), number, None);
        }
    }

    fn id(&mut self, id: Option<&Id>) {
        if let Some(id) = id
            && !self.outline.ids.insert(id.clone())
        {
            self.outline.problems.push(Problem::DoubleId(id.as_str().into()));
        }
    }

    fn text(&mut self, text: &Text) {
        for run in &text.0 {
            if let Run::Link { to, .. } = run {
                self.links.push(to.clone());
            }
        }
    }

    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            match block {
                Block::Paragraph(text) => self.text(text),
                Block::List(list) => self.list(list),
                Block::Note(note) => note.paragraphs.iter().for_each(|text| self.text(text)),
                Block::Facts(facts) => facts.iter().for_each(|fact| self.text(&fact.value)),
                Block::Table(table) => self.table(table),
                Block::Code(code) => self.text(&code.caption),
                Block::Figure(figure) => {
                    self.id(figure.id.as_ref());
                    self.text(&figure.caption);
                    self.summary(figure.chart.summary.as_str());
                }
                Block::PageBreak => {}
            }
        }
    }

    fn list(&mut self, list: &List) {
        for item in &list.items {
            self.text(&item.text);
            if let Some(list) = &item.list {
                self.list(list);
            }
        }
    }

    fn table(&mut self, table: &Table) {
        self.id(table.id.as_ref());
        self.text(&table.caption);
        let name = || table.caption.to_plain();
        if table.rows.iter().any(|row| row.cells.len() > table.columns.len()) {
            self.outline.problems.push(Problem::LongRow(name()));
        }
        if table.shown.as_ref().is_some_and(|shown| shown.of < table.counted_rows()) {
            self.outline.problems.push(Problem::MoreThanAll(name()));
        }
        for row in &table.rows {
            self.id(row.id.as_ref());
            for cell in &row.cells {
                match cell {
                    Cell::Text(text) => self.text(text),
                    Cell::Chart(chart) => self.summary(chart.summary.as_str()),
                }
            }
        }
    }

    fn summary(&mut self, words: &str) {
        if words.trim().is_empty() {
            self.outline.problems.push(Problem::SilentChart);
        }
    }
}

/// A, B, ... Z, AA, AB, ...
fn letters(index: usize) -> String {
    let mut label = Vec::new();
    let mut n = index + 1;
    while n > 0 {
        n -= 1;
        label.push(b'A' + (n % 26) as u8);
        n /= 26;
    }
    label.iter().rev().map(|b| char::from(*b)).collect()
}

/// Ids already given out by a renderer: the second of a name gets none, so that ids stay unique.
#[derive(Default)]
pub(crate) struct Given(BTreeSet<Id>);

impl Given {
    /// The id, if nothing before had it.
    pub(crate) fn take<'a>(&mut self, id: Option<&'a Id>) -> Option<&'a Id> {
        id.filter(|id| self.0.insert((*id).clone()))
    }
}

/// Numbers of tables and figures, counted as they are rendered.
#[derive(Default)]
pub(crate) struct Captions(BTreeMap<&'static str, usize>);

impl Captions {
    /// "Table 3" for the third asked for.
    pub(crate) fn next(&mut self, kind: &'static str) -> String {
        let number = self.0.entry(kind).or_default();
        *number += 1;
        format!("{kind} {number}")
    }
}

/// What stands below a table whose rows are not all shown.
pub(crate) fn shown_words(table: &Table) -> Option<(String, &str)> {
    let shown = table.shown.as_ref()?;
    Some((
        format!("{} of {} rows shown; all of them in ", thousands(table.counted_rows()), thousands(shown.of)),
        &shown.file,
    ))
}

/// A number with its thousands set apart: 12,345.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A chart without anything to draw.
pub(crate) fn is_blank(plot: &Plot) -> bool {
    match plot {
        Plot::Strip(plot) => plot.lanes.is_empty(),
        Plot::Columns(plot) => plot.series.is_empty() && plot.gaps.is_empty(),
        Plot::Share(plot) => plot.bars.is_empty(),
        Plot::Histogram(plot) => plot.bins.is_empty(),
        Plot::HeatMap(plot) => plot.rows.is_empty() || plot.columns.is_empty(),
        Plot::Links(plot) => plot.columns.iter().all(|c| c.parties.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_count_on() {
        assert_eq!([0, 1, 25, 26, 51, 52].map(letters), ["A", "B", "Z", "AA", "AZ", "BA"]);
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0, 999, 1_000, 12_345, 1_234_567].map(thousands), ["0", "999", "1,000", "12,345", "1,234,567"]);
    }

    #[test]
    fn sections_are_counted_over_parts() {
        let mut document = Document::new("t", "en");
        document.parts.push(Part::unnumbered("").with(Section::new("front", "Front")));
        document.parts.push(Part::numbered("P").with(Section::new("a", "A").with_section(Section::new("b", "B"))));
        document.parts.push(Part::numbered("Q").with(Section::new("c", "C")));
        document.parts.push(Part::lettered("X").with(Section::new("d", "D").with_section(Section::new("e", "E"))));
        let numbers: Vec<String> = Outline::of(&document).entries.into_iter().map(|e| e.number).collect();
        assert_eq!(numbers, ["", "1", "1.1", "2", "A", "A.1"]);
    }

    #[test]
    fn problems_are_named() {
        let section = Section::new("a", "A").with(Block::paragraph(Text::new().link(Id::new("nowhere"), "x")));
        let mut document = Document::new("t", "en");
        document.parts.push(Part::numbered("").with(section).with(Section::new("a", "again")));
        assert_eq!(document.problems(), [Problem::DoubleId("a".into()), Problem::DanglingLink("nowhere".into())]);
    }
}
