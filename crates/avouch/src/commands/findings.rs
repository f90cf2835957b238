//! `avouch findings`: what was found, and what people make of it.

use std::io::Write as _;

use anyhow::{Context, bail, ensure};
use avouch_finding::{Acknowledgement, Decision, Disposition, Fact, Time};
use avouch_store::{Column, Filter, Order, Page, Period, Reader, StoredFinding};
use serde_json::json;

use crate::args::{DecideArgs, FindingsCommand, FindingsListArgs, Format, LookedAtArgs};
use crate::evidence::{self, now};
use crate::{Outcome, terminal};

/// Ids may be shortened to this many digits.
const SHORT: usize = 8;

/// Runs the command.
pub(crate) fn run(command: &FindingsCommand) -> anyhow::Result<Outcome> {
    match command {
        FindingsCommand::List(args) => list(args),
        FindingsCommand::Ack(args) => acknowledge(args),
        FindingsCommand::Decide(args) => decide(args),
    }
}

fn list(args: &FindingsListArgs) -> anyhow::Result<Outcome> {
    let mut store = evidence::reader(&evidence::folder(&args.data)?)?;
    let time = |text: &Option<String>, default: u64| -> anyhow::Result<Time> {
        text.as_deref().map_or(Ok(Time(default)), evidence::time)
    };
    let period = Period::new(time(&args.from, 0)?, time(&args.to, u64::MAX)?);
    let mut filter = Filter::of(period).text(args.text.clone().unwrap_or_default());
    let columns = [
        (Column::Rule, &args.rule),
        (Column::Severity, &args.severity),
        (Column::Criterion, &args.criterion),
        (Column::Node, &args.node),
    ];
    for (column, values) in columns.into_iter().filter(|(_, values)| !values.is_empty()) {
        filter = filter.only(column, values.iter().cloned());
    }
    if args.open {
        filter = filter.only(Column::Decision, ["none"]).only(Column::Suppressed, ["no"]);
    }
    let page = Page { limit: args.limit, order: Order::NewestFirst, ..Page::default() };
    let found = store.findings(&filter, page)?;
    let mut out = std::io::stdout().lock();
    for finding in &found.rows {
        match args.format {
            Some(Format::Json) => writeln!(out, "{}", as_json(finding))?,
            _ => writeln!(out, "{}", line(finding))?,
        }
    }
    if found.next.is_some() {
        terminal::say(&format!(
            "the newest {} are shown; --limit shows more, --from, --to, --rule ... others\n",
            args.limit
        ));
    }
    Ok(Outcome::Fine)
}

fn line(f: &StoredFinding) -> String {
    let state = match (&f.suppressed, &f.decided, &f.acknowledged) {
        (Some(id), ..) => format!("accepted by {id}"),
        (None, Some(d), _) => format!("{} ({})", d.decision.name(), d.by),
        (None, None, Some(a)) => format!("seen by {}", a.by),
        (None, None, None) => "open".to_owned(),
    };
    let id = f.id.get(..SHORT).unwrap_or(&f.id);
    format!("{} {id} {:<8} [{state}] {}: {}", f.time, f.severity.name(), f.rule, f.output)
}

fn as_json(f: &StoredFinding) -> serde_json::Value {
    json!({
        "id": f.id, "time": f.time, "node": &*f.node, "cluster": &*f.cluster, "source": &*f.source, "rule": &*f.rule,
        "priority": &*f.priority, "severity": f.severity, "criteria": f.classes.criteria, "output": f.output,
        "suppressed_by": f.suppressed.as_deref(), "lost_events": f.lost_events,
        "acknowledged": f.acknowledged.as_ref().map(|a| json!({"time": a.time, "by": a.by})),
        "decided": f.decided.as_ref().map(|d| json!({"time": d.time, "by": d.by, "decision": d.decision, "reason": d.reason,
            "incident": d.incident})),
        "seq": f.record.seq,
    })
}

/// The full ids that are meant. An id may be shortened as long as it stays the only one.
fn ids(store: &mut Reader, given: &[String]) -> anyhow::Result<Vec<String>> {
    let mut out = Vec::new();
    let mut short: Vec<&str> = Vec::new();
    for id in given {
        ensure!(id.len() >= SHORT, "`{id}` is too short for an id; give at least {SHORT} digits");
        if store.finding(id)?.is_some() {
            out.push(id.clone());
        } else {
            short.push(id);
        }
    }
    if short.is_empty() {
        return Ok(out);
    }
    let mut found: Vec<Vec<String>> = vec![Vec::new(); short.len()];
    store.for_each_finding(&Filter::default(), &mut |f| {
        for (id, found) in short.iter().zip(&mut found) {
            if f.id.starts_with(id) {
                found.push(f.id.clone());
            }
        }
        std::ops::ControlFlow::Continue(())
    })?;
    for (id, found) in short.iter().zip(found) {
        match found.as_slice() {
            [] => bail!("no finding has an id that begins with `{id}`; `avouch findings list` shows them"),
            [one] => out.push(one.clone()),
            many => bail!("{} findings have an id that begins with `{id}`; give more of it", many.len()),
        }
    }
    Ok(out)
}

fn person(by: Option<&str>) -> anyhow::Result<String> {
    let user = || std::env::var("SUDO_USER").or_else(|_| std::env::var("USER")).ok();
    by.map(str::to_owned).or_else(user).context("say who looked, with --by NAME")
}

fn acknowledge(args: &LookedAtArgs) -> anyhow::Result<Outcome> {
    let ids = ids(&mut evidence::reader(&evidence::folder(&args.data)?)?, &args.findings)?;
    let by = person(args.by.as_deref())?;
    let fact = |finding: String| -> Fact {
        Acknowledgement { time: now(), finding, by: by.clone(), note: args.note.clone().unwrap_or_default() }.into()
    };
    leave(&args.data, ids.into_iter().map(fact).collect(), &by)
}

fn decide(args: &DecideArgs) -> anyhow::Result<Outcome> {
    let ids = ids(&mut evidence::reader(&evidence::folder(&args.data)?)?, &args.findings)?;
    let by = person(args.by.as_deref())?;
    let names: Vec<&str> = Decision::ALL.iter().map(|d| d.name()).collect();
    let decision =
        Decision::parse(&args.decision).with_context(|| format!("a decision is one of {}", names.join(", ")))?;
    let fact = |finding: String| -> Fact {
        Disposition {
            time: now(),
            finding,
            by: by.clone(),
            decision,
            reason: args.reason.clone(),
            incident: args.incident.clone().unwrap_or_default(),
        }
        .into()
    };
    leave(&args.data, ids.into_iter().map(fact).collect(), &by)
}

fn leave(dir: &std::path::Path, facts: Vec<Fact>, by: &str) -> anyhow::Result<Outcome> {
    let n = facts.len();
    let at_once = evidence::leave(dir, &facts, by)?;
    let s = if n == 1 { "" } else { "s" };
    let when = if at_once { "in the ledger" } else { "left for the avouch that writes the ledger now" };
    terminal::say(&format!("{n} finding{s}: {when}\n"));
    Ok(Outcome::Fine)
}
