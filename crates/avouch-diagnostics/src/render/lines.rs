//! Line and column of offsets, with the line starts of each file found once.

use std::collections::BTreeMap;

use crate::{FileId, SourceMap, Span};

/// Place of a span for people: lines and columns from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) end_line: usize,
    pub(super) end_column: usize,
}

/// Line starts by file.
pub(super) struct Lines<'a> {
    map: &'a SourceMap,
    starts: BTreeMap<FileId, Vec<usize>>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(map: &'a SourceMap) -> Self {
        Self { map, starts: BTreeMap::new() }
    }

    /// Name of the file; `?` for an id of another map.
    pub(super) fn name(&self, file: FileId) -> &'a str {
        self.map.get(file).map_or("?", |s| s.name.as_str())
    }

    /// The span as byte offsets that lie inside the text and on character boundaries, at least one character wide
    /// where there is one.
    pub(super) fn clamp(&self, span: Span) -> (usize, usize) {
        let Some(source) = self.map.get(span.file) else { return (0, 0) };
        let text = source.text.as_str();
        let start = text.floor_char_boundary((span.start as usize).min(text.len()));
        let mut end = text.floor_char_boundary((span.end as usize).clamp(start, text.len()));
        if end == start {
            let next = text.get(start..).and_then(|t| t.chars().next()).filter(|c| *c != '\n');
            end = start + next.map_or(0, char::len_utf8);
        }
        (start, end)
    }

    /// Lines and columns of a span; `None` for an id of another map.
    pub(super) fn region(&mut self, span: Span) -> Option<Region> {
        let (start, end) = self.clamp(span);
        let (line, column) = self.position(span.file, start)?;
        let (end_line, end_column) = self.position(span.file, end)?;
        Some(Region { line, column, end_line, end_column })
    }

    fn position(&mut self, file: FileId, offset: usize) -> Option<(usize, usize)> {
        let text = self.map.get(file)?.text.as_str();
        let starts = self.starts.entry(file).or_insert_with(|| {
            std::iter::once(0)
                .chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i + 1))
                .collect()
        });
        let line = starts.partition_point(|s| *s <= offset);
        let start = starts.get(line.saturating_sub(1)).copied().unwrap_or(0);
        Some((line, text.get(start..offset)?.chars().count() + 1))
    }
}
