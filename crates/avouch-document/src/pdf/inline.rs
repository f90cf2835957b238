//! Text into lines: which glyphs, how wide, where a line ends.

use std::rc::Rc;

use crate::chart::State;
use crate::chart::scene::Ink;
use crate::font::{Face, box_advance, glyph};
use crate::model::{Id, Run, Text};
use crate::outline::Outline;
use crate::visible::visible;

/// How text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Style {
    pub(super) face: Face,
    /// In points.
    pub(super) size: f32,
    pub(super) ink: Ink,
}

impl Style {
    pub(super) const fn new(face: Face, size: f32, ink: Ink) -> Self {
        Self { face, size, ink }
    }
}

/// Where a link leads, and the words that are read for it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LinkTo {
    pub(super) id: Id,
    pub(super) words: String,
}

/// What a piece draws.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    /// Its text.
    Glyphs,
    /// A box with the code point of a character that no font has.
    Box(char),
    /// The mark of a state.
    Mark(State),
}

/// A stretch of a line that is drawn alike.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    /// From the start of the line.
    pub(super) x: f32,
    pub(super) width: f32,
    pub(super) text: String,
    pub(super) style: Style,
    pub(super) kind: Kind,
    pub(super) link: Option<Rc<LinkTo>>,
}

/// One line.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pub(super) pieces: Vec<Piece>,
    /// Without the blanks at its end.
    pub(super) width: f32,
}

/// Of the size of the text: room that the mark of a state takes, the space after it included.
pub(super) const MARK: f32 = 1.15;

/// One character, or one mark.
struct Unit {
    c: char,
    kind: Kind,
    style: Style,
    width: f32,
    /// Index into the links, or `NO_LINK`.
    link: u32,
}

const NO_LINK: u32 = u32::MAX;

/// Text in lines of at most `width`; at least one line, and at least one character in each.
pub(super) fn set(text: &Text, base: Style, width: f32, outline: &Outline) -> Vec<Line> {
    let mut units = Vec::new();
    let links = push_runs(&mut units, text, base, outline);
    lines(&units, &links, width)
}

/// The same after a short text of another style: the number of a caption.
pub(super) fn set_with(
    before: &str,
    before_style: Style,
    text: &Text,
    base: Style,
    width: f32,
    outline: &Outline,
) -> Vec<Line> {
    let mut units = Vec::new();
    push(&mut units, before, before_style, NO_LINK);
    push(&mut units, "  ", before_style, NO_LINK);
    let links = push_runs(&mut units, text, base, outline);
    lines(&units, &links, width)
}

fn push_runs(units: &mut Vec<Unit>, text: &Text, base: Style, outline: &Outline) -> Vec<Rc<LinkTo>> {
    let mut links: Vec<Rc<LinkTo>> = Vec::new();
    for run in &text.0 {
        match run {
            Run::Plain(text) => push(units, text, base, NO_LINK),
            Run::Strong(text) => push(units, text, Style { face: Face::Bold, ..base }, NO_LINK),
            Run::Code(text) => push(units, text, code_style(base), NO_LINK),
            Run::Link { to, text } if outline.has(to) => {
                links.push(Rc::new(LinkTo { id: to.clone(), words: text.clone() }));
                push(units, text, Style { ink: Ink::Link, ..base }, (links.len() - 1) as u32);
            }
            Run::Link { text, .. } => push(units, text, base, NO_LINK),
            Run::State(state) => {
                let kind = Kind::Mark(*state);
                units.push(Unit { c: '\u{fffc}', kind, style: base, width: MARK * base.size, link: NO_LINK });
                push(units, state.word(), base, NO_LINK);
            }
        }
    }
    links
}

/// One text of one style in lines.
pub(super) fn set_str(text: &str, style: Style, width: f32) -> Vec<Line> {
    let mut units = Vec::new();
    push(&mut units, text, style, NO_LINK);
    lines(&units, &[], width)
}

/// Code inside text is a little smaller: its letters look larger.
fn code_style(base: Style) -> Style {
    Style { face: Face::Mono, size: base.size * 0.92, ..base }
}

fn push(units: &mut Vec<Unit>, text: &str, style: Style, link: u32) {
    for c in visible(text).chars() {
        let unit = match glyph(style.face, c) {
            Some(glyph) => {
                let style = Style { face: glyph.face, ..style };
                Unit { c, kind: Kind::Glyphs, style, width: glyph.advance * style.size, link }
            }
            None => Unit { c, kind: Kind::Box(c), style, width: box_advance(c) * style.size, link },
        };
        units.push(unit);
    }
}

fn lines(units: &[Unit], links: &[Rc<LinkTo>], width: f32) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    while start < units.len() {
        let end = line_end(&units[start..], width) + start;
        lines.push(line(&units[start..end], links));
        start = end;
    }
    if lines.is_empty() {
        lines.push(Line::default());
    }
    lines
}

