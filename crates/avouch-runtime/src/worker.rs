//! The thread behind the front: open questions, rounds of calls, streams of changes.

use std::collections::HashMap;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::bundle;
use crate::counters::{Tallies, UnknownReason};
use crate::errors::RuntimeError;
use crate::kubernetes::{PodChange, PodStore, Watch};
use crate::metadata::{Metadata, RuntimeKind, removal_json, short_id};
use crate::resolver::{Answer, ContainerQuery, Reach, locked, may_be_id};
use crate::settings::Config;
use crate::sources::{Change, ChangeKind, Found, Source, Watched};

/// Questions that are worked on at the same time; each may hold one connection.
const AT_ONCE: usize = 64;
/// First pause after a stream broke or a socket was not there; it doubles up to the longest.
const BACK_OFF: Duration = Duration::from_millis(500);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(30);

/// One question.
pub(crate) struct Ask {
    pub(crate) query: ContainerQuery,
    pub(crate) since: Instant,
    /// Whether a runtime announced the container: nobody waits for an answer that says "unknown".
    pub(crate) announced: bool,
}

/// What the front, the worker and its tasks share.
pub(crate) struct Shared {
    pub(crate) config: Arc<Config>,
    pub(crate) tallies: Tallies,
    pub(crate) reach: Mutex<Vec<(String, Reach)>>,
    sources: Vec<Source>,
    pods: Mutex<PodStore>,
    answers: SyncSender<Answer>,
}

/// What came of a question.
struct Done {
    ask: Ask,
    result: Result<Resolved, UnknownReason>,
}

struct Resolved {
    metadata: Metadata,
    late: bool,
    partial: bool,
}

/// A container that is being asked for.
struct Open {
    /// Whether somebody waits for the answer.
    asked: bool,
    /// Whether it went meanwhile.
    gone: bool,
}

const CLUSTER: &str = "kubernetes";

impl Shared {
    pub(crate) fn new(config: Config, answers: SyncSender<Answer>) -> Self {
        let sources = Source::all(&config);
        let mut reach: Vec<_> = sources.iter().map(|s| (s.name(), Reach::NotAsked)).collect();
        reach.extend(config.kubernetes.as_ref().map(|_| (CLUSTER.to_owned(), Reach::NotAsked)));
        Self {
            config: Arc::new(config),
            tallies: Tallies::default(),
            reach: Mutex::new(reach),
            sources,
            pods: Mutex::new(PodStore::default()),
            answers,
        }
    }

    fn tell(&self, answer: Answer) {
        if self.answers.try_send(answer).is_err() {
            self.tallies.overflow();
        }
    }

    fn set_reach(&self, name: &str, reach: Reach) {
        if let Some((_, known)) = locked(&self.reach).iter_mut().find(|(n, _)| n == name) {
            *known = reach;
        }
    }

    fn note<T>(&self, name: &str, result: &Result<T, RuntimeError>) {
        self.set_reach(
            name,
            match result {
                Ok(_) | Err(RuntimeError::Ambiguous { .. }) => Reach::Answers,
                Err(RuntimeError::NotThere(_)) => Reach::NotThere,
                Err(e) => Reach::Fails(e.to_string()),
            },
        );
        if result.as_ref().is_err_and(RuntimeError::is_bad_answer) {
            self.tallies.bad_answer();
        }
    }
}

/// Works until the front is gone.
pub(crate) async fn work(shared: Arc<Shared>, mut asks: Receiver<Ask>) {
    let (change, mut changes) = channel(shared.config.queue.max(1));
    let mut watchers = JoinSet::new();
    if shared.config.announce {
        for source in shared.sources.clone() {
            watchers.spawn(watch_source(Arc::clone(&shared), source, change.clone()));
        }
    }
    watchers.spawn(watch_cluster(Arc::clone(&shared)));
    let mut open: HashMap<String, Open> = HashMap::new();
    let mut work: JoinSet<Done> = JoinSet::new();
    loop {
        let room = work.len() < AT_ONCE;
        tokio::select! {
            ask = asks.recv(), if room => match ask {
                Some(ask) => begin(&shared, ask, &mut open, &mut work),
                None => return,
            },
            change = changes.recv(), if room => {
                if let Some(change) = change {
                    on_change(&shared, change, &mut open, &mut work);
                }
            },
            done = work.join_next(), if !work.is_empty() => {
                if let Some(Ok(done)) = done {
                    finish(&shared, done, &mut open);
                }
            },
        }
    }
}

