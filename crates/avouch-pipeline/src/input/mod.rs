//! What a user hands to `replay`: files, folders, standard input; captures and audit records, plain or gzip.

mod mapped;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use avouch_audit::Format;
use flate2::read::MultiGzDecoder;

use crate::folder;
use mapped::Mapped;

/// How much of a file is looked at to tell what it is.
const HEAD: usize = 64 << 10;

/// Section header of a capture, little-endian.
const SCAP_MAGIC: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// First bytes of gzip.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// System calls, or plugin events, in the capture format.
    Capture,
    /// Audit records.
    Records(Format),
}

/// Why an input cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The file cannot be opened or read.
    #[error("failed to read `{}`", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The content is none that avouch knows.
    #[error("`{}` is neither a capture (.scap) nor a Kubernetes audit log nor CloudTrail records", path.display())]
    Unknown {
        /// Which file.
        path: PathBuf,
    },
    /// A folder holds nothing to replay.
    #[error("folder `{}` holds no .scap, .json, .jsonl or .log file, plain or .gz", path.display())]
    EmptyFolder {
        /// Which folder.
        path: PathBuf,
    },
}

/// An opened input.
pub struct Input {
    /// Path as the user gave it; `-` is standard input.
    pub path: PathBuf,
    /// What it holds.
    pub kind: Kind,
    content: Content,
}

enum Content {
    Mapped(Mapped),
    Stream { head: Vec<u8>, rest: Box<dyn Read + Send> },
}

/// An input's bytes, ready to read.
pub enum Bytes<'a> {
    /// All of them.
    Slice(&'a [u8]),
    /// One after the other.
    Stream(Box<dyn Read + Send + 'a>),
}

impl Input {
    /// Opens `path` and tells what it holds. Regular files are mapped, anything else is read as a stream.
    ///
    /// # Errors
    /// When it cannot be read, or holds nothing we know.
    pub fn open(path: &Path) -> Result<Self, InputError> {
        let failed = |source| InputError::Read { path: path.to_owned(), source };
        if path == Path::new("-") {
            return Self::from_stream(path, Box::new(io::stdin()));
        }
        let file = File::open(path).map_err(failed)?;
        let meta = file.metadata().map_err(failed)?;
        if !meta.is_file() || meta.len() == 0 {
            return Self::from_stream(path, Box::new(file));
        }
        let mapped = Mapped::new(&file).map_err(failed)?;
        let head = mapped.bytes().get(..HEAD).unwrap_or(mapped.bytes());
        let kind = kind(head).ok_or_else(|| InputError::Unknown { path: path.to_owned() })?;
        Ok(Self { path: path.to_owned(), kind, content: Content::Mapped(mapped) })
    }

    fn from_stream(path: &Path, mut rest: Box<dyn Read + Send>) -> Result<Self, InputError> {
        let mut head = Vec::new();
        let taken = rest.by_ref().take(HEAD as u64).read_to_end(&mut head);
        taken.map_err(|source| InputError::Read { path: path.to_owned(), source })?;
        let kind = kind(&head).ok_or_else(|| InputError::Unknown { path: path.to_owned() })?;
        Ok(Self { path: path.to_owned(), kind, content: Content::Stream { head, rest } })
    }

    /// Size of the file in bytes, `None` for a stream.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        match &self.content {
            Content::Mapped(m) => u64::try_from(m.bytes().len()).ok(),
            Content::Stream { .. } => None,
        }
    }

    /// Whether sizes are before decompression, so that progress by bytes read would mislead.
    #[must_use]
    pub fn is_compressed(&self) -> bool {
        match &self.content {
            Content::Mapped(m) => m.bytes().starts_with(&GZIP_MAGIC),
            Content::Stream { head, .. } => head.starts_with(&GZIP_MAGIC),
        }
    }

    /// The content, from the start. A stream can be read once.
    pub fn bytes(&mut self) -> Bytes<'_> {
        match &mut self.content {
            Content::Mapped(m) => Bytes::Slice(m.bytes()),
            Content::Stream { head, rest } => {
                Bytes::Stream(Box::new(io::Cursor::new(std::mem::take(head)).chain(rest)))
            }
        }
    }
}

/// Tells a file by its first bytes, through gzip.
fn kind(head: &[u8]) -> Option<Kind> {
    if head.starts_with(&GZIP_MAGIC) {
        let mut inner = Vec::new();
        // A head that stops inside the compressed stream is no failure: what came out before is enough.
        match MultiGzDecoder::new(head).take(HEAD as u64).read_to_end(&mut inner) {
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => {}
            Err(_) if !inner.is_empty() => {}
            Err(_) => return None,
        }
        return (!inner.starts_with(&GZIP_MAGIC)).then(|| kind(&inner)).flatten();
    }
    if head.starts_with(&SCAP_MAGIC) {
        return Some(Kind::Capture);
    }
    avouch_audit::detect(head).map(Kind::Records)
}

/// The files that `paths` mean: files as they are, folders by what lies in them (one level down after the other, sorted).
///
/// # Errors
/// When a folder cannot be listed or holds nothing that can be replayed.
pub fn expand(paths: &[PathBuf]) -> Result<Vec<PathBuf>, InputError> {
    let mut out = Vec::new();
    for path in paths {
        if !path.is_dir() {
            out.push(path.clone());
            continue;
        }
        let found = folder::files(path, &replayable).map_err(|(path, source)| InputError::Read { path, source })?;
        if found.is_empty() {
            return Err(InputError::EmptyFolder { path: path.clone() });
        }
        out.extend(found);
    }
    Ok(out)
}

fn replayable(name: &str) -> bool {
    let name = name.strip_suffix(".gz").unwrap_or(name);
    [".scap", ".json", ".jsonl", ".log", ".ndjson"].iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut enc = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        enc.write_all(bytes).unwrap();
        enc.finish().unwrap()
    }

    #[test]
    fn content_tells_the_kind() {
        let scap = [&SCAP_MAGIC[..], &[28, 0, 0, 0]].concat();
        let audit = br#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"x","stage":"ResponseComplete"}"#;
        let trail =
            br#"{"Records":[{"eventVersion":"1.08","eventSource":"s3.amazonaws.com","eventName":"ListBuckets"}]}"#;
        assert_eq!(kind(&scap), Some(Kind::Capture));
        assert_eq!(kind(&gzip(&scap)), Some(Kind::Capture));
        assert_eq!(kind(audit), Some(Kind::Records(Format::K8sAudit)));
        assert_eq!(kind(&gzip(trail)), Some(Kind::Records(Format::CloudTrail)));
        assert_eq!(kind(&gzip(&gzip(&scap))), None, "gzip inside gzip");
        assert_eq!(kind(b"hello"), None);
        assert_eq!(kind(&GZIP_MAGIC), None);
    }

    #[test]
    fn folders_give_sorted_files() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.json.gz", "a.scap", "notes.txt", "sub/c.jsonl"] {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let names = |paths: Vec<PathBuf>| -> Vec<String> {
            paths.iter().map(|p| p.strip_prefix(dir.path()).unwrap().display().to_string()).collect()
        };
        assert_eq!(names(expand(&[dir.path().to_owned()]).unwrap()), ["a.scap", "b.json.gz", "sub/c.jsonl"]);
        let empty = tempfile::tempdir().unwrap();
        assert!(matches!(expand(&[empty.path().to_owned()]), Err(InputError::EmptyFolder { .. })));
    }
}
