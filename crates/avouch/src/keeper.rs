//! The evidence of a live run: a thread that hands what the run tells to whoever keeps it, so that the run never waits for a disk.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, ensure};
use avouch_controls::AcceptanceSet;
use avouch_evidence::FactSink;
use avouch_finding::{Fact, Time};
use avouch_forward::{Config, Forwarder, OpenReport, Options, Sender, Server, Spool, Token};
use avouch_ledger::Source;
use avouch_pipeline::facts::{Origin, of_record, rules_loaded};
use avouch_pipeline::live::records::Record;
use avouch_pipeline::{Acceptances, RuleSet};

use crate::args::ForwardArgs;
use crate::commands::printer;
use crate::evidence::{self, KeepArgs, now};
use crate::past::{Brought, Past};
use crate::terminal;

/// Facts that wait for the thread at most. When it cannot keep up, the run waits, and what the kernel's buffer cannot hold
/// meanwhile is counted as lost there.
const QUEUE: usize = 1 << 16;

/// How long a fact may wait before it is made safe.
const FLUSH_EVERY: Duration = Duration::from_millis(250);

/// How long facts are sent on at the end; what waits then is sent by the next life.
const LAST_SENDING: Duration = Duration::from_secs(5);

/// Folder of facts that wait for a server, where nothing else is said.
const SPOOL: &str = "/var/lib/avouch/spool";

/// Who keeps facts, and what it knows of earlier runs.
pub(crate) struct Kept {
    pub(crate) sink: Box<dyn FactSink>,
    pub(crate) past: Past,
}

/// What a run judges by, and where that is from.
#[derive(Clone, Copy)]
pub(crate) struct Judging<'a> {
    pub(crate) rules: &'a RuleSet,
    pub(crate) acceptances: Option<&'a Acceptances>,
    pub(crate) brought: Brought<'a>,
    pub(crate) standing: &'a SetStanding,
}

/// How a run stands with the rule set of a server; nothing for rules of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SetStanding {
    /// Digest of the set that runs.
    pub(crate) set: String,
    /// Who changed it last, as the server says.
    pub(crate) by: String,
    /// Why other rules were not taken.
    pub(crate) refused: Option<String>,
    /// Digest of the set that `refused` is about; empty when it is about none.
    pub(crate) refused_set: String,
}

/// Keeps evidence of a run.
pub(crate) struct Keeper {
    origin: Origin,
    digest: String,
    queue: Option<SyncSender<Told>>,
    thread: Option<JoinHandle<anyhow::Result<()>>>,
    /// By the places in which facts are kept.
    pasts: Vec<Past>,
    forwarder: Option<Forwarder>,
}

/// Whose facts they are.
fn origin(args: &KeepArgs, begun: Time) -> Origin {
    Origin {
        run: format!("agent-{:020}-{}", begun.0, std::process::id()),
        cluster: args.cluster.clone().unwrap_or_default(),
        node: args.node.clone().unwrap_or_else(printer::hostname),
    }
}

/// A fact on its way to those who keep it.
enum Told {
    All(Fact),
    /// To one of them, which has not heard of it.
    One(usize, Fact),
}

impl Keeper {
    /// Keeps facts where it is asked for: in a folder, on a server, in both. `None` for neither.
    pub(crate) fn start(args: &KeepArgs, forward: &ForwardArgs, judging: Judging<'_>) -> anyhow::Result<Option<Self>> {
        let begun = now();
        let origin = origin(args, begun);
        let mut kept = Vec::new();
        if let Some(dir) = &args.data {
            kept.push(Kept { sink: Box::new(evidence::open(dir)?), past: Past::Folder(dir.clone()) });
        }
        let mut forwarder = None;
        if let Some(url) = &forward.server {
            let (place, sender) = send(url, forward, args.data.as_deref(), &origin)?;
            kept.push(place);
            forwarder = Some(sender);
        }
        if kept.is_empty() {
            return Ok(None);
        }
        let mut keeper = Self::over(origin, kept, judging, begun)?;
        keeper.forwarder = forwarder;
        Ok(Some(keeper))
    }

    /// Keeps facts in one place.
    pub(crate) fn to(kept: Kept, args: &KeepArgs, judging: Judging<'_>) -> anyhow::Result<Self> {
        let begun = now();
        Self::over(origin(args, begun), vec![kept], judging, begun)
    }

