//! What the verifier finds, and what it says when there is nothing to find.

#![expect(clippy::unwrap_used, reason = "a test")]

mod common;
mod heads;
mod random;
mod tamper;
mod text;
