//! The page, and what is drawn on it.

use std::rc::Rc;

use super::inline::{LinkTo, Piece, Style};
use super::tags::Slot;
use crate::chart::scene::{Ink, Rect, Shape};
use crate::font::Face;

/// The size of the paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paper {
    /// ISO 216 A4, 210 by 297 mm.
    #[default]
    A4,
    /// US Letter, 8.5 by 11 inches.
    Letter,
}

impl Paper {
    /// Width and height in points.
    pub(super) const fn size(self) -> (f32, f32) {
        match self {
            Self::A4 => (595.28, 841.89),
            Self::Letter => (612.0, 792.0),
        }
    }
}

/// Margins in points.
pub(super) const SIDE: f32 = 54.0;
pub(super) const TOP: f32 = 66.0;
pub(super) const BOTTOM: f32 = 60.0;

pub(super) const BODY: Style = Style::new(Face::Sans, 9.5, Ink::Text);
pub(super) const SMALL: Style = Style::new(Face::Sans, 7.5, Ink::Muted);
pub(super) const CAPTION: Style = Style::new(Face::Bold, 8.5, Ink::Text);
pub(super) const CODE: Style = Style::new(Face::Mono, 7.8, Ink::Text);

/// From one baseline to the next, for a size of text.
pub(super) fn leading(style: Style) -> f32 {
    match style.size {
        size if size >= 13.0 => size * 1.22,
        size if size >= 9.0 => size * 1.42,
        size => size * 1.34,
    }
}

/// How far below the top of a line its baseline is.
pub(super) fn baseline(style: Style) -> f32 {
    // Half of what the line has beyond the letters stands above them; 0.72 of the size is the height of capitals.
    (leading(style) - style.size) / 2.0 + style.size * 0.86
}

/// Something drawn on the page that is being filled.
pub(super) enum Op {
    /// What follows belongs to a place in the structure.
    Begin { slot: Slot, actual: Option<char> },
    /// What follows is decoration.
    BeginArtifact(Decoration),
    /// The end of either.
    End,
    /// A piece of a line; `x` is where the line starts, `y` its baseline.
    Piece { piece: Piece, x: f32, y: f32 },
    /// Shapes of a drawing, moved.
    Shapes { shapes: Vec<Shape>, x: f32, y: f32 },
    /// A link over some rectangles.
    Link { slot: Slot, to: Rc<LinkTo>, rects: Vec<Rect> },
}

/// Kinds of decoration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decoration {
    Head,
    Foot,
    /// Lines, fills, headers of tables repeated.
    Layout,
}
