//! What a rule prints: templates, and the values of their fields.

mod append;
mod render;
mod template;

use avouch_diagnostics::{Diagnostic, Span};
use avouch_event::{Arena, FieldCatalog, FieldReader, Output as Target, Print, Shape, Value};
use serde_json::{Map, Value as Json};

use crate::constant::Kind;
use crate::operand::{Operand, Source};
use crate::typing::Typer;

pub(crate) use append::output_of;
pub use append::{AppendOutput, ExtraField};
pub(crate) use render::value_text;

/// Options of rendering.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RenderOptions {
    /// Byte buffers print as base64 instead of with dots for what cannot be printed.
    pub base64_bytes: bool,
}

/// The output of one rule: its template, with what configuration appends.
#[derive(Debug, Default)]
pub struct Output {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) tokens: Vec<Token>,
    /// Fields that only the JSON map shows.
    pub(crate) extra: Vec<Extra>,
    /// The template as it is rendered.
    pub(crate) template: String,
}

/// A part of a template.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Text(String),
    /// A token, padded or cut to `width` bytes.
    Token {
        index: usize,
        width: Option<usize>,
    },
}

/// A field or transformer in a template.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    /// As written, without `%`; key of the JSON map.
    pub(crate) key: String,
    pub(crate) operand: Operand,
    pub(crate) print: Print,
}

/// A field that only the JSON map shows.
#[derive(Debug)]
pub(crate) enum Extra {
    /// The value itself.
    Value(Token),
    /// A text made from a template.
    Text { key: String, output: Output },
}

impl Token {
    fn read<'e, R: FieldReader>(&'e self, reader: &'e R, target: Target, arena: &'e Arena) -> Option<Value<'e>> {
        match &self.operand.source {
            Source::Field(field) => reader.read_output(field, target, arena),
            _ => self.operand.read(reader, arena),
        }
    }

    fn style(&self) -> render::Style {
        render::Style {
            print: self.print,
            blanks: self.operand.shape == Shape::Ancestors,
            bits: match Kind::of(self.operand.ty) {
                Kind::Int { bits, .. } => bits,
                _ => 64,
            },
        }
    }
}

impl Output {
    /// A template on its own, over the fields of a source: `%proc.name %user.name`.
    ///
    /// # Errors
    /// What is wrong with it, as for the output of a rule.
    pub fn compile(template: &str, source: &str, catalog: &dyn FieldCatalog) -> Result<Self, Box<Diagnostic>> {
        let typer = Typer::new(source, catalog, &[]);
        template::parse(template, Span::default(), &typer).map(|(output, _)| output)
    }

    /// The template as it is rendered, appended parts included.
    #[must_use]
    pub fn template(&self) -> &str {
        &self.template
    }

    /// Keys of the JSON map, in order of appearance.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let extra = self.extra.iter().map(|e| match e {
            Extra::Value(token) => token.key.as_str(),
            Extra::Text { key, .. } => key.as_str(),
        });
        self.tokens.iter().map(|t| t.key.as_str()).chain(extra)
    }

    /// Appends the text for the event that `reader` reads. Absent values print as `<NA>`; bytes that are not UTF-8 stay.
    pub fn text<R: FieldReader>(&self, reader: &R, arena: &Arena, options: RenderOptions, out: &mut Vec<u8>) {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
                Piece::Token { index, width } => {
                    let start = out.len();
                    if let Some(token) = self.tokens.get(*index) {
                        match token.read(reader, Target::Text, arena) {
                            Some(value) => render::text(value, token.style(), options, out),
                            None => out.extend_from_slice(render::ABSENT),
                        }
                    }
                    if let Some(width) = width {
                        out.resize(start.saturating_add(*width), b' ');
                    }
                }
            }
        }
    }

    /// The values of the template's fields by token text, for JSON. Numbers, booleans and lists stay such, absent is
    /// null; fields inside a transformer's call appear by themselves as well.
    pub fn fields<R: FieldReader>(&self, reader: &R, arena: &Arena, options: RenderOptions) -> Map<String, Json> {
        let mut map = Map::new();
        let mut put = |token: &Token| {
            let value = token.read(reader, Target::Json, arena);
            map.insert(token.key.clone(), value.map_or(Json::Null, |v| render::json(v, token.style(), options)));
        };
        for token in &self.tokens {
            put(token);
        }
        for extra in &self.extra {
            if let Extra::Value(token) = extra {
                put(token);
            }
        }
        for extra in &self.extra {
            if let Extra::Text { key, output } = extra {
                let mut text = Vec::new();
                output.text(reader, arena, options, &mut text);
                map.insert(key.clone(), Json::String(String::from_utf8_lossy(&text).into_owned()));
            }
        }
        map
    }
}
