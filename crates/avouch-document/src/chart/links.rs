//! Links: parties in columns, and a line between those of neighbouring columns that had to do with each other.

use super::Room;
use super::axis::LABEL;
use super::kinds::Links;
use super::scene::{Anchor, Drawing, Ink, Rect};
use crate::font::{Face, shorten, width};
use crate::outline::thousands;
use crate::visible::visible;

/// Height of a party, and the gap to the next one.
const HIGH: f32 = 15.0;
const GAP: f32 = 4.0;
/// The thickest and the thinnest line.
const THICK: f32 = 7.0;
const THIN: f32 = 0.6;

pub(super) fn draw(plot: &Links, room: Room) -> Drawing {
    let wide = room.width();
    let mut drawing = Drawing::new(wide, 0.0);
    let columns = plot.columns.len();
    let most_rows = plot.columns.iter().map(|c| c.parties.len()).max().unwrap_or(0);
    if columns == 0 || most_rows == 0 {
        return drawing;
    }
    // Lines need as much room as parties to be told apart.
    let party = wide / (columns as f32 * 1.55 - 0.55);
    let between = if columns > 1 { (wide - party * columns as f32) / (columns - 1) as f32 } else { 0.0 };
    let head = if room.is_cell() { 0.0 } else { LABEL + 7.0 };
    let bottom = head + most_rows as f32 * (HIGH + GAP) - GAP;
    let place = |column: usize, row: usize| {
        let rows = plot.columns.get(column).map_or(0, |c| c.parties.len());
        // Short columns stand in the middle of the longest.
        let free = (most_rows - rows.min(most_rows)) as f32 * (HIGH + GAP) / 2.0;
        let y = head + free + row as f32 * (HIGH + GAP);
        Rect::new(column as f32 * (party + between), y, party, HIGH)
    };
    let most = plot.links.iter().map(|l| l.count).max().unwrap_or(0);
    for link in &plot.links {
        let known = |column: usize, row: usize| plot.columns.get(column).is_some_and(|c| row < c.parties.len());
        if !known(link.column, link.from) || !known(link.column + 1, link.to) {
            continue;
        }
        let (a, b) = (place(link.column, link.from), place(link.column + 1, link.to));
        let line = ((a.x + a.w, a.y + a.h / 2.0), (b.x, b.y + b.h / 2.0));
        drawing.lines(vec![line], thickness(link.count, most), Ink::Series(2));
    }
    for (n, column) in plot.columns.iter().enumerate() {
        if !room.is_cell() {
            let at = (place(n, 0).x, LABEL + 1.0);
            drawing.text(
                at,
                shorten(Face::Sans, &visible(&column.head), LABEL, party),
                LABEL,
                Anchor::Start,
                Ink::Muted,
            );
        }
        for (row, (label, count)) in column.parties.iter().enumerate() {
            let rect = place(n, row);
            drawing.rects([rect], Ink::Soft);
            drawing.frame(rect, Ink::Muted);
            let middle = rect.y + rect.h / 2.0 + LABEL * 0.36;
            let figure = thousands(*count);
            let taken = width(Face::Sans, &figure, LABEL) + 6.0;
            drawing.text((rect.x + rect.w - 3.0, middle), figure, LABEL, Anchor::End, Ink::Muted);
            let label = shorten(Face::Sans, &visible(label), LABEL, (rect.w - taken - 4.0).max(10.0));
            drawing.text((rect.x + 3.0, middle), label, LABEL, Anchor::Start, Ink::Text);
        }
    }
    drawing.height = bottom;
    if !room.is_cell() {
        let words = format!("Figures and thickness: {}, the most on one line {}", visible(&plot.unit), thousands(most));
        drawing.text((0.0, bottom + LABEL + 5.0), words, LABEL, Anchor::Start, Ink::Muted);
        drawing.height = bottom + LABEL + 8.0;
    }
    drawing
}

/// By the square root of the share of the most: single links among thousands stay seen.
fn thickness(count: u64, most: u64) -> f32 {
    let share = if most == 0 { 0.0 } else { (count as f64 / most as f64).sqrt() as f32 };
    THIN + (THICK - THIN) * share
}

#[cfg(test)]
mod tests {
    use super::super::kinds::{Link, PartyColumn};
    use super::super::scene::Shape;
    use super::*;

    fn column(parties: &[&str]) -> PartyColumn {
        PartyColumn { head: "h".into(), parties: parties.iter().map(|p| ((*p).to_owned(), 1)).collect() }
    }

    #[test]
    fn lines_lead_from_party_to_party_and_those_to_nobody_are_not_drawn() {
        let link = |column, from, to, count| Link { column, from, to, count };
        let plot = Links {
            unit: "connections".into(),
            columns: vec![column(&["a", "b"]), column(&["c"])],
            links: vec![link(0, 0, 0, 100), link(0, 1, 0, 1), link(0, 2, 0, 1), link(1, 0, 0, 1)],
        };
        let drawing = draw(&plot, Room::Figure(400.0));
        let lines: Vec<f32> = drawing
            .shapes
            .iter()
            .filter_map(|s| match s {
                Shape::Lines { width, ink: Ink::Series(2), .. } => Some(*width),
                _ => None,
            })
            .collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0] > lines[1] && lines[1] >= THIN, "{lines:?}");
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        assert_eq!(draw(&Links::default(), Room::Figure(400.0)).shapes, []);
    }
}
