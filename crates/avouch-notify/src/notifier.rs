//! The router with a clock and threads.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use avouch_finding::{Delivered, Delivery, Finding, FindingKey, Severity};

use crate::config::Config;
use crate::memory::Memory;
use crate::message::{Act, Message, Noted, Reason, TEST_TAG};
use crate::outside::Outside;
use crate::router::{Change, Router, Step, Taken, digest, receipt};
use crate::worker::{ChannelStatus, Ending, Gauge, OnReceipt, Worker, attempt, lock};

/// The clock of the machine may be set: the router is asked at least so often.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// What was taken and not yet told is kept so often: until then the ledger has it, and it would be read again from there.
const KEEP: Duration = Duration::from_secs(1);

/// How everything stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Channels by name.
    pub channels: Vec<ChannelStatus>,
    /// What became of findings before any channel.
    pub taken: Taken,
    /// Why what waits is not kept at present: a crash would cost it, or repeat it.
    pub not_kept: Option<String>,
}

/// What the ledger tells a notifier.
#[derive(Clone, Debug)]
pub enum Input {
    /// A finding was recorded.
    Finding(Box<Noted>),
    /// Somebody acknowledged a finding, or decided about it: no reminder and no escalation of what was told with it, and channels
    /// that know of such acts are told of it.
    Act(Act),
    /// A receipt says how it ended with a message.
    Settled {
        /// Id of the message.
        message: String,
        /// Its channel.
        channel: String,
    },
}

/// Something that a notifier cannot do.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are named in the messages")]
pub enum NotifyError {
    #[error("there is no channel `{name}`")]
    NoChannel { name: String },
    #[error("failed to start a thread of the notifier")]
    Thread { source: std::io::Error },
}

struct Inner {
    router: Router,
    memory: Box<dyn Memory>,
    /// Changes that could not be kept.
    unkept: Vec<Change>,
    not_kept: Option<String>,
    kept: Option<Instant>,
    /// It tells; before, it only takes.
    begun: bool,
    workers: BTreeMap<String, Worker>,
    /// Threads of channels of configurations before this one, which deal with what waited for them.
    ending: Vec<JoinHandle<()>>,
    stop: bool,
}

struct Shared {
    inner: Mutex<Inner>,
    woken: Condvar,
    outside: Arc<dyn Outside>,
    on_receipt: OnReceipt,
    ending: Arc<Ending>,
    gauges: Mutex<BTreeMap<String, Gauge>>,
}

/// Tells of findings. Dropping it stops it at once; see [`Notifier::stop`].
pub struct Notifier {
    shared: Arc<Shared>,
    dispatcher: Mutex<Option<JoinHandle<()>>>,
}

