//! Transformers: pure functions over values.

use avouch_event::{Arena, Value};
use bumpalo::collections::Vec;

use crate::getopt;

/// A transformer. `val` is none: it is the identity and leaves no trace after typing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Func {
    ToLower,
    ToUpper,
    B64,
    Basename,
    Len,
    Join,
    Concat,
    Getopt,
}

impl Func {
    /// Names, as near-name candidates.
    pub(crate) const NAMES: [&str; 9] =
        ["tolower", "toupper", "b64", "basename", "len", "join", "concat", "getopt", "val"];

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "tolower" => Func::ToLower,
            "toupper" => Func::ToUpper,
            "b64" => Func::B64,
            "basename" => Func::Basename,
            "len" => Func::Len,
            "join" => Func::Join,
            "concat" => Func::Concat,
            "getopt" => Func::Getopt,
            _ => return None,
        })
    }

    /// Whether it takes several arguments.
    pub(crate) fn many(self) -> bool {
        matches!(self, Func::Join | Func::Concat | Func::Getopt)
    }
}

/// Applies a transformer. An absent argument, or one that cannot be transformed, gives absent.
pub(crate) fn apply<'e>(
    func: Func,
    args: &[Option<Value<'e>>],
    option: Option<u8>,
    arena: &'e Arena,
) -> Option<Value<'e>> {
    let first = args.first().copied().flatten()?;
    match func {
        Func::ToLower => each(first, arena, &|b, arena| lower(b, arena)),
        Func::ToUpper => each(first, arena, &|b, arena| upper(b, arena)),
        Func::B64 => each(first, arena, &|b, arena| decode_base64(b, arena)),
        Func::Basename => {
            each(first, arena, &|b, _| Some(memchr::memrchr(b'/', b).map_or(b, |i| b.get(i + 1..).unwrap_or(&[]))))
        }
        Func::Len => Some(Value::Uint(match first {
            Value::Str(b) | Value::Bytes(b) => b.len() as u64,
            Value::List(l) => l.len() as u64,
            _ => return None,
        })),
        Func::Join => {
            let separator = bytes(first)?;
            let mut out = Vec::new_in(arena);
            for (i, part) in flat(args.get(1).copied().flatten()?, arena)?.into_iter().enumerate() {
                if i > 0 {
                    out.extend_from_slice(separator);
                }
                out.extend_from_slice(part);
            }
            Some(Value::Str(out.into_bump_slice()))
        }
        Func::Concat => {
            let mut out = Vec::new_in(arena);
            for arg in args {
                out.extend_from_slice(bytes((*arg)?)?);
            }
            Some(Value::Str(out.into_bump_slice()))
        }
        Func::Getopt => {
            let words = flat(first, arena)?;
            let options = bytes(args.get(1).copied().flatten()?)?;
            match option {
                Some(letter) => getopt::last(&words, options, letter).map(Value::Str),
                None => {
                    let mut found = Vec::new_in(arena);
                    getopt::all(&words, options, |text| found.push(Value::Str(text)));
                    Some(Value::List(found.into_bump_slice()))
                }
            }
        }
    }
}

fn bytes(value: Value<'_>) -> Option<&[u8]> {
    match value {
        Value::Str(b) | Value::Bytes(b) => Some(b),
        _ => None,
    }
}

/// Texts of a list, lists in it (a list field in a tuple) included.
fn flat<'e>(value: Value<'e>, arena: &'e Arena) -> Option<Vec<'e, &'e [u8]>> {
    let one = [value];
    let items: &[Value<'e>] = if let Value::List(items) = value { items } else { &one };
    let mut out = Vec::with_capacity_in(items.len(), arena);
    for item in items {
        match item {
            Value::List(inner) => {
                for v in *inner {
                    out.push(bytes(*v)?);
                }
            }
            v => out.push(bytes(*v)?),
        }
    }
    Some(out)
}

type OfBytes = dyn for<'e> Fn(&'e [u8], &'e Arena) -> Option<&'e [u8]>;

/// Applies `f` to a text, or to each element of a list.
fn each<'e>(value: Value<'e>, arena: &'e Arena, f: &OfBytes) -> Option<Value<'e>> {
    Some(match value {
        Value::Str(b) => Value::Str(f(b, arena)?),
        Value::Bytes(b) => Value::Bytes(f(b, arena)?),
        Value::List(items) => {
            let mut out = Vec::with_capacity_in(items.len(), arena);
            for item in items {
                out.push(each(*item, arena, f)?);
            }
            Value::List(out.into_bump_slice())
        }
        _ => return None,
    })
}

