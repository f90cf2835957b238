//! Entries of a segment: length (4 bytes), CRC-32 (4), number (8), time of the queue in ns (8), all little-endian, then the payload.
//! The checksum covers all that follows it. What a crash tore, or a file system filled with zeros, is no entry.

use std::io::{self, Read};

use avouch_ledger::MAX_LINE;

/// Bytes before the payload.
const FRAME: usize = 24;

/// Largest payload: a body that a ledger takes, and what stands around it.
const MAX_PAYLOAD: usize = MAX_LINE + (4 << 10);

/// Bytes of an entry with such a payload.
pub(super) fn size(payload: usize) -> u64 {
    (FRAME + payload) as u64
}

/// Appends an entry.
pub(super) fn write(out: &mut Vec<u8>, seq: u64, at: u64, payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes();
    let (seq, at) = (seq.to_le_bytes(), at.to_le_bytes());
    let mut crc = crc32fast::Hasher::new();
    for part in [&seq[..], &at, payload] {
        crc.update(part);
    }
    for part in [&length[..], &crc.finalize().to_le_bytes(), &seq, &at, payload] {
        out.extend_from_slice(part);
    }
}

/// What is read next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// An entry; its payload is in the buffer.
    Entry { seq: u64, at: u64 },
    /// All was read.
    End,
    /// What follows is no entry.
    Broken,
}

/// Reads entries one after the other, at most so many bytes.
pub(super) struct Entries<R> {
    reader: R,
    /// Bytes that may still be read.
    left: u64,
    /// Bytes that were read as whole entries.
    pub(super) read: u64,
}

impl<R: Read> Entries<R> {
    pub(super) fn new(reader: R, bytes: u64) -> Self {
        Self { reader, left: bytes, read: 0 }
    }

    /// Reads an entry; its payload goes into `payload`. After [`Next::Broken`] nothing more can be read.
    pub(super) fn next(&mut self, payload: &mut Vec<u8>) -> io::Result<Next> {
        if self.left == 0 {
            return Ok(Next::End);
        }
        match self.entry(payload) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(Next::Broken),
            Ok(Some(next)) => {
                self.left -= size(payload.len());
                self.read += size(payload.len());
                Ok(next)
            }
            Ok(None) => Ok(Next::Broken),
            Err(error) => Err(error),
        }
    }

    fn entry(&mut self, payload: &mut Vec<u8>) -> io::Result<Option<Next>> {
        let mut frame = [0; FRAME];
        self.reader.read_exact(&mut frame)?;
        let word = |at: usize| u32::from_le_bytes([frame[at], frame[at + 1], frame[at + 2], frame[at + 3]]);
        let long = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
        let length = word(0) as usize;
        if length > MAX_PAYLOAD || size(length) > self.left {
            return Ok(None);
        }
        payload.resize(length, 0);
        self.reader.read_exact(payload)?;
        let mut crc = crc32fast::Hasher::new();
        crc.update(&frame[8..]);
        crc.update(payload);
        Ok((crc.finalize() == word(4)).then(|| Next::Entry { seq: long(8), at: long(16) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Whole = Vec<(u64, u64, Vec<u8>)>;

    fn read_all(bytes: &[u8]) -> (Whole, Next, u64) {
        let (mut entries, mut payload, mut out) = (Entries::new(bytes, bytes.len() as u64), Vec::new(), Vec::new());
        loop {
            match entries.next(&mut payload).expect("reads memory") {
                Next::Entry { seq, at } => out.push((seq, at, payload.clone())),
                end => return (out, end, entries.read),
            }
        }
    }

    #[test]
    fn any_cut_leaves_whole_entries() {
        let mut bytes = Vec::new();
        write(&mut bytes, 1, 10, b"{\"a\":1}");
        let first = bytes.len();
        write(&mut bytes, 2, 11, b"");
        write(&mut bytes, 1 << 52, u64::MAX, &[b'x'; 300]);
        let (all, end, read) = read_all(&bytes);
        assert_eq!((all.len(), end, read), (3, Next::End, bytes.len() as u64));
        assert_eq!(all[2], (1 << 52, u64::MAX, vec![b'x'; 300]));
        for cut in first + 1..first + 24 {
            let (some, end, read) = read_all(&bytes[..cut]);
            assert_eq!((&some[..], end, read), (&all[..1], Next::Broken, first as u64));
        }
    }

    #[test]
    fn any_flipped_bit_ends_it_there() {
        let mut bytes = Vec::new();
        write(&mut bytes, 1, 10, b"one");
        let first = bytes.len();
        write(&mut bytes, 2, 11, b"two");
        for bit in first * 8..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let (some, end, _) = read_all(&bad);
            assert_eq!((some.len(), end), (1, Next::Broken), "bit {bit}");
        }
    }

    #[test]
    fn zeros_and_huge_lengths_are_no_entries() {
        assert_eq!(read_all(&[0; 4096]).1, Next::Broken);
        assert_eq!(read_all(&[0xff; 4096]).1, Next::Broken);
        assert_eq!(read_all(&[]).1, Next::End);
    }
}
