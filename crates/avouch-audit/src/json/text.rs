//! Texts with escapes, and rendering of a document from its own bytes.

use avouch_event::Arena;

/// A text as written between its quotes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Text<'a> {
    pub(super) raw: &'a [u8],
    pub(super) escaped: bool,
}

impl<'a> Text<'a> {
    /// The text with escapes undone, in `arena` when it had any.
    #[must_use]
    pub fn decode<'e>(self, arena: &'e Arena) -> &'e [u8]
    where
        'a: 'e,
    {
        if !self.escaped {
            return self.raw;
        }
        let mut out = bumpalo::collections::Vec::with_capacity_in(self.raw.len(), arena);
        unescape(self.raw, |bytes| out.extend_from_slice(bytes));
        out.into_bump_slice()
    }

    /// Whether the text, escapes undone, is `other`.
    #[must_use]
    pub fn is(self, other: &[u8]) -> bool {
        if !self.escaped {
            return self.raw == other;
        }
        let mut rest = Some(other);
        unescape(self.raw, |bytes| rest = rest.and_then(|r| r.strip_prefix(bytes)));
        rest.is_some_and(<[u8]>::is_empty)
    }

    /// Whether the text as written starts with `prefix`, which needs no escapes.
    #[must_use]
    pub fn starts_with(self, prefix: &[u8]) -> bool {
        self.raw.starts_with(prefix)
    }

    /// Whether the text, escapes undone, is empty.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.raw.is_empty()
    }
}

/// Gives out the pieces of a text whose escapes the parser has found well-formed. Half a surrogate pair is U+FFFD.
fn unescape(raw: &[u8], mut piece: impl FnMut(&[u8])) {
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        piece(rest.get(..at).unwrap_or_default());
        let code = rest.get(at + 1).copied().unwrap_or(b'\\');
        rest = rest.get(at + 2..).unwrap_or_default();
        match code {
            b'b' => piece(b"\x08"),
            b'f' => piece(b"\x0c"),
            b'n' => piece(b"\n"),
            b'r' => piece(b"\r"),
            b't' => piece(b"\t"),
            b'u' => {
                let high = hex4(rest);
                rest = rest.get(4..).unwrap_or_default();
                let low = rest.strip_prefix(b"\\u").map(hex4);
                let code = match (high, low) {
                    (0xD800..=0xDBFF, Some(low @ 0xDC00..=0xDFFF)) => {
                        rest = rest.get(6..).unwrap_or_default();
                        0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)
                    }
                    _ => high,
                };
                let mut utf8 = [0; 4];
                piece(char::from_u32(code).unwrap_or('\u{FFFD}').encode_utf8(&mut utf8).as_bytes());
            }
            other => piece(&[other]),
        }
    }
    piece(rest);
}

fn hex4(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |n, b| (n << 4) | char::from(*b).to_digit(16).unwrap_or(0))
}

fn is_blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\n')
}

/// Length of the text token (quotes included) that starts at the front of `raw`.
fn quoted_len(raw: &[u8]) -> usize {
    let mut at = 1;
    while let Some(i) = raw.get(at..).and_then(|r| memchr::memchr2(b'"', b'\\', r)) {
        match raw.get(at + i) {
            Some(b'"') => return at + i + 1,
            _ => at += i + 2,
        }
    }
    raw.len()
}

/// Calls `token` with every text and every stretch of other bytes between white space.
fn tokens<'r>(raw: &'r [u8], mut token: impl FnMut(&'r [u8])) {
    let mut rest = raw;
    while let Some(&first) = rest.first() {
        let len = match first {
            b'"' => quoted_len(rest),
            b if is_blank(b) => {
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
            _ => rest.iter().position(|b| is_blank(*b) || b",]}:".contains(b)).unwrap_or(rest.len()).max(1),
        };
        let (head, tail) = rest.split_at_checked(len).unwrap_or((rest, &[]));
        token(head);
        rest = tail;
    }
}

/// `raw` without white space between tokens; borrowed when it has none.
pub(super) fn compact<'e>(raw: &'e [u8], arena: &'e Arena) -> &'e [u8] {
    let mut len = 0;
    tokens(raw, |t| len += t.len());
    if len == raw.len() {
        return raw;
    }
    let mut out = bumpalo::collections::Vec::with_capacity_in(len, arena);
    tokens(raw, |t| out.extend_from_slice(t));
    out.into_bump_slice()
}

/// `raw` indented by two blanks a level. Empty objects and arrays stay `{}` and `[]`.
pub(super) fn pretty<'e>(raw: &[u8], arena: &'e Arena) -> &'e [u8] {
    let mut out = bumpalo::collections::Vec::with_capacity_in(raw.len() * 2, arena);
    let mut depth = 0_usize;
    let mut opened = false;
    tokens(raw, |t| {
        let closes = matches!(t, b"}" | b"]");
        if closes {
            depth = depth.saturating_sub(1);
        }
        // A line break after what opens and before what closes, but none between the two of an empty pair.
        if closes != opened {
            out.push(b'\n');
            out.extend(std::iter::repeat_n(b' ', depth * 2));
        }
        opened = matches!(t, b"{" | b"[");
        if opened {
            depth += 1;
        }
        out.extend_from_slice(t);
        match t {
            b"," => {
                out.push(b'\n');
                out.extend(std::iter::repeat_n(b' ', depth * 2));
            }
            b":" => out.push(b' '),
            _ => {}
        }
    });
    out.into_bump_slice()
}
