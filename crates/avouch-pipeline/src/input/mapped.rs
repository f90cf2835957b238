//! The one place where a file becomes memory.
#![expect(unsafe_code, reason = "mapping a file is unsafe by its nature: another process may cut it while it is read")]

use std::fs::File;
use std::io;

/// A file's bytes without a copy.
pub(super) struct Mapped(memmap2::Mmap);

impl Mapped {
    /// Maps `file` for reading.
    ///
    /// # Errors
    /// As the operating system reports.
    pub(super) fn new(file: &File) -> io::Result<Self> {
        // SAFETY: the map is private and read-only. A file that is cut while mapped ends the process by SIGBUS, as for every
        // tool that maps its input; recordings are not written while they are replayed.
        let map = unsafe { memmap2::Mmap::map(file) }?;
        // A hint only: pages behind the reader may go, so that a large recording does not fill the memory.
        if let Err(error) = map.advise(memmap2::Advice::Sequential) {
            drop(error);
        }
        Ok(Self(map))
    }

    /// The bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}
