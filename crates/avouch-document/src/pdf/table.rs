//! Tables: widths of columns, rows, heads repeated on each page.

use std::num::NonZeroU32;

use krilla::tagging::{TableHeaderScope, Tag};

use super::blocks::WIDE_GAP;
use super::columns::column_widths;
use super::figure::figure_tag;
use super::flow::Flow;
use super::inline::{Line, Style, set, set_str};
use super::sheet::{CAPTION, Decoration, SIDE, SMALL, baseline, leading};
use super::tags::TagId;
use crate::chart::scene::{Drawing, Ink, Rect};
use crate::chart::{Chart, Room, draw};
use crate::font::Face;
use crate::model::{Align, Cell, Row, RowClass, Table, Text};
use crate::outline::shown_words;

/// Left and right of the text of a cell.
pub(super) const PAD_X: f32 = 4.5;
/// Above and below it.
const PAD_Y: f32 = 2.8;

/// What stays the same over a table.
struct Grid {
    number: String,
    /// Left edge and width of each column.
    columns: Vec<(f32, f32)>,
    style: Style,
    head: Vec<Vec<Line>>,
    head_height: f32,
}

/// A cell set in lines.
struct Set<'a> {
    lines: Vec<Line>,
    chart: Option<(&'a Chart, Drawing)>,
}

impl Set<'_> {
    fn height(&self, high: f32) -> f32 {
        self.chart.as_ref().map_or(0.0, |(_, drawing)| drawing.height + 1.0) + high * self.lines.len() as f32
    }
}

