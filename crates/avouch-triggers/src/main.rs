//! `avouch-trigger`: lists the cases, performs one, and is every program of ours that an act runs.

use std::env;
use std::io::{self, Write};

use anyhow::{Context, Result, bail};
use avouch_triggers::{Case, Container, Expect, MARK, Place};
use serde::Serialize;

const USAGE: &str = "avouch-trigger list              every case, as JSON
avouch-trigger run \"RULE/CASE\"   perform one and report, as JSON; needs root, runc and busybox-static";

/// A case as `list` shows it.
#[derive(Serialize)]
struct Row {
    case: String,
    rule: &'static str,
    expect: Expect,
    container: bool,
    privileged: bool,
    needs_root: bool,
}

impl From<&Case> for Row {
    fn from(case: &Case) -> Self {
        let (container, privileged) = match case.place {
            Place::Host => (false, false),
            Place::Container(Container { privileged, .. }) => (true, privileged),
        };
        // Each act has namespaces of its own, which only root can make here.
        Self { case: case.id(), rule: case.rule, expect: case.expect, container, privileged, needs_root: true }
    }
}

fn main() -> Result<()> {
    if let Ok(mark) = env::var(MARK) {
        return avouch_triggers::perform(&mark).context("a move of the act failed");
    }
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["list"] => print(&avouch_triggers::all().iter().map(Row::from).collect::<Vec<_>>()),
        ["run", id] => {
            if let Some(missing) = avouch_triggers::missing() {
                bail!("{missing}");
            }
            let case = avouch_triggers::all().into_iter().find(|case| case.id() == *id);
            let case = case.with_context(|| format!("no case `{id}`; `avouch-trigger list` shows them"))?;
            print(&avouch_triggers::run(&case)?)
        }
        _ => bail!("{USAGE}"),
    }
}

fn print(value: &impl Serialize) -> Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, value)?;
    writeln!(out)?;
    Ok(())
}
