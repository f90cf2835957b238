//! From a folder and an address to a running server, and its end in good order.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use avouch_evidence::{Folder, Recorder};
use avouch_finding::Time;
use avouch_store::Store;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::rustls::ServerConfig;
use tokio_util::sync::CancellationToken;

use crate::accounts::AccountDesk;
use crate::agent_rules::AgentRules;
use crate::app::Parts;
use crate::centre::Centre;
use crate::clock::Clock;
use crate::desk::{DeskError, DeskSetup, Loaded, RuleDesk};
use crate::error::chain;
use crate::health::Health;
use crate::host::Hosts;
use crate::ingest::{self, AuditDesk, AuditSetup, Ingest, Trail};
use crate::limits::{Limits, RequestRate};
use crate::lists::ControlLists;
use crate::notices::{Notices, NotifySetup};
use crate::provider::{Provider, ProviderSetup};
use crate::readers::Readers;
use crate::reports::ReportDesk;
use crate::shared::Shared;
use crate::{App, api, serve};

/// What a server stands on.
pub struct Options {
    /// The folder of evidence, and in `server/` beside it the accounts.
    pub folder: Folder,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Certificate and key, when it is to speak TLS.
    pub tls: Option<Arc<ServerConfig>>,
    /// The organisation's control list: a file, or a folder with its versions; avouch's starting list without.
    pub controls: Option<PathBuf>,
    /// What time it is.
    pub clock: Clock,
    /// Threads of the runtime.
    pub threads: usize,
    /// What to do with audit records; they are not taken when `None`.
    pub audit: Option<AuditSetup>,
    /// Where CloudTrail's files come to; needs `audit`.
    pub trails: Vec<Trail>,
    /// Rules and acceptances that are shown, tried and changed; those judge audit records, whatever `audit` was given.
    pub desk: DeskSetup,
    /// Its address for browsers, when that is not where it listens.
    pub url: Option<String>,
    /// Who is told of findings.
    pub notify: NotifySetup,
    /// A provider of logins.
    pub provider: Option<ProviderSetup>,
    /// How many requests one caller may make.
    pub requests: RequestRate,
    /// How long a live stream goes on at most; who watches comes again, with a login that still counts.
    pub stream_life: Duration,
}

impl Options {
    /// Over a folder, on a free port of loopback, in the clear.
    #[must_use]
    pub fn new(folder: Folder, clock: Clock) -> Self {
        Self {
            folder,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            tls: None,
            controls: None,
            clock,
            threads: 2,
            audit: None,
            trails: Vec::new(),
            desk: DeskSetup::default(),
            url: None,
            notify: NotifySetup::default(),
            provider: None,
            requests: RequestRate::default(),
            stream_life: Duration::from_secs(600),
        }
    }
}