impl Flow<'_> {
    pub(super) fn table(&mut self, tag: TagId, table: &Table) {
        let number = self.captions.next("Table");
        let caption = self.caption_lines(&number, &table.caption);
        let grid = self.grid(table, number);
        self.space(WIDE_GAP);
        self.need(self.table_start(table));
        self.place(table.id.as_ref());
        let tag = self.tags.open(tag, Tag::Table);
        let caption_tag = self.tags.open(tag, Tag::Caption);
        let (x, wide) = (SIDE, self.width());
        self.paragraph(caption_tag, &caption, x, wide, CAPTION);
        self.y += 4.0;
        let head = self.tags.open(tag, Tag::THead);
        let head_row = self.tags.open(head, Tag::TR);
        self.first_head(&grid, table, head_row);
        let body = self.tags.open(tag, Tag::TBody);
        // What is said below the table stands with its last row.
        let below = if table.shown.is_some() { 3.0 + 2.0 * leading(SMALL) } else { 0.0 };
        let last = table.rows.len().saturating_sub(1);
        for (index, row) in table.rows.iter().enumerate() {
            let after = match row.class {
                RowClass::Group => table.rows.get(index + 1).map_or(0.0, |next| self.row_height(&grid, table, next)),
                _ if index == last => below,
                _ => 0.0,
            };
            self.row(&grid, table, row, body, after);
        }
        if table.rows.is_empty() {
            let words = Row::of(RowClass::Muted, [Cell::Text(Text::from(table.when_empty.as_str()))]);
            let row_tag = self.tags.open(body, Tag::TR);
            self.wide_row(&grid, &words, row_tag, Style { ink: Ink::Muted, ..grid.style });
        }
        self.begin_artifact(Decoration::Layout);
        let y = self.y;
        self.rule(SIDE, y, wide, 0.8, Ink::Text);
        self.end();
        if let Some((words, file)) = shown_words(table) {
            let text = Text::new().plain(words).code(file).plain(".");
            self.y += 3.0;
            let lines = set(&text, SMALL, wide, self.outline);
            let tag = self.tags.open(tag, Tag::TFoot);
            let tag = self.tags.open(tag, Tag::TR);
            let tag = self.tags.open(tag, spanning(table.columns.len()));
            self.paragraph(tag, &lines, x, wide, SMALL);
        }
        self.y += WIDE_GAP - 6.0;
    }

    /// Height of the caption, the head and the first row.
    pub(super) fn table_start(&self, table: &Table) -> f32 {
        let grid = self.grid(table, String::new());
        let caption = leading(CAPTION) * self.caption_lines("Table 000", &table.caption).len() as f32;
        let rows = table.rows.iter().take(2).map(|row| self.row_height(&grid, table, row)).sum::<f32>();
        (caption + 4.0 + grid.head_height + rows.max(leading(grid.style) + 2.0 * PAD_Y)).min(self.height() * 0.8)
    }

    fn row_height(&self, grid: &Grid, table: &Table, row: &Row) -> f32 {
        let high = leading(grid.style);
        let cells = self.set_cells(grid, table, row, grid.style);
        cells.iter().map(|cell| cell.height(high)).fold(high, f32::max) + 2.0 * PAD_Y
    }

    fn grid(&self, table: &Table, number: String) -> Grid {
        // More columns are narrower: smaller letters keep words whole.
        let size = match table.columns.len() {
            0..=7 => 8.0,
            8 | 9 => 7.4,
            _ => 6.8,
        };
        let style = Style::new(Face::Sans, size, Ink::Text);
        let bold = Style { face: Face::Bold, ..style };
        let widths = column_widths(table, style, self.width());
        let mut x = SIDE;
        let mut columns = Vec::with_capacity(widths.len());
        for width in widths {
            columns.push((x, width));
            x += width;
        }
        let head: Vec<Vec<Line>> = table
            .columns
            .iter()
            .zip(&columns)
            .map(|(column, (_, width))| set_str(&column.head, bold, width - 2.0 * PAD_X))
            .collect();
        let lines = head.iter().map(Vec::len).max().unwrap_or(1);
        // A head taller than half a page would leave no room for rows: the rest is not repeated.
        let head_height = (leading(bold) * lines as f32 + 2.0 * PAD_Y + 1.6).min(self.height() * 0.4);
        Grid { number, columns, style, head, head_height }
    }

    /// The head where the table starts. One that is too tall to be repeated as a whole is set like a row, and may go on on
    /// the next page.
    fn first_head(&mut self, grid: &Grid, table: &Table, tag: TagId) {
        let bold = Style { face: Face::Bold, ..grid.style };
        let lines = grid.head.iter().map(Vec::len).max().unwrap_or(0);
        if leading(bold) * lines as f32 + 2.0 * PAD_Y <= grid.head_height {
            self.table_head(grid, table, Some(tag));
            return;
        }
        let cells: Vec<Set<'_>> = grid.head.iter().map(|lines| Set { lines: lines.clone(), chart: None }).collect();
        let tags: Vec<TagId> =
            table.columns.iter().map(|_| self.tags.open(tag, Tag::TH(TableHeaderScope::Column))).collect();
        self.row_on_pages(grid, table, RowClass::Plain, &cells, &tags, bold);
    }

    /// The head: with structure the first time, as decoration when it is repeated.
    fn table_head(&mut self, grid: &Grid, table: &Table, row: Option<TagId>) {
        let bold = Style { face: Face::Bold, ..grid.style };
        let (high, base) = (leading(bold), baseline(bold));
        let (top, wide) = (self.y, self.width());
        let most = ((grid.head_height - 2.0 * PAD_Y) / high) as usize;
        self.begin_artifact(Decoration::Layout);
        self.rule(SIDE, top, wide, 0.8, Ink::Text);
        self.rule(SIDE, top + grid.head_height, wide, 0.8, Ink::Text);
        self.end();
        for ((lines, column), (x, width)) in grid.head.iter().zip(&table.columns).zip(&grid.columns) {
            let shown = &lines[..lines.len().min(most.max(1))];
            // Heads stand at the bottom of theirs, over the figures.
            let y = top + grid.head_height - PAD_Y - 0.8 - high * shown.len() as f32;
            let at = Rect::new(x + PAD_X, y, width - 2.0 * PAD_X, 0.0);
            match row {
                Some(row) => {
                    let cell = self.tags.open(row, Tag::TH(TableHeaderScope::Column));
                    self.lines(cell, shown, at, column.align, high, base);
                }
                None => self.artifact_lines(shown, at, column.align, high, base),
            }
        }
        self.y += grid.head_height;
    }

    /// A new page, with the head of the table again.
    fn next_table_page(&mut self, grid: &Grid, table: &Table) {
        let (wide, y) = (self.width(), self.y);
        self.begin_artifact(Decoration::Layout);
        self.rule(SIDE, y, wide, 0.5, Ink::Muted);
        self.end();
        self.new_page();
        let words = set_str(&format!("{}, continued", grid.number), SMALL, wide);
        let at = Rect::new(SIDE, self.y - 2.0, wide, 0.0);
        self.artifact_lines(&words, at, Align::Left, leading(SMALL), baseline(SMALL));
        self.y += leading(SMALL) + 1.0;
        self.table_head(grid, table, None);
    }

    /// A row that stands on one page with the `below` under it.
    fn row(&mut self, grid: &Grid, table: &Table, row: &Row, body: TagId, below: f32) {
        let tag = self.tags.open(body, Tag::TR);
        let style = match row.class {
            RowClass::Total => Style { face: Face::Bold, ..grid.style },
            RowClass::Muted => Style { ink: Ink::Muted, ..grid.style },
            _ => grid.style,
        };
        if row.class == RowClass::Group || row.is_remark() || table.columns.is_empty() {
            let bold = Style { face: Face::Bold, ..grid.style };
            // A heading at the foot of a page would stand without its rows; a row taller than half a page may go on on the next.
            let lines = self.set_joined(&row.cells, bold, self.width() - 2.0 * PAD_X).height(leading(bold));
            let needed = lines + 2.0 * PAD_Y + below.min(self.height() * 0.5);
            if needed > self.room() && !self.at_top() {
                self.next_table_page(grid, table);
            }
            self.wide_row(grid, row, tag, bold);
            return;
        }
        let cells = self.set_cells(grid, table, row, style);
        let tags: Vec<TagId> = table
            .columns
            .iter()
            .map(|column| match column.row_head {
                true => self.tags.open(tag, Tag::TH(TableHeaderScope::Row)),
                false => self.tags.open(tag, Tag::TD),
            })
            .collect();
        let high = leading(style);
        let whole = cells.iter().map(|cell| cell.height(high)).fold(high, f32::max) + 2.0 * PAD_Y + below;
        let page = self.height() - grid.head_height - leading(SMALL) - 2.0;
        if whole > self.room() + 0.01 && (whole <= page || self.room() < page * 0.3) {
            self.next_table_page(grid, table);
        }
        self.place(row.id.as_ref());
        self.row_on_pages(grid, table, row.class, &cells, &tags, style);
    }

    /// A row at the place where it is; only what is taller than a page goes on on the next.
    fn row_on_pages(
        &mut self,
        grid: &Grid,
        table: &Table,
        class: RowClass,
        cells: &[Set<'_>],
        tags: &[TagId],
        style: Style,
    ) {
        let (high, base) = (leading(style), baseline(style));
        let mut done = vec![0_usize; cells.len()];
        let mut first = true;
        loop {
            let top = self.y;
            let space = self.room() - 2.0 * PAD_Y;
            let mut used = high;
            let mut parts = Vec::with_capacity(cells.len());
            for (cell, done) in cells.iter().zip(&mut done) {
                let chart = if first { cell.chart.as_ref().map_or(0.0, |(_, d)| d.height + 1.0) } else { 0.0 };
                let fit = (((space - chart + 0.01) / high).max(0.0) as usize).max(1);
                let take = fit.min(cell.lines.len() - *done);
                parts.push((chart, *done..*done + take));
                used = used.max(chart + high * take as f32);
                *done += take;
            }
            let height = used + 2.0 * PAD_Y;
            self.row_ground(class, Rect::new(SIDE, top, self.width(), height));
            for (index, ((cell, tag), (x, width))) in cells.iter().zip(tags).zip(&grid.columns).enumerate() {
                let Some((chart, range)) = parts.get(index) else { continue };
                if let (true, Some((chart, drawing))) = (first, &cell.chart) {
                    let tag = self.tags.open(*tag, figure_tag(chart));
                    self.drawing(tag, drawing.clone(), x + PAD_X, top + PAD_Y + 1.0);
                }
                let lines = cell.lines.get(range.clone()).unwrap_or_default();
                let at = Rect::new(x + PAD_X, top + PAD_Y + chart, width - 2.0 * PAD_X, 0.0);
                let align = table.columns.get(index).map_or(Align::Left, |column| column.align);
                self.lines(*tag, lines, at, align, high, base);
            }
            self.y += height;
            first = false;
            if cells.iter().zip(&done).all(|(cell, done)| *done == cell.lines.len()) {
                return;
            }
            self.next_table_page(grid, table);
        }
    }

    /// What lies behind a row, and the line above it.
    fn row_ground(&mut self, class: RowClass, at: Rect) {
        self.begin_artifact(Decoration::Layout);
        match class {
            RowClass::Fail => {
                self.fill(at, Ink::Bad);
                self.fill(Rect::new(at.x, at.y, 2.4, at.h), Ink::Fail);
            }
            RowClass::Group => self.fill(at, Ink::Soft),
            _ => {}
        }
        match class {
            RowClass::Total => self.rule(at.x, at.y, at.w, 0.8, Ink::Text),
            _ => self.rule(at.x, at.y, at.w, 0.4, Ink::Grid),
        }
        self.end();
        if class == RowClass::Unknown {
            let mut drawing = Drawing::default();
            drawing.hatched(&[Rect::new(at.x, at.y + 0.4, 3.0, at.h - 0.8)], Ink::Paper);
            self.decoration(drawing, 0.0, 0.0);
        }
    }

    /// A row whose cells are one, over all columns.
    fn wide_row(&mut self, grid: &Grid, row: &Row, tag: TagId, style: Style) {
        let columns = grid.columns.len();
        let tag = match (row.class, span(columns)) {
            (RowClass::Group, Some(span)) => {
                self.tags.open(tag, Tag::TH(TableHeaderScope::Row).with_col_span(Some(span)))
            }
            _ => self.tags.open(tag, spanning(columns)),
        };
        let (high, wide) = (leading(style), self.width() - 2.0 * PAD_X);
        let set = self.set_joined(&row.cells, style, wide);
        let whole = set.height(high) + 2.0 * PAD_Y;
        self.need(whole.min(self.height()));
        self.place(row.id.as_ref());
        let at = Rect::new(SIDE, self.y, self.width(), whole.min(self.room()));
        self.row_ground(row.class, at);
        self.y += PAD_Y;
        if let Some((chart, drawing)) = set.chart {
            let tag = self.tags.open(tag, figure_tag(chart));
            let (high, y) = (drawing.height + 1.0, self.y);
            self.drawing(tag, drawing, SIDE + PAD_X, y);
            self.y += high;
        }
        self.paragraph(tag, &set.lines, SIDE + PAD_X, wide, style);
        self.y += PAD_Y;
    }

    fn set_cells<'t>(&self, grid: &Grid, table: &Table, row: &'t Row, style: Style) -> Vec<Set<'t>> {
        let last = table.columns.len().saturating_sub(1);
        grid.columns
            .iter()
            .enumerate()
            .map(|(index, (_, width))| {
                let to = if index == last { row.cells.len() } else { (index + 1).min(row.cells.len()) };
                let head = table.columns.get(index).is_some_and(|column| column.row_head);
                let style = if head { Style { face: Face::Bold, ..style } } else { style };
                self.set_joined(row.cells.get(index..to).unwrap_or_default(), style, width - 2.0 * PAD_X)
            })
            .collect()
    }

    /// Cells that share a place: one, but for rows that are too long.
    fn set_joined<'t>(&self, cells: &'t [Cell], style: Style, width: f32) -> Set<'t> {
        match cells {
            [] => Set { lines: Vec::new(), chart: None },
            [Cell::Text(text)] => Set { lines: set(text, style, width, self.outline), chart: None },
            [Cell::Chart(chart)] => {
                let small = Style { size: style.size * 0.86, ink: Ink::Muted, ..style };
                let lines = set_str(chart.summary.as_str(), small, width);
                // More lanes than a row can hold are drawn smaller: the words below must stay on the page.
                let drawing = draw(chart, Room::Cell(width.max(8.0))).at_most(self.height() * 0.4);
                Set { lines, chart: Some((chart, drawing)) }
            }
            cells => {
                let mut text = Text::new();
                for (index, cell) in cells.iter().enumerate() {
                    if index > 0 {
                        text = text.plain(" | ");
                    }
                    match cell {
                        Cell::Text(more) => text.0.extend(more.0.iter().cloned()),
                        Cell::Chart(chart) => text = text.plain(chart.summary.as_str()),
                    }
                }
                Set { lines: set(&text, style, width, self.outline), chart: None }
            }
        }
    }
}

fn span(columns: usize) -> Option<NonZeroU32> {
    NonZeroU32::new(columns as u32).filter(|span| span.get() > 1)
}

/// A cell over all columns.
fn spanning(columns: usize) -> Tag<krilla::tagging::kind::TD> {
    Tag::TD.with_col_span(span(columns))
}
