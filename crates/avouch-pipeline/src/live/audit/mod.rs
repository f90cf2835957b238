//! Audit records that come in batches and files while avouch runs: the Kubernetes audit webhook, CloudTrail files.
//!
//! [`AuditJudge`] takes what came ([`AuditJudge::take`]), runs it through the rules as a replay does, and gives the findings as
//! facts. When they are safe, [`AuditJudge::settle`] counts the delivery and remembers its records, so that a batch that is sent
//! again is not judged twice; a delivery that was never settled is judged anew when it comes again. Every ten seconds
//! [`AuditJudge::observe`] tells how each source fared. [`Archive`] keeps the records, without secrets, for back-tests.
//!
//! What it takes for watched: a source from which something was heard within the limit of silence in [`AuditLimits`]. What it cannot see: events
//! that the API server dropped before it sent them (`docs/AUDIT.md`).
//!
//! ```
//! use std::sync::Arc;
//! use avouch_audit::Format;
//! use avouch_finding::{Fact, Time};
//! use avouch_pipeline::{RuleSet, RuleSetOptions, live::audit::{AuditJudge, AuditOptions, AuditSource, Delivery}};
//!
//! let rules = "- rule: Secret read\n  desc: d\n  condition: ka.target.resource = secrets\n  output: u=%ka.user.name\n  priority: WARNING\n  source: k8s_audit\n";
//! let rules = Arc::new(RuleSet::from_texts(vec![("r.yaml".into(), rules.into())], Vec::new(), &RuleSetOptions::default()));
//! let mut judge = AuditJudge::new(rules, AuditOptions { run: "r1".into(), ..AuditOptions::default() });
//! let source = AuditSource { node: "prod".into(), cluster: "prod".into(), format: Format::K8sAudit };
//! let start = Time::parse("2026-11-26T10:00:00Z").ok_or("no time")?;
//! judge.expect(&source, start);
//!
//! let body = br#"{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[{"auditID":"1","stage":"ResponseComplete",
//!   "stageTimestamp":"2026-11-26T10:00:01Z","verb":"get","user":{"username":"eve"},"objectRef":{"resource":"secrets"}}]}"#;
//! let taken = judge.take(&source, &Delivery { name: "webhook", bytes: body, received: Time(start.0 + 2_000_000_000), ..Delivery::default() });
//! assert!(matches!(&taken.facts[0], Fact::Finding(f) if f.output == "u=eve" && f.node == "prod"));
//! // ... the facts are written to the ledger; then:
//! judge.settle(&taken);
//! let again = judge.take(&source, &Delivery { name: "webhook", bytes: body, received: Time(start.0 + 3_000_000_000), ..Delivery::default() });
//! assert_eq!((again.facts.len(), again.duplicates), (0, 1));
//! assert!(matches!(&judge.observe(Time(start.0 + 10_000_000_000))[0], Fact::Observation(o) if o.events == 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod archive;
mod digests;
mod judge;
mod lateness;
mod minutes;
mod options;
mod record;
mod roll;
mod standing;
mod taken;
#[cfg(test)]
mod tests;
mod window;

pub use archive::{Archive, ArchiveCounts, ArchiveError, ArchiveOptions};
pub use digests::{DigestKeys, KeyError, tells_of_change};
pub use judge::AuditJudge;
pub use options::{AuditLimits, AuditOptions, AuditSource};
pub use standing::{AuditState, AuditStatus, DigestCounts};
pub use taken::{Delivery, Kept, Taken};
