//! Memory of a stopped thread.

use std::fs::File;
use std::os::unix::fs::FileExt;

/// Bytes of data kept of a read or written buffer, as capture tools keep by default.
pub(super) const SNAPLEN: usize = 80;

const PAGE: u64 = 4096;
const LONGEST_PATH: usize = 4096;

/// Memory of one thread, readable while it is stopped.
pub(super) struct Memory(Option<File>);

impl Memory {
    /// Opens the memory of `tid`; when that fails every read is empty.
    pub(super) fn of(tid: i64) -> Self {
        Self(File::open(format!("/proc/{tid}/mem")).ok())
    }

    /// Up to `len` bytes at `addr`, fewer where the mapping ends.
    pub(super) fn bytes(&self, addr: u64, len: usize) -> Vec<u8> {
        let mut buf = vec![0; len];
        let read = self.0.as_ref().and_then(|f| f.read_at(&mut buf, addr).ok()).unwrap_or(0);
        buf.truncate(read);
        buf
    }

    /// Text up to its NUL; `None` for the null pointer and unreadable memory.
    pub(super) fn text(&self, addr: u64) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let mut at = addr;
        while addr != 0 && out.len() < LONGEST_PATH {
            // Page by page: the next page need not be mapped.
            let chunk = self.bytes(at, usize::try_from(PAGE - at % PAGE).unwrap_or(0));
            if chunk.is_empty() {
                return None;
            }
            if let Some(end) = chunk.iter().position(|b| *b == 0) {
                out.extend_from_slice(&chunk[..end]);
                return Some(out);
            }
            at += chunk.len() as u64;
            out.extend_from_slice(&chunk);
        }
        None
    }

    /// One eight-byte word.
    pub(super) fn word(&self, addr: u64) -> u64 {
        self.bytes(addr, 8).first_chunk().map_or(0, |b| u64::from_le_bytes(*b))
    }

    /// One four-byte number.
    pub(super) fn int(&self, addr: u64) -> i32 {
        self.bytes(addr, 4).first_chunk().map_or(0, |b| i32::from_le_bytes(*b))
    }

    /// The first [`SNAPLEN`] of `len` bytes gathered from `count` buffers described at `addr`.
    pub(super) fn gather(&self, addr: u64, count: u64, len: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for i in 0..count.min(64) {
            let row = addr.wrapping_add(i * 16);
            let want = len.min(SNAPLEN).saturating_sub(out.len());
            let size = usize::try_from(self.word(row.wrapping_add(8))).unwrap_or(0).min(want);
            out.extend(self.bytes(self.word(row), size));
        }
        out
    }
}
