//! Legends: a swatch and a word for each kind.

use super::axis::LABEL;
use super::kinds::State;
use super::scene::{Anchor, Drawing, Ink, Rect};
use crate::font::{Face, shorten, width};
use crate::visible::visible;

/// What a swatch shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Swatch {
    State(State),
    Fill(Ink),
    Hatched,
}

/// Draws the marks of a state into rectangles.
pub(crate) fn paint(drawing: &mut Drawing, state: State, rects: &[Rect]) {
    match state {
        State::Pass => drawing.rects(rects.iter().copied(), Ink::Pass),
        State::Fail => {
            drawing.rects(rects.iter().copied(), Ink::Fail);
            drawing.crosses(rects.iter().copied(), Ink::Paper);
        }
        State::Unknown => drawing.hatched(rects, Ink::Unknown),
        State::NoData => {
            for rect in rects {
                drawing.frame(*rect, Ink::Grid);
            }
        }
    }
}

/// One line (or more) of swatches from the left; returns how far down it reaches.
pub(super) fn legend(drawing: &mut Drawing, left: f32, top: f32, entries: &[(Swatch, String)]) -> f32 {
    let (mut x, mut y) = (left, top);
    for (swatch, word) in entries {
        let word = shorten(Face::Sans, &visible(word), LABEL, (drawing.width - left - 20.0).max(20.0));
        let wide = 14.0 + width(Face::Sans, &word, LABEL);
        if x > left && x + wide > drawing.width {
            (x, y) = (left, y + LABEL + 5.0);
        }
        let rect = Rect::new(x, y + 0.5, 9.0, LABEL);
        match swatch {
            Swatch::State(state) => paint(drawing, *state, &[rect]),
            Swatch::Fill(ink) => {
                drawing.rects([rect], *ink);
                drawing.frame(rect, Ink::Muted);
            }
            Swatch::Hatched => drawing.hatched(&[rect], Ink::Unknown),
        }
        drawing.text((x + 13.0, y + LABEL * 0.92), word, LABEL, Anchor::Start, Ink::Text);
        x += wide + 14.0;
    }
    if entries.is_empty() { top } else { y + LABEL + 3.0 }
}

/// The states that are there, in the order of [`State::ALL`].
pub(super) fn states(found: impl IntoIterator<Item = State>) -> Vec<(Swatch, String)> {
    let found: std::collections::BTreeSet<State> = found.into_iter().collect();
    State::ALL.iter().filter(|s| found.contains(s)).map(|s| (Swatch::State(*s), s.word().to_owned())).collect()
}
