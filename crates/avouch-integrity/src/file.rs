//! What a file is at one moment, and how two moments differ.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// SHA-256 of a file's content; written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha256(pub [u8; 32]);

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Sha256 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sha256 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        let bytes = from_hex(&text).and_then(|b| b.try_into().ok());
        bytes.map(Self).ok_or_else(|| de::Error::custom("not a SHA-256"))
    }
}

/// Bytes of hexadecimal digits.
pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let digit = |c: u8| char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok());
    digits.chunks(2).map(|pair| Some((digit(*pair.first()?)? << 4) | digit(*pair.get(1)?)?)).collect()
}

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "self-explanatory")]
pub enum FileKind {
    Regular,
    Directory,
    Symlink,
    Fifo,
    Socket,
    CharDevice,
    BlockDevice,
    Other,
}

/// Why a regular file has no digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotHashed {
    /// Larger than the limit.
    TooLarge,
    /// It may not be read.
    Denied,
    /// Reading failed.
    ReadFailed,
    /// It changed each time while it was read.
    Changing,
    /// Its file system is served by a process, which could keep the reader waiting for ever.
    ServedByProcess,
}

impl NotHashed {
    /// The word that records use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Denied => "denied",
            Self::ReadFailed => "read_failed",
            Self::Changing => "changing",
            Self::ServedByProcess => "served_by_process",
        }
    }
}

/// A file at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct FileState {
    pub kind: FileKind,
    /// Of a regular file; when it is missing, `not_hashed` says why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_hashed: Option<NotHashed>,
    pub size: u64,
    /// Permission bits with set-user, set-group and sticky.
    #[serde(serialize_with = "octal", deserialize_with = "from_octal")]
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    /// ns since the epoch.
    pub mtime: i64,
    /// ns since the epoch.
    pub ctime: i64,
    pub ino: u64,
    pub dev: u64,
    /// Where a symbolic link leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// Modes are read in base eight everywhere.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn octal<S: Serializer>(mode: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{mode:#06o}"))
}

fn from_octal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
    let digits = text.strip_prefix("0o").unwrap_or(&text);
    u32::from_str_radix(digits, 8).map_err(|_| de::Error::custom("not a mode"))
}

/// A way in which two states of a file differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "self-explanatory")]
pub enum Aspect {
    Appeared,
    Removed,
    Kind,
    Content,
    Target,
    Mode,
    Owner,
    /// Another file has the name now.
    Inode,
    /// Time of the last change of content.
    Mtime,
}

impl Aspect {
    /// Whether it is told also when nobody is known to have done it. A new inode with the same content is a package
    /// installed again; the time alone is a touch.
    pub(crate) fn weighs(self) -> bool {
        !matches!(self, Self::Inode | Self::Mtime)
    }
}

/// Whether the content changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentChanged {
    /// It is another one.
    Yes,
    /// It is the same, byte for byte.
    No,
    /// Nobody can say, and why.
    Unknown(String),
}

impl FileState {
    /// What the inode alone can tell is the same: the content needs no reading.
    pub(crate) fn same_inode_facts(&self, other: &Self) -> bool {
        let facts = |s: &Self| (s.kind, s.size, s.mode, s.uid, s.gid, s.mtime, s.ctime, s.ino, s.dev);
        facts(self) == facts(other)
    }

    /// In what it differs from an earlier state.
    pub(crate) fn differs_from(&self, before: &Self) -> Vec<Aspect> {
        let mut out = Vec::new();
        let folder = self.kind == FileKind::Directory;
        let rows = [
            (Aspect::Kind, self.kind != before.kind),
            (Aspect::Content, self.content_changed(before) == ContentChanged::Yes && self.kind == FileKind::Regular),
            (Aspect::Target, self.target != before.target),
            (Aspect::Mode, self.mode != before.mode),
            (Aspect::Owner, (self.uid, self.gid) != (before.uid, before.gid)),
            (Aspect::Inode, (self.ino, self.dev) != (before.ino, before.dev)),
            // A folder's time is that of the files in it.
            (Aspect::Mtime, self.mtime != before.mtime && !folder),
        ];
        out.extend(rows.into_iter().filter(|(_, differs)| *differs).map(|(aspect, _)| aspect));
        out
    }

    /// Whether the content is another one than `before`.
    pub(crate) fn content_changed(&self, before: &Self) -> ContentChanged {
        if self.kind != before.kind || self.target != before.target {
            return ContentChanged::Yes;
        }
        if self.kind != FileKind::Regular {
            return ContentChanged::No;
        }
        match (self.sha256, before.sha256) {
            (Some(now), Some(then)) if now == then => ContentChanged::No,
            (Some(_), Some(_)) => ContentChanged::Yes,
            _ if self.size != before.size => ContentChanged::Yes,
            _ => {
                let reason = self.not_hashed.or(before.not_hashed).map_or("not_hashed", NotHashed::name);
                ContentChanged::Unknown(reason.to_owned())
            }
        }
    }
}
