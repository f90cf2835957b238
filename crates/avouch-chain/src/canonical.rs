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
                if i > 0 {
                    out.push(b',');
                }
                write(out, item, depth + 1)?;
            }
            out.push(b']');
        }
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            // Order by UTF-16 units. For ASCII that is the order of bytes, in which the map mostly is already.
            if map.keys().all(|key| key.is_ascii()) {
                entries.sort_by(|a, b| a.0.cmp(b.0));
            } else {
                entries.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
            }
            out.push(b'{');
            for (i, (key, item)) in entries.into_iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write_string(out, key);
                out.push(b':');
                write(out, item, depth + 1)?;
            }
            out.push(b'}');
        }
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
    while let Some(at) = rest.iter().position(|&b| b < 0x20 || b == b'"' || b == b'\\') {
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