fn begin(shared: &Arc<Shared>, ask: Ask, open: &mut HashMap<String, Open>, work: &mut JoinSet<Done>) {
    if !may_be_id(&ask.query.full_id) {
        finish(shared, Done { ask, result: Err(UnknownReason::BadId) }, open);
        return;
    }
    if let Some(open) = open.get_mut(&ask.query.full_id) {
        open.asked |= !ask.announced;
        shared.tallies.merged();
        return;
    }
    open.insert(ask.query.full_id.clone(), Open { asked: !ask.announced, gone: false });
    let shared = Arc::clone(shared);
    work.spawn(async move {
        let result = shared.resolve(&ask).await;
        Done { ask, result }
    });
}

fn finish(shared: &Shared, done: Done, open: &mut HashMap<String, Open>) {
    let Done { ask, result } = done;
    let (id, full_id) = (ask.query.id, ask.query.full_id);
    let text = result.and_then(|resolved| {
        let text = resolved.metadata.to_json(&shared.config.limits).ok_or(UnknownReason::TooLong)?;
        Ok((resolved, text))
    });
    let Open { asked, gone } = open.remove(&full_id).unwrap_or(Open { asked: !ask.announced, gone: false });
    match text {
        Ok((Resolved { late, partial, .. }, (json, left_out))) => {
            shared.tallies.answered(late, partial, left_out);
            shared.tell(Answer::Known { id: id.clone(), full_id: full_id.clone(), json, partial });
        }
        // A container that ended before its runtime was asked was never asked for by anyone.
        Err(_) if !asked => {}
        Err(reason) => {
            shared.tallies.unknown(reason);
            shared.tell(Answer::Unknown { id: id.clone(), full_id: full_id.clone(), reason });
        }
    }
    if gone {
        shared.tell(Answer::Removed { id, json: removal_json(&full_id) });
    }
}

fn on_change(shared: &Arc<Shared>, change: Change, open: &mut HashMap<String, Open>, work: &mut JoinSet<Done>) {
    let Change { full_id, namespace, kind } = change;
    let id = short_id(&full_id).to_owned();
    match kind {
        ChangeKind::Born => {
            let cgroup_path = namespace.map(|n| format!("/{n}/{full_id}")).unwrap_or_default();
            let query = ContainerQuery { id, full_id, cgroup_path, pid: None, guessed: RuntimeKind::Unknown };
            begin(shared, Ask { query, since: Instant::now(), announced: true }, open, work);
        }
        ChangeKind::Gone => match open.get_mut(&full_id) {
            // Its metadata come first, then its end.
            Some(open) => open.gone = true,
            None => shared.tell(Answer::Removed { id, json: removal_json(&full_id) }),
        },
    }
}

/// How long files are looked for where no runtime is.
const FILES_WAIT: Duration = Duration::from_millis(300);

/// What one round of calls gave.
enum Round {
    Complete(Metadata),
    /// `alone` when no runtime is there that could tell more.
    Partial {
        metadata: Metadata,
        alone: bool,
    },
    Nothing(UnknownReason),
}

impl Shared {
    /// Asks in rounds until a source that knows all has answered, or the time is over.
    async fn resolve(&self, ask: &Ask) -> Result<Resolved, UnknownReason> {
        let deadline = ask.since + self.config.wait;
        let mut pause = self.config.retry;
        let mut late = false;
        loop {
            let round = self.round(&ask.query, deadline).await;
            let now = Instant::now();
            let last = now + pause >= deadline;
            match round {
                Round::Complete(metadata) => return Ok(self.enriched(metadata, ask, late, false)),
                Round::Partial { metadata, alone } if last || alone => {
                    return Ok(self.enriched(metadata, ask, late, true));
                }
                Round::Nothing(reason) if last || self.in_vain(reason, ask) => {
                    let told = locked(&self.pods).metadata(&ask.query.full_id);
                    return told.map(|m| self.enriched(m, ask, late, true)).ok_or(reason);
                }
                Round::Partial { .. } | Round::Nothing(_) => {}
            }
            sleep(pause).await;
            pause *= 2;
            late = true;
        }
    }

    /// Whether to ask on is to wait for nothing: no runtime is there, and what files tell stands there about when a container
    /// starts. Not at once: the first process of a container is often the runtime's own, gone before the state is written.
    fn in_vain(&self, reason: UnknownReason, ask: &Ask) -> bool {
        reason == UnknownReason::NoRuntime && ask.since.elapsed() >= FILES_WAIT
    }

