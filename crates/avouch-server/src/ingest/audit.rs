//! Audit records of clusters and accounts: one thread that judges them in turn, writes the findings, and tells every ten seconds
//! how each source fared.

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use avouch_controls::AcceptanceSet;
use avouch_finding::Fact;
use avouch_pipeline::RuleSet;
use avouch_pipeline::live::audit::{
    Archive, ArchiveError, ArchiveOptions, AuditJudge, AuditLimits, AuditOptions, AuditSource, Delivery, DigestKeys,
    Taken,
};
use avouch_redact::Redactor;
use tokio::sync::oneshot;

use crate::Clock;
use crate::centre::{Centre, CentreError, Entry, Recorded};
use crate::error::chain;
use crate::health::Health;

/// Deliveries that wait at most. More are told to come again.
const QUEUE: usize = 8;
/// How often it is told how sources fare.
const EVERY: Duration = Duration::from_secs(10);

/// What a server does with audit records.
pub struct AuditSetup {
    /// Rules that judge them.
    pub rules: Arc<RuleSet>,
    /// Acceptances.
    pub acceptances: AcceptanceSet,
    /// Bounds.
    pub limits: AuditLimits,
    /// Keys with which CloudTrail's digests may have been signed.
    pub digest_keys: Arc<DigestKeys>,
    /// Sources that are expected from the beginning: until something comes they are not watched, and that is said.
    pub expected: Vec<AuditSource>,
    /// Where records are kept for back-tests; nowhere when `None`.
    pub archive: Option<ArchiveOptions>,
}

/// What a delivery came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AuditTaken {
    pub records: u64,
    pub duplicates: u64,
    pub refused: u64,
    pub findings: u64,
    pub problems: Vec<String>,
}

/// Why a delivery was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuditError {
    #[error("too many deliveries wait")]
    Busy,
    #[error("audit records are no longer taken")]
    Ended,
    #[error(transparent)]
    Centre(#[from] CentreError),
}

/// Why audit records cannot be judged.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says it")]
pub enum AuditStartError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error("failed to start a thread")]
    Thread(#[from] std::io::Error),
}

type Reply = oneshot::Sender<Result<AuditTaken, AuditError>>;

enum Order {
    Take { source: AuditSource, parcel: Parcel, reply: Reply },
    Rules(Arc<RuleSet>, AcceptanceSet),
    Fault(AuditSource, Option<String>),
    TurnedAway(AuditSource, String, u64),
    End,
}

/// A delivery on its way to the thread.
#[derive(Debug, Default)]
pub(crate) struct Parcel {
    pub name: String,
    pub bytes: Vec<u8>,
    /// See [`Delivery::signature`].
    pub signature: Option<String>,
}

/// A handle on the thread.
#[derive(Clone)]
pub struct AuditDesk {
    orders: SyncSender<Order>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl AuditDesk {
    /// Starts the thread.
    ///
    /// # Errors
    /// When it or the archive cannot be started.
    pub(crate) fn start(
        setup: AuditSetup,
        redactor: Redactor,
        centre: Centre,
        health: Health,
        clock: Clock,
    ) -> Result<Self, AuditStartError> {
        let archive = setup.archive.clone().map(|options| Archive::open(options, redactor)).transpose()?;
        let (orders, waiting) = sync_channel(QUEUE);
        let run = move || Desk::new(setup, archive, centre, health, clock).run(&waiting);
        let thread = std::thread::Builder::new().name("audit".to_owned()).spawn(run)?;
        Ok(Self { orders, thread: Arc::new(Mutex::new(Some(thread))) })
    }

    /// Judges a delivery; when this returns, its findings are safe.
    pub(crate) async fn take(&self, source: AuditSource, parcel: Parcel) -> Result<AuditTaken, AuditError> {
        let (reply, answer) = oneshot::channel();
        let order = Order::Take { source, parcel, reply };
        self.orders.try_send(order).map_err(|error| match error {
            TrySendError::Full(_) => AuditError::Busy,
            TrySendError::Disconnected(_) => AuditError::Ended,
        })?;
        answer.await.map_err(|_| AuditError::Ended)?
    }

    /// As [`AuditDesk::take`], for a thread that may wait.
    pub(crate) fn take_blocking(&self, source: AuditSource, parcel: Parcel) -> Result<AuditTaken, AuditError> {
        let (reply, answer) = oneshot::channel();
        self.tell(Order::Take { source, parcel, reply });
        answer.blocking_recv().map_err(|_| AuditError::Ended)?
    }

    /// Other rules and acceptances judge from the next delivery on.
    pub fn set_rules(&self, rules: Arc<RuleSet>, acceptances: AcceptanceSet) {
        self.tell(Order::Rules(rules, acceptances));
    }

    /// A source cannot be read, or can be again.
    pub(crate) fn fault(&self, source: AuditSource, why: Option<String>) {
        self.tell(Order::Fault(source, why));
    }

    /// As [`AuditDesk::turned_away`], for one batch and for a task that must not wait.
    pub(crate) fn turned_away_soon(&self, source: AuditSource, cause: &'static str) {
        let desk = self.clone();
        drop(tokio::task::spawn_blocking(move || desk.turned_away(source, cause, 0)));
    }

    /// Something of a source will never be read.
    pub(crate) fn turned_away(&self, source: AuditSource, cause: &str, events: u64) {
        self.tell(Order::TurnedAway(source, cause.to_owned(), events));
    }

    fn tell(&self, order: Order) {
        // The thread is gone only when the server ends.
        self.orders.send(order).unwrap_or(());
    }

    /// Ends it: what waits is judged, and the last observations are told. Blocks.
    pub(crate) fn end(&self) {
        self.tell(Order::End);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            crate::log::complain(&"the thread that judges audit records broke");
        }
    }
}

