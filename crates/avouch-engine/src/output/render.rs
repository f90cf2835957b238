//! Values as text and as JSON.

use std::io::Write as _;

use avouch_event::{Print, Value};
use serde_json::Value as Json;

use super::RenderOptions;

/// What an absent value prints as.
pub(super) const ABSENT: &[u8] = b"<NA>";
/// Longest text of a list, in bytes.
const LONGEST_LIST: usize = 1023;

/// How values of one field print.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    pub(crate) print: Print,
    /// Several values are joined by blanks, without parentheses.
    pub(crate) blanks: bool,
    /// Width of the number's type.
    pub(crate) bits: u32,
}

/// A value as explanations show it.
pub(crate) fn value_text(value: Value<'_>) -> String {
    let style = Style { print: Print::Plain, blanks: false, bits: 64 };
    let mut out = Vec::new();
    text(value, style, RenderOptions::default(), &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// Appends the text of a value.
pub(super) fn text(value: Value<'_>, style: Style, options: RenderOptions, out: &mut Vec<u8>) {
    match value {
        Value::Str(b) => out.extend_from_slice(b),
        Value::Bytes(b) if options.base64_bytes => base64(b, out),
        Value::Bytes(b) => out.extend(b.iter().map(|b| if (0x20..0x7f).contains(b) { *b } else { b'.' })),
        Value::Int(n) => number(style, n < 0, n.cast_unsigned(), out),
        Value::Uint(n) => number(style, false, n, out),
        Value::Bool(b) => out.extend_from_slice(if b { b"true" } else { b"false" }),
        Value::Double(d) => write(out, format_args!("{d:.1}")),
        Value::Ip(ip) => write(out, format_args!("{ip}")),
        Value::List(items) => {
            let start = out.len();
            let (open, between, close): (&[u8], &[u8], &[u8]) =
                if style.blanks { (b"", b" ", b"") } else { (b"(", b",", b")") };
            out.extend_from_slice(open);
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.extend_from_slice(between);
                }
                text(*item, style, options, out);
                if out.len() - start > LONGEST_LIST {
                    break;
                }
            }
            out.extend_from_slice(close);
            out.truncate(start.saturating_add(LONGEST_LIST));
        }
    }
}

fn write(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to a vector does not fail.
    _ = out.write_fmt(text);
}

fn number(style: Style, negative: bool, n: u64, out: &mut Vec<u8>) {
    let shift = 64_u32.saturating_sub(style.bits);
    let cut = n.checked_shl(shift).unwrap_or(0) >> shift;
    match style.print {
        Print::Plain | Print::Dec if negative => write(out, format_args!("{}", n.cast_signed())),
        Print::Plain | Print::Dec => write(out, format_args!("{n}")),
        Print::PaddedDec if negative => write(out, format_args!("{:010}", n.cast_signed())),
        Print::PaddedDec => write(out, format_args!("{n:010}")),
        Print::Hex => write(out, format_args!("{cut:X}")),
        Print::Oct => write(out, format_args!("{cut:o}")),
    }
}

/// A value for a JSON map.
pub(super) fn json(value: Value<'_>, style: Style, options: RenderOptions) -> Json {
    match (value, style.print) {
        (Value::Int(n), Print::Plain | Print::Dec) => n.into(),
        (Value::Uint(n), Print::Plain | Print::Dec) => n.into(),
        (Value::Bool(b), _) => b.into(),
        (Value::Double(d), _) => serde_json::Number::from_f64(d).map_or(Json::Null, Json::Number),
        (Value::List(items), _) if !style.blanks => items.iter().map(|v| json(*v, style, options)).collect(),
        _ => {
            let mut out = Vec::new();
            text(value, style, options, &mut out);
            String::from_utf8_lossy(&out).into_owned().into()
        }
    }
}

fn base64(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for chunk in bytes.chunks(3) {
        let at = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let word = at(0) << 16 | at(1) << 8 | at(2);
        for i in 0..4 {
            let digit = DIGITS.get((word >> (18 - 6 * i) & 63) as usize).copied().unwrap_or(b'=');
            out.push(if i <= chunk.len() { digit } else { b'=' });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(value: Value<'_>, print: Print, bits: u32) -> String {
        let mut out = Vec::new();
        text(value, Style { print, blanks: false, bits }, RenderOptions::default(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_print_by_their_format() {
        assert_eq!(show(Value::Int(-1), Print::Hex, 32), "FFFFFFFF");
        assert_eq!(show(Value::Uint(0x1f), Print::Hex, 64), "1F");
        assert_eq!(show(Value::Uint(0o755), Print::Oct, 32), "755");
        assert_eq!(show(Value::Uint(42), Print::PaddedDec, 64), "0000000042");
        assert_eq!(show(Value::Int(-5), Print::Plain, 64), "-5");
        assert_eq!(show(Value::Double(1.25), Print::Plain, 64), "1.2");
    }

    #[test]
    fn bytes_and_lists() {
        assert_eq!(show(Value::Bytes(b"a\x00\nb\xff"), Print::Plain, 64), "a..b.");
        assert_eq!(show(Value::List(&[Value::Str(b"a"), Value::Uint(1)]), Print::Plain, 64), "(a,1)");
        let long = [Value::Str(b"0123456789"); 200];
        assert_eq!(show(Value::List(&long), Print::Plain, 64).len(), LONGEST_LIST);
    }

    #[test]
    fn json_keeps_types() {
        let j = |v, print| json(v, Style { print, blanks: false, bits: 64 }, RenderOptions::default()).to_string();
        assert_eq!(j(Value::Int(-3), Print::Dec), "-3");
        assert_eq!(j(Value::Uint(255), Print::Hex), "\"FF\"");
        assert_eq!(j(Value::Bool(true), Print::Plain), "true");
        assert_eq!(j(Value::List(&[Value::Str(b"a")]), Print::Plain), "[\"a\"]");
        assert_eq!(j(Value::Str(b"\xff"), Print::Plain), "\"\u{fffd}\"");
    }

    #[test]
    fn base64_pads() {
        let b = |t: &[u8]| {
            let mut out = Vec::new();
            base64(t, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!((b(b"").as_str(), b(b"f").as_str(), b(b"fo").as_str()), ("", "Zg==", "Zm8="));
        assert_eq!(b(b"hello"), "aGVsbG8=");
    }
}
