//! Drawings as SVG.

use std::fmt::Write as _;

use super::escape;
use crate::chart::scene::{Anchor, Drawing, Shape};

/// A drawing with its text alternative. Colours are classes of the style sheet.
pub(super) fn write(out: &mut String, drawing: &Drawing, class: &str, words: &str) {
    let (w, h) = (n(drawing.width), n(drawing.height.max(1.0)));
    let _written = write!(out, "<svg class=\"{class}\" viewBox=\"0 0 {w} {h}\" role=\"img\" aria-label=\"");
    escape::attribute(out, words);
    out.push_str("\"><desc>");
    escape::text_plain(out, words);
    out.push_str("</desc>");
    shapes(out, drawing);
    out.push_str("</svg>");
}

/// The shapes alone.
pub(super) fn shapes(out: &mut String, drawing: &Drawing) {
    for shape in &drawing.shapes {
        // Writing to a String cannot fail.
        let _written = match shape {
            Shape::Rects { rects, ink } => {
                let _start = write!(out, "<path class=\"f {}\" d=\"", ink.class());
                for r in rects {
                    let _rect = write!(out, "M{} {}h{}v{}h{}z", n(r.x), n(r.y), n(r.w), n(r.h), n(-r.w));
                }
                out.write_str("\"/>")
            }
            Shape::Lines { lines, width, ink } => {
                let _start = write!(out, "<path class=\"l {}\" stroke-width=\"{}\" d=\"", ink.class(), n(*width));
                for (a, b) in lines {
                    let _line = write!(out, "M{} {}L{} {}", n(a.0), n(a.1), n(b.0), n(b.1));
                }
                out.write_str("\"/>")
            }
            Shape::Text { at, text, size, anchor, ink } => {
                let place = match anchor {
                    Anchor::Start => "",
                    Anchor::Middle => " text-anchor=\"middle\"",
                    Anchor::End => " text-anchor=\"end\"",
                };
                let (class, x, y, size) = (ink.class(), n(at.0), n(at.1), n(*size));
                let _start = write!(out, "<text class=\"f {class}\" x=\"{x}\" y=\"{y}\" font-size=\"{size}\"{place}>");
                escape::text_plain(out, text);
                out.write_str("</text>")
            }
        };
    }
}

/// At most two decimals, without trailing zeros; what is not finite is 0.
fn n(value: f32) -> String {
    if !value.is_finite() {
        return "0".into();
    }
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
}