/// Why a server does not start or end well.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says it")]
pub enum StartError {
    #[error("failed to listen on {at}")]
    Listen { at: SocketAddr, source: std::io::Error },
    #[error("failed to start a thread")]
    Thread(#[source] std::io::Error),
    #[error("failed to make `{}`", .0.display())]
    Folder(PathBuf, #[source] std::io::Error),
    #[error("failed to open the store")]
    Store(#[from] avouch_store::Error),
    #[error("failed to open the accounts")]
    Accounts(#[from] avouch_auth::Error),
    #[error(transparent)]
    Audit(#[from] ingest::AuditStartError),
    #[error("failed to load rules and acceptances")]
    Desk(#[from] DeskError),
    #[error("failed to collect CloudTrail's files")]
    Trail(#[from] avouch_collect::CollectError),
    #[error("failed to start the notifications")]
    Notify(#[from] crate::notices::NoticesError),
    #[error("{0}")]
    Evidence(String),
}

/// A server that runs.
pub struct Running {
    app: App,
    at: SocketAddr,
    runtime: tokio::runtime::Runtime,
    serving: tokio::task::JoinHandle<()>,
    writer: JoinHandle<()>,
    trails: Vec<JoinHandle<()>>,
    telling: tokio::task::JoinHandle<()>,
}

/// Starts a server over an open recorder.
///
/// # Errors
/// When a file cannot be opened, a thread not started, or the address not be listened on.
pub fn start(recorder: Recorder, options: Options) -> Result<Running, StartError> {
    let clock = options.clock;
    let begun = clock();
    let own = options.folder.path().join("server");
    std::fs::create_dir_all(&own).map_err(|e| StartError::Folder(own.clone(), e))?;
    let accounts = AccountDesk::open(&own.join("accounts.db"))?;
    let has_rules = !options.desk.rules.is_empty();
    let rule_desk = RuleDesk::open(options.desk, &own)?;
    let readers = Readers::new(Store::open(options.folder.store(), avouch_store::Options::default())?);
    let folder = own.join("reports");
    let (reports, asked) = ReportDesk::open(folder.clone()).map_err(|e| StartError::Folder(folder, e))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(options.threads.max(1))
        .thread_name("server")
        .enable_all()
        .build()
        .map_err(StartError::Thread)?;
    let run = format!("server-{:020}-{}", begun.0, std::process::id());
    let redactor = recorder.ledger().redactor().clone();
    let (centre, writer) = Centre::start(recorder, Arc::clone(&clock), &run).map_err(StartError::Thread)?;
    let listen = runtime.block_on(TcpListener::bind(options.listen));
    let listener = listen.map_err(|source| StartError::Listen { at: options.listen, source })?;
    let at = listener.local_addr().map_err(|source| StartError::Listen { at: options.listen, source })?;
    let stopping = CancellationToken::new();
    runtime.spawn(centre.clone().tick());
    let tls = options.tls.is_some();
    let health = Health::new(begun);
    let desk = |setup| AuditDesk::start(setup, redactor, centre.clone(), health.clone(), Arc::clone(&clock));
    let audit = options.audit.map(desk).transpose()?;
    let scheme = if tls { "https" } else { "http" };
    let hosts = Hosts::new(at, options.url.as_deref());
    let url = options.url.map_or_else(|| format!("{scheme}://{at}"), |url| url.trim_end_matches('/').to_owned());
    let notices =
        Notices::start(options.notify, &own, &options.folder.ledger(), &url, centre.clone(), Arc::clone(&clock))?;
    let parts = Parts {
        notices,
        provider: options.provider.map(|setup| Arc::new(Provider::new(setup))),
        limits: Limits::new(options.requests),
        hosts,
        secure: url.starts_with("https://"),
        url,
        folder: options.folder,
        centre,
        readers,
        accounts,
        health,
        ingest: Ingest::default(),
        desk: rule_desk,
        agent_rules: AgentRules::default(),
        audit,
        control_lists: ControlLists { path: options.controls },
        reports,
        overviews: api::overview::cache(),
        shared: Shared::default(),
        clock,
        begun,
        stream_life: options.stream_life,
        tls,
        stopping: stopping.clone(),
    };
    let app = App::new(parts);
    app.reports.start(app.clone(), asked).map_err(StartError::Thread)?;
    let records = app.centre.listen();
    runtime.block_on(app.health.seed(&app)).map_err(|e| StartError::Evidence(e.to_string()))?;
    runtime.spawn(app.health.clone().follow(app.clone(), records));
    runtime.block_on(app.accounts.settle(&app)).map_err(|e| StartError::Evidence(e.to_string()))?;
    runtime.block_on(app.desk.begin(&app)).map_err(|e| StartError::Evidence(e.to_string()))?;
    let loaded = app.desk.follow();
    runtime.block_on(app.agent_rules.renew(&app)).map_err(|e| StartError::Evidence(e.to_string()))?;
    runtime.spawn(app.agent_rules.clone().follow(app.clone(), loaded));
    // Without rule files of its own the desk has none to judge by, and the judge keeps those that it was set up with.
    if let Some(audit) = app.audit.clone().filter(|_| has_rules) {
        runtime.spawn(judge_by(audit, app.desk.follow(), app.stopping.clone()));
    }
    let telling = runtime.spawn(app.notices.clone().follow(app.clone(), app.centre.listen()));
    let mut trails = Vec::new();
    if let Some(desk) = &app.audit {
        for (n, trail) in options.trails.into_iter().enumerate() {
            let (state, clock, stopping) = (ingest::state_file(&own, n), Arc::clone(&app.clock), app.stopping.clone());
            trails.push(ingest::start_trail(trail, state, desk.clone(), clock, stopping)?);
        }
    }
    let serving = runtime.spawn(serve(listener, options.tls, api::router(app.clone()), stopping));
    Ok(Running { app, at, runtime, serving, writer, trails, telling })
}

/// Has audit records judged by what the desk has loaded, now and after each change.
async fn judge_by(audit: AuditDesk, mut loaded: watch::Receiver<Arc<Loaded>>, stopping: CancellationToken) {
    loop {
        let now = Arc::clone(&loaded.borrow_and_update());
        let audit = audit.clone();
        // The order may have to wait for a delivery that is judged at present.
        let told = move || audit.set_rules(Arc::clone(&now.rules), now.acceptances.clone());
        if tokio::task::spawn_blocking(told).await.is_err() {
            crate::log::complain(&"other rules were not handed to those who judge audit records");
        }
        tokio::select! {
            () = stopping.cancelled() => return,
            changed = loaded.changed() => if changed.is_err() { return },
        }
    }
}

impl Running {
    /// Its parts.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Where it listens.
    #[must_use]
    pub fn at(&self) -> SocketAddr {
        self.at
    }

    /// Its address for a browser.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", if self.app.tls { "https" } else { "http" }, self.at)
    }

    /// The one-time link for the first login; `None` when somebody can log in already, unless one is wanted `anyway`: whoever runs the
    /// machine may make an admin, or give one a new password.
    ///
    /// # Errors
    /// When the accounts cannot be written.
    pub fn setup_link(&self, anyway: bool, now: Time) -> Result<Option<String>, StartError> {
        let secret = self.runtime.block_on(self.app.accounts.setup_secret(&self.app, anyway, now));
        let token = secret.map_err(|e| StartError::Evidence(e.to_string()))?;
        Ok(token.map(|token| format!("{}/setup?token={token}", self.app.url)))
    }

    /// Loads rules and acceptances anew.
    ///
    /// # Errors
    /// Why what was loaded goes on.
    pub fn reload(&self) -> Result<(), StartError> {
        self.runtime.block_on(self.app.desk.reload(&self.app)).map_err(|e| StartError::Evidence(e.to_string()))
    }

    /// Has somebody told whenever other rules or acceptances were loaded. It must not block.
    pub fn on_rules(&self, told: impl Fn() + Send + 'static) {
        let mut loaded = self.app.desk.follow();
        self.runtime.spawn(async move {
            while loaded.changed().await.is_ok() {
                told();
            }
        });
    }

    /// Ends it: open requests are answered, then the evidence is closed with a signed head.
    ///
    /// # Errors
    /// When the evidence could not be ended in good order.
    pub fn end(self) -> Result<(), StartError> {
        self.app.stopping.cancel();
        // A report that is being made is not waited for: at the next start it is said to be broken off.
        self.app.reports.stop();
        let (centre, serving) = (self.app.centre.clone(), self.serving);
        // A panic in the loop, or in a thread, does not keep the evidence from being closed.
        self.runtime.block_on(async { serving.await.unwrap_or(()) });
        for trail in self.trails {
            if trail.join().is_err() {
                crate::log::complain(&"a thread that collects CloudTrail's files broke");
            }
        }
        if let Some(audit) = &self.app.audit {
            audit.end();
        }
        // What is recorded by now is handed on before the channels end, and their receipts are recorded before the evidence does.
        self.app.notices.end();
        let telling = self.telling;
        self.runtime.block_on(async move { telling.await.unwrap_or(()) });
        self.app.notices.stop();
        let ended = self.runtime.block_on(centre.end());
        self.writer.join().map_err(|_| StartError::Evidence("the thread that writes the evidence broke".to_owned()))?;
        ended.map_err(|e| StartError::Evidence(chain(&e)))
    }
}
