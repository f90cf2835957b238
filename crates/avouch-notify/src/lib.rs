//! Tells people and other systems of findings: findings in, messages out, receipts back.
//!
//! A [`Config`] (one YAML file, `docs/NOTIFICATIONS.md`) has channels and routes. A [`Notifier`] takes findings, routes and
//! groups them, and gives a [`Delivery`](avouch_finding::Delivery) for every outcome: delivered, failed, held back. What is
//! decided about findings is pure ([`Router`]): time is an argument. A channel is one file, with the trait [`Channel`].
//!
//! Invariants. A finding that an acceptance suppressed is never told. Nothing is lost in silence: what a limit, a full queue, a
//! failing receiver or a stop keeps from being delivered has a receipt. One slow channel blocks no other. Secrets are looked up
//! when channels are opened; no error, receipt, status or `Debug` shows one. A message is kept ([`Memory`]) before it is sent,
//! and as owed until its receipt came back from the ledger: a crash costs no message, and repeats none but those under way.
//!
//! ```
//! use std::sync::Arc;
//! use avouch_notify::{Config, Forgetful, Notifier, Router, System};
//!
//! let config = Config::parse("notify.yaml", "
//! channels:
//!   - {name: log, to: {stdout: {}}}
//! routes:
//!   - {name: severe, match: {at_least: high}, channels: [log]}
//! ")?;
//! let router = Router::new(Arc::new(config));
//! let notifier = Notifier::start(router, Box::new(Forgetful), Arc::new(System), |receipt| drop(receipt))?;
//! // What was recorded before is taken first, then it begins to tell.
//! notifier.take(Vec::new(), 0);
//! notifier.begin();
//! assert_eq!(notifier.status().channels[0].means, "stdout");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod channel;
mod config;
mod glob;
mod memory;
mod message;
mod net;
mod notifier;
mod outside;
mod retry;
mod router;
#[cfg(test)]
mod sample;
mod secret;
mod text;
mod worker;

pub use channel::{
    Alertmanager, Answer, Channel, Email, Facility, Falcosidekick, File, Opsgenie, Pagerduty, Protocol, Security,
    SendError, Slack, Stdout, Syslog, Teams, To, Wait, Webhook, verify_signature,
};
pub use config::{
    CODES, Channel as ChannelConfig, Config, ConfigError, Day, Escalation, Hour, Label, Length, Link, Matcher, PassOn,
    Quiet, Rate, Retry, Route, Target, Zone,
};
pub use glob::Glob;
pub use memory::{Forgetful, Memory, MemoryError};
pub use message::{Act, Deed, Message, Noted, Reason, TEST_TAG, is_test};
pub use notifier::{Input, Notifier, NotifyError, Status};
pub use outside::{Outside, System};
pub use retry::back_off;
pub use router::{Change, MAX_FINDINGS, Outgoing, Router, Saved, Step, Taken};
pub use secret::{Secret, SecretRef};
pub use worker::ChannelStatus;
