//! Tables.

use crate::chart::Chart;
use crate::model::{Id, Text};

/// A table. Its header is repeated on each page; no row is cut.
///
/// ```
/// use avouch_document::{Column, Row, Shown, Table};
///
/// let mut table = Table::new("Findings by rule", [Column::text("Rule", 3.0).row_head(), Column::number("Count", 1.0)]);
/// table.push(["shell_in_container", "17"]);
/// table.push(Row::total(["Sum", "17"]));
/// table.shown = Some(Shown { of: 40, file: "populations/rules.csv".into() });
/// assert_eq!(table.rows.len(), 2);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// For links.
    pub id: Option<Id>,
    /// What it lists. Its number ("Table 3") is set before it.
    pub caption: Text,
    /// From left to right.
    pub columns: Vec<Column>,
    /// From top to bottom. A row shorter than the columns leaves the rest empty; what is longer joins the last column.
    pub rows: Vec<Row>,
    /// Said below the table: how many rows there are in all, and where.
    pub shown: Option<Shown>,
    /// Said in place of rows where there are none, so that an empty table is never mistaken for a fine one.
    pub when_empty: String,
}

impl Table {
    /// A table without rows; says "no rows" as long as there are none.
    pub fn new(caption: impl Into<Text>, columns: impl IntoIterator<Item = Column>) -> Self {
        Self {
            caption: caption.into(),
            columns: columns.into_iter().collect(),
            when_empty: "No rows.".into(),
            ..Self::default()
        }
    }

    /// The same, with an id for links.
    #[must_use]
    pub fn with_id(mut self, id: Id) -> Self {
        self.id = Some(id);
        self
    }

    /// The same, with the words for a table without rows.
    #[must_use]
    pub fn or_empty(mut self, words: impl Into<String>) -> Self {
        self.when_empty = words.into();
        self
    }

    /// Rows that count: not the headings and sums among them.
    #[must_use]
    pub fn counted_rows(&self) -> u64 {
        self.rows.iter().filter(|row| !matches!(row.class, RowClass::Group | RowClass::Total)).count() as u64
    }

    /// Adds a row.
    pub fn push(&mut self, row: impl Into<Row>) {
        self.rows.push(row.into());
    }
}

/// Where the text of a column stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// At the left: words.
    #[default]
    Left,
    /// At the right: numbers.
    Right,
    /// In the middle: marks.
    Centre,
}

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its heading.
    pub head: String,
    /// Where its text stands.
    pub align: Align,
    /// Its share of the table's width, against the sum of all. Not a positive number: taken for 1.
    pub width: f32,
    /// Whether its cells name their row (`th scope=row`).
    pub row_head: bool,
}

impl Column {
    /// A column of words.
    pub fn text(head: impl Into<String>, width: f32) -> Self {
        Self { head: head.into(), align: Align::Left, width, row_head: false }
    }

    /// A column of numbers.
    pub fn number(head: impl Into<String>, width: f32) -> Self {
        Self { align: Align::Right, ..Self::text(head, width) }
    }

    /// The same, in the middle.
    #[must_use]
    pub fn centre(mut self) -> Self {
        self.align = Align::Centre;
        self
    }

    /// The same; its cells name their row.
    #[must_use]
    pub fn row_head(mut self) -> Self {
        self.row_head = true;
        self
    }
}

/// How a row is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowClass {
    /// One of many.
    #[default]
    Plain,
    /// The sum of those above. One with a single cell is a remark ("and 17 more") and spans the table.
    Total,
    /// The first cell is a heading of the rows below it and spans the table.
    Group,
    /// Deserves to be seen.
    Fail,
    /// Not known; hatched at its edge.
    Unknown,
    /// Counted, but suppressed or out of scope.
    Muted,
}

/// A row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// For links.
    pub id: Option<Id>,
    /// How it is meant.
    pub class: RowClass,
    /// From left to right.
    pub cells: Vec<Cell>,
}

impl Row {
    /// A plain row.
    pub fn new<C: Into<Cell>>(cells: impl IntoIterator<Item = C>) -> Self {
        Self { id: None, class: RowClass::Plain, cells: cells.into_iter().map(Into::into).collect() }
    }

    /// A row of a class.
    pub fn of<C: Into<Cell>>(class: RowClass, cells: impl IntoIterator<Item = C>) -> Self {
        Self { class, ..Self::new(cells) }
    }

    /// A sum of the rows above.
    pub fn total<C: Into<Cell>>(cells: impl IntoIterator<Item = C>) -> Self {
        Self::of(RowClass::Total, cells)
    }

    /// Whether its only cell spans the table.
    pub(crate) fn is_remark(&self) -> bool {
        self.class == RowClass::Total && self.cells.len() == 1
    }

    /// A heading of the rows below.
    pub fn group(text: impl Into<Text>) -> Self {
        Self::of(RowClass::Group, [Cell::Text(text.into())])
    }

    /// The same, with an id for links.
    #[must_use]
    pub fn with_id(mut self, id: Id) -> Self {
        self.id = Some(id);
        self
    }
}

impl<C: Into<Cell>, const N: usize> From<[C; N]> for Row {
    fn from(cells: [C; N]) -> Self {
        Self::new(cells)
    }
}

impl From<Vec<Cell>> for Row {
    fn from(cells: Vec<Cell>) -> Self {
        Self::new(cells)
    }
}

/// What stands in a row and column.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Words.
    Text(Text),
    /// A small chart, its text alternative below it.
    Chart(Box<Chart>),
}

impl<T: Into<Text>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::Text(text.into())
    }
}

impl From<Chart> for Cell {
    fn from(chart: Chart) -> Self {
        Self::Chart(Box::new(chart))
    }
}

/// Where the rows that are not shown are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// How many rows there are in all, those shown included.
    pub of: u64,
    /// The file that holds them all.
    pub file: String,
}

/// The share of the table's width of each column; they add up to 1.
pub(crate) fn shares(columns: &[Column]) -> Vec<f32> {
    let weight =
        |column: &Column| if column.width.is_finite() && column.width > 0.0 { column.width.min(1e6) } else { 1.0 };
    let sum: f32 = columns.iter().map(weight).sum();
    columns.iter().map(|column| weight(column) / sum).collect()
}
