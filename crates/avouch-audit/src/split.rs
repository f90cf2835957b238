//! Cuts a stream of bytes into records without building values, so that a file of any size takes the memory of one
//! record.
//!
//! One scanner serves every form: JSON lines, arrays, pretty-printed objects one after another, and wrappers whose
//! records stand in an array under `items` (Kubernetes lists) or `Records` (CloudTrail). A broken record must not take
//! its neighbours with it: the scanner then goes on where the next record seems to start (`resync.rs`).

use std::io::{self, BufRead};

use crate::limits::Limits;
use crate::resync::{OVERLAP, Signs, next_known_key};
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
    /// What the next record should look like.
    signs: Signs,
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
            signs: Signs { indent: Some(Vec::new()), ..Signs::default() },
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
        let record = self.start.checked_sub(self.record_len).and_then(|from| self.buf.get(from..self.start));
        self.signs.learn(record.unwrap_or_default());
    }

    /// Whether the last record may be a part of something broken that was reported.
    pub(crate) fn may_be_leftover(&self) -> bool {
        self.skipping
    }

    /// Passes over the last record as a leftover.
    pub(crate) fn leave(&mut self) {
        self.leftovers += self.record_len as u64;
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
                    return Ok(Some(Piece::Broken(place, Broken::Truncated, 0)));
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

    /// Says that the last record, though its brackets fit, is none: if another one seems to start inside it, goes on
    /// there, because two broken records may balance each other, and a wrapper may be damaged. `whole` is whether it is
    /// JSON. Gives how many bytes are passed over.
    pub(crate) fn reject(&mut self, whole: bool) -> u64 {
        let (from, len) = (self.start.saturating_sub(self.record_len), self.record_len);
        let record = self.buf.get(from..from + len).unwrap_or_default();
        let next =
            if whole { record.get(1..).and_then(next_known_key).map(|at| at + 1) } else { self.signs.find(record) };
        self.skipping |= !whole || next.is_some();
        self.recovering |= self.skipping;
        let Some(at) = next else { return len as u64 };
        self.line = self.line.saturating_sub(newlines(record.get(at..)));
        self.start = from + at;
        self.record_len = 0;
        at as u64
    }

    fn place_next(&mut self) -> Place {
        self.records += 1;
        Place { record: self.records, line: self.line, offset: self.bytes() }
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
            let indent = self.signs.indent.get_or_insert_default();
            indent.clear();
        } else if let Some(indent) = self.signs.indent.as_mut().filter(|i| i.len() < 256) {
            indent.push(byte);
        }
    }

    /// Passes over bytes that are not white space.
    fn pass(&mut self, len: usize) {
        self.start += len;
        self.signs.indent = None;
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
                return Some(self.recover(Broken::Truncated, place, at));
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
                    self.signs.indent = None;
                    let passed = self.bytes() - place.offset;
                    return Some(Piece::Broken(place, Broken::TooLong, passed));
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
                    self.signs.indent = None;
                    return None;
                }
                Found::Wrong(what) => {
                    let offset = self.base + at as u64 - place.offset;
                    return Some(self.recover(Broken::Outline(what, offset), place, at));
                }
            }
        }
    }

    /// Passes over the rest of a wrapper after its array of records, value by value.
    fn wrapper_tail(&mut self) -> Option<Piece> {
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
                Found::Wrong(what) => {
                    // The array had been closed by a bracket of something broken: its records may go on here.
                    self.frames.pop();
                    (self.recovering, self.skipping) = (true, true);
                    let place = self.place_next();
                    return Some(Piece::Broken(place, Broken::Outline(what, 0), 0));
                }
            }
        }
    }

    /// Bytes that start no record: up to the next element, where one may follow; else the rest of the line, or up to where
    /// a record seems to start in it.
    fn garbage(&mut self) -> Option<Piece> {
        let place = Place { record: self.records + 1, line: self.line, offset: self.bytes() };
        let elements = !self.frames.is_empty() || self.recovering;
        self.pass(1);
        loop {
            let rest = self.buf.get(self.start..).unwrap_or_default();
            let end = memchr::memchr(b'\n', rest);
            let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            let found =
                if elements { line.iter().position(|b| matches!(b, b',' | b']' | b'{')) } else { next_known_key(line) };
            if let Some(at) = found {
                self.start += at;
                self.recovering |= !elements;
                break;
            }
            if let Some(end) = end {
                self.start += end;
                break;
            }
            self.start += rest.len().saturating_sub(if elements { 0 } else { OVERLAP });
            self.forget_given_out();
            if !self.fill() {
                self.start = self.buf.len();
                break;
            }
        }
        if self.skipping {
            self.leftovers += self.bytes() - place.offset;
            return None;
        }
        self.records += 1;
        self.skipping = self.recovering;
        let passed = self.bytes() - place.offset;
        Some(Piece::Broken(place, Broken::NotJson, passed))
    }

    /// Goes on where the next record seems to start. The scanner came as far as `looked_at`.
    fn recover(&mut self, why: Broken, place: Place, looked_at: usize) -> Piece {
        if self.signs.first_key.is_empty() {
            // No good record yet: its own start, which may well be whole.
            self.signs.learn(self.buf.get(self.start..looked_at).unwrap_or_default());
        }
        loop {
            let rest = self.buf.get(self.start..).unwrap_or_default();
            if let Some(at) = self.signs.find(rest) {
                self.line += newlines(rest.get(..at));
                self.start += at;
                break;
            }
            let passed = rest.len().saturating_sub(OVERLAP);
            self.line += newlines(rest.get(..passed));
            self.start += passed;
            self.forget_given_out();
            if !self.fill() {
                self.line += newlines(self.buf.get(self.start..));
                self.start = self.buf.len();
                break;
            }
        }
        // What was opened on the broken line was not closed there; what was opened before is still open.
        self.frames.retain(|f| f.line < place.line);
        (self.recovering, self.skipping) = (true, true);
        let passed = self.bytes() - place.offset;
        Piece::Broken(place, why, passed)
    }
}

fn newlines(bytes: Option<&[u8]>) -> u64 {
    memchr::memchr_iter(b'\n', bytes.unwrap_or_default()).count() as u64
}
