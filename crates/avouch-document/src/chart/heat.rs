//! Counts by row and column, the figure in each cell.

use super::Room;
use super::axis::{LABEL, label_width, row_label};
use super::kinds::HeatMap;
use super::legend::{Swatch, legend};
use super::scene::{Anchor, Drawing, Ink, Rect};
use crate::font::{Face, shorten, width};
use crate::outline::thousands;
use crate::visible::visible;

pub(super) fn draw(map: &HeatMap, room: Room) -> Drawing {
    let wide = room.width();
    let mut drawing = Drawing::new(wide, 0.0);
    if map.columns.is_empty() || map.rows.is_empty() {
        return drawing;
    }
    let left = label_width(map.rows.iter().map(|(label, _)| label.as_str()), room);
    let cell = ((wide - left) / map.columns.len() as f32).min(60.0);
    let high = if room.is_cell() { 6.0 } else { 15.0 };
    let head = if room.is_cell() { 0.0 } else { LABEL + 6.0 };
    if !room.is_cell() {
        for (index, label) in map.columns.iter().enumerate() {
            let at = (left + cell * (index as f32 + 0.5), LABEL + 1.0);
            drawing.text(
                at,
                shorten(Face::Sans, &visible(label), LABEL, cell - 3.0),
                LABEL,
                Anchor::Middle,
                Ink::Muted,
            );
        }
    }
    let most = map.rows.iter().flat_map(|(_, counts)| counts).flatten().max().copied().unwrap_or(0);
    let mut steps: [Vec<Rect>; Ink::HEAT as usize] = Default::default();
    let mut hidden = Vec::new();
    let mut figures = Vec::new();
    for (row, (label, counts)) in map.rows.iter().enumerate() {
        let top = head + high * row as f32;
        row_label(&mut drawing, label, left, top + high / 2.0);
        for column in 0..map.columns.len() {
            let rect = Rect::new(left + cell * column as f32, top, cell - 0.8, high - 0.8);
            let Some(count) = counts.get(column).copied().flatten() else {
                hidden.push(rect);
                continue;
            };
            let heat = step(count, most);
            steps[usize::from(heat)].push(rect);
            let figure = thousands(count);
            if !room.is_cell() && width(Face::Sans, &figure, LABEL) < rect.w {
                figures.push((rect, figure, heat));
            }
        }
    }
    for (heat, rects) in (0..Ink::HEAT).zip(steps) {
        drawing.rects(rects, Ink::Heat(heat));
    }
    drawing.hatched(&hidden, Ink::Unknown);
    for (rect, figure, heat) in figures {
        let at = (rect.x + rect.w / 2.0, rect.y + rect.h / 2.0 + LABEL * 0.36);
        drawing.text(at, figure, LABEL, Anchor::Middle, Ink::OnHeat(heat));
    }
    let bottom = head + high * map.rows.len() as f32;
    drawing.frame(Rect::new(left - 0.5, head - 0.5, cell * map.columns.len() as f32, bottom - head), Ink::Grid);
    drawing.height = bottom;
    if !room.is_cell() {
        let unit = visible(&map.unit);
        let mut entries = vec![(Swatch::Fill(Ink::Heat(0)), format!("0 {unit}"))];
        if most > 0 {
            entries.push((Swatch::Fill(Ink::Heat(Ink::HEAT - 1)), format!("{} {unit}, the most", thousands(most))));
        }
        if !hidden.is_empty() {
            entries.push((Swatch::Hatched, "not watched".into()));
        }
        drawing.height = legend(&mut drawing, left, bottom + LABEL, &entries);
    }
    drawing
}

/// 0 for none; else 1 to 6, by the square root of the share of the most: single events among thousands stay seen.
fn step(count: u64, most: u64) -> u8 {
    if count == 0 || most == 0 {
        return 0;
    }
    let share = (count as f64 / most as f64).sqrt();
    ((share * f64::from(Ink::HEAT - 1)).ceil() as u8).clamp(1, Ink::HEAT - 1)
}

#[cfg(test)]
mod tests {
    use super::super::scene::Shape;
    use super::*;

    #[test]
    fn none_and_unknown_differ_from_some() {
        assert_eq!(step(0, 100), 0);
        assert_eq!(step(1, 1_000_000), 1);
        assert_eq!(step(100, 100), 6);
        let map = HeatMap {
            unit: "sessions".into(),
            columns: vec!["a".into(), "b".into()],
            rows: vec![("r".into(), vec![Some(0), None])],
        };
        let drawing = draw(&map, Room::Figure(300.0));
        assert!(drawing.shapes.iter().any(|s| matches!(s, Shape::Lines { ink: Ink::Hatch, .. })));
        assert!(drawing.shapes.iter().any(|s| matches!(s, Shape::Text { text, .. } if text == "not watched")));
    }
}
