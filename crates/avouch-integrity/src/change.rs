//! What the caller tells, and the records it gets.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::file::{Aspect, ContentChanged, FileState};

/// A change of a file, as an event tells it.
#[derive(Clone, Debug)]
pub struct Change {
    /// Absolute, as the process that made the change sees it.
    pub path: PathBuf,
    /// New name of a renamed or linked file.
    pub to: Option<PathBuf>,
    /// Whose view the paths are of.
    pub place: Place,
    /// What was done.
    pub kind: ChangeKind,
    /// ns since the epoch.
    pub time: u64,
    /// Number of the event in this run.
    pub event: u64,
    /// Who did it; shared, as one event may change two files.
    pub who: Arc<Who>,
}

/// Whose view of the files a path is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// This machine's.
    #[default]
    Host,
    /// A container's.
    Container {
        /// Its id, full or short; the same for every change in it.
        id: String,
        /// Processes in it, as this machine numbers them, the best guess first: who did it, its ancestors in the container.
        /// The root of the first that still lives is used.
        pids: Vec<i32>,
    },
}

/// What was done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "self-explanatory")]
pub enum ChangeKind {
    /// Opened to write, or written.
    Write,
    Create,
    Rename,
    Remove,
    Mode,
    Owner,
    Link,
}

/// Who did something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Who {
    pub pid: i64,
    pub exe: String,
    pub cmdline: String,
    pub uid: u32,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// User that logged in, when one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loginuid: Option<u32>,
    /// Id of the container; empty on the host.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub container: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub container_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pod: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Parent first; at most 16 are kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ancestors: Vec<Ancestor>,
}

/// A process above the one that did something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Ancestor {
    pub pid: i64,
    pub exe: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cmdline: String,
}

/// Any record; `kind` tells which.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Record {
    /// A watched file changed, or something was done to it that left it as it was.
    IntegrityChange(Box<IntegrityChange>),
    /// Every watched file was read once.
    IntegrityBaseline(Baseline),
}

/// See [`Record::IntegrityBaseline`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Baseline {
    /// When it was complete, RFC 3339.
    pub time: String,
    /// Files, folders and links that are remembered.
    pub files: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Files without a digest.
    pub not_hashed: u64,
    /// Files that do not fit into the bounds and are not remembered.
    pub not_kept: u64,
    /// Folders that could not be read.
    pub folders_unread: u64,
    /// It was compared with the baseline of an earlier run.
    pub compared: bool,
    /// Why there was none to compare with though one should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load_failed: Option<String>,
}

/// How a change was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// An event told it.
    Event,
    /// A look at all watched files showed it. `changes` holds who had the file open to write, if anybody was seen to.
    Sweep,
    /// It differs from the baseline that an earlier run saved.
    ChangedWhileNotWatching,
}

/// State of a path at one end of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// It was read.
    File(FileState),
    /// As an earlier run saved it; this run had not read it when the change came.
    Saved(FileState),
    /// There is no such file.
    Absent,
    /// Nobody can say.
    Unknown(UnknownState),
}

/// Why the state of a path is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownState {
    /// The baseline does not hold it: it is not complete yet, or does not cover such paths. In a container it covers what
    /// stood there when it was first seen, without programs and libraries, which its image names.
    NotInBaseline,
    /// No process of the container was left whose view could be used.
    ContainerGone,
    /// The process that was named has the root of this machine: its number was given anew.
    NotInContainer,
    /// More containers change files at the same time than are served.
    TooManyContainers,
    /// The system's error number.
    Errno(i32),
}

impl UnknownState {
    fn reason(self) -> String {
        match self {
            Self::NotInBaseline => "not_in_baseline".to_owned(),
            Self::ContainerGone => "container_gone".to_owned(),
            Self::NotInContainer => "not_in_container".to_owned(),
            Self::TooManyContainers => "too_many_containers".to_owned(),
            Self::Errno(n) => format!("errno_{n}"),
        }
    }
}

impl Seen {
    fn state(&self) -> Option<&FileState> {
        match self {
            Self::File(state) | Self::Saved(state) => Some(state),
            Self::Absent | Self::Unknown(_) => None,
        }
    }

    /// Whether the content is another one than `before`.
    pub(crate) fn content_changed(&self, before: &Self) -> ContentChanged {
        match (before, self) {
            (Self::Unknown(why), _) => ContentChanged::Unknown(format!("before: {}", why.reason())),
            (_, Self::Unknown(why)) => ContentChanged::Unknown(format!("after: {}", why.reason())),
            (Self::Absent, Self::Absent) => ContentChanged::No,
            (before, after) => match (before.state(), after.state()) {
                (Some(before), Some(after)) => after.content_changed(before),
                _ => ContentChanged::Yes,
            },
        }
    }

    /// In what it differs from an earlier state; nothing where one of them is not known.
    pub(crate) fn differs_from(&self, before: &Self) -> Vec<Aspect> {
        match (before, self) {
            (Self::Absent, Self::File(_)) => vec![Aspect::Appeared],
            (Self::File(_) | Self::Saved(_), Self::Absent) => vec![Aspect::Removed],
            (before, after) => match (before.state(), after.state()) {
                (Some(before), Some(after)) => after.differs_from(before),
                _ => Vec::new(),
            },
        }
    }
}

/// One thing that was done.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Act {
    /// RFC 3339.
    pub time: String,
    /// Number of the event in this run.
    pub event: u64,
    pub action: ChangeKind,
    #[serde(serialize_with = "shared")]
    pub who: Arc<Who>,
}

fn shared<S: Serializer>(who: &Arc<Who>, serializer: S) -> Result<S::Ok, S::Error> {
    who.as_ref().serialize(serializer)
}

/// See [`Record::IntegrityChange`].
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct IntegrityChange {
    /// When the state after was read, RFC 3339.
    pub time: String,
    pub path: String,
    /// Id of the container whose path it is; empty on the host.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub container: String,
    pub found: Found,
    pub before: Seen,
    pub after: Seen,
    pub content_changed: ContentChanged,
    /// In what the states differ; empty for a change that left the file as it was.
    pub differs: Vec<Aspect>,
    pub changes: Vec<Act>,
    /// Changes beyond those in `changes`.
    #[serde(skip_serializing_if = "is_zero")]
    pub more_changes: u64,
    /// Time of the first change, when an event told one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// Time of the last change, when an event told one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}
