//! Privileged activity: who worked where, what was run there and what it touched; and who looked at the evidence.

use avouch_document::{Block, Column, NoteKind, Row, RowClass, Section, Shown, Table, Text};
use avouch_finding::Time;

use crate::activity::{Joined, Session, SessionPath, Sessions};
use crate::chapters::control::population_link;
use crate::chapters::ground::{Ground, ROWS};
use crate::chapters::row;
use crate::chapters::words as w;
use crate::population::{decided, session_id};

/// Id of the chapter.
const CHAPTER: &str = "privileged";

pub(super) fn chapter(g: &Ground<'_>) -> Section {
    Section::new(CHAPTER, "Privileged activity").with_section(sessions(g)).with_section(looked(g))
}

fn sessions(g: &Ground<'_>) -> Section {
    let mut out = Section::new("sessions", "Sessions");
    let activity = g.results.activity;
    let all = activity.sessions.all();
    out.push(Block::paragraph(
        "A session is a request to the API server for exec, attach, port-forward or a debug container, as findings of rules tell of it, joined with \
         the processes that began in that pod soon after; or a sitting at a terminal of a container or node. Commands, files and connections \
         are those of its processes and their children. Accounts are shown as the sources name them; they are not joined to persons.",
    ));
    if activity.commands == 0 {
        out.push(Block::note(
            NoteKind::Missing,
            "Processes",
            "No agent recorded commands in the period (`agent --activity`): sittings on nodes and what was run in sessions are not known. \
             Requests to the API server stand below as far as findings tell of them.",
        ));
    }
    if all.is_empty() {
        let text = if activity.commands == 0 {
            "No finding tells of a request for a session. Whether a rule that asks for them ran, and how much of the time, stands in appendix A."
        } else {
            "No finding tells of a request for a session, and no command was run at a terminal where activity is recorded."
        };
        out.push(Block::note(NoteKind::Note, "No session", text));
        return out;
    }
    out.push(Block::Table(by_path(all)));
    out.push(Block::Table(table(g, all)));
    let unattended = activity.sessions.unattended;
    if unattended > 0 {
        out.push(Block::paragraph(format!(
            "{} on nodes ran with the login of a person and without a terminal, in no session above: jobs, services that a person started, and \
             commands given to ssh are not told apart. All of them stand in the population of commands.",
            w::counted(unattended, "command", "commands")
        )));
    }
    out.blocks.extend(losses(&activity.sessions));
    out.push(Block::paragraph(
        "Not covered: the ticket of a session (only what a decision about its finding names), its end (what is shown is its last record), what was typed and is \
         no program, what went through a tunnel, and sessions that neither a rule nor a terminal tells of.",
    ));
    out
}

/// What was left out or is less sure because there was too much of it to remember.
fn losses(sessions: &Sessions) -> Option<Block> {
    let of = [
        (sessions.beyond, "session was", "sessions were", "left out: more are not kept"),
        (
            sessions.forgotten,
            "process was",
            "processes were",
            "forgotten: commands of their children are in no session",
        ),
        (
            sessions.unnoted,
            "command",
            "commands",
            "in pods of requests came when no more processes were noted: what they started may be joined to a request that it is not of",
        ),
    ];
    let said: Vec<String> = of
        .into_iter()
        .filter(|(n, ..)| *n > 0)
        .map(|(n, one, many, what)| format!("{} {what}", w::counted(n, one, many)))
        .collect();
    let text = format!("{}. All commands stand in the population of commands.", said.join("; "));
    (!said.is_empty()).then(|| Block::note(NoteKind::Missing, "More than is remembered", text))
}

/// How many there are by way, and how many of them were joined.
fn by_path(all: &[Session]) -> Table {
    let mut table = Table::new(
        "Sessions by the way somebody came in",
        [
            Column::text("Way", 2.4).row_head(),
            Column::number("Sessions", 1.0),
            Column::number("Accounts", 1.0),
            Column::number("Request and processes joined", 1.5),
            Column::number("Commands", 1.1),
            Column::number("File changes", 1.1),
            Column::number("Connections", 1.1),
            Column::number("Decided", 1.0),
        ],
    );
    let line = |name: &str, of: &[&Session]| {
        let sum = |f: fn(&Session) -> u64| w::count(of.iter().map(|s| f(s)).sum::<u64>());
        let accounts: std::collections::BTreeSet<&str> = of.iter().map(|s| s.account.as_str()).collect();
        let joined = of.iter().filter(|s| matches!(s.joined, Joined::Yes | Joined::Among(_))).count();
        let possible = of.iter().filter(|s| !matches!(s.joined, Joined::NoneOfItsOwn | Joined::NotAsked)).count();
        let joined = if possible == 0 { "-".to_owned() } else { format!("{joined} of {possible}") };
        let asked = of.iter().filter(|s| s.request.is_some()).count();
        let said = of.iter().filter(|s| !decided(s).0.is_empty()).count();
        row![
            name,
            w::count(w::len(of.len())),
            w::count(w::len(accounts.len())),
            joined,
            sum(|s| s.commands),
            sum(|s| s.files),
            sum(|s| s.connections),
            if asked == 0 { "-".to_owned() } else { format!("{said} of {asked}") },
        ]
    };
    for path in SessionPath::ALL {
        let of: Vec<&Session> = all.iter().filter(|s| s.path == path).collect();
        if !of.is_empty() {
            table.push(line(path.words(), &of));
        }
    }
    let of: Vec<&Session> = all.iter().collect();
    table.push(Row { class: RowClass::Total, ..line("All", &of) });
    table
}

