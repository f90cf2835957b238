//! Text that was put together from parts of files, and where each part came from.
//!
//! A condition is folded by YAML, joined by appends, gets exceptions, and has list names replaced before it is parsed.
//! Every stretch of the result remembers two places: the *leaf*, where its characters stand (an item in a list's
//! definition), and the *outer* place, where the reader of the rule sees it (the list's name in the condition).

use std::ops::Range;

use avouch_diagnostics::{FileId, Span};

/// Where a stretch of text stands in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Byte for byte from this offset on.
    Run(FileId, u32),
    /// All of it stands for this span.
    Fixed(Span),
}

impl Place {
    fn span(self, from: usize, to: usize) -> Span {
        match self {
            Place::Fixed(span) => span,
            Place::Run(file, start) => {
                let at = |n: usize| start.saturating_add(u32::try_from(n).unwrap_or(u32::MAX));
                Span { file, start: at(from), end: at(to) }
            }
        }
    }

    fn skip(self, bytes: usize) -> Place {
        match self {
            Place::Fixed(_) => self,
            Place::Run(file, start) => Place::Run(file, start.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX))),
        }
    }
}

/// One stretch; it ends where the next one starts.
#[derive(Clone, Copy, Debug)]
struct Piece {
    at: usize,
    leaf: Place,
    outer: Place,
    /// Start of the scalar that the outer place lies in; spans are not drawn across scalars.
    scope: Span,
}

/// Where the bytes of a text stand in files.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    pieces: Vec<Piece>,
}

impl Places {
    /// Every byte in its own place, from `start` on.
    pub(crate) fn run(file: FileId, start: u32) -> Places {
        let place = Place::Run(file, start);
        Places { pieces: vec![Piece { at: 0, leaf: place, outer: place, scope: Span { file, start, end: start } }] }
    }

    fn piece(&self, offset: usize) -> Option<(usize, &Piece)> {
        let i = self.pieces.partition_point(|p| p.at <= offset).checked_sub(1)?;
        Some((i, self.pieces.get(i)?))
    }

    /// Whether two offsets come from the same scalar.
    pub(crate) fn same_scalar(&self, a: usize, b: usize) -> bool {
        let scope = |at| self.piece(at).map(|(_, p)| p.scope);
        scope(a) == scope(b)
    }

    /// Where the characters themselves stand.
    pub(crate) fn leaf(&self, range: Range<usize>) -> Span {
        let last = range.end.saturating_sub(1).max(range.start);
        let (Some((i, p)), Some((j, q))) = (self.piece(range.start), self.piece(last)) else { return Span::default() };
        let start = p.leaf.span(range.start - p.at, range.end - p.at);
        if i == j {
            return start;
        }
        let end = q.leaf.span(last - q.at, range.end - q.at);
        if p.scope == q.scope && start.file == end.file && end.end >= start.start {
            return Span { end: end.end, ..start };
        }
        let to = self.pieces.get(i + 1).map_or(range.end, |n| n.at);
        p.leaf.span(range.start - p.at, to.min(range.end) - p.at)
    }

    /// Where the reader of the condition sees them; stays inside the scalar in which the range begins.
    pub(crate) fn outer(&self, range: Range<usize>) -> Span {
        let last = range.end.saturating_sub(1).max(range.start);
        let (Some((i, p)), Some((j, _))) = (self.piece(range.start), self.piece(last)) else { return Span::default() };
        let start = p.outer.span(range.start - p.at, range.end - p.at);
        for k in (i..=j).rev() {
            let Some(q) = self.pieces.get(k) else { continue };
            if q.scope != p.scope {
                continue;
            }
            let to = self.pieces.get(k + 1).map_or(range.end, |n| n.at).min(range.end);
            let end = q.outer.span(0, to.saturating_sub(q.at)).end;
            return Span { end: end.max(start.start), ..start };
        }
        start
    }
}

/// A text and where its bytes stand.
#[derive(Clone, Debug, Default)]
pub(crate) struct MappedText {
    text: String,
    places: Places,
}

