//! Who is told of findings: hands what is recorded to the notifier, and what became of it back to the ledger.
//!
//! What is recorded is told, also when the server was killed meanwhile: `outbox.db` has how far it came and what it had still to do, the
//! ledger has the rest. What is old by then, or when a replay or an agent's disk brings it, is told in sum, lest its channels drown. A
//! finding that an acceptance covers is never told.

mod file;
mod ledger;
mod outbox;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use avouch_finding::{Delivery, Time};
use avouch_ledger::Source;
use avouch_notify::{Config, Input, Link, Notifier, NotifyError, Outside, Router, Saved, SecretRef, Status, System};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio_util::sync::CancellationToken;

use crate::centre::{Batch, Centre, Entry};
use crate::{App, Clock};

pub(crate) use file::{Edit, EditError, LoadedFile};
use ledger::Missed;
use outbox::Outbox;
pub use outbox::OutboxError;

/// How long channels may deliver what waits once the server is to end.
const GRACE: Duration = Duration::from_secs(5);

/// Whom to tell, and of what.
#[derive(Clone, Debug, Default)]
pub struct NotifySetup {
    /// Channels and routes; `server/notify.yaml` in the folder of evidence when `None`.
    pub file: Option<PathBuf>,
    /// Findings that are older than this when they come, or when a server runs again, are told in sum; an hour when `None`.
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
    #[error("`{}` keeps what notifications wait for, and cannot be used", .0.display())]
    Outbox(PathBuf, #[source] OutboxError),
    #[error(transparent)]
    Start(#[from] NotifyError),
}

/// A handle on the notifier; cheap to copy.
#[derive(Clone)]
pub(crate) struct Notices(Arc<Inner>);

struct Inner {
    notifier: Notifier,
    file: Mutex<LoadedFile>,
    /// Records up to this one were handed to the notifier by an earlier server.
    begins_after: u64,
    window: Duration,
    console: Option<Link>,
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
    /// Reads the file, and what an earlier server had still to do, and starts the channels. They tell nothing before
    /// [`Self::follow`]. Blocks.
    ///
    /// # Errors
    /// When a file cannot be read or used, or a thread not be started.
    pub(crate) fn start(
        setup: NotifySetup,
        own: &Path,
        ledger: &Path,
        url: &str,
        centre: Centre,
        clock: Clock,
    ) -> Result<Self, NoticesError> {
        let file = LoadedFile::read(setup.file.unwrap_or_else(|| own.join("notify.yaml")), own)?;
        let console = Link::try_from(url.to_owned()).ok();
        let window = setup.late.unwrap_or(Duration::from_hours(1));
        let config = Arc::new(with_console(file.config(), console.as_ref()));
        let router = Router::new(config).sums_up_after(window);
        let last = *centre.position().borrow();
        let (router, outbox) = restore(router, &own.join("outbox.db"), ledger, centre.ledger(), last, clock())?;
        let begins_after = router.position();
        let (teller, source) = (centre.clone(), centre.own());
        let on_receipt = move |receipt: Delivery| tell(&teller, &source, receipt);
        let notifier = Notifier::start(router, Box::new(outbox), Arc::new(ServerOutside(clock)), on_receipt)?;
        let inner =
            Inner { notifier, file: Mutex::new(file), begins_after, window, console, ended: CancellationToken::new() };
        Ok(Self(Arc::new(inner)))
    }

    /// Hands on what was recorded while nobody listened, then what is recorded until [`Self::end`].
    pub(crate) async fn follow(self, app: App, mut records: Receiver<Batch>) {
        let mut last = self.0.begins_after;
        self.catch_up(&app, &mut last).await;
        let begins = self.clone();
        if let Err(error) = tokio::task::spawn_blocking(move || begins.0.notifier.begin()).await {
            crate::log::complain(&error);
        }
        loop {
            let batch = tokio::select! {
                () = self.0.ended.cancelled() => break,
                batch = records.recv() => batch,
            };
            match batch {
                Ok(batch) => self.take(&batch, &mut last).await,
                Err(RecvError::Lagged(_)) => self.catch_up(&app, &mut last).await,
                Err(RecvError::Closed) => break,
            }
        }
        loop {
            match records.try_recv() {
                Ok(batch) => self.take(&batch, &mut last).await,
                Err(TryRecvError::Lagged(_)) => self.catch_up(&app, &mut last).await,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
    }

    async fn take(&self, batch: &Batch, last: &mut u64) {
        let new = batch.iter().filter(|record| record.seq > *last);
        let inputs = new.filter_map(|record| ledger::input(record.seq, &record.fact)).collect();
        *last = batch.last().map_or(*last, |record| record.seq.max(*last));
        self.hand_on(inputs, *last).await;
    }

    /// What was recorded while nobody listened or this fell behind, from the ledger. What comes after a record that cannot be read
    /// is told all the same.
    async fn catch_up(&self, app: &App, last: &mut u64) {
        let (to, dir, inner) = (*app.centre.position().borrow(), app.folder.ledger(), Arc::clone(&self.0));
        if *last >= to {
            return;
        }
        let mut at = *last;
        let reading = tokio::task::spawn_blocking(move || {
            let read = Missed::open(&dir, at + 1, to).and_then(|mut missed| {
                while let Some((inputs, reached)) = missed.next()? {
                    inner.notifier.take(inputs, reached);
                    at = reached;
                }
                Ok(())
            });
            (at, read)
        });
        let why = match reading.await {
            Ok((reached, Ok(()))) => {
                *last = reached;
                return;
            }
            Ok((reached, Err(error))) => {
                *last = reached;
                crate::error::chain(&error)
            }
            Err(error) => error.to_string(),
        };
        crate::log::complain(&format!("records {} to {to} could not be handed to the notifier: {why}", *last + 1));
        *last = to;
        self.hand_on(Vec::new(), to).await;
    }

    async fn hand_on(&self, inputs: Vec<Input>, reached: u64) {
        let inner = Arc::clone(&self.0);
        if let Err(error) = tokio::task::spawn_blocking(move || inner.notifier.take(inputs, reached)).await {
            crate::log::complain(&error);
        }
    }

    /// How everything stands. Blocks for a moment.
    pub(crate) fn status(&self) -> Status {
        self.0.notifier.status()
    }

    /// Older findings are told in sum.
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

    /// What is recorded from now on is told by the next server over this folder.
    pub(crate) fn end(&self) {
        self.0.ended.cancel();
    }

    /// Tells what waits for others of its group; the rest is kept. Blocks for up to [`GRACE`] and one attempt.
    pub(crate) fn stop(&self) {
        self.0.notifier.stop(GRACE);
    }
}

/// Goes on with what was kept.
fn restore(
    router: Router,
    path: &Path,
    dir: &Path,
    ledger: &str,
    last: u64,
    now: Time,
) -> Result<(Router, Outbox), NoticesError> {
    let failed = |error| NoticesError::Outbox(path.to_owned(), error);
    let (outbox, rows, other) = Outbox::open(path, ledger).map_err(failed)?;
    if other {
        crate::log::complain(&format!("`{}` was of another ledger: what it kept is not told", path.display()));
    }
    let saved = Saved::read(rows);
    for row in saved.unreadable() {
        crate::log::complain(&format!("`{}`: `{row}` cannot be read: what it stood for is not told", path.display()));
    }
    if saved.position() == 0 {
        // The first start: what was recorded before was not to be told by this server.
        let mut router = router;
        router.reached(last);
        return Ok((router, outbox));
    }
    if saved.position() > last {
        let position = saved.position();
        crate::log::complain(&format!("the ledger ends at record {last}; notifications had come to {position}"));
    }
    let found = ledger::findings(dir, &saved.findings()).unwrap_or_else(|error| {
        crate::log::complain(&format!("findings that wait to be told cannot be read: {}", crate::error::chain(&error)));
        BTreeMap::new()
    });
    Ok((router.restore(saved.not_beyond(last), &found, now), outbox))
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
