//! Builds trees from the parser's events, within limits.

use std::rc::Rc;

use avouch_diagnostics::{FileId, Span};
use granit_parser::{Event, Options, Parser, ScalarStyle, StrInput, StructureStyle};
use rustc_hash::FxHashMap;

use super::{Content, Node, Style, span};

/// Deepest nesting; rule files need five levels.
const MAX_DEPTH: usize = 64;
/// Most nodes in one file, aliases written out. The largest upstream pack has about 10,000.
const MAX_NODES: u32 = 2_000_000;
/// Largest file, in bytes; upstream packs have up to 200 kB. Offsets must fit 32 bits.
const MAX_BYTES: usize = 64 << 20;

/// Why a file is no YAML that we read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// What is wrong.
    pub(crate) title: String,
    /// Said at the caret.
    pub(crate) label: String,
    pub(crate) span: Span,
}

/// The documents of a file. With a problem, those before it.
pub(crate) fn documents(file: FileId, text: &str) -> (Vec<Rc<Node>>, Option<Problem>) {
    let mut documents = Vec::new();
    if text.len() > MAX_BYTES {
        return (documents, Some(limit(span(file, 0, 0), format!("file is larger than {MAX_BYTES} bytes"))));
    }
    // A byte order mark is no part of the document; the offsets count it.
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut options = Options::default();
    options.set_emit_comments(false);
    let parser = Parser::new_from_str_with_options(body, options);
    let skipped = text.len() - body.len();
    let mut composer = Composer { parser, file, text, skipped, anchors: FxHashMap::default(), nodes: 0 };
    let problem = composer.stream(&mut documents).err();
    (documents, problem)
}

fn limit(span: Span, title: String) -> Problem {
    Problem { title, label: "more than this is not read".to_owned(), span }
}

struct Composer<'t> {
    parser: Parser<'t, StrInput<'t>>,
    file: FileId,
    text: &'t str,
    skipped: usize,
    anchors: FxHashMap<usize, Rc<Node>>,
    nodes: u32,
}

impl<'t> Composer<'t> {
    fn stream(&mut self, documents: &mut Vec<Rc<Node>>) -> Result<(), Problem> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(()),
                (Event::DocumentStart(..), _) => {
                    let (first, place) = self.next()?;
                    let root = self.node(first, place, 0)?;
                    documents.push(root);
                }
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Problem> {
        match self.parser.next_event() {
            None => Ok((Event::StreamEnd, span(self.file, self.text.len(), self.text.len()))),
            Some(Ok((event, place))) => {
                let range = place.byte_range().unwrap_or_default();
                let start = (range.start.saturating_add(self.skipped)).min(self.text.len());
                let end = (range.end.saturating_add(self.skipped)).clamp(start, self.text.len());
                // Block scalars end at the next token; what is between is not theirs.
                let end = self.text.get(start..end).map_or(end, |t| start + t.trim_end().len());
                Ok((event, span(self.file, start, end)))
            }
            Some(Err(e)) => {
                let at = e.marker().byte_offset().unwrap_or(0).saturating_add(self.skipped).min(self.text.len());
                Err(Problem {
                    title: format!("file is not YAML: {}", e.info()),
                    label: "here".to_owned(),
                    span: span(self.file, at, at),
                })
            }
        }
    }

    fn node(&mut self, event: Event<'t>, place: Span, depth: usize) -> Result<Rc<Node>, Problem> {
        if depth > MAX_DEPTH {
            return Err(limit(place, format!("YAML is nested deeper than {MAX_DEPTH} levels")));
        }
        self.nodes = self.nodes.saturating_add(1);
        let (content, anchor, place) = match event {
            Event::Alias(id) => {
                let Some(node) = self.anchors.get(&id).cloned() else {
                    return Err(Problem {
                        title: "file is not YAML: alias without an anchor".to_owned(),
                        label: "this anchor is not complete here".to_owned(),
                        span: place,
                    });
                };
                self.nodes = self.nodes.saturating_add(node.weight);
                self.check_weight(place)?;
                return Ok(node);
            }
            Event::Scalar(value, style, anchor, _) => {
                let style = match style {
                    ScalarStyle::SingleQuoted => Style::SingleQuoted,
                    ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
                    ScalarStyle::Literal => Style::Literal,
                    ScalarStyle::Folded => Style::Folded,
                    ScalarStyle::Plain => Style::Plain,
                };
                // The parser says `~` where nothing is written.
                let nothing = style == Style::Plain && place.start == place.end;
                let text = if nothing { String::new() } else { value.into_owned() };
                (Content::Scalar { text, style }, anchor, place)
            }
            Event::SequenceStart(style, anchor, _) => {
                let mut items = Vec::new();
                let end = loop {
                    let (event, end) = self.next()?;
                    if matches!(event, Event::SequenceEnd | Event::StreamEnd) {
                        break end;
                    }
                    items.push(self.node(event, end, depth + 1)?);
                };
                let flow = style == StructureStyle::Flow;
                let last = if flow { Some(end) } else { items.last().map(|i: &Rc<Node>| i.span) };
                (Content::Sequence { items }, anchor, last.map_or(place, |l| place.to(l)))
            }
            Event::MappingStart(style, anchor, _) => {
                let mut entries: Vec<(Rc<Node>, Rc<Node>)> = Vec::new();
                let end = loop {
                    let (event, end) = self.next()?;
                    if matches!(event, Event::MappingEnd | Event::StreamEnd) {
                        break end;
                    }
                    let key = self.node(event, end, depth + 1)?;
                    let (event, at) = self.next()?;
                    let value = self.node(event, at, depth + 1)?;
                    entries.push((key, value));
                };
                let flow = style == StructureStyle::Flow;
                // A block mapping's own mark may stand before or after its first key.
                let first = entries.first().map_or(place, |(k, _)| if flow { place } else { k.span });
                let last = if flow { Some(end) } else { entries.last().map(|(k, v)| k.span.to(v.span)) };
                (Content::Mapping { entries, flow }, anchor, last.map_or(first, |l| first.to(l)))
            }
            _ => (Content::Scalar { text: String::new(), style: Style::Plain }, 0, place),
        };
        let weight = match &content {
            Content::Scalar { .. } => 1,
            Content::Sequence { items, .. } => items.iter().fold(1u32, |n, i| n.saturating_add(i.weight)),
            Content::Mapping { entries, .. } => {
                entries.iter().fold(1u32, |n, (k, v)| n.saturating_add(k.weight).saturating_add(v.weight))
            }
        };
        self.check_weight(place)?;
        let node = Rc::new(Node { content, span: place, weight });
        if anchor > 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        Ok(node)
    }

    fn check_weight(&self, place: Span) -> Result<(), Problem> {
        if self.nodes > MAX_NODES {
            return Err(limit(place, format!("YAML has more than {MAX_NODES} parts, aliases written out")));
        }
        Ok(())
    }
}
