//! Fetches the rules that a server has its agents judge by, and looks for others from time to time.

use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ureq::Agent;
use ureq::http::{Request, Response};

use super::pace::{Pace, retry_after, spread};
use super::server::{Server, ServerError};
use super::shared::Shared;
use super::status::Failing;
use super::transport::{chain, message, short};
use super::{SAY_AGAIN, Told, now, random};
use crate::rule_set::{MAX_BODY, RULE_SET_PATH, RuleTextSet};

/// Most bytes of an answer that is an error.
const MAX_ERROR: u64 = 64 << 10;

/// A server has room for so many connections, and there is nothing to say most of the time.
const IDLE: usize = 0;

/// What came of asking.
#[derive(Debug)]
pub enum Fetched {
    /// A set.
    Set(Box<RuleTextSet>),
    /// The set is the one that is known.
    Same,
    /// Another try may do better; the server asked to wait so long.
    Failed {
        /// What went wrong.
        why: String,
        /// As the server asked.
        after: Option<Duration>,
    },
    /// Somebody has to do something before another try can do better.
    Refused {
        /// What the server says.
        why: String,
    },
}

/// Asks one server for its rules.
pub struct RuleClient {
    server: Server,
    client: Option<(Agent, Option<String>)>,
}

impl std::fmt::Debug for RuleClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RuleClient").field("server", &self.server).finish_non_exhaustive()
    }
}

impl RuleClient {
    /// Reads what is needed to talk to the server.
    ///
    /// # Errors
    /// When the token or certificates cannot be read.
    pub fn new(server: Server) -> Result<Self, ServerError> {
        let client = Some(server.connect(IDLE)?);
        Ok(Self { server, client })
    }

    /// Address of the server.
    #[must_use]
    pub fn base(&self) -> &str {
        self.server.base()
    }

    /// Asks for the set, unless it is still the one of that digest.
    pub fn fetch(&mut self, known: Option<&str>) -> Fetched {
        let fetched = self.try_fetch(known);
        if matches!(fetched, Fetched::Failed { .. } | Fetched::Refused { .. }) {
            // A new connection, with a token and certificates that may have been replaced.
            self.client = None;
        }
        fetched
    }

    fn try_fetch(&mut self, known: Option<&str>) -> Fetched {
        if self.client.is_none() {
            match self.server.connect(IDLE) {
                Ok(client) => self.client = Some(client),
                Err(error) => return Fetched::Refused { why: chain(&error) },
            }
        }
        let failed = |why: String| Fetched::Failed { why, after: None };
        let Some((agent, bearer)) = &self.client else { return failed(String::new()) };
        let url = format!("{}{RULE_SET_PATH}", self.server.base());
        let mut request = Request::builder().method("GET").uri(url).header("accept-encoding", "gzip");
        if let Some(known) = known {
            request = request.header("if-none-match", format!("\"{known}\""));
        }
        if let Some(bearer) = bearer {
            request = request.header("authorization", bearer);
        }
        let request = match request.body(()) {
            Ok(request) => request,
            Err(error) => return Fetched::Refused { why: error.to_string() },
        };
        match agent.run(request) {
            Ok(response) => read(response, known),
            Err(error) => failed(error.to_string()),
        }
    }
}

fn read(mut response: Response<ureq::Body>, known: Option<&str>) -> Fetched {
    let status = response.status().as_u16();
    let header = |name| response.headers().get(name).and_then(|v| v.to_str().ok());
    let after = header("retry-after").and_then(retry_after);
    let encoding = header("content-encoding").map(str::to_owned);
    let place = header("location").map(short).unwrap_or_default();
    if status == 304 {
        return if known.is_some() {
            Fetched::Same
        } else {
            Fetched::Failed { why: "it says that a set is known that is not (304)".to_owned(), after }
        };
    }
    let most = if status == 200 { MAX_BODY } else { MAX_ERROR };
    let bytes = match response.body_mut().with_config().limit(most).read_to_vec() {
        Ok(bytes) => bytes,
        Err(error) => return Fetched::Failed { why: error.to_string(), after },
    };
    let why = |what: &str| format!("{what} ({status}{})", message(&bytes));
    match status {
        200 => match RuleTextSet::decode_body(&bytes, encoding.as_deref()) {
            Ok(set) if Some(set.digest()) == known => Fetched::Same,
            Ok(set) => Fetched::Set(Box::new(set)),
            // A proxy's page, a server of another version, or a body that was cut.
            Err(error) => {
                Fetched::Failed { why: format!("what it sends is no set of rules: {}", chain(&error)), after }
            }
        },
        300..=399 => Fetched::Refused { why: why(&format!("it sends on to `{place}`, which is not followed")) },
        401 => Fetched::Refused { why: why("it does not know the token") },
        403 => Fetched::Refused { why: why("the token may not have rules") },
        404 | 405 => Fetched::Refused { why: why("it has no rules for agents") },
        408 | 425 | 429 | 500.. => Fetched::Failed { why: why("it cannot give rules now"), after },
        _ => Fetched::Refused { why: why("it does not answer as a server of avouch") },
    }
}

