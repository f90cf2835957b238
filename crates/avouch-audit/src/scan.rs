//! Finds the end of an object by its brackets and texts, in bytes that arrive in parts.

/// What a run over some bytes found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The bytes end first.
    More,
    /// The object ends just before the place.
    End,
    /// The object is a wrapper: its array of records opens just before the place.
    Wrapper,
    /// The bytes cannot be JSON; why.
    Wrong(&'static str),
}

/// Outline scanner. Knows brackets, texts, and where a value may start: enough to see at the next line that a record was
/// cut off, without judging the rest.
pub(crate) struct Scan {
    /// One bit a level: set for an object. The lowest is the innermost.
    stack: u128,
    depth: u32,
    max_depth: u32,
    in_text: bool,
    /// Previous byte was a backslash inside a text.
    escape: bool,
    /// Last byte that was neither white space nor inside a text; `"` stands for a whole text, `x` for a number or word.
    last: u8,
    wrap: Wrap,
    /// Bytes of the current key at the first level, as far as they may be one of a wrapper's.
    key: [u8; 8],
    key_len: usize,
}

/// How far the way into a wrapper has been seen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrap {
    /// Not looked for.
    Never,
    /// Waiting for a key.
    Looking,
    /// Inside a key of the first level.
    InKey,
    /// The key was a wrapper's; a colon is next.
    Key,
    /// The colon was there; `[` is next.
    Colon,
}

/// Keys under which wrappers keep their records.
const WRAPPER_KEYS: [&[u8]; 2] = [b"items", b"Records"];

impl Scan {
    /// A scanner that starts at the `{` of an object.
    pub(crate) fn new(max_depth: u32, may_wrap: bool) -> Self {
        Self {
            stack: 0,
            depth: 0,
            max_depth: max_depth.min(u128::BITS),
            in_text: false,
            escape: false,
            last: b':',
            wrap: if may_wrap { Wrap::Looking } else { Wrap::Never },
            key: [0; 8],
            key_len: 0,
        }
    }

    /// A scanner that starts inside an object, after one of its values.
    pub(crate) fn inside_object(max_depth: u32) -> Self {
        let mut scan = Self::new(max_depth, false);
        (scan.stack, scan.depth, scan.last) = (1, 1, b'x');
        scan
    }

    fn in_object(&self) -> bool {
        self.stack & 1 == 1
    }

    /// Goes on from `*at` in `bytes`; leaves `*at` after the last byte looked at (at it, when it is wrong).
    pub(crate) fn run(&mut self, bytes: &[u8], at: &mut usize) -> Found {
        while let Some(&byte) = bytes.get(*at) {
            if self.in_text {
                let rest = bytes.get(*at..).unwrap_or_default();
                if let Some(wrong) = self.text(rest, at) {
                    return wrong;
                }
                continue;
            }
            match self.outside(byte) {
                Some(Found::Wrong(what)) => return Found::Wrong(what),
                found => {
                    *at += 1;
                    if let Some(found) = found {
                        return found;
                    }
                }
            }
        }
        Found::More
    }

    /// A stretch inside a text.
    fn text(&mut self, rest: &[u8], at: &mut usize) -> Option<Found> {
        if self.escape {
            self.escape = false;
            self.note_key(b"\\");
            *at += 1;
            return None;
        }
        let len = memchr::memchr3(b'"', b'\\', b'\n', rest).unwrap_or(rest.len());
        self.note_key(rest.get(..len).unwrap_or_default());
        *at += len;
        match rest.get(len) {
            None => {}
            Some(b'"') => {
                self.in_text = false;
                self.last = b'"';
                *at += 1;
                if self.wrap == Wrap::InKey {
                    let key = self.key.get(..self.key_len).unwrap_or_default();
                    self.wrap = if WRAPPER_KEYS.contains(&key) { Wrap::Key } else { Wrap::Looking };
                }
            }
            Some(b'\\') => {
                self.escape = true;
                *at += 1;
            }
            Some(_) => return Some(Found::Wrong("a line break inside a text")),
        }
        None
    }

    fn note_key(&mut self, bytes: &[u8]) {
        if self.wrap != Wrap::InKey {
            return;
        }
        for b in bytes.iter().take(self.key.len()) {
            match self.key.get_mut(self.key_len) {
                Some(slot) => {
                    *slot = *b;
                    self.key_len += 1;
                }
                // Longer than any wrapper's key.
                None => self.wrap = Wrap::Looking,
            }
        }
        if bytes.len() > self.key.len() {
            self.wrap = Wrap::Looking;
        }
    }

    /// Whether a value may start here.
    fn value_may_start(&self) -> bool {
        if self.in_object() { self.last == b':' } else { matches!(self.last, b'[' | b',' | b':') }
    }

    fn outside(&mut self, byte: u8) -> Option<Found> {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => return None,
            b'"' => {
                let key = self.in_object() && matches!(self.last, b'{' | b',');
                if !key && !self.value_may_start() {
                    return Some(Found::Wrong("a text where none may stand"));
                }
                self.in_text = true;
                if key && self.depth == 1 && self.wrap == Wrap::Looking {
                    self.wrap = Wrap::InKey;
                    self.key_len = 0;
                }
                return None;
            }
            b'{' | b'[' => {
                if !self.value_may_start() {
                    return Some(Found::Wrong("a bracket where none may stand"));
                }
                if byte == b'[' && self.wrap == Wrap::Colon && self.depth == 1 {
                    return Some(Found::Wrapper);
                }
                if self.depth >= self.max_depth {
                    return Some(Found::Wrong("nested too deeply"));
                }
                self.depth += 1;
                self.stack = (self.stack << 1) | u128::from(byte == b'{');
            }
            b'}' | b']' => {
                if (byte == b'}') != self.in_object() || self.depth == 0 {
                    return Some(Found::Wrong("a closing bracket that does not fit"));
                }
                self.depth -= 1;
                self.stack >>= 1;
                if self.depth == 0 {
                    return Some(Found::End);
                }
            }
            b':' if self.wrap == Wrap::Key => {
                self.wrap = Wrap::Colon;
                self.last = byte;
                return None;
            }
            b':' | b',' => {}
            // A word or a number is one value however long.
            _ if self.last == b'x' || self.value_may_start() => {
                self.last = b'x';
                self.look_again();
                return None;
            }
            _ => return Some(Found::Wrong("a value where none may stand")),
        }
        self.last = byte;
        self.look_again();
        None
    }

    /// Whatever came instead of the next step into a wrapper: look for the next key.
    fn look_again(&mut self) {
        if matches!(self.wrap, Wrap::Key | Wrap::Colon) {
            self.wrap = Wrap::Looking;
        }
    }
}
