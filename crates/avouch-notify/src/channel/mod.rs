//! Ways to tell somebody, one file each.
//!
//! To add one: a file with its `Config` and its type with the trait [`Channel`], and a line in the table below.

mod alertmanager;
mod email;
mod falcosidekick;
mod file;
mod opsgenie;
mod pagerduty;
mod slack;
mod stdout;
mod syslog;
mod teams;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use avouch_finding::Time;
use serde::{Deserialize, Serialize};

use crate::config::PassOn;
use crate::message::Message;
use crate::outside::Outside;

/// What the other side said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer(pub String);

/// How long the other side wants to be left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// So long.
    For(Duration),
    /// Until then.
    Until(Time),
}

/// Why a message was not delivered. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SendError {
    /// What happened.
    pub message: String,
    /// Whether trying again may help.
    pub retry: bool,
    /// When, if the other side said so.
    pub wait: Option<Wait>,
}

impl SendError {
    /// Trying again may help.
    pub(crate) fn again(message: impl Into<String>) -> Self {
        Self { message: message.into(), retry: true, wait: None }
    }

    /// The same would fail again.
    pub(crate) fn never(message: impl Into<String>) -> Self {
        Self { message: message.into(), retry: false, wait: None }
    }
}

/// Something that can be told.
pub trait Channel: Send + Sync {
    /// Sends a message and waits for the answer. `done` counts findings that earlier attempts delivered, for means that take
    /// them one by one: these go on from there, and leave it where they got to.
    ///
    /// # Errors
    /// When the other side did not take it.
    fn send(&self, message: &Message, done: &mut usize) -> Result<Answer, SendError>;
}

/// Opens a channel: looks secrets and certificates up. `timeout` is for one attempt.
type Opened = Result<Box<dyn Channel>, String>;

macro_rules! means {
    ($($(#[$doc:meta])* $variant:ident = $module:ident,)*) => {
        /// The means, and what each needs to know.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum To {
            $($(#[$doc])* $variant($module::Config),)*
        }

        impl To {
            /// Its name: `slack`, `email`.
            #[must_use]
            pub fn means(&self) -> &'static str {
                match self { $(Self::$variant(_) => stringify!($module),)* }
            }

            /// Opens it.
            ///
            /// # Errors
            /// When a secret or file is not there, in words for the user.
            pub fn open(&self, timeout: Duration, outside: &Arc<dyn Outside>) -> Opened {
                match self { $(Self::$variant(config) => config.open(timeout, outside),)* }
            }
        }
    };
}

means! {
    /// A chat of Slack.
    Slack = slack,
    /// A chat of Microsoft Teams.
    Teams = teams,
    /// PagerDuty.
    Pagerduty = pagerduty,
    /// Opsgenie.
    Opsgenie = opsgenie,
    /// Mail.
    Email = email,
    /// Any HTTP server.
    Webhook = webhook,
    /// Prometheus Alertmanager.
    Alertmanager = alertmanager,
    /// A syslog daemon.
    Syslog = syslog,
    /// A file with a line a finding.
    File = file,
    /// The output of the process.
    Stdout = stdout,
    /// Falcosidekick, and what it sends to.
    Falcosidekick = falcosidekick,
}

impl To {
    /// Whether it has a way to tell of such acts. Means for which each message is new findings have none.
    #[must_use]
    pub fn can_tell(&self, what: PassOn) -> bool {
        match self {
            Self::Syslog(_) | Self::Falcosidekick(_) => false,
            Self::Alertmanager(_) => what == PassOn::Close,
            _ => true,
        }
    }

    /// Whether it is told of such acts when nobody says otherwise: where an incident of ours is one of theirs.
    #[must_use]
    pub fn is_made_for(&self, what: PassOn) -> bool {
        match self {
            Self::Pagerduty(_) | Self::Opsgenie(_) => true,
            Self::Alertmanager(_) => what == PassOn::Close,
            _ => false,
        }
    }
}

pub use alertmanager::Config as Alertmanager;
pub use email::{Config as Email, Security};
pub use falcosidekick::Config as Falcosidekick;
pub use file::Config as File;
pub use opsgenie::Config as Opsgenie;
pub use pagerduty::Config as Pagerduty;
pub use slack::Config as Slack;
pub use stdout::Config as Stdout;
pub use syslog::{Config as Syslog, Facility, Protocol};
pub use teams::Config as Teams;
pub use webhook::{Config as Webhook, verify as verify_signature};
