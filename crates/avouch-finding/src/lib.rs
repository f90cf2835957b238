//! Facts: what avouch saw, what it was watching, what people decided. Everything that may become evidence is one of them.
//!
//! A [`Fact`] is written once and never changed: a decision about a finding is a fact of its own. The ledger keeps facts as
//! a kind and a JSON body ([`Fact::kind`], [`Fact::body`]); the store indexes them; reports are made from them.
//!
//! Times are [`Time`], RFC 3339 with nanoseconds, UTC. Periods are half-open: `from` belongs to them, `to` does not.
//!
//! Invariants: no IO, no clock. A body that a newer version wrote reads without its unknown keys; a kind that is not known
//! stays what it was ([`Fact::Other`]).
//!
//! ```
//! use avouch_finding::{Fact, Time};
//!
//! let body = serde_json::json!({"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T00:10:00Z", "node": "n1", "reason": "stopped"});
//! let Fact::Gap(gap) = Fact::read("gap", body)? else { return Err("no gap".into()) };
//! assert_eq!(gap.to.0 - gap.from.0, 600_000_000_000);
//! assert_eq!(gap.from, Time::parse("2026-01-01T00:00:00Z").ok_or("no time")?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod activity;
mod decision;
mod fact;
mod finding;
mod observation;
mod severity;
mod time;
mod wide;

pub use activity::{Command, Connection, FileChange, LeftOut, MOST_ANCESTORS, Who};
pub use decision::{
    AcceptanceChange, Acknowledgement, Act, Anchored, Assignment, Canary, ChangeAction, ControlsChange, Decision,
    Delivered, Delivery, Disposition, Export, Login, MappingChange, Note, SettingChange,
};
pub use fact::{Fact, FactError, Kind};
pub use finding::{Finding, FindingKey, Subject, Suppressed};
pub use observation::{
    DigestCheck, Estate, Gap, InputRead, Losses, NotRunning, Observation, RuleIdentity, RulesLoaded, SignatureState,
    SourceState, Start, Stop, Watching,
};
pub use severity::Severity;
pub use time::Time;
