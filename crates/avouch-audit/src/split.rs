//! Cuts a stream of bytes into records without building values, so that a file of any size takes the memory of one
//! record.
//!
//! One scanner serves every form: JSON lines, arrays, pretty-printed objects one after another, and wrappers whose
//! records stand in an array under `items` (Kubernetes lists) or `Records` (CloudTrail). A broken record must not take
//! its neighbours with it: the scanner then goes on at the next line that starts as the broken record's line did.

use std::io::{self, BufRead};

use crate::limits::Limits;
use crate::scan::{Found, Scan};

/// Where a record starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Ordinal of the record in its file, from 1; bad ones count.
    pub record: u64,
    /// Line, from 1.
    pub line: u64,
    /// Byte (after decompression), from 0.
    pub offset: u64,
}

/// Why the bytes at a place are not even the outline of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The file ends inside a record, or inside an array of records.
    Truncated,
    /// More bytes than a record may have.
    TooLong,
    /// Brackets or texts that do not fit together; what, and where from the record's start.
    Outline(&'static str, u64),
    /// Neither `{` nor `[`.
    NotJson,
}

/// One step of the splitter.
#[derive(Debug, PartialEq)]
pub(crate) enum Piece {
    /// A record's bytes: [`Splitter::record`].
    Record(Place),
    /// Something that is none, and how many bytes were passed over because of it.
    Broken(Place, Broken, u64),
}

/// An array or wrapper that is open around the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frame {
    kind: FrameKind,
    /// Line on which it was opened.
    line: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FrameKind {
    /// `[ ... ]`.
    Array,
    /// `{ "items": [ ...`.
    WrapperArray,
    /// What follows that array inside its wrapper.
    WrapperTail,
}

/// Arrays and wrappers inside one another that the splitter follows; deeper ones are records.
const MAX_FRAMES: usize = 4;
const CHUNK: usize = 64 * 1024;

pub(crate) struct Splitter<R> {
    input: R,
    limits: Limits,
    buf: Vec<u8>,
    /// First byte of `buf` not given out yet.
    start: usize,
    /// Bytes of the last record, from `start - record_len`.
    record_len: usize,
    /// Offset in the stream of `buf[0]`.
    base: u64,
    /// Line of `buf[start]`.
    line: u64,
    /// White space from the start of the line to the current record, if nothing else stands there: what the next
    /// record's line should start with.
    indent: Option<Vec<u8>>,
    frames: Vec<Frame>,
    /// Something was broken: stray commas and closing brackets are its leftovers.
    recovering: bool,
    /// Nothing good was found since: other stray bytes are its leftovers, too.
    skipping: bool,
    records: u64,
    /// Stray bytes that were passed over as leftovers.
    leftovers: u64,
    at_end: bool,
    failure: Option<io::Error>,
}

impl<R: BufRead> Splitter<R> {
    pub(crate) fn new(input: R, limits: Limits) -> Self {
        Self {
            input,
            limits,
            buf: Vec::new(),
            start: 0,
            record_len: 0,
            base: 0,
            line: 1,
            indent: Some(Vec::new()),
            frames: Vec::new(),
            recovering: false,
            skipping: false,
            records: 0,
            leftovers: 0,
            at_end: false,
            failure: None,
        }
    }

    /// Bytes of the record that [`Piece::Record`] announced last.
    pub(crate) fn record(&self) -> &[u8] {
        self.start.checked_sub(self.record_len).and_then(|from| self.buf.get(from..self.start)).unwrap_or_default()
    }

