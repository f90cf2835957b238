//! The YAML that our files need: mappings, lists and texts with their places. No anchors, no tags, bounded size.

use avouch_diagnostics::{FileId, Span};
use granit_parser::{Event, Options, Parser, StrInput};

/// Larger files are refused; 242 rules take 90 kB.
const MAX_BYTES: usize = 16 << 20;
/// Control lists have eight levels.
const MAX_DEPTH: usize = 16;

/// A text as our files write it: in double quotes, with the escapes that JSON and YAML share.
#[must_use]
pub fn quoted(text: &str) -> String {
    let json = serde_json::Value::String(text.to_owned()).to_string();
    // JSON leaves DEL and some separators as they are, which YAML does not take, or takes for the end of a line.
    json.chars()
        .map(|c| match c {
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                format!("\\u{:04x}", u32::from(c))
            }
            c => c.to_string(),
        })
        .collect()
}

/// A part of the file.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) content: Content,
    pub(crate) span: Span,
}

/// What it is.
#[derive(Debug)]
pub(crate) enum Content {
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

/// Why the file cannot be read.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) title: String,
    pub(crate) span: Span,
}

/// The first document, or `None` for a file without one.
pub(crate) fn parse(file: FileId, text: &str) -> Result<Option<Node>, Problem> {
    let place = |start: usize, end: usize| {
        let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span { file, start: at(start), end: at(end) }
    };
    if text.len() > MAX_BYTES {
        return Err(Problem { title: format!("file is larger than {MAX_BYTES} bytes"), span: place(0, 0) });
    }
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let skipped = text.len() - body.len();
    let mut options = Options::default();
    options.set_emit_comments(false);
    let mut reader = Reader { parser: Parser::new_from_str_with_options(body, options), text, skipped, place: &place };
    loop {
        match reader.next()? {
            (Event::StreamEnd, _) => return Ok(None),
            (Event::DocumentStart(..), _) => {
                let (event, span) = reader.next()?;
                let root = reader.node(event, span, 0)?;
                return reader.end().map(|()| Some(root));
            }
            _ => {}
        }
    }
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    text: &'t str,
    skipped: usize,
    place: &'t dyn Fn(usize, usize) -> Span,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), Problem> {
        match self.parser.next_event() {
            None => Ok((Event::StreamEnd, (self.place)(self.text.len(), self.text.len()))),
            Some(Ok((event, at))) => {
                let range = at.byte_range().unwrap_or_default();
                let start = range.start.saturating_add(self.skipped).min(self.text.len());
                let end = range.end.saturating_add(self.skipped).clamp(start, self.text.len());
                let end = self.text.get(start..end).map_or(end, |t| start + t.trim_end().len());
                Ok((event, (self.place)(start, end)))
            }
            Some(Err(e)) => {
                let at = e.marker().byte_offset().unwrap_or(0).saturating_add(self.skipped).min(self.text.len());
                Err(Problem { title: format!("file is not YAML: {}", e.info()), span: (self.place)(at, at) })
            }
        }
    }

    /// A second document would be read by nobody.
    fn end(&mut self) -> Result<(), Problem> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(()),
                (Event::DocumentStart(..), span) => {
                    return Err(Problem { title: "file has more than one document".to_owned(), span });
                }
                _ => {}
            }
        }
    }

    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Node, Problem> {
        if depth > MAX_DEPTH {
            return Err(Problem { title: format!("file is nested deeper than {MAX_DEPTH} levels"), span });
        }
        match event {
            Event::Scalar(value, ..) => {
                // The parser says `~` where nothing is written.
                let text = if span.start == span.end { String::new() } else { value.into_owned() };
                Ok(Node { content: Content::Text(text), span })
            }
            Event::SequenceStart(..) => {
                let mut items = Vec::new();
                loop {
                    let (event, at) = self.next()?;
                    if matches!(event, Event::SequenceEnd | Event::StreamEnd) {
                        return Ok(Node { content: Content::List(items), span: span.to(at) });
                    }
                    items.push(self.node(event, at, depth + 1)?);
                }
            }
            Event::MappingStart(..) => {
                let mut entries = Vec::new();
                loop {
                    let (event, at) = self.next()?;
                    if matches!(event, Event::MappingEnd | Event::StreamEnd) {
                        return Ok(Node { content: Content::Map(entries), span: span.to(at) });
                    }
                    let key = self.node(event, at, depth + 1)?;
                    let (event, at) = self.next()?;
                    entries.push((key, self.node(event, at, depth + 1)?));
                }
            }
            Event::Alias(_) => Err(Problem { title: "aliases are not read in these files".to_owned(), span }),
            _ => Ok(Node { content: Content::Text(String::new()), span }),
        }
    }
}
