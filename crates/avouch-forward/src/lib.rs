//! From an agent to a server: a bounded queue on the agent's disk, and the client that sends what it holds.
//!
//! A fact that the queue took and made safe reaches the server at least once, in the order of its run, and is recorded there once: the
//! server knows the last number of each run and drops what it has ([`accept`]). What the queue had to drop, for it is bounded, is
//! counted and told as a fact; the numbers that are missing show in the server's ledger. `docs/FORWARD.md` has the form of a batch.
//!
//! It never holds a secret in clear, sends a token in clear to another machine, or takes anything but the server's word for an
//! acknowledgement.

mod accept;
mod wire;

pub use accept::{Plan, accept};
pub use wire::{
    Ack, Batch, CONTENT_TYPE, FORMAT, Limits, MAX_NAMED, PATH, Refused, Sender, WireError, WireFact, refusal,
};
