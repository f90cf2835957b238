//! Who is told of findings: hands what is recorded to the notifier, and what became of it back to the ledger.
//!
//! Only what is fresh is told: a finding of last week that a replay or an agent's disk brings today is no news, and its channel would
//! drown. What is not told for that is counted, and has a receipt. A finding that an acceptance covers is never told.

mod file;
mod late;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use avouch_finding::{Delivery, Fact, Finding, Time};
use avouch_ledger::Source;
use avouch_notify::{Config, Link, Notifier, NotifyError, Outside, SecretRef, Status, System};
use avouch_store::Bodies as _;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio_util::sync::CancellationToken;

use crate::bodies::LedgerBodies;
use crate::centre::{Batch, Centre, Entry};
use crate::error::{ApiError, ApiResult};
use crate::{App, Clock};

pub(crate) use file::{Edit, EditError, LoadedFile};
use late::Late;

/// How long channels may deliver what waits once the server is to end.
const GRACE: Duration = Duration::from_secs(5);
/// How often receipts of findings that came too late are written.
const RECEIPTS: Duration = Duration::from_secs(30);
/// Records of the ledger at a time, when this fell behind.
const CATCH_UP: u64 = 1_000;

/// Whom to tell, and of what.
#[derive(Clone, Debug, Default)]
pub struct NotifySetup {
    /// Channels and routes; `server/notify.yaml` in the folder of evidence when `None`.
    pub file: Option<PathBuf>,
    /// Findings that are older than this when they come are not told; an hour when `None`.
    pub late: Option<Duration>,
}

