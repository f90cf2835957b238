//! What the queue on the disk keeps, through any crash and any fullness.

#![expect(clippy::expect_used, reason = "a test")]

mod common;
mod keeps;
mod random;
