//! Layout of conditions: from the tokens that the parser saw, so that nothing but blanks changes.

use avouch_diagnostics::FileId;

use crate::condition::{Token, TokenKind, parse_tokens};
use crate::text::Places;

/// Longest line, in characters.
const WIDTH: usize = 100;
/// Step of indentation.
const STEP: usize = 2;

/// A token with its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Word<'t> {
    kind: TokenKind,
    text: &'t str,
}

/// Tokens of a condition, or of a part that is appended to one.
fn words(text: &str) -> Option<Vec<Word<'_>>> {
    let places = Places::run(FileId(0), 0);
    if let Ok((_, tokens)) = parse_tokens(text, &places) {
        return resolve(text, &tokens, 0);
    }
    // An appended part begins with `and` or `or`; give it something to follow.
    const HEAD: &str = "x ";
    let whole = format!("{HEAD}{text}");
    let (_, tokens) = parse_tokens(&whole, &places).ok()?;
    resolve(text, tokens.get(1..)?, HEAD.len())
}

fn resolve<'t>(text: &'t str, tokens: &[Token], shift: usize) -> Option<Vec<Word<'t>>> {
    tokens
        .iter()
        .map(|t| {
            let text = text.get(t.start.checked_sub(shift)?..t.end.checked_sub(shift)?)?;
            Some(Word { kind: t.kind, text })
        })
        .collect()
}

/// Whether two conditions have the same tokens.
pub(super) fn same_tokens(a: &str, b: &str) -> bool {
    match (words(a), words(b)) {
        (Some(x), Some(y)) => x == y,
        _ => false,
    }
}

/// What stands after `condition:`, for a key in the given column: a blank and one line, or a folded block. `None` when the
/// text is no condition or holds a line break inside quotes.
pub(super) fn layout(text: &str, column: usize, block: bool) -> Option<String> {
    let words = words(text)?;
    if words.iter().any(|w| w.text.contains(['\n', '\r', '\t'])) {
        return None;
    }
    let line = one_line(&words);
    let fits = column + "condition: ".len() + line.chars().count() <= WIDTH;
    if !block && fits && is_plain(&line) {
        return Some(format!(" {line}"));
    }
    let indent = column + STEP;
    let mut lines = Vec::new();
    break_up(&words, indent, &mut lines);
    let mut out = String::from(" >");
    for (depth, line) in lines {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', depth));
        out.push_str(&line);
    }
    Some(out)
}

/// Whether YAML reads the line as it stands, without quotes.
fn is_plain(line: &str) -> bool {
    let starts = |c: char| c.is_ascii_alphanumeric() || c == '(' || c == '_';
    line.starts_with(starts) && !line.contains(": ") && !line.contains(" #") && !line.ends_with(':')
}

fn one_line(words: &[Word<'_>]) -> String {
    let mut out = String::new();
    let mut glued = true;
    for word in words {
        let tight = matches!(word.kind, TokenKind::Close | TokenKind::CallClose | TokenKind::Comma);
        if !glued && !tight {
            out.push(' ');
        }
        out.push_str(word.text);
        glued = matches!(word.kind, TokenKind::Open | TokenKind::Call);
    }
    out
}

/// Depth of parentheses before each word; a closing one has the depth of its opening one.
fn depths(words: &[Word<'_>]) -> Vec<usize> {
    let mut depth = 0usize;
    words
        .iter()
        .map(|w| match w.kind {
            TokenKind::Open | TokenKind::Call => {
                depth += 1;
                depth - 1
            }
            TokenKind::Close | TokenKind::CallClose => {
                depth = depth.saturating_sub(1);
                depth
            }
            _ => depth,
        })
        .collect()
}

/// Breaks a condition into lines with their indentation: before `and` and `or`, inside parentheses that do not fit, and
/// between the values of long lists.
fn break_up(words: &[Word<'_>], indent: usize, out: &mut Vec<(usize, String)>) {
    let line = one_line(words);
    let depth = depths(words);
    let joints: Vec<usize> = words
        .iter()
        .zip(&depth)
        .enumerate()
        .filter(|(i, (w, d))| *i > 0 && **d == 0 && matches!(w.kind, TokenKind::And | TokenKind::Or))
        .map(|(i, _)| i)
        .collect();
    if indent + line.chars().count() <= WIDTH && (joints.is_empty() || out.is_empty() && joints.len() < 2) {
        out.push((indent, line));
        return;
    }
    if !joints.is_empty() {
        let mut from = 0;
        for to in joints.into_iter().chain([words.len()]) {
            break_up_part(words.get(from..to).unwrap_or_default(), indent, out);
            from = to;
        }
        return;
    }
    break_up_part(words, indent, out);
}

/// One part without `and` or `or` at its own level, but for the first word.
fn break_up_part(words: &[Word<'_>], indent: usize, out: &mut Vec<(usize, String)>) {
    let line = one_line(words);
    let depth = depths(words);
    let open = words.iter().position(|w| w.kind == TokenKind::Open);
    let close = open.and_then(|o| {
        let d = depth.get(o)?;
        (o + 1..words.len())
            .find(|i| depth.get(*i) == Some(d) && words.get(*i).is_some_and(|w| w.kind == TokenKind::Close))
    });
    let (Some(open), Some(close)) = (open, close) else {
        out.push((indent, line));
        return;
    };
    if indent + line.chars().count() <= WIDTH || open + 1 == close {
        out.push((indent, line));
        return;
    }
    let inner = words.get(open + 1..close).unwrap_or_default();
    out.push((indent, one_line(words.get(..=open).unwrap_or_default())));
    if inner.iter().any(|w| w.kind == TokenKind::Comma)
        && !inner.iter().any(|w| matches!(w.kind, TokenKind::And | TokenKind::Or))
    {
        fill(inner, indent + STEP, out);
    } else {
        break_up(inner, indent + STEP, out);
    }
    out.push((indent, one_line(words.get(close..).unwrap_or_default())));
}

/// Values of a list, as many on a line as fit.
fn fill(words: &[Word<'_>], indent: usize, out: &mut Vec<(usize, String)>) {
    let mut line = String::new();
    for value in words.split_inclusive(|w| w.kind == TokenKind::Comma) {
        let text = one_line(value);
        if !line.is_empty() && indent + line.chars().count() + 1 + text.chars().count() > WIDTH {
            out.push((indent, std::mem::take(&mut line)));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&text);
    }
    if !line.is_empty() {
        out.push((indent, line));
    }
}
