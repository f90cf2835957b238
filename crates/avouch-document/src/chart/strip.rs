//! States over time: one lane a subject, one cell a day.

use super::Room;
use super::axis::{LABEL, cell_seconds, label_width, row_label, time_axis};
use super::kinds::{Lane, State, Strip};
use super::legend::{legend, paint, states};
use super::scene::{Drawing, Rect};
use super::time::period;

/// Cells that are drawn; what lies beyond is merged into them, a fail before an unknown before a pass.
const MOST_CELLS: usize = 2_000;

pub(super) fn draw(strip: &Strip, room: Room) -> Drawing {
    let width = room.width();
    let cells = strip.lanes.iter().map(|lane| lane.cells.len()).max().unwrap_or(0);
    let (lane, gap) = if room.is_cell() { (9.0, 2.0) } else { (12.0, 4.0) };
    let left = label_width(strip.lanes.iter().map(|lane| lane.label.as_str()), room);
    let right = if room.is_cell() { 0.0 } else { 1.0 };
    let plot = Rect::new(left, 0.0, width - left - right, (lane + gap) * strip.lanes.len() as f32 - gap);
    let mut drawing = Drawing::new(width, plot.h.max(0.0));
    if cells == 0 || strip.lanes.is_empty() {
        return drawing;
    }
    let mut bottom = plot.y + plot.h;
    if !room.is_cell() {
        bottom = time_axis(&mut drawing, plot, period(strip.from, cell_seconds(strip.cell), cells));
    }
    for (index, row) in strip.lanes.iter().enumerate() {
        let top = plot.y + (lane + gap) * index as f32;
        row_label(&mut drawing, &row.label, left, top + lane / 2.0);
        lane_cells(&mut drawing, row, Rect::new(plot.x, top, plot.w, lane), cells);
    }
    if !room.is_cell() {
        let found = strip.lanes.iter().flat_map(|lane| {
            let short = (lane.cells.len() < cells).then_some(State::NoData);
            lane.cells.iter().copied().chain(short)
        });
        bottom = legend(&mut drawing, left, bottom + LABEL * 0.6, &states(found));
    }
    drawing.height = bottom;
    drawing
}

fn lane_cells(drawing: &mut Drawing, lane: &Lane, at: Rect, cells: usize) {
    let drawn = cells.min(MOST_CELLS);
    let wide = at.w / drawn as f32;
    // Below 3 points a cell, lines between cells would be most of what is seen.
    let between = if wide >= 3.0 { 0.6 } else { 0.0 };
    for state in State::ALL {
        let mut rects: Vec<Rect> = Vec::new();
        for index in 0..drawn {
            if merged(lane, index, drawn, cells) != state {
                continue;
            }
            let x = at.x + wide * index as f32;
            let joins = between == 0.0 || matches!(state, State::Unknown | State::NoData);
            match rects.last_mut() {
                // Neighbours without a line between them are one: hatching runs through.
                Some(last) if joins && (last.x + last.w + between - x).abs() < 0.01 => {
                    last.w = x + wide - between - last.x
                }
                _ => rects.push(Rect::new(x, at.y, wide - between, at.h)),
            }
        }
        if state == State::Fail && between == 0.0 {
            drawing.rects(rects.iter().copied(), super::scene::Ink::Fail);
            // One cross a stretch, set over it where the stretch is narrower than the cross.
            let marks = rects.iter().map(|r| Rect::new(r.x + r.w / 2.0 - 4.0, r.y, 8.0, r.h));
            drawing.crosses(marks, super::scene::Ink::Text);
        } else if !rects.is_empty() {
            paint(drawing, state, &rects);
        }
    }
}

/// The gravest of the states that share a drawn cell.
fn merged(lane: &Lane, index: usize, drawn: usize, cells: usize) -> State {
    let state = |i: usize| lane.cells.get(i).copied().unwrap_or(State::NoData);
    if drawn == cells {
        return state(index);
    }
    let (from, to) = (index * cells / drawn, ((index + 1) * cells / drawn).max(index * cells / drawn + 1));
    let rank = |s: &State| match s {
        State::Fail => 3,
        State::Unknown => 2,
        State::Pass => 1,
        State::NoData => 0,
    };
    (from..to).map(state).max_by_key(rank).unwrap_or(State::NoData)
}

#[cfg(test)]
mod tests {
    use super::super::scene::{Ink, Shape};
    use super::*;

    fn strip(cells: &[State]) -> Strip {
        Strip { from: 0, cell: 86_400, lanes: vec![Lane { label: "CC".into(), cells: cells.to_vec() }] }
    }

    fn lines(drawing: &Drawing, ink: Ink) -> usize {
        let count = |shape: &Shape| match shape {
            Shape::Lines { lines, ink: found, .. } if *found == ink => lines.len(),
            _ => 0,
        };
        drawing.shapes.iter().map(count).sum()
    }

    #[test]
    fn unknown_is_hatched_and_fail_is_crossed() {
        let room = Room::Cell(120.0);
        let drawing = draw(&strip(&[State::Pass, State::Fail, State::Unknown, State::Pass]), room);
        assert_eq!(lines(&drawing, Ink::Paper), 2);
        assert!(lines(&drawing, Ink::Hatch) > 3);
        let fine = draw(&strip(&[State::Pass; 4]), room);
        assert_eq!((lines(&fine, Ink::Paper), lines(&fine, Ink::Hatch)), (0, 0));
    }

    #[test]
    fn one_bad_cell_of_many_is_still_drawn() {
        let mut cells = vec![State::Pass; 50_000];
        cells[31_415] = State::Fail;
        let drawing = draw(&strip(&cells), Room::Figure(480.0));
        assert!(drawing.shapes.iter().any(|s| matches!(s, Shape::Rects { ink: Ink::Fail, .. })));
        assert!(lines(&drawing, Ink::Text) == 2);
    }

    #[test]
    fn a_short_lane_ends_without_data() {
        let mut two = strip(&[State::Pass; 10]);
        two.lanes.push(Lane { label: "later".into(), cells: vec![State::Pass; 4] });
        let drawing = draw(&two, Room::Figure(480.0));
        assert!(drawing.shapes.iter().any(|s| matches!(s, Shape::Text { text, .. } if text == "no data")));
    }
}
