//! `avouch server`: API, console and ingest over one folder of evidence.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use avouch_evidence::Folder;
use avouch_server::{
    AuditSetup, DeskSetup, NotifySetup, Options, ProviderSetup, RequestRate, Running, TlsFiles, Trail, system_clock,
};

use crate::args::{ListenArgs, ServerArgs};
use crate::evidence::now;
use crate::signals::Signals;
use crate::{Outcome, audited, evidence, terminal};

/// How often signals are looked at.
const LOOK: Duration = Duration::from_millis(100);

/// Runs the command.
pub(crate) fn run(args: &ServerArgs) -> anyhow::Result<Outcome> {
    let signals = Signals::register()?;
    let trails = audited::trails(&args.audit)?;
    let (audit, desk) = audited::setup(&args.rules, &args.audit, &args.desk, &args.data)?;
    let running = start(&args.listen, &args.data, args.controls.as_deref(), audit, trails, desk)?;
    let reason = loop {
        if let Some(signal) = signals.stop() {
            break signal;
        }
        if signals.take_reload() {
            match running.reload() {
                Ok(()) => terminal::say("SIGHUP: rules and acceptances were loaded anew\n"),
                Err(error) => terminal::say(&format!("SIGHUP: what was loaded goes on: {error}\n")),
            }
        }
        std::thread::sleep(LOOK);
    };
    terminal::say(&format!("{reason}: ending\n"));
    running.end().context("the server did not end in good order")?;
    Ok(Outcome::Fine)
}

/// Starts a server and says where it is, and how to log in for the first time.
pub(crate) fn start(
    args: &ListenArgs,
    data: &Path,
    controls: Option<&Path>,
    audit: Option<AuditSetup>,
    trails: Vec<Trail>,
    desk: DeskSetup,
) -> anyhow::Result<Running> {
    let tls = match (&args.tls_cert, &args.tls_key) {
        (Some(certificate), Some(key)) => Some(avouch_server::tls(&TlsFiles {
            certificate: certificate.clone(),
            key: key.clone(),
            client_ca: args.client_ca.clone(),
        })?),
        _ => None,
    };
    if tls.is_none() && !args.listen.ip().is_loopback() && !args.behind_proxy {
        bail!(
            "`{}` can be reached from other machines, and passwords would cross the network in the clear; \
             give --tls-cert and --tls-key, or --behind-proxy when a proxy in front speaks TLS",
            args.listen
        );
    }
    let provider = match (&args.oidc, &args.url) {
        (Some(file), Some(url)) => Some(ProviderSetup::read(file, url)?),
        _ => None,
    };
    let notify =
        NotifySetup { file: args.notify.clone(), late: Some(Duration::from_secs(args.notify_late.saturating_mul(60))) };
    let rate = args.requests_per_second;
    let recorder = evidence::open(data)?;
    let options = Options {
        url: args.url.clone(),
        notify,
        provider,
        requests: RequestRate { per_second: rate, burst: rate.saturating_mul(4) },
        listen: args.listen,
        tls,
        controls: controls.map(Path::to_owned),
        threads: std::thread::available_parallelism().map_or(2, usize::from),
        audit,
        trails,
        desk,
        ..Options::new(Folder::new(data), system_clock())
    };
    let running = avouch_server::start(recorder, options).context("failed to start the server")?;
    terminal::say(&format!("avouch listens on {}\n", running.url()));
    if let Some(link) = running.setup_link(args.new_setup_link, now())? {
        terminal::say(&format!("make an admin with this link, good once and for 24 hours:\n  {link}\n"));
    }
    Ok(running)
}
