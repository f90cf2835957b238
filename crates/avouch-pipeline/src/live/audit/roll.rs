//! One lane of the archive: the records of one source and node. Records wait as lines in `open.part`; once a minute they are
//! appended, compressed, to the file of their hour. A journal makes that step one that is done wholly or anew.
//!
//! Lines of `open.part` are the hour (`2026-11-26T10`), a blank, and the record.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

/// Ending of a file of one hour.
pub(super) const ENDING: &str = ".jsonl.gz";

/// Length of the name of an hour.
pub(super) const HOUR: usize = "2026-11-26T10".len();

const OPEN: &str = "open.part";
const JOURNAL: &str = "journal.json";

/// Makes a folder that is nobody else's to read.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// What a roll lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rolled {
    /// Lines that a crash had left without their end.
    pub(super) broken_lines: u64,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Lane {
    folder: PathBuf,
    open: Option<File>,
    /// Bytes in `open.part`.
    pub(super) bytes: u64,
}

impl Lane {
    /// Opens the lane and finishes what a crash left undone.
    pub(super) fn open(folder: PathBuf) -> io::Result<(Self, Rolled)> {
        make_folder(&folder)?;
        let mut lane = Self { folder, open: None, bytes: 0 };
        let journal = lane.folder.join(JOURNAL);
        let mut rolled = Rolled::default();
        if lane.folder.join(OPEN).exists() {
            // The step was not finished: what it had appended is cut off, and it is done again.
            if let Ok(bytes) = fs::read(&journal)
                && let Ok(before) = serde_json::from_slice::<BTreeMap<String, u64>>(&bytes)
            {
                for (name, length) in before {
                    lane.cut(&name, length)?;
                }
            }
            rolled = lane.roll()?;
        }
        match fs::remove_file(&journal) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok((lane, rolled)),
        }
    }

    fn cut(&self, name: &str, length: u64) -> io::Result<()> {
        if !name.ends_with(ENDING) || name.contains('/') {
            return Ok(());
        }
        match OpenOptions::new().write(true).open(self.folder.join(name)) {
            Ok(file) if file.metadata()?.len() > length => file.set_len(length).and_then(|()| file.sync_all()),
            Ok(_) => Ok(()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(e) => Err(e),
        }
    }

    /// Adds whole lines. They outlive this process at once, the machine's crash from the next roll on.
    pub(super) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        if self.open.is_none() {
            let path = self.folder.join(OPEN);
            self.open = Some(OpenOptions::new().append(true).create(true).mode(0o600).open(path)?);
        }
        let Some(open) = &mut self.open else { return Ok(()) };
        let written = open.write_all(lines);
        if written.is_err() {
            // A part of a line must not swallow the next one.
            open.set_len(self.bytes)?;
        }
        written?;
        self.bytes += lines.len() as u64;
        Ok(())
    }

    /// Moves what waits into the files of its hours.
    pub(super) fn roll(&mut self) -> io::Result<Rolled> {
        let path = self.folder.join(OPEN);
        if let Some(open) = self.open.take() {
            open.sync_data()?;
        }
        let waiting = match fs::read(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Rolled::default()),
            waiting => waiting?,
        };
        let mut rolled = Rolled::default();
        let mut hours: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
        for line in waiting.split_inclusive(|b| *b == b'\n') {
            match split(line) {
                Some((hour, record)) => hours.entry(hour).or_default().extend_from_slice(record),
                None => rolled.broken_lines += 1,
            }
        }
        let mut before = BTreeMap::new();
        for hour in hours.keys() {
            let name = format!("{hour}{ENDING}");
            let length = fs::metadata(self.folder.join(&name)).map_or(0, |m| m.len());
            before.insert(name, length);
        }
        self.write_journal(&before)?;
        for (hour, records) in &hours {
            let path = self.folder.join(format!("{hour}{ENDING}"));
            let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
            let mut gzip = GzEncoder::new(file, Compression::default());
            gzip.write_all(records)?;
            gzip.finish()?.sync_all()?;
        }
        fs::remove_file(&path)?;
        self.sync_folder()?;
        fs::remove_file(self.folder.join(JOURNAL))?;
        self.bytes = 0;
        Ok(rolled)
    }

    fn write_journal(&self, before: &BTreeMap<String, u64>) -> io::Result<()> {
        let part = self.folder.join("journal.part");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        file.write_all(&serde_json::to_vec(before)?)?;
        file.sync_all()?;
        fs::rename(&part, self.folder.join(JOURNAL))?;
        self.sync_folder()
    }

    fn sync_folder(&self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }
}

/// Hour and record, its newline included.
fn split(line: &[u8]) -> Option<(&str, &[u8])> {
    let (hour, rest) = line.split_at_checked(HOUR)?;
    let hour = std::str::from_utf8(hour).ok().filter(|h| is_hour(h))?;
    let record = rest.strip_prefix(b" ")?;
    (record.len() > 1 && record.ends_with(b"\n")).then_some((hour, record))
}

/// Whether it is the name of an hour, and so of a file.
pub(super) fn is_hour(text: &str) -> bool {
    text.len() == HOUR
        && text.bytes().enumerate().all(|(i, b)| match i {
            4 | 7 => b == b'-',
            10 => b == b'T',
            _ => b.is_ascii_digit(),
        })
}
