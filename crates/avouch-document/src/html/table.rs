//! Tables.

use std::io;

use super::{HELD, Page, escape};
use crate::chart::Room;
use crate::model::{Align, Cell, Column, Row, RowClass, Table};
use crate::outline::shown_words;

/// Width of a drawing in a cell, in its own units.
const CELL: f32 = 150.0;

impl<W: io::Write> Page<'_, W> {
    pub(super) fn table(&mut self, table: &Table) -> io::Result<()> {
        self.text.push_str("<div class=\"table\" tabindex=\"0\">\n<table");
        let id = self.given.take(table.id.as_ref()).cloned();
        self.id(id.as_ref());
        self.text.push_str(">\n<caption><span class=\"no\">");
        let number = self.captions.next("Table");
        self.text.push_str(&number);
        self.text.push_str("</span> ");
        self.runs(&table.caption);
        self.text.push_str("</caption>\n<colgroup>");
        for percent in percents(&table.columns) {
            self.text.push_str(&format!("<col class=\"w{percent}\">"));
        }
        self.text.push_str("</colgroup>\n<thead><tr>");
        for column in &table.columns {
            self.text.push_str(&format!("<th scope=\"col\"{}>", class_of_head(column)));
            escape::text(&mut self.text, &column.head);
            self.text.push_str("</th>");
        }
        self.text.push_str("</tr></thead>\n<tbody>\n");
        for row in &table.rows {
            self.row(table, row);
            self.flush(HELD)?;
        }
        if table.rows.is_empty() {
            self.text
                .push_str(&format!("<tr class=\"empty\"><td class=\"b\" colspan=\"{}\">", table.columns.len().max(1)));
            escape::text(&mut self.text, &table.when_empty);
            self.text.push_str("</td></tr>\n");
        }
        self.text.push_str("</tbody>\n</table>\n");
        if let Some((words, file)) = shown_words(table) {
            self.text.push_str(&format!("<p class=\"shown\">{words}<code>"));
            escape::text(&mut self.text, file);
            self.text.push_str("</code>.</p>\n");
        }
        self.text.push_str("</div>\n");
        Ok(())
    }

    fn row(&mut self, table: &Table, row: &Row) {
        self.text.push_str(match row.class {
            RowClass::Plain => "<tr",
            RowClass::Total => "<tr class=\"total\"",
            RowClass::Group => "<tr class=\"group\"",
            RowClass::Fail => "<tr class=\"fail\"",
            RowClass::Unknown => "<tr class=\"unknown\"",
            RowClass::Muted => "<tr class=\"muted\"",
        });
        let id = self.given.take(row.id.as_ref()).cloned();
        self.id(id.as_ref());
        self.text.push('>');
        let columns = table.columns.len();
        if row.class == RowClass::Group {
            self.text.push_str(&format!("<th class=\"b\" scope=\"rowgroup\" colspan=\"{}\">", columns.max(1)));
            self.cells(&row.cells);
            self.text.push_str("</th></tr>\n");
            return;
        }
        if row.is_remark() {
            self.text.push_str(&format!("<td class=\"b\" colspan=\"{}\">", columns.max(1)));
            self.cells(&row.cells);
            self.text.push_str("</td></tr>\n");
            return;
        }
        for (index, column) in table.columns.iter().enumerate() {
            let tag = if column.row_head { "th scope=\"row\"" } else { "td" };
            let last = index + 1 == columns;
            let to = if last { row.cells.len() } else { (index + 1).min(row.cells.len()) };
            let cells = row.cells.get(index..to).unwrap_or_default();
            self.text.push_str(&format!("<{tag}{}>", class_of(column, cells)));
            self.cells(cells);
            self.text.push_str(if column.row_head { "</th>" } else { "</td>" });
        }
        if columns == 0 {
            self.text.push_str("<td class=\"b\">");
            self.cells(&row.cells);
            self.text.push_str("</td>");
        }
        self.text.push_str("</tr>\n");
    }

    /// Cells that share a place: one, but for rows that are too long.
    fn cells(&mut self, cells: &[Cell]) {
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                self.text.push_str(" | ");
            }
            match cell {
                Cell::Text(text) => self.runs(text),
                Cell::Chart(chart) => self.chart(chart, Room::Cell(CELL), "spark"),
            }
        }
    }
}

/// Letters of a word that is kept whole; longer ones break anywhere, so that a digest does not push the table off the page.
const WORD: usize = 20;

fn is_long(text: &str) -> bool {
    text.len() > WORD && text.split(' ').any(|word| word.chars().nth(WORD).is_some())
}

fn class_of_head(column: &Column) -> &'static str {
    class(column.align, is_long(&column.head))
}

fn class_of(column: &Column, cells: &[Cell]) -> &'static str {
    let mut texts = cells.iter().filter_map(|cell| match cell {
        Cell::Text(text) => Some(text),
        Cell::Chart(_) => None,
    });
    // Runs are set without space between them: a long word may be made of two.
    class(
        column.align,
        texts.any(|text| match text.0.as_slice() {
            [] => false,
            [run] => is_long(run.text()),
            _ => is_long(&text.to_plain()),
        }),
    )
}

fn class(align: Align, breaks: bool) -> &'static str {
    match (align, breaks) {
        (Align::Left, false) => "",
        (Align::Left, true) => " class=\"b\"",
        (Align::Right, false) => " class=\"r\"",
        (Align::Right, true) => " class=\"r b\"",
        (Align::Centre, false) => " class=\"c\"",
        (Align::Centre, true) => " class=\"c b\"",
    }
}

/// Whole percents of the table's width, at least 1 each.
fn percents(columns: &[Column]) -> Vec<u32> {
    let shares = crate::model::shares(columns);
    shares.iter().map(|share| ((share * 100.0).round() as u32).clamp(1, 100)).collect()
}
