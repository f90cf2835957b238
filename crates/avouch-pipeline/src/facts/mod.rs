//! What a run saw, as facts for the ledger: shared by live runs, which hand over their [`crate::live::records::Record`]s, and
//! replays, whose [`ReplayFacts`] gathers what an input told.

mod finding;
mod live;
mod register;
mod replay;
mod rules;

pub use finding::{FindingContext, alert_options, finding};
pub use live::of_record;
pub use register::{acceptance_body, acceptance_changes, mapping_change, mapping_change_of};
pub use replay::{InputIdentity, Moved, ReplayFacts};
pub use rules::rules_loaded;

/// Whose facts they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Machine, cluster or account that was watched.
    pub node: String,
    /// Cluster it belongs to; empty when the user did not say.
    pub cluster: String,
    /// Identity of the run; no two are alike.
    pub run: String,
}