impl MappedText {
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn places(&self) -> &Places {
        &self.places
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// A text whose bytes stand together.
    #[cfg(test)]
    pub(crate) fn fixed(text: &str, span: Span) -> MappedText {
        let mut out = MappedText::default();
        out.push(text, span);
        out
    }

    /// Appends text that stands for `span` as a whole.
    pub(crate) fn push(&mut self, text: &str, span: Span) {
        let place = Place::Fixed(span);
        self.push_placed(text, place, place, span);
    }

    /// Appends text with its leaf, its outer place and the scope of the latter.
    pub(crate) fn push_placed(&mut self, text: &str, leaf: Place, outer: Place, scope: Span) {
        if !text.is_empty() {
            self.places.pieces.push(Piece { at: self.text.len(), leaf, outer, scope });
            self.text.push_str(text);
        }
    }

    /// Appends bytes without a place of their own; they belong to what stands before them.
    pub(crate) fn push_glue(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Cuts the text off at a character boundary.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.text.truncate(len);
        while self.places.pieces.last().is_some_and(|p| p.at >= len) {
            self.places.pieces.pop();
        }
    }

    /// Appends all of another text.
    pub(crate) fn append(&mut self, other: &MappedText) {
        self.push_slice(other, 0..other.len());
    }

    /// Appends a part of another text; `range` lies on character boundaries.
    pub(crate) fn push_slice(&mut self, other: &MappedText, range: Range<usize>) {
        let Some(text) = other.text.get(range.clone()) else { return };
        if text.is_empty() {
            return;
        }
        let base = self.text.len();
        let first = other.places.piece(range.start).map_or(0, |(i, _)| i);
        for piece in other.places.pieces.get(first..).unwrap_or_default().iter().take_while(|p| p.at < range.end) {
            let cut = range.start.saturating_sub(piece.at);
            self.places.pieces.push(Piece {
                at: base + piece.at.saturating_sub(range.start),
                leaf: piece.leaf.skip(cut),
                outer: piece.outer.skip(cut),
                scope: piece.scope,
            });
        }
        self.text.push_str(text);
    }

    /// Replaces the outer place of everything: what came through a list is seen at the list's name.
    pub(crate) fn push_seen_at(&mut self, text: &str, leaf: Span, seen: Span, scope: Span) {
        self.push_placed(text, Place::Fixed(leaf), Place::Fixed(seen), scope);
    }

    /// The scope in force at an offset.
    pub(crate) fn scope(&self, offset: usize) -> Span {
        self.places.piece(offset).map(|(_, p)| p.scope).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(file: u32, start: u32, end: u32) -> Span {
        Span { file: FileId(file), start, end }
    }

    #[test]
    fn slices_keep_their_places() {
        let mut whole = MappedText::default();
        let scope = span(0, 10, 10);
        let place = Place::Run(FileId(0), 10);
        whole.push_placed("a in (", place, place, scope);
        whole.push_seen_at("x", span(1, 3, 4), span(0, 16, 20), scope);
        whole.push_placed(")", Place::Run(FileId(0), 20), Place::Run(FileId(0), 20), scope);
        let mut part = MappedText::default();
        part.push_slice(&whole, 2..8);
        assert_eq!(part.as_str(), "in (x)");
        assert_eq!(part.places().leaf(0..2), span(0, 12, 14));
        assert_eq!(part.places().leaf(4..5), span(1, 3, 4));
        assert_eq!(part.places().outer(0..6), span(0, 12, 21));
        assert_eq!(part.places().outer(0..5), span(0, 12, 20));
    }

    #[test]
    fn spans_stay_in_their_scalar() {
        let mut text = MappedText::default();
        let place = Place::Run(FileId(0), 100);
        text.push_placed("a", place, place, span(0, 100, 100));
        text.push_glue(" ");
        let place = Place::Run(FileId(2), 5);
        text.push_placed("and b", place, place, span(2, 5, 5));
        assert_eq!(text.places().outer(0..7), span(0, 100, 102));
        assert_eq!(text.places().leaf(6..7), span(2, 9, 10));
    }
}
