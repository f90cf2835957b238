//! Tells people and other systems of findings: findings in, messages out, receipts back.
//!
//! A [`Config`] (one YAML file, `docs/NOTIFICATIONS.md`) has channels and routes. A [`Notifier`] takes findings, routes and
//! groups them, and gives a [`Delivery`](avouch_finding::Delivery) for every outcome: delivered, failed, held back. What is
//! decided about findings is pure ([`Router`]): time is an argument. A channel is one file, with the trait [`Channel`].
//!
//! Invariants. A finding that an acceptance suppressed is never told. Nothing is lost in silence: what a limit, a full queue, a
//! failing receiver or a stop keeps from being delivered has a receipt. One slow channel blocks no other. Secrets are looked up
//! when channels are opened; no error, receipt, status or `Debug` shows one. What waits is kept in memory, not on a disk:
//! whoever starts again after a crash finds in the ledger which findings have no delivery.
//!
//! ```
//! use std::sync::Arc;
//! use avouch_notify::{Config, Notifier, System};
//!
//! let config = Config::parse("notify.yaml", "
//! channels:
//!   - {name: log, to: {stdout: {}}}
//! routes:
//!   - {name: severe, match: {at_least: high}, channels: [log]}
//! ")?;
//! let notifier = Notifier::start(config, Arc::new(System), |receipt| drop(receipt))?;
//! notifier.findings(&[]);
//! assert_eq!(notifier.status().channels[0].means, "stdout");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod channel;
mod config;
mod glob;
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
    CODES, Channel as ChannelConfig, Config, ConfigError, Day, Escalation, Hour, Label, Length, Link, Matcher, Quiet,
    Rate, Retry, Route, Target, Zone,
};
pub use glob::Glob;
pub use message::{Message, Reason, TEST_TAG, is_test};
pub use notifier::{Notifier, NotifyError, Status};
pub use outside::{Outside, System};
pub use retry::back_off;
pub use router::{MAX_FINDINGS, Outgoing, Router, Step, Taken};
pub use secret::{Secret, SecretRef};
pub use worker::ChannelStatus;