    /// Keeps facts of `origin` in these places, for a run that began at `begun`. Each hears first what changed since it heard last,
    /// and of the stretch that nobody watched.
    pub(crate) fn over(origin: Origin, kept: Vec<Kept>, judging: Judging<'_>, begun: Time) -> anyhow::Result<Self> {
        let source = evidence::source(&origin.node, &origin.run);
        let (queue, facts) = sync_channel(QUEUE);
        let (sinks, pasts) = kept.into_iter().map(|kept| (kept.sink, kept.past)).unzip();
        let thread = std::thread::Builder::new()
            .name("keeper".to_owned())
            .spawn(move || write(sinks, &facts, &source))
            .context("failed to start the thread that writes evidence")?;
        let mut keeper =
            Self { origin, digest: String::new(), queue: Some(queue), thread: Some(thread), pasts, forwarder: None };
        for (at, past) in keeper.pasts.iter().enumerate() {
            let gap = past.gap(&keeper.origin.node, begun)?.map(Fact::from);
            gap.into_iter().for_each(|fact| hand(&mut keeper.queue, Told::One(at, fact)));
        }
        keeper.brought(judging.acceptances, judging.brought, begun)?;
        // What runs is one fact, and what was refused another: the second never tells of rules that were not told before.
        let runs = SetStanding { refused: None, refused_set: String::new(), ..judging.standing.clone() };
        keeper.rules(judging.rules, begun, &runs);
        if judging.standing.refused.is_some() {
            keeper.rules(judging.rules, begun, judging.standing);
        }
        Ok(keeper)
    }

    /// The rules that run from `time` on.
    pub(crate) fn rules(&mut self, rules: &RuleSet, time: Time, standing: &SetStanding) {
        let mut loaded = rules_loaded(rules, &self.origin, time);
        let SetStanding { set, by, refused, refused_set } = standing.clone();
        (loaded.set, loaded.by, loaded.refused, loaded.refused_set) = (set, by, refused, refused_set);
        self.digest.clone_from(&loaded.digest);
        self.keep(loaded.into());
    }

    /// The acceptances and mappings that count from `time` on.
    ///
    /// # Errors
    /// When a mapping file, or the register in the evidence, cannot be read.
    pub(crate) fn brought(
        &mut self,
        acceptances: Option<&Acceptances>,
        brought: Brought<'_>,
        time: Time,
    ) -> anyhow::Result<()> {
        let empty = AcceptanceSet::default();
        let set = acceptances.map_or(&empty, Acceptances::set);
        for (at, past) in self.pasts.iter_mut().enumerate() {
            let mapping = past.mapping(brought, time)?;
            for change in mapping.into_iter().chain(past.register(set, brought, time)?) {
                hand(&mut self.queue, Told::One(at, change));
            }
        }
        Ok(())
    }

    /// A record of the run.
    pub(crate) fn record(&mut self, record: &Record) {
        if let Some(fact) = of_record(record, &self.origin, &self.digest) {
            self.keep(fact);
        }
    }

    fn keep(&mut self, fact: Fact) {
        hand(&mut self.queue, Told::All(fact));
    }

    /// How sending to the server fares, for a health line; `None` without a server.
    pub(crate) fn server_line(&self) -> Option<String> {
        self.forwarder.as_ref().map(|forwarder| forwarder.status().line(now()))
    }

    /// Whether evidence is still written.
    ///
    /// # Errors
    /// Why it is not: a watch that leaves nothing behind is none.
    pub(crate) fn check(&mut self) -> anyhow::Result<()> {
        let ended = self.thread.as_ref().is_some_and(JoinHandle::is_finished);
        if ended || self.queue.is_none() {
            return self.end();
        }
        ensure!(!self.forwarder.as_ref().is_some_and(Forwarder::has_ended), "the thread that sends facts broke");
        Ok(())
    }

    /// Ends it in good order. A server that is away is not waited for: facts wait for the next start.
    ///
    /// # Errors
    /// When something could not be written.
    pub(crate) fn end(&mut self) -> anyhow::Result<()> {
        self.queue = None;
        let Some(thread) = self.thread.take() else { return Ok(()) };
        let written = thread.join().map_err(|_| anyhow!("the thread that writes evidence broke"))?;
        if let Some(forwarder) = self.forwarder.take() {
            let status = forwarder.finish(LAST_SENDING);
            if status.waiting > 0 {
                terminal::say(&format!("{}; what waits is sent at the next start\n", status.line(now())));
            }
        }
        written
    }
}