impl Notifier {
    /// Starts a thread a channel, and one that minds the time, which tells nothing before [`Notifier::begin`]. A channel that
    /// cannot be opened, because a secret is not there, is no error here: its messages fail, with receipts, and its status
    /// says why.
    ///
    /// `on_receipt` gets the receipt of every outcome, from threads of the notifier. It may block.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn start(
        router: Router,
        memory: Box<dyn Memory>,
        outside: Arc<dyn Outside>,
        on_receipt: impl Fn(Delivery) + Send + Sync + 'static,
    ) -> Result<Self, NotifyError> {
        let config = Arc::clone(router.config());
        let inner = Inner {
            router,
            memory,
            unkept: Vec::new(),
            not_kept: None,
            kept: None,
            begun: false,
            workers: BTreeMap::new(),
            ending: Vec::new(),
            stop: false,
        };
        let shared = Arc::new(Shared {
            inner: Mutex::new(inner),
            woken: Condvar::new(),
            outside,
            on_receipt: Arc::new(on_receipt),
            ending: Arc::new(Ending::default()),
            gauges: Mutex::default(),
        });
        let workers = shared.workers(&config)?;
        {
            let mut inner = lock(&shared.inner);
            inner.workers = workers;
            // From where it goes on stands fast from now on, whatever comes.
            shared.keep(&mut inner);
        }
        let dispatcher = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("notify".to_owned()).spawn(move || dispatcher.run());
        let thread = thread.map_err(|source| NotifyError::Thread { source })?;
        Ok(Self { shared, dispatcher: Mutex::new(Some(thread)) })
    }

    /// Takes in what the ledger says, in its order; `reached` is the number of the last record that was looked at, of whatever
    /// kind. Returns at once.
    pub fn take(&self, inputs: Vec<Input>, reached: u64) {
        {
            let mut inner = lock(&self.shared.inner);
            let now = self.shared.outside.now();
            for input in inputs {
                match input {
                    Input::Finding(finding) => inner.router.take(now, std::slice::from_ref(&finding)),
                    Input::Act(act) => inner.router.acted(now, act),
                    Input::Settled { message, channel } => inner.router.settled(&message, &channel),
                }
            }
            inner.router.reached(reached);
        }
        self.shared.woken.notify_all();
    }

    /// Begins to tell. Before, everything has to be taken that was recorded while nobody took it, so that no message is sent
    /// again of which the ledger has a receipt.
    pub fn begin(&self) {
        let receipts = {
            let mut inner = lock(&self.shared.inner);
            let step = inner.router.resume(self.shared.outside.now());
            inner.begun = true;
            self.shared.perform(&mut inner, step)
        };
        receipts.into_iter().for_each(|receipt| (self.shared.on_receipt)(receipt));
        self.shared.woken.notify_all();
    }

    /// Sends a test over a channel, once, and waits for the answer. The receipt is also given to `on_receipt`, by the calling
    /// thread. Limits and quiet hours do not count.
    ///
    /// # Errors
    /// When there is no such channel.
    pub fn test(&self, channel: &str) -> Result<Delivery, NotifyError> {
        let shared = &self.shared;
        let (opened, means, console) = {
            let inner = lock(&shared.inner);
            let worker = inner.workers.get(channel);
            let worker = worker.ok_or_else(|| NotifyError::NoChannel { name: channel.to_owned() })?;
            let means = lock(&worker.gauge).means.clone();
            (Arc::clone(&worker.channel), means, inner.router.config().console.as_ref().map(|c| c.text().into()))
        };
        let message = test_message(shared.outside.now(), channel, console);
        let outcome = attempt(opened.as_ref(), &message, &mut 0);
        let now = shared.outside.now();
        let (state, answer) = match outcome {
            Ok(answer) => (Delivered::Delivered, answer.0),
            Err(error) => (Delivered::Failed, error.message),
        };
        shared.count(channel, |gauge| match state {
            Delivered::Delivered => {
                gauge.sent += 1;
                gauge.last_sent = Some(now);
            }
            _ => {
                gauge.failed += 1;
                gauge.last_error = Some((now, answer.clone()));
            }
        });
        let mut receipt = receipt(now, channel, &means, &message, state, 1, &answer);
        // The finding is made up, and none that anybody could look up.
        receipt.findings.clear();
        receipt.count = 0;
        (shared.on_receipt)(receipt.clone());
        Ok(receipt)
    }

    /// Goes on with another configuration, and with secrets as they are now. What waited for a channel is still sent by it as
    /// it was; numbers of channels that keep their name go on.
    ///
    /// # Errors
    /// When a thread cannot be started; then all stays as it was.
    pub fn reload(&self, config: Config) -> Result<(), NotifyError> {
        let config = Arc::new(config);
        let workers = self.shared.workers(&config)?;
        let now = self.shared.outside.now();
        let receipts = {
            let mut inner = lock(&self.shared.inner);
            let step = inner.router.reconfigure(now, Arc::clone(&config));
            // What waited belongs to the channels as they were.
            let receipts = self.shared.perform(&mut inner, step);
            let old = std::mem::replace(&mut inner.workers, workers);
            inner.ending.retain(|thread| !thread.is_finished());
            inner.ending.extend(old.into_values().map(Worker::close));
            receipts
        };
        receipts.into_iter().for_each(|receipt| (self.shared.on_receipt)(receipt));
        self.shared.woken.notify_all();
        Ok(())
    }

    /// How everything stands.
    #[must_use]
    pub fn status(&self) -> Status {
        let inner = lock(&self.shared.inner);
        let channels = inner.workers.values().map(|worker| lock(&worker.gauge).clone()).collect();
        Status { channels, taken: inner.router.taken(), not_kept: inner.not_kept.clone() }
    }

    /// Tells of what waits for others of its group, and gives the channels so long to deliver. What is not delivered then, what
    /// quiet hours hold back, and what comes later is kept for the next start. An attempt that is under way is waited for: it ends
    /// by the channel's `timeout`.
    pub fn stop(&self, grace: Duration) {
        // Held until all have ended: who stops it a second time waits for the first.
        let mut dispatcher = lock(&self.dispatcher);
        let Some(dispatcher) = dispatcher.take() else { return };
        lock(&self.shared.inner).stop = true;
        self.shared.woken.notify_all();
        // A panic of a thread was told of when it happened.
        drop(dispatcher.join());
        self.shared.ending.end(grace);
        let threads: Vec<JoinHandle<()>> = {
            let mut inner = lock(&self.shared.inner);
            let workers = std::mem::take(&mut inner.workers);
            inner.ending.drain(..).chain(workers.into_values().map(Worker::close)).collect()
        };
        threads.into_iter().for_each(|thread| drop(thread.join()));
        self.shared.keep(&mut lock(&self.shared.inner));
    }
}

impl Drop for Notifier {
    fn drop(&mut self) {
        self.stop(Duration::ZERO);
    }
}

impl Inner {
    /// When what changed is to be kept: soon, or now and then, so that an outage is known for one.
    fn keeps_in(&self) -> Duration {
        let every = if self.router.has_changes() { KEEP } else { LONGEST_SLEEP };
        self.kept.map_or(Duration::ZERO, |kept| every.saturating_sub(kept.elapsed()))
    }
}

