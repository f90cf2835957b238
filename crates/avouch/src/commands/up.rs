//! `avouch up`: the server and the sensor of this machine in one process, over one folder of evidence.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use avouch_pipeline::Acceptances;
use avouch_server::{CentreSink, Running};

use super::{agent, server};
use crate::args::{AuditArgs, UpArgs};
use crate::keeper::Kept;
use crate::past::Past;
use crate::{Outcome, accepted, audited, load};

/// Folder of the evidence when none is given.
const DATA: &str = "avouch-data";

/// Runs the command.
pub(crate) fn run(args: &UpArgs) -> anyhow::Result<Outcome> {
    ensure!(
        args.agent.forward.server.is_none(),
        "`up` is server and agent in one; to send to another server, use `agent`"
    );
    let mut agent = args.agent.clone();
    let data = agent.keep.data.get_or_insert_with(|| PathBuf::from(DATA)).clone();
    let mut running: Option<Running> = None;
    // The server begins once this process has given up what watching does not need: its threads never have it.
    let ended = agent::run_into(&agent, &mut || {
        let config = load::config(&agent.select)?;
        let rules = load::rule_set(&agent.load, config.compile, &agent.mapping)?;
        let acceptances = accepted::load(&agent.keep.acceptances, &rules)?;
        let set = acceptances.as_ref().map(Acceptances::set).cloned().unwrap_or_default();
        let audit = AuditArgs { archive_mb: args.archive_mb, ..AuditArgs::default() };
        let setup = audited::of(rules, set, &audit, &data);
        let started = server::start(&args.listen, &data, args.controls.as_deref(), |_| Ok(Some(setup)), Vec::new())?;
        let sink = CentreSink::new(started.app().centre.clone());
        running = Some(started);
        Ok(Kept { sink: Box::new(sink), past: Past::Folder(data.clone()) })
    });
    // Also when the agent could not go on: what was recorded is ended in good order.
    let closed = running.map_or(Ok(()), Running::end).context("the server did not end in good order");
    let outcome = ended?;
    closed?;
    Ok(outcome)
}