/// How many units the first line takes, the blanks that it ends with included.
fn line_end(units: &[Unit], width: f32) -> usize {
    let mut used = 0.0;
    // After a blank, and after a sign inside a word: where to, and how wide the line then is.
    let mut blank: Option<(usize, f32)> = None;
    let mut sign: Option<(usize, f32)> = None;
    for (index, unit) in units.iter().enumerate() {
        if unit.c == ' ' {
            used += unit.width;
            blank = Some((index + 1, used));
            continue;
        }
        // A hair of tolerance, so that a column as wide as its text does not wrap it.
        if used + unit.width > width + 0.01 && index > 0 {
            let well_filled = |(_, at): &(usize, f32)| *at >= 0.55 * width;
            let later = |place: &(usize, f32)| blank.is_none_or(|blank| place.0 > blank.0);
            let end = blank.filter(well_filled).or(sign.filter(later)).or(blank);
            return end.map_or_else(|| before_marks(units, index), |(end, _)| end).max(1);
        }
        used += unit.width;
        if breaks_after(units, index) {
            sign = Some((index + 1, used));
        }
    }
    units.len()
}

/// The place at or before `index` where no accent is torn from its letter.
fn before_marks(units: &[Unit], index: usize) -> usize {
    let is_mark = |c: char| matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}');
    let mut at = index;
    while at > 1 && is_mark(units[at].c) {
        at -= 1;
    }
    // A whole line of accents: torn all the same.
    if at <= 1 { index } else { at }
}

/// Whether a long word may end a line after this sign. Figures are not torn: `2026-03-01`, `10.0.0.1`, `12,345`.
fn breaks_after(units: &[Unit], index: usize) -> bool {
    let (c, next) = (units[index].c, units.get(index + 1).map_or(' ', |unit| unit.c));
    match c {
        '/' | '_' | '=' | '&' | '?' | '|' | ';' | '@' | ']' | ')' | '}' => true,
        '-' | '.' | ',' | ':' | '+' => !(next.is_ascii_digit() || next == '/' || next == '-'),
        _ => false,
    }
}

fn line(units: &[Unit], links: &[Rc<LinkTo>]) -> Line {
    let mut line = Line::default();
    let mut x = 0.0;
    let mut last_link = NO_LINK;
    for unit in units {
        let joins = |piece: &Piece| {
            piece.kind == Kind::Glyphs
                && unit.kind == Kind::Glyphs
                && piece.style == unit.style
                && last_link == unit.link
        };
        match line.pieces.last_mut() {
            Some(piece) if joins(piece) => {
                piece.text.push(unit.c);
                piece.width += unit.width;
            }
            _ => line.pieces.push(Piece {
                x,
                width: unit.width,
                text: unit.c.to_string(),
                style: unit.style,
                kind: unit.kind,
                link: links.get(unit.link as usize).cloned(),
            }),
        }
        last_link = unit.link;
        x += unit.width;
        if unit.c != ' ' {
            line.width = x;
        }
    }
    line
}

/// The widest of the words that have at most `most` letters, in points.
pub(super) fn longest_word(text: &str, style: Style, most: usize) -> f32 {
    let width_of = |word: &str| {
        let mut wide = 0.0;
        for (index, c) in word.chars().enumerate() {
            if index >= most {
                return 0.0;
            }
            wide += glyph(style.face, c).map_or_else(|| box_advance(c), |g| g.advance);
        }
        wide * style.size
    };
    text.split(' ').map(width_of).fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style::new(Face::Sans, 10.0, Ink::Text);

    fn broken(text: &str, width: f32) -> Vec<String> {
        let text_of = |line: &Line| line.pieces.iter().map(|p| p.text.as_str()).collect::<String>();
        set_str(text, STYLE, width).iter().map(text_of).collect()
    }

    #[test]
    fn lines_end_after_words() {
        assert_eq!(broken("one two three", 40.0), ["one two ", "three"]);
    }

    #[test]
    fn a_long_word_ends_at_signs_or_anywhere() {
        assert_eq!(broken("/usr/lib/python", 50.0), ["/usr/lib/", "python"]);
        let lines = broken(&"x".repeat(40), 50.0);
        assert!(lines.len() > 3 && lines.concat() == "x".repeat(40));
    }

    #[test]
    fn nothing_is_wider_than_the_column() {
        for text in [
            "a word and /a/very/long/path-that.ends_nowhere 12,345",
            "日本語のテキスト",
            "e\u{301}e\u{301}e\u{301}e\u{301}",
        ] {
            for width in [12.0, 30.0, 77.0] {
                assert!(set_str(text, STYLE, width).iter().all(|line| line.width <= width + 0.02), "{text} {width}");
            }
        }
    }

    #[test]
    fn no_width_still_ends() {
        assert_eq!(set_str("abc", STYLE, 0.0).len(), 3);
        assert_eq!(set_str("", STYLE, 100.0).len(), 1);
    }

    #[test]
    fn accents_stay_with_their_letter() {
        for line in broken(&"e\u{301}".repeat(30), 25.0) {
            assert!(line.starts_with('e'), "{line:?}");
        }
    }
}
