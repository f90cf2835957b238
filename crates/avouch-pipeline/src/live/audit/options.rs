//! What a judge of audit records is told: sources, bounds.

use std::sync::Arc;

use avouch_audit::Format;

use super::digests::DigestKeys;

const SECOND: u64 = 1_000_000_000;

/// A source of audit records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AuditSource {
    /// Name of the cluster, or of the account. Empty for CloudTrail: the account that each record names.
    pub node: String,
    /// Cluster, when the user said so.
    pub cluster: String,
    /// What it delivers.
    pub format: Format,
}

/// Bounds, in ns where they are times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLimits {
    /// How long an API server may be silent before it counts as not watched. Its own leases are renewed every few seconds, so
    /// silence is odd where the audit policy lets them through.
    pub k8s_silence: u64,
    /// The same for CloudTrail, whose files come some minutes after the calls.
    pub cloudtrail_silence: u64,
    /// Lateness that is complained of, Kubernetes.
    pub k8s_late: u64,
    /// Lateness that is complained of, CloudTrail.
    pub cloudtrail_late: u64,
    /// How long a log file that a digest lists may be missing.
    pub digest_patience: u64,
    /// Shortest stretch that is told of a CloudTrail account: its files come every few minutes, and accounts can be many.
    pub cloudtrail_stretch: u64,
    /// Bytes of a delivery after decompression. What is beyond is not read.
    pub delivery_bytes: u64,
    /// Records that are remembered, so that none is judged twice. One takes some 50 bytes.
    pub remembered: usize,
    /// Clusters and accounts.
    pub sources: usize,
}

impl Default for AuditLimits {
    /// Kubernetes: 5 min of silence, 2 min late; CloudTrail: 90 min, 30 min, and a stretch a minute. A log file may be missing
    /// for an hour. 256 MiB a delivery, 262,144 records remembered, 1,024 sources.
    fn default() -> Self {
        Self {
            k8s_silence: 300 * SECOND,
            cloudtrail_silence: 5_400 * SECOND,
            k8s_late: 120 * SECOND,
            cloudtrail_late: 1_800 * SECOND,
            digest_patience: 3_600 * SECOND,
            cloudtrail_stretch: 60 * SECOND,
            delivery_bytes: 256 << 20,
            remembered: 1 << 18,
            sources: 1_024,
        }
    }
}

impl AuditLimits {
    pub(super) fn silence(&self, format: Format) -> u64 {
        match format {
            Format::K8sAudit => self.k8s_silence,
            Format::CloudTrail => self.cloudtrail_silence,
        }
    }

    pub(super) fn late(&self, format: Format) -> u64 {
        match format {
            Format::K8sAudit => self.k8s_late,
            Format::CloudTrail => self.cloudtrail_late,
        }
    }
}

/// How an [`super::AuditJudge`] runs.
#[derive(Clone, Debug, Default)]
pub struct AuditOptions {
    /// Identity of the run; no two are alike.
    pub run: String,
    /// Bounds.
    pub limits: AuditLimits,
    /// Keys with which CloudTrail's digests may have been signed.
    pub digest_keys: Arc<DigestKeys>,
    /// Whether [`super::Taken::kept`] is to hold the records.
    pub keep: bool,
}
