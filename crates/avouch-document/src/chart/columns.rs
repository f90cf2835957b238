//! Counts over time, stacked; where it was not watched, the time is hatched behind.

use super::Room;
use super::axis::{LABEL, cell_seconds, count_axis, scale, time_axis};
use super::kinds::{Columns, Series};
use super::legend::{Swatch, legend};
use super::scene::{Anchor, Drawing, Ink, Rect};
use super::time::period;
use crate::font::{Face, width};
use crate::outline::thousands;
use crate::visible::visible;

/// Columns that are drawn; neighbours beyond are added up.
const MOST_COLUMNS: usize = 400;

pub(super) fn draw(columns: &Columns, room: Room) -> Drawing {
    let cells = columns.series.iter().map(|s| s.counts.len()).chain([columns.gaps.len()]).max().unwrap_or(0);
    let wide = room.width();
    let height = if room.is_cell() { 24.0 } else { 110.0 };
    let mut drawing = Drawing::new(wide, height);
    if cells == 0 {
        return drawing;
    }
    let drawn = cells.min(MOST_COLUMNS);
    let series: Vec<Vec<u64>> = columns.series.iter().map(|s| summed(s, cells, drawn)).collect();
    let total = |index: usize| series.iter().fold(0_u64, |sum, s| sum.saturating_add(s[index]));
    let most = (0..drawn).map(total).max().unwrap_or(0);
    let (top, step) = scale(most);
    let left = if room.is_cell() { 0.0 } else { width(Face::Sans, &thousands(top), LABEL) + 8.0 };
    let unit = if room.is_cell() { 0.0 } else { LABEL + 6.0 };
    let plot = Rect::new(left, unit, wide - left, height - unit);
    let slot = plot.w / drawn as f32;

    let gaps = gap_rects(columns, plot, cells, drawn);
    drawing.hatched(&gaps, Ink::Unknown);
    if !room.is_cell() {
        drawing.text((0.0, LABEL), visible(&columns.unit), LABEL, Anchor::Start, Ink::Muted);
        count_axis(&mut drawing, plot, top, step);
    }
    let between = if slot >= 3.0 { 0.8 } else { 0.0 };
    let mut feet = vec![plot.y + plot.h; drawn];
    for (number, counts) in series.iter().enumerate() {
        let bars: Vec<Rect> = counts
            .iter()
            .zip(&mut feet)
            .enumerate()
            .map(|(index, (count, foot))| {
                let high = plot.h * (*count as f32 / top as f32);
                *foot -= high;
                Rect::new(plot.x + slot * index as f32, *foot, slot - between, high)
            })
            .collect();
        drawing.rects(bars, ink(number));
    }
    drawing.lines(vec![((plot.x, plot.y + plot.h), (plot.x + plot.w, plot.y + plot.h))], 0.6, Ink::Muted);
    if !room.is_cell() {
        let axis = Rect::new(plot.x, plot.y + plot.h, plot.w, 0.0);
        let bottom = time_axis(&mut drawing, axis, period(columns.from, cell_seconds(columns.cell), cells));
        let mut entries: Vec<(Swatch, String)> =
            columns.series.iter().enumerate().map(|(n, s)| (Swatch::Fill(ink(n)), s.name.clone())).collect();
        if !gaps.is_empty() {
            entries.push((Swatch::Hatched, "not, or not wholly, watched".into()));
        }
        drawing.height = legend(&mut drawing, left, bottom + LABEL * 0.6, &entries);
    }
    drawing
}

fn ink(series: usize) -> Ink {
    Ink::Series(u8::try_from(series).unwrap_or(u8::MAX).min(Ink::SERIES - 1))
}

fn summed(series: &Series, cells: usize, drawn: usize) -> Vec<u64> {
    let mut sums = vec![0_u64; drawn];
    for (index, count) in series.counts.iter().enumerate().take(cells) {
        let sum = &mut sums[index * drawn / cells];
        *sum = sum.saturating_add(*count);
    }
    sums
}

/// Stretches that were not watched, over the height of the plot.
fn gap_rects(columns: &Columns, plot: Rect, cells: usize, drawn: usize) -> Vec<Rect> {
    let mut marked = vec![false; drawn];
    for (index, gap) in columns.gaps.iter().enumerate().take(cells) {
        marked[index * drawn / cells] |= gap;
    }
    let slot = plot.w / drawn as f32;
    let mut rects: Vec<Rect> = Vec::new();
    for index in (0..drawn).filter(|index| marked[*index]) {
        let x = plot.x + slot * index as f32;
        match rects.last_mut() {
            Some(last) if (last.x + last.w - x).abs() < 0.01 => last.w = x + slot - last.x,
            _ => rects.push(Rect::new(x, plot.y, slot, plot.h)),
        }
    }
    rects
}

#[cfg(test)]
mod tests {
    use super::super::scene::Shape;
    use super::*;

    #[test]
    fn stacks_reach_their_sum() {
        let series = |name: &str, counts: &[u64]| Series { name: name.into(), counts: counts.to_vec() };
        let columns = Columns {
            cell: 86_400,
            series: vec![series("high", &[4, 0]), series("low", &[4, 2])],
            gaps: vec![false, true],
            ..Columns::default()
        };
        let drawing = draw(&columns, Room::Cell(100.0));
        let bars: Vec<&Vec<Rect>> = drawing
            .shapes
            .iter()
            .filter_map(|s| match s {
                Shape::Rects { rects, ink: Ink::Series(_) } => Some(rects),
                _ => None,
            })
            .collect();
        // The scale ends at 8: the first stack fills the height, the second a quarter of it.
        assert_eq!(bars[0][0].h + bars[1][0].h, 24.0);
        assert_eq!(bars[1][1].h, 6.0);
        assert!(drawing.shapes.iter().any(|s| matches!(s, Shape::Lines { ink: Ink::Hatch, .. })));
    }

    #[test]
    fn many_columns_are_added_up_without_loss() {
        let series = Series { name: String::new(), counts: vec![1; 1_000] };
        assert_eq!(summed(&series, 1_000, 400).iter().sum::<u64>(), 1_000);
    }
}
