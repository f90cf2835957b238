//! Files that are hashed while they are written, so that nobody has to read them again for their digests.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use sha2::{Digest, Sha256};

use crate::population::hex;

/// A file whose bytes are hashed on their way.
pub(crate) struct Hashed {
    file: BufWriter<File>,
    hash: Sha256,
}

impl Hashed {
    pub(crate) fn new(file: File) -> Self {
        Self { file: BufWriter::with_capacity(256 << 10, file), hash: Sha256::new() }
    }

    /// The digest of all that was written.
    pub(crate) fn finish(mut self) -> io::Result<String> {
        self.file.flush()?;
        Ok(hex(&self.hash.finalize()))
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
