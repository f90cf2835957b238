//! Files that are hashed while they are written, so that nobody has to read them again for their digests.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use sha2::{Digest, Sha256};

use crate::population::hex;

/// Bytes that are gathered before they are hashed and written: a row is short, and each call of either costs.
pub(crate) const PIECE: usize = 256 << 10;

/// A file whose bytes are hashed on their way.
pub(crate) struct Hashed(BufWriter<Hashing>);

/// Hashes what reaches the file.
struct Hashing {
    file: File,
    hash: Sha256,
}

impl Hashed {
    pub(crate) fn new(file: File) -> Self {
        Self(BufWriter::with_capacity(PIECE, Hashing { file, hash: Sha256::new() }))
    }

    /// The digest of all that was written.
    pub(crate) fn finish(self) -> io::Result<String> {
        let hashing = self.0.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(hex(&hashing.hash.finalize()))
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hashed_is_what_stands_in_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let mut file = Hashed::new(File::create(&path).unwrap());
        // Less than a piece, what no longer fits one, exactly one, and more than one.
        for (byte, n) in (b'a'..).zip([1, PIECE - 1, 1, 7, PIECE, PIECE + 1, 3]) {
            file.write_all(&vec![byte; n]).unwrap();
        }
        let digest = file.finish().unwrap();
        let written = std::fs::read(&path).unwrap();
        assert_eq!(written.len(), 3 * PIECE + 12);
        assert!(written.is_sorted());
        assert_eq!(digest, hex(&Sha256::digest(&written)));
    }
}
