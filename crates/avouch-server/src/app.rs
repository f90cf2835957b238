//! What all handlers share.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use avouch_evidence::Folder;
use avouch_finding::Time;
use tokio_util::sync::CancellationToken;

use crate::accounts::AccountDesk;
use crate::agent_rules::AgentRules;
use crate::centre::Centre;
use crate::clock::Clock;
use crate::desk::RuleDesk;
use crate::health::Health;
use crate::host::Hosts;
use crate::ingest::{AuditDesk, Ingest};
use crate::limits::Limits;
use crate::notices::Notices;
use crate::provider::Provider;
use crate::readers::Readers;
use crate::shared::Shared;

/// A handle on the server's parts; cheap to copy.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts.
pub struct Parts {
    /// The folder of evidence.
    pub folder: Folder,
    /// The writer of evidence.
    pub centre: Centre,
    /// Questions to the store.
    pub readers: Readers,
    /// Users, sessions, tokens.
    pub accounts: AccountDesk,
    /// What is watched now.
    pub health: Health,
    /// Facts of agents.
    pub ingest: Ingest,
    /// Rules and acceptances.
    pub desk: RuleDesk,
    /// The rules of agents.
    pub agent_rules: AgentRules,
    /// Judges audit records; `None` when the server has no rules for them.
    pub audit: Option<AuditDesk>,
    /// The organisation's control list.
    pub(crate) control_lists: crate::lists::ControlLists,
    /// Reports that are made here.
    pub(crate) reports: crate::reports::ReportDesk,
    /// Overviews that were made a moment ago.
    pub(crate) overviews: crate::api::overview::Overviews,
    /// Answers, places and turns that requests share.
    pub(crate) shared: Shared,
    /// What time it is.
    pub clock: Clock,
    /// When the server began.
    pub begun: Time,
    /// How long a live stream goes on.
    pub(crate) stream_life: Duration,
    /// Who is told of findings.
    pub(crate) notices: Notices,
    /// A provider of logins.
    pub(crate) provider: Option<Arc<Provider>>,
    /// What callers have used of what they may.
    pub(crate) limits: Limits,
    /// Names that it goes by.
    pub(crate) hosts: Hosts,
    /// Its address for browsers, without a slash at its end.
    pub url: String,
    /// Browsers reach it by TLS: its own, or that of a proxy.
    pub secure: bool,
    /// It speaks TLS.
    pub tls: bool,
    /// The server is to end.
    pub stopping: CancellationToken,
}

impl App {
    /// Of its parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// An agent sent something, the last of it of that time.
    pub(crate) fn heard(&self, sender: &avouch_forward::Sender, newest: Option<Time>) {
        self.health.board().heard(&sender.node, &sender.version, newest, self.now());
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Time {
        (self.clock)()
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