    /// Bytes read so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.base + self.start as u64
    }

    /// Bytes passed over as leftovers of something broken that was reported.
    pub(crate) fn leftovers(&self) -> u64 {
        self.leftovers
    }

    /// Says that the last record was a good one.
    pub(crate) fn accept(&mut self) {
        self.skipping = false;
    }

    /// The next piece, or `None` at the end. When reading fails, what came before is given out first.
    pub(crate) fn next(&mut self) -> io::Result<Option<Piece>> {
        self.record_len = 0;
        loop {
            self.forget_given_out();
            let Some(byte) = self.peek(0) else {
                let open = !std::mem::take(&mut self.frames).is_empty();
                if open && !self.recovering && self.failure.is_none() {
                    let place = self.place_next();
                    return Ok(Some(self.broken(Broken::Truncated, place, 0)));
                }
                return self.failure.take().map_or(Ok(None), Err);
            };
            let tail = self.frames.last().is_some_and(|f| f.kind == FrameKind::WrapperTail);
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | 0x1e => self.blank(byte),
                0xEF if self.base == 0
                    && self.start == 0
                    && self.peek(1) == Some(0xBB)
                    && self.peek(2) == Some(0xBF) =>
                {
                    self.pass(3);
                }
                _ if tail => {
                    if let Some(piece) = self.wrapper_tail() {
                        return Ok(Some(piece));
                    }
                }
                b',' if !self.frames.is_empty() || self.recovering => self.pass(1),
                b']' if self.close_array() => self.pass(1),
                b']' | b'}' if self.recovering => self.pass(1),
                b'[' if self.frames.len() < MAX_FRAMES => {
                    self.frames.push(Frame { kind: FrameKind::Array, line: self.line });
                    self.pass(1);
                }
                b'{' => {
                    if let Some(piece) = self.object() {
                        return Ok(Some(piece));
                    }
                }
                _ => {
                    if let Some(piece) = self.garbage() {
                        return Ok(Some(piece));
                    }
                }
            }
        }
    }

    /// Says that the last record, though its brackets fit, is no JSON: if another line in it starts as a record would,
    /// goes on there, because two broken records may balance each other.
    pub(crate) fn reject(&mut self) {
        let (from, len) = (self.start.saturating_sub(self.record_len), self.record_len);
        (self.recovering, self.skipping) = (true, true);
        let Some(record) = self.buf.get(from..from + len) else { return };
        if let Some(at) = find_line(record, self.indent.as_deref()) {
            let lines = memchr::memchr_iter(b'\n', record.get(at..).unwrap_or_default()).count();
            self.line = self.line.saturating_sub(lines as u64);
            self.start = from + at;
        }
        self.record_len = 0;
    }

    fn place_next(&mut self) -> Place {
        self.records += 1;
        Place { record: self.records, line: self.line, offset: self.bytes() }
    }

    fn broken(&mut self, why: Broken, place: Place, passed: u64) -> Piece {
        self.recovering = true;
        Piece::Broken(place, why, passed)
    }

    /// Drops what was given out once it is worth moving the rest.
    fn forget_given_out(&mut self) {
        if self.start >= CHUNK && self.start >= self.buf.len() / 2 {
            self.drop_front(self.start);
        }
    }

    fn drop_front(&mut self, len: usize) {
        let len = len.min(self.buf.len());
        self.buf.drain(..len);
        self.base += len as u64;
        self.start = self.start.saturating_sub(len);
    }

    /// Byte `ahead` of the front, reading when needed.
    fn peek(&mut self, ahead: usize) -> Option<u8> {
        while self.buf.len() <= self.start + ahead {
            if !self.fill() {
                return None;
            }
        }
        self.buf.get(self.start + ahead).copied()
    }

    /// Reads more; false at the end or after a failure.
    fn fill(&mut self) -> bool {
        while !self.at_end {
            match self.input.fill_buf() {
                Ok([]) => self.at_end = true,
                Ok(bytes) => {
                    self.buf.extend_from_slice(bytes);
                    let len = bytes.len();
                    self.input.consume(len);
                    return true;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    self.failure = Some(e);
                    self.at_end = true;
                }
            }
        }
        false
    }

    fn blank(&mut self, byte: u8) {
        self.start += 1;
        if byte == b'\n' {
            self.line += 1;
            let indent = self.indent.get_or_insert_default();
            indent.clear();
        } else if let Some(indent) = self.indent.as_mut().filter(|i| i.len() < 256) {
            indent.push(byte);
        }
    }

    /// Passes over bytes that are not white space.
    fn pass(&mut self, len: usize) {
        self.start += len;
        self.indent = None;
    }

    fn close_array(&mut self) -> bool {
        match self.frames.last_mut() {
            Some(frame) if frame.kind == FrameKind::WrapperArray => frame.kind = FrameKind::WrapperTail,
            Some(frame) if frame.kind == FrameKind::Array => {
                self.frames.pop();
            }
            _ => return false,
        }
        true
    }

    /// Reads the object at the front: a record, or a wrapper to step into (`None`).
    fn object(&mut self) -> Option<Piece> {
        let may_wrap = self.frames.iter().all(|f| f.kind == FrameKind::Array) && self.frames.len() < MAX_FRAMES;
        let place = self.place_next();
        let mut scan = Scan::new(self.limits.json.depth, may_wrap);
        let mut at = self.start;
        let mut too_long = false;
        loop {
            if at >= self.buf.len() && !self.fill() {
                return Some(self.recover(Broken::Truncated, place));
            }
            let found = scan.run(&self.buf, &mut at);
            if !too_long && at - self.start > self.limits.record_bytes {
                too_long = true;
            }
            match found {
                Found::More if too_long => {
                    // Only its end is of interest now: keep memory bounded.
                    self.line += newlines(self.buf.get(self.start..at));
                    self.start = at;
                    self.drop_front(at);
                    at = self.start;
                }
                Found::More => {}
                Found::End if too_long => {
                    self.line += newlines(self.buf.get(self.start..at));
                    self.start = at;
                    self.indent = None;
                    let passed = self.bytes() - place.offset;
                    return Some(self.broken(Broken::TooLong, place, passed));
                }
                Found::End => {
                    self.record_len = at - self.start;
                    self.line += newlines(self.buf.get(self.start..at));
                    self.start = at;
                    return Some(Piece::Record(place));
                }
                Found::Wrapper => {
                    self.records -= 1;
                    self.frames.push(Frame { kind: FrameKind::WrapperArray, line: self.line });
                    self.line += newlines(self.buf.get(self.start..at));
                    self.start = at;
                    self.indent = None;
                    return None;
                }
                Found::Wrong(what) => {
                    let offset = self.base + at as u64 - place.offset;
                    return Some(self.recover(Broken::Outline(what, offset), place));
                }
            }
        }
    }

    /// Passes over the rest of a wrapper after its array of records, value by value.
    fn wrapper_tail(&mut self) -> Option<Piece> {
        let place = Place { record: self.records, line: self.line, offset: self.bytes() };
        let mut scan = Scan::inside_object(self.limits.json.depth);
        loop {
            let mut at = self.start;
            if at >= self.buf.len() && !self.fill() {
                return None;
            }
            let found = scan.run(&self.buf, &mut at);
            self.line += newlines(self.buf.get(self.start..at));
            self.start = at;
            self.forget_given_out();
            match found {
                Found::More => {}
                Found::End | Found::Wrapper => {
                    self.frames.pop();
                    return None;
                }
                Found::Wrong(what) => return Some(self.recover(Broken::Outline(what, 0), place)),
            }
        }
    }

    /// Bytes that start no record: the rest of the line, or up to the next element of the array.
    fn garbage(&mut self) -> Option<Piece> {
        let place = Place { record: self.records + 1, line: self.line, offset: self.bytes() };
        let in_array = !self.frames.is_empty();
        self.pass(1);
        while let Some(byte) = self.peek(0) {
            if byte == b'\n' || in_array && matches!(byte, b',' | b']' | b'{') {
                break;
            }
            self.start += 1;
            self.forget_given_out();
        }
        if self.skipping {
            self.leftovers += self.bytes() - place.offset;
            return None;
        }
        self.records += 1;
        let passed = self.bytes() - place.offset;
        Some(self.broken(Broken::NotJson, place, passed))
    }

    /// Goes on at the next line that starts as the broken record's line did.
    fn recover(&mut self, why: Broken, place: Place) -> Piece {
        let indent = self.indent.take();
        let mut from = self.start;
        loop {
            let rest = self.buf.get(from..).unwrap_or_default();
            if let Some(at) = find_line(rest, indent.as_deref()) {
                self.line += newlines(self.buf.get(self.start..from + at));
                self.start = from + at;
                break;
            }
            // The start of a match may stand at the end of what was read; longer indents than this are not kept.
            let line = memchr::memrchr(b'\n', rest).map_or(self.buf.len(), |i| from + i);
            let done = if self.buf.len() - line <= 512 { line } else { self.buf.len() };
            self.line += newlines(self.buf.get(self.start..done));
            self.start = done;
            self.forget_given_out();
            from = self.start;
            if !self.fill() {
                self.line += newlines(self.buf.get(self.start..));
                self.start = self.buf.len();
                break;
            }
        }
        self.indent = indent;
        // What was opened on the broken line was not closed there; what was opened before is still open.
        self.frames.retain(|f| f.line < place.line);
        self.skipping = true;
        let passed = self.bytes() - place.offset;
        self.broken(why, place, passed)
    }
}

fn newlines(bytes: Option<&[u8]>) -> u64 {
    memchr::memchr_iter(b'\n', bytes.unwrap_or_default()).count() as u64
}

/// Offset of the first `{` after a line break and at most as much white space as `indent` has: what is nested in a record
/// stands deeper. Any white space, if the indent is not known.
fn find_line(bytes: &[u8], indent: Option<&[u8]>) -> Option<usize> {
    memchr::memchr_iter(b'\n', bytes).find_map(|at| {
        let rest = bytes.get(at + 1..)?;
        let blanks = rest.iter().position(|b| !matches!(b, b' ' | b'\t'))?;
        let starts = rest.get(blanks) == Some(&b'{') && indent.is_none_or(|i| blanks <= i.len());
        starts.then_some(at + 1 + blanks)
    })
}
