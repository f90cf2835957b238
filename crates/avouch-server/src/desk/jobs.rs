//! Back-tests that run: one at a time, each with progress, until it is done or somebody stops it.

use std::collections::{BTreeMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use avouch_backtest::{Findings, History, Options, Progress, RuleDiff, Watch, backtest};
use avouch_evidence::Folder;
use avouch_finding::Time;
use avouch_pipeline::RuleSet;
use avouch_store::{Period, Store};
use tokio_util::sync::CancellationToken;

use crate::error::{ApiError, ApiResult, chain};

/// Back-tests that wait at most.
const WAITING: usize = 4;
/// Finished ones that are kept.
const KEPT: usize = 20;
/// How long stored activity is judged. What is older than what was reached then is said not to have been judged.
const ENOUGH: Duration = Duration::from_secs(120);

/// How far a back-test is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum JobState {
    /// Another runs.
    #[default]
    Queued,
    Running,
    Done,
    Failed,
    /// Somebody stopped it.
    Cancelled,
}

impl JobState {
    /// Its name in the API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

/// A back-test.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) id: String,
    /// Who asked for it.
    pub(crate) by: String,
    pub(crate) asked: Time,
    /// The rule file.
    pub(crate) file: String,
    /// Digest of the text that is tried.
    pub(crate) digest: String,
    pub(crate) period: Period,
    pub(crate) state: JobState,
    pub(crate) progress: Option<Progress>,
    pub(crate) error: Option<String>,
    pub(crate) result: Option<Arc<RuleDiff>>,
    cancel: Arc<AtomicBool>,
}

/// What a back-test works on.
pub(crate) struct Order {
    pub(crate) by: String,
    pub(crate) asked: Time,
    pub(crate) file: String,
    pub(crate) digest: String,
    pub(crate) period: Period,
    pub(crate) old: Arc<RuleSet>,
    pub(crate) new: RuleSet,
    pub(crate) folder: Folder,
    /// Id of the ledger.
    pub(crate) ledger: String,
    pub(crate) recordings: Vec<PathBuf>,
    pub(crate) stopping: CancellationToken,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Jobs(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    list: Mutex<List>,
    /// Held by the one that runs.
    turn: Mutex<()>,
}

#[derive(Debug, Default)]
struct List {
    last: u64,
    jobs: BTreeMap<String, Job>,
    finished: VecDeque<String>,
}

impl Jobs {
    fn list(&self) -> MutexGuard<'_, List> {
        self.0.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts one, or has it wait.
    ///
    /// # Errors
    /// 503 when too many wait.
    pub(crate) fn start(&self, order: Order) -> ApiResult<Job> {
        let job = {
            let mut list = self.list();
            let open = list.jobs.values().filter(|j| j.state.is_open()).count();
            if open > WAITING {
                return Err(ApiError::busy("busy", "too many back-tests wait; stop one, or come back", 30));
            }
            list.last += 1;
            let job = Job {
                id: format!("backtest-{}-{}", order.asked.0 / 1_000_000, list.last),
                by: order.by.clone(),
                asked: order.asked,
                file: order.file.clone(),
                digest: order.digest.clone(),
                period: order.period,
                state: JobState::Queued,
                progress: None,
                error: None,
                result: None,
                cancel: Arc::default(),
            };
            list.jobs.insert(job.id.clone(), job.clone());
            job
        };
        let (jobs, id, cancel) = (self.clone(), job.id.clone(), Arc::clone(&job.cancel));
        let run = move || jobs.run(&id, &cancel, order);
        let thread = std::thread::Builder::new().name("backtest".to_owned()).spawn(run);
        if let Err(error) = thread {
            self.list().jobs.remove(&job.id);
            return Err(ApiError::internal(error));
        }
        Ok(job)
    }

    /// One of them.
    pub(crate) fn get(&self, id: &str) -> Option<Job> {
        self.list().jobs.get(id).cloned()
    }

    /// All of them, the newest first.
    pub(crate) fn all(&self) -> Vec<Job> {
        let mut all: Vec<Job> = self.list().jobs.values().cloned().collect();
        all.sort_by(|a, b| b.asked.cmp(&a.asked).then_with(|| b.id.cmp(&a.id)));
        all
    }

    /// Asks one to stop; `None` when there is none.
    pub(crate) fn cancel(&self, id: &str) -> Option<Job> {
        let job = self.get(id)?;
        job.cancel.store(true, Ordering::Relaxed);
        Some(job)
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Job)) {
        if let Some(job) = self.list().jobs.get_mut(id) {
            change(job);
        }
    }

    fn run(&self, id: &str, cancel: &Arc<AtomicBool>, order: Order) {
        let turn = self.0.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.change(id, |job| job.state = JobState::Running);
        let stopping = order.stopping.clone();
        let flag = Arc::clone(cancel);
        let mut told = |progress: Progress| {
            if stopping.is_cancelled() {
                flag.store(true, Ordering::Relaxed);
            }
            self.change(id, |job| job.progress = Some(progress));
        };
        let mut work = || match cancel.load(Ordering::Relaxed) {
            true => Err(avouch_backtest::Error::Cancelled),
            false => {
                let begun = Instant::now();
                let enough = || begun.elapsed() > ENOUGH;
                work(&order, &mut Watch::new(Some(cancel), &mut told).until(&enough))
            }
        };
        // One that breaks has to end as one that failed, and not to look as if it ran for ever.
        let result = std::panic::catch_unwind(AssertUnwindSafe(&mut work));
        drop(turn);
        self.change(id, |job| match result {
            Ok(Ok(diff)) => {
                job.state = JobState::Done;
                job.result = Some(Arc::new(diff));
            }
            Ok(Err(avouch_backtest::Error::Cancelled)) => job.state = JobState::Cancelled,
            Ok(Err(error)) => {
                job.state = JobState::Failed;
                job.error = Some(chain(&error));
            }
            Err(_) => {
                job.state = JobState::Failed;
                job.error = Some("the server broke on it; its log says where".to_owned());
            }
        });
        let mut list = self.list();
        list.finished.push_back(id.to_owned());
        while list.finished.len() > KEPT {
            if let Some(old) = list.finished.pop_front() {
                list.jobs.remove(&old);
            }
        }
    }
}

fn work(order: &Order, watch: &mut Watch<'_>) -> avouch_backtest::Result<RuleDiff> {
    let mut store = Store::open(order.folder.store(), avouch_store::Options::default())?.reader()?;
    let ledger = avouch_ledger::Reader::open(&order.folder.ledger())?;
    let findings = Findings { store: &mut store, ledger: Some((&order.ledger, &ledger)) };
    let mut history = History { findings: Some(findings), recordings: &order.recordings };
    backtest(&order.old, &order.new, &mut history, order.period, Options::default(), watch)
}
