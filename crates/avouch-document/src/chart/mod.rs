//! Charts: what they show (`kinds`), and how that becomes shapes (`strip`, `columns`, `share`, `histogram`, `heat`, `links`).
//!
//! A [`Drawing`](scene::Drawing) is a list of shapes in points; HTML writes them as SVG, PDF as paths. There is one geometry
//! for both. No state is told by colour alone: what failed carries a cross, what is not known is hatched.

mod axis;
mod columns;
mod heat;
mod histogram;
mod kinds;
mod legend;
mod links;
pub(crate) mod scene;
mod share;
mod strip;
mod time;

pub use kinds::{
    Bar, Bin, Chart, Columns, HeatMap, Histogram, Lane, Link, Links, PartyColumn, Plot, Series, Share, State, Strip,
    Summary,
};

pub(crate) use legend::paint;
use scene::Drawing;
pub(crate) use time::civil;

/// Where a drawing stands: its width in points, and whether there is room for a legend and labels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Room {
    /// As wide as the text, with legend, labels, ticks.
    Figure(f32),
    /// In a cell of a table: the marks alone.
    Cell(f32),
}

impl Room {
    pub(crate) const fn width(self) -> f32 {
        match self {
            Self::Figure(width) | Self::Cell(width) => width,
        }
    }

    pub(crate) const fn is_cell(self) -> bool {
        matches!(self, Self::Cell(_))
    }
}

/// Lays a chart out.
pub(crate) fn draw(chart: &Chart, room: Room) -> Drawing {
    match &chart.plot {
        Plot::Strip(plot) => strip::draw(plot, room),
        Plot::Columns(plot) => columns::draw(plot, room),
        Plot::Share(plot) => share::draw(plot, room),
        Plot::Histogram(plot) => histogram::draw(plot, room),
        Plot::HeatMap(plot) => heat::draw(plot, room),
        Plot::Links(plot) => links::draw(plot, room),
    }
}
