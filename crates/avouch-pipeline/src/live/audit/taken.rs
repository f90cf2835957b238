//! What comes in, and what it came to.

use std::collections::BTreeMap;

use avouch_audit::Format;
use avouch_finding::{Fact, Time};

use super::lateness::Lateness;
use super::window::RecordKey;

/// A batch or a file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Delivery<'a> {
    /// Name of the file or object; what else a batch is called by.
    pub name: &'a str,
    /// Its bytes, plain or gzip.
    pub bytes: &'a [u8],
    /// The signature that stands beside it, in hex: of CloudTrail's digests, in the metadata of the object.
    pub signature: Option<&'a str>,
    /// When it came, by the clock of this machine.
    pub received: Time,
}

/// A record that was judged, for the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Name of the source.
    pub source: &'static str,
    /// Cluster or account.
    pub node: String,
    /// When it happened.
    pub time: Time,
    /// As it came, secrets included.
    pub record: Vec<u8>,
}

/// What one source of a delivery came to.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) cluster: String,
    pub(super) records: u64,
    pub(super) duplicates: u64,
    pub(super) detections: u64,
    pub(super) newest: Time,
    pub(super) late: Lateness,
    /// Whole events, by cause.
    pub(super) lost: BTreeMap<&'static str, u64>,
    /// Parts of events, by cause.
    pub(super) parts: BTreeMap<&'static str, u64>,
}

/// What a delivery came to. It counts for nothing before [`super::AuditJudge::settle`].
#[derive(Debug, Default)]
pub struct Taken {
    /// Findings, those that an acceptance covers included; and what was learned from a digest.
    pub facts: Vec<Fact>,
    /// Records that were judged.
    pub records: u64,
    /// Records that were judged before.
    pub duplicates: u64,
    /// Things that are no record, or of which nothing could be read; each is one event lost.
    pub refused: u64,
    /// CloudTrail Insights records, which are statistics over calls, and no calls.
    pub insights: u64,
    /// It was a digest of CloudTrail's, and its chain was checked.
    pub digest: bool,
    /// The first things that were wrong, with their places.
    pub problems: Vec<String>,
    /// The records that were judged, when they are to be kept.
    pub kept: Vec<Kept>,
    pub(super) received: Time,
    pub(super) keys: Vec<RecordKey>,
    pub(super) tallies: BTreeMap<(String, Format), Tally>,
}

/// Problems that are told.
const TOLD: usize = 10;

impl Taken {
    pub(super) fn problem(&mut self, text: impl FnOnce() -> String) {
        if self.problems.len() < TOLD {
            self.problems.push(text());
        }
    }
}
