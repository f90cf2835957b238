//! What a report writes while the findings of its period pass by: only once are all of them read.

use std::path::{Path, PathBuf};

use avouch_store::StoredFinding;

use crate::activity::Candidates;
use crate::bundle::{failed, write};
use crate::hashed::Hashed;
use crate::make::MakeError;
use crate::ocsf;
use crate::population::{self, Detections, Population};

/// What is written while findings pass by.
pub(crate) struct FirstPass {
    detections: Detections,
    changes: population::Changes,
    candidates: Candidates,
    ocsf: ocsf::Writer<Hashed>,
    ocsf_path: PathBuf,
    version: String,
}

impl FirstPass {
    /// Begins all of it.
    pub(crate) fn create(out: &Path, populations: &Path, version: &str) -> Result<Self, MakeError> {
        let ocsf_path = out.join("ocsf/detection_findings.jsonl");
        write(&ocsf_path, b"")?;
        let file = std::fs::File::create(&ocsf_path).map_err(failed("make", &ocsf_path))?;
        Ok(Self {
            detections: Detections::create(populations)?,
            changes: population::changes(populations)?,
            candidates: Candidates::default(),
            ocsf: ocsf::Writer::new(Hashed::new(file)),
            ocsf_path,
            version: version.to_owned(),
        })
    }

    /// A finding of the period.
    pub(crate) fn finding(&mut self, finding: &StoredFinding) -> Result<(), MakeError> {
        self.detections.finding(finding)?;
        self.changes.finding(finding)?;
        self.candidates.look(finding);
        Ok(self.ocsf.detection(finding, &self.version).map_err(failed("write", &self.ocsf_path))?)
    }

    /// Ends all of it.
    pub(crate) fn finish(self, facts: &crate::PeriodFacts) -> Result<First, MakeError> {
        let ocsf = self.ocsf.finish().and_then(|(file, _)| file.finish());
        Ok(First {
            detections: self.detections.finish(population::detection_tests(facts))?,
            changes: self.changes.finish()?,
            candidates: self.candidates,
            ocsf: ocsf.map_err(failed("write", &self.ocsf_path))?,
        })
    }
}

/// What came of it.
pub(crate) struct First {
    pub(crate) detections: Population,
    /// With the latest of them.
    pub(crate) changes: (Population, Vec<StoredFinding>),
    /// What may be a request for a session.
    pub(crate) candidates: Candidates,
    /// Digest of the findings as OCSF has them.
    pub(crate) ocsf: String,
}
