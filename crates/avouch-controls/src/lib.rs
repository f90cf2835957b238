//! What rules are evidence for: criteria of SOC 2, and ids of NIST SP 800-53, PCI DSS and MITRE ATT&CK.
//!
//! A [`Mapping`] is keyed by rule name, so that rule files of others get mapped without editing them; tags in the rules
//! (`SOC2_CC6.1`, `SOC2_CC6.1.pof03`, `NIST_800-53_AC-2`, `PCI_DSS_11.5.1`, `T1059`) are read as well: the first
//! criterion among a rule's tags is its primary one, unless a file says otherwise. A [`RollUp`] counts detections by
//! criterion.
//!
//! What an organisation does about criteria stands in a [`ControlList`], in versions; [`ControlHistory`] cuts a period where
//! they change, and [`RuleSelector`] says which rules are evidence for a control. [`Coverage`] lays rules against criteria,
//! blanks included; [`Crosswalk`] shows other catalogues through SOC 2. An [`AcceptanceSet`] says which approved hole covers
//! a detection. [`check_file`] reports what is wrong in any of these files, with places.
//!
//! Invariant: a roll-up never says that a criterion passed. It says what was detected, that the rules for it were loaded
//! and silent, or that no rule was loaded for it; silence is evidence only where something watched.
//!
//! ```
//! use avouch_controls::{Mapping, Standing, RollUp};
//!
//! let mapping = Mapping::built_in();
//! let tags = ["T1059".to_owned(), "SOC2_CC7.2".to_owned()];
//! let criteria = mapping.criteria("Terminal shell in container", &tags);
//! assert_eq!(criteria.primary[0].id, "CC6.1");
//!
//! let mut roll_up = RollUp::default();
//! let rule = roll_up.add_rule("Terminal shell in container", &criteria);
//! roll_up.count(rule);
//! let row = roll_up.rows().into_iter().find(|r| r.criterion.id == "CC6.1").ok_or("no row")?;
//! assert_eq!((row.standing, row.detections), (Standing::Detected, 1));
//! # Ok::<(), &str>(())
//! ```

mod acceptance;
mod catalogue;
pub mod codes;
mod control;
mod cover;
mod coverage;
mod criteria;
mod crosswalk;
mod diff;
mod families;
mod files;
mod form;
mod history;
mod list;
mod mapping;
mod names;
mod profile;
mod records;
mod requests;
mod roll_up;
mod schema;
mod select;
mod shapes;
mod tags;
mod times;
mod view;
mod words;
mod yaml;

pub use acceptance::{
    Acceptance, AcceptanceStanding, Narrowing, Review, SubjectField, lint_acceptances, parse_acceptances,
};
pub use catalogue::{Catalogue, CatalogueEntry};
pub use control::{Control, Evidence, NotCovered, RuleSelector, Targets};
pub use cover::{AcceptanceSet, Covered, Subject};
pub use coverage::{Coverage, CoveringRule, CriterionCoverage, FrameworkCoverage, PointCoverage, framework_coverage};
pub use criteria::{Criterion, PointOfFocus, Scope, all_criteria, all_points, criterion, point_of_focus};
pub use crosswalk::{Crosswalk, Framework};
pub use diff::{Change, diff};
pub use families::{FamilyRow, FamilyTable, list_table, profile_table, standard_table};
pub use files::{FileKind, check_file};
pub use history::{ControlHistory, ControlStretch, VersionStretch};
pub use list::{Approval, ControlList};
pub use mapping::{Criteria, Mapping};
pub use profile::{Counts, Profile, ProfileFamily};
pub use records::{
    CompletenessTest, Deviation, EvidenceRecord, PopulationRecord, TestResult, parse_deviations, parse_evidence,
    parse_population,
};
pub use requests::RequestItem;
pub use roll_up::{RollUp, RollUpRow, RuleCount, RuleIndex, Standing};
pub use select::{RuleFacts, lint_selectors};
pub use tags::catalogue_id;
pub use times::{Period, Time};
pub use view::Placed;
pub use words::{ControlType, Frequency, Level, Nature, Relation};
pub use yaml::quoted;
