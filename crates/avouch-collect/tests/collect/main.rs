//! Real folders, and a store of the test's own on the loopback address that checks signatures and fails at random.

#![expect(clippy::unwrap_used, reason = "a test")]

mod bucket;
mod folder;
mod other;
mod store;
mod trail;
