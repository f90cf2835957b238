//! The period report: what watched each control, when it did not, what was found, what was done.
//!
//! [`PeriodFacts`] is filled once from the store; everything else is computed from it and from the organisation's control list,
//! without clock or IO, so that one period renders byte for byte twice. Results are [`ControlResult`], [`RuleResult`],
//! [`AcceptanceResult`] and [`Deviation`].
//!
//! Invariant: absence of data is never a pass. What nothing tells of is unknown, and said so.

mod acceptances;
pub mod activity;
pub mod bundle;
mod by_rule;
mod chapters;
mod condense;
mod controls;
mod deviations;
mod facts;
mod findings;
mod first;
mod gather;
mod hashed;
mod input;
mod lists;
mod make;
mod names;
pub mod ocsf;
pub mod oscal;
pub mod pbc;
pub mod population;
mod rules;
mod stats;

pub use avouch_document::pdf::Paper;

pub use acceptances::{AcceptanceResult, acceptance_results};
pub use chapters::document;
pub use condense::gather_condensed;
pub use controls::{ControlPart, ControlResult, Judging, LATE, Late, LateFinding, Outcome, Wait, control_results};
pub use deviations::{Deviation, DeviationKind, deviations};
pub use facts::{AsOf, BadPeriod, NodeSums, PeriodFacts, Place, Placed};
pub use findings::{FindingRow, Findings, Triage};
pub use gather::{GatherError, Question, before, gather, gather_watching};
pub use input::{Before, ListUsed, Results, SHOWN, Scope};
pub use lists::{Lists, ListsError, STARTER, lists, new_lists};
pub use make::{Made, MakeError, Request, make, program_digest};
pub use names::{NameId, Names};
pub use rules::{RuleResult, rule_results};
pub use stats::{Counts, Times};