/// A thread that looks for other rules.
#[derive(Debug)]
pub struct RuleFollower {
    shared: Arc<Shared<State>>,
    thread: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct State {
    fresh: Option<Box<RuleTextSet>>,
    failing: Option<Failing>,
    /// Somebody wants it to look now.
    asked: bool,
    end: bool,
}

impl RuleFollower {
    /// Looks for another set than that of the digest `known`, some time within `every` after each answer.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(client: RuleClient, known: Option<String>, every: Duration, told: Told) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let pace = Pace { longest: every.max(Duration::from_secs(30)), ..Pace::default() };
        let mut following =
            Following { client, known, every, pace, shared: Arc::clone(&shared), told, failures: 0, said: None };
        let thread = std::thread::Builder::new().name("rules".to_owned()).spawn(move || following.run())?;
        Ok(Self { shared, thread })
    }

    /// The newest set that came since it was last asked for one.
    #[must_use]
    pub fn take(&self) -> Option<Box<RuleTextSet>> {
        self.shared.lock().fresh.take()
    }

    /// Has it look now.
    pub fn look(&self) {
        self.shared.lock().asked = true;
        self.shared.changed.notify_all();
    }

    /// What keeps it from seeing whether there are other rules; `None` when nothing does.
    #[must_use]
    pub fn failing(&self) -> Option<Failing> {
        self.shared.lock().failing.clone()
    }

    /// Whether the thread ended, which it does not do of itself.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.thread.is_finished()
    }
}

impl Drop for RuleFollower {
    fn drop(&mut self) {
        // A request that hangs is left behind.
        self.shared.lock().end = true;
        self.shared.changed.notify_all();
    }
}

struct Following {
    client: RuleClient,
    /// Digest of the set that was handed on last, whatever became of it.
    known: Option<String>,
    every: Duration,
    pace: Pace,
    shared: Arc<Shared<State>>,
    told: Told,
    /// In a row.
    failures: u32,
    /// When a trouble was said last.
    said: Option<Instant>,
}

impl Following {
    fn run(&mut self) {
        // What is known was asked for a moment ago.
        let mut wait = spread(self.every, random());
        while self.pause(wait) {
            wait = match self.client.fetch(self.known.as_deref()) {
                Fetched::Same => self.answered(None),
                Fetched::Set(set) => self.answered(Some(set)),
                Fetched::Failed { why, after } => self.failed(why, false, after),
                Fetched::Refused { why } => self.failed(why, true, None),
            };
        }
    }

    fn answered(&mut self, set: Option<Box<RuleTextSet>>) -> Duration {
        let mut state = self.shared.lock();
        if let Some(set) = set {
            self.known = Some(set.digest().to_owned());
            state.fresh = Some(set);
        }
        let recovered = state.failing.take();
        drop(state);
        self.failures = 0;
        if let Some(failing) = recovered.filter(|_| self.said.take().is_some()) {
            let seconds = now().seconds_since(failing.since);
            (self.told)(&format!("server {} gives its rules again, after {seconds} s", self.client.base()));
        }
        spread(self.every, random())
    }

    fn failed(&mut self, why: String, refused: bool, asked: Option<Duration>) -> Duration {
        self.failures = self.failures.saturating_add(1);
        let mut state = self.shared.lock();
        let since = state.failing.as_ref().map_or_else(now, |failing| failing.since);
        let other = state.failing.as_ref().is_none_or(|failing| failing.refused != refused);
        state.failing = Some(Failing { since, why: why.clone(), refused });
        drop(state);
        let due = self.said.is_none_or(|said| said.elapsed() >= SAY_AGAIN || (refused && other));
        if due && (refused || self.failures > 1) {
            self.said = Some(Instant::now());
            let base = self.client.base();
            (self.told)(&format!(
                "server {base} does not say whether there are other rules: {why}; the old ones go on"
            ));
        }
        match asked {
            _ if refused => self.pace.refused(random()),
            Some(wait) => self.pace.asked(wait, self.failures, random()),
            None => self.pace.after(self.failures, random()),
        }
    }

    /// Waits, or until somebody asks. Whether it is to go on.
    fn pause(&self, wait: Duration) -> bool {
        let until = Instant::now() + wait;
        let mut state = self.shared.lock();
        loop {
            if state.end {
                return false;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || std::mem::take(&mut state.asked) {
                return true;
            }
            state = self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
