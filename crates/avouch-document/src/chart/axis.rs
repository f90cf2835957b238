//! What charts share: labels at the left, time and counts along the edges.

use super::Room;
use super::scene::{Anchor, Drawing, Ink, Rect};
use super::time::{DAY, ticks};
use crate::font::{Face, shorten, width};
use crate::visible::visible;

/// Size of labels, in points.
pub(super) const LABEL: f32 = 7.5;

/// Width of a column of labels, the space after it included: as wide as the widest, a third of the room at most.
pub(super) fn label_width<'a>(labels: impl IntoIterator<Item = &'a str>, room: Room) -> f32 {
    if room.is_cell() {
        return 0.0;
    }
    let widest = labels.into_iter().map(|label| width(Face::Sans, &visible(label), LABEL)).fold(0.0, f32::max);
    if widest == 0.0 { 0.0 } else { widest.min(room.width() / 3.0) + 8.0 }
}

/// A label that ends at `right`, at half the height of a row.
pub(super) fn row_label(drawing: &mut Drawing, label: &str, right: f32, middle: f32) {
    if right > 8.0 {
        let text = shorten(Face::Sans, &visible(label), LABEL, right - 8.0);
        drawing.text((right - 6.0, middle + LABEL * 0.36), text, LABEL, Anchor::End, Ink::Text);
    }
}

/// Length of a cell in seconds, 0 taken for a day.
pub(super) fn cell_seconds(cell: u32) -> i64 {
    if cell == 0 { DAY } else { i64::from(cell) }
}

/// Ticks of time below `plot`, with lines over its height; returns how far down they reach.
pub(super) fn time_axis(drawing: &mut Drawing, plot: Rect, (from, to): (i64, i64)) -> f32 {
    let bottom = plot.y + plot.h;
    let span = (to.saturating_sub(from)).max(1) as f32;
    let (mut grid, mut marks) = (Vec::new(), Vec::new());
    let mut free_from = plot.x - 4.0;
    for tick in ticks(from, to, (plot.w / 42.0) as usize) {
        let x = plot.x + plot.w * (tick.at.saturating_sub(from)) as f32 / span;
        grid.push(((x, plot.y), (x, bottom)));
        marks.push(((x, bottom), (x, bottom + 3.0)));
        let wide = width(Face::Sans, &tick.label, LABEL);
        // The last label may not leave the plot by more than the margin allows.
        if x >= free_from && x + wide <= plot.x + plot.w + 2.0 {
            drawing.text((x, bottom + 3.0 + LABEL), tick.label, LABEL, Anchor::Start, Ink::Muted);
            free_from = x + wide + 6.0;
        }
    }
    drawing.lines(grid, 0.5, Ink::Grid);
    drawing.lines(marks, 0.5, Ink::Muted);
    bottom + 6.0 + LABEL
}

/// The height of a scale of counts: the smallest of 1, 2, 5 times a power of ten (or 4 to have whole quarters) above `most`,
/// and its step.
pub(super) fn scale(most: u64) -> (u64, u64) {
    let most = most.max(1);
    let mut unit = 1_u64;
    loop {
        for step in [unit, unit.saturating_mul(2), unit.saturating_mul(5)] {
            if most.div_ceil(step) <= 4 {
                return (most.div_ceil(step).saturating_mul(step), step);
            }
        }
        let Some(next) = unit.checked_mul(10) else { return (most, most) };
        unit = next;
    }
}

/// Lines of a scale of counts across `plot`, their figures at its left.
pub(super) fn count_axis(drawing: &mut Drawing, plot: Rect, top: u64, step: u64) {
    let mut lines = Vec::new();
    let mut at = 0_u64;
    while at <= top {
        let y = plot.y + plot.h * (1.0 - at as f32 / top.max(1) as f32);
        lines.push(((plot.x, y), (plot.x + plot.w, y)));
        let figure = crate::outline::thousands(at);
        drawing.text((plot.x - 4.0, y + LABEL * 0.36), figure, LABEL, Anchor::End, Ink::Muted);
        let Some(next) = at.checked_add(step.max(1)) else { break };
        at = next;
    }
    drawing.lines(lines, 0.5, Ink::Grid);
}

#[cfg(test)]
mod tests {
    use super::scale;

    #[test]
    fn scales_have_few_round_steps() {
        assert_eq!(scale(0), (1, 1));
        assert_eq!(scale(3), (3, 1));
        assert_eq!(scale(7), (8, 2));
        assert_eq!(scale(99), (100, 50));
        assert_eq!(scale(1_234), (1_500, 500));
        for most in [1, 17, 365, 10_001, u64::MAX] {
            let (top, step) = scale(most);
            assert!(top >= most && top / step <= 4, "{most}: {top} {step}");
        }
    }
}
