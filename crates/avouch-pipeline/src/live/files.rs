//! Records as files of JSON lines: appended, observations made safe on disk each time, turned over by size.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::disk::private_dir;
use super::records::{Gap, Record, Stream};

/// How much of the end of a file is searched for its last record. An observation has some kB.
const TAIL: u64 = 1 << 20;

/// Why records cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum RecordFilesError {
    /// The folder cannot be made.
    #[error("failed to make folder `{}` for records", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file cannot be opened or read.
    #[error("failed to open records `{}`", path.display())]
    Open {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A record cannot be written.
    #[error("failed to write records `{}`", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

struct Out {
    path: PathBuf,
    file: BufWriter<File>,
    bytes: u64,
}

/// The files of a folder, open to append.
pub struct RecordFiles {
    /// In the order of [`Stream::ALL`].
    outs: [Out; 4],
    max_bytes: u64,
}

impl RecordFiles {
    /// Opens, or makes, the files in `dir`. A file that has `max_bytes` or more is moved to its name with `.1`, over the
    /// one before, and begun anew.
    ///
    /// # Errors
    /// When the folder or a file cannot be made.
    pub fn open(dir: &Path, max_bytes: u64) -> Result<Self, RecordFilesError> {
        private_dir(dir).map_err(|source| RecordFilesError::Folder { path: dir.to_owned(), source })?;
        let [findings, observations, activity, integrity] = Stream::ALL.map(|s| open(dir.join(s.file_name())));
        Ok(Self { outs: [findings?, observations?, activity?, integrity?], max_bytes })
    }

    /// When the run before this one died, the gap it left: from its last record to `now` (RFC 3339). The run before is what
    /// the observations in `dir` end with.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn gap(dir: &Path, now: &str) -> Result<Option<Gap>, RecordFilesError> {
        let path = dir.join(Stream::Observations.file_name());
        let last = match last_record(&path) {
            Ok(Some(last)) => Some(last),
            // Just turned over.
            Ok(None) => last_record(&turned(&path)).unwrap_or(None),
            Err(source) => return Err(RecordFilesError::Open { path, source }),
        };
        let Some(last) = last else { return Ok(None) };
        let text = |key: &str| last.get(key).and_then(Json::as_str).unwrap_or_default();
        let reason = match text("kind") {
            "stop" => "agent was not running",
            _ => "agent was not running: no stop record",
        };
        Ok(Some(Gap {
            time: now.to_owned(),
            from: text("time").to_owned(),
            to: now.to_owned(),
            reason: reason.to_owned(),
        }))
    }

    /// Appends a record. Observations and their like are on disk when this returns.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, record: &Record) -> Result<(), RecordFilesError> {
        let stream = record.stream();
        let max_bytes = self.max_bytes;
        let [findings, observations, activity, integrity] = &mut self.outs;
        let out = match stream {
            Stream::Findings => findings,
            Stream::Observations => observations,
            Stream::Activity => activity,
            Stream::Integrity => integrity,
        };
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| RecordFilesError::Write { path, source }
        };
        if out.bytes >= max_bytes {
            out.file.flush().map_err(failed(&out.path))?;
            std::fs::rename(&out.path, turned(&out.path)).map_err(failed(&out.path))?;
            *out = open(out.path.clone())?;
        }
        let mut line = serde_json::to_vec(record).map_err(|e| failed(&out.path)(e.into()))?;
        line.push(b'\n');
        out.bytes += line.len() as u64;
        out.file.write_all(&line).map_err(failed(&out.path))?;
        if stream == Stream::Observations {
            out.file.flush().and_then(|()| out.file.get_ref().sync_data()).map_err(failed(&out.path))?;
        }
        Ok(())
    }

    /// Hands everything to the operating system.
    ///
    /// # Errors
    /// When something cannot be written.
    pub fn flush(&mut self) -> Result<(), RecordFilesError> {
        for out in &mut self.outs {
            let path = &out.path;
            out.file.flush().map_err(|source| RecordFilesError::Write { path: path.clone(), source })?;
        }
        Ok(())
    }
}

fn turned(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}.1", path.display()))
}

fn open(path: PathBuf) -> Result<Out, RecordFilesError> {
    let opened = || {
        // Command lines and paths of everyone are in it.
        let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&path)?;
        let mut bytes = file.metadata()?.len();
        // A line that a dying run left half would swallow the next one.
        if bytes > 0 {
            file.seek(SeekFrom::End(-1))?;
            let mut last = [0];
            file.read_exact(&mut last)?;
            if last != *b"\n" {
                file.write_all(b"\n")?;
                bytes += 1;
            }
        }
        Ok((file, bytes))
    };
    match opened() {
        Ok((file, bytes)) => Ok(Out { path, file: BufWriter::new(file), bytes }),
        Err(source) => Err(RecordFilesError::Open { path, source }),
    }
}

/// The last line that is whole; `None` when there is none, or no file.
fn last_record(path: &Path) -> io::Result<Option<Json>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e),
    };
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail)?;
    Ok(tail.rsplit(|b| *b == b'\n').find_map(|line| serde_json::from_slice(line).ok().filter(Json::is_object)))
}

#[cfg(test)]
mod tests {
    use super::super::records::{Interval, Observation, Stop};
    use super::*;

    fn observation(time: &str) -> Record {
        Record::Observation(Box::new(Observation {
            time: time.to_owned(),
            interval: Interval::default(),
            ..Observation::default()
        }))
    }

    fn stop(time: &str) -> Record {
        let reason = "SIGTERM".to_owned();
        Record::Stop(Stop { time: time.to_owned(), reason, events: 1, detections: 0, lost_events: 0 })
    }

    #[test]
    fn a_run_that_died_leaves_a_gap_with_its_last_time() {
        let dir = tempfile::tempdir().unwrap();
        let gap = |now| RecordFiles::gap(dir.path(), now).unwrap();
        assert_eq!(gap("t9"), None, "nothing ran before");
        let mut files = RecordFiles::open(dir.path(), 1 << 20).unwrap();
        files.write(&observation("t1")).unwrap();
        files.write(&observation("t2")).unwrap();
        let died = gap("t9").unwrap();
        assert_eq!((&*died.from, &*died.to), ("t2", "t9"));
        assert_eq!(died.reason, "agent was not running: no stop record");

        // Half a line, as a machine that lost power leaves it.
        drop(files);
        let path = dir.path().join("observations.jsonl");
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"kind\":\"stop\",\"ti").unwrap();
        assert_eq!(gap("t9").unwrap().from, "t2");
        let mut files = RecordFiles::open(dir.path(), 1 << 20).unwrap();
        files.write(&stop("t3")).unwrap();
        let ended = gap("t9").unwrap();
        assert_eq!((&*ended.from, &*ended.reason), ("t3", "agent was not running"));
        let lines = std::fs::read_to_string(&path).unwrap();
        assert_eq!(lines.lines().filter(|l| serde_json::from_str::<Json>(l).is_ok()).count(), 3, "{lines}");
    }

    #[test]
    fn files_are_turned_over_by_size_and_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("records");
        let mut files = RecordFiles::open(&dir, 1_000).unwrap();
        for i in 0..20 {
            files.write(&stop(&format!("t{i}"))).unwrap();
        }
        files.flush().unwrap();
        let path = dir.join("observations.jsonl");
        let sizes = [&path, &turned(&path)].map(|p| std::fs::metadata(p).unwrap().len());
        assert!(sizes.iter().all(|s| *s > 0 && *s < 1_200), "{sizes:?}");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
