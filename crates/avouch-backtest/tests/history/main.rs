//! History kept by a real recorder from the shipped recording, and asked.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

mod acceptances;
mod activity;
mod common;
mod explained;
mod rules;
mod three;
mod views;
