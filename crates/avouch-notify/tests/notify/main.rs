//! What is decided, held against properties; and messages sent to real receivers on the loopback address: a syslog daemon, a
//! mail server, Alertmanager, HTTP servers that fail and come back.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a test")]

mod acts;
mod alertmanager;
mod config;
mod delivery;
mod docs;
mod email;
mod receiver;
mod restart;
mod router;
mod secrets;
mod sink;
mod syslog;
mod world;
