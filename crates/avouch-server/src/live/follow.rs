//! One watcher, from his first event to his last.

use std::time::Duration;

use avouch_finding::Fact;
use avouch_store::{Happened, Record};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::events::{Act, HealthNow, Hello, LiveEvent, Missed, StandingNow};
use super::matching::Matcher;
use crate::App;
use crate::access::{Permission, Who};
use crate::centre::Batch;
use crate::row::Row;

/// Events that wait for one watcher at most.
pub(crate) const WAITING: usize = 256;
/// Findings and acts that he is shown from the store at most, when he comes back or was too slow.
pub(super) const AT_MOST: usize = 10_000;
/// Of these at a time.
const PIECE: usize = 500;
/// How often he is told how everything stands.
const HEALTH: Duration = Duration::from_secs(5);

/// Somebody who watches.
pub(crate) struct Follow {
    pub(crate) app: App,
    pub(crate) who: Who,
    pub(crate) matcher: Matcher,
    pub(crate) out: mpsc::Sender<LiveEvent>,
}

/// He went away.
struct Gone;

impl Follow {
    /// Serves him; `after` is the last record that he was shown by an earlier stream.
    pub(crate) async fn run(self, after: Option<u64>) {
        let stopping = self.app.stopping.clone();
        tokio::select! {
            () = stopping.cancelled() => {}
            // However it ends, the stream does.
            _ended = timeout(self.app.stream_life, self.follow(after)) => {}
        }
    }

    async fn follow(&self, after: Option<u64>) -> Result<(), Gone> {
        // In this order: what comes between the two is seen twice and shown once.
        let mut records = self.app.centre.listen();
        let at = *self.app.centre.position().borrow();
        let after = after.filter(|after| *after <= at);
        let ledger = self.app.centre.ledger().to_owned();
        self.tell(LiveEvent::Hello(Hello { ledger, seq: at, time: self.app.now(), resumed: after.is_some() })).await?;
        let mut seen = at;
        if let Some(after) = after {
            seen = self.catch_up(after).await?;
        }
        let mut health = interval_at(Instant::now(), HEALTH);
        health.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.out.closed() => return Err(Gone),
                batch = records.recv() => seen = self.take(batch, seen).await?,
                _ = health.tick() => {
                    let now = self.health(seen);
                    self.tell(LiveEvent::Health(seen, now)).await?;
                }
            }
        }
    }

    async fn tell(&self, event: LiveEvent) -> Result<(), Gone> {
        self.out.send(event).await.map_err(|_| Gone)
    }

    async fn take(&self, batch: Result<Batch, broadcast::error::RecvError>, mut seen: u64) -> Result<u64, Gone> {
        match batch {
            Ok(batch) => {
                for record in batch.iter().filter(|record| record.seq > seen) {
                    if let Some(event) = self.event_of(record).await {
                        self.tell(event).await?;
                    }
                }
                seen = batch.last().map_or(seen, |record| record.seq.max(seen));
                Ok(seen)
            }
            // He was slow: the rest is in the store.
            Err(RecvError::Lagged(_)) => self.catch_up(seen).await,
            Err(RecvError::Closed) => Err(Gone),
        }
    }

    /// Shows what the store has after a record; returns the last record that was looked at or told as missed.
    async fn catch_up(&self, after: u64) -> Result<u64, Gone> {
        let (mut seen, mut left) = (after, AT_MOST);
        loop {
            let ledger = self.app.centre.ledger().to_owned();
            let ask = move |reader: &mut avouch_store::Reader| Ok(reader.since(&ledger, seen, PIECE)?);
            let (since, complete) = match self.app.readers.ask(ask).await {
                Ok(since) if left > 0 => {
                    let complete = since.to >= since.as_of;
                    (since, complete)
                }
                // There is too much, or the store cannot be asked.
                other => {
                    let at = other.map_or_else(|_| *self.app.centre.position().borrow(), |since| since.as_of).max(seen);
                    if at > seen {
                        self.tell(LiveEvent::Missed(Missed { count: at - seen, since: seen, to: at })).await?;
                    }
                    return Ok(at);
                }
            };
            left = left.saturating_sub(since.happened.len());
            for happened in since.happened {
                let event = match happened {
                    Happened::Finding(finding) => {
                        self.matcher.names_stored(&finding).then(|| LiveEvent::Finding(Box::new((*finding).into())))
                    }
                    Happened::Act(act) => self.act(&act.fact, act.record.seq).await,
                };
                if let Some(event) = event {
                    self.tell(event).await?;
                }
            }
            seen = since.to.max(seen);
            if complete {
                return Ok(seen);
            }
        }
    }

    async fn event_of(&self, record: &Record) -> Option<LiveEvent> {
        match &record.fact {
            Fact::Finding(finding) => {
                let named = self.matcher.names_fresh(finding);
                named.then(|| LiveEvent::Finding(Box::new(Row::fresh(finding, record))))
            }
            fact => self.act(fact, record.seq).await,
        }
    }

    /// An act about a finding that he may see.
    async fn act(&self, fact: &Fact, seq: u64) -> Option<LiveEvent> {
        let act = Act::of(fact, seq)?;
        if self.who.principal().period().is_some() {
            let id = act.finding.clone();
            let found = self.app.readers.ask(move |reader| Ok(reader.finding(&id)?)).await.ok().flatten()?;
            if !self.who.sees(found.time) {
                return None;
            }
        }
        Some(LiveEvent::Act(act))
    }

    fn health(&self, seen: u64) -> HealthNow {
        let time = self.app.now();
        let may = self.who.may(Permission::ReadHealth) && self.who.sees(time);
        let standing = may.then(|| {
            let standing = self.app.health.standing(time);
            let mut sources = std::collections::BTreeMap::new();
            for source in &standing.sources {
                *sources.entry(source.state.name()).or_default() += 1;
            }
            StandingNow { ready: standing.reasons.is_empty(), reasons: standing.reasons, sources }
        });
        HealthNow { time, seq: seen, standing }
    }
}
