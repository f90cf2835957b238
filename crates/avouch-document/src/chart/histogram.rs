//! Counts by class.

use super::Room;
use super::axis::{LABEL, count_axis, scale};
use super::kinds::Histogram;
use super::scene::{Anchor, Drawing, Ink, Rect};
use crate::font::{Face, shorten, width};
use crate::outline::thousands;
use crate::visible::visible;

pub(super) fn draw(histogram: &Histogram, room: Room) -> Drawing {
    // A few classes over the whole width would be slabs.
    let wide = if room.is_cell() { room.width() } else { room.width().min(60.0 + 56.0 * histogram.bins.len() as f32) };
    let height = if room.is_cell() { 24.0 } else { 86.0 };
    let mut drawing = Drawing::new(room.width(), height);
    if histogram.bins.is_empty() {
        return drawing;
    }
    let (top, step) = scale(histogram.bins.iter().map(|b| b.count).max().unwrap_or(0));
    let left = if room.is_cell() { 0.0 } else { width(Face::Sans, &thousands(top), LABEL) + 8.0 };
    let head = if room.is_cell() { 0.0 } else { 2.0 * LABEL + 6.0 };
    let plot = Rect::new(left, head, wide - left, height - head);
    if !room.is_cell() {
        drawing.text((0.0, LABEL), visible(&histogram.unit), LABEL, Anchor::Start, Ink::Muted);
        count_axis(&mut drawing, plot, top, step);
    }
    let slot = plot.w / histogram.bins.len() as f32;
    let between = (slot * 0.14).min(6.0);
    let bars = histogram.bins.iter().enumerate().map(|(index, bin)| {
        let high = plot.h * (bin.count as f32 / top as f32);
        Rect::new(plot.x + slot * index as f32 + between, plot.y + plot.h - high, slot - 2.0 * between, high)
    });
    drawing.rects(bars, Ink::Series(2));
    let floor = plot.y + plot.h;
    drawing.lines(vec![((plot.x, floor), (plot.x + plot.w, floor))], 0.6, Ink::Muted);
    if room.is_cell() {
        return drawing;
    }
    for (index, bin) in histogram.bins.iter().enumerate() {
        let middle = plot.x + slot * (index as f32 + 0.5);
        let high = plot.h * (bin.count as f32 / top as f32);
        let label = shorten(Face::Sans, &visible(&bin.label), LABEL, slot - 2.0);
        drawing.text((middle, floor + LABEL + 3.0), label, LABEL, Anchor::Middle, Ink::Text);
        let figure = thousands(bin.count);
        if width(Face::Sans, &figure, LABEL) < slot {
            drawing.text((middle, floor - high - 2.0), figure, LABEL, Anchor::Middle, Ink::Text);
        }
    }
    let axis = visible(&histogram.axis).into_owned();
    drawing.text((plot.x + plot.w / 2.0, floor + 2.0 * LABEL + 7.0), axis, LABEL, Anchor::Middle, Ink::Muted);
    drawing.height = floor + 2.0 * LABEL + 10.0;
    drawing
}

#[cfg(test)]
mod tests {
    use super::super::kinds::Bin;
    use super::super::scene::Shape;
    use super::*;

    #[test]
    fn each_class_has_its_bar_and_figure() {
        let bins = [("< 1 h", 8), ("< 1 d", 2), ("later", 0)];
        let histogram = Histogram {
            unit: "findings".into(),
            axis: "time to acknowledge".into(),
            bins: bins.iter().map(|(label, count)| Bin { label: (*label).into(), count: *count }).collect(),
        };
        let drawing = draw(&histogram, Room::Figure(480.0));
        for words in ["< 1 h", "later", "8", "time to acknowledge"] {
            assert!(drawing.shapes.iter().any(|s| matches!(s, Shape::Text { text, .. } if text == words)), "{words}");
        }
        let bars = drawing.shapes.iter().find_map(|s| match s {
            Shape::Rects { rects, ink: Ink::Series(2) } => Some(rects.clone()),
            _ => None,
        });
        let bars = bars.unwrap_or_default();
        assert_eq!(bars.len(), 2);
        assert!((bars[0].h / bars[1].h - 4.0).abs() < 1e-3);
    }
}
