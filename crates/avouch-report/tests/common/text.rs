//! The words of a document, a line a row, for snapshots and for looking words up.

use std::fmt::Write as _;

use avouch_document::{Block, Cell, Document, List, Row, RowClass, Section, Table};

/// Everything that a reader sees, without the sections of these ids.
pub fn of_document(document: &Document, without: &[&str]) -> String {
    let mut out = format!("{}\n{}\n", document.title, document.subtitle);
    for fact in &document.meta {
        let _written = writeln!(out, "{}: {}", fact.name, fact.value.to_plain());
    }
    document.cover.iter().for_each(|b| block(b, &mut out));
    for part in &document.parts {
        let _written = writeln!(out, "\n==== {} ====", part.title);
        part.chapters.iter().for_each(|s| section(s, 1, without, &mut out));
    }
    out
}

pub fn of_section(of: &Section) -> String {
    let mut out = String::new();
    section(of, 1, &[], &mut out);
    out
}

/// The section of that id.
pub fn find<'d>(document: &'d Document, id: &str) -> &'d Section {
    fn within<'s>(all: &'s [Section], id: &str) -> Option<&'s Section> {
        all.iter().find_map(|s| if s.id.as_str() == id { Some(s) } else { within(&s.sections, id) })
    }
    let found = document.parts.iter().find_map(|p| within(&p.chapters, id));
    found.unwrap_or_else(|| panic!("no section `{id}`"))
}

/// Tables of a section, those of sections inside not.
pub fn tables(of: &Section) -> Vec<&Table> {
    of.blocks.iter().filter_map(|b| if let Block::Table(t) = b { Some(t) } else { None }).collect()
}

pub fn cells(row: &Row) -> Vec<String> {
    row.cells.iter().map(cell).collect()
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.to_plain(),
        Cell::Chart(chart) => chart.summary.as_str().to_owned(),
    }
}

fn section(section: &Section, level: usize, without: &[&str], out: &mut String) {
    if without.iter().any(|w| section.id.as_str().ends_with(w)) {
        return;
    }
    let _written = writeln!(out, "\n{} {} [{}]", "#".repeat(level), section.title, section.id.as_str());
    section.blocks.iter().for_each(|b| block(b, out));
    section.sections.iter().for_each(|s| self::section(s, level + 1, without, out));
}

fn block(block: &Block, out: &mut String) {
    let _written = match block {
        Block::Paragraph(text) => writeln!(out, "{}", text.to_plain()),
        Block::List(list) => {
            items(list, out);
            Ok(())
        }
        Block::Note(note) => {
            let text: Vec<String> = note.paragraphs.iter().map(avouch_document::Text::to_plain).collect();
            writeln!(out, "[{}: {}] {}", note.kind.word(), note.title, text.join(" "))
        }
        Block::Facts(facts) => {
            facts.iter().for_each(|f| {
                let _written = writeln!(out, "{}: {}", f.name, f.value.to_plain());
            });
            Ok(())
        }
        Block::Table(t) => {
            table(t, out);
            Ok(())
        }
        Block::Code(code) => writeln!(out, "{}\n{}", code.caption.to_plain(), code.text),
        Block::Figure(figure) => writeln!(out, "({}) {}", figure.caption.to_plain(), figure.chart.summary.as_str()),
        Block::PageBreak => Ok(()),
    };
}

fn items(list: &List, out: &mut String) {
    for item in &list.items {
        let _written = writeln!(out, "* {}", item.text.to_plain());
        item.list.iter().for_each(|l| items(l, out));
    }
}

fn table(table: &Table, out: &mut String) {
    let heads: Vec<&str> = table.columns.iter().map(|c| c.head.as_str()).collect();
    let _written = writeln!(out, "<{}>\n  {}", table.caption.to_plain(), heads.join(" | "));
    for row in &table.rows {
        let mark = match row.class {
            RowClass::Plain => ' ',
            RowClass::Total => '=',
            RowClass::Group => '#',
            RowClass::Fail => '!',
            RowClass::Unknown => '?',
            RowClass::Muted => '~',
        };
        let _written = writeln!(out, "{mark} {}", cells(row).join(" | "));
    }
    if table.rows.is_empty() {
        let _written = writeln!(out, "  {}", table.when_empty);
    }
    if let Some(shown) = &table.shown {
        let _written = writeln!(out, "  {} of {} rows, all in {}", table.counted_rows(), shown.of, shown.file);
    }
}
