//! What goes into a store comes out of it.

#![expect(clippy::unwrap_used, reason = "tests")]

mod activity;
mod crash;
mod facts;
mod findings;
mod groups;
mod naive;
mod pool;
mod properties;
mod rebuild;
mod retention;
mod samples;
mod support;
mod upgrade;
