//! Bytes of a capture: all in memory, or a window moving over a stream.

use std::io::{self, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

/// First bytes of a gzip member.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Size of the window when nothing larger is asked for.
const WINDOW: usize = 256 << 10;

/// Bytes asked of a decompressor at a time: when it meets corrupted data, it drops what this one call gave.
const GZIP_READ: usize = 16 << 10;

type Stream<'a> = Box<dyn Read + Send + 'a>;

/// A window of bytes that can be asked to grow and to move on.
pub(crate) struct Input<'a> {
    /// Set when all bytes are in memory; `window` is unused then.
    slice: Option<&'a [u8]>,
    window: Vec<u8>,
    pos: usize,
    end: usize,
    stream: Option<Stream<'a>>,
    /// Most to ask of the stream at a time.
    read_size: usize,
    /// Whether the stream's first bytes were looked at.
    sniffed: bool,
    failure: Option<io::Error>,
    /// Bytes moved over so far.
    offset: u64,
}

impl<'a> Input<'a> {
    pub(crate) fn from_slice(bytes: &'a [u8]) -> Self {
        if bytes.starts_with(&GZIP) {
            return Self::from_stream(Box::new(bytes));
        }
        Self {
            slice: Some(bytes),
            window: Vec::new(),
            pos: 0,
            end: bytes.len(),
            stream: None,
            read_size: 0,
            sniffed: true,
            failure: None,
            offset: 0,
        }
    }

    pub(crate) fn from_stream(stream: Stream<'a>) -> Self {
        Self {
            slice: None,
            window: Vec::new(),
            pos: 0,
            end: 0,
            stream: Some(stream),
            read_size: usize::MAX,
            sniffed: false,
            failure: None,
            offset: 0,
        }
    }

    /// What is there, from the current place on.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.slice.unwrap_or(&self.window).get(self.pos..self.end).unwrap_or_default()
    }

    /// Where the current place is in the uncompressed capture.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Why the stream ended early, once.
    pub(crate) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    /// Tries to have at least `n` bytes; false when the input ends before. Memory grows with the bytes that come, not with
    /// what was asked for.
    pub(crate) fn fill(&mut self, n: usize) -> bool {
        if self.end - self.pos >= n {
            return true;
        }
        if !self.sniffed {
            self.sniffed = true;
            self.sniff();
        }
        while self.end - self.pos < n {
            if self.stream.is_none() {
                return false;
            }
            self.make_room();
            self.read_more();
        }
        true
    }

    /// Moves on by `n` bytes, over the end at most; returns how many are missing.
    pub(crate) fn advance(&mut self, n: u64) -> u64 {
        let mut left = n;
        loop {
            let here = u64::try_from(self.end - self.pos).unwrap_or(u64::MAX).min(left);
            self.pos += usize::try_from(here).unwrap_or(0);
            self.offset += here;
            left -= here;
            if left == 0 || !self.fill(1) {
                return left;
            }
        }
    }

    fn make_room(&mut self) {
        if self.pos > 0 {
            self.window.copy_within(self.pos..self.end, 0);
            (self.pos, self.end) = (0, self.end - self.pos);
        }
        if self.end == self.window.len() {
            self.window.resize((2 * self.end).max(WINDOW), 0);
        }
    }

    /// One read that yields something; at the end or on failure the stream is dropped.
    fn read_more(&mut self) {
        let end = self.end.saturating_add(self.read_size).min(self.window.len());
        let (Some(stream), Some(space)) = (self.stream.as_mut(), self.window.get_mut(self.end..end)) else { return };
        loop {
            match stream.read(space) {
                Ok(0) => self.stream = None,
                // A reader that claims more than the space it got is broken; do not follow it.
                Ok(n) => self.end += n.min(space.len()),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => {
                    self.stream = None;
                    self.failure = Some(e);
                }
            }
            return;
        }
    }

    /// Puts a decompressor in front of a gzip stream.
    fn sniff(&mut self) {
        while self.end < GZIP.len() && self.stream.is_some() {
            self.make_room();
            self.read_more();
        }
        if !self.window.get(..self.end).unwrap_or_default().starts_with(&GZIP) {
            return;
        }
        if let Some(stream) = self.stream.take() {
            let mut head = std::mem::take(&mut self.window);
            head.truncate(self.end);
            (self.pos, self.end, self.read_size) = (0, 0, GZIP_READ);
            let whole = BufReader::with_capacity(WINDOW, Cursor::new(head).chain(stream));
            self.stream = Some(Box::new(MultiGzDecoder::new(whole)));
        }
    }
}
