//! Rules and acceptances over stored history: what a change would gain and lose, and why a rule matched.
//!
//! History is of three kinds. Recordings (captures, slices, audit archives) are replayed under the old and the new rules, which is exact.
//! Of stored findings only the fields of their outputs are left, and of stored activity what its records keep of commands, connections and
//! changed files; a condition is judged on these with three values ([`Conditions`]), and where it depends on what was not recorded the answer
//! is unknown: that is counted, and never taken for a match or for none.
//!
//! * [`backtest`]: what another rule set would have found, lost and gained; findings that people called true come first.
//! * [`preview`]: what an acceptance would have suppressed.
//! * [`propose`]: the smallest acceptance that covers a finding.
//! * [`explain()`] and [`explain_exactly`]: why a rule matched, as a tree.
//! * [`rule_views`] and [`shadowing`]: the loaded set, where each rule stands, and which rule takes whose events when only the first may.
//!
//! A preview over findings of one rule takes 4.3 us of CPU time each, so 4.3 s for a million; a proposal goes over them twice. Measured
//! with `cargo bench -p avouch-backtest` at 100,000 findings of 14 fields on a virtual machine of two cores; most of it is reading ledger
//! and store.
//!
//! It never writes anything, and knows no clock. Long questions tell their [`Progress`] and can be stopped ([`Watch`]); memory does not
//! grow with the number of findings.

mod activity;
mod backtest;
mod body;
mod condition;
mod error;
mod explain;
mod findings;
mod known;
mod preview;
mod propose;
mod recorded;
mod replayed;
mod view;
mod watch;

pub use activity::{About, ActivityGap, ActivityRead, ActivityState, CutShort, Kept, NodeActivity};
pub use backtest::{ActivityChange, Day, History, Options, Read, RuleChange, RuleDiff, What, backtest};
pub use condition::{ConditionId, Conditions, Truth};
pub use error::{Error, Result};
pub use explain::{Tree, TreeKind, Why, explain, explain_exactly, of_explanation};
pub use findings::{Acted, Findings, Found, Sample};
pub use known::RuleVersions;
pub use preview::{Preview, preview};
pub use propose::{Alternative, Draft, Proposal, propose};
pub use view::{Place, RuleView, Shadow, rule_views, shadowing};
pub use watch::{Progress, Watch};
