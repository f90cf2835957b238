//! The thread that reads files: changed ones when they settled, all of them at first and now and then.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::Config;
use crate::change::{Act, Change, ChangeKind, Found, IntegrityChange, Record, Seen, UnknownState};
use crate::counts::Meter;
use crate::file::{Aspect, ContentChanged, FileKind, FileState};
use crate::known::{Entry, Key, Known};
use crate::pending::{Pending, View, Wait, rfc3339};
use crate::read::{self, Root};
use crate::saved;
use crate::walk::real_parent;
use crate::watch::Watch;

mod containers;
mod pass;

use containers::NewContainer;
use pass::{Pass, Throttle};

/// Changes taken from the queue before files are read.
const AT_ONCE: usize = 256;

/// Paths of which it is remembered who opened them to write: such a process may write long after.
const WRITERS: usize = 256;

/// Time between savings of a baseline that changed.
const SAVE_EVERY: Duration = Duration::from_secs(60);

/// What is on its way to the worker.
#[derive(Debug)]
pub(crate) enum Told {
    Change {
        change: Box<Change>,
        view: View,
    },
    /// A container that was not seen before.
    Container {
        id: Arc<str>,
        root: Arc<OwnedFd>,
    },
}

/// The caller is gone.
struct Gone;

/// See the module.
pub(crate) struct Worker {
    config: Config,
    watch: Watch,
    saved: Option<PathBuf>,
    meter: Arc<Meter>,
    out: SyncSender<Record>,
    known: Known,
    pending: Pending,
    writers: VecDeque<(Key, Vec<Act>)>,
    throttle: Throttle,
    pass: Option<Pass>,
    /// Containers that wait to be read.
    containers: VecDeque<NewContainer>,
    /// Number of the latest walk over all files.
    walks: u64,
    next_walk: Instant,
    last_walk: Instant,
    /// The baseline of an earlier run is whole and of the same patterns: what is not in it is new.
    saved_whole: bool,
    load_failed: Option<String>,
    /// Every watched path is known: what is not is absent.
    whole: bool,
    /// Every watched path was looked at in this run.
    baseline_done: bool,
    changed_since_save: bool,
    next_save: Instant,
}

impl Worker {
    pub(crate) fn new(
        config: Config,
        watch: Watch,
        saved: Option<PathBuf>,
        meter: Arc<Meter>,
        out: SyncSender<Record>,
    ) -> Self {
        let now = Instant::now();
        Self {
            known: Known::new(config.max_files, config.max_memory),
            pending: Pending::new(&config),
            throttle: Throttle::new(config.bytes_per_second, now),
            writers: VecDeque::new(),
            pass: None,
            containers: VecDeque::new(),
            walks: 0,
            next_walk: now,
            last_walk: now,
            saved_whole: false,
            load_failed: None,
            whole: false,
            baseline_done: false,
            changed_since_save: false,
            next_save: now + SAVE_EVERY,
            config,
            watch,
            saved,
            meter,
            out,
        }
    }

