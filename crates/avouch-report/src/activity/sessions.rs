//! Who worked where: requests for sessions joined with the processes of their pods, and sittings at terminals.
//!
//! A process belongs to the session of its parent. The first process of a session that was asked for is the first one of its pod
//! soon after the request that runs the command of the request and is no child of a process of that pod; where the request
//! does not tell a command, one whose parent had no child in that pod before. At a terminal it is the first one there. What
//! cannot be joined stays apart and says so.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use avouch_finding::{Command, Connection, FileChange, Time, Who};
use rustc_hash::{FxHashMap, FxHashSet};

use super::ssh::{SshServers, is_ssh};
use super::terminals::{Terminals, is_shell};
use crate::activity::{Asked, Request};

const SECOND: u64 = 1_000_000_000;
/// How much the clock of a node may be behind that of the API server.
const BEHIND: u64 = 5 * SECOND;
/// From the request to the first process.
const STARTS: u64 = 30 * SECOND;
/// The same for a container that is added: its image may have to be fetched.
const FETCHES: u64 = 300 * SECOND;
/// Sessions at most; those after are counted.
const MOST: usize = 50_000;
/// Processes of sessions that are remembered.
const PROCESSES: usize = 200_000;
/// A process whose session was silent for so long is forgotten when room is needed.
const SILENT: u64 = 3_600 * SECOND;
/// Commands and objects of a session that are shown.
const SHOWN: usize = 5;

/// By which way somebody came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SessionPath {
    /// Through the API server.
    Api(Asked),
    /// A terminal in a container, with no request that fits.
    Container,
    /// A terminal on a node, after the ssh server took a connection.
    Ssh,
    /// A terminal on a node.
    Node,
}

impl SessionPath {
    /// All, in the order of the report.
    pub const ALL: [Self; 7] = [
        Self::Api(Asked::Exec),
        Self::Api(Asked::Attach),
        Self::Api(Asked::PortForward),
        Self::Api(Asked::Debug),
        Self::Container,
        Self::Ssh,
        Self::Node,
    ];

    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Api(Asked::Exec) => "exec",
            Self::Api(Asked::Attach) => "attach",
            Self::Api(Asked::PortForward) => "port-forward",
            Self::Api(Asked::Debug) => "debug container",
            Self::Container => "terminal in a container",
            Self::Ssh => "ssh",
            Self::Node => "terminal on a node",
        }
    }
}

/// Whether request and processes of a session were brought together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// The only request, or the only one that fits.
    Yes,
    /// By time, among so many requests for the same pod that fitted.
    Among(usize),
    /// No process of the pod fits.
    NoProcess,
    /// A tunnel, or the container's own program: there is no process of its own.
    NoneOfItsOwn,
    /// A sitting in a container that no request explains.
    NoRequest,
    /// A sitting on a node: the API server knows nothing of it.
    NotAsked,
}

impl Joined {
    /// In words.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Yes => "request and processes".to_owned(),
            Self::Among(n) => format!("request and processes by time, among {n} requests"),
            Self::NoProcess => "request only: no command of its pod fits".to_owned(),
            Self::NoneOfItsOwn => "request only: it starts no process of its own".to_owned(),
            Self::NoRequest => "processes only: no request fits".to_owned(),
            Self::NotAsked => "processes only: on a node".to_owned(),
        }
    }
}

/// One session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "self-explanatory")]
pub struct Session {
    pub path: SessionPath,
    /// Who asked, as the API server knew the user; else who ran the first command.
    pub account: String,
    /// The account that logged in on the node, where the kernel tells it.
    pub login: String,
    /// Addresses it may have come from.
    pub from: BTreeSet<String>,
    pub cluster: String,
    pub node: String,
    pub namespace: String,
    pub pod: String,
    pub container: String,
    pub start: Time,
    /// The last of its records; the end of a session is not recorded.
    pub last: Time,
    pub commands: u64,
    pub files: u64,
    pub connections: u64,
    /// The first commands.
    pub shown: Vec<String>,
    /// The first files and addresses.
    pub objects: Vec<String>,
    pub joined: Joined,
    /// The request, where there is one.
    pub request: Option<Request>,
    /// Number of the first record that tells of it.
    pub record: u64,
}

