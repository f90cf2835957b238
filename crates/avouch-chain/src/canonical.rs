//! RFC 8785 (JSON Canonicalization Scheme): a value has one text, so a digest of the text is a digest of the value.

use serde_json::{Number, Value};

/// Deepest nesting that is written; serde_json reads no more than this either.
const MAX_DEPTH: usize = 120;
/// Integers beyond this cannot be held by every reader of JSON (RFC 7493, 2.2).
const MAX_SAFE: u64 = (1 << 53) - 1;

/// A value is nested deeper than 120 levels.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a value is nested too deep")]
pub struct TooDeep;

/// Appends the canonical text of `value`. Integers beyond 2^53 - 1 on either side of zero become strings of their digits, as
/// RFC 8785 advises: a reader that holds numbers as doubles would change them without a word.
///
/// # Errors
/// When the value is nested deeper than 120 levels.
pub fn write_canonical(out: &mut Vec<u8>, value: &Value) -> Result<(), TooDeep> {
    write(out, value, 0)
}

fn write(out: &mut Vec<u8>, value: &Value, depth: usize) -> Result<(), TooDeep> {
    if depth > MAX_DEPTH {
        return Err(TooDeep);
    }
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => write_number(out, number),
        Value::String(text) => write_string(out, text),
        Value::Array(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                out.extend((i > 0).then_some(b','));
                write(out, item, depth + 1)?;
            }
            out.push(b']');
        }
        Value::Object(map) => {
            out.push(b'{');
            // Order by UTF-16 units. For ASCII that is the order of bytes, in which the map mostly is already.
            if map.keys().all(|key| key.is_ascii()) && map.keys().is_sorted() {
                each(out, map.iter(), depth)?;
            } else {
                let mut sorted: Vec<_> = map.iter().collect();
                sorted.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
                each(out, sorted.into_iter(), depth)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

fn each<'a>(out: &mut Vec<u8>, of: impl Iterator<Item = (&'a String, &'a Value)>, depth: usize) -> Result<(), TooDeep> {
    for (i, (key, item)) in of.enumerate() {
        out.extend((i > 0).then_some(b','));
        write_string(out, key);
        out.push(b':');
        write(out, item, depth + 1)?;
    }
    Ok(())
}

fn write_number(out: &mut Vec<u8>, number: &Number) {
    let mut digits = itoa::Buffer::new();
    if let Some(n) = number.as_u64() {
        write_integer(out, digits.format(n), n);
    } else if let Some(n) = number.as_i64() {
        write_integer(out, digits.format(n), n.unsigned_abs());
    } else {
        // A `Number` holds no infinity and no NaN.
        let n = number.as_f64().filter(|n| n.is_finite()).unwrap_or_default();
        out.extend_from_slice(ryu_js::Buffer::new().format_finite(n).as_bytes());
    }
}

fn write_integer(out: &mut Vec<u8>, digits: &str, magnitude: u64) {
    let quote: &[u8] = if magnitude > MAX_SAFE { b"\"" } else { b"" };
    out.extend_from_slice(quote);
    out.extend_from_slice(digits.as_bytes());
    out.extend_from_slice(quote);
}

/// Only what must be escaped is: the quote, the backslash and controls, with the short form where there is one.
pub(crate) fn write_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = to_escape(rest) {
        out.extend_from_slice(&rest[..at]);
        let hex = |n: u8| b"0123456789abcdef"[usize::from(n)];
        match rest[at] {
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\r' => out.extend_from_slice(b"\\r"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            b @ (b'"' | b'\\') => out.extend_from_slice(&[b'\\', b]),
            b => out.extend_from_slice(&[b'\\', b'u', b'0', b'0', hex(b >> 4), hex(b & 15)]),
        }
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// Place of the first byte that must be escaped; eight are looked at in one step while none is among them.
fn to_escape(text: &[u8]) -> Option<usize> {
    let escaped = |b: &u8| *b < 0x20 || *b == b'"' || *b == b'\\';
    let plain = |chunk: &&[u8; 8]| !chunk.iter().fold(false, |any, b| any | escaped(b));
    let skip = 8 * text.as_chunks::<8>().0.iter().take_while(plain).count();
    text[skip..].iter().position(escaped).map(|at| skip + at)
}
