//! A file, best on a disk that the ledger's machine cannot change: one head a line.

use std::{
    fs::OpenOptions,
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::PathBuf,
};

use crate::{Anchor, AnchorError, Head, Receipt, io_error};

/// Appends heads to a file.
#[derive(Clone, Debug)]
pub struct FileAnchor {
    /// The file; made when it is not there.
    pub path: PathBuf,
}

impl Anchor for FileAnchor {
    fn name(&self) -> &'static str {
        "file"
    }

    fn publish(&self, head: &Head<'_>) -> Result<Receipt, AnchorError> {
        head.check()?;
        let write = || -> io::Result<()> {
            let mut file = OpenOptions::new().create(true).read(true).append(true).open(&self.path)?;
            let length = file.seek(SeekFrom::End(0))?;
            let mut end = [b'\n'];
            if length > 0 {
                file.seek(SeekFrom::Start(length - 1))?;
                file.read_exact(&mut end)?;
            }
            // A line that was cut short stays a line of its own, and is no head.
            let before: &[u8] = if end == *b"\n" { b"" } else { b"\n" };
            file.write_all(&[before, head.line, b"\n"].concat())?;
            file.sync_all()
        };
        write().map_err(io_error("append to", &self.path))?;
        Ok(Receipt { place: self.path.display().to_string(), ..Receipt::default() })
    }
}
