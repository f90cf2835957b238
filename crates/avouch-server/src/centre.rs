//! The one writer of the folder of evidence, behind a queue: facts from everywhere go in, and come back as records.
//!
//! What waits together is made safe together: one sync of the ledger for all. Whoever asked hears of it only then, so
//! that an agent can forget what it sent, and a person who pressed a button can rely on it.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use avouch_evidence::Recorder;
use avouch_finding::{Fact, Time};
use avouch_ledger::Source;
use avouch_store::Record;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use crate::Clock;
use crate::error::chain;

// An answer for which nobody waits any more is let go: `send(..).unwrap_or(())`.

/// Orders that wait at most. A caller who finds the queue full waits.
const QUEUE: usize = 256;
/// Facts of one sync at most.
const TOGETHER: usize = 8_192;
/// Batches of records that a slow listener may be behind before it misses some.
const BEHIND: usize = 1_024;
/// How often the inbox is looked at when nothing else happens.
const TICK: Duration = Duration::from_millis(250);

/// A fact to be recorded.
#[derive(Clone, Debug)]
pub struct Entry {
    /// It.
    pub fact: Fact,
    /// Who tells it.
    pub source: Source,
    /// Number that the source gave it; see [`Recorder::record_numbered`].
    pub source_seq: Option<u64>,
}

/// What became of a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is record number so and so.
    At(u64),
    /// Its source told it before.
    Repeated,
    /// The ledger does not take it.
    Refused(String),
}

/// Why facts could not be recorded.
#[derive(Debug, thiserror::Error)]
pub enum CentreError {
    /// The ledger does not take it.
    #[error("the ledger refuses it: {0}")]
    Refused(String),
    /// The writer ended; the server has to be started again.
    #[error("the evidence is no longer written")]
    Ended,
    /// The disk or another part failed.
    #[error("failed to write the evidence: {0}")]
    Failed(String),
}

enum Order {
    Record(Vec<Entry>, oneshot::Sender<Result<Vec<Recorded>, CentreError>>),
    Do(Box<dyn FnOnce(&mut Recorder) + Send>),
    Tick,
    End(oneshot::Sender<Result<(), CentreError>>),
}

/// Records as they come, for everybody who listens.
pub type Batch = Arc<Vec<Record>>;

/// A handle on the writer.
#[derive(Clone)]
pub struct Centre {
    orders: mpsc::Sender<Order>,
    told: broadcast::Sender<Batch>,
    position: watch::Receiver<u64>,
    /// Id of the ledger.
    ledger: Arc<str>,
    run: Arc<str>,
}

impl Centre {
    /// Starts the writer's thread over an open recorder.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(mut recorder: Recorder, clock: Clock, run: &str) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (orders, waiting) = mpsc::channel(QUEUE);
        let (told, _) = broadcast::channel(BEHIND);
        let (moved, position) = watch::channel(recorder.ledger().last_seq());
        let ledger = recorder.ledger().id().into();
        let (out, seq) = (told.clone(), moved.clone());
        recorder.listen(Box::new(move |records: &[Record]| {
            if let Some(last) = records.last() {
                seq.send_replace(last.seq);
            }
            // Nobody may be listening.
            out.send(Arc::new(records.to_vec())).map(drop).unwrap_or(());
        }));
        let thread =
            std::thread::Builder::new().name("evidence".to_owned()).spawn(move || write(recorder, waiting, &clock))?;
        Ok((Self { orders, told, position, ledger, run: run.into() }, thread))
    }

    /// Looks for facts in the inbox now and then, until the writer ends.
    pub async fn tick(self) {
        let mut every = tokio::time::interval(TICK);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            every.tick().await;
            if self.orders.send(Order::Tick).await.is_err() {
                return;
            }
        }
    }

    /// Records facts; they are safe, and can be asked for, when this returns.
    ///
    /// # Errors
    /// When the evidence cannot be written.
    pub async fn record(&self, entries: Vec<Entry>) -> Result<Vec<Recorded>, CentreError> {
        let (reply, answer) = oneshot::channel();
        self.orders.send(Order::Record(entries, reply)).await.map_err(|_| CentreError::Ended)?;
        answer.await.map_err(|_| CentreError::Ended)?
    }

    /// As [`Centre::record`], for a thread that is not of the async runtime.
    ///
    /// # Errors
    /// As [`Centre::record`].
    pub fn record_blocking(&self, entries: Vec<Entry>) -> Result<Vec<Recorded>, CentreError> {
        let (reply, answer) = oneshot::channel();
        self.orders.blocking_send(Order::Record(entries, reply)).map_err(|_| CentreError::Ended)?;
        answer.blocking_recv().map_err(|_| CentreError::Ended)?
    }

    /// Records what the server itself tells, or what somebody did by it; returns the numbers of the records.
    ///
    /// # Errors
    /// When the ledger refuses one, or the evidence cannot be written.
    pub async fn tell(&self, facts: Vec<Fact>) -> Result<Vec<u64>, CentreError> {
        let source = self.own();
        let entries = facts.into_iter().map(|fact| Entry { fact, source: source.clone(), source_seq: None }).collect();
        let recorded = self.record(entries).await?;
        recorded
            .into_iter()
            .map(|r| match r {
                Recorded::At(seq) => Ok(seq),
                Recorded::Refused(why) => Err(CentreError::Refused(why)),
                Recorded::Repeated => Err(CentreError::Refused("it was told before".to_owned())),
            })
            .collect()
    }

    /// The server as a source of facts.
    #[must_use]
    pub fn own(&self) -> Source {
        Source { name: "server".to_owned(), run: self.run.as_ref().to_owned() }
    }

    /// Does something with the recorder that only its thread may do, and waits for the result.
    ///
    /// # Errors
    /// When the writer ended.
    pub async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Recorder) -> T + Send + 'static,
    ) -> Result<T, CentreError> {
        let (reply, answer) = oneshot::channel();
        let order = Order::Do(Box::new(move |recorder| reply.send(work(recorder)).unwrap_or(())));
        self.orders.send(order).await.map_err(|_| CentreError::Ended)?;
        answer.await.map_err(|_| CentreError::Ended)
    }

    /// As [`Centre::with`], for a thread that is not of the async runtime.
    ///
    /// # Errors
    /// As [`Centre::with`].
    pub fn with_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Recorder) -> T + Send + 'static,
    ) -> Result<T, CentreError> {
        let (reply, answer) = oneshot::channel();
        let order = Order::Do(Box::new(move |recorder| reply.send(work(recorder)).unwrap_or(())));
        self.orders.blocking_send(order).map_err(|_| CentreError::Ended)?;
        answer.blocking_recv().map_err(|_| CentreError::Ended)
    }

    /// Records from now on, in order, each once it is safe and in the store.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Batch> {
        self.told.subscribe()
    }

    /// Number of the last record that is safe and in the store.
    #[must_use]
    pub fn position(&self) -> watch::Receiver<u64> {
        self.position.clone()
    }

    /// Id of the ledger.
    #[must_use]
    pub fn ledger(&self) -> &str {
        &self.ledger
    }

    /// Ends the writer in good order: a signed head over everything.
    ///
    /// # Errors
    /// When the evidence cannot be written.
    pub async fn end(&self) -> Result<(), CentreError> {
        let (reply, answer) = oneshot::channel();
        self.orders.send(Order::End(reply)).await.map_err(|_| CentreError::Ended)?;
        answer.await.map_err(|_| CentreError::Ended)?
    }
}

