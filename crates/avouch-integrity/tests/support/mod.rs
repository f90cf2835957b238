//! A folder that is watched, and records that are waited for.

#![allow(dead_code, clippy::unwrap_used, reason = "a test; each test file uses its part")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use avouch_integrity::{
    Baseline, Change, ChangeKind, Config, Counts, FileState, Integrity, IntegrityChange, Place, Record, Seen, Who,
};

/// Far beyond what any step takes; only a failing test waits as long.
const LONG: Duration = Duration::from_secs(60);

pub(crate) struct Watched {
    /// Declared first: it ends before the folder goes.
    pub(crate) integrity: Option<Integrity>,
    pub(crate) folder: Arc<tempfile::TempDir>,
    pub(crate) config: Config,
    pub(crate) event: u64,
}

pub(crate) fn quick(folder: &Path) -> Config {
    Config {
        watch: vec![folder.join("etc").to_str().unwrap().to_owned()],
        bytes_per_second: 1 << 30,
        settle_ms: 20,
        settle_at_most_ms: 200,
        sweep_seconds: 3_600,
        ..Config::default()
    }
}

impl Watched {
    /// A folder with some files, not watched yet.
    pub(crate) fn new() -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        std::fs::create_dir(folder.path().join("etc")).unwrap();
        std::fs::write(folder.path().join("etc/passwd"), "root:x:0:0\n").unwrap();
        let config = quick(folder.path());
        Self { integrity: None, folder, config, event: 0 }
    }

    /// Watched, with the baseline read.
    pub(crate) fn started() -> Self {
        let mut out = Self::new();
        out.start();
        out
    }

    pub(crate) fn saved(&self) -> PathBuf {
        self.folder.path().join("baseline.jsonl")
    }

    /// Starts, and gives the baseline.
    pub(crate) fn start(&mut self) -> Baseline {
        self.integrity = Some(Integrity::start(&self.config, Some(self.saved())).unwrap());
        self.wait(|record| match record {
            Record::IntegrityBaseline(baseline) => Some(baseline),
            Record::IntegrityChange(_) => None,
        })
    }

    pub(crate) fn stop(&mut self) -> Vec<IntegrityChange> {
        let records = self.integrity.take().unwrap().stop();
        records
            .into_iter()
            .filter_map(|r| match r {
                Record::IntegrityChange(change) => Some(*change),
                Record::IntegrityBaseline(_) => None,
            })
            .collect()
    }

    pub(crate) fn wait_until(&self, reached: impl Fn(&Counts) -> bool) {
        let end = Instant::now() + LONG;
        while !reached(&self.integrity.as_ref().unwrap().counts()) {
            assert!(Instant::now() < end, "{:?}", self.integrity.as_ref().unwrap().counts());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("etc").join(name)
    }

    pub(crate) fn wait<T>(&mut self, mut want: impl FnMut(Record) -> Option<T>) -> T {
        let until = Instant::now() + LONG;
        while Instant::now() < until {
            while let Some(record) = self.integrity.as_mut().unwrap().poll() {
                if let Some(found) = want(record) {
                    return found;
                }
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        panic!("no such record came: {:?}", self.integrity.as_ref().unwrap().counts());
    }

    /// The next change of that path.
    pub(crate) fn change_of(&mut self, path: &Path) -> IntegrityChange {
        let path = path.to_str().unwrap().to_owned();
        self.wait(|record| match record {
            Record::IntegrityChange(change) if change.path == path => Some(*change),
            _ => None,
        })
    }

    pub(crate) fn tell(&mut self, kind: ChangeKind, path: &Path, to: Option<&Path>) {
        self.tell_in(Place::Host, kind, path, to);
    }

    pub(crate) fn tell_in(&mut self, place: Place, kind: ChangeKind, path: &Path, to: Option<&Path>) {
        self.event += 1;
        let who = Who { pid: 7, exe: "/usr/bin/vi".to_owned(), ..Who::default() };
        let change = Change {
            path: path.to_owned(),
            to: to.map(Path::to_owned),
            place,
            kind,
            time: now(),
            event: self.event,
            who: Arc::new(who),
        };
        self.integrity.as_mut().unwrap().changed(change);
    }

    /// Writes a file, tells it, and gives the record.
    pub(crate) fn write(&mut self, name: &str, content: &str) -> IntegrityChange {
        let path = self.path(name);
        let kind = if path.exists() { ChangeKind::Write } else { ChangeKind::Create };
        std::fs::write(&path, content).unwrap();
        self.tell(kind, &path, None);
        self.change_of(&path)
    }
}

pub(crate) fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap()
}

/// The state that was read.
pub(crate) fn file(seen: &Seen) -> &FileState {
    match seen {
        Seen::File(state) => state,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn root() -> bool {
    rustix::process::geteuid().is_root()
}
