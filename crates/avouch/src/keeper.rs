//! The evidence of a live run: a thread that writes what the run tells, so that the run never waits for a disk.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use avouch_controls::AcceptanceSet;
use avouch_evidence::{Folder, Recorder};
use avouch_finding::{Fact, Gap, Kind, Time};
use avouch_ledger::Source;
use avouch_pipeline::facts::{Origin, of_record, rules_loaded};
use avouch_pipeline::live::records::Record;
use avouch_pipeline::{Acceptances, RuleSet};
use avouch_store::{Period, Reader};

use crate::accepted;
use crate::commands::printer;
use crate::evidence::{self, KeepArgs, now};

/// Facts that wait for the thread at most. When it cannot keep up, the run waits, and what the kernel's buffer cannot hold
/// meanwhile is counted as lost there.
const QUEUE: usize = 1 << 16;

/// How long a fact may wait before it is made safe.
const FLUSH_EVERY: Duration = Duration::from_millis(250);

/// Keeps evidence of a run.
pub(crate) struct Keeper {
    origin: Origin,
    digest: String,
    queue: Option<SyncSender<Fact>>,
    thread: Option<JoinHandle<anyhow::Result<()>>>,
    dir: PathBuf,
}

impl Keeper {
    /// Opens the folder, when one is asked for. Tells of the stretch since the last run that nobody watched.
    pub(crate) fn start(
        args: &KeepArgs,
        mapping: &[PathBuf],
        rules: &RuleSet,
        acceptances: Option<&Acceptances>,
    ) -> anyhow::Result<Option<Self>> {
        let Some(dir) = &args.data else { return Ok(None) };
        let recorder = evidence::open(dir)?;
        let begun = now();
        let node = args.node.clone().unwrap_or_else(printer::hostname);
        let mut store = evidence::reader(&Folder::new(dir))?;
        let gap = gap(&mut store, &node, begun)?;
        let empty = AcceptanceSet::default();
        let register = accepted::changes(&mut store, acceptances.map_or(&empty, Acceptances::set), begun)?;
        let mapping = evidence::mapping_change(&mut store, mapping, begun)?;
        let origin = Origin {
            run: format!("agent-{:020}-{}", begun.0, std::process::id()),
            cluster: args.cluster.clone().unwrap_or_default(),
            node,
        };
        let source = evidence::source(&origin.node, &origin.run);
        let (queue, facts) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("evidence".to_owned())
            .spawn(move || write(recorder, &facts, &source))
            .context("failed to start the thread that writes evidence")?;
        let mut keeper =
            Self { origin, digest: String::new(), queue: Some(queue), thread: Some(thread), dir: dir.clone() };
        gap.into_iter().for_each(|gap| keeper.keep(gap.into()));
        mapping.into_iter().for_each(|change| keeper.keep(change));
        register.into_iter().for_each(|change| keeper.keep(change));
        keeper.rules(rules, begun, None);
        Ok(Some(keeper))
    }

    /// The rules that run from `time` on; `refused` says why others do not.
    pub(crate) fn rules(&mut self, rules: &RuleSet, time: Time, refused: Option<String>) {
        let mut loaded = rules_loaded(rules, &self.origin, time);
        loaded.refused = refused;
        self.digest.clone_from(&loaded.digest);
        self.keep(loaded.into());
    }

    /// The acceptances that count from `time` on.
    ///
    /// # Errors
    /// When the register in the evidence cannot be read.
    pub(crate) fn acceptances(&mut self, acceptances: Option<&Acceptances>, time: Time) -> anyhow::Result<()> {
        let mut store = evidence::reader(&Folder::new(&self.dir))?;
        let empty = AcceptanceSet::default();
        let set = acceptances.map_or(&empty, Acceptances::set);
        accepted::changes(&mut store, set, time)?.into_iter().for_each(|change| self.keep(change));
        Ok(())
    }

    /// A record of the run.
    pub(crate) fn record(&mut self, record: &Record) {
        if let Some(fact) = of_record(record, &self.origin, &self.digest) {
            self.keep(fact);
        }
    }

    fn keep(&mut self, fact: Fact) {
        let Some(queue) = &self.queue else { return };
        let sent = match queue.try_send(fact) {
            Err(TrySendError::Full(fact)) => queue.send(fact).is_ok(),
            Err(TrySendError::Disconnected(_)) => false,
            Ok(()) => true,
        };
        if !sent {
            // The thread is gone, and says why when it is asked.
            self.queue = None;
        }
    }

    /// Whether evidence is still written.
    ///
    /// # Errors
    /// Why it is not: a watch that leaves nothing behind is none.
    pub(crate) fn check(&mut self) -> anyhow::Result<()> {
        let ended = self.thread.as_ref().is_some_and(JoinHandle::is_finished);
        if ended || self.queue.is_none() { self.end() } else { Ok(()) }
    }

    /// Ends it in good order.
    ///
    /// # Errors
    /// When something could not be written.
    pub(crate) fn end(&mut self) -> anyhow::Result<()> {
        self.queue = None;
        let Some(thread) = self.thread.take() else { return Ok(()) };
        thread.join().map_err(|_| anyhow!("the thread that writes evidence broke"))?
    }
}

/// The stretch that nobody watched, between the last run of the node and this one.
fn gap(store: &mut Reader, node: &str, begun: Time) -> anyhow::Result<Option<Gap>> {
    let stretches = store.stretches(Period::ALL)?;
    let of_node = stretches.iter().map(|s| &s.observation).filter(|o| o.node == node);
    let Some(last) = of_node.max_by_key(|o| o.to).filter(|o| o.to < begun) else { return Ok(None) };
    let stops = store.facts(Kind::Stop, Period::ALL)?;
    let stopped = stops.iter().find_map(|f| match &f.fact {
        Fact::Stop(stop) if stop.run == last.run => Some(stop.reason.clone()),
        _ => None,
    });
    let reason = stopped.map_or_else(|| "the agent died".to_owned(), |why| format!("the agent was stopped: {why}"));
    Ok(Some(Gap { from: last.to, to: begun, node: node.to_owned(), source: String::new(), reason }))
}

fn write(mut recorder: Recorder, facts: &Receiver<Fact>, source: &Source) -> anyhow::Result<()> {
    let mut flushed = Instant::now();
    loop {
        match facts.recv_timeout(FLUSH_EVERY) {
            Ok(fact) => drop(recorder.record(&fact, source, now()).context("failed to keep evidence")?),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if flushed.elapsed() >= FLUSH_EVERY {
            recorder.flush(now()).context("failed to keep evidence")?;
            flushed = Instant::now();
        }
    }
    recorder.close(now()).context("failed to end the evidence in good order")?;
    Ok(())
}
