//! OSCAL: the period's results as NIST's assessment results, its deviations and acceptances as a plan of action and milestones.
//!
//! OSCAL knows two states, `satisfied` and `not-satisfied`. A control counts as satisfied when it was watched all the time,
//! nothing failed or is open and no deviation names it; everything else is not satisfied, with the reason in words and the
//! numbers behind it as properties in avouch's own name space. Times are the period's and identifiers are made from the
//! ledger, so that the same period gives the same bytes.
//!
//! What is written is a subset of version 1.2.1, held against NIST's JSON schemas by tests.

mod ids;
mod model;
mod part;
mod poam;
mod results;
mod risks;
mod source;
mod text;

use std::io::{self, Write};

use serde::Serialize;

pub(crate) use ids::Ids;
pub(crate) use part::Judged;

use crate::input::Results;
use source::Source;

/// Name space of properties that OSCAL does not have.
pub const NAME_SPACE: &str = "urn:avouch:oscal";

/// The bundle of evidence that documents refer to.
#[derive(Clone, Copy, Debug)]
pub struct BundleRef<'b> {
    /// SHA-256 of its manifest, in hex; empty when it is not known yet.
    pub digest: &'b str,
    /// The way from the document to its folder (`../bundle`), parts divided by `/`.
    pub href: &'b str,
}

/// A document of OSCAL.
#[derive(Clone, Debug, Serialize)]
pub struct Document(Root);

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Root {
    AssessmentResults(Box<model::AssessmentResults>),
    PlanOfActionAndMilestones(Box<model::Poam>),
}

impl Document {
    /// Writes it as indented JSON.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        out.write_all(b"\n")
    }
}

/// What the period says of each control.
#[must_use]
pub fn assessment_results<'r>(results: &'r Results<'r>, bundle: &'r BundleRef<'r>) -> Document {
    Document(Root::AssessmentResults(Box::new(results::assessment_results(&Source::new(results, bundle)))))
}

/// What did not go as it should have, and what was accepted.
#[must_use]
pub fn poam<'r>(results: &'r Results<'r>, bundle: &'r BundleRef<'r>) -> Document {
    Document(Root::PlanOfActionAndMilestones(Box::new(poam::poam(&Source::new(results, bundle)))))
}