    async fn round(&self, query: &ContainerQuery, deadline: Instant) -> Round {
        let mut order: Vec<&Source> = self.sources.iter().collect();
        order.sort_by_key(|s| s.rank(query));
        let mut partial = None;
        let mut reason = UnknownReason::NoRuntime;
        for source in order {
            let left = deadline.saturating_duration_since(Instant::now());
            let call = self.config.call.min(left).max(self.config.retry);
            let found = timeout(call, source.find(&self.config, query)).await;
            let found = found.unwrap_or_else(|_| Err(RuntimeError::Timeout(source.name())));
            self.note(&source.name(), &found);
            match found {
                Ok(Some(Found { metadata, complete: true })) => return Round::Complete(metadata),
                Ok(Some(Found { metadata, complete: false })) => partial = Some(metadata),
                Ok(None) if *source == Source::Files => {}
                Ok(None) => reason = worse(reason, UnknownReason::NotFound),
                Err(RuntimeError::NotThere(_)) => {}
                Err(RuntimeError::Ambiguous { .. }) => reason = worse(reason, UnknownReason::Ambiguous),
                Err(_) => reason = worse(reason, UnknownReason::Failed),
            }
        }
        match partial {
            Some(metadata) => Round::Partial { metadata, alone: reason == UnknownReason::NoRuntime },
            None => Round::Nothing(reason),
        }
    }

    fn enriched(&self, mut metadata: Metadata, ask: &Ask, late: bool, partial: bool) -> Resolved {
        locked(&self.pods).fill(&mut metadata);
        if let Some(pid) = ask.query.pid {
            bundle::namespaces(&self.config.root, pid, &mut metadata);
        }
        Resolved { metadata, late, partial }
    }
}

/// Of two reasons the one that leaves more open.
fn worse(a: UnknownReason, b: UnknownReason) -> UnknownReason {
    if (b as u8) > (a as u8) { b } else { a }
}

/// Lists what runs and follows what comes and goes, again after each break.
async fn watch_source(shared: Arc<Shared>, source: Source, changes: Sender<Change>) {
    let tell = |change: Change| {
        if changes.try_send(change).is_err() {
            shared.tallies.overflow();
        }
    };
    let mut pause = BACK_OFF;
    loop {
        let name = source.name();
        let listing = async {
            let call = shared.config.call * 4;
            let listed = timeout(call, source.list(&shared.config)).await;
            let listed = listed.unwrap_or_else(|_| Err(RuntimeError::Timeout(name.clone())));
            shared.note(&name, &listed);
            let mut listed = listed.into_iter().flatten();
            for change in listed.by_ref().take(shared.config.limits.listed) {
                // Waits for room: a listing may be longer than the queue.
                if changes.send(change).await.is_err() {
                    return;
                }
            }
            listed.for_each(|_| shared.tallies.overflow());
        };
        // At the same time, so that nothing falls between the list and the stream.
        let began = Instant::now();
        let (watched, ()) = tokio::join!(source.watch(&shared.config, &tell), listing);
        match &watched {
            Ok(Watched::NoEvents) => return,
            Err(RuntimeError::NotThere(_)) => {}
            _ => shared.tallies.stream_broke(),
        }
        if watched.is_err() {
            shared.note(&name, &watched);
        }
        pause = if began.elapsed() > LONGEST_BACK_OFF { BACK_OFF } else { pause };
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_BACK_OFF);
    }
}

/// Follows the node's pods, again after each error.
async fn watch_cluster(shared: Arc<Shared>) {
    let Some(config) = &shared.config.kubernetes else { return };
    let watch = Watch { config, limits: &shared.config.limits, tallies: &shared.tallies };
    let mut pause = BACK_OFF;
    loop {
        let change = |change| {
            shared.tell(match change {
                PodChange::Seen(pod) => Answer::Pod(pod),
                PodChange::Gone(pod) => Answer::PodGone(pod),
            });
        };
        let began = Instant::now();
        let listed = || shared.set_reach(CLUSTER, Reach::Answers);
        let ended = watch.run(&change, &shared.pods, &listed).await;
        shared.note(CLUSTER, &ended);
        shared.tallies.stream_broke();
        pause = if began.elapsed() > LONGEST_BACK_OFF { BACK_OFF } else { pause };
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_BACK_OFF);
    }
}
