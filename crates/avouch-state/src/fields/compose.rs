//! Composing texts in the event's arena.

use std::fmt::{self, Write};
use std::net::IpAddr;

use avouch_event::{Arena, Value};
use bumpalo::collections::Vec;

/// A text that grows in the arena.
pub(super) struct Compose<'e>(Vec<'e, u8>);

impl<'e> Compose<'e> {
    pub(super) fn new(arena: &'e Arena) -> Self {
        Self(Vec::new_in(arena))
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(super) fn fmt(&mut self, args: fmt::Arguments<'_>) -> &mut Self {
        let written = self.write_fmt(args);
        debug_assert!(written.is_ok(), "memory takes every byte");
        self
    }

    /// A blank before every item but the first.
    pub(super) fn join(&mut self, items: impl Iterator<Item = impl AsRef<[u8]>>) -> &mut Self {
        for (i, item) in items.enumerate() {
            if i > 0 {
                self.0.push(b' ');
            }
            self.push(item.as_ref());
        }
        self
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    pub(super) fn done(self) -> &'e [u8] {
        self.0.into_bump_slice()
    }

    pub(super) fn value(self) -> Option<Value<'e>> {
        Some(Value::Str(self.done()))
    }
}

impl Write for Compose<'_> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        self.0.extend_from_slice(s.as_bytes());
        Ok(())
    }
}

/// An address as the C library prints it: unlike Rust's, `::/96` ends in a dotted quad.
pub(super) struct Ip(pub(super) IpAddr);

impl fmt::Display for Ip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V6(a) if a.segments()[..6] == [0; 6] && a.segments()[6] != 0 => {
                let [.., x, y, z, w] = a.octets();
                write!(f, "::{x}.{y}.{z}.{w}")
            }
            other => write!(f, "{other}"),
        }
    }
}

/// A number of seconds with six significant digits, as C's `%g` prints it: `0.05`, `1`, `1e-09`.
pub(super) struct Seconds(pub(super) u64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0");
        }
        #[expect(clippy::cast_precision_loss, reason = "six digits are shown")]
        let seconds = self.0 as f64 / 1e9;
        let scientific = format!("{seconds:.5e}");
        let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        if (-4..6).contains(&exponent) {
            let decimals = usize::try_from(5 - exponent).unwrap_or(0);
            let plain = format!("{seconds:.decimals$}");
            let plain = if plain.contains('.') { plain.trim_end_matches('0').trim_end_matches('.') } else { &plain };
            return f.write_str(plain);
        }
        let digits = digits.trim_end_matches('0').trim_end_matches('.');
        let sign = if exponent < 0 { '-' } else { '+' };
        write!(f, "{digits}e{sign}{:02}", exponent.abs())
    }
}

/// `bytes` with U+FFFD for what cannot be printed: bytes that are no UTF-8, control characters, noncharacters. Borrowed
/// when all can.
pub(super) fn printable<'e>(bytes: &'e [u8], arena: &'e Arena) -> &'e [u8] {
    let plain = |b: &u8| (0x20..0x7f).contains(b);
    if bytes.iter().all(plain) {
        return bytes;
    }
    let odd = |c: char| {
        let n = u32::from(c);
        c.is_control() || (0xfdd0..=0xfdef).contains(&n) || n & 0xfffe == 0xfffe
    };
    let mut out = Compose::new(arena);
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            let c = if odd(c) { char::REPLACEMENT_CHARACTER } else { c };
            out.push(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        if !chunk.invalid().is_empty() {
            out.push(b"\xef\xbf\xbd");
        }
    }
    out.done()
}

/// `bytes` with dots for what cannot be printed as ASCII.
pub(super) fn dotted<'e>(bytes: &'e [u8], arena: &'e Arena) -> &'e [u8] {
    let can = |b: &u8| (0x20..0x7f).contains(b);
    if bytes.iter().all(can) {
        return bytes;
    }
    let mut out = Vec::new_in(arena);
    out.extend(bytes.iter().map(|b| if can(b) { *b } else { b'.' }));
    out.into_bump_slice()
}

/// `path` with runs of `/` folded into one.
pub(super) fn fold_slashes<'e>(path: &'e [u8], arena: &'e Arena) -> &'e [u8] {
    if !path.windows(2).any(|w| w == b"//") {
        return path;
    }
    let mut out = Vec::new_in(arena);
    let mut last = 0;
    for b in path {
        if !(*b == b'/' && last == b'/') {
            out.push(*b);
        }
        last = *b;
    }
    out.into_bump_slice()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_have_six_digits() {
        let text = |ns: u64| Seconds(ns).to_string();
        assert_eq!([text(0), text(1_000_000_000), text(50_000_000)], ["0", "1", "0.05"]);
        assert_eq!([text(1), text(100_000), text(99_999)], ["1e-09", "0.0001", "9.9999e-05"]);
        assert_eq!([text(123_456_789_000_000), text(1_234_567_890_123_456)], ["123457", "1.23457e+06"]);
        assert_eq!(text(999_999_999_999), "1000");
    }

    #[test]
    fn addresses_print_as_in_c() {
        let text = |s: &str| Ip(s.parse().unwrap()).to_string();
        for same in ["::", "::1", "1.2.3.4", "::ffff:1.2.3.4", "2001:db8::1", "::1.2.3.4", "fe80::1:0:0:2"] {
            assert_eq!(text(same), same);
        }
    }

    #[test]
    fn odd_bytes_are_replaced() {
        let arena = Arena::new();
        assert_eq!(printable(b"a\x01b\xffc", &arena), "a\u{fffd}b\u{fffd}c".as_bytes());
        assert_eq!(
            printable("h\u{e9}\u{85}\u{fdd0}\u{1f600}".as_bytes(), &arena),
            "h\u{e9}\u{fffd}\u{fffd}\u{1f600}".as_bytes()
        );
        assert_eq!(dotted(b"a\x01b\xffc\0", &arena), b"a.b.c.");
        assert_eq!(fold_slashes(b"//a//b/", &arena), b"/a/b/");
    }
}
