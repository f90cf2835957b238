//! Where the files of a ledger are, and lines read from them.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use avouch_chain::{MAX_LINE, PublicKey};

use crate::error::{LedgerError, io};

/// Largest file that is read whole: keys.
const MAX_SMALL: u64 = 64 * 1024;

pub(crate) fn heads(dir: &Path) -> PathBuf {
    dir.join("heads.jsonl")
}

pub(crate) fn segments(dir: &Path) -> PathBuf {
    dir.join("segments")
}

pub(crate) fn keys(dir: &Path) -> PathBuf {
    dir.join("keys")
}

/// A segment as it is written.
pub(crate) fn plain(dir: &Path, segment: u64) -> PathBuf {
    segments(dir).join(format!("{segment:08}.jsonl"))
}

/// A segment once it was sealed and compressed.
pub(crate) fn packed(dir: &Path, segment: u64) -> PathBuf {
    segments(dir).join(format!("{segment:08}.jsonl.zst"))
}

/// Numbers of the segments that are there, in order.
pub(crate) fn list(dir: &Path) -> Result<Vec<u64>, LedgerError> {
    let folder = segments(dir);
    let mut numbers = Vec::new();
    for entry in fs::read_dir(&folder).map_err(io("list", &folder))? {
        let name = entry.map_err(io("list", &folder))?.file_name();
        let stem = name.to_str().and_then(|n| n.strip_suffix(".jsonl").or_else(|| n.strip_suffix(".jsonl.zst")));
        numbers.extend(stem.and_then(|stem| stem.parse::<u64>().ok()).filter(|n| *n > 0));
    }
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}

/// Lines of a segment. Both forms hold the same while sealing replaces one by the other, which may happen between a look and
/// the next: so they are tried twice.
pub(crate) fn open_segment(dir: &Path, segment: u64) -> Result<Lines, LedgerError> {
    let (plain, packed) = (plain(dir, segment), packed(dir, segment));
    for _ in 0..2 {
        match File::open(&packed) {
            Ok(file) => {
                let decoder = zstd::Decoder::with_buffer(BufReader::new(file)).map_err(io("decode", &packed))?;
                return Ok(Lines::new(Box::new(decoder)));
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io("open", &packed)(error)),
            Err(_) => {}
        }
        match File::open(&plain) {
            Ok(file) => return Ok(Lines::new(Box::new(file))),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io("open", &plain)(error)),
            Err(_) => {}
        }
    }
    Err(io("open", &plain)(io::ErrorKind::NotFound.into()))
}

/// Lines of a file, one at a time, in bounded memory.
pub(crate) struct Lines {
    reader: Box<dyn Read>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Where the line last given out begins and ends.
    current: std::ops::Range<usize>,
}

impl Lines {
    pub(crate) fn new(reader: Box<dyn Read>) -> Self {
        Self { reader, buffer: vec![0; 256 * 1024], start: 0, end: 0, current: 0..0 }
    }

    /// The next line without its newline; `whole` is false for a rest that has none.
    pub(crate) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        let mut searched = self.start;
        let at = loop {
            if let Some(at) = memchr::memchr(b'\n', &self.buffer[searched..self.end]) {
                break searched + at;
            }
            if self.end - self.start > MAX_LINE {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is too long"));
            }
            searched = self.fill()?;
            if searched == self.end {
                self.current = self.start..self.end;
                self.start = self.end;
                let rest = self.current();
                return Ok((!rest.is_empty()).then_some(Line { bytes: rest, whole: false }));
            }
        };
        self.current = self.start..at;
        self.start = at + 1;
        Ok(Some(Line { bytes: self.current(), whole: true }))
    }

    /// The line last given out.
    pub(crate) fn current(&self) -> &[u8] {
        &self.buffer[self.current.clone()]
    }

    /// Reads more; returns where the new bytes begin, which is the end when there are none.
    fn fill(&mut self) -> io::Result<usize> {
        if self.end == self.buffer.len() {
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
            } else {
                self.buffer.resize(self.buffer.len() * 2, 0);
            }
        }
        let from = self.end;
        loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(n) => self.end += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(from);
        }
    }
}

/// See [`Lines::next`].
pub(crate) struct Line<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) whole: bool,
}

/// Lines of `heads.jsonl` as it is now, unchecked; none when there is no such file. A rest without newline is left out.
///
/// # Errors
/// When the file is there and cannot be opened.
pub fn head_lines(dir: &Path) -> Result<impl Iterator<Item = io::Result<Vec<u8>>> + use<>, LedgerError> {
    let path = heads(dir);
    let reader: Box<dyn Read> = match File::open(&path) {
        Ok(file) => {
            let length = file.metadata().map_err(io("read", &path))?.len();
            Box::new(file.take(length))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Box::new(io::empty()),
        Err(error) => return Err(io("open", &path)(error)),
    };
    let mut lines = Lines::new(reader);
    Ok(std::iter::from_fn(move || match lines.next() {
        Ok(Some(line)) => line.whole.then(|| Ok(line.bytes.to_vec())),
        Ok(None) => None,
        Err(error) => Some(Err(error)),
    }))
}

/// Public keys in `keys/*.pub` beside a ledger or in a bundle. They are what the files say, and not trusted for it.
///
/// # Errors
/// When files cannot be read.
pub fn read_keys(dir: &Path) -> Result<Vec<PublicKey>, LedgerError> {
    let folder = keys(dir);
    let mut paths = match fs::read_dir(&folder) {
        Ok(entries) => {
            entries.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>().map_err(io("list", &folder))?
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(io("list", &folder)(error)),
    };
    paths.retain(|path| path.extension().is_some_and(|ext| ext == "pub"));
    paths.sort();
    paths.truncate(10_000);
    let texts = paths.iter().map(|path| read_small(path)).collect::<Result<Vec<_>, _>>()?;
    Ok(texts.iter().filter_map(|text| PublicKey::from_pem(text)).collect())
}

pub(crate) fn read_small(path: &Path) -> Result<String, LedgerError> {
    let mut text = String::new();
    let file = File::open(path).map_err(io("open", path))?;
    file.take(MAX_SMALL).read_to_string(&mut text).map_err(io("read", path))?;
    Ok(text)
}

/// Makes names in a folder survive a loss of power.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), LedgerError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(io("sync", dir))
}

/// Writes a whole file so that it is there with all its bytes or not at all.
pub(crate) fn write_whole(path: &Path, bytes: &[u8], mode: u32) -> Result<(), LedgerError> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let temporary = path.with_added_extension("tmp");
    let write = || {
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    write().map_err(io("write", path))?;
    sync_dir(path.parent().unwrap_or(Path::new(".")))
}

/// Compresses a sealed segment. The old file goes only when the new one is whole and on the disk.
pub(crate) fn pack(dir: &Path, segment: u64) -> Result<(), LedgerError> {
    let (from, to) = (plain(dir, segment), packed(dir, segment));
    let temporary = to.with_added_extension("tmp");
    let compress = || {
        let mut encoder = zstd::Encoder::new(File::create(&temporary)?, 3)?;
        encoder.include_checksum(true)?;
        io::copy(&mut File::open(&from)?, &mut encoder)?;
        encoder.finish()?.sync_all()?;
        fs::rename(&temporary, &to)
    };
    compress().map_err(io("compress", &from))?;
    sync_dir(&segments(dir))?;
    fs::remove_file(&from).map_err(io("remove", &from))
}
