//! Sends what the queue holds: one batch at a time, in order, again and again until the server has it.

mod pace;
mod rules;
mod server;
mod shared;
mod status;
mod transport;

use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use avouch_finding::Time;

pub use pace::Pace;
pub use rules::{Fetched, RuleClient, RuleFollower};
pub use server::{Server, ServerError, Token};
pub use status::{Failing, Status};

use crate::spool::{Most, Outbox, Outgoing, Wake};
use shared::Shared;
use transport::{Answer, Body, Transport, chain, short};

/// How long the sender sleeps when nothing waits and nobody wakes it.
const IDLE: Duration = Duration::from_secs(1);

/// How often a trouble is said again that goes on.
const SAY_AGAIN: Duration = Duration::from_secs(600);

/// How facts are sent.
#[derive(Clone, Debug)]
pub struct Config {
    /// To whom.
    pub server: Server,
    /// In which batches.
    pub most: Most,
    /// After which waits again.
    pub pace: Pace,
}

impl Config {
    /// With the usual batches and waits.
    #[must_use]
    pub fn new(server: Server) -> Self {
        Self { server, most: Most::default(), pace: Pace::default() }
    }
}

/// Hears, in a line, when the server cannot be reached or refuses, and when it takes facts again.
pub type Told = Box<dyn FnMut(&str) + Send>;

/// A thread that sends.
pub struct Forwarder {
    shared: Arc<Shared<State>>,
    wake: Wake,
    thread: JoinHandle<()>,
    ended: Receiver<()>,
}

#[derive(Debug, Default)]
struct State {
    status: Status,
    /// When to end although facts wait.
    until: Option<Instant>,
}

impl std::fmt::Debug for Forwarder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Forwarder").field("status", &self.status()).finish_non_exhaustive()
    }
}

/// Why sending cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// See there.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// There is no thread for it.
    #[error("failed to start the thread that sends facts")]
    Thread(#[source] std::io::Error),
}

impl Forwarder {
    /// Begins to send. That the server cannot be reached is no error: facts wait for it.
    ///
    /// # Errors
    /// When the token or certificates cannot be read.
    pub fn start(outbox: Outbox, config: Config, told: Told) -> Result<Self, StartError> {
        let transport = Transport::new(config.server.clone())?;
        let shared = Arc::new(Shared::default());
        let wake = outbox.waker();
        let (end, ended) = channel();
        let mut sender = Sending {
            outbox,
            transport,
            base: config.server.base().to_owned(),
            config,
            shared: Arc::clone(&shared),
            told,
            failures: 0,
            said: None,
        };
        let run = move || {
            sender.run();
            // Whoever asked is gone when nobody hears it.
            end.send(()).unwrap_or(());
        };
        let thread = std::thread::Builder::new().name("forward".to_owned()).spawn(run).map_err(StartError::Thread)?;
        Ok(Self { shared, wake, thread, ended })
    }

    /// How it fares.
    #[must_use]
    pub fn status(&self) -> Status {
        self.shared.lock().status.clone()
    }

    /// Whether the thread ended, which it does not do of itself before the queue is ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.thread.is_finished()
    }

    /// Sends on for so long at most, or until nothing waits and the queue was ended; says how it fared. What waits then is sent by the
    /// next life.
    pub fn finish(self, grace: Duration) -> Status {
        let until = Instant::now() + grace;
        self.shared.lock().until = Some(until);
        self.shared.changed.notify_all();
        self.wake.wake();
        // A request that hangs is left behind.
        self.ended.recv_timeout(grace).unwrap_or(());
        self.status()
    }
}

struct Sending {
    outbox: Outbox,
    transport: Transport,
    base: String,
    config: Config,
    shared: Arc<Shared<State>>,
    told: Told,
    /// In a row.
    failures: u32,
    /// When a trouble was said last.
    said: Option<Instant>,
}

impl Sending {
    fn run(&mut self) {
        let mut most = self.config.most;
        while !self.is_over() {
            let batch = match self.outbox.next(most) {
                Ok(Some(batch)) => batch,
                Ok(None) => {
                    let standing = self.update(None);
                    if standing.closed || self.shared.lock().until.is_some() {
                        return;
                    }
                    self.outbox.wait(IDLE);
                    continue;
                }
                Err(error) => {
                    self.trouble(&chain(&error), false);
                    self.pause(self.config.pace.refused(random()));
                    continue;
                }
            };
            self.update(Some(&batch));
            most = self.deliver(&batch, most);
        }
    }

