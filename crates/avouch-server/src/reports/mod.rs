//! Reports that the server makes, one at a time, each in a folder of its own that survives a restart.

mod job;
mod make;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use avouch_finding::Time;

pub(crate) use job::{AskedReport, Job, JobState};

use crate::App;

/// Reports that wait at most.
const WAITING: usize = 20;
/// Name of the file that tells of a report in its folder.
const STATE: &str = "job.json";

/// The reports of a server.
#[derive(Clone)]
pub(crate) struct ReportDesk(Arc<Desk>);

struct Desk {
    dir: PathBuf,
    jobs: Mutex<BTreeMap<String, Job>>,
    orders: Mutex<Option<Sender<String>>>,
}

impl ReportDesk {
    /// Over a folder. Reports that were being made when the server ended are said to be broken off.
    ///
    /// # Errors
    /// When the folder cannot be made or listed.
    pub(crate) fn open(dir: PathBuf) -> std::io::Result<(Self, Receiver<String>)> {
        std::fs::create_dir_all(&dir)?;
        let mut jobs = BTreeMap::new();
        for entry in std::fs::read_dir(&dir)? {
            let path = entry?.path();
            // A folder without a readable account of itself is not ours to show; it stays.
            let Some(mut job) = job::read(&path.join(STATE)) else { continue };
            if matches!(job.state, JobState::Queued | JobState::Running) {
                job.state = JobState::Failed;
                job.error = Some("the server ended while it was being made; ask for it again".to_owned());
                job::write(&path.join(STATE), &job)?;
            }
            jobs.insert(job.id.clone(), job);
        }
        let (orders, waiting) = channel();
        Ok((Self(Arc::new(Desk { dir, jobs: Mutex::new(jobs), orders: Mutex::new(Some(orders)) })), waiting))
    }

    /// Starts the thread that makes reports.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) fn start(&self, app: App, waiting: Receiver<String>) -> std::io::Result<JoinHandle<()>> {
        let desk = self.clone();
        std::thread::Builder::new().name("reports".to_owned()).spawn(move || {
            while let Ok(id) = waiting.recv() {
                make::make(&desk, &app, &id);
            }
        })
    }

    /// No more reports are begun; the thread ends after the one it makes.
    pub(crate) fn stop(&self) {
        self.0.orders.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Asks for a report; `None` when too many wait.
    ///
    /// # Errors
    /// When its folder cannot be made.
    pub(crate) fn ask(&self, asked: AskedReport, by: &str, now: Time) -> std::io::Result<Option<Job>> {
        let mut jobs = self.jobs();
        let waiting = jobs.values().filter(|j| matches!(j.state, JobState::Queued | JobState::Running)).count();
        if waiting >= WAITING {
            return Ok(None);
        }
        let mut at = now;
        let id = loop {
            let id: String = at.to_string().chars().filter(char::is_ascii_digit).take(17).collect();
            if !jobs.contains_key(&id) {
                break id;
            }
            at = Time(at.0 + 1_000_000);
        };
        let job = Job::new(id.clone(), asked, by, now);
        std::fs::create_dir_all(self.folder(&id))?;
        job::write(&self.folder(&id).join(STATE), &job)?;
        jobs.insert(id.clone(), job.clone());
        drop(jobs);
        if let Some(orders) = &*self.0.orders.lock().unwrap_or_else(PoisonError::into_inner) {
            // The thread is gone only when the server ends, and then the report is said to be broken off.
            orders.send(id).unwrap_or(());
        }
        Ok(Some(job))
    }

    /// All reports, the newest first.
    pub(crate) fn all(&self) -> Vec<Job> {
        self.jobs().values().rev().cloned().collect()
    }

    /// One report.
    pub(crate) fn get(&self, id: &str) -> Option<Job> {
        self.jobs().get(id).cloned()
    }

    /// A file of a report that is done: only those that it names, so that no path leads elsewhere.
    pub(crate) fn file(&self, job: &Job, name: &str) -> Option<PathBuf> {
        job.files.iter().any(|f| f.name == name).then(|| self.folder(&job.id).join(name))
    }

    /// The bundle of a report.
    pub(crate) fn bundle(&self, job: &Job) -> PathBuf {
        self.folder(&job.id).join("report").join("bundle")
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Job)) {
        let mut jobs = self.jobs();
        let Some(job) = jobs.get_mut(id) else { return };
        change(job);
        if let Err(error) = job::write(&self.folder(id).join(STATE), job) {
            crate::log::complain(&format!("the state of report {id} could not be written: {error}"));
        }
    }

    fn folder(&self, id: &str) -> PathBuf {
        self.0.dir.join(id)
    }

    fn jobs(&self) -> MutexGuard<'_, BTreeMap<String, Job>> {
        self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Files of a folder and below it, by name relative to `root`, in order.
fn walk(root: &Path, dir: &Path, out: &mut Vec<String>) -> std::io::Result<()> {
    let mut entries = std::fs::read_dir(dir)?.collect::<std::io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            walk(root, &path, out)?;
        } else if kind.is_file()
            && let Ok(name) = path.strip_prefix(root)
        {
            out.push(name.to_string_lossy().into_owned());
        }
    }
    Ok(())
}
