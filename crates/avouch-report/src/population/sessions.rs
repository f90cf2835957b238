//! `privileged-sessions` and `session-commands`: who worked in pods, containers and on nodes, and what was run there.

use std::path::Path;

use avouch_finding::Command;

use super::{Population, PopulationError, PopulationWriter, Spec, Test};
use crate::activity::{Asked, Joined, Session, SessionPath, Sessions};

const SESSIONS: Spec = Spec {
    id: "privileged-sessions",
    title: "Sessions in pods, containers and on nodes",
    definition: "Each request for a session in a pod that a finding tells of (exec, attach, port-forward, debug container), joined with the \
                 processes that began in that pod soon after; and each sitting at a terminal of a container or node whose agent records \
                 activity. `ended` is the last record of a session: its end is not recorded. `account` is as the source names it.",
    source: "findings about requests, and activity, in the ledger",
    columns: &[
        "id",
        "path",
        "account",
        "login",
        "from",
        "cluster",
        "node",
        "namespace",
        "pod",
        "container",
        "started",
        "ended",
        "commands",
        "files",
        "connections",
        "joined",
        "rule",
        "decision",
        "ticket",
        "seq",
    ],
};

const COMMANDS: Spec = Spec {
    id: "session-commands",
    title: "Commands of sessions",
    definition: "Each command that belongs to a session of `privileged-sessions`: run by the session's first process or by a child of one of its processes.",
    source: "activity in the ledger (agent --activity)",
    columns: &["id", "session", "time", "node", "command", "folder", "user", "pid", "ppid", "seq"],
};

/// The id of a session, by its place.
pub(crate) fn session_id(place: usize) -> String {
    format!("S{}", place + 1)
}

/// Writes commands as they pass by.
pub(super) struct SessionCommands(PopulationWriter);

impl SessionCommands {
    pub(super) fn create(dir: &Path) -> Result<Self, PopulationError> {
        PopulationWriter::create(dir, COMMANDS).map(Self)
    }

    pub(super) fn row(&mut self, id: &str, session: usize, c: &Command, seq: u64) -> Result<(), PopulationError> {
        let w = &c.who;
        self.0.row(&[
            id,
            &session_id(session),
            &c.time.to_string(),
            &c.node,
            &c.cmdline,
            &c.cwd,
            &w.user,
            &w.pid.to_string(),
            &w.ppid.to_string(),
            &seq.to_string(),
        ])
    }

    /// Ends it, and writes the sessions themselves.
    pub(super) fn finish(
        self,
        sessions: &Sessions,
        looked_at: Looked,
        left_out: Test,
        dir: &Path,
    ) -> Result<[Population; 2], PopulationError> {
        let mut writer = PopulationWriter::create(dir, SESSIONS)?;
        for (n, s) in sessions.all().iter().enumerate() {
            row(&mut writer, n, s)?;
        }
        let of: u64 = sessions.all().iter().map(|s| s.commands).sum();
        let sums = Test::equal("commands here, against those that the sessions count", of, self.0.count());
        let forgotten = match sessions.forgotten {
            0 => None,
            n => Some(Test::equal("processes forgotten to stay within memory, whose children are not joined", 0, n)),
        };
        let commands = self.0.finish([left_out.clone(), sums].into_iter().chain(forgotten).collect())?;
        Ok([writer.finish(tests(sessions, looked_at, left_out))?, commands])
    }
}

/// What was there to join.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Looked {
    /// Records of commands in the period.
    pub(super) commands: u64,
    /// Findings about requests that were too many to be looked at.
    pub(super) beyond: u64,
}

fn row(writer: &mut PopulationWriter, n: usize, s: &Session) -> Result<(), PopulationError> {
    let from: Vec<&str> = s.from.iter().map(String::as_str).collect();
    let rule = s.request.as_ref().map_or("", |r| r.rule.as_str());
    let (decision, ticket) = decided(s);
    writer.row(&[
        &session_id(n),
        s.path.words(),
        &s.account,
        &s.login,
        &from.join(", "),
        &s.cluster,
        &s.node,
        &s.namespace,
        &s.pod,
        &s.container,
        &s.start.to_string(),
        &s.last.to_string(),
        &s.commands.to_string(),
        &s.files.to_string(),
        &s.connections.to_string(),
        &s.joined.words(),
        rule,
        decision,
        ticket,
        &s.record.to_string(),
    ])
}

/// What was decided about the finding of a session, and the incident or ticket that was named.
pub(crate) fn decided(s: &Session) -> (&str, &str) {
    let said = s.request.as_ref().and_then(|r| r.decided.as_ref());
    said.map_or(("", ""), |(decision, ticket)| (decision, ticket))
}

fn tests(sessions: &Sessions, looked: Looked, left_out: Test) -> Vec<Test> {
    let count = |of: &dyn Fn(&&Session) -> bool| sessions.all().iter().filter(of).count() as u64;
    let with_processes = |s: &&Session| matches!(s.path, SessionPath::Api(Asked::Exec | Asked::Debug));
    let (asked, found) =
        (count(&with_processes), count(&|s| with_processes(s) && matches!(s.joined, Joined::Yes | Joined::Among(_))));
    let name = "requests for exec and debug containers, against those whose processes were found";
    let requests = match (asked, looked.commands) {
        (0, _) => Test::not_run(name, "no finding tells of such a request in the period"),
        (_, 0) => Test::not_run(name, "no command was recorded in the period"),
        _ => Test::equal(name, asked, found),
    };
    let sittings = count(&|s| s.path == SessionPath::Container && !s.pod.is_empty());
    let name = "sittings at terminals in pods that no request explains";
    let sittings = match looked.commands {
        0 => Test::not_run(name, "no command was recorded in the period"),
        _ => Test::equal(name, 0, sittings),
    };
    let mut all = vec![requests, sittings, left_out];
    if sessions.beyond + looked.beyond > 0 {
        all.push(Test::equal("sessions left out because there were too many", 0, sessions.beyond + looked.beyond));
    }
    if sessions.unnoted > 0 {
        let name = "commands in pods of requests that were not noted to stay within memory, so that what they start may be joined wrongly";
        all.push(Test::equal(name, 0, sessions.unnoted));
    }
    all
}