fn table(g: &Ground<'_>, all: &[Session]) -> Table {
    let mut table = Table::new(
        "Sessions: account, way and target, commands, what they touched, what was decided; the latest first",
        [
            Column::text("Id", 0.7).row_head(),
            Column::text("Account, from", 2.0),
            Column::text("Way, target", 2.2),
            Column::text("Began, last record", 1.7),
            Column::text("Commands", 2.9),
            Column::text("Files and addresses", 2.5),
            Column::text("Joined, decision", 2.4),
            Column::number("Record", 0.9),
        ],
    );
    let mut order: Vec<(usize, &Session)> = all.iter().enumerate().collect();
    order.sort_by_key(|(n, s)| std::cmp::Reverse((s.start, *n)));
    for (n, s) in order.into_iter().take(ROWS) {
        let class = match s.joined {
            Joined::Yes | Joined::NotAsked => RowClass::Plain,
            _ => RowClass::Unknown,
        };
        table.push(Row { class, ..line(n, s) });
    }
    if all.len() > ROWS
        && let Some(p) = g.population("privileged-sessions")
    {
        table.shown = Some(Shown { of: p.count, file: p.csv() });
    }
    table
}

fn line(n: usize, s: &Session) -> Row {
    let from = if s.from.is_empty() { String::new() } else { format!(", from {}", w::join(&s.from)) };
    let login = if s.login.is_empty() { String::new() } else { format!(", login {}", s.login) };
    let target: Vec<&str> = [&s.cluster, &s.node, &s.namespace, &s.pod, &s.container]
        .into_iter()
        .map(String::as_str)
        .filter(|t| !t.is_empty())
        .collect();
    let more = |n: u64, shown: usize| match n.saturating_sub(w::len(shown)) {
        0 => String::new(),
        more => format!("; {} more", w::count(more)),
    };
    let commands = match s.commands {
        0 => "none recorded".to_owned(),
        n => format!("{}: {}{}", w::count(n), s.shown.join("; "), more(n, s.shown.len())),
    };
    let objects = match s.files + s.connections {
        0 => "none recorded".to_owned(),
        _ => format!(
            "{}, {}: {}",
            w::counted(s.files, "file change", "file changes"),
            w::counted(s.connections, "connection", "connections"),
            s.objects.join("; ")
        ),
    };
    let (decision, ticket) = decided(s);
    let granted = s.request.as_ref().is_some_and(|r| r.granted.is_none());
    let mut said = s.joined.words();
    if granted {
        said.push_str("; whether it was granted is not recorded");
    }
    said.push_str(&match (s.request.is_some(), decision, ticket) {
        (false, ..) => "; no finding to decide".to_owned(),
        (true, "", _) => "; undecided".to_owned(),
        (true, decision, "") => format!("; {decision}"),
        (true, decision, ticket) => format!("; {decision} ({ticket})"),
    });
    row![
        session_id(n),
        format!("{}{login}{from}", w::or_dash(&s.account)),
        format!("{}: {}", s.path.words(), w::join(target)),
        if s.last > s.start { format!("{}, {}", w::time(s.start), w::time(s.last)) } else { w::time(s.start) },
        commands,
        objects,
        said,
        s.record.to_string(),
    ]
}

/// Who looked at the evidence, and what was exported.
fn looked(g: &Ground<'_>) -> Section {
    let facts = g.results.facts;
    let within = |t: Time| facts.period.from <= t && t < facts.period.to;
    let mut table = Table::new(
        "Who looked at the evidence, and what was exported, the latest first",
        [Column::text("Time", 2.1), Column::text("Who", 2.0), Column::text("What", 4.0), Column::text("Digest", 2.2)],
    )
    .or_empty("No login of an auditor and no export is recorded in the period.");
    let mut all: Vec<(Time, &str, String, &str)> = Vec::new();
    all.extend(
        facts.logins.iter().map(|l| (l.fact.time, l.fact.who.as_str(), format!("login as {}", l.fact.role), "")),
    );
    let export = |e: &avouch_finding::Export| format!("export of {}: {}", e.what, w::or_dash(&e.query));
    all.extend(
        facts.exports.iter().map(|e| (e.fact.time, e.fact.by.as_str(), export(&e.fact), e.fact.digest.as_str())),
    );
    all.retain(|(t, ..)| within(*t));
    all.sort_by(|a, b| b.cmp(a));
    let more = all.len().saturating_sub(ROWS);
    for (time, who, what, digest) in all.into_iter().take(ROWS) {
        table.push(row![w::time(time), w::or_dash(who), what, Text::of_code(w::or_dash(&w::short(digest)))]);
    }
    if more > 0 {
        table.push(Row::total([format!("and {more} earlier, in the ledger")]));
    }
    Section::new("evidence-access", "Access to the evidence").with(Block::Table(table))
}

/// Where the sessions stand, for a chapter that is about them.
pub(super) fn pointer(g: &Ground<'_>) -> Block {
    let all = g.results.activity.sessions.all();
    if all.is_empty() {
        return Block::Paragraph(
            Text::new()
                .plain("No session was seen; what could have shown one is said in ")
                .link(CHAPTER.into(), "privileged activity")
                .plain("."),
        );
    }
    let words = SessionPath::ALL.into_iter().filter_map(|path| {
        let n = all.iter().filter(|s| s.path == path).count();
        (n > 0).then(|| format!("{} {}", path.words(), w::count(w::len(n))))
    });
    let mut text = Text::new()
        .plain(format!(
            "{}: {}. Each with its commands: ",
            w::counted(w::len(all.len()), "session", "sessions"),
            w::join(words)
        ))
        .link(CHAPTER.into(), "privileged activity")
        .plain("; as a list: ");
    text.0.extend(population_link(g, "privileged-sessions").0);
    Block::Paragraph(text.plain("."))
}
