//! One record is one line of canonical JSON. The names of the envelope are chosen so that in canonical order the content,
//! `what`, comes last: everything else is read from the front of the line without parsing JSON.

use crate::{Digest, Time, canonical::write_string, digest::write_hex};

/// Most bytes of a line, without its newline. A larger record is refused, a larger line is damage.
pub const MAX_LINE: usize = 4 << 20;
/// Kinds that begin so are written by the ledger itself.
pub const OWN: &str = "ledger.";

/// Who tells a record.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    /// Node or service. 1 to 256 bytes without controls, quotes and backslashes; so is `run`.
    pub name: String,
    /// Changes whenever the source begins to count anew: a boot id, an id of a start.
    pub run: String,
}

/// The envelope of a record, read from its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordRef<'a> {
    /// What sort of fact, as in `finding`: 1 to 64 of a-z, 0-9, `_`, `-` and `.`.
    pub kind: &'a str,
    /// Hash of the line before; zeros for the first.
    pub prev: Digest,
    /// Secrets that were redacted.
    pub redacted: u64,
    /// Number in the ledger.
    pub seq: u64,
    /// See [`Source::name`].
    pub source: &'a str,
    /// See [`Source::run`].
    pub run: &'a str,
    /// Number among those of its source.
    pub source_seq: u64,
    /// When it happened.
    pub time: Time,
    /// The fact, canonical JSON text of an object.
    pub body: &'a str,
}

impl<'a> RecordRef<'a> {
    /// Reads a line without its newline. The envelope has one form and no other is taken; `body` is not parsed.
    ///
    /// # Errors
    /// The part of the envelope that is not as it must be.
    pub fn parse(line: &'a [u8]) -> Result<Self, &'static str> {
        let mut rest = line;
        let kind = take(&mut rest, b"{\"kind\":\"", b'"').filter(|text| is_kind(text)).ok_or("kind")?;
        let prev = take(&mut rest, b"\",\"prev\":\"", b'"').and_then(|t| Digest::parse(t.as_bytes())).ok_or("prev")?;
        let redacted = take(&mut rest, b"\",\"redacted\":", b',').and_then(number).ok_or("redacted")?;
        let seq = take(&mut rest, b",\"seq\":", b',').and_then(number).ok_or("seq")?;
        let source = take(&mut rest, b",\"source\":{\"name\":\"", b'"').filter(|t| is_name(t)).ok_or("source")?;
        let run = take(&mut rest, b"\",\"run\":\"", b'"').filter(|text| is_name(text)).ok_or("source")?;
        let source_seq = take(&mut rest, b"\"},\"source_seq\":", b',').and_then(number).ok_or("source_seq")?;
        let time = take(&mut rest, b",\"time\":\"", b'"').and_then(|t| Time::parse(t.as_bytes())).ok_or("time")?;
        let body = rest.strip_prefix(b"\",\"v\":1,\"what\":").ok_or("v")?;
        let body = body.strip_suffix(b"}").filter(|b| b.starts_with(b"{") && b.ends_with(b"}")).ok_or("what")?;
        let body = std::str::from_utf8(body).map_err(|_| "what")?;
        Ok(Self { kind, prev, redacted, seq, source, run, source_seq, time, body })
    }
}

/// `prev` of a line, of which nothing else is looked at.
pub fn prev_of(line: &[u8]) -> Option<Digest> {
    let mut rest = line;
    take(&mut rest, b"{\"kind\":\"", b'"')?;
    take(&mut rest, b"\",\"prev\":\"", b'"').and_then(|text| Digest::parse(text.as_bytes()))
}

/// What stands between `before` and the byte `end`, which stays.
fn take<'a>(rest: &mut &'a [u8], before: &[u8], end: u8) -> Option<&'a str> {
    let text = rest.strip_prefix(before)?;
    let at = memchr::memchr(end, &text[..text.len().min(512)])?;
    *rest = &text[at..];
    std::str::from_utf8(&text[..at]).ok()
}

/// Decimal digits as JSON has them, at most 2^53 - 1.
fn number(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|n| plain && *n < 1 << 53)
}

/// See [`RecordRef::kind`].
pub fn is_kind(text: &str) -> bool {
    let plain = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.');
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}

/// See [`Source::name`]. Such a name is its own JSON text.
pub fn is_name(text: &str) -> bool {
    (1..=256).contains(&text.len()) && !text.bytes().any(|b| b < 0x20 || b == b'"' || b == b'\\')
}

/// Appends the line of a record, without a newline; `body` is canonical.
pub fn write_line(out: &mut Vec<u8>, record: &RecordRef<'_>) {
    let mut digits = itoa::Buffer::new();
    out.extend_from_slice(b"{\"kind\":");
    write_string(out, record.kind);
    out.extend_from_slice(b",\"prev\":\"");
    write_hex(out, &record.prev.0);
    out.extend_from_slice(b"\",\"redacted\":");
    out.extend_from_slice(digits.format(record.redacted).as_bytes());
    out.extend_from_slice(b",\"seq\":");
    out.extend_from_slice(digits.format(record.seq).as_bytes());
    out.extend_from_slice(b",\"source\":{\"name\":");
    write_string(out, record.source);
    out.extend_from_slice(b",\"run\":");
    write_string(out, record.run);
    out.extend_from_slice(b"},\"source_seq\":");
    out.extend_from_slice(digits.format(record.source_seq).as_bytes());
    out.extend_from_slice(b",\"time\":\"");
    out.extend_from_slice(&record.time.text());
    out.extend_from_slice(b"\",\"v\":1,\"what\":");
    out.extend_from_slice(record.body.as_bytes());
    out.push(b'}');
}
