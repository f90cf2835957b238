//! Shares of states: one bar a subject.

use super::Room;
use super::axis::{LABEL, label_width, row_label};
use super::kinds::{Bar, Share, State};
use super::legend::{legend, paint, states};
use super::scene::{Anchor, Drawing, Ink, Rect};
use crate::font::{Face, width};
use crate::outline::thousands;
use crate::visible::visible;

pub(super) fn draw(share: &Share, room: Room) -> Drawing {
    let wide = room.width();
    let (bar, gap) = if room.is_cell() { (9.0, 3.0) } else { (12.0, 5.0) };
    let left = label_width(share.bars.iter().map(|b| b.label.as_str()), room);
    let sums: Vec<String> = share.bars.iter().map(|b| sum_words(b, &share.unit)).collect();
    let after = if room.is_cell() {
        0.0
    } else {
        sums.iter().map(|s| width(Face::Sans, s, LABEL)).fold(0.0, f32::max).min(wide / 3.0) + 8.0
    };
    let mut drawing = Drawing::new(wide, 0.0);
    let mut y = 0.0;
    for (row, sum) in share.bars.iter().zip(&sums) {
        row_label(&mut drawing, &row.label, left, y + bar / 2.0);
        one_bar(&mut drawing, row, Rect::new(left, y, (wide - left - after).max(10.0), bar));
        if !room.is_cell() {
            drawing.text((wide, y + bar / 2.0 + LABEL * 0.36), sum.as_str(), LABEL, Anchor::End, Ink::Muted);
        }
        y += bar + gap;
    }
    drawing.height = (y - gap).max(0.0);
    if !room.is_cell() {
        let found = share.bars.iter().flat_map(|b| &b.parts).filter(|(_, n)| *n > 0).map(|(state, _)| *state);
        let below = drawing.height + LABEL;
        drawing.height = legend(&mut drawing, left, below, &states(found));
    }
    drawing
}

fn sum(bar: &Bar) -> u64 {
    bar.parts.iter().fold(0, |sum, (_, n)| sum.saturating_add(*n))
}

fn sum_words(bar: &Bar, unit: &str) -> String {
    match sum(bar) {
        0 => "no evidence".into(),
        n => format!("{} {}", thousands(n), visible(unit)),
    }
}

fn one_bar(drawing: &mut Drawing, bar: &Bar, at: Rect) {
    let sum = sum(bar);
    let mut x = at.x;
    let mut texts = Vec::new();
    for (state, count) in bar.parts.iter().filter(|(_, n)| *n > 0) {
        let wide = at.w * (*count as f32 / sum as f32);
        // A share too small to see is still drawn a hair wide: a fail must not vanish.
        let rect = Rect::new(x.min(at.x + at.w - 1.2), at.y, wide.max(1.2), at.h);
        paint(drawing, *state, &[rect]);
        let figure = thousands(*count);
        if *state == State::Pass && width(Face::Sans, &figure, 7.0) + 6.0 < wide && at.h > 10.0 {
            texts.push((rect, figure));
        }
        x += wide;
    }
    for (rect, figure) in texts {
        drawing.text((rect.x + 4.0, rect.y + rect.h / 2.0 + 2.5), figure, 7.0, Anchor::Start, Ink::Text);
    }
    drawing.frame(at, if sum == 0 { Ink::Grid } else { Ink::Muted });
}

#[cfg(test)]
mod tests {
    use super::super::scene::Shape;
    use super::*;

    #[test]
    fn one_fail_in_a_million_is_seen() {
        let bar = Bar { label: String::new(), parts: vec![(State::Pass, 1_000_000), (State::Fail, 1)] };
        let drawing = draw(&Share { unit: "days".into(), bars: vec![bar] }, Room::Figure(400.0));
        let fails: Vec<f32> = drawing
            .shapes
            .iter()
            .filter_map(|s| match s {
                Shape::Rects { rects, ink: Ink::Fail } => Some(rects[0].w),
                _ => None,
            })
            .collect();
        assert!(fails.iter().all(|w| *w > 1.0) && fails.len() == 2, "the bar and the legend: {fails:?}");
    }

    #[test]
    fn nothing_counted_says_so() {
        let drawing = draw(&Share { unit: "days".into(), bars: vec![Bar::default()] }, Room::Figure(400.0));
        assert!(drawing.shapes.iter().any(|s| matches!(s, Shape::Text { text, .. } if text == "no evidence")));
    }
}