impl Session {
    fn touch(&mut self, time: Time) {
        self.last = self.last.max(time);
    }

    fn object(&mut self, text: String) {
        if self.objects.len() < SHOWN && !self.objects.contains(&text) {
            self.objects.push(text);
        }
    }
}

/// All of the period, in the order in which they began to be known.
#[derive(Clone, Debug, Default)]
pub struct Sessions {
    all: Vec<Session>,
    /// Requests to come, in order of time.
    requests: VecDeque<Request>,
    /// Sessions by request that wait for their process, by namespace and pod.
    waiting: FxHashMap<(String, String), Vec<usize>>,
    /// Pods of any request, the processes that were seen in them, and their parents.
    pods: FxHashSet<(String, String)>,
    seen: FxHashSet<(String, i64)>,
    parents: FxHashSet<(String, i64)>,
    /// Processes: node and number; session and parent.
    processes: FxHashMap<(String, i64), (usize, i64)>,
    terminals: Terminals,
    servers: SshServers,
    /// Names of users of nodes, as commands told them.
    users: BTreeMap<(String, u32), String>,
    /// Sessions that came when no more were kept.
    pub beyond: u64,
    /// Processes that were forgotten to make room; their children are not joined.
    pub forgotten: u64,
    /// Commands in pods of requests whose processes were not noted for want of room: what one of them starts soon after a request
    /// may pass for the first process of that session.
    pub unnoted: u64,
    /// Commands with a login and without a terminal, in no session: jobs, and services that a person started.
    pub unattended: u64,
}

impl Sessions {
    /// With the requests of the period, in order of time.
    #[must_use]
    pub fn new(requests: Vec<Request>) -> Self {
        let pods = requests.iter().map(|r| (r.namespace.clone(), r.pod.clone())).collect();
        Self { requests: requests.into(), pods, ..Self::default() }
    }

    /// A command of a node whose cluster is given when it is known; its session, when it belongs to one.
    pub fn command(&mut self, c: &Command, cluster: &str, record: u64) -> Option<usize> {
        self.open_until(Time(c.time.0.saturating_add(BEHIND)));
        let w = &c.who;
        if !w.user.is_empty() && is_host(w) {
            self.users.entry((c.node.clone(), w.uid)).or_insert_with(|| w.user.clone());
        }
        let session =
            self.of_process(&c.node, w).or_else(|| self.of_request(c)).or_else(|| self.of_terminal(c, cluster, record));
        self.note_pod(c);
        let Some(n) = session else {
            // The number may have been a session's before.
            self.processes.remove(&(c.node.clone(), w.pid));
            self.unattended += u64::from(is_host(w) && w.loginuid.is_some());
            return None;
        };
        self.remember(&c.node, w, n, c.time);
        if c.tty != 0 {
            self.terminals.used((c.node.clone(), w.container.clone(), c.tty), n, c.time);
        }
        let session = self.all.get_mut(n)?;
        session.touch(c.time);
        session.commands += 1;
        if session.shown.len() < SHOWN {
            session.shown.push(c.cmdline.clone());
        }
        Some(n)
    }

    /// Connections of a node.
    pub fn connection(&mut self, c: &Connection) {
        if is_ssh(c) {
            for s in self.all.iter_mut().rev().take(1_000).filter(|s| s.node == c.node && SshServers::fits(c, s.start))
            {
                came_by_ssh(s, BTreeSet::from([c.address.clone()]));
            }
            self.servers.add(c);
        }
        if let Some(session) = self.of_process(&c.node, &c.who).and_then(|n| self.all.get_mut(n)) {
            session.touch(c.last);
            session.connections = session.connections.saturating_add(c.count);
            session.object(format!("{} {} port {}", c.direction, c.address, c.port));
        }
    }