type Waiting = (Vec<Recorded>, oneshot::Sender<Result<Vec<Recorded>, CentreError>>);

fn write(mut recorder: Recorder, mut orders: mpsc::Receiver<Order>, clock: &Clock) {
    let mut waiting: Vec<Waiting> = Vec::new();
    while let Some(first) = orders.blocking_recv() {
        let (mut next, mut facts, mut end) = (Some(first), 0, None);
        while let Some(order) = next {
            match order {
                Order::Record(entries, reply) => {
                    facts += entries.len();
                    match append(&mut recorder, entries, clock()) {
                        Ok(recorded) => waiting.push((recorded, reply)),
                        Err(error) => reply.send(Err(error)).unwrap_or(()),
                    }
                }
                Order::Do(work) => work(&mut recorder),
                Order::Tick => {}
                Order::End(reply) => {
                    end = Some(reply);
                    break;
                }
            }
            next = if facts < TOGETHER { orders.try_recv().ok() } else { None };
        }
        let flushed = recorder.flush(clock()).map_err(|e| chain(&e));
        if let Err(error) = &flushed {
            crate::log::complain(error);
        }
        for (recorded, reply) in waiting.drain(..) {
            let answer = flushed.as_ref().map(|_| recorded).map_err(|e| CentreError::Failed(e.clone()));
            reply.send(answer).unwrap_or(());
        }
        if let Some(reply) = end {
            let closed = recorder.close(clock()).map(drop).map_err(|e| CentreError::Failed(chain(&e)));
            reply.send(closed).unwrap_or(());
            return;
        }
    }
    // Every handle is gone without an order to end.
    if let Err(error) = recorder.close(clock()) {
        crate::log::complain(&chain(&error));
    }
}

/// Hands facts to the ledger. One that it refuses takes no other with it.
fn append(recorder: &mut Recorder, entries: Vec<Entry>, now: Time) -> Result<Vec<Recorded>, CentreError> {
    let mut out = Vec::with_capacity(entries.len());
    for entry in entries {
        if entry.source_seq.is_some_and(|seq| seq <= recorder.last_of(&entry.source)) {
            out.push(Recorded::Repeated);
            continue;
        }
        out.push(match recorder.record_numbered(&entry.fact, &entry.source, entry.source_seq, now) {
            Ok(seq) => Recorded::At(seq),
            Err(avouch_evidence::EvidenceError::Ledger(avouch_ledger::LedgerError::Record(why))) => {
                Recorded::Refused(why.to_string())
            }
            Err(error) => return Err(CentreError::Failed(chain(&error))),
        });
    }
    Ok(out)
}