struct Desk {
    judge: AuditJudge,
    archive: Option<Archive>,
    centre: Centre,
    health: Health,
    clock: Clock,
    /// Nodes for which the ledger knows the rules that judge now.
    told: BTreeSet<String>,
}

impl Desk {
    fn new(setup: AuditSetup, archive: Option<Archive>, centre: Centre, health: Health, clock: Clock) -> Self {
        let (run, keep) = (centre.own().run, archive.is_some());
        let options = AuditOptions { run, limits: setup.limits, digest_keys: setup.digest_keys, keep };
        let mut judge = AuditJudge::new(Arc::clone(&setup.rules), options);
        for failed in judge.set_rules(setup.rules, setup.acceptances) {
            crate::log::complain(&format!("acceptance `{}` lets nothing be: {}", failed.id, failed.why));
        }
        let now = clock();
        setup.expected.iter().for_each(|source| judge.expect(source, now));
        Self { judge, archive, centre, health, clock, told: BTreeSet::new() }
    }

    fn run(mut self, orders: &Receiver<Order>) {
        let mut next = Instant::now() + EVERY;
        self.show();
        loop {
            match orders.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Ok(Order::Take { source, parcel, reply }) => {
                    let taken = self.take(&source, &parcel);
                    // Whoever asked may have gone; the delivery counts.
                    reply.send(taken).unwrap_or(());
                }
                Ok(Order::Rules(rules, acceptances)) => {
                    for failed in self.judge.set_rules(rules, acceptances) {
                        crate::log::complain(&format!("acceptance `{}` lets nothing be: {}", failed.id, failed.why));
                    }
                    self.told.clear();
                }
                Ok(Order::Fault(source, why)) => self.judge.fault(&source, why.as_deref(), (self.clock)()),
                Ok(Order::TurnedAway(source, cause, events)) => {
                    self.judge.turned_away(&source, &cause, events, (self.clock)());
                }
                Ok(Order::End) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            if Instant::now() >= next {
                next = Instant::now() + EVERY;
                let facts = self.judge.observe((self.clock)());
                self.tell(facts);
            }
        }
        let facts = self.judge.finish((self.clock)());
        self.tell(facts);
    }

    fn take(&mut self, source: &AuditSource, parcel: &Parcel) -> Result<AuditTaken, AuditError> {
        let (Parcel { name, bytes, signature }, received) = (parcel, (self.clock)());
        let mut taken = self.judge.take(source, &Delivery { name, bytes, signature: signature.as_deref(), received });
        let facts = std::mem::take(&mut taken.facts);
        let findings = facts.iter().filter(|fact| matches!(fact, Fact::Finding(_))).count() as u64;
        self.record(facts)?;
        self.judge.settle(&taken);
        if let Some(archive) = &mut self.archive {
            archive.append(&taken.kept, received);
        }
        self.show();
        let Taken { records, duplicates, refused, problems, .. } = taken;
        Ok(AuditTaken { records, duplicates, refused, findings, problems })
    }

    /// Records facts, and first the rules that judged them where the ledger does not know them yet.
    fn record(&mut self, facts: Vec<Fact>) -> Result<(), CentreError> {
        if facts.is_empty() {
            return Ok(());
        }
        let now = (self.clock)();
        let node = |fact: &Fact| match fact {
            Fact::Finding(f) => Some(f.node.clone()),
            Fact::Observation(o) => Some(o.node.clone()),
            _ => None,
        };
        let fresh: BTreeSet<String> = facts.iter().filter_map(node).filter(|n| !self.told.contains(n)).collect();
        let rules: Vec<Fact> = fresh.iter().map(|node| self.judge.rules_loaded(node, now)).collect();
        let source = self.centre.own();
        let entry = |fact: Fact| Entry { fact, source: source.clone(), source_seq: None };
        let recorded = self.centre.record_blocking(rules.into_iter().chain(facts).map(entry).collect())?;
        self.told.extend(fresh);
        for recorded in recorded {
            if let Recorded::Refused(why) = recorded {
                crate::log::complain(&format!("the ledger does not take a fact of an audit source: {why}"));
            }
        }
        Ok(())
    }

    fn tell(&mut self, facts: Vec<Fact>) {
        if let Err(error) = self.record(facts) {
            crate::log::complain(&format!("how audit sources fared was not recorded: {}", chain(&error)));
        }
        self.show();
    }

    /// Tells those who ask how things stand now.
    fn show(&self) {
        let now = (self.clock)();
        self.health.board().audit(self.judge.status(now));
    }
}
