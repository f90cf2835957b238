//! The head of the page: policy, style, and the marks of states.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::{escape, svg};
use crate::chart::scene::{Drawing, Ink, Rect};
use crate::chart::{State, paint};
use crate::model::Document;

const STYLE: &str = include_str!("style.css");

/// The id of a state's mark. Upper case, so that no id of the document is the same.
pub(super) const fn mark(state: State) -> &'static str {
    match state {
        State::Pass => "Pass",
        State::Fail => "Fail",
        State::Unknown => "Unknown",
        State::NoData => "NoData",
    }
}

/// All from the doctype to the start of the body.
pub(super) fn write(out: &mut String, document: &Document) {
    let style = style(document);
    let language = document.language_or_english();
    out.push_str("<!doctype html>\n<html lang=\"");
    escape::attribute(out, language);
    out.push_str("\">\n<head>\n<meta charset=\"utf-8\">\n");
    // Only this style sheet, by its digest; no script, no image, no font, no frame, no request, no form.
    let digest = base64(&Sha256::digest(style.as_bytes()));
    let _written = writeln!(
        out,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{digest}'; \
         base-uri 'none'; form-action 'none'\">"
    );
    out.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    out.push_str("<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
    escape::text_plain(out, &document.title);
    let _written = write!(out, "</title>\n<style>{style}</style>\n</head>\n<body>\n");
    out.push_str("<a class=\"skip\" href=\"#Main\">Skip to the text</a>\n<svg class=\"defs\" aria-hidden=\"true\">");
    for state in State::ALL {
        let mut drawing = Drawing::new(9.0, 9.0);
        paint(&mut drawing, state, &[Rect::new(0.5, 0.5, 8.0, 8.0)]);
        let _written = write!(out, "<symbol id=\"{}\" viewBox=\"0 0 9 9\">", mark(state));
        svg::shapes(out, &drawing);
        out.push_str("</symbol>");
    }
    out.push_str("</svg>\n");
}

fn style(document: &Document) -> String {
    let mut style = String::from("\n:root{");
    colours(&mut style, Ink::on_paper);
    style.push_str("}\n@media screen and (prefers-color-scheme:dark){:root{");
    colours(&mut style, Ink::on_dark);
    style.push_str("}}\n");
    for ink in Ink::all() {
        let class = ink.class();
        let _written = write!(style, ".f.{class}{{fill:var(--{class})}}.l.{class}{{stroke:var(--{class})}}");
    }
    for percent in 1..=100 {
        let _written = write!(style, ".w{percent}{{width:{percent}%}}");
    }
    style.push('\n');
    style.push_str(STYLE);
    let (title, subtitle) = (escape::css_string(&document.title), escape::css_string(&document.subtitle));
    let _written = writeln!(
        style,
        "@page{{@top-left{{content:{title}}}@top-right{{content:\"\"}}@bottom-left{{content:{subtitle}}}\
         @bottom-right{{content:\"Page \" counter(page) \" of \" counter(pages)}}}}@page:first{{@top-left{{content:\"\"}}}}"
    );
    style
}

fn colours(style: &mut String, colour: impl Fn(Ink) -> u32) {
    for ink in Ink::all() {
        let _written = write!(style, "--{}:#{:06x};", ink.class(), colour(ink));
    }
}

/// RFC 4648, section 4, with padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let sum = (0..3).fold(0_usize, |sum, i| sum << 8 | usize::from(chunk.get(i).copied().unwrap_or(0)));
        for place in 0..4 {
            let digit = DIGITS[sum >> (18 - 6 * place) & 63];
            out.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of RFC 4648, section 10.
    #[test]
    fn base64_as_the_rfc_says() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