    /// Works until the caller is gone.
    pub(crate) fn run(mut self, changes: &Receiver<Told>) {
        // Where the system refuses, it works at the usual priority.
        rustix::process::setpriority_process(None, 10).ok();
        self.load();
        self.begin_pass();
        loop {
            match changes.recv_timeout(self.until_next()) {
                Ok(told) => {
                    self.take(told);
                    changes.try_iter().take(AT_ONCE).for_each(|told| self.take(told));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if self.work().is_err() {
                break;
            }
        }
        while let Some((key, wait)) = self.pending.take_any() {
            if self.settle(key, wait).is_err() {
                break;
            }
        }
        self.save();
    }

    fn until_next(&self) -> Duration {
        let now = Instant::now();
        let walk = match &self.pass {
            Some(_) => self.throttle.free_at(),
            None if !self.containers.is_empty() => self.throttle.free_at(),
            None if self.changed_since_save => self.next_walk.min(self.next_save),
            None => self.next_walk,
        };
        let next = self.pending.next_due().map_or(walk, |due| due.min(walk));
        next.saturating_duration_since(now)
    }

    fn work(&mut self) -> Result<(), Gone> {
        while let Some((key, wait)) = self.pending.take_due(Instant::now()) {
            self.settle(key, wait)?;
        }
        let now = Instant::now();
        if self.pass.is_none() {
            // Where events are lost all the time, looks at all files do not follow each other without a pause.
            if self.meter.sweep_wanted.load(Relaxed) {
                let pause = Duration::from_millis(self.config.settle_at_most_ms);
                self.next_walk = self.next_walk.min(self.last_walk + pause);
            }
            if now >= self.next_walk {
                self.begin_pass();
            }
        }
        // What a container holds is to be known before it changes; the machine's own files have been there for long.
        if self.containers.is_empty() {
            self.go_on()?;
        } else {
            self.go_on_in_containers();
        }
        if self.changed_since_save && now >= self.next_save && self.pass.is_none() {
            self.save();
        }
        Ok(())
    }

    fn take(&mut self, told: Told) {
        let now = Instant::now();
        let (change, view) = match told {
            Told::Change { change, view } => (change, view),
            Told::Container { id, root } => return self.new_container(id, root),
        };
        let container: Arc<str> = match &change.place {
            crate::Place::Host => "".into(),
            crate::Place::Container { id, .. } => id.as_str().into(),
        };
        for path in [Some(&change.path), change.to.as_ref()].into_iter().flatten() {
            if !self.watch.watched(path) {
                continue;
            }
            let path = if container.is_empty() { real_parent(path) } else { path.clone() };
            let key = Key { container: Arc::clone(&container), path };
            if !self.pending.changed(key, &change, view.clone(), now) {
                self.meter.pending_overflow.fetch_add(1, Relaxed);
                self.meter.sweep_wanted.store(true, Relaxed);
            }
        }
    }

    /// Reads a file that was changed, and tells.
    fn settle(&mut self, key: Key, wait: Wait) -> Result<(), Gone> {
        let (before, before_read_at) = self.before(&key, &wait);
        let after = match &wait.view {
            View::Host => self.read(Root::Host, &key.path),
            View::Container(Ok(root)) => self.read(Root::Container(root), &key.path),
            View::Container(Err(why)) => Seen::Unknown(*why),
        };
        let read_at = now_ns();
        let mut content_changed = after.content_changed(&before);
        if content_changed == ContentChanged::No && wait.times.is_some_and(|(first, _)| before_read_at > first) {
            content_changed = ContentChanged::Unknown("before: read_after_the_change".to_owned());
        }
        let differs = after.differs_from(&before);
        self.keep(&key, &before, &after, read_at);
        let told = wait.found == Found::Event || tell_unasked(&differs, &content_changed, &after);
        let mut acts = wait.acts;
        if acts.is_empty() {
            acts = self.writers_of(&key);
        } else if acts
            .iter()
            .any(|act| matches!(act.action, ChangeKind::Write | ChangeKind::Create | ChangeKind::Rename))
        {
            self.remember_writers(key.clone(), acts.clone());
        }
        if !told {
            return Ok(());
        }
        self.changed_since_save |= !differs.is_empty();
        let (first, last) = wait.times.map(|(first, last)| (rfc3339(first), rfc3339(last))).unzip();
        let record = IntegrityChange {
            time: rfc3339(read_at),
            path: key.path.to_string_lossy().into_owned(),
            container: key.container.as_ref().to_owned(),
            found: wait.found,
            before,
            after,
            content_changed,
            differs,
            changes: acts,
            more_changes: wait.more,
            first,
            last,
        };
        self.tell(Record::IntegrityChange(Box::new(record)))
    }

    /// The state before a change, and when it was read.
    fn before(&self, key: &Key, wait: &Wait) -> (Seen, u64) {
        match self.known.get(key) {
            Some(Entry { state, read_at: 0, .. }) => (Seen::Saved(state.clone()), 0),
            Some(Entry { state, read_at, .. }) => (Seen::File(state.clone()), *read_at),
            None => {
                let covered = key.container.is_empty() && self.watch.watched(&key.path);
                let compared = wait.found == Found::ChangedWhileNotWatching && self.saved_whole;
                let absent = covered && (self.whole || compared);
                (if absent { Seen::Absent } else { Seen::Unknown(UnknownState::NotInBaseline) }, 0)
            }
        }
    }

    fn keep(&mut self, key: &Key, before: &Seen, after: &Seen, read_at: u64) {
        let folder = |seen: &Seen| matches!(seen, Seen::File(s) | Seen::Saved(s) if s.kind == FileKind::Directory);
        // A folder that came or went took files along of which no event tells.
        if folder(before) != folder(after) {
            self.meter.sweep_wanted.store(true, Relaxed);
        }
        match after {
            Seen::File(state) => self.remember(key.clone(), state.clone(), read_at),
            Seen::Absent => self.known.remove(key),
            Seen::Unknown(_) if !key.container.is_empty() => self.known.remove(key),
            Seen::Saved(_) | Seen::Unknown(_) => {}
        }
        self.meter.files.store(self.known.len() as u64, Relaxed);
    }

    fn remember(&mut self, key: Key, state: FileState, read_at: u64) {
        let of_host = key.container.is_empty();
        if !self.known.insert(key, Entry { state, read_at, walk: self.walks }) {
            self.meter.not_kept.fetch_add(1, Relaxed);
            self.whole &= !of_host;
        }
        self.meter.files.store(self.known.len() as u64, Relaxed);
    }

    fn remember_writers(&mut self, key: Key, acts: Vec<Act>) {
        self.writers.retain(|(k, _)| *k != key);
        if self.writers.len() >= WRITERS {
            self.writers.pop_front();
        }
        self.writers.push_back((key, acts));
    }

    /// Who was seen to open a file to write, or to move a folder above it.
    fn writers_of(&self, key: &Key) -> Vec<Act> {
        let of = |path: &Path| self.writers.iter().find(|(k, _)| k.container == key.container && k.path == path);
        key.path.ancestors().find_map(of).map(|(_, acts)| acts.clone()).unwrap_or_default()
    }

    fn read(&mut self, root: Root<'_>, path: &Path) -> Seen {
        let (seen, bytes) = self.meter.reading(|| read::read(root, path, self.config.max_file_bytes));
        self.meter.bytes.fetch_add(bytes, Relaxed);
        self.throttle.charge(bytes, Instant::now());
        seen
    }

    fn tell(&self, record: Record) -> Result<(), Gone> {
        self.out.send(record).map_err(|_| Gone)
    }

    fn load(&mut self) {
        let Some(path) = &self.saved else { return };
        let saved = match saved::load(path, self.config.max_files) {
            Ok(Some(saved)) => saved,
            Ok(None) => return,
            Err(error) => {
                let cause = std::error::Error::source(&error).map(|s| format!(": {s}")).unwrap_or_default();
                self.load_failed = Some(format!("{error}{cause}"));
                return;
            }
        };
        self.saved_whole = saved.complete && saved.watch == self.config.watch && saved.exclude == self.config.exclude;
        if saved.counts != saved::LoadCounts::default() {
            let saved::LoadCounts { bad_lines, beyond_limit } = saved.counts;
            self.load_failed = Some(format!("{bad_lines} lines are no files, {beyond_limit} are beyond the limit"));
        }
        for (path, state) in saved.files {
            if self.watch.watched(&path) {
                let key = Key { container: "".into(), path };
                if !self.known.insert(key, Entry { state, read_at: 0, walk: 0 }) {
                    self.saved_whole = false;
                    self.meter.not_kept.fetch_add(1, Relaxed);
                }
            }
        }
        self.meter.files.store(self.known.len() as u64, Relaxed);
    }

    fn save(&mut self) {
        self.next_save = Instant::now() + SAVE_EVERY;
        self.changed_since_save = false;
        let Some(path) = &self.saved else { return };
        // Until everything was read once, what was not read is still as it was loaded.
        let complete = if self.baseline_done { self.whole } else { self.saved_whole };
        let count = self.known.of_host().count() as u64;
        let files = self.known.of_host().map(|(path, entry)| (path, &entry.state));
        let patterns = (self.config.watch.as_slice(), self.config.exclude.as_slice());
        if saved::save(path, complete, patterns, count, files).is_err() {
            self.meter.saves_failed.fetch_add(1, Relaxed);
        }
    }
}

/// Whether a difference that no event told is worth a record.
fn tell_unasked(differs: &[Aspect], content: &ContentChanged, after: &Seen) -> bool {
    let unread = matches!(after, Seen::Unknown(_));
    let perhaps =
        matches!(content, ContentChanged::Unknown(_)) && (differs.is_empty() || differs.contains(&Aspect::Mtime));
    !unread && (differs.iter().any(|aspect| aspect.weighs()) || perhaps)
}

fn now_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