/// Why nobody can be told.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says it")]
pub enum NoticesError {
    #[error("failed to read `{}`", .0.display())]
    File(PathBuf, #[source] std::io::Error),
    #[error("the file of notifications is not used:\n{0}")]
    Config(String),
    #[error(transparent)]
    Start(#[from] NotifyError),
}

/// A handle on the notifier; cheap to copy.
#[derive(Clone)]
pub(crate) struct Notices(Arc<Inner>);

struct Inner {
    notifier: Notifier,
    file: Mutex<LoadedFile>,
    late: Mutex<Late>,
    window: Duration,
    console: Option<Link>,
    centre: Centre,
    ended: CancellationToken,
}

/// The outside world with the server's clock.
struct ServerOutside(Clock);

impl Outside for ServerOutside {
    fn now(&self) -> Time {
        (self.0)()
    }

    fn jitter(&self) -> f64 {
        System.jitter()
    }

    fn secret(&self, at: &SecretRef) -> Result<avouch_notify::Secret, String> {
        System.secret(at)
    }
}

impl Notices {
    /// Reads the file and starts the channels.
    ///
    /// # Errors
    /// When the file cannot be read or used, or a thread not be started.
    pub(crate) fn start(
        setup: NotifySetup,
        own: &std::path::Path,
        url: &str,
        centre: Centre,
        clock: Clock,
    ) -> Result<Self, NoticesError> {
        let file = LoadedFile::read(setup.file.unwrap_or_else(|| own.join("notify.yaml")), own)?;
        let console = Link::try_from(url.to_owned()).ok();
        let (teller, source) = (centre.clone(), centre.own());
        let on_receipt = move |receipt: Delivery| tell(&teller, &source, receipt);
        let notifier =
            Notifier::start(with_console(file.config(), console.as_ref()), Arc::new(ServerOutside(clock)), on_receipt)?;
        let window = setup.late.unwrap_or(Duration::from_hours(1));
        let inner = Inner {
            notifier,
            file: Mutex::new(file),
            late: Mutex::new(Late::new(window)),
            window,
            console,
            centre,
            ended: CancellationToken::new(),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// Follows what is recorded until [`Self::end`].
    pub(crate) async fn follow(self, app: App, mut records: Receiver<Batch>) {
        let mut last = *app.centre.position().borrow();
        let mut receipts = tokio::time::interval(RECEIPTS);
        loop {
            let batch = tokio::select! {
                () = self.0.ended.cancelled() => break,
                batch = records.recv() => batch,
                _ = receipts.tick() => {
                    self.receipt_of_late(app.now()).await;
                    continue;
                }
            };
            match batch {
                Ok(batch) => self.take(&batch, &mut last, app.now()).await,
                Err(RecvError::Lagged(_)) => self.catch_up(&app, &mut last).await,
                Err(RecvError::Closed) => break,
            }
        }
        loop {
            match records.try_recv() {
                Ok(batch) => self.take(&batch, &mut last, app.now()).await,
                Err(TryRecvError::Lagged(_)) => self.catch_up(&app, &mut last).await,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        self.receipt_of_late(app.now()).await;
    }

    async fn take(&self, batch: &Batch, last: &mut u64, now: Time) {
        let (mut findings, mut seen) = (Vec::new(), Vec::new());
        for record in batch.iter().filter(|record| record.seq > *last) {
            match &record.fact {
                Fact::Finding(finding) => findings.push(Finding::clone(finding)),
                Fact::Acknowledgement(act) => seen.push(act.finding.clone()),
                // Who decided has seen it.
                Fact::Disposition(act) => seen.push(act.finding.clone()),
                _ => {}
            }
        }
        *last = batch.last().map_or(*last, |record| record.seq.max(*last));
        self.hand_on(findings, seen, now).await;
    }

    /// What was recorded while this fell behind, from the ledger.
    async fn catch_up(&self, app: &App, last: &mut u64) {
        let to = *app.centre.position().borrow();
        while *last < to {
            let (ledger, dir) = (app.centre.ledger().to_owned(), app.folder.ledger());
            let (from, until) = (*last + 1, to.min(*last + CATCH_UP));
            let read = tokio::task::spawn_blocking(move || {
                let mut bodies = LedgerBodies::open(&dir)?;
                let record = |seq| bodies.record(&ledger, seq).map_err(ApiError::from);
                let records = (from..=until).map(record).collect::<ApiResult<Vec<_>>>()?;
                Ok::<_, ApiError>(records.into_iter().flatten().collect::<Vec<_>>())
            });
            match read.await.map_err(ApiError::internal).flatten() {
                Ok(records) => self.take(&Arc::new(records), last, app.now()).await,
                Err(error) => {
                    crate::log::complain(&format!(
                        "records {from} to {until} could not be handed to the notifier: {error}"
                    ));
                }
            }
            *last = until;
        }
    }

    async fn hand_on(&self, mut findings: Vec<Finding>, seen: Vec<String>, now: Time) {
        if findings.is_empty() && seen.is_empty() {
            return;
        }
        lock(&self.0.late).sort_out(&mut findings, now);
        let inner = Arc::clone(&self.0);
        let handed = tokio::task::spawn_blocking(move || {
            inner.notifier.findings(&findings);
            seen.iter().for_each(|id| inner.notifier.acknowledged(id));
        });
        if let Err(error) = handed.await {
            crate::log::complain(&error);
        }
    }

    /// Writes down what came too late to be told.
    async fn receipt_of_late(&self, now: Time) {
        let receipt = lock(&self.0.late).receipt(now);
        let Some(receipt) = receipt else { return };
        if let Err(error) = self.0.centre.tell(vec![receipt.into()]).await {
            crate::log::complain(&crate::error::chain(&error));
        }
    }

    /// How everything stands. Blocks for a moment.
    pub(crate) fn status(&self) -> Status {
        self.0.notifier.status()
    }

    /// Findings that came too late to be told, since the start.
    pub(crate) fn late(&self) -> u64 {
        lock(&self.0.late).all()
    }

    /// How old a finding may be to be told.
    pub(crate) fn window(&self) -> Duration {
        self.0.window
    }

    /// The file as it is loaded.
    pub(crate) fn file(&self) -> LoadedFile {
        lock(&self.0.file).clone()
    }

    /// Sends a test over a channel and waits. Blocks.
    ///
    /// # Errors
    /// When there is no such channel.
    pub(crate) fn test(&self, channel: &str) -> Result<Delivery, NotifyError> {
        self.0.notifier.test(channel)
    }

    /// Writes the file anew and goes on with it. What waits is still told. Blocks.
    ///
    /// # Errors
    /// When it changed meanwhile, is not right, asks for what may not be asked for from here, or cannot be written.
    pub(crate) fn edit(&self, text: String, digest: &str) -> Result<Edit, EditError> {
        let mut file = lock(&self.0.file);
        let (next, edit) = file.edit(text, digest)?;
        self.0.notifier.reload(with_console(next.config(), self.0.console.as_ref()))?;
        *file = next;
        Ok(edit)
    }

    /// What is recorded from now on is not told.
    pub(crate) fn end(&self) {
        self.0.ended.cancel();
    }

    /// Tells what waits, with receipts for what cannot be told. Blocks for up to [`GRACE`] and one attempt.
    pub(crate) fn stop(&self) {
        self.0.notifier.stop(GRACE);
    }
}

/// A receipt into the ledger.
fn tell(centre: &Centre, source: &Source, receipt: Delivery) {
    let entry = Entry { fact: receipt.into(), source: source.clone(), source_seq: None };
    if let Err(error) = centre.record_blocking(vec![entry]) {
        crate::log::complain(&format!(
            "a receipt of a notification could not be recorded: {}",
            crate::error::chain(&error)
        ));
    }
}

fn with_console(config: &Config, console: Option<&Link>) -> Config {
    let mut config = config.clone();
    config.console = config.console.or_else(|| console.cloned());
    config
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
