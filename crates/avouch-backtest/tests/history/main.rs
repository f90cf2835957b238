//! History kept by a real recorder from the shipped recording, and asked.

#![expect(clippy::unwrap_used, reason = "a test")]

mod acceptances;
mod common;
mod explained;
mod rules;
mod three;
mod views;
