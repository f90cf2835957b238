//! Watched files of an agent: changes are told to `avouch-integrity`, and what it found comes back as records.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use avouch_integrity::{Ancestor, Change, ChangeKind, Config, Integrity, Place, Who};
use avouch_pipeline::live::records::Record;
use avouch_pipeline::live::{self, FileEvent};
use avouch_pipeline::read_text;
use avouch_state::{State, Thread};

use crate::terminal;

/// File of the baseline, in the folder of the records.
const BASELINE: &str = "integrity-baseline.jsonl";

/// Processes above the one that changed a file that are named.
const ANCESTORS: usize = 8;

/// Bytes of a command line that are kept: of who did it, and of those above.
const CMDLINE: usize = 2_048;
const CMDLINE_ABOVE: usize = 256;

/// A file that is read for so many ms hangs: the largest that is read takes less than a second.
const HANGS_MS: u64 = 10_000;

/// Records taken at a time.
const AT_ONCE: usize = 64;

/// The watch over files.
pub(crate) struct WatchedFiles {
    integrity: Integrity,
    /// Id of the container that the agent itself runs in, empty for none, once it is known: there its paths are ours.
    own_container: Option<String>,
    /// Containers whose files were read, or are about to be.
    containers: BTreeSet<String>,
}

impl WatchedFiles {
    /// Starts to watch what the file says, or the usual places; the baseline is kept in `dir`.
    pub(crate) fn start(file: Option<&Path>, dir: &Path) -> anyhow::Result<Self> {
        let config = match file {
            Some(file) => {
                Config::from_yaml(&read_text(file)?).with_context(|| format!("cannot use `{}`", file.display()))?
            }
            None => Config::default(),
        };
        let integrity = Integrity::start(&config, Some(dir.join(BASELINE)))?;
        Ok(Self { integrity, own_container: None, containers: BTreeSet::new() })
    }

    /// Hands on a change of a watched file.
    pub(crate) fn changed(&mut self, told: &FileEvent<'_>) {
        let Some(kind) = kind(told.action) else { return };
        let (path, to) = match (told.action, told.to) {
            // The target of a symbolic link is text; the link is what changed.
            ("symlink", Some(link)) => (as_path(link), None),
            (_, to) => (as_path(told.path), to.map(as_path)),
        };
        // Asked here as well: who did it is worked out for watched files only.
        if !self.integrity.watched(path) && !to.is_some_and(|to| self.integrity.watched(to)) {
            return;
        }
        let change = Change {
            path: path.to_owned(),
            to: to.map(Path::to_owned),
            place: self.place(told.state, told.thread),
            kind,
            time: told.event.timestamp,
            event: told.event.num,
            who: Arc::new(who(told.state, told.thread)),
        };
        self.integrity.changed(change);
    }

    /// The container with its processes that may still live: who did it, and those above it in the same container.
    fn place(&mut self, state: &State, thread: &Thread) -> Place {
        let id = container(state, thread);
        if id.is_empty() || *self.own_container(state) == id {
            return Place::Host;
        }
        let above = state.ancestors(thread).filter(|t| t.container == thread.container).map(|t| t.pid);
        let pids = [thread.tid, thread.pid].into_iter().chain(above).take(ANCESTORS);
        Place::Container { id, pids: pids.filter_map(|pid| i32::try_from(pid).ok()).collect() }
    }

    /// Has the files of containers read that were not seen before, so that their first changes have a state before them. To be
    /// called every few seconds.
    pub(crate) fn look_for_containers(&mut self, state: &State) {
        let mut pids: BTreeMap<String, Vec<i32>> = BTreeMap::new();
        for leader in state.threads().filter(|t| t.tid == t.pid && !t.container.is_host()) {
            let pids = pids.entry(container(state, leader)).or_default();
            if pids.len() < ANCESTORS {
                pids.extend(i32::try_from(leader.pid).ok());
            }
        }
        pids.remove("");
        pids.remove(self.own_container(state));
        self.containers.retain(|id| pids.contains_key(id));
        for (id, pids) in pids {
            if !self.containers.contains(&id) && self.integrity.container(&id, &pids) {
                self.containers.insert(id);
            }
        }
    }

    fn own_container(&mut self, state: &State) -> &str {
        if self.own_container.is_none() {
            let own = i64::from(std::process::id());
            self.own_container = state.threads().find(|t| t.tid == own).map(|t| container(state, t));
        }
        self.own_container.as_deref().unwrap_or_default()
    }

    /// What was found since the last call.
    pub(crate) fn take(&mut self) -> Vec<Record> {
        std::iter::from_fn(|| self.integrity.poll()).take(AT_ONCE).filter_map(|record| as_record(&record)).collect()
    }

    /// What was lost so far, as sentences.
    pub(crate) fn losses(&self) -> Vec<String> {
        let counts = self.integrity.counts();
        let rows = [
            (counts.overflow + counts.pending_overflow, "changes of watched files are told without who made them"),
            (counts.not_kept, "watched files are beyond the limit"),
            (counts.saves_failed, "times the baseline of watched files could not be saved"),
        ];
        let mut out: Vec<String> =
            rows.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
        if counts.reading_ms > HANGS_MS {
            out.push(format!("a watched file is being read for {} s", counts.reading_ms / 1_000));
        }
        out
    }

    /// Reads what still waits, saves the baseline, and gives the last records.
    pub(crate) fn finish(self) -> Vec<Record> {
        self.integrity.stop().iter().filter_map(as_record).collect()
    }
}

fn as_record(record: &avouch_integrity::Record) -> Option<Record> {
    match serde_json::to_value(record) {
        Ok(json) => Some(Record::Integrity(json)),
        Err(error) => {
            terminal::complain(&anyhow::Error::new(error).context("failed to record a changed file"));
            None
        }
    }
}

fn as_path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

fn kind(action: &str) -> Option<ChangeKind> {
    Some(match action {
        "write" => ChangeKind::Write,
        "create" | "directory" | "device" => ChangeKind::Create,
        "rename" => ChangeKind::Rename,
        "remove" => ChangeKind::Remove,
        "mode" => ChangeKind::Mode,
        "owner" => ChangeKind::Owner,
        "link" | "symlink" => ChangeKind::Link,
        // Mounts hide files and change none; the next look at all files sees what stands there.
        _ => return None,
    })
}

/// Id of the thread's container; empty for none.
fn container(state: &State, thread: &Thread) -> String {
    let container = state.container(thread).filter(|_| !thread.container.is_host());
    container.map(|c| text(&c.id)).unwrap_or_default()
}

fn who(state: &State, thread: &Thread) -> Who {
    let known = live::who(state, thread);
    let ancestor =
        |t: &Thread| Ancestor { pid: t.pid, exe: live::who(state, t).exe, cmdline: cmdline(t, CMDLINE_ABOVE) };
    Who {
        pid: known.pid,
        exe: known.exe,
        cmdline: cmdline(thread, CMDLINE),
        uid: known.uid,
        user: known.user,
        loginuid: known.loginuid,
        container: known.container,
        container_name: known.container_name,
        pod: known.pod,
        namespace: known.namespace,
        ancestors: state.ancestors(thread).take(ANCESTORS).map(ancestor).collect(),
    }
}

fn cmdline(thread: &Thread, most: usize) -> String {
    let mut out = thread.exe.to_vec();
    for arg in thread.cmdline.args() {
        if out.len() > most {
            break;
        }
        out.push(b' ');
        out.extend_from_slice(arg);
    }
    out.truncate(most);
    text(&out)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
