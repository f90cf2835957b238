//! What each fuzz target does with its bytes: it must not panic, hang or grow without bound, and what it reads must hold
//! together. The same functions run on stable in `crates/avouch-conformance/tests/fuzz_smoke.rs`.

mod audit;
mod condition;
mod controls;
mod exhibit;
mod forward;
mod inspect;
mod integrity;
mod ledger;
mod policy;
mod procfs;
mod ring;
mod rules;
mod runtime;
mod scap;
mod stamp;
mod state;

pub use audit::{cloudtrail, k8s_audit};
pub use condition::condition;
pub use controls::controls;
pub use exhibit::exhibit;
pub use forward::{batch, rule_set};
pub use inspect::inspect;
pub use integrity::integrity;
pub use ledger::ledger;
pub use policy::policy;
pub use procfs::procfs;
pub use ring::ring;
pub use rules::rules;
pub use runtime::{ID as CONTAINER, runtime};
pub use scap::scap;
pub use stamp::stamp;
pub use state::state;
