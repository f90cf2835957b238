//! OCSF: findings as Detection Findings (class 2004) and controls as Compliance Findings (class 2003), one JSON object a line.
//!
//! Written as version 1.3.0 has them, with all that versions up to 1.9.0 ask for; tests hold the required attributes.
//! Of the captions beside ids only those of severity and status are written: whoever reads OCSF knows the others from the ids,
//! and a million findings are read sooner without them. What OCSF has no attribute for stands under `unmapped`.
//!
//! A record tells how things stood when the ledger was read: an exported finding is not sent again when somebody decides about
//! it later.

mod compliance;
mod detection;
mod model;

use std::collections::hash_map::Entry;
use std::io::{self, Write};
use std::sync::Arc;

use avouch_finding::{Severity, Time};
use avouch_store::{Classes, StoredFinding};
use rustc_hash::FxHashMap;

use crate::hashed::PIECE;

pub use compliance::{ComplianceFinding, ControlFinding, compliance_finding, control_findings};
use detection::{Alike, detection_finding};
use model::{Base, Metadata};

/// Version of OCSF.
pub const VERSION: &str = "1.3.0";

#[derive(Clone, Copy)]
enum Class {
    ComplianceFinding,
    DetectionFinding,
}

/// `activity_id` of findings.
#[derive(Clone, Copy)]
enum Activity {
    Create = 1,
    Update = 2,
    Close = 3,
}

/// `status_id` of findings.
#[derive(Clone, Copy)]
enum Status {
    New = 1,
    InProgress = 2,
    Suppressed = 3,
    Resolved = 4,
}

impl<'a> Base<'a> {
    fn new(
        class: Class,
        activity: Activity,
        status: Status,
        metadata: Metadata<'a>,
        time: u64,
        (severity_id, severity): (u8, &'static str),
        message: &'a str,
    ) -> Self {
        let class_uid = match class {
            Class::ComplianceFinding => 2003,
            Class::DetectionFinding => 2004,
        };
        let activity_id = activity as u32;
        Self {
            metadata,
            time,
            category_uid: 2,
            class_uid,
            activity_id,
            type_uid: class_uid * 100 + activity_id,
            severity_id,
            severity,
            status_id: status as u8,
            status: match status {
                Status::New => "New",
                Status::InProgress => "In Progress",
                Status::Suppressed => "Suppressed",
                Status::Resolved => "Resolved",
            },
            message,
        }
    }
}

fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Informational => "Informational",
        Severity::Low => "Low",
        Severity::Medium => "Medium",
        Severity::High => "High",
        Severity::Critical => "Critical",
    }
}

/// ms since the epoch, as OCSF has times.
fn ms(time: Time) -> u64 {
    time.0 / 1_000_000
}

/// Kinds of findings that are kept in mind at most.
const KINDS: usize = 4096;

/// Writes records as lines of JSON, as they come.
pub struct Writer<W> {
    out: W,
    piece: Vec<u8>,
    count: u64,
    /// By the address of their classes, which are kept, so that no others get it.
    alike: FxHashMap<*const Classes, (Arc<Classes>, Alike)>,
}

impl<W: Write> Writer<W> {
    /// Writes to `out`, in pieces: `out` needs no buffer of its own.
    pub fn new(out: W) -> Self {
        Self { out, piece: Vec::with_capacity(PIECE + (PIECE >> 4)), count: 0, alike: FxHashMap::default() }
    }

    /// Writes one finding as it stands: new, in progress once somebody looked, suppressed while an acceptance covers it, else
    /// resolved by a decision.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn detection(&mut self, finding: &StoredFinding, product_version: &str) -> io::Result<()> {
        if self.alike.len() >= KINDS {
            self.alike.clear();
        }
        let (_, alike) = match self.alike.entry(Arc::as_ptr(&finding.classes)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert((Arc::clone(&finding.classes), Alike::of(&finding.classes)?)),
        };
        serde_json::to_writer(&mut self.piece, &detection_finding(finding, alike, product_version))?;
        self.end_line()
    }

    /// Writes one part of a control's time.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn compliance(&mut self, part: &ControlFinding<'_>) -> io::Result<()> {
        serde_json::to_writer(&mut self.piece, &compliance_finding(part))?;
        self.end_line()
    }

    fn end_line(&mut self) -> io::Result<()> {
        self.piece.push(b'\n');
        self.count += 1;
        if self.piece.len() >= PIECE {
            self.out.write_all(&self.piece)?;
            self.piece.clear();
        }
        Ok(())
    }

    /// Writes what is left; gives `out` back, and says how many lines were written. Without it the last lines are lost.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn finish(mut self) -> io::Result<(W, u64)> {
        self.out.write_all(&self.piece)?;
        self.out.flush()?;
        Ok((self.out, self.count))
    }
}
