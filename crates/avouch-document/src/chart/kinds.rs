//! What charts show, without how.

/// What was seen of a subject in a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Watched, and as it should be.
    Pass,
    /// Watched, and not as it should be. Marked with a cross.
    Fail,
    /// Not known: not watched, or not wholly. Hatched.
    Unknown,
    /// Nothing to watch: before the subject was there, after it was gone. Empty.
    NoData,
}

impl State {
    /// All, in the order of legends.
    pub const ALL: [Self; 4] = [Self::Pass, Self::Fail, Self::Unknown, Self::NoData];

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::NoData => "no data",
        }
    }
}

/// What a chart says, in words: one or two sentences with its figures. Read aloud and shown in place of the drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary(String);

impl Summary {
    /// A text alternative. [`Document::problems`](crate::Document::problems) names charts where it is empty.
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    /// The words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is drawn, and the same in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// What is drawn.
    pub plot: Plot,
    /// The same in words.
    pub summary: Summary,
}

impl Chart {
    /// A chart and what it says in words.
    pub fn new(plot: impl Into<Plot>, summary: Summary) -> Self {
        Self { plot: plot.into(), summary }
    }
}

/// The kinds of chart.
#[derive(Clone, Debug, PartialEq)]
pub enum Plot {
    /// States over time, one lane a subject.
    Strip(Strip),
    /// Counts over time, stacked.
    Columns(Columns),
    /// Shares of states, one bar a subject.
    Share(Share),
    /// Counts by class, of durations for example.
    Histogram(Histogram),
    /// Counts by row and column.
    HeatMap(HeatMap),
    /// Who had to do with whom.
    Links(Links),
}

macro_rules! plot_from {
    ($($kind:ident),*) => {$(
        impl From<$kind> for Plot {
            fn from(plot: $kind) -> Self {
                Self::$kind(plot)
            }
        }
    )*};
}
plot_from!(Strip, Columns, Share, Histogram, HeatMap, Links);

/// States over time: a cell a day, or of another length. Lanes may be of different lengths; what is missing is "no data".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strip {
    /// Start of the first cell, in seconds since 1970, UTC.
    pub from: i64,
    /// Length of a cell in seconds; 86,400 for a day. 0 is taken for a day.
    pub cell: u32,
    /// From top to bottom.
    pub lanes: Vec<Lane>,
}

/// One subject's states.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lane {
    /// Stands before it; long ones are shortened in the middle (the text alternative is not).
    pub label: String,
    /// In time order.
    pub cells: Vec<State>,
}

/// Counts over time, stacked in a column a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// Start of the first column, in seconds since 1970, UTC.
    pub from: i64,
    /// Length of a column in seconds; 86,400 for a day. 0 is taken for a day.
    pub cell: u32,
    /// What is counted: "findings".
    pub unit: String,
    /// From bottom to top, and from dark to light: the gravest first. At most six are told apart.
    pub series: Vec<Series>,
    /// Columns in which it was not watched, or not wholly: hatched behind. Missing entries are `false`.
    pub gaps: Vec<bool>,
}

/// One kind of what is counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Series {
    /// Stands in the legend.
    pub name: String,
    /// A count a column; missing ones are 0.
    pub counts: Vec<u64>,
}

/// Shares of states, one bar a subject. Each bar is as long as the others: its parts are shares of its own sum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// What is counted: "days".
    pub unit: String,
    /// From top to bottom.
    pub bars: Vec<Bar>,
}

/// One subject's shares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bar {
    /// Stands before it.
    pub label: String,
    /// Drawn in this order. All 0: the bar is empty and says so.
    pub parts: Vec<(State, u64)>,
}

/// Counts by class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// What is counted: "findings".
    pub unit: String,
    /// What the classes are of: "time to acknowledge".
    pub axis: String,
    /// From left to right.
    pub bins: Vec<Bin>,
}

/// One class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bin {
    /// Its bounds in words: "< 1 h".
    pub label: String,
    /// How many.
    pub count: u64,
}

/// Counts by row and column. The count stands in each cell; where it is `None` the cell is hatched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeatMap {
    /// What is counted: "sessions".
    pub unit: String,
    /// Labels from left to right.
    pub columns: Vec<String>,
    /// A label and its counts, from top to bottom. Missing counts are `None`: not watched.
    pub rows: Vec<(String, Vec<Option<u64>>)>,
}

/// Who had to do with whom: parties in columns, lines between neighbouring columns. Made for a dozen parties a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// What is counted: "connections".
    pub unit: String,
    /// From left to right.
    pub columns: Vec<PartyColumn>,
    /// In any order; one that leads to no party is not drawn.
    pub links: Vec<Link>,
}

/// A column of parties.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartyColumn {
    /// Stands above it.
    pub head: String,
    /// A label and a count each, from top to bottom; long labels are shortened in the middle.
    pub parties: Vec<(String, u64)>,
}

/// A line between two parties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// The column it begins in; it leads to the next one.
    pub column: usize,
    /// Place of the party in that column, from 0.
    pub from: usize,
    /// Place of the party in the next one.
    pub to: usize,
    /// How often.
    pub count: u64,
}