    /// A change of a file.
    pub fn file(&mut self, f: &FileChange) {
        if let Some(session) = self.of_process(&f.node, &f.who).and_then(|n| self.all.get_mut(n)) {
            session.touch(f.time);
            session.files += 1;
            session.object(format!("{} {}", f.action, f.path));
        }
    }

    /// The end: requests that are left are sessions without processes.
    pub fn finish(&mut self) {
        self.open_until(Time(u64::MAX));
        self.waiting.clear();
    }

    /// In the order in which they began to be known.
    #[must_use]
    pub fn all(&self) -> &[Session] {
        &self.all
    }

    /// Opens the requests up to a time.
    fn open_until(&mut self, time: Time) {
        while self.requests.front().is_some_and(|r| r.time <= time)
            && let Some(request) = self.requests.pop_front()
        {
            let own = matches!(request.asked, Asked::Exec | Asked::Debug);
            let key = (request.namespace.clone(), request.pod.clone());
            let session = Session {
                path: SessionPath::Api(request.asked),
                account: request.user.clone(),
                login: String::new(),
                from: [request.addresses.clone()].into_iter().filter(|a| !a.is_empty()).collect(),
                cluster: request.cluster.clone(),
                node: String::new(),
                namespace: request.namespace.clone(),
                pod: request.pod.clone(),
                container: String::new(),
                start: request.time,
                last: request.time,
                commands: 0,
                files: 0,
                connections: 0,
                shown: Vec::new(),
                objects: Vec::new(),
                joined: if own { Joined::NoProcess } else { Joined::NoneOfItsOwn },
                record: request.record,
                request: Some(request),
            };
            if let Some(n) = self.push(session)
                && own
            {
                self.waiting.entry(key).or_default().push(n);
            }
        }
    }

    fn push(&mut self, session: Session) -> Option<usize> {
        if self.all.len() >= MOST {
            self.beyond += 1;
            return None;
        }
        self.all.push(session);
        Some(self.all.len() - 1)
    }

    /// The session of a process that is known, by itself or by its parent.
    fn of_process(&self, node: &str, w: &Who) -> Option<usize> {
        let known = |pid: i64| self.processes.get(&(node.to_owned(), pid));
        // A program may run another in its own place: the number stays, and so does the parent.
        let itself = known(w.pid).filter(|(_, parent)| *parent == w.ppid);
        itself.or_else(|| known(w.ppid)).map(|(session, _)| *session)
    }

    fn remember(&mut self, node: &str, w: &Who, session: usize, now: Time) {
        if self.processes.len() >= PROCESSES {
            let before = self.processes.len();
            let lives = |n: usize| self.all.get(n).is_some_and(|s| now.0.saturating_sub(s.last.0) < SILENT);
            self.processes.retain(|_, (n, _)| lives(*n));
            if self.processes.len() >= PROCESSES {
                self.processes.clear();
            }
            self.forgotten += (before - self.processes.len()) as u64;
        }
        self.processes.insert((node.to_owned(), w.pid), (session, w.ppid));
    }

    /// Processes of pods for which somebody asked: a child of one of them is no session's first process.
    fn note_pod(&mut self, c: &Command) {
        let w = &c.who;
        if !self.pods.contains(&(w.namespace.clone(), w.pod.clone())) {
            return;
        }
        let process = (c.node.clone(), w.pid);
        if self.seen.len() >= PROCESSES && !self.seen.contains(&process) {
            self.unnoted += 1;
            return;
        }
        self.seen.insert(process);
        // A runtime's shim may be the parent of all that begins in a container, so that this alone says little.
        self.parents.insert((c.node.clone(), w.ppid));
    }