impl Shared {
    fn workers(&self, config: &Config) -> Result<BTreeMap<String, Worker>, NotifyError> {
        let start = |channel: &crate::config::Channel| {
            let gauge = self.gauge(&channel.name, channel.to.means());
            let worker = Worker::start(channel, gauge, &self.outside, &self.on_receipt, &self.ending);
            worker.map(|w| (channel.name.clone(), w)).map_err(|source| NotifyError::Thread { source })
        };
        config.channels.iter().map(start).collect()
    }

    /// The numbers of a channel: they outlive a configuration.
    fn gauge(&self, name: &str, means: &str) -> Gauge {
        let mut gauges = lock(&self.gauges);
        let gauge = gauges.entry(name.to_owned()).or_default();
        let mut numbers = lock(gauge);
        name.clone_into(&mut numbers.name);
        means.clone_into(&mut numbers.means);
        drop(numbers);
        Arc::clone(gauge)
    }

    fn count(&self, channel: &str, change: impl FnOnce(&mut ChannelStatus)) {
        if let Some(gauge) = lock(&self.gauges).get(channel) {
            change(&mut lock(gauge));
        }
    }

    /// Keeps what changed.
    fn keep(&self, inner: &mut Inner) {
        let mut changes = std::mem::take(&mut inner.unkept);
        changes.extend(inner.router.changes(self.outside.now()));
        inner.kept = Some(Instant::now());
        inner.not_kept = inner.memory.keep(&changes).err().map(|error| error.to_string());
        if inner.not_kept.is_some() {
            // The later of two changes of a row counts.
            let latest: BTreeMap<String, Change> = changes.into_iter().map(|c| (c.name.clone(), c)).collect();
            inner.unkept = latest.into_values().collect();
        }
    }

    /// Hands messages to their threads, once they are kept; gives the receipts of what is not sent. A memory that fails keeps nobody
    /// from being told.
    fn perform(&self, inner: &mut Inner, mut step: Step) -> Vec<Delivery> {
        if !inner.begun {
            // The router has them, and gives them when it begins to tell.
            step.send.clear();
        }
        if !step.send.is_empty() {
            self.keep(inner);
        }
        let mut receipts = step.receipts;
        for outgoing in step.send {
            let pushed = match inner.workers.get(&outgoing.channel) {
                Some(worker) => worker.push(&outgoing.message),
                None => Err("the channel was removed"),
            };
            if let Err(why) = pushed {
                receipts.push(inner.router.held_back(self.outside.now(), &outgoing, why));
            }
        }
        for receipt in &receipts {
            self.count(&receipt.channel, |gauge| gauge.held_back += 1);
        }
        receipts
    }

    fn run(&self) {
        loop {
            let (receipts, stop) = {
                let mut inner = lock(&self.inner);
                let now = self.outside.now();
                let mut step = if inner.begun { inner.router.due(now) } else { Step::default() };
                let stop = inner.stop;
                if stop && inner.begun {
                    let rest = inner.router.flush(now);
                    step.send.extend(rest.send);
                    step.receipts.extend(rest.receipts);
                }
                let receipts = self.perform(&mut inner, step);
                if inner.keeps_in().is_zero() {
                    self.keep(&mut inner);
                }
                (receipts, stop)
            };
            receipts.into_iter().for_each(|receipt| (self.on_receipt)(receipt));
            if stop {
                return;
            }
            let inner = lock(&self.inner);
            // Asked again under the lock: what came meanwhile woke nobody.
            let next = inner.router.next_due().filter(|_| inner.begun);
            let wait = next.map_or(LONGEST_SLEEP, |at| {
                Duration::from_nanos(at.0.saturating_sub(self.outside.now().0)).min(LONGEST_SLEEP)
            });
            let wait = wait.min(inner.keeps_in());
            if !inner.stop && !wait.is_zero() {
                drop(self.woken.wait_timeout(inner, wait).unwrap_or_else(PoisonError::into_inner));
            }
        }
    }
}

fn test_message(now: avouch_finding::Time, channel: &str, console: Option<Arc<str>>) -> Message {
    let rule = "Test of a channel";
    let key = FindingKey { node: "avouch", source: "avouch", time: now, event: 0, rule };
    let finding = Finding {
        id: key.id(),
        time: now,
        node: "avouch".to_owned(),
        source: "avouch".to_owned(),
        rule: rule.to_owned(),
        priority: "Informational".to_owned(),
        severity: Severity::Informational,
        tags: vec![TEST_TAG.to_owned()],
        output: format!("This is a test of the channel {channel}. Nothing happened."),
        ..Finding::default()
    };
    Message {
        id: digest(&["test", channel, &now.0.to_string()]),
        group: digest(&["test", channel]),
        route: String::new(),
        reason: Reason::Test,
        time: now,
        severity: Severity::Informational,
        count: 1,
        total: 1,
        first: now,
        last: now,
        labels: Vec::new(),
        findings: vec![Arc::new(Noted { seq: 0, finding })],
        held_back: 0,
        console,
        test: true,
        act: None,
    }
}
