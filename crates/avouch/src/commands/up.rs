//! `avouch up`: the server and the sensor of this machine in one process, over one folder of evidence.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, ensure};
use avouch_pipeline::{Acceptances, RuleSetOptions};
use avouch_server::{AuditSetup, CentreSink, DeskSetup, Running};
use signal_hook::consts::SIGHUP;

use super::{agent, server};
use crate::args::UpArgs;
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
    // Arguments that cannot work are said before anything is made or watched.
    let mut trails = audited::trails(&args.audit)?;
    let keys = audited::digest_keys(&args.audit.cloudtrail_public_keys)?;
    let mut agent = args.agent.clone();
    let data = agent.keep.data.get_or_insert_with(|| PathBuf::from(DATA)).clone();
    // What is accepted in the console counts for the sensor too.
    if !agent.keep.acceptances.iter().any(|path| path.is_dir()) {
        let kept = data.join("server/acceptances");
        std::fs::create_dir_all(&kept).with_context(|| format!("failed to make `{}`", kept.display()))?;
        agent.keep.acceptances.push(kept);
    }
    let mut running: Option<Running> = None;
    // The server begins once this process has given up what watching does not need: its threads never have it.
    let ended = agent::run_into(&agent, &mut || {
        let config = load::config(&agent.select)?;
        let desk = DeskSetup {
            rules: agent.load.rules.clone(),
            options: RuleSetOptions {
                compile: config.compile.clone(),
                lints: load::lints(&agent.load.lints)?,
                mappings: agent.mapping.clone(),
            },
            acceptances: agent.keep.acceptances.clone(),
            edit_rules: args.desk.edit_rules,
            recordings: args.desk.recordings.clone(),
        };
        let rules = load::rule_set(&agent.load, config.compile, &agent.mapping)?;
        let acceptances = accepted::load(&agent.keep.acceptances, &rules)?;
        let set = acceptances.as_ref().map(Acceptances::set).cloned().unwrap_or_default();
        let setup = AuditSetup { digest_keys: Arc::clone(&keys), ..audited::of(rules, set, &args.audit, &data) };
        let trails = std::mem::take(&mut trails);
        let started = server::start(&args.listen, &data, args.controls.as_deref(), Some(setup), trails, desk)?;
        // The sensor loads its files anew when it is told to; so it does when they were changed in the console.
        started.on_rules(|| signal_hook::low_level::raise(SIGHUP).unwrap_or(()));
        let sink = CentreSink::new(started.app().centre.clone());
        running = Some(started);
        Ok(Kept { sink: Box::new(sink), past: Past::Server(data.clone()) })
    });
    // Also when the agent could not go on: what was recorded is ended in good order.
    let closed = running.map_or(Ok(()), Running::end).context("the server did not end in good order");
    let outcome = ended?;
    closed?;
    Ok(outcome)
}