    /// The session that a request opened, and of which this is the first process.
    fn of_request(&mut self, c: &Command) -> Option<usize> {
        let w = &c.who;
        let parent = (c.node.clone(), w.ppid);
        if self.waiting.is_empty() || self.seen.contains(&parent) {
            return None;
        }
        let key = (w.namespace.clone(), w.pod.clone());
        let all = &self.all;
        let waiting = self.waiting.get_mut(&key)?;
        let within = |n: &usize| {
            all.get(*n).is_some_and(|s| {
                let room = if s.path == SessionPath::Api(Asked::Debug) { FETCHES } else { STARTS };
                c.time.0 <= s.start.0.saturating_add(room)
            })
        };
        waiting.retain(within);
        let program = c.cmdline.split_whitespace().next().unwrap_or_default();
        let new_parent = !self.parents.contains(&parent);
        let fits = |n: &usize| {
            let command = all.get(*n).and_then(|s| s.request.as_ref()).map_or("", |r| r.command.as_str());
            if command.is_empty() { new_parent } else { same_program(program, command) }
        };
        let fitting = waiting.iter().filter(|n| fits(n)).count();
        let place = waiting.iter().position(fits)?;
        let n = waiting.remove(place);
        if waiting.is_empty() {
            self.waiting.remove(&key);
        }
        let session = self.all.get_mut(n)?;
        session.joined = if fitting == 1 { Joined::Yes } else { Joined::Among(fitting) };
        session.node.clone_from(&c.node);
        session.container.clone_from(if w.container_name.is_empty() { &w.container } else { &w.container_name });
        Some(n)
    }

    /// The session at the command's terminal, an old or a new one.
    fn of_terminal(&mut self, c: &Command, cluster: &str, record: u64) -> Option<usize> {
        if c.tty == 0 {
            return None;
        }
        let w = &c.who;
        let terminal = (c.node.clone(), w.container.clone(), c.tty);
        if let Some(n) = self.terminals.goes_on(&terminal, c.time, is_shell(&w.exe, &c.cmdline)) {
            return Some(n);
        }
        let host = is_host(w);
        let login = w.loginuid.map(|uid| {
            let name = self.users.get(&(c.node.clone(), uid)).map(|name| format!(" ({name})")).unwrap_or_default();
            format!("{uid}{name}")
        });
        let mut session = Session {
            path: if host { SessionPath::Node } else { SessionPath::Container },
            account: if w.user.is_empty() { format!("uid {}", w.uid) } else { w.user.clone() },
            login: login.unwrap_or_default(),
            from: BTreeSet::new(),
            cluster: cluster.to_owned(),
            node: c.node.clone(),
            namespace: w.namespace.clone(),
            pod: w.pod.clone(),
            container: match () {
                () if host => String::new(),
                () if w.container_name.is_empty() => w.container.clone(),
                () => w.container_name.clone(),
            },
            start: c.time,
            last: c.time,
            commands: 0,
            files: 0,
            connections: 0,
            shown: Vec::new(),
            objects: Vec::new(),
            joined: if host { Joined::NotAsked } else { Joined::NoRequest },
            request: None,
            record,
        };
        let from = self.servers.before(&c.node, c.time);
        if !from.is_empty() {
            came_by_ssh(&mut session, from);
        }
        self.push(session)
    }
}

fn is_host(w: &Who) -> bool {
    w.container.is_empty() || w.container == "host"
}

/// A login is what ssh sets; a terminal on the console has one, too, but no connection.
fn came_by_ssh(session: &mut Session, from: BTreeSet<String>) {
    if matches!(session.path, SessionPath::Node | SessionPath::Ssh) && !session.login.is_empty() {
        session.path = SessionPath::Ssh;
        session.from.extend(from);
    }
}

/// The same program, with or without its folder.
fn same_program(a: &str, b: &str) -> bool {
    a.rsplit('/').next() == b.rsplit('/').next()
}

#[cfg(test)]
#[path = "sessions_tests.rs"]
mod tests;
