//! The centre: one folder of evidence, and everything that people and machines do with it over HTTP.
//!
//! Facts come in (agents, audit logs, people), go through the [`Centre`] into ledger and store, and from there out again: to questions,
//! to the live stream, to notifications. Whatever may become evidence goes that way; no handler writes to the store.
//!
//! Invariants: a route without a declared need cannot be made ([`access::Routes`]); blocking work never runs on the runtime's threads;
//! what a slow or missing reader loses is counted and told to him.

pub mod access;
mod accounts;
mod agent_rules;
mod answer;
pub mod api;
mod app;
mod bodies;
mod body;
mod cache;
pub mod centre;
mod clock;
mod console;
mod desk;
mod error;
mod gaps;
mod health;
mod host;
mod ingest;
mod limits;
mod lists;
mod live;
mod log;
mod metrics;
mod notices;
mod once;
mod provider;
mod query;
mod readers;
mod reports;
mod revoked;
mod row;
mod serve;
mod session;
mod shared;
mod sink;
mod start;
mod tls;

pub use agent_rules::AgentRules;
pub use app::{App, Parts};
pub use centre::Centre;
pub use clock::{Clock, system_clock};
pub use desk::{DeskError, DeskSetup, Loaded, RuleDesk};
pub use error::{ApiError, ApiResult};
pub use health::Health;
pub use ingest::{AuditDesk, AuditSetup, AuditStartError, Counted, Ingest, IngestCounts, Trail};
pub use limits::RequestRate;
pub use notices::{NoticesError, NotifySetup, OutboxError};
pub use provider::{ProviderError, ProviderSetup};
pub use readers::Readers;
pub use serve::{PeerCertificates, serve};
pub use sink::CentreSink;
pub use start::{Options, Running, StartError, start};
pub use tls::{TlsError, TlsFiles, tls};
