//! The thread of a channel: takes messages from its queue one by one, tries each as often as it may, gives receipts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use avouch_finding::{Delivered, Delivery, Time};

use crate::channel::{Answer, Channel, SendError};
use crate::config;
use crate::message::Message;
use crate::outside::Outside;
use crate::retry::back_off;
use crate::router::receipt;

/// What a receipt says of a message that is told when avouch runs again.
const STOPPED: &str = "avouch stopped before it was delivered; it is sent when avouch runs again";

/// Takes receipts. It is called by threads of the notifier, never by whoever calls the notifier, but for a test.
pub(crate) type OnReceipt = Arc<dyn Fn(Delivery) + Send + Sync>;

/// How a channel stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelStatus {
    /// Its name.
    pub name: String,
    /// `slack`, `email`.
    pub means: String,
    /// Messages that wait, the one that is being tried included.
    pub queue: u64,
    /// Messages that were delivered, since the start.
    pub sent: u64,
    /// Messages that were given up.
    pub failed: u64,
    /// Receipts of messages that a limit, quiet hours, a full queue or a stop held back.
    pub held_back: u64,
    /// When one was last delivered.
    pub last_sent: Option<Time>,
    /// What last went wrong, and when. It stays when the channel works again: compare with `last_sent`.
    pub last_error: Option<(Time, String)>,
    /// Why it cannot work as configured: a secret that is not there.
    pub broken: Option<String>,
}

/// The numbers of a channel, shared with its thread.
pub(crate) type Gauge = Arc<Mutex<ChannelStatus>>;

/// A lock that a panic of another thread does not make useless: numbers stay numbers.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells threads to come to an end.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    /// Until when messages may still be tried.
    until: Mutex<Option<Instant>>,
    woken: Condvar,
}

impl Ending {
    pub(crate) fn end(&self, grace: Duration) {
        *lock(&self.until) = Some(Instant::now() + grace);
        self.woken.notify_all();
    }

    fn get(&self) -> Option<Instant> {
        *lock(&self.until)
    }

    /// Waits so long, or until the end is asked for.
    fn wait(&self, length: Duration) {
        let until = lock(&self.until);
        drop(self.woken.wait_timeout_while(until, length, |until| until.is_none()));
    }
}

/// A channel with its thread.
pub(crate) struct Worker {
    queue: SyncSender<Arc<Message>>,
    pub(crate) channel: Arc<dyn Channel>,
    pub(crate) gauge: Gauge,
    pub(crate) thread: JoinHandle<()>,
}

/// What a thread works with.
struct Work {
    name: String,
    means: &'static str,
    retry: config::Retry,
    channel: Arc<dyn Channel>,
    gauge: Gauge,
    outside: Arc<dyn Outside>,
    on_receipt: OnReceipt,
    ending: Arc<Ending>,
}

/// Stands for a channel that could not be opened: every message fails, and says why.
struct Broken(String);

impl Channel for Broken {
    fn send(&self, _: &Message, _: &mut usize) -> Result<Answer, SendError> {
        Err(SendError::never(self.0.clone()))
    }
}

impl Worker {
    pub(crate) fn start(
        config: &config::Channel,
        gauge: Gauge,
        outside: &Arc<dyn Outside>,
        on_receipt: &OnReceipt,
        ending: &Arc<Ending>,
    ) -> std::io::Result<Self> {
        let opened = config.to.open(config.timeout.duration(), outside);
        lock(&gauge).broken = opened.as_ref().err().cloned();
        let channel: Arc<dyn Channel> = match opened {
            Ok(channel) => Arc::from(channel),
            Err(why) => Arc::new(Broken(why)),
        };
        let (queue, jobs) = sync_channel(usize::from(config.queue));
        let work = Work {
            name: config.name.clone(),
            means: config.to.means(),
            retry: config.retry,
            channel: Arc::clone(&channel),
            gauge: Arc::clone(&gauge),
            outside: Arc::clone(outside),
            on_receipt: Arc::clone(on_receipt),
            ending: Arc::clone(ending),
        };
        let thread =
            std::thread::Builder::new().name(format!("notify {}", config.name)).spawn(move || work.run(&jobs))?;
        Ok(Self { queue, channel, gauge, thread })
    }

    /// Puts a message into the queue, unless it is full.
    pub(crate) fn push(&self, message: &Arc<Message>) -> Result<(), &'static str> {
        lock(&self.gauge).queue += 1;
        self.queue.try_send(Arc::clone(message)).map_err(|e| {
            lock(&self.gauge).queue -= 1;
            match e {
                TrySendError::Full(_) => "the queue of the channel is full",
                TrySendError::Disconnected(_) => "the channel has ended",
            }
        })
    }

    /// No more messages: the thread ends when it has dealt with those that wait.
    pub(crate) fn close(self) -> JoinHandle<()> {
        self.thread
    }
}

/// One attempt; a panic of a channel is an error of that message, not the end of the thread.
pub(crate) fn attempt(channel: &dyn Channel, message: &Message, done: &mut usize) -> Result<Answer, SendError> {
    catch_unwind(AssertUnwindSafe(|| channel.send(message, done)))
        .unwrap_or_else(|_| Err(SendError::never("the channel has a bug: it panicked")))
}

impl Work {
    fn run(&self, jobs: &Receiver<Arc<Message>>) {
        while let Ok(message) = jobs.recv() {
            let receipt = self.deliver(&message);
            {
                let mut gauge = lock(&self.gauge);
                gauge.queue = gauge.queue.saturating_sub(1);
                match receipt.state {
                    Delivered::Delivered => {
                        gauge.sent += 1;
                        gauge.last_sent = Some(receipt.time);
                    }
                    Delivered::Failed => gauge.failed += 1,
                    Delivered::HeldBack => gauge.held_back += 1,
                }
            }
            (self.on_receipt)(receipt);
        }
    }

    fn deliver(&self, message: &Message) -> Delivery {
        let (mut attempts, mut done) = (0, 0);
        let outcome = |state, attempts, answer: &str| {
            receipt(self.outside.now(), &self.name, self.means, message, state, attempts, answer)
        };
        loop {
            if self.ending.get().is_some_and(|until| Instant::now() >= until) {
                return outcome(Delivered::HeldBack, attempts, STOPPED);
            }
            attempts += 1;
            let error = match attempt(self.channel.as_ref(), message, &mut done) {
                Ok(answer) => return outcome(Delivered::Delivered, attempts, &answer.0),
                Err(error) => error,
            };
            let now = self.outside.now();
            lock(&self.gauge).last_error = Some((now, error.message.clone()));
            // While avouch stops, an attempt that failed is the last: others wait behind it.
            let last = attempts >= u64::from(self.retry.attempts) || self.ending.get().is_some();
            if !error.retry || last {
                let part = match done {
                    0 => error.message,
                    n => format!("{} ({n} of {} findings were delivered)", error.message, message.findings.len()),
                };
                // What a stop cuts short is not given up.
                return match error.retry && attempts < u64::from(self.retry.attempts) {
                    true => outcome(Delivered::HeldBack, attempts, &format!("{part}; {STOPPED}")),
                    false => outcome(Delivered::Failed, attempts, &part),
                };
            }
            self.ending.wait(back_off(&self.retry, attempts, self.outside.jitter(), error.wait, now));
        }
    }
}
