//! Templates: text with `%field`, `%8field`, `%tolower(field)`.

use avouch_diagnostics::{Diagnostic, Span};
use avouch_event::Print;
use avouch_rules::operand_prefixes;

use super::{Output, Piece, Token};
use crate::codes;
use crate::operand::{Operand, Source};
use crate::typing::{Place, Typer};

/// Parses a template. Warnings come with it; the error is the first token that is none.
pub(super) fn parse(text: &str, span: Span, typer: &Typer<'_>) -> Result<(Output, Vec<Diagnostic>), Box<Diagnostic>> {
    // A leading star says that absent values do not suppress the message, which they never do for rules.
    let text = text.strip_prefix('*').unwrap_or(text);
    let mut out = Output { template: text.to_owned(), ..Output::default() };
    let mut warnings = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        let (plain, token) = rest.split_at(at);
        push_text(&mut out.pieces, plain);
        let token = token.get(1..).unwrap_or("");
        let digits = token.bytes().take_while(u8::is_ascii_digit).count();
        let (width, token) = token.split_at(digits);
        // Wider than any screen is a mistake; the cap keeps a hostile template from filling the memory.
        let width = (!width.is_empty()).then(|| width.parse::<usize>().unwrap_or(usize::MAX).min(65_536));
        let (operand, len) = operand(token, span, typer, &mut warnings)?;
        let key = token.get(..len).unwrap_or("").to_owned();
        let index = push_token(&mut out.tokens, key, operand, typer);
        out.pieces.push(Piece::Token { index, width });
        rest = token.get(len..).unwrap_or("");
    }
    push_text(&mut out.pieces, rest);
    Ok((out, warnings))
}

/// The longest operand that `text` begins with and that the source has.
pub(super) fn operand(
    text: &str,
    span: Span,
    typer: &Typer<'_>,
    warnings: &mut Vec<Diagnostic>,
) -> Result<(Operand, usize), Box<Diagnostic>> {
    let mut first_error = None;
    for candidate in operand_prefixes(text, span.file, span.start) {
        match typer.try_operand(&candidate.operand, Place::Output) {
            Ok((operand, found)) => {
                // Places inside a template are not known; the template's own is.
                warnings.extend(found.into_iter().map(|w| place(w, span)));
                return Ok((operand, candidate.len));
            }
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    let shown: String = text.chars().take_while(|c| !c.is_whitespace()).take(60).collect();
    let mut d = codes::BAD_OUTPUT
        .at_fault(format!("`%{shown}` is no field of source `{}`", typer.source))
        .at(span, "in this output")
        .falco_message(format!("invalid formatting token {shown}"));
    if let Some(error) = first_error {
        if error.code != codes::UNKNOWN_FIELD.id {
            d = d.note(error.title);
        }
        d.help = error.help;
    }
    Err(Box::new(d))
}

fn place(mut d: Diagnostic, span: Span) -> Diagnostic {
    for label in &mut d.labels {
        label.span = span;
    }
    d
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    if text.is_empty() {
        return;
    }
    match pieces.last_mut() {
        Some(Piece::Text(last)) => last.push_str(text),
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}

/// Adds a token, and the fields inside a transformer, once each.
fn push_token(tokens: &mut Vec<Token>, key: String, operand: Operand, typer: &Typer<'_>) -> usize {
    if let Some(i) = tokens.iter().position(|t| t.key == key) {
        return i;
    }
    let index = tokens.len();
    tokens.push(token(key, operand.clone(), typer));
    if !matches!(operand.source, Source::Field(_)) {
        operand.fields(&mut |_, inner| {
            if !tokens.iter().any(|t| *t.key == *inner.text) {
                tokens.push(token(inner.text.to_string(), inner.clone(), typer));
            }
        });
    }
    index
}

pub(super) fn token(key: String, operand: Operand, typer: &Typer<'_>) -> Token {
    let print = match &operand.source {
        Source::Field(f) => typer.catalog.decl(f.id).print,
        _ => Print::Plain,
    };
    Token { key, operand, print }
}

/// Puts `other` behind `output`, after a blank.
pub(super) fn append(output: &mut Output, other: Output) {
    output.template = format!("{} {}", output.template, other.template);
    push_text(&mut output.pieces, " ");
    let mut index_of = Vec::with_capacity(other.tokens.len());
    for token in other.tokens {
        let index = output.tokens.iter().position(|t| t.key == token.key).unwrap_or(output.tokens.len());
        if index == output.tokens.len() {
            output.tokens.push(token);
        }
        index_of.push(index);
    }
    for piece in other.pieces {
        match piece {
            Piece::Text(text) => push_text(&mut output.pieces, &text),
            Piece::Token { index, width } => {
                let index = index_of.get(index).copied().unwrap_or(0);
                output.pieces.push(Piece::Token { index, width });
            }
        }
    }
}
