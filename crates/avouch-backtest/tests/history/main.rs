//! History kept by a real recorder from the shipped recording, and asked.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

mod acceptances;
mod activity;
mod common;
mod explained;
mod rules;
#[path = "../../../avouch-conformance/src/recordings.rs"]
mod testdata;
mod three;
mod views;