/// Hands a fact to the thread. When that is gone, the queue goes, too; the thread says why when it is asked.
fn hand(queue: &mut Option<SyncSender<Told>>, told: Told) {
    let Some(sender) = queue else { return };
    let sent = match sender.try_send(told) {
        Err(TrySendError::Full(told)) => sender.send(told).is_ok(),
        Err(TrySendError::Disconnected(_)) => false,
        Ok(()) => true,
    };
    if !sent {
        *queue = None;
    }
}

/// The server, and how it is told who asks.
pub(crate) fn server(url: &str, args: &ForwardArgs) -> anyhow::Result<Server> {
    let mut server = Server::new(url)?;
    server.token = token(args)?;
    server.ca.clone_from(&args.ca);
    server.client = args.cert.clone().zip(args.key.clone());
    Ok(server)
}

/// The folder of what waits for the server, and of what is kept of it.
pub(crate) fn spool(args: &ForwardArgs, data: Option<&Path>) -> PathBuf {
    args.spool.clone().unwrap_or_else(|| data.map_or_else(|| PathBuf::from(SPOOL), |data| data.join("spool")))
}

/// Opens the queue of facts for the server, and begins to send.
fn send(url: &str, args: &ForwardArgs, data: Option<&Path>, origin: &Origin) -> anyhow::Result<(Kept, Forwarder)> {
    let server = server(url, args)?;
    let sender = Sender {
        node: origin.node.clone(),
        cluster: origin.cluster.clone(),
        run: origin.run.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let dir = spool(args, data);
    let options = Options::new(args.spool_mb.max(1) << 20);
    let (spool, outbox, report) = Spool::open(&dir, options, sender)
        .with_context(|| format!("failed to open the queue of facts for the server, `{}`", dir.display()))?;
    terminal::say(&found(server.base(), &report));
    let told = Box::new(|line: &str| terminal::say(&format!("{line}\n")));
    let forwarder = Forwarder::start(outbox, Config::new(server), told)
        .with_context(|| format!("facts cannot be sent to `{url}`"))?;
    Ok((Kept { sink: Box::new(spool), past: Past::Memory(report.memory) }, forwarder))
}

fn found(base: &str, report: &OpenReport) -> String {
    let waiting = match report.waiting {
        0 => String::new(),
        n => format!("; {n} facts of {} earlier runs wait for it", report.runs),
    };
    let torn = match report.torn_bytes {
        0 => String::new(),
        n => format!("; {n} bytes of facts that were not safe yet were torn and cut"),
    };
    format!("server: facts go to {base}{waiting}{torn}\n")
}

fn token(args: &ForwardArgs) -> anyhow::Result<Token> {
    match (&args.token_file, std::env::var_os("AVOUCH_TOKEN")) {
        (Some(file), _) => Ok(Token::File(file.clone())),
        (None, Some(token)) => {
            let token = token.into_string().map_err(|_| anyhow!("the variable AVOUCH_TOKEN holds no text"))?;
            Ok(Token::Text(token))
        }
        // A client certificate may do.
        (None, None) => Ok(Token::None),
    }
}

fn write(mut sinks: Vec<Box<dyn FactSink>>, facts: &Receiver<Told>, source: &Source) -> anyhow::Result<()> {
    let mut flushed = Instant::now();
    let failed = |error| anyhow::Error::from_boxed(error).context("failed to keep evidence");
    loop {
        match facts.recv_timeout(FLUSH_EVERY) {
            Ok(Told::All(fact)) => {
                sinks.iter_mut().try_for_each(|sink| sink.record(&fact, source, now())).map_err(failed)?;
            }
            Ok(Told::One(at, fact)) => {
                sinks.get_mut(at).map_or(Ok(()), |sink| sink.record(&fact, source, now())).map_err(failed)?;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if flushed.elapsed() >= FLUSH_EVERY {
            sinks.iter_mut().try_for_each(|sink| sink.flush(now())).map_err(failed)?;
            flushed = Instant::now();
        }
    }
    // Each ends, also when one cannot.
    let ended: Vec<_> = sinks.into_iter().map(|sink| sink.close(now())).collect();
    let ended = ended.into_iter().collect::<Result<Vec<()>, _>>();
    ended.map(drop).map_err(|e| anyhow::Error::from_boxed(e).context("failed to end the evidence in good order"))
}