fn lower<'e>(b: &'e [u8], arena: &'e Arena) -> Option<&'e [u8]> {
    if !b.iter().any(u8::is_ascii_uppercase) {
        return Some(b);
    }
    let out = arena.alloc_slice_copy(b);
    out.make_ascii_lowercase();
    Some(out)
}

fn upper<'e>(b: &'e [u8], arena: &'e Arena) -> Option<&'e [u8]> {
    if !b.iter().any(u8::is_ascii_lowercase) {
        return Some(b);
    }
    let out = arena.alloc_slice_copy(b);
    out.make_ascii_uppercase();
    Some(out)
}

/// Standard alphabet, padding optional; `None` for anything else.
fn decode_base64<'e>(text: &'e [u8], arena: &'e Arena) -> Option<&'e [u8]> {
    let end = text.iter().rposition(|b| *b != b'=').map_or(0, |i| i + 1);
    let digits = text.get(..end)?;
    if text.len() - end > 2 || digits.len() % 4 == 1 {
        return None;
    }
    let mut out: Vec<'e, u8> = Vec::with_capacity_in(digits.len() / 4 * 3 + 2, arena);
    for chunk in digits.chunks(4) {
        let mut word = 0_u32;
        for b in chunk {
            let sextet = match b {
                b'A'..=b'Z' => b - b'A',
                b'a'..=b'z' => b - b'a' + 26,
                b'0'..=b'9' => b - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            };
            word = word << 6 | u32::from(sextet);
        }
        word <<= 6 * (4 - u32::try_from(chunk.len()).unwrap_or(4));
        let [_, a, b, c] = word.to_be_bytes();
        out.extend_from_slice([a, b, c].get(..chunk.len() - 1)?);
    }
    Some(out.into_bump_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(func: Func, value: Value<'_>) -> Option<String> {
        let arena = Arena::new();
        apply(func, &[Some(value)], None, &arena).map(|v| format!("{v:?}"))
    }

    fn text(func: Func, value: &str) -> Option<String> {
        let arena = Arena::new();
        match apply(func, &[Some(Value::Str(value.as_bytes()))], None, &arena)? {
            Value::Str(b) => Some(String::from_utf8_lossy(b).into_owned()),
            _ => None,
        }
    }

    #[test]
    fn base64_decodes_with_and_without_padding() {
        assert_eq!(text(Func::B64, "aGVsbG8=").as_deref(), Some("hello"));
        assert_eq!(text(Func::B64, "aGVsbG8").as_deref(), Some("hello"));
        assert_eq!(text(Func::B64, "YWFhLWJiYg").as_deref(), Some("aaa-bbb"));
        assert_eq!(text(Func::B64, "").as_deref(), Some(""));
        for bad in ["a", "a b=", "aGVsbG8===", "abc%"] {
            assert_eq!(text(Func::B64, bad), None, "{bad}");
        }
    }

    #[test]
    fn basename_is_what_follows_the_last_slash() {
        assert_eq!(text(Func::Basename, "/usr/bin/cat").as_deref(), Some("cat"));
        assert_eq!(text(Func::Basename, "/usr/").as_deref(), Some(""));
        assert_eq!(text(Func::Basename, "cat").as_deref(), Some("cat"));
    }

    #[test]
    fn length_counts_bytes_or_elements() {
        assert_eq!(one(Func::Len, Value::Str(b"abc")).as_deref(), Some("Uint(3)"));
        assert_eq!(one(Func::Len, Value::List(&[Value::Int(1), Value::Int(2)])).as_deref(), Some("Uint(2)"));
    }

    #[test]
    fn an_absent_part_makes_the_whole_absent() {
        let arena = Arena::new();
        assert_eq!(apply(Func::Concat, &[Some(Value::Str(b"a")), None], None, &arena), None);
        assert_eq!(apply(Func::ToLower, &[None], None, &arena), None);
        let joined = apply(Func::Join, &[Some(Value::Str(b",")), Some(Value::List(&[]))], None, &arena);
        assert_eq!(joined, Some(Value::Str(b"")));
    }
}