    /// Sends a batch until it is acknowledged, has to be smaller, or time is over. Returns how large batches are to be.
    fn deliver(&mut self, batch: &Outgoing, most: Most) -> Most {
        let body = Body::of(batch);
        loop {
            let wait = match self.transport.send(&body) {
                Answer::Acked(ack) => match self.acknowledged(batch, &ack) {
                    Ok(()) => return most,
                    Err((why, refused)) => self.wait_after(&why, refused, None),
                },
                Answer::TooLarge { .. } if batch.facts > 1 => {
                    return Most { facts: (batch.facts / 2).max(1), bytes: (batch.body.len() / 2).max(1) };
                }
                Answer::TooLarge { why } | Answer::Refused { why } => self.wait_after(&why, true, None),
                Answer::Failed { why, after } => self.wait_after(&why, false, after),
            };
            self.update(Some(batch));
            self.pause(wait);
            if self.is_over() {
                return most;
            }
        }
    }

    fn acknowledged(&mut self, batch: &Outgoing, ack: &crate::Ack) -> Result<(), (String, bool)> {
        if ack.run != batch.sender.run {
            return Err(("it acknowledges facts of another run".to_owned(), true));
        }
        if ack.acknowledged_seq < batch.first {
            return Err(("it acknowledges none of the facts that were sent".to_owned(), false));
        }
        if ack.acknowledged_seq > self.outbox.last_of(batch) && !batch.ended {
            return Err((
                "it acknowledges facts that this run has not told: another agent uses its name".to_owned(),
                true,
            ));
        }
        let passed = self.outbox.acknowledge(batch, ack.acknowledged_seq).map_err(|error| (chain(&error), false))?;
        let (now, mut state) = (now(), self.shared.lock());
        let status = &mut state.status;
        status.sent += passed;
        status.batches += 1;
        status.refused += ack.refused_count;
        status.last_ack = Some(now);
        let recovered = status.failing.take();
        drop(state);
        self.failures = 0;
        if let Some(failing) = recovered.filter(|_| self.said.take().is_some()) {
            let seconds = now.seconds_since(failing.since);
            (self.told)(&format!("server {} takes facts again, after {seconds} s", self.base));
        }
        if let Some(first) = ack.refused.first() {
            let (n, seq) = (ack.refused_count, first.seq);
            (self.told)(&format!(
                "server {} does not take {n} facts, which are lost there; the first is number {seq}: {}",
                self.base,
                short(&first.reason)
            ));
        }
        Ok(())
    }

    fn wait_after(&mut self, why: &str, refused: bool, asked: Option<Duration>) -> Duration {
        self.failures = self.failures.saturating_add(1);
        self.trouble(why, refused);
        let (pace, random) = (self.config.pace, random());
        match asked {
            _ if refused => pace.refused(random),
            Some(wait) => pace.asked(wait, self.failures, random),
            None => pace.after(self.failures, random),
        }
    }

    /// Remembers a trouble, and says it when it is new or goes on for long.
    fn trouble(&mut self, why: &str, refused: bool) {
        let mut state = self.shared.lock();
        let since = state.status.failing.as_ref().map_or_else(now, |failing| failing.since);
        let other = state.status.failing.as_ref().is_none_or(|failing| failing.refused != refused);
        state.status.failing = Some(Failing { since, why: why.to_owned(), refused });
        drop(state);
        // One failure is said by the next health line when it lasts; a second in a row, or a refusal, is worth a line of its own.
        let due = self.said.is_none_or(|said| said.elapsed() >= SAY_AGAIN || (refused && other));
        if due && (refused || self.failures > 1) {
            self.said = Some(Instant::now());
            let what = if refused { "REFUSES the facts of this agent" } else { "cannot be reached" };
            (self.told)(&format!("server {} {what}: {why}; they wait in the queue on the disk", self.base));
        }
    }

    fn update(&self, batch: Option<&Outgoing>) -> crate::Standing {
        let standing = self.outbox.standing();
        let mut state = self.shared.lock();
        let status = &mut state.status;
        (status.waiting, status.dropped, status.queue_bytes) = (standing.waiting, standing.dropped, standing.bytes);
        status.oldest = batch.map(|batch| batch.oldest);
        standing
    }

    fn is_over(&self) -> bool {
        self.shared.lock().until.is_some_and(|until| Instant::now() >= until)
    }

    /// Waits; an order to end cuts it short once, and then there is time for no more than the grace.
    fn pause(&self, wait: Duration) {
        let mut state = self.shared.lock();
        let ending = state.until.is_some();
        let mut until = Instant::now() + wait;
        loop {
            if let Some(end) = state.until {
                if !ending {
                    return;
                }
                until = until.min(end);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// The clock.
fn now() -> Time {
    let ns = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos());
    Time(u64::try_from(ns).unwrap_or(u64::MAX))
}

/// Where there is no chance, agents come back together.
fn random() -> u32 {
    getrandom::u32().unwrap_or(u32::MAX / 2)
}
