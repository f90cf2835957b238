//! Charts on the page.

use krilla::tagging::Tag;

use super::blocks::WIDE_GAP;
use super::flow::Flow;
use super::inline::set_str;
use super::sheet::{CAPTION, SIDE, SMALL, leading};
use super::tags::TagId;
use crate::chart::{Chart, Plot, Room, draw};
use crate::model::{Figure, Text};
use crate::outline::is_blank;
use crate::visible::visible_short;

impl Flow<'_> {
    pub(super) fn figure(&mut self, tag: TagId, figure: &Figure) {
        let number = self.captions.next("Figure");
        let room = Room::Figure(self.width());
        let words = set_str(figure.chart.summary.as_str(), SMALL, self.width());
        let words_height = self.words_height(words.len());
        let parts = split(&figure.chart, room, self.most_height(words_height));
        let last = parts.len().saturating_sub(1);
        for (index, part) in parts.iter().enumerate() {
            let number = if index == 0 { number.clone() } else { format!("{number}, continued") };
            let caption = self.caption_lines(&number, &figure.caption);
            let drawing = draw(part, room);
            let blank = is_blank(&part.plot);
            let below = if index == last { words_height } else { 0.0 };
            self.space(WIDE_GAP);
            self.need(leading(CAPTION) * caption.len() as f32 + 4.0 + drawing.height + below);
            if index == 0 {
                self.place(figure.id.as_ref());
            }
            let (x, wide) = (SIDE, self.width());
            let caption_tag = self.tags.open(tag, Tag::P);
            self.paragraph(caption_tag, &caption, x, wide, CAPTION);
            self.y += 4.0;
            if !blank {
                let tag = self.tags.open(tag, figure_tag(part));
                let high = drawing.height;
                let y = self.y;
                self.drawing(tag, drawing, SIDE, y);
                self.y += high + 2.0;
            }
        }
        self.y += 3.0;
        let words_tag = self.tags.open(tag, Tag::P);
        let (x, wide) = (SIDE, self.width());
        self.paragraph(words_tag, &words, x, wide, SMALL);
        self.y += WIDE_GAP - 6.0;
    }

    /// Height of the words below a drawing, as far as they must stand on its page.
    fn words_height(&self, lines: usize) -> f32 {
        (5.0 + leading(SMALL) * lines as f32).min(self.height() * 0.3)
    }

    /// How tall a drawing may be.
    fn most_height(&self, words_height: f32) -> f32 {
        self.height() - words_height - 3.0 * leading(CAPTION) - 8.0
    }

    /// Height of the first part of a figure: what a heading before it must leave room for.
    pub(super) fn figure_start(&self, figure: &Figure) -> f32 {
        let room = Room::Figure(self.width());
        let lines = set_str(figure.chart.summary.as_str(), SMALL, self.width()).len();
        let words = self.words_height(lines);
        let parts = split(&figure.chart, room, self.most_height(words));
        let first = parts.first().map_or(0.0, |part| draw(part, room).height);
        let caption = self.caption_lines("Figure 000", &figure.caption).len() as f32;
        first + caption * leading(CAPTION) + 4.0 + if parts.len() == 1 { words } else { 0.0 }
    }

    /// "Figure 3", in grey, and the caption.
    pub(super) fn caption_lines(&self, number: &str, caption: &Text) -> Vec<super::inline::Line> {
        super::inline::set_with(number, SMALL, caption, CAPTION, self.width(), self.outline)
    }
}

/// The tag of a drawing with its text alternative.
pub(super) fn figure_tag(chart: &Chart) -> Tag<krilla::tagging::kind::Figure> {
    Tag::Figure(Some(visible_short(chart.summary.as_str(), "A chart without a text alternative.")))
}

/// A chart whose rows do not fit a page, as several charts of fewer rows.
fn split(chart: &Chart, room: Room, most: f32) -> Vec<Chart> {
    let rows = match &chart.plot {
        Plot::Strip(plot) => plot.lanes.len(),
        Plot::Share(plot) => plot.bars.len(),
        Plot::HeatMap(plot) => plot.rows.len(),
        Plot::Columns(_) | Plot::Histogram(_) | Plot::Links(_) => 1,
    };
    let high = draw(chart, room).height;
    if high <= most || rows < 2 {
        return vec![chart.clone()];
    }
    // Axis and legend are on each part: a little less than the share of the height.
    let each = ((rows as f32 * (most - 60.0) / high) as usize).clamp(1, rows - 1);
    let part = |plot: Plot| Chart { plot, summary: chart.summary.clone() };
    match &chart.plot {
        Plot::Strip(plot) => {
            // Parts share one time axis, also where the longest lane is in another.
            let cells = plot.lanes.iter().map(|lane| lane.cells.len()).max().unwrap_or(0);
            let whole = |lane: &crate::chart::Lane| {
                let mut lane = lane.clone();
                lane.cells.resize(cells, crate::chart::State::NoData);
                lane
            };
            let lanes = |lanes: &[crate::chart::Lane]| lanes.iter().map(whole).collect();
            plot.lanes.chunks(each).map(|c| part(crate::chart::Strip { lanes: lanes(c), ..*plot }.into())).collect()
        }
        Plot::Share(plot) => {
            let share =
                |bars: &[crate::chart::Bar]| crate::chart::Share { unit: plot.unit.clone(), bars: bars.to_vec() };
            plot.bars.chunks(each).map(|bars| part(share(bars).into())).collect()
        }
        Plot::HeatMap(plot) => {
            let map = |rows: &[(String, Vec<Option<u64>>)]| crate::chart::HeatMap {
                unit: plot.unit.clone(),
                columns: plot.columns.clone(),
                rows: rows.to_vec(),
            };
            plot.rows.chunks(each).map(|rows| part(map(rows).into())).collect()
        }
        Plot::Columns(_) | Plot::Histogram(_) | Plot::Links(_) => vec![chart.clone()],
    }
}
