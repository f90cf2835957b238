//! From an agent to a server: a bounded queue on the agent's disk, and the client that sends what it holds. And from the server to its
//! agents: the rules that they are to judge by.
//!
//! A fact that the queue took and made safe reaches the server at least once, in the order of its run, and is recorded there once: the
//! server knows the last number of each run and drops what it has ([`accept`]). What the queue had to drop, for it is bounded, is
//! counted and told as a fact; the numbers that are missing show in the server's ledger. `docs/FORWARD.md` has the form of a batch.
//!
//! It never holds a secret in clear, sends a token in clear to another machine, or takes anything but the server's word for an
//! acknowledgement.
//!
//! ```
//! use avouch_finding::{Gap, Time};
//! use avouch_forward::{Batch, Limits, Most, Options, Sender, Spool, accept};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let dir = tempfile::tempdir()?;
//! let sender = Sender { node: "n1".into(), cluster: "prod".into(), run: "agent-1".into(), version: "0.1.0".into() };
//! let (mut spool, mut outbox, _) = Spool::open(dir.path(), Options::new(1 << 20), sender)?;
//! spool.record(&Gap { node: "n1".into(), reason: "stopped".into(), ..Gap::default() }.into(), Time(1))?;
//! spool.flush(Time(1))?;
//!
//! // What a server does with it, and what the agent does with the answer.
//! let sent = outbox.next(Most::default())?.ok_or("something waits")?;
//! let batch = Batch::decode(&sent.body, None, &Limits::default())?;
//! assert_eq!(accept(&batch, 0).new, 0..1);
//! outbox.acknowledge(&sent, 1)?;
//! assert_eq!(outbox.standing().waiting, 0);
//! # Ok(())
//! # }
//! ```

mod accept;
mod client;
mod rule_set;
mod spool;
mod wire;

pub use accept::{Plan, accept};
pub use client::{
    Config, Failing, Fetched, Forwarder, Pace, RuleClient, RuleFollower, Server, ServerError, StartError, Status,
    Token, Told,
};
pub use rule_set::{
    KeptError, KeptRuleSet, MAX_RULE_SET, NamedText, RULE_SET_FORMAT, RULE_SET_PATH, RuleSetError, RuleTextSet,
    RuleTexts,
};
pub use spool::{Memory, Most, OpenReport, Options, Outbox, Outgoing, Spool, SpoolError, Standing, Wake, Watched};
pub use wire::{
    Ack, Batch, CONTENT_TYPE, FORMAT, Limits, MAX_NAMED, PATH, Refused, Sender, WireError, WireFact, refusal,
};
