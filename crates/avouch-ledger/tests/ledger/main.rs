//! Ledgers in files: written, read, killed, rotated, lost.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

mod common;
mod crash;
mod keys;
mod life;
mod read;
mod size;
mod stranger;
